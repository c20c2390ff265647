"""An account is audited by its credential report: what that costs in calls, and that it decides nothing else than without."""

import datetime
import json

from keyward_process import Keyward
from organizations import A, account, organization
from sandbox_process import Sandbox

BY_REPORT = ["iam:GenerateCredentialReport", "iam:GetCredentialReport"]
# The call that a role without the permission has refused.
NO_REPORT = [{"action": "iam:GenerateCredentialReport", "fault": "denied", "times": -1}]


def young(count):
    return [{"name": f"user-{i:04}", "age_days": 50, "keys": [{"age_days": 20}]} for i in range(count)]


def calls_of(sandbox, keyward, *arguments, code=0):
    """The calls in the account, AssumeRole included, by action."""
    sandbox.control("calls", method="DELETE")
    keyward(*arguments).expect(code)
    counts = sandbox.calls()["counts"]
    return {name: number for name, number in counts.items() if name.startswith("iam:") or name == "sts:AssumeRole"}


def made(calls):
    return sum(number for name, number in calls.items() if " " not in name)


def of_member(sandbox, keyward, *arguments, **expected):
    """The management account is left out: it has users of its own."""
    keyward.configure(accounts={"default": "opt-in", "include": [{"id": A}]})
    return calls_of(sandbox, keyward, *arguments, **expected)


def test_the_first_run_lists_keys_once_and_the_next_day_asks_for_nothing_but_the_report(tmp_path):
    for count in (20, 300):
        with organization(account(A, *young(count), {"name": "nobody", "keys": []})) as sandbox:
            keyward = Keyward(tmp_path / str(count), sandbox.environment)
            first = of_member(sandbox, keyward, "run")
            assert first["iam:ListAccessKeys"] == count
            assert made(first) <= 4 + count, first
            sandbox.advance("1d")
            warm = of_member(sandbox, keyward, "run")
            assert set(warm) <= {"sts:AssumeRole", *BY_REPORT} and made(warm) <= 4, warm

            # Lost, it is built again.
            (keyward.state_dir / "keys" / f"{A}.json").unlink()
            assert of_member(sandbox, keyward, "run")["iam:ListAccessKeys"] == count
            assert made(of_member(sandbox, keyward, "run")) <= 4


def test_only_whose_keys_changed_is_asked_for(tmp_path):
    with organization(account(A, *young(20))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        of_member(sandbox, keyward, "run")
        sandbox.advance("1d")
        sandbox.edit("create_key", account=A, user="user-0003", age_days=0)
        sandbox.edit("create_user", account=A, user="someone-new")
        warm = of_member(sandbox, keyward, "run")
        assert (warm["iam:ListAccessKeys"], warm["iam:ListUserTags"], warm["iam:GetAccessKeyLastUsed"]) == (1, 1, 2), warm


def test_who_is_deleted_since_the_report_is_not_counted(tmp_path):
    with organization(account(A, *young(3))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, accounts={"default": "opt-in", "include": [{"id": A}]})
        assert keyward("run", "--dry-run").expect(0).summary["users"] == 3
        sandbox.edit("delete_user", account=A, user="user-0001")
        (keyward.state_dir / "keys" / f"{A}.json").unlink()
        result = keyward("run", "--dry-run").expect(0)
        assert (result.summary["users"], result.summary["keys"]) == (2, 2)
        assert "user-0001" not in (result.directory / "events.jsonl").read_text()


def test_without_a_report_every_user_is_asked_for_and_the_log_says_why(tmp_path):
    with organization(account(A, *young(20))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.faults(rules=NO_REPORT)
        calls = of_member(sandbox, keyward, "run")
        assert (calls["iam:ListUsers"], calls["iam:ListAccessKeys"]) == (1, 20), calls
        assert "iam:GetCredentialReport" not in calls
        result = keyward("--log-format", "json", "run").expect(0)
        why = [json.loads(line) for line in result.stderr.splitlines() if "no_credential_report" in line]
        assert [line["account"] for line in why] == [A] and "AccessDenied" in why[0]["why"], result.stderr


def test_the_report_changes_calls_and_no_decision(tmp_path):
    """Generated accounts deal out the situations of the decision table. Both audits begin at the same virtual second."""
    with Sandbox("--seed", 11, "--accounts", 3, "--users", 25) as sandbox:
        by_report = Keyward(tmp_path / "report", sandbox.environment)
        by_listing = Keyward(tmp_path / "listing", sandbox.environment)

        def audit(keyward, day):
            sandbox.control("calls", method="DELETE")
            sandbox.control("clock", {"set": (midnight + datetime.timedelta(days=day, hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")})
            found = json.loads(keyward("-o", "json", "audit", "--exit-zero").expect(0).stdout)
            for key in found["keys"]:
                del key["time"]  # of the run
                for date in ("due", "next_at"):  # some count from now, and the clock has gone on a little
                    key[date] = key.get(date, "")[: len("2026-11-21T02:00")]
            return found, sandbox.calls()["counts"]

        midnight = sandbox.now().replace(hour=0, minute=0, second=0) + datetime.timedelta(days=1)
        for day in range(5):
            sparing, calls = audit(by_report, day)
            assert "iam:ListUsers" not in calls
            sandbox.faults(rules=NO_REPORT)
            full, calls = audit(by_listing, day)
            assert calls["iam:ListUsers"] == 3
            sandbox.faults(rules=[])
            differing = [pair for pair in zip(sparing["keys"], full["keys"]) if pair[0] != pair[1]]
            assert not differing and sparing == full, f"day {day}: {differing[:3]}"
            assert {"none", "rotate", "warn"} <= {key.get("action") for key in full["keys"]}
