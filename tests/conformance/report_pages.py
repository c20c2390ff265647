"""Pages of keyward's report: of a small organization that has a bit of everything, and of records that are made up."""

import contextlib
import json
import subprocess

from keyward_process import TIME_LIMIT, Keyward, executable
from sandbox_process import Sandbox

# What an account may be called: Organizations asks only for printable characters.
HOSTILE = "</script><img src=x onerror=alert(1)>"
# IAM allows these, and a spreadsheet would calculate with them.
FORMULAS = ["=cmd", "+sum", "-minus", "@at"]


def user(name, *ages, last_used=1, **members):
    keys = [{"age_days": age, "last_used": {"days_ago": last_used}} for age in ages]
    return {"name": name, "age_days": 300, "keys": keys, **members}


def crowd(prefix, ages):
    return [user(f"{prefix}-{number:02}", age) for number, age in enumerate(ages)]


def scenario():
    def account(number, name, unit, *users, **members):
        return {"id": str(number) * 12, "name": name, "email": f"{number}@example.org", "ou": unit, "users": list(users), **members}

    return {
        "external_id": "ext-1",
        "organizational_units": [
            {"name": "Production", "id": "ou-ab12-prod0001"},
            {"name": "Payments", "id": "ou-ab12-pay00002", "parent": "Production"},
            {"name": "Playground", "id": "ou-ab12-play0003"},
        ],
        "accounts": [
            account(2, "shop-frontend", "Production", *crowd("web", [3, 12, 25, 41, 58, 64, 77, 80, 88, 93])),
            account(3, "payments", "Payments", user("ledger", 96), user("two-keys", 130, 120), user("vendor-fax", 240), *crowd("pay", [89, 87, 84, 61, 30])),
            account(4, "analytics-" + "long" * 9, "Production", *crowd("etl", [5] * 12 + [70] * 5)),
            account(5, HOSTILE, "Playground", *(user(name, 20 + number) for number, name in enumerate(FORMULAS))),
            account(6, "legacy", "Playground", user("nobody", 99), standard_roles=False),
            account(7, "try-outs", "Playground", user("gone", 150, last_used=60, groups=["IAMKeyRotationExemptionGroup"])),
        ],
    }


@contextlib.contextmanager
def organization(folder):
    """keyward with a record of four days, a day apart, and the folder of the last run."""
    with Sandbox("--seed", 11, "--propagation", "50ms", scenario=scenario()) as sandbox:
        keyward = Keyward(
            folder,
            sandbox.environment,
            policy={"conflict": "hold"},
            users={
                "exempt_group": "IAMKeyRotationExemptionGroup",
                "exempt": [
                    {"account": "333333333333", "user": "vendor-fax", "until": "2099-03-31", "reason": "vendor appliance", "owner": "ciso@example.org"},
                    {"account": "222222222222", "user": "web-09", "until": "2020-01-31", "reason": "<b>old</b> promise", "owner": "platform team"},
                ],
            },
        )
        for _ in range(4):
            result = keyward("run")
            sandbox.advance("1d")
        yield result.directory


def key_line(account, name, user, key, age, **members):
    return {
        "time": "2026-11-21T02:30:00Z",
        "run": "20261121T023000Z-7f3a",
        "event": "key",
        "account": account,
        "account_name": name,
        "user": user,
        "access_key_id": key,
        "key_status": "active",
        "verdict": "out_of_policy" if age >= 90 else "ok",
        "age_days": age,
        "last_used": "2026-11-20T02:30:00Z",
        **members,
    }


def made_up_page(folder, events):
    """The page of a record with these events, by way of `report merge`, which takes any record."""
    record = folder / "record"
    record.mkdir(parents=True)
    count = 0
    with open(record / "events.jsonl", "w") as lines:
        for event in events:
            lines.write(json.dumps(event) + "\n")
            count += 1
    times = {"started": "2026-11-21T02:30:00Z", "finished": "2026-11-21T02:34:10Z"}
    summary = {"run": "20261121T023000Z-7f3a", "command": "run", "mode": "enforce", "dry_run": False, "version": "1", **times}
    (record / "run.json").write_text(json.dumps({**summary, "organization": "o-made0up", "events": count}))
    done = subprocess.run(
        [executable(), "report", "merge", "--out", folder / "out", record], capture_output=True, text=True, timeout=TIME_LIMIT
    )
    assert done.returncode == 0, done.stderr
    return folder / "out" / "report.html"
