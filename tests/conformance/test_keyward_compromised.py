"""`keyward rotate --compromised` in trouble: the key is off afterwards, whatever cannot be recorded, and whoever hears of it
hears that it is compromised."""

import pytest

from held_requests import killed_before
from keyward_process import Keyward
from organizations import A, account, keys, organization, stored

LEDGER = "keyward:state"
LEAKED = "AKIACOMPROMISEDKEY23"
REASON = "TICKET-4711"
ROTATE = ("rotate", "--account", A, "--user", "alice", "--reason", REASON)
SWITCH_OFF = "aws iam update-access-key --user-name alice --access-key-id AKIACOMPROMISEDKEY23 --status Inactive"


@pytest.fixture(params=[5], ids=[""])
def alice(tmp_path, request):
    """alice with one key, so many days old, in an organization that keyward knows: sandbox and host."""
    key = {"id": LEAKED, "age_days": request.param, "last_used": {"days_ago": 1}}
    with organization(account(A, {"name": "alice", "age_days": 400, "keys": [key]})) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={"channels": [{"type": "ses"}]})
        keyward("run").expect(0)
        sandbox.advance("1d")
        yield sandbox, keyward


due = pytest.mark.parametrize("alice", [89], indirect=True, ids=["due"])


def status(sandbox):
    return {key["id"]: key["status"] for key in keys(sandbox.state(), A, "alice")}


def record(sandbox):
    return sandbox.state()["accounts"][A]["users"]["alice"]["tags"].get(LEDGER, "")


def mail_texts(sandbox):
    """What was mailed since the last call, on one line."""
    text = " ".join(" ".join(mail["text"] for mail in sandbox.mail()).split())
    sandbox.control("mail", method="DELETE")
    return text


def assert_replaced(sandbox, old):
    """The key is off and there is one that the user can fetch."""
    (new,) = [key for key in keys(sandbox.state(), A, "alice") if key["id"] != old]
    assert status(sandbox).get(old) == "Inactive"
    assert new["status"] == "Active" and new["secret"] in stored(sandbox.state())["AWSCURRENT"]
    assert " int" not in record(sandbox)


# ---- it is off, recorded or not


def no_tagging(sandbox, keyward):
    sandbox.faults(rules=[{"action": "iam:TagUser", "fault": "denied", "times": -1}])


def fifty_tags(sandbox, keyward):
    for i in range(50):
        sandbox.edit("tag_user", account=A, user="alice", key=f"t{i}", value="x")


def no_reading_of_tags(sandbox, keyward):
    sandbox.faults(rules=[{"action": "iam:ListUserTags", "fault": "denied", "times": -1}])


def no_reading_of_keys(sandbox, keyward):
    sandbox.faults(rules=[{"action": "iam:ListAccessKeys", "fault": "denied", "times": -1}])


def unreadable_record(sandbox, keyward):
    sandbox.edit("tag_user", account=A, user="alice", key=LEDGER, value="v9 x")


@pytest.mark.parametrize("trouble", [no_tagging, fifty_tags, no_reading_of_tags, no_reading_of_keys, unreadable_record])
def test_a_compromised_key_is_off_though_that_cannot_be_recorded(alice, trouble):
    sandbox, keyward = alice
    trouble(sandbox, keyward)
    before = record(sandbox)
    result = keyward(*ROTATE, "--compromised", LEAKED).expect(4)
    assert status(sandbox) == {LEAKED: "Inactive"}
    assert record(sandbox) == before
    assert "still works" not in result.stdout and "Nothing was changed" not in mail_texts(sandbox)
    # And once that is mended, the same command goes on from there.
    sandbox.faults(rules=[])
    for key in (LEDGER, "t0"):
        sandbox.edit("tag_user", account=A, user="alice", key=key)
    keyward(*ROTATE, "--compromised", LEAKED).expect(0)
    assert_replaced(sandbox, LEAKED)
    assert f"off={LEAKED}@" in record(sandbox)


def test_a_compromised_key_is_off_though_the_journal_is_full(alice):
    sandbox, keyward = alice
    # As large as a file may become here; empty lines are skipped.
    (keyward.state_dir / "journal.jsonl").write_text("\n" * 512 * 4096)
    keyward.launcher = ("sh", "-c", "trap '' XFSZ; ulimit -f 4096; exec \"$@\"", "sh")
    result = keyward(*ROTATE, "--compromised", LEAKED).expect(4)
    assert "write journal" in result.stdout + result.stderr
    assert status(sandbox)[LEAKED] == "Inactive"


def test_when_nothing_could_be_begun_a_person_is_told_how_to_switch_it_off(alice):
    sandbox, keyward = alice
    order = (*ROTATE, "--compromised", LEAKED)
    journal = keyward.state_dir / "journal.jsonl"
    journal.unlink(missing_ok=True)
    journal.mkdir()
    said = keyward(*order).expect(5).stderr
    assert "journal.jsonl" in said and SWITCH_OFF in said
    journal.rmdir()
    for action in ("organizations:ListAccounts", "iam:ListUsers"):
        report = {"action": "iam:*CredentialReport", "fault": "denied", "times": -1}
        sandbox.faults(rules=[{"action": action, "fault": "denied", "times": -1}, report])
        result = keyward(*order)
        assert result.code not in (0, 9) and SWITCH_OFF in result.stderr, action
    sandbox.faults(rules=[])
    assert status(sandbox) == {LEAKED: "Active"}
    assert SWITCH_OFF not in keyward(*order).expect(0).stderr


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["", "dry run"])
def test_a_key_that_the_user_does_not_have_is_refused_before_anything_is_done(alice, dry):
    sandbox, keyward = alice
    mail_texts(sandbox)
    before, runs = record(sandbox), sorted((keyward.state_dir / "runs").iterdir())
    refused = keyward(*ROTATE, "--compromised", "AKIAZZZZZZZZZZZZZZZZ", *dry).expect(5)
    assert "user alice has no access key of exactly the id given (…ZZZZ), but …EY23" in refused.stderr
    assert "aws iam" not in refused.stderr, "there is nothing to switch off"
    assert sorted((keyward.state_dir / "runs").iterdir()) == runs and record(sandbox) == before
    assert status(sandbox) == {LEAKED: "Active"} and mail_texts(sandbox) == ""
    keyward("run").expect(0)
    assert mail_texts(sandbox) == ""


# ---- in the middle of a rotation

MADE = ("secretsmanager:PutSecretValue",)
NOT_RECORDED = ("secretsmanager:UpdateSecretVersionStage", "iam:TagUser")


@due
@pytest.mark.parametrize("where", [MADE, NOT_RECORDED], ids=["key made", "not recorded"])
def test_the_old_key_of_an_interrupted_rotation_is_compromised(alice, where):
    sandbox, keyward = alice
    killed_before(sandbox, keyward, ("run",), *where)
    for _ in range(2):  # whoever is not sure whether it worked says it again
        keyward(*ROTATE, "--compromised", LEAKED).expect(0)
        assert_replaced(sandbox, LEAKED)
    _, new = status(sandbox)
    for day in range(1, 14):
        sandbox.advance("1d")
        sandbox.control("use", {"account": A, "user": "alice"})
        keyward("run").expect(0)
        assert (LEAKED in status(sandbox)) == (day < 10), f"day {day}: evidence stays so long and not longer"
        assert status(sandbox)[new] == "Active"


def test_the_old_key_of_an_interrupted_forced_rotation_is_compromised(alice):
    sandbox, keyward = alice
    killed_before(sandbox, keyward, ROTATE, *NOT_RECORDED)
    keyward(*ROTATE, "--compromised", LEAKED).expect(0)
    assert_replaced(sandbox, LEAKED)


@due
@pytest.mark.parametrize("where", [MADE, NOT_RECORDED], ids=["key made", "not recorded"])
def test_the_new_key_of_an_interrupted_rotation_is_compromised(alice, where):
    """Nothing replaces it: the old one still works and is rotated by the next run that can."""
    sandbox, keyward = alice
    killed_before(sandbox, keyward, ("run",), *where)
    leaked = [key for key in status(sandbox) if key != LEAKED][0]
    order = (*ROTATE, "--compromised", leaked)
    for _ in range(2):
        result = keyward(*order).expect(4)
        assert "two access keys already" in " ".join(result.stdout.split())
        assert status(sandbox) == {LEAKED: "Active", leaked: "Inactive"}
    rotated = 0
    for day in range(1, 41):
        sandbox.advance("1d")
        if status(sandbox)[LEAKED] == "Active":
            sandbox.control("use", {"access_key_id": LEAKED, "service": "s3", "region": "us-east-1"})
        outcomes = keyward("run").expect(0).outcomes()
        assert status(sandbox).get(leaked, "Inactive") == "Inactive"
        rotated += outcomes.count(("alice", "rotate", "done"))
        # The grace of the old key runs from the rotation and not from what came before it.
        if not rotated:
            assert status(sandbox)[LEAKED] == "Active", f"day {day}"
        if rotated and leaked not in status(sandbox):
            break
    assert rotated == 1 and leaked not in status(sandbox)
    assert list(status(sandbox).values()) == ["Active", "Active"]


# ---- killed, and the next run tells


def test_a_killed_order_about_a_compromised_key_is_told_as_what_it_was(alice):
    sandbox, keyward = alice
    killed_before(sandbox, keyward, (*ROTATE, "--compromised", LEAKED), "iam:UpdateAccessKey", "iam:TagUser")
    assert status(sandbox) == {LEAKED: "Inactive"}
    result = keyward("run").expect(0)
    told = mail_texts(sandbox)
    assert REASON in told and "Do not switch it on again" in told
    assert "switch it on again" not in told.replace("Do not switch it on again", "")
    (event,) = [one for one in result.events if one["event"] == "action"]
    assert (event["action"], event["reason"]) == ("deactivate", "compromised_key") and REASON in event["detail"]
    assert f"off={LEAKED}@" in record(sandbox)
    # Given once more it ends where it would have ended.
    keyward(*ROTATE, "--compromised", LEAKED).expect(0)
    assert_replaced(sandbox, LEAKED)


@pytest.mark.parametrize("where", [NOT_RECORDED, ("ses:SendEmail",)], ids=["not recorded", "not mailed"])
def test_a_killed_rotation_that_the_next_run_settles_keeps_the_reason_of_the_order(alice, where):
    sandbox, keyward = alice
    killed_before(sandbox, keyward, ROTATE, *where)
    result = keyward("run").expect(0)
    told = [one for one in result.events if one["event"] in ("action", "earlier_action") and one["action"] == "rotate"]
    # What was only not mailed stands ready to be sent, and needs no looking back.
    assert bool(told) == (where is NOT_RECORDED) and all(REASON in one["detail"] for one in told)
    assert REASON in mail_texts(sandbox)
