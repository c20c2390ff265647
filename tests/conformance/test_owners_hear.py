"""Owners hear at least once, and no one twice because of another one: what is owed is owed to each recipient."""

import collections
import signal
import threading

from held_requests import go_on_until
from keyward_process import Keyward
from organizations import A, B, account, assert_rotated, keys, organization, overdue
from test_keyward_in_trouble import wait_until

JO = "jo@example.org"
SES = {"channels": [{"type": "ses"}], "allowed_domains": ["example.org"]}
NOTHING_GOES = [{"action": "ses:*", "fault": "error_before", "times": -1}]


def owned(name, **members):
    return overdue(name, tags={"owner": JO}, **members)


def told(sandbox):
    """How often each recipient was sent something."""
    return collections.Counter(mail["to"][0] for mail in sandbox.mail())


def failures(result):
    return [e["error"] for e in result.events if e["event"] == "failure"]


def refuse_all_but(sandbox, *addresses):
    """SES still asks for verified recipients: it refuses all others for good."""
    for address in ("keyward@example.org", *addresses):
        sandbox.edit("set_account", account="111111111111", verify=address)
    sandbox.edit("set_account", account="111111111111", unverify="example.org", mail_sandbox=True)


def test_one_refused_recipient_costs_the_others_no_second_mail(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify=SES)
        refuse_all_but(sandbox, JO)
        for _ in range(2):  # on the third day comes the next warning
            keyward("run").expect(4)
            assert told(sandbox) == {JO: 1}
            sandbox.advance("1d")
        sandbox.edit("set_account", account="111111111111", verify="example.org")
        keyward("run").expect(0)
        assert told(sandbox) == {JO: 1, f"{A}@example.org": 1}
        late = sandbox.mail()[-1]
        # The new key, and that it is no news of today.
        assert "As of " in late["text"] and keys(sandbox.state(), A, "alice")[1]["id"][-4:] in late["text"]
        keyward("run").expect(0)
        assert len(sandbox.mail()) == 2


def test_a_folder_in_which_nothing_can_be_written_today_gets_the_mail_of_the_next_run(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        folder = tmp_path / "mail"
        folder.write_text("a file where the folder should be")
        notify = {"channels": [{"type": "file", "directory": str(folder)}]}
        keyward = Keyward(tmp_path, sandbox.environment, notify=notify)
        result = keyward("run").expect(4)
        (notice,) = [e for e in result.events if e["event"] == "notice"]
        assert notice["outcome"] == "rejected" and "FileNotWritten" in notice["error"]
        assert_rotated(sandbox.state(), A, "alice")
        folder.unlink()
        for _ in range(2):
            keyward("run").expect(0)
            (mail,) = folder.iterdir()
            assert mail.name == f"001-{A}@example.org.eml" and "alice" in mail.read_text()


def test_what_is_owed_is_told_although_the_account_cannot_be_entered(tmp_path):
    with organization(account(A, owned("alice")), account(B)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify=SES)
        sandbox.faults(rules=NOTHING_GOES)
        keyward("run").expect(4)
        sandbox.faults(rules=[])
        sandbox.edit("delete_role", account=A, role="keyward-rotate")
        result = keyward("run").expect(4)
        assert [one["account"] for one in result.summary["uncovered"]] == [A]
        assert told(sandbox) == {JO: 1, f"{A}@example.org": 1}


def kill_when_a_mail_is_out(sandbox, keyward):
    """Kills keyward after SES took its first mail and before it hears of that."""
    sandbox.gate()
    process = keyward.start("run")
    held = go_on_until(sandbox, process, "ses:SendEmail")
    sandbox.faults(latency="20s")
    threading.Thread(target=lambda: sandbox.release(id=held["id"]), daemon=True).start()
    wait_until(sandbox.mail, keyward, process)
    process.kill()
    keyward.finish(process).expect(-signal.SIGKILL)
    sandbox.faults(latency="0ms")
    sandbox.release(discard=True)
    sandbox.control("gate", method="DELETE")


def test_killed_between_sending_and_recording_one_recipient_hears_twice(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify=SES)
        kill_when_a_mail_is_out(sandbox, keyward)
        ((first, _),) = told(sandbox).items()
        assert_rotated(sandbox.state(), A, "alice")
        for _ in range(2):
            result = keyward("run").expect(0)
            assert result.outcomes() == []
            assert told(sandbox) == {JO: 1, f"{A}@example.org": 1} | {first: 2}


def test_what_nobody_took_for_three_days_is_a_failure_and_is_given_up_after_two_weeks(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={**SES, "account_owner": False})
        sandbox.faults(rules=NOTHING_GOES)
        for day in range(3):
            assert failures(keyward("run").expect(4)) == [], day
            sandbox.advance("1d")
        result = keyward("run").expect(4)
        (failure,) = failures(result)
        assert failure.startswith(f"{JO} has not been told since ") and "tried again" in failure
        assert "alice" in result.stdout or "alice" in (result.directory / "report.html").read_text()
        sandbox.advance("12d")
        assert any("not tried any more" in failure for failure in failures(keyward("run").expect(4)))


def test_a_damaged_journal_is_said_and_keeps_what_can_be_read(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify=SES)
        sandbox.faults(rules=NOTHING_GOES)
        keyward("run").expect(4)
        sandbox.faults(rules=[])
        journal = keyward.state_dir / "journal.jsonl"
        first, *others = journal.read_text().splitlines()
        journal.write_text("\n".join([first[: len(first) // 2], *others]) + "\n")
        result = keyward("run").expect(0)
        assert "journal_damaged" in result.stderr
        assert sum(told(sandbox).values()) == 1
        assert "journal_damaged" not in keyward("run").expect(0).stderr


def test_what_is_owed_holds_no_secret(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify=SES)
        sandbox.faults(rules=NOTHING_GOES)
        keyward("run").expect(4)
        assert b'"kind":"notice"' in (keyward.state_dir / "journal.jsonl").read_bytes()
        for key in keys(sandbox.state(), A, "alice"):
            assert key["secret"].encode() not in keyward.everything_written()


def test_what_a_full_mail_only_counts_is_in_the_mail_of_the_next_run(tmp_path):
    with organization(account(A, *[owned(f"user{i:02}") for i in range(70)])) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={**SES, "account_owner": False}, limits={"max_changes_per_account": 70})
        named = []
        for _ in range(2):
            keyward("run").expect(0)
            named.append({f"user{i:02}" for i in range(70) if f"user{i:02}" in sandbox.mail()[-1]["text"]})
        first, second = named
        assert len(first) == 60 and len(second) == 10 and not first & second
        keyward("run").expect(0)
        assert told(sandbox) == {JO: 2}


def test_a_file_on_the_host_of_the_job_tells_nobody_where_mail_is_sent_too(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        both = {**SES, "channels": [{"type": "file"}, {"type": "ses"}], "account_owner": False}
        keyward = Keyward(tmp_path, sandbox.environment, notify=both)
        sandbox.faults(rules=NOTHING_GOES)
        assert len(keyward("run").expect(4).mails) == 1
        assert told(sandbox) == {}
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        assert told(sandbox) == {JO: 1}


# ---- require_warning


def statuses(sandbox, user):
    return [key["status"] for key in keys(sandbox.state(), A, user)]


def test_nothing_is_switched_off_or_deleted_before_a_warning_reached_its_owner(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={**SES, "require_warning": True})
        keyward("run").expect(0)
        assert len(statuses(sandbox, "alice")) == 2
        sandbox.faults(rules=NOTHING_GOES)
        for _ in range(12):
            sandbox.advance("1d")
            keyward("run")
            assert statuses(sandbox, "alice") == ["Active", "Active"]
        result = keyward("run").expect(4)
        (decision,) = [e for e in result.events if e.get("reason") == "deactivation_waits_for_warning"]
        assert decision["action"] == "wait" and result.summary["needs_human"] == 0
        sandbox.faults(rules=[])
        sent = len(sandbox.mail())
        keyward("run").expect(0)
        assert "the next run does it" in sandbox.mail()[-1]["text"] and len(sandbox.mail()) == sent + 2
        assert statuses(sandbox, "alice") == ["Active", "Active"]
        assert keyward("run").expect(0).outcomes() == [("alice", "deactivate", "done")]

        # From here on mail goes, so every warning comes in time and nothing is late.
        for day in range(1, 11):
            sandbox.advance("1d")
            keyward("run").expect(0)
            assert len(statuses(sandbox, "alice")) == (2 if day < 10 else 1)


def test_without_any_stage_of_warning_the_message_that_it_waits_is_the_warning(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={**SES, "require_warning": True}, policy={"warn_days": []})
        keyward("run").expect(0)
        for grace in ("deactivate", "delete"):
            sandbox.advance("10d")
            assert keyward("run").expect(0).outcomes() == []
            before = len(sandbox.mail())
            # The next run acts, whether or not a state folder was lost before.
            assert keyward("run").expect(0).outcomes() == [("alice", grace, "done")]
            assert len(sandbox.mail()) == before + 2


def test_a_lost_state_folder_costs_one_more_warning(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        one, other = (Keyward(tmp_path / name, sandbox.environment, notify={**SES, "require_warning": True}) for name in ("one", "other"))
        one("run").expect(0)
        for days in ("3d", "4d", "2d"):  # the stages of 7, 3 and 1 days
            sandbox.advance(days)
            one("run").expect(0)
        sandbox.advance("1d")
        assert other("run").expect(0).outcomes() == []
        assert other("run").expect(0).outcomes() == [("alice", "deactivate", "done")]


def test_a_compromised_key_waits_for_nobody(tmp_path):
    with organization(account(A, owned("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={**SES, "require_warning": True})
        sandbox.faults(rules=NOTHING_GOES)
        (key,) = keys(sandbox.state(), A, "alice")
        keyward("rotate", "--account", A, "--user", "alice", "--reason", "leaked", "--compromised", key["id"]).expect(4)
        assert statuses(sandbox, "alice")[0] == "Inactive"


# ---- alternate contacts


def contact_calls(sandbox):
    return sandbox.calls()["counts"].get("account:GetAlternateContact", 0)


def test_the_alternate_contact_hears_where_no_tag_names_anybody(tmp_path):
    soc, ops = "soc@elsewhere.example", "ops@elsewhere.example"
    accounts = [
        account(A, overdue("alice"), contacts={"SECURITY": soc, "OPERATIONS": ops}),
        account(B, overdue("bob"), contacts={"OPERATIONS": ops}),
        account("444444444444", owned("carol"), contacts={"SECURITY": soc}),
        account("555555555555", overdue("dave")),
        account("666666666666", {"name": "young", "age_days": 9, "keys": [{"age_days": 9}]}),
    ]
    with organization(*accounts) as sandbox:
        notify = {**SES, "account_owner": False, "fallback": "security@example.org"}
        Keyward(tmp_path, sandbox.environment, notify=notify)("run").expect(0)
        assert told(sandbox) == {soc: 1, ops: 1, JO: 1, "security@example.org": 1}
        who = {mail["to"][0]: mail["text"] for mail in sandbox.mail()}
        assert "alice" in who[soc] and "bob" in who[ops] and "dave" in who["security@example.org"]
        assert contact_calls(sandbox) == 1 + 2 + 0 + 2 + 0


def test_contacts_that_may_not_be_read_are_named_once_and_the_fallback_hears(tmp_path):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        sandbox.faults(rules=[{"action": "account:*", "fault": "denied", "times": -1}])
        notify = {**SES, "account_owner": False, "fallback": "security@example.org"}
        result = Keyward(tmp_path, sandbox.environment, notify=notify)("run").expect(4)
        (failure,) = failures(result)
        assert "account:GetAlternateContact" in failure and "AccessDenied" in failure
        assert told(sandbox) == {"security@example.org": 1}


def test_account_tags_that_cannot_be_read_are_named_once_and_the_fallback_hears(tmp_path):
    tags = {"owner": JO}
    with organization(account(A, overdue("alice"), tags=tags), account(B, overdue("bob"), tags=tags)) as sandbox:
        sandbox.faults(rules=[{"action": "organizations:ListTagsForResource", "fault": "denied", "times": -1}])
        notify = {**SES, "account_owner": False, "owner": ["account_tag"], "fallback": "security@example.org"}
        result = Keyward(tmp_path, sandbox.environment, notify=notify)("run").expect(4)
        (failure,) = failures(result)
        assert "organizations:ListTagsForResource" in failure and "AccessDenied" in failure
        assert told(sandbox) == {"security@example.org": 1}


def test_the_management_account_does_not_name_itself(tmp_path):
    management = "111111111111"
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{management}:user/hub"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": ["iam:*", "secretsmanager:*", "kms:*"], "Resource": "*"}
    role = {
        "name": "keyward-rotate",
        "trust": {"Version": "2012-10-17", "Statement": [trust]},
        "policies": {"all": {"Version": "2012-10-17", "Statement": [rights]}},
    }
    hub = {"id": management, "management": True, "roles": [role], "users": [overdue("ci")], "contacts": {"SECURITY": "soc@example.org"}}
    with organization(hub) as sandbox:
        notify = {**SES, "account_owner": False, "fallback": "security@example.org"}
        taking_part = {"default": "opt-in", "include": [{"id": management}]}
        Keyward(tmp_path, sandbox.environment, notify=notify, accounts=taking_part)("run").expect(0)
        assert told(sandbox) == {"soc@example.org": 1}


# ---- a table of recipients


def test_a_table_that_cannot_be_read_stops_the_run_before_anything_is_done(tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        before = sandbox.state_bytes()
        keyward = Keyward(tmp_path, sandbox.environment, notify={"recipients_file": "dynamodb://owners"})
        result = keyward("run").expect(5)  # there is no such table
        assert "people could not be told" in result.stderr and result.directory is None
        assert sandbox.state_bytes() == before
