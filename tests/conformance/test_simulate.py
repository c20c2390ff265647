"""What simulate foretells, and whether it comes true."""

import csv
import io
import json

import pytest
from keyward_process import Keyward
from organizations import A, B, account, organization, overdue

DAYS = 28


def aged(name, days, **members):
    return {"name": name, "age_days": days, "keys": [{"age_days": days, "last_used": {"days_ago": 1}}], **members}


def two_keys(name, older, newer):
    keys = [{"age_days": age, "last_used": {"days_ago": 1}} for age in (older, newer)]
    return {"name": name, "age_days": older, "keys": keys}


USERS_OF_A = [overdue("a1"), aged("a2", 88), aged("a3", 75), two_keys("a4", 130, 20), aged("a5", 120, keys=[{"age_days": 120}])]
USERS_OF_B = [overdue("b1"), overdue("b2"), aged("b3", 82), two_keys("b4", 100, 95)]


def in_use(state):
    return [key for one in state["accounts"].values() for user in one["users"].values() for key in user["keys"] if key["status"] == "Active"]


# A run works on many users at once, so which of them a limit holds back is not foretold: where one does, all are alike.
ALIKE = [overdue(f"a{number}") for number in range(1, 8)]
FUTURES = {
    "no limit is reached": ({}, (account(A, *USERS_OF_A), account(B, *USERS_OF_B))),
    "limit of a run": ({"max_changes": 3}, (account(A, *ALIKE),)),
    "limit of an account": ({"max_changes_per_account": 2}, (account(A, *ALIKE),)),
}


@pytest.mark.parametrize("limits, accounts", FUTURES.values(), ids=FUTURES)
def test_what_it_foretells_comes_true(limits, accounts, tmp_path):
    """Nobody goes over to a new key: the old one is used until it is switched off."""
    with organization(*accounts) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, limits=limits)
        result = keyward("simulate", "--days", str(DAYS), "--adoption", "never", "-o", "json").expect(0)
        foretold = json.loads(result.stdout)["as_configured"]["days"]
        used = {key["id"] for key in in_use(sandbox.state()) if key.get("last_used")}
        happened = []
        for day in range(DAYS):
            if day > 0:
                sandbox.advance("1d")
            run = keyward("run")
            assert run.code in (0, 6), run.stderr
            done = [action for _, action, outcome in run.outcomes() if outcome == "done"]
            happened.append([done.count(action) for action in ("rotate", "deactivate", "delete")] + [len(run.mails)])
            for key in in_use(sandbox.state()):
                if key["id"] in used:
                    sandbox.control("use", {"access_key_id": key["id"], "service": "s3", "region": "us-east-1"})
        names = ("rotations", "deactivations", "deletions", "mails")
        assert [[day[name] for name in names] for day in foretold] == happened
        assert (sum(day["held_back"] for day in foretold) > 0) == bool(limits)
        assert all(sum(day[index] for day in happened) > 0 for index in range(4))


def test_accounts_that_could_not_be_covered_come_first(tmp_path):
    with organization(account(A, overdue("a1")), account(B, overdue("b1"), standard_roles=False)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True)
        before = sandbox.state()
        result = keyward("simulate", "--days", "120").expect(4)
        assert result.stdout.startswith("NOT COVERED: 1 of 2 accounts")
        assert "in dry run: simulated as if" in result.stdout
        assert "rotate_after_days: 80" in result.stdout
        rows = list(csv.DictReader(io.StringIO(keyward("simulate", "--days", "12", "-o", "csv").expect(4).stdout)))
        assert [row["rotations"] for row in rows] == ["1"] + ["0"] * 11 and rows[10]["deactivations"] == "1"
        assert sandbox.state() == before


def test_what_a_check_of_key_ages_says_and_how_an_earlier_rotation_ends_it(tmp_path):
    with organization(account(A, aged("a1", 60), aged("a2", 70))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        told = json.loads(keyward("simulate", "--days", "200", "-o", "json").expect(0).stdout)
        assert told["as_configured"]["check_90_days"]["days_failing"] > 0
        assert told["rotated_earlier"]["rotate_after_days"] == 80
        assert told["rotated_earlier"]["check_90_days"]["days_failing"] == 0
        keyward("simulate", "--days", "0").expect(2)
        keyward("simulate", "--days", "5", "--adoption", "maybe").expect(2)
