"""keyward overtaken by something while it rotates: killed and found by another run whose record or settings differ, asleep
while another host works, or alone with a secret that somebody took away. The owner keeps a key that works."""

import contextlib
import datetime
import json
import os
import shutil
import signal

import pytest

from held_requests import go_on_until, killed_before
from keyward_process import Keyward
from organizations import A, account, keys, organization, stored

SECRET = f"Account_{A}_User_alice_AccessKey"
LEDGER = "keyward:state"
MAIL = {"channels": [{"type": "ses"}]}
CENTRAL = {"target": "central", "kms_key_id": "alias/keyward"}

# All graces are of 10 days: their ends are among these days.
EVERY_FEW_DAYS = 5

# A rotation of alice that died when it sent the last of these.
STORED = ("secretsmanager:PutSecretValue", "sts:GetCallerIdentity")
PROVED = ("secretsmanager:UpdateSecretVersionStage",)
NOT_RECORDED = ("secretsmanager:UpdateSecretVersionStage", "iam:TagUser")


def due_tomorrow(name="alice"):
    return {"name": name, "age_days": 400, "keys": [{"age_days": 89, "last_used": {"days_ago": 1}}]}


def record(sandbox, user="alice"):
    return sandbox.state()["accounts"][A]["users"][user]["tags"].get(LEDGER, "")


def work_with(sandbox, key):
    """The owner's program uses its key, if it still works. Whether it does."""
    status = {known["id"]: known["status"] for known in keys(sandbox.state(), A, "alice")}.get(key)
    if status == "Active":
        sandbox.control("use", {"access_key_id": key, "service": "s3", "region": "us-east-1"})
    return status == "Active"


def current(sandbox):
    """The id of the key that the owner finds in the secret; nothing where there is none."""
    for one in sandbox.state()["accounts"].values():
        for secret in one["secrets"]:
            for version in secret["versions"].values():
                if "AWSCURRENT" in version["stages"] and version.get("text"):
                    return json.loads(version["text"])["AccessKey"]
    return None


def works_by_sts(sandbox, key):
    """A program that only assumes roles: IAM knows no other service of its key."""
    sandbox.control("use", {"access_key_id": key, "service": "sts", "region": "us-east-1"})


def is_active(sandbox, key):
    return any(known["id"] == key and known["status"] == "Active" for known in keys(sandbox.state(), A, "alice"))


def mail_texts(sandbox):
    """What was mailed since the last call, on one line."""
    text = " ".join(" ".join(mail["text"] for mail in sandbox.mail()).split())
    sandbox.control("mail", method="DELETE")
    return text


@pytest.fixture
def daily(tmp_path):
    """An organization that keyward has seen, on the day on which alice's only key is due: sandbox and host."""
    with organization(account(A, due_tomorrow())) as sandbox:
        sandbox.edit("set_propagation", duration="0ms")  # so that the third proof is the last one
        keyward = Keyward(tmp_path / "one", sandbox.environment, notify=MAIL, limits={"verify_timeout": "2s"})
        keyward("run").expect(0)
        sandbox.advance("1d")
        yield sandbox, keyward


# ---- the record is lost


def lose_tag(sandbox, keyward):
    sandbox.edit("tag_user", account=A, user="alice", key=LEDGER)


def change_prefix(sandbox, keyward):
    keyward.configure(users={"tag_prefix": "acme:"})


@pytest.mark.parametrize("lose", [lose_tag, change_prefix])
@pytest.mark.parametrize("every", [1, 30], ids=["daily", "now and then"])
@pytest.mark.parametrize("conflict", ["retire_lru", "delete_lru"])
def test_a_key_that_nobody_knows_replaces_none_when_the_record_is_lost(daily, lose, every, conflict):
    """Killed right after the proof, so that the new key was used, by keyward alone."""
    sandbox, keyward = daily
    keyward.configure(policy={"conflict": conflict})
    (old,) = keys(sandbox.state(), A, "alice")
    killed_before(sandbox, keyward, ("run",), *PROVED)
    _, unknown = keys(sandbox.state(), A, "alice")
    lose(sandbox, keyward)
    handed_over = None
    for day in range(0, 65, EVERY_FEW_DAYS):
        if day and day % every == 0 and not handed_over:
            assert work_with(sandbox, old["id"]), f"day {day}: the key in use is off"
        keyward("run").expect(0)
        if "A new access key" in mail_texts(sandbox):
            handed_over = current(sandbox)  # from now on the owner works with the key that he was told to fetch
        works = handed_over or old["id"]
        assert is_active(sandbox, works), f"day {day}: …{works[-4:]} does not work\n{record(sandbox)}"
        sandbox.advance(f"{EVERY_FEW_DAYS}d")
    # The rotation that was due all the time took place in the end, with another key.
    assert handed_over and handed_over != unknown["id"]


# ---- a host that sleeps

CALLS = {
    "intent": ("iam:TagUser",),
    "key": ("iam:CreateAccessKey",),
    "store": ("secretsmanager:PutSecretValue",),
    "first proof": STORED,
    "last proof": (*STORED, "sts:GetCallerIdentity", "sts:GetCallerIdentity"),
    "label": PROVED,
    "record": NOT_RECORDED,
}


@pytest.mark.parametrize("executed", [False, True], ids=["before the call took effect", "before its answer"])
@pytest.mark.parametrize("where", CALLS)
def test_a_host_that_slept_while_another_worked_harms_nothing(daily, tmp_path, where, executed):
    sandbox, sleeper = daily
    (old,) = keys(sandbox.state(), A, "alice")
    other = Keyward(tmp_path / "two", sandbox.environment, notify=MAIL)
    shutil.copytree(sleeper.state_dir, other.state_dir)
    with asleep_at(sandbox, sleeper, executed, *CALLS[where]) as wake:
        sandbox.advance("16m")
        assert other("run").code in (0, 4)
        assert wake().code in (0, 4)
    for day in range(0, 31, EVERY_FEW_DAYS):
        assert not any("AWSPENDING" in stages and "AWSCURRENT" not in stages for stages in labels(sandbox)) or day == 0
        if day <= 10:
            work_with(sandbox, old["id"])
        assert other("run").code == 0
        key = current(sandbox)
        assert key and is_active(sandbox, key), f"day {day}: AWSCURRENT is no key that works"
        sandbox.advance(f"{EVERY_FEW_DAYS}d")
    (key,) = keys(sandbox.state(), A, "alice")
    assert key["secret"] in stored(sandbox.state())["AWSCURRENT"] and " int" not in record(sandbox)


def labels(sandbox):
    secrets = [secret for one in sandbox.state()["accounts"].values() for secret in one["secrets"]]
    return [version["stages"] for secret in secrets for version in secret["versions"].values()]


@contextlib.contextmanager
def asleep_at(sandbox, keyward, executed, *actions):
    """keyward stopped while it waits for the last of these calls. Yields what wakes it up and returns its result."""
    sandbox.gate(app="one")
    keyward.environment["AWS_SDK_UA_APP_ID"] = "one"
    process = keyward.start("run")
    try:
        held = go_on_until(sandbox, process, *actions, app="one")
        os.kill(process.pid, signal.SIGSTOP)
        sandbox.control("gate", method="DELETE")
        if executed:
            sandbox.release(id=held["id"])  # the answer waits for the sleeper

        def wake():
            if not executed:
                sandbox.release(id=held["id"])
            os.kill(process.pid, signal.SIGCONT)
            return keyward.finish(process)

        yield wake
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_a_host_that_slept_before_its_first_change_looks_again(daily):
    sandbox, sleeper = daily
    with asleep_at(sandbox, sleeper, False, "iam:GetAccessKeyLastUsed") as wake:
        sandbox.advance("2m")
        sandbox.edit("create_key", account=A, user="alice", age_days=0)
        wake().expect(0)
    assert not record(sandbox), "a rotation was begun for what was known minutes ago"
    assert len(keys(sandbox.state(), A, "alice")) == 2


# ---- other settings


OTHER_STORES = {
    "name": ({}, {"name": "keyward/{account_id}/{user}"}),
    "region": ({}, {"region": "eu-west-1"}),
    "member to central": ({"target": "member"}, CENTRAL),
    "central to member": (CENTRAL, {"target": "member"}),
}


@pytest.mark.parametrize("where", [STORED, NOT_RECORDED], ids=["stored", "handed over"])
@pytest.mark.parametrize("change", OTHER_STORES)
def test_with_another_store_an_interrupted_rotation_waits_for_a_person(daily, change, where):
    sandbox, keyward = daily
    before, after = OTHER_STORES[change]
    first = dict(keyward.configuration.get("store", {}))
    keyward.configure(store={**first, **before})
    (old,) = keys(sandbox.state(), A, "alice")
    killed_before(sandbox, keyward, ("run",), *where)
    sandbox.advance("1d")
    at_rest = sandbox.state_bytes()
    settings = dict(keyward.configuration["store"])
    keyward.configure(store=after)
    for command in ("run", "recover"):
        result = keyward(command).expect(9)
        assert "keyward recover" in result.stdout and "`store` was configured differently" in " ".join(result.stdout.split())
        assert sandbox.state_bytes() == at_rest, "something was changed"
    keyward.configuration["store"] = settings
    keyward.configure()
    keyward("recover").expect(0)
    keyward("run").expect(0)
    assert " int" not in record(sandbox)
    assert is_active(sandbox, old["id"]) and is_active(sandbox, current(sandbox))


# ---- somebody makes a key meanwhile


def test_a_key_that_somebody_made_while_a_rotation_lay_there_and_uses_by_sts_stays(daily):
    sandbox, keyward = daily
    (old,) = keys(sandbox.state(), A, "alice")
    killed_before(sandbox, keyward, ("run",), "iam:CreateAccessKey")
    sandbox.advance("5m")
    sandbox.edit("create_key", account=A, user="alice", age_days=0)
    made = keys(sandbox.state(), A, "alice")[1]["id"]
    for _ in range(3):
        sandbox.advance("6h")
        works_by_sts(sandbox, made)
    keyward("run").expect(0)
    assert is_active(sandbox, made) and is_active(sandbox, old["id"])
    assert " int" not in record(sandbox)


def test_the_only_key_that_works_is_left_to_a_person(daily):
    """Made while a rotation lay there, not used yet, and the old one has been switched off."""
    sandbox, keyward = daily
    (old,) = keys(sandbox.state(), A, "alice")
    killed_before(sandbox, keyward, ("run",), "iam:CreateAccessKey")
    sandbox.advance("5m")
    sandbox.edit("create_key", account=A, user="alice", age_days=0)
    made = keys(sandbox.state(), A, "alice")[1]["id"]
    sandbox.edit("set_key_status", access_key_id=old["id"], status="Inactive")
    sandbox.advance("1d")
    result = keyward("run").expect(9)
    assert f"delete-access-key --user-name alice --access-key-id {made}  # if nobody works with it" in result.stdout
    assert is_active(sandbox, made)


# ---- a record that somebody else wrote


FOREIGN_MARKS = {"of another store": ":ffffff", "of no store": ""}


@pytest.mark.parametrize("mark", FOREIGN_MARKS.values(), ids=FOREIGN_MARKS)
def test_a_key_in_use_stays_on_until_its_replacement_is_used_where_the_store_cannot_be_asked(tmp_path, mark):
    in_use = {"id": "AKIAOLDERKEYOFALICE2", "age_days": 50, "last_used": {"days_ago": 0}}
    never = {"id": "AKIANEWERKEYOFALICE2", "age_days": 40, "last_used": "never"}
    with organization(account(A, {"name": "alice", "age_days": 400, "keys": [in_use, never]})) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify=MAIL)
        at = sandbox.now() - datetime.timedelta(days=35)
        sandbox.edit("tag_user", account=A, user="alice", key=LEDGER, value=f"v1 rotf={never['id']}/{in_use['id']}@{at:%Y%m%dT%H%M%SZ}{mark}")
        told = ""
        for _ in range(3):
            assert keyward("run").expect(4).outcomes() == [("alice", "deactivate", "failed")]
            told += mail_texts(sandbox)
            sandbox.advance("1d")
            work_with(sandbox, in_use["id"])
        assert is_active(sandbox, in_use["id"]) and "ReplacementNotSeen" in told
        work_with(sandbox, never["id"])
        assert keyward("run").expect(0).outcomes() == [("alice", "deactivate", "done")]
        assert is_active(sandbox, never["id"]) and not is_active(sandbox, in_use["id"])


def test_what_a_tag_says_is_one_word_of_a_command(tmp_path):
    with organization(account(A, due_tomorrow())) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify=MAIL)
        sandbox.edit("tag_user", account=A, user="alice", key="keyward:secret", value="app --endpoint-url http://203.0.113.9")
        sandbox.advance("2d")
        ordered = keyward("rotate", "--account", A, "--user", "alice", "--reason", "laptop lost")
        assert ordered.code == 4 and "--secret-id 'app --endpoint-url http://203.0.113.9'" in " ".join(ordered.stdout.split() + ordered.stderr.split())
        at = sandbox.now() - datetime.timedelta(days=2)
        key = keys(sandbox.state(), A, "alice")[0]["id"]
        sandbox.edit("tag_user", account=A, user="alice", key=LEDGER, value=f"v1 int=sm-0123456789abcdef@{at:%Y%m%dT%H%M%SZ}/{key}")
        result = keyward("run")
        assert "--secret-id 'app --endpoint-url http://203.0.113.9'" in " ".join(result.stdout.split())


# ---- the secret of the replacement is taken away


@pytest.mark.parametrize("forever", [False, True], ids=["scheduled for deletion", "deleted"])
def test_the_old_key_stays_on_while_the_secret_of_its_replacement_is_gone(daily, forever):
    sandbox, keyward = daily
    keyward("run").expect(0)
    old, new = keys(sandbox.state(), A, "alice")
    with sandbox.signing_with_its_clock():
        secrets = sandbox.client("secretsmanager", sandbox.member_admin(A))
        how = {"ForceDeleteWithoutRecovery": True} if forever else {"RecoveryWindowInDays": 30}
        secrets.delete_secret(SecretId=SECRET, **how)
        for _ in range(9):
            sandbox.advance("1d")
            work_with(sandbox, old["id"])
            keyward("run").expect(0)
        mail_texts(sandbox)
        sandbox.advance("1d")
        assert keyward("run").expect(4).outcomes() == [("alice", "deactivate", "failed")]
        told = mail_texts(sandbox)
        assert "ReplacementNotStored" in told, told
        sandbox.advance("1d")
        keyward("run").expect(4)
        assert [key["status"] for key in keys(sandbox.state(), A, "alice")] == ["Active", "Active"]
        if forever:
            # What the error advises: without the key that nobody can fetch, another one is made.
            sandbox.edit("delete_key", access_key_id=new["id"])
            keyward("run").expect(0)
            assert is_active(sandbox, old["id"]) and is_active(sandbox, current(sandbox))
        else:
            secrets = sandbox.client("secretsmanager", sandbox.member_admin(A))
            secrets.restore_secret(SecretId=SECRET)
            assert keyward("run").expect(0).outcomes() == [("alice", "deactivate", "done")]
            assert not is_active(sandbox, old["id"]) and current(sandbox) == new["id"]


# ---- a store that fails


def crowd():
    return [{"name": f"u{i:02}", "age_days": 200, "keys": [{"age_days": 100, "last_used": {"days_ago": 1}}]} for i in range(20)]


@pytest.mark.parametrize("action", ["PutSecretValue", "UpdateSecretVersionStage", "CreateSecret"])
def test_a_store_that_refuses_costs_three_attempts_of_twenty(tmp_path, action):
    with organization(account(A, *crowd())) as sandbox:
        before = sandbox.state()["accounts"][A]["users"]
        sandbox.faults(rules=[{"action": f"secretsmanager:{action}", "fault": "denied", "times": -1}])
        result = Keyward(tmp_path, sandbox.environment)("run").expect(6)
        assert sorted(outcome for _, _, outcome in result.outcomes()) == ["failed"] * 3 + ["held_back"] * 17
        assert sandbox.calls()["counts"].get("iam:CreateAccessKey", 0) <= 3
        after = sandbox.state()["accounts"][A]["users"]
        assert {name: user["keys"] for name, user in after.items()} == {name: user["keys"] for name, user in before.items()}


def test_secrets_of_some_users_in_trouble_do_not_block_the_others(tmp_path):
    with organization(account(A, *crowd())) as sandbox:
        with sandbox.signing_with_its_clock():
            secrets = sandbox.client("secretsmanager", sandbox.member_admin(A))
            for i in range(3):
                name = f"Account_{A}_User_u{i:02}_AccessKey"
                secrets.create_secret(Name=name, SecretString="x")
                secrets.delete_secret(SecretId=name, RecoveryWindowInDays=30)
        result = Keyward(tmp_path, sandbox.environment)("run").expect(4)
        outcomes = {user: outcome for user, _, outcome in result.outcomes()}
        assert [user for user, outcome in sorted(outcomes.items()) if outcome != "done"] == ["u00", "u01", "u02"]
        assert len(outcomes) == 20


# ---- what is said of an interrupted rotation


def test_an_interrupted_rotation_is_named_as_such_by_every_command(daily, tmp_path):
    sandbox, keyward = daily
    killed_before(sandbox, keyward, ("run",), *STORED)
    at_rest = sandbox.state_bytes()
    elsewhere = Keyward(tmp_path / "two", sandbox.environment)
    for host, command in [
        (keyward, ("recover", "--list")),
        (keyward, ("run", "--dry-run")),
        # Less than 15 minutes old it may be at work.
        (elsewhere, ("recover", "--list")),
        (elsewhere, ("recover",)),
        (elsewhere, ("run",)),
    ]:
        said = host(*command).expect(0).stdout
        assert "INTERRUPTED 1" in said and "NEEDS A PERSON" not in said and "alice" in said, f"{command}\n{said}"
        assert sandbox.state_bytes() == at_rest, command
    keyward("recover").expect(0)
    assert "INTERRUPTED" not in keyward("recover", "--list").expect(0).stdout
