"""A whole life of a key: keyward once a day for 112 days against the sandbox, and what a dry run leaves of it."""

import datetime
import json

import botocore.exceptions
import pytest

from keyward_process import Keyward
from sandbox_process import HUB_ACCOUNT, Sandbox

ACCOUNT = "222222222222"
OWNER = "owner@example.org"
LAST_DAY = 111

# Readers in the central store need an identity policy of their own besides the secret's; in the member store that
# policy alone lets them in (design: keyward never grants a user rights).
READS_CENTRAL_SECRETS = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "kms:Decrypt"], "Resource": "*"}
    ],
}
STORES = {
    "member": {"target": "member"},
    "central": {"target": "central", "kms_key_id": "alias/keyward"},
}

REPLACED_SOON, REPLACED = "will be replaced by a new one", "was made. It replaces the key"
OFF_SOON, OFF = "will be switched off", "was switched off."
DELETED_SOON, DELETED = "will be deleted", "was deleted."
MAILS = {
    **dict.fromkeys([76, 83, 87, 89], REPLACED_SOON),
    90: REPLACED,
    **dict.fromkeys([93, 97, 99], OFF_SOON),
    100: OFF,
    **dict.fromkeys([103, 107, 109], DELETED_SOON),
    110: DELETED,
}
CHANGES = {90: "rotate", 100: "deactivate", 110: "delete"}


def scenario(store):
    alice = {"name": "alice", "age_days": 0, "keys": [{"id": "AKIAEXAMPLEFIRSTKEY1", "age_days": 0}]}
    if store == "central":
        alice["policies"] = {"read-secrets": READS_CENTRAL_SECRETS}
    return {"external_id": "ext-1", "accounts": [{"id": ACCOUNT, "name": "shop", "email": OWNER, "users": [alice]}]}


def keys_of(state):
    return state["accounts"][ACCOUNT]["users"]["alice"]["keys"]


def only_secret(state):
    secrets = [secret for account in state["accounts"].values() for secret in account["secrets"]]
    assert len(secrets) == 1
    return secrets[0]


def read_secret(sandbox, credentials, arn):
    with sandbox.signing_with_its_clock():
        answer = sandbox.client("secretsmanager", credentials).get_secret_value(SecretId=arn)
    return json.loads(answer["SecretString"])


def assert_refused(call, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**parameters)
    assert caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")


def text_of(mail):
    """Everything a reader may see of a mail: headers and both parts, decoded."""
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    return "\n".join([str(mail.items()), *parts])


@pytest.mark.parametrize("store", STORES)
def test_a_key_is_rotated_on_day_90_deactivated_on_100_and_deleted_on_110(tmp_path, store):
    with Sandbox("--seed", 3, "--propagation", "50ms", scenario=scenario(store)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, store=STORES[store])
        keyward.configure(notify={"channels": [{"type": "ses"}, {"type": "file"}]})
        first = keys_of(sandbox.state())[0]
        in_use = first["id"]
        known_secrets = {first["secret"]}
        shown = []
        mails, changes = {}, {}

        for day in range(LAST_DAY + 1):
            if day > 0:
                sandbox.advance("1d")
            if day == 95:
                # The workload takes its new key: with the old one, which still works.
                secret = only_secret(sandbox.state())
                value = read_secret(sandbox, (first["id"], first["secret"]), secret["arn"])
                in_use = value["AccessKey"]
            sandbox.control("use", {"access_key_id": in_use, "service": "s3", "region": "eu-west-1"})

            before = sandbox.state()
            sandbox.control("mail", method="DELETE")
            result = keyward("run").expect(0)
            after = sandbox.state()

            known_secrets |= {key["secret"] for key in keys_of(after)}
            sent = sandbox.mail()
            assert len(sent) == len(result.mails), f"day {day}: the channels disagree"
            shown += [result.stdout, result.stderr, json.dumps(sent), *map(text_of, result.mails)]
            if sent:
                assert [mail["to"] for mail in sent] == [[OWNER]], f"day {day}"
                mails[day] = sent[0]["text"]
            done = [action for user, action, outcome in result.outcomes() if outcome == "done"]
            if after != before:
                changes[day] = done
            assert result.summary["uncovered"] == []

        expected = {day: [action] for day, action in CHANGES.items()}
        assert changes == expected
        assert sorted(mails) == sorted(MAILS)
        for day, words in MAILS.items():
            assert words in " ".join(mails[day].split()), f"day {day}: {mails[day]}"
        # Who will notice is told before the old key goes.
        assert "s3 in eu-west-1" in mails[93]

        state = sandbox.state()
        (key,) = keys_of(state)
        assert key["status"] == "Active" and key["id"] != first["id"]
        secret = only_secret(state)
        owner = ACCOUNT if store == "member" else HUB_ACCOUNT
        assert secret["arn"].startswith(f"arn:aws:secretsmanager:us-east-1:{owner}:secret:")
        assert secret["name"] == f"Account_{ACCOUNT}_User_alice_AccessKey"
        (current,) = [version for version in secret["versions"].values() if "AWSCURRENT" in version["stages"]]
        assert json.loads(current["text"]) == {"AccessKey": key["id"], "SecretKey": key["secret"]}
        assert not any("AWSPENDING" in version["stages"] for version in secret["versions"].values() if version is not current)

        # Only the user reads it; full rights do not help.
        value = read_secret(sandbox, (key["id"], key["secret"]), secret["arn"])
        assert value == {"AccessKey": key["id"], "SecretKey": key["secret"]}
        with sandbox.signing_with_its_clock():
            admins = [sandbox.member_admin(ACCOUNT), sandbox.admin(), None]
            for credentials in admins:
                client = sandbox.client("secretsmanager", credentials)
                assert_refused(client.get_secret_value, SecretId=secret["arn"])

        # The secrets stand in the secret store and nowhere else.
        assert len(known_secrets) == 2
        written = keyward.everything_written()
        for secret_key in known_secrets:
            assert secret_key.encode() not in written
            assert not any(secret_key in text for text in shown)


def test_also_readers_are_users_and_roles(tmp_path):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": HUB_ACCOUNT}, "Action": "sts:AssumeRole"}]}
    people = [{"name": name, "age_days": 200, "keys": [{"age_days": age}]} for name, age in (("alice", 95), ("bob", 1), ("eve", 1))]
    roles = [{"name": name, "trust": trust, "policies": {}} for name in ("app", "other")]
    accounts = [{"id": ACCOUNT, "name": "shop", "email": OWNER, "users": people, "roles": roles}]
    with Sandbox("--seed", 3, scenario={"external_id": "ext-1", "accounts": accounts}) as sandbox:
        readers = [f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("user/bob", "role/app")]
        Keyward(tmp_path, sandbox.environment, store={"also_readers": readers})("run").expect(0)
        secret = only_secret(sandbox.state())
        role = lambda name: sandbox.assume(ACCOUNT, name, sandbox.admin())
        for credentials in (sandbox.user_credentials(ACCOUNT, "bob"), role("app")):
            assert read_secret(sandbox, credentials, secret["arn"])["AccessKey"] == keys_of(sandbox.state())[-1]["id"]
        for credentials in (sandbox.user_credentials(ACCOUNT, "eve"), role("other")):
            assert_refused(sandbox.client("secretsmanager", credentials).get_secret_value, SecretId=secret["arn"])


def test_a_dry_run_over_the_same_days_changes_nothing(tmp_path):
    with Sandbox("--seed", 3, "--propagation", "50ms", scenario=scenario("member")) as sandbox:
        keyward = Keyward(tmp_path, {**sandbox.environment, "DryRunFlag": "true"})
        key = keys_of(sandbox.state())[0]
        before = sandbox.state_bytes()
        sandbox.control("calls", method="DELETE")
        subjects = []
        for day in range(LAST_DAY + 1):
            if day > 0:
                sandbox.advance("1d")
            sandbox.control("use", {"access_key_id": key["id"]})
            result = keyward("run").expect(0)
            assert result.summary["dry_run"] is True
            subjects += [mail["Subject"] for mail in result.mails]

        assert sandbox.state_bytes() == before
        # The log keeps what changes something, and what was refused: a first call signed with the host's time, and contacts
        # that do not exist.
        log = sandbox.calls()["log"]
        assert [call for call in log if call["outcome"] == "ok"] == []
        assert {call["action"] for call in log} <= {"sts:GetCallerIdentity", "account:GetAlternateContact", ""}
        assert sandbox.mail() == []
        assert subjects and all(subject.startswith("[DRY RUN] ") for subject in subjects)

        # The sessions it worked with could not have written.
        sessions = [
            (session["access_key_id"], session["secret"], session["token"])
            for session in sandbox.control("volatile")["sessions"]
            if f"::{ACCOUNT}:assumed-role/keyward-rotate/" in session["arn"]
            and datetime.datetime.fromisoformat(session["expires"].replace("Z", "+00:00")) > sandbox.now()
        ]
        assert sessions
        with sandbox.signing_with_its_clock():
            for session in sessions:
                iam = sandbox.client("iam", session)
                assert len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]) == 1
                assert_refused(iam.create_access_key, UserName="alice")
                assert_refused(
                    iam.update_access_key, UserName="alice", AccessKeyId=key["id"], Status="Inactive"
                )
                assert_refused(iam.delete_access_key, UserName="alice", AccessKeyId=key["id"])
                assert_refused(iam.tag_user, UserName="alice", Tags=[{"Key": "keyward:state", "Value": "v1"}])
                secrets = sandbox.client("secretsmanager", session)
                assert_refused(secrets.create_secret, Name="x", SecretString="y")
        assert sandbox.state_bytes() == before
