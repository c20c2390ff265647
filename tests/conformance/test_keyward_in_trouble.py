"""keyward against a sandbox in which something is wrong: what fails is reported, the rest is done, nothing is lost."""

import contextlib
import datetime
import fcntl
import json
import signal
import subprocess
import time

import pytest

import printed_rights
from keyward_process import Keyward, executable
from organizations import A, B, C, account, assert_rotated, keys, organization, overdue, stored
from sandbox_process import Sandbox
from terminals import Terminal


REFUSED = "what it is told is wrong on purpose, and nothing can be printed for it"


def assert_nothing_lost(before, after):
    """Of every key that is new its secret is stored, or an intent on its user tells the next run of it. What was used
    before still works."""
    labels = stored(after)
    for number, one in before["accounts"].items():
        for name, user in one["users"].items():
            now = after["accounts"][number]["users"][name]
            known = {key["id"] for key in user["keys"]}
            for key in now["keys"]:
                if key["id"] in known:
                    continue
                announced = " int=" in now["tags"].get("keyward:state", "")
                current = key["secret"] in labels.get("AWSCURRENT", set())
                assert current or announced, f"{number}/{name}: the secret of {key['id']} is lost"
            if len(user["keys"]) == 1:
                (old,) = [key for key in now["keys"] if key["id"] in known]
                assert old["status"] == user["keys"][0]["status"]


def without_report(action):
    """Users are listed one by one only where there is no credential report."""
    return [{"action": "iam:*CredentialReport", "fault": "denied", "times": -1}] if action == "iam:ListUsers" else []


def mutations(sandbox):
    return [call["action"] for call in sandbox.calls()["log"] if call["outcome"] == "ok"]


def test_the_same_run_twice_does_nothing_twice(tmp_path):
    with Sandbox("--seed", 11, "--accounts", 5, "--users", 10, "--propagation", "50ms") as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        first = keyward("run")
        assert any(outcome == "done" for _, _, outcome in first.outcomes())
        assert first.mails
        state = sandbox.state_bytes()
        sandbox.control("calls", method="DELETE")
        second = keyward("run")
        assert (first.code, second.code) == (0, 0), first.stderr + second.stderr
        assert sandbox.state_bytes() == state
        assert mutations(sandbox) == []
        assert second.mails == []


def test_an_account_that_cannot_be_entered_is_named_and_the_others_are_done(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        sandbox.edit("delete_role", account=A, role="keyward-rotate")
        result = Keyward(tmp_path, sandbox.environment)("run").expect(4)
        (uncovered,) = result.summary["uncovered"]
        assert uncovered["account"] == A and "AccessDenied" in uncovered["reason"]
        assert A in result.stdout
        state = sandbox.state()
        assert len(keys(state, A, "alice")) == 1
        assert_rotated(state, B, "bob")


def test_users_that_cannot_be_read_are_named_and_full_coverage_is_not_claimed(tmp_path):
    with organization(account(A, overdue("alice"), overdue("anna")), account(B, overdue("bob"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.faults(rules=[{"action": "iam:ListAccessKeys", "account": A, "fault": "denied", "times": -1}])
        audit = keyward("audit").expect(4)
        assert audit.stdout.startswith("NOT READ: 2 of 3 users.") and "alice, anna" in audit.stdout
        assert audit.stdout.endswith("2 users NOT READ\n") and "every account covered" not in audit.stdout
        assert json.loads(keyward("-o", "json", "audit").stdout)["unread"][0]["users"] == ["alice", "anna"]
        run = keyward("run").expect(4)
        assert run.stdout.startswith("NOT READ: 2 of 3 users.")
        assert "Every account was covered" not in (run.directory / "report.html").read_text()
        assert_rotated(sandbox.state(), B, "bob")


def test_an_organization_that_refuses_listing_stops_the_run(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        before = sandbox.state_bytes()
        sandbox.faults(rules=[{"action": "organizations:List*", "fault": "denied", "times": -1}])
        result = Keyward(tmp_path, sandbox.environment)("run").expect(5)
        assert "AccessDenied" in result.stderr
        assert sandbox.state_bytes() == before
        assert mutations(sandbox) == []


def test_a_second_run_is_refused_while_one_is_active(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        keyward.state_dir.mkdir()
        with open(keyward.state_dir / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = sandbox.state_bytes()
            keyward("run").expect(7)
            assert sandbox.state_bytes() == before
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")


def test_sigterm_drains_and_the_next_run_does_the_rest(tmp_path):
    options = ("--seed", 11, "--accounts", 12, "--users", 4, "--propagation", "50ms", "--latency", "30ms..60ms")
    with Sandbox(*options) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, limits={"accounts_in_flight": 2})
        before = sandbox.state()
        process = keyward.start("run")
        wait_until(lambda: "iam:CreateAccessKey" in sandbox.calls()["counts"], keyward, process)
        process.send_signal(signal.SIGTERM)
        result = keyward.finish(process).expect(143)
        assert result.summary["interrupted"] is True
        assert result.summary["uncovered"]
        after = sandbox.state()
        assert_nothing_lost(before, after)
        # Drained: what was begun was finished.
        for one in after["accounts"].values():
            assert not any(" int=" in user["tags"].get("keyward:state", "") for user in one["users"].values())
        sandbox.faults(latency="0ms")
        keyward.configure(limits={"accounts_in_flight": 64})
        second = keyward("run").expect(0)
        assert second.summary["uncovered"] == []
        assert_nothing_lost(before, sandbox.state())


def test_after_a_signal_nothing_is_begun(tmp_path):
    with organization(account(A, *(overdue(f"user-{i}") for i in range(12)))) as sandbox:
        sandbox.faults(latency="200ms")
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state_bytes()
        process = keyward.start("run")
        # Three answers later the first user would be changed.
        wait_until(lambda: "iam:ListAccessKeys" in sandbox.calls()["counts"], keyward, process)
        process.send_signal(signal.SIGTERM)
        result = keyward.finish(process).expect(143)
        assert sandbox.state_bytes() == before and mutations(sandbox) == []
        assert [one["account"] for one in result.summary["uncovered"]] == [A]


def test_an_organization_that_shrank_stops_the_run(tmp_path):
    accounts = [account(str(number) * 12, overdue("alice")) for number in range(2, 9)]
    with organization(*accounts) as sandbox:
        Keyward(tmp_path, sandbox.environment, dry_run=True)("run").expect(0)
    with organization(*accounts[2:]) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state_bytes()
        result = keyward("run").expect(6)
        assert sandbox.state_bytes() == before
        assert "max_inventory_shrink_percent" in result.stdout and len(result.summary["uncovered"]) == 5
        keyward("run").expect(6)  # until somebody says that it is right
        keyward.configure(limits={"max_inventory_shrink_percent": 100})
        keyward("run").expect(0)


def test_a_rule_that_matches_no_account_is_named(tmp_path):
    with organization(account(A)) as sandbox:
        include = [{"id": A}, {"id": "222222222223"}, {"ou": "ou-zzzz-11111111"}]
        result = Keyward(tmp_path, sandbox.environment, accounts={"default": "opt-in", "include": include})("run").expect(0)
        named = [line for line in result.stderr.splitlines() if "rule_matches_no_account" in line]
        assert len(named) == 2 and "222222222223" in named[0] and "ou-zzzz-11111111" in named[1]


def test_what_a_dry_run_told_is_told_by_the_first_run_that_acts(tmp_path):
    soon = {"name": "alice", "age_days": 200, "keys": [{"age_days": 83, "last_used": {"days_ago": 1}}]}
    rolled_back = {"name": "bob", "age_days": 300, "keys": [{"age_days": 200, "last_used": {"days_ago": 1}}, {"age_days": 100, "status": "Inactive"}]}
    with organization(account(A, soon, rolled_back)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        for arguments in (("run", "--dry-run"), ("run",)):
            (mail,) = keyward(*arguments).expect(0).mails
            text = mail.get_body(("plain",)).get_content()
            assert "alice" in text and "bob" in text, arguments
            assert keyward(*arguments).mails == []


def test_warnings_and_decisions_that_could_not_be_mailed_are_mailed_by_the_next_run(tmp_path):
    soon = {"name": "alice", "age_days": 200, "keys": [{"age_days": 83, "last_used": {"days_ago": 1}}]}
    rolled_back = {"name": "bob", "age_days": 300, "keys": [{"age_days": 200, "last_used": {"days_ago": 1}}, {"age_days": 100, "status": "Inactive"}]}
    with organization(account(A, soon, rolled_back)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={"channels": [{"type": "ses"}]})
        sandbox.faults(rules=[{"action": "ses:*", "fault": "denied", "times": -1}])
        keyward("run").expect(4)
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        (mail,) = sandbox.mail()
        assert "alice" in mail["text"] and "bob" in mail["text"]
        keyward("run").expect(0)
        assert len(sandbox.mail()) == 1


def test_create_access_key_whose_answer_is_lost_twice_leaves_no_key(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.faults(rules=[{"action": "iam:CreateAccessKey", "fault": "truncate", "times": 2}])
        keyward("run").expect(4)
        assert len(keys(sandbox.state(), A, "alice")) == 1
        assert " int=" not in sandbox.state()["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")


def test_a_lost_key_that_cannot_be_removed_needs_recovery(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.faults(
            rules=[
                {"action": "iam:CreateAccessKey", "fault": "truncate", "times": 1},
                {"action": "iam:DeleteAccessKey", "fault": "denied", "times": 1},
            ]
        )
        result = keyward("run").expect(9)
        assert result.outcomes() == [("alice", "rotate", "recovery_needed")] and "keyward recover" in result.stdout
        assert len(keys(sandbox.state(), A, "alice")) == 2
        keyward("recover").expect(0)
        assert len(keys(sandbox.state(), A, "alice")) == 1


def test_results_that_cannot_be_written_are_an_error(tmp_path):
    with organization(account(A)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        with open("/dev/full", "w") as full:
            for arguments in (("inventory",), ("-o", "json", "audit"), ("config", "show")):
                process = keyward.start(*arguments, stdout=full)
                assert process.wait(timeout=60) == 1, arguments
                assert "could not be written" in process.stderr.read()
                process.stderr.close()


def test_every_legal_user_name_is_served(tmp_path):
    names = ["a,b+c=d@e.f_-", "x" * 64, "=,+@"]
    with organization(account(A, *map(overdue, names))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        keyward("run").expect(0)
        state = sandbox.state()
        secrets = {secret["name"]: secret["arn"] for secret in state["accounts"][A]["secrets"]}
        assert len(secrets) == len(names)
        for name in names:
            assert_rotated(state, A, name)
            _, new = keys(state, A, name)
            readable = 0
            for arn in secrets.values():
                client = sandbox.client("secretsmanager", (new["id"], new["secret"]))
                with contextlib.suppress(client.exceptions.ClientError):
                    value = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
                    assert value == {"AccessKey": new["id"], "SecretKey": new["secret"]}
                    readable += 1
            assert readable == 1
        for _ in range(2):
            sandbox.advance("10d")
            keyward("run").expect(0)
        for name in names:
            (key,) = keys(sandbox.state(), A, name)
            assert key["status"] == "Active"


def test_a_secret_name_that_looks_like_an_arn_ending_fails_before_a_key_is_made(tmp_path):
    with organization(account(A, overdue("svc-abcdef"), overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, store={"name": "keyward/{account_id}/{user}"})
        before = sandbox.state()
        result = keyward("run").expect(4)
        assert ("svc-abcdef", "rotate", "failed") in result.outcomes()
        after = sandbox.state()
        assert keys(after, A, "svc-abcdef") == keys(before, A, "svc-abcdef")
        assert_nothing_lost(before, after)
        assert_rotated(after, A, "alice")


def test_an_account_without_users_is_covered(tmp_path):
    with organization(account(A), account(B, overdue("bob"))) as sandbox:
        result = Keyward(tmp_path, sandbox.environment)("run").expect(0)
        assert result.summary["accounts_covered"] == 2
        assert result.summary["users"] == 1


@pytest.mark.parametrize("days", [-1, 1])
def test_a_host_clock_wrong_by_a_day_is_corrected_and_reported(tmp_path, days):
    start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    # One day more or less decides: the key is due by AWS's calendar on the first of them only.
    created = start - datetime.timedelta(days=89.5 if days < 0 else 90.5)
    user = {"name": "alice", "age_days": 200, "keys": [{"created": created.strftime("%Y-%m-%dT%H:%M:%SZ")}]}
    options = ("--start", start.strftime("%Y-%m-%dT%H:%M:%SZ"))
    with organization(account(A, user), options=options) as sandbox:
        result = Keyward(tmp_path, sandbox.environment)("run").expect(0)
        assert abs(result.summary["clock_offset_seconds"] - days * 86400) < 60
        words = "ahead of AWS" if days < 0 else "behind AWS"
        assert words in result.stderr and words in result.stdout
        assert len(keys(sandbox.state(), A, "alice")) == (1 if days < 0 else 2)


@pytest.mark.parametrize("fault", ["html", "truncate", "empty", "drop_after", "error_after"])
@pytest.mark.parametrize(
    "action",
    [
        "organizations:ListAccounts",
        "sts:AssumeRole",
        "iam:GenerateCredentialReport",
        "iam:GetCredentialReport",
        "iam:ListUsers",
        "iam:ListAccessKeys",
        "iam:TagUser",
        "iam:CreateAccessKey",
        "secretsmanager:CreateSecret",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ],
)
def test_one_bad_answer_loses_nothing(tmp_path, action, fault):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state()
        sandbox.faults(rules=[{"action": action, "fault": fault, "times": 1}, *without_report(action)])
        result = keyward("run")
        assert fault in [call["fault"] for call in sandbox.calls()["log"]]
        after = sandbox.state()
        assert_nothing_lost(before, after)
        if result.code == 0:
            assert_rotated(after, A, "alice")
        else:
            assert result.code in (4, 5), result.stderr
            assert result.code == 5 or result.summary["uncovered"] or "failed" in str(result.outcomes())
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")


@pytest.mark.parametrize("fault", ["html", "empty"])
@pytest.mark.parametrize("action", ["iam:ListUsers", "iam:CreateAccessKey", "secretsmanager:PutSecretValue"])
def test_answers_that_stay_bad_are_reported_and_later_made_good(tmp_path, action, fault):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state()
        sandbox.faults(rules=[{"action": action, "account": A, "fault": fault, "times": -1}, *without_report(action)])
        result = keyward("run")
        assert result.code in (4, 9), result.stderr
        after = sandbox.state()
        assert_nothing_lost(before, after)
        assert_rotated(after, B, "bob")
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        state = sandbox.state()
        assert_nothing_lost(before, state)
        assert_rotated(state, A, "alice")


# ---- killed, crowded, refused


def wait_until(condition, keyward, process):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline and process.poll() is None, keyward.finish(process).stderr


def wait_for(sandbox, keyward, process, action):
    wait_until(lambda: any(call["action"] == action for call in sandbox.calls()["log"]), keyward, process)


@pytest.mark.parametrize(
    "action",
    [
        "secretsmanager:CreateSecret",
        "secretsmanager:PutResourcePolicy",
        "iam:TagUser",
        "iam:CreateAccessKey",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ],
)
@pytest.mark.parametrize("store", [{"target": "member"}, {"target": "central", "kms_key_id": "alias/keyward"}])
def test_killed_in_the_middle_of_a_rotation_the_next_run_finishes_or_undoes_it(tmp_path, action, store):
    options = ("--latency", "60ms")
    with organization(account(A, overdue("alice")), options=options) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, store=store)
        before = sandbox.state()
        process = keyward.start("run")
        wait_for(sandbox, keyward, process, action)
        process.kill()
        keyward.finish(process).expect(-signal.SIGKILL)
        assert_nothing_lost(before, sandbox.state())
        sandbox.faults(latency="0ms")
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")
        labels = stored(sandbox.state())
        assert labels.get("AWSPENDING", set()) <= labels["AWSCURRENT"]


def test_two_runs_at_once_from_different_hosts_make_one_key(tmp_path):
    users = [overdue(f"user-{i}") for i in range(6)]
    options = ("--latency", "5ms..40ms")
    with organization(account(A, *users), options=options) as sandbox:
        hosts = [Keyward(tmp_path / name, sandbox.environment) for name in ("one", "two")]
        before = sandbox.state()
        processes = [host.start("run") for host in hosts]
        results = [host.finish(process) for host, process in zip(hosts, processes)]
        assert {result.code for result in results} <= {0, 4}, [result.stderr for result in results]
        after = sandbox.state()
        assert_nothing_lost(before, after)
        sandbox.faults(latency="0ms")
        # An intent of a host that may still be at work is left alone for a while.
        sandbox.advance("1d")
        hosts[0]("run").expect(0)
        for user in users:
            assert_rotated(sandbox.state(), A, user["name"])


def test_a_store_that_cannot_be_written_costs_no_key(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state()
        sandbox.faults(rules=[{"action": "secretsmanager:*", "account": A, "fault": "denied", "times": -1}])
        keyward("run").expect(4)
        after = sandbox.state()
        assert keys(after, A, "alice") == keys(before, A, "alice")
        assert_rotated(after, B, "bob")


def test_a_new_key_that_cannot_be_stored_is_taken_back(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state()
        put = {"action": "secretsmanager:PutSecretValue", "fault": "denied", "times": -1}
        sandbox.faults(rules=[put])
        result = keyward("run").expect(4)
        assert ("alice", "rotate", "failed") in result.outcomes()
        assert keys(sandbox.state(), A, "alice") == keys(before, A, "alice")
        # And when it cannot even be deleted, a person is needed: now by the exit code, and by mail.
        sandbox.faults(rules=[put, {"action": "iam:DeleteAccessKey", "fault": "denied", "times": -1}])
        result = keyward("run").expect(9)
        assert ("alice", "rotate", "recovery_needed") in result.outcomes()
        assert any("could not be removed" in mail.get_body(["plain"]).get_content() for mail in result.mails)
        assert_nothing_lost(before, sandbox.state())
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")


def test_the_store_may_have_a_role_of_its_own(tmp_path):
    management = "111111111111"
    role = {
        "name": "keyward-store",
        "trust": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{management}:user/hub"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": "ext-1"}},
                }
            ],
        },
        "policies": {
            "store": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Action": ["secretsmanager:*", "kms:*"], "Resource": "*"},
                    {"Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "*"},
                ],
            }
        },
    }
    hub = {"id": management, "management": True, "roles": [role]}
    with organization(hub, account(A, overdue("alice"))) as sandbox:
        store = {
            "target": "central",
            "kms_key_id": "alias/keyward",
            "role": f"arn:aws:iam::{management}:role/keyward-store",
        }
        keyward = Keyward(tmp_path, sandbox.environment, store=store)
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")
        writers = {c["principal"] for c in sandbox.calls()["log"] if c["action"] == "secretsmanager:PutSecretValue"}
        assert writers == {f"arn:aws:sts::{management}:assumed-role/keyward-store/keyward"}


def test_mail_that_is_refused_is_counted_and_nothing_else_suffers(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        notify = {"sender": "keyward@not-verified.example", "channels": [{"type": "ses"}]}
        result = Keyward(tmp_path, sandbox.environment, notify=notify)("run").expect(4)
        assert result.summary["notices_failed"] == 1
        assert_rotated(sandbox.state(), A, "alice")


def test_mail_that_could_not_be_sent_is_sent_by_the_next_run_and_only_once(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={"channels": [{"type": "ses"}]})
        sandbox.faults(rules=[{"action": "ses:*", "fault": "error_before", "times": -1}])
        keyward("run").expect(4)
        assert_rotated(sandbox.state(), A, "alice")
        assert sandbox.mail() == []
        sandbox.faults(rules=[])
        new = keys(sandbox.state(), A, "alice")[1]["id"]
        result = keyward("run").expect(0)
        (mail,) = sandbox.mail()
        assert new[-4:] in mail["text"] and "aws secretsmanager get-secret-value" in mail["text"]
        assert result.outcomes() == []  # nothing was done a second time
        assert [e["outcome"] for e in result.events if e["event"] == "notice"] == ["sent"]
        keyward("run").expect(0)
        assert len(sandbox.mail()) == 1


def test_a_record_that_cannot_be_written_leaves_the_user_alone(tmp_path):
    old = {"name": "bob", "age_days": 400, "keys": [{"age_days": 300}, {"age_days": 50, "last_used": {"days_ago": 1}}]}
    full = overdue("carol", tags={f"tag-{number}": "x" for number in range(50)})
    with organization(account(A, overdue("alice"), old, full)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state()["accounts"][A]
        sandbox.faults(rules=[{"action": "iam:TagUser", "fault": "denied", "times": -1}])
        for _ in range(2):
            result = keyward("run").expect(4)
            after = sandbox.state()["accounts"][A]
            assert after["users"] == before["users"]
            assert after["secrets"] == before["secrets"]
            sandbox.advance("11d")
        (carol,) = [e for e in result.events if e.get("user") == "carol" and e["event"] == "action"]
        assert "50 tags" in carol["error"]


def test_a_key_is_not_switched_off_when_that_cannot_be_recorded(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        keyward("run").expect(0)
        sandbox.advance("10d")
        sandbox.faults(rules=[{"action": "iam:TagUser", "fault": "denied", "times": -1}])
        assert keyward("run").expect(4).outcomes() == [("alice", "deactivate", "failed")]
        assert keys(sandbox.state(), A, "alice")[0]["status"] == "Active"
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        assert keys(sandbox.state(), A, "alice")[0]["status"] == "Inactive"


@pytest.mark.parametrize("action, fault, skip", [("iam:TagUser", "denied", 1), ("iam:UpdateAccessKey", "error_after", 0)])
def test_no_mail_says_that_nothing_was_changed_when_a_key_was_switched_off(tmp_path, action, fault, skip):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        keyward("run").expect(0)
        sandbox.advance("10d")
        sandbox.faults(rules=[{"action": action, "fault": fault, "skip": skip, "times": -1}])
        (mail,) = keyward("run").expect(4).mails
        assert keys(sandbox.state(), A, "alice")[0]["status"] == "Inactive"
        text = " ".join(mail.get_body(("plain",)).get_content().split())
        assert "may be switched off already" in text and "Nothing was changed" not in text
        sandbox.faults(rules=[])
        (mail,) = keyward("run").expect(0).mails
        assert "was switched off." in mail.get_body(("plain",)).get_content()


def test_after_three_failures_of_the_store_no_further_key_is_made(tmp_path):
    users = [overdue(f"user-{number:02}") for number in range(30)]
    with organization(account(A, *users), account(B, overdue("bob"))) as sandbox:
        sandbox.faults(rules=[{"action": "secretsmanager:PutSecretValue", "account": A, "fault": "denied", "times": -1}])
        result = Keyward(tmp_path, sandbox.environment)("run").expect(6)
        outcomes = [outcome for _, _, outcome in result.outcomes()]
        made = sandbox.calls()["counts"]["iam:CreateAccessKey"] - 1
        # Eight users of an account are worked on at once.
        assert 3 <= outcomes.count("failed") == made <= 3 + 8
        assert outcomes.count("held_back") == 30 - made
        state = sandbox.state()
        assert all(len(keys(state, A, user["name"])) == 1 for user in users)
        assert_rotated(state, B, "bob")


def test_the_most_talkative_log_tells_no_secret(tmp_path):
    with organization(account(A, overdue("alice"), overdue("bob"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.faults(
            rules=[
                {"action": "secretsmanager:PutSecretValue", "fault": "html", "times": 1},
                {"action": "iam:CreateAccessKey", "fault": "truncate", "times": 1},
            ]
        )
        shown = ""
        for log_format in ("text", "json"):
            result = keyward("--log-level", "trace", "--log-format", log_format, "run")
            shown += result.stdout + result.stderr
            sandbox.advance("1h")
        assert_rotated(sandbox.state(), A, "alice")
        secrets = {key["secret"] for user in ("alice", "bob") for key in keys(sandbox.state(), A, user)}
        secrets.add(sandbox.environment["AWS_SECRET_ACCESS_KEY"])
        for session in sandbox.control("volatile")["sessions"]:
            secrets |= {session["secret"], session["token"]}
        for value in secrets:
            assert value not in shown
            assert value.encode() not in keyward.everything_written()


@pytest.mark.parametrize("whose", ["person", "interrupted run"])
def test_a_key_that_no_record_names_is_removed_only_if_an_interrupted_run_made_it(tmp_path, whose):
    with organization(account(A, overdue("alice"))) as sandbox:
        (old,) = keys(sandbox.state(), A, "alice")
        begun = sandbox.now() - datetime.timedelta(minutes=20 if whose == "person" else 0)
        intent = f"v1 int=a-run-elsewhere@{begun:%Y%m%dT%H%M%SZ}/{old['id']}"
        sandbox.edit("tag_user", account=A, user="alice", key="keyward:state", value=intent)
        sandbox.edit("create_key", account=A, user="alice", age_days=0)
        new = keys(sandbox.state(), A, "alice")[1]
        sandbox.advance("1h")
        Keyward(tmp_path, sandbox.environment)("run").expect(0)
        after = sandbox.state()
        assert keys(after, A, "alice")[0]["status"] == "Active"
        stays = new["id"] in [key["id"] for key in keys(after, A, "alice")]
        assert stays == (whose == "person")
        assert " int=" not in after["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]
        if whose != "person":
            assert_rotated(after, A, "alice")


def test_a_new_key_stays_when_its_label_can_neither_be_moved_nor_read(tmp_path):
    """Its owner may be fetching it already: the next run finds out, and only then keeps or removes it."""
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state()
        sandbox.faults(
            rules=[
                {"action": "secretsmanager:UpdateSecretVersionStage", "fault": "denied", "times": -1},
                # Those before: one that finds no secret, one that finds it made, and one before the label is moved.
                {"action": "secretsmanager:DescribeSecret", "fault": "denied", "skip": 3, "times": -1},
            ]
        )
        result = keyward("run").expect(4)
        assert result.outcomes() == [("alice", "rotate", "failed")]
        after = sandbox.state()
        assert len(keys(after, A, "alice")) == 2
        assert " int=" in after["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]
        assert_nothing_lost(before, after)
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")


# ---- some accounts in dry run


@pytest.mark.parametrize("everywhere", [True, False], ids=["override enforces", "override is dry"])
def test_what_is_said_of_a_dry_run_is_said_account_by_account(tmp_path, everywhere):
    with organization(account(A, overdue("alice")), account(B, overdue("bob")), account(C, overdue("carol"))) as sandbox:
        override = {"match": {"id": B}, "dry_run": not everywhere}
        accounts = {"default": "opt-out", "overrides": [override]}
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=everywhere, accounts=accounts)
        dry = {"alice", "carol"} if everywhere else {"bob"}
        result = keyward("run").expect(0)
        state = sandbox.state()
        for number, user in ((A, "alice"), (B, "bob"), (C, "carol")):
            if user in dry:
                assert len(keys(state, number, user)) == 1
            else:
                assert_rotated(state, number, user)
        summary = result.summary
        assert summary["dry_run"] is False
        assert (summary["accounts_dry_run"], summary["accounts_enforced"]) == (len(dry), 3 - len(dry))
        assert summary["outcomes"]["rotate"] == {"done": 3 - len(dry), "dry_run": len(dry)}
        assert {e["user"] for e in result.events if e.get("dry_run") and "user" in e} == dry
        assert f"{len(dry)} of 3 accounts in dry run; nothing was changed there." in result.stdout
        assert "DRY RUN: nothing was changed" not in result.stdout
        done, told = result.stdout.split("WOULD ROTATE", 1)
        for user in ("alice", "bob", "carol"):
            assert (user in told) == (user in dry), result.stdout
            assert (user in done) == (user not in dry), result.stdout
        page = (result.directory / "report.html").read_text()
        assert ">PARTLY DRY RUN<" in page and f"{len(dry)} of 3 accounts in dry run; nothing was changed there." in page


@pytest.mark.parametrize("everywhere", [True, False], ids=["override enforces", "override is dry"])
def test_a_forced_rotation_speaks_of_its_own_account(tmp_path, everywhere):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        accounts = {"default": "opt-out", "overrides": [{"match": {"id": B}, "dry_run": not everywhere}]}
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=everywhere, accounts=accounts)
        dry, enforced = ((A, "alice"), (B, "bob")) if everywhere else ((B, "bob"), (A, "alice"))
        told = keyward("rotate", "--account", dry[0], "--user", dry[1], "--reason", "laptop lost").expect(0)
        assert told.stdout.startswith("DRY RUN: nothing was changed.") and "WOULD ROTATE 1" in told.stdout
        assert told.summary["dry_run"] is True
        assert len(keys(sandbox.state(), *dry)) == 1
        done = keyward("rotate", "--account", enforced[0], "--user", enforced[1], "--reason", "laptop lost").expect(0)
        assert done.stdout.startswith("ROTATED 1") and "dry" not in done.stdout.lower()
        assert done.summary["dry_run"] is False
        assert_rotated(sandbox.state(), *enforced)


# ---- the other commands


def on_a_terminal(keyward, columns, *arguments):
    """What a terminal of that width is sent."""
    command = [executable(), "-c", keyward.directory / "config.yaml", "--color", "never", *arguments]
    shown, _ = Terminal(command, columns, streams=("stdout",), stderr=subprocess.DEVNULL, env=keyward.environment).end()
    return shown


def test_tables_fit_the_terminal_and_are_whole_without_one(tmp_path):
    name, user = "a-rather-long-account-name-of-fifty-characters-long", "u" * 64
    with organization(account(A, overdue(user), name=name)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        assert f"{A}  {name}  {user}" in keyward("audit").expect(3).stdout
        for columns in (90, 120):
            lines = on_a_terminal(keyward, columns, "audit").splitlines()
            (row,) = [line for line in lines if line.startswith(A)]
            assert columns - 30 < len(row) <= columns and "…" in row
        assert f"{A}  {name}  {user}" in on_a_terminal(keyward, 250, "audit")


def test_audit_and_inventory_read_only_and_say_what_they_found(tmp_path):
    with organization(account(A, overdue("alice")), account(B)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state_bytes()
        inventory = keyward("-o", "json", "inventory").expect(0)
        assert A in inventory.stdout and B in inventory.stdout
        keyward("audit").expect(3)
        audit = keyward("-o", "json", "audit", "--exit-zero").expect(0)
        json.loads(audit.stdout)
        assert keys(sandbox.state(), A, "alice")[0]["id"] in audit.stdout
        assert sandbox.state_bytes() == before
        assert mutations(sandbox) == []


def begun_elsewhere(sandbox, user, *, minutes_ago, names=None):
    """As a run on another host leaves it that died."""
    (old,) = keys(sandbox.state(), A, user)
    at = sandbox.now() - datetime.timedelta(minutes=minutes_ago)
    value = f"v1 int=a-run-elsewhere@{at:%Y%m%dT%H%M%SZ}/{names or old['id']}"
    sandbox.edit("tag_user", account=A, user=user, key="keyward:state", value=value)


def test_recover_settles_what_it_can_and_gives_a_person_the_commands_for_the_rest(tmp_path):
    with organization(account(A, overdue("alice"), overdue("bob"), overdue("carol"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        begun_elsewhere(sandbox, "alice", minutes_ago=30)
        begun_elsewhere(sandbox, "bob", minutes_ago=30, names="AKIAIOSFODNN7EXAMPLE")
        before = sandbox.state_bytes()
        listed = keyward("recover", "--list").expect(0)
        assert "alice" in listed.stdout and "bob" in listed.stdout and "carol" not in listed.stdout
        assert sandbox.state_bytes() == before
        result = keyward("recover").expect(9)
        state = sandbox.state()
        assert " int=" not in state["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]
        assert [len(keys(state, A, user)) for user in ("alice", "bob", "carol")] == [1, 1, 1]
        (key,) = keys(state, A, "bob")
        assert f"aws iam delete-access-key --user-name bob --access-key-id {key['id']}" in result.stdout
        untag = "aws iam untag-user --user-name bob --tag-keys keyward:state"
        assert untag in result.stdout
        keyward("recover").expect(9)  # until a person has decided
        sandbox.edit("tag_user", account=A, user="bob", key="keyward:state")
        keyward("recover").expect(0)


def test_a_finished_rotation_whose_old_key_a_person_deleted_needs_no_person(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        (old,) = keys(sandbox.state(), A, "alice")
        sandbox.faults(rules=[{"action": "iam:TagUser", "fault": "denied", "times": 1, "skip": 1}])
        keyward("run").expect(4)
        sandbox.edit("delete_key", account=A, user="alice", access_key_id=old["id"])
        assert keyward("run").expect(0).outcomes() == [("alice", "rotate", "done")]
        (new,) = keys(sandbox.state(), A, "alice")
        assert new["secret"] in stored(sandbox.state())["AWSCURRENT"]
        record = sandbox.state()["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]
        assert " int=" not in record and f"rot={new['id']}/{old['id']}" in record


def test_an_old_key_in_use_is_held_up_to_the_limit_and_its_owner_told_where(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, policy={"hold_while_in_use_days": 5, "warn_days": []})
        old = keys(sandbox.state(), A, "alice")[0]["id"]
        told = {}
        for day in range(17):
            sandbox.control("use", {"access_key_id": old, "service": "dynamodb", "region": "eu-west-1"})
            for mail in keyward("run").expect(0).mails:
                told[day] = mail.get_body(("plain",)).get_content()
            status = keys(sandbox.state(), A, "alice")[0]["status"]
            assert (status == "Active") == (day < 15), f"day {day}"
            sandbox.advance("1d")
            if status == "Inactive":
                break
        assert sorted(told) == [0, 10, 15]
        assert "still being used" in told[10] and "dynamodb in eu-west-1" in told[10]
        assert f"{sandbox.now() - datetime.timedelta(days=1):%Y-%m-%d}" in told[10]


def test_the_tag_of_the_record_may_have_another_prefix(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, users={"tag_prefix": "acme:Keys/"})
        keyward("run").expect(0)
        assert [*sandbox.state()["accounts"][A]["users"]["alice"]["tags"]] == ["acme:Keys/state"]
        sandbox.advance("10d")
        keyward("run").expect(0)
        assert keys(sandbox.state(), A, "alice")[0]["status"] == "Inactive"
        Keyward(tmp_path, sandbox.environment, other_rights=REFUSED, users={"tag_prefix": "aws:x"})("run").expect(2)


def test_a_compromised_key_is_off_before_anything_else_and_stays_as_evidence(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        (old,) = keys(sandbox.state(), A, "alice")
        order = ("rotate", "--account", A, "--user", "alice", "--reason", "found in a log", "--compromised", old["id"])
        result = keyward(*order).expect(0)
        assert result.outcomes() == [("alice", "deactivate", "done"), ("alice", "rotate", "done")]
        assert {e["detail"] for e in result.events if e["event"] == "action"} == {"found in a log"}
        old, new = keys(sandbox.state(), A, "alice")
        assert (old["status"], new["status"]) == ("Inactive", "Active")
        assert new["secret"] in stored(sandbox.state())["AWSCURRENT"]
        actions = mutations(sandbox)
        assert actions.index("iam:UpdateAccessKey") < actions.index("iam:CreateAccessKey")
        for day in range(1, 11):
            assert len(keys(sandbox.state(), A, "alice")) == 2, f"day {day}"
            sandbox.advance("1d")
            keyward("run").expect(0)
        assert [key["id"] for key in keys(sandbox.state(), A, "alice")] == [new["id"]]


@pytest.mark.parametrize("second", ["Active", None])
def test_a_dry_rotation_says_what_the_real_one_would_do(tmp_path, second):
    alice = {"name": "alice", "age_days": 200, "keys": [{"age_days": 5, "status": second or "Inactive"}]}
    if second:
        alice["keys"].append({"age_days": 3})
    with organization(account(A, alice)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        order = ("rotate", "--account", A, "--user", "alice", "--reason", "x")
        for arguments in ((*order, "--dry-run"), order):
            assert keyward(*arguments).expect(4).outcomes() == [("alice", "rotate", "failed")], arguments


def test_a_user_who_does_not_exist_is_an_error_before_anything_is_done(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        result = keyward("rotate", "--account", A, "--user", "alcie", "--reason", "x").expect(5)
        assert "no IAM user alcie" in result.stderr and result.directory is None
        assert "--reason" in keyward("rotate", "--account", A, "--user", "alice", "--reason", " ").expect(2).stderr
        # IAM's names are unique without regard to case.
        assert keyward("rotate", "--account", A, "--user", "ALICE", "--reason", "x").expect(0).outcomes() == [("alice", "rotate", "done")]


def test_an_interrupted_rotation_of_a_young_key_is_settled_by_the_next_run(tmp_path):
    young = {"name": "alice", "age_days": 200, "keys": [{"age_days": 5, "last_used": {"days_ago": 1}}]}
    with organization(account(A, young)) as sandbox:
        sandbox.faults(latency="50ms")
        keyward = Keyward(tmp_path, sandbox.environment)
        process = keyward.start("rotate", "--account", A, "--user", "alice", "--reason", "laptop lost")
        wait_for(sandbox, keyward, process, "secretsmanager:CreateSecret")
        process.kill()
        keyward.finish(process).expect(-signal.SIGKILL)
        assert " int" in sandbox.state()["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]
        keyward("run").expect(0)
        assert " int" not in sandbox.state()["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]


@pytest.mark.parametrize("trouble", ["quarantine", "unreadable", "another user's key", "two keys"])
def test_a_compromised_key_gets_no_replacement_when_that_would_be_wrong(tmp_path, trouble):
    second = [{"age_days": 10, "last_used": {"days_ago": 1}}] if trouble == "two keys" else []
    alice = overdue("alice")
    alice["keys"] += second
    with organization(account(A, alice, overdue("bob"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        before = keys(sandbox.state(), A, "alice")
        if trouble == "quarantine":
            sandbox.edit("attach_user_policy", account=A, user="alice", policy="AWSCompromisedKeyQuarantineV3")
        if trouble == "unreadable":
            sandbox.faults(rules=[{"action": "iam:ListAttachedUserPolicies", "fault": "denied", "times": -1}])
        whose = "bob" if trouble == "another user's key" else "alice"
        compromised = keys(sandbox.state(), A, whose)[0]["id"]
        order = ("rotate", "--account", A, "--user", "alice", "--reason", "found in a log", "--compromised", compromised)
        if trouble == "another user's key":
            # A slip of the hand: said, and neither recorded nor mailed.
            for options in (("--dry-run",), ()):
                refused = keyward(*order, *options).expect(5)
                assert "user alice has no access key" in refused.stderr and refused.directory is None
        else:
            keyward(*order).expect(4)
        after = keys(sandbox.state(), A, "alice")
        assert [key["id"] for key in after] == [key["id"] for key in before]
        off = [key["id"] for key in after if key["status"] == "Inactive"]
        assert off == ([] if trouble == "another user's key" else [compromised])
        assert keys(sandbox.state(), A, "bob")[0]["status"] == "Active"


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"polciy": {}}, "policy"),
        ({"policy": {"rotate_after_days": 0}}, "rotate_after_days"),
        ({"accounts": {"include": [{"id": "12345"}]}}, "12345"),
        ({"store": {"target": "central"}}, "kms_key_id"),
    ],
)
def test_a_wrong_configuration_makes_no_call(tmp_path, wrong, words):
    with organization(account(A, overdue("alice"))) as sandbox:
        sandbox.control("calls", method="DELETE")
        result = Keyward(tmp_path, sandbox.environment, other_rights=REFUSED, **wrong)("run").expect(2)
        assert words in result.stderr and "config.yaml:" in result.stderr
        assert sandbox.calls()["counts"] == {}


def test_no_test_goes_on_under_rights_of_another_configuration(tmp_path):
    with organization(account(A)) as sandbox, pytest.raises(printed_rights.NotPrinted, match="polciy"):
        Keyward(tmp_path, sandbox.environment, polciy={})


def test_a_dry_run_flag_that_is_neither_true_nor_false_is_an_error(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        sandbox.control("calls", method="DELETE")
        result = Keyward(tmp_path, sandbox.environment, other_rights=REFUSED)("run", DryRunFlag="ture").expect(2)
        assert "DryRunFlag" in result.stderr
        assert sandbox.calls()["counts"] == {}


def test_the_application_id_names_the_sender_and_a_wrong_one_is_an_error(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        sandbox.gate(from_=0)
        keyward = Keyward(tmp_path, sandbox.environment)
        keyward("run", AWS_SDK_UA_APP_ID="host-7").expect(0)
        assert {request["app"] for request in sandbox.counted()} == {"host-7"}
        sandbox.gate(from_=0)
        assert "AWS_SDK_UA_APP_ID" in keyward("run", AWS_SDK_UA_APP_ID="two words").expect(2).stderr
        assert sandbox.counted() == []


def test_without_credentials_nothing_is_sent(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        sandbox.control("calls", method="DELETE")
        environment = dict(sandbox.environment)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del environment[name]
        Keyward(tmp_path, environment)("run").expect(5)
        assert sandbox.calls()["counts"] == {}
