"""Organizations to measure with: many accounts whose users have one key each."""

# A young key of a user who works with it.
YOUNG, OVERDUE = 30, 95


def user(number, age_days):
    return {
        "name": f"user-{number:04d}",
        "age_days": 400,
        "keys": [{"age_days": age_days, "last_used": {"days_ago": 1, "service": "s3", "region": "eu-west-1"}}],
    }


def account_id(number):
    return str(200_000_000_000 + number)


def organization(accounts, users, due=0):
    """`due` of each account's users have an overdue key, the others a young one."""
    return {
        "external_id": "benchmark",
        "accounts": [
            {
                "id": account_id(number),
                "email": f"account-{number}@example.org",
                "users": [user(i, OVERDUE if i < due else YOUNG) for i in range(users)],
            }
            for number in range(1, accounts + 1)
        ],
    }
