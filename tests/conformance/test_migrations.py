"""Moving over from the systems that people run today (docs/migrate.md): each test starts from what such a system leaves in the
accounts and lives the first week of keyward, day by day. Secrets keep their names and shapes, owners are told, nothing is
lost, and who was left alone before is left alone."""

import json

import pytest

from keyward_process import Keyward
from moto_process import Moto
from organizations import A, B, account, keys, organization
from receivers import Authority, Posts

WEEK = range(1, 8)
EXEMPT = "IAMKeyRotationExemptionGroup"


def key(age, used=0, **members):
    return {"age_days": age, "last_used": {"days_ago": used}, **members}


def user(name, *its_keys, **members):
    return {"name": name, "age_days": 800, "keys": list(its_keys), **members}


def secret(name, value, **members):
    return {"name": name, "region": "us-east-1", "value": json.dumps(value), **members}


def pair(number, id_, value):
    """A key with an id and a secret of the test's own choice, so that a secret can hold it from the start."""
    return {"id": f"AKIA{id_}{number:0>{16 - len(id_)}}", "secret": value}


def secrets_of(state, number):
    return {one["name"]: one for one in state["accounts"][number]["secrets"]}


def value_of(state, number, name, label="AWSCURRENT"):
    versions = secrets_of(state, number)[name]["versions"].values()
    (value,) = [json.loads(version["text"]) for version in versions if label in version["stages"]]
    return value


def statuses(state, number, name):
    return [one["status"] for one in keys(state, number, name)]


def told(sandbox, address):
    return " ".join(" ".join(mail["text"] for mail in sandbox.mail() if address in mail["to"]).split())


def live_a_week(sandbox, keyward, used=(), **environment):
    """A run a day, with workloads that use these keys. Every run ends well."""
    for _ in WEEK:
        sandbox.advance("1d")
        for id_ in used:
            sandbox.control("use", {"access_key_id": id_, "service": "s3", "region": "eu-west-1"})
        keyward("run", **environment).expect(0)


def test_from_the_aws_sample(tmp_path):
    """First in audit mode beside it, with the environment block of its functions and nothing of our own."""
    old, made, kept = pair(1, "BOBOLD", "bob-old"), pair(2, "BOBNEW", "bob-new"), pair(3, "CAROL", "carol-now")
    name = "Account_" + A + "_User_{}_AccessKey"
    sample_policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{A}:user/bob"},
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
        },
    }
    accounts = account(
        A,
        user("alice", key(95)),  # due, the sample has not come to her yet
        user("bob", key(93, 3, **old), key(3, **made)),  # the sample made his second key three days ago
        user("carol", key(88, **kept)),  # has her key from the sample; due on day 2
        user("erin", key(300), groups=[EXEMPT]),
        user("frank", key(110, 20, status="Inactive", status_changed_days_ago=3), key(20)),  # the sample switched it off
        secrets=[
            secret(name.format("bob"), {"AccessKey": made["id"], "SecretKey": made["secret"]}, policy=sample_policy, age_days=3),
            secret(name.format("carol"), {"AccessKey": kept["id"], "SecretKey": kept["secret"]}, age_days=88),
        ],
    )
    environment = {
        "RotationPeriod": "90",
        "InstallationGracePeriod": "10",
        "RecoveryGracePeriod": "10",
        "PendingActionWarnPeriod": "7",
        "IAMExemptionGroup": EXEMPT,
        "IAMAssumedRoleName": "keyward-rotate",
        "RoleSessionName": "asa-iam-key-rotation",
        "StoreSecretsInCentralAccount": "False",
        "ADMIN_EMAIL": "security@example.org",
    }
    with organization(accounts) as sandbox:
        keyward = Keyward(tmp_path, {**sandbox.environment, **environment}, notify={"channels": [{"type": "ses"}]})
        before = sandbox.state_bytes()
        keyward("run", DryRunFlag="True").expect(0)
        assert sandbox.state_bytes() == before
        assert "DRY RUN" in sandbox.mail()[0]["subject"].upper() and "alice" in told(sandbox, f"{A}@example.org")
        arn = secrets_of(sandbox.state(), A)[name.format("carol")]["arn"]

        live_a_week(sandbox, keyward, used=[made["id"], kept["id"]], DryRunFlag="False")
        state = sandbox.state()
        for one in ("alice", "carol"):  # a new key each, in the secret that the sample would have used, in its shape
            assert statuses(state, A, one) == ["Active", "Active"]
            new = keys(state, A, one)[1]
            assert value_of(state, A, name.format(one)) == {"AccessKey": new["id"], "SecretKey": new["secret"]}
        assert secrets_of(state, A)[name.format("carol")]["arn"] == arn
        assert value_of(state, A, name.format("carol"), "AWSPREVIOUS")["SecretKey"] == "carol-now"
        # What the sample had begun: the owner hears first, and no key is switched off or deleted within the week.
        assert statuses(state, A, "bob") == ["Active", "Active"] and statuses(state, A, "frank") == ["Inactive", "Active"]
        assert value_of(state, A, name.format("bob")) == {"AccessKey": made["id"], "SecretKey": made["secret"]}
        assert old["id"][-4:] in told(sandbox, f"{A}@example.org")
        assert state["accounts"][A]["users"]["erin"]["tags"] == {} and len(keys(state, A, "erin")) == 1


def test_from_one_account_with_its_owners_in_a_file(tmp_path):
    """The pattern with a CSV of owners: its secrets stay what they are, mail goes where the file says and to the users' tags."""
    accounts = (
        account(A, user("alice", key(95), tags={"email": "jo@example.org"}), user("bob", key(10))),
        account(B, user("other", key(200))),
    )
    with organization(*accounts) as sandbox:
        (tmp_path / "owners.csv").write_text(f"account_id,email\n{A},team@example.org\n")
        keyward = Keyward(
            tmp_path,
            sandbox.environment,
            accounts={"default": "opt-in", "include": [{"id": A}]},
            store={"name": "iam-{user}", "format": "env"},
            notify={
                "channels": [{"type": "ses"}],
                "owner": ["user_tag"],
                "owner_tag": "email",
                "allowed_domains": ["example.org"],
                "recipients_file": "owners.csv",
            },
        )
        untouched = sandbox.state()["accounts"][B]
        live_a_week(sandbox, keyward)
        state = sandbox.state()
        new = keys(state, A, "alice")[1]
        assert value_of(state, A, "iam-alice") == {"AWS_ACCESS_KEY_ID": new["id"], "AWS_SECRET_ACCESS_KEY": new["secret"]}
        assert statuses(state, A, "bob") == ["Active"] and state["accounts"][B] == untouched
        for address in ("jo@example.org", "team@example.org"):
            assert new["id"][-4:] in told(sandbox, address)
        assert told(sandbox, f"{A}@example.org") == ""


def test_from_the_weekly_function_with_tags_and_slack(tmp_path):
    """RotateKey=True chooses the users, /iam/USER/access_key holds the key, and Slack hears of it."""
    shape = {"access_key_id": "AccessKeyId", "secret_access_key": "SecretAccessKey"}
    now = pair(1, "ALICE", "alice-now")
    accounts = account(
        A,
        user("alice", key(92, **now), tags={"RotateKey": "True"}),
        user("bob", key(200), tags={"RotateKey": "False"}),
        user("carol", key(200)),
        secrets=[secret("/iam/alice/access_key", {"AccessKeyId": now["id"], "SecretAccessKey": now["secret"]})],
    )
    authority = Authority(tmp_path)
    with organization(accounts) as sandbox, Posts(authority) as posts:
        environment = {**sandbox.environment, "AWS_CA_BUNDLE": str(authority.bundle), "SLACK_URL": f"{posts.url}/hooks/T0/B0"}
        keyward = Keyward(
            tmp_path,
            environment,
            users={"default": "opt-in", "include": [{"tag": {"RotateKey": "True"}}]},
            store={"name": "/iam/{user}/access_key", "format": shape},
            notify={"channels": [{"type": "file"}, {"type": "slack", "url": "env:SLACK_URL", "private_addresses": True}]},
        )
        arn = secrets_of(sandbox.state(), A)["/iam/alice/access_key"]["arn"]
        live_a_week(sandbox, keyward, used=[now["id"]])
        state = sandbox.state()
        new = keys(state, A, "alice")[1]
        assert statuses(state, A, "alice") == ["Active", "Active"]
        assert value_of(state, A, "/iam/alice/access_key") == {"AccessKeyId": new["id"], "SecretAccessKey": new["secret"]}
        assert value_of(state, A, "/iam/alice/access_key", "AWSPREVIOUS")["SecretAccessKey"] == "alice-now"
        assert secrets_of(state, A)["/iam/alice/access_key"]["arn"] == arn
        for one in ("bob", "carol"):
            assert len(keys(state, A, one)) == 1 and "keyward:state" not in state["accounts"][A]["users"][one]["tags"]
    first, *others = [json.dumps(document) for document in posts.documents()]
    assert "Rotated: 1" in first and len(others) == len(WEEK) - 1


def test_from_a_rotation_function_of_secrets_manager(tmp_path):
    """Its secrets go on being rotated by Secrets Manager; the daily run beside it makes no key for their users, and ends what a
    rotation has begun. It never reads or writes those secrets."""
    old, new = pair(1, "APPOLD", "app-old"), pair(2, "APPNEW", "app-new")
    name = "app/credentials"
    document = {"USER_NAME": "app", "AWS_ACCESS_KEY_ID": new["id"], "AWS_SECRET_ACCESS_KEY": new["secret"], "NOTIFY_EMAIL": "jo@example.org", "region": "x"}
    with organization(
        account(
            A,
            user("app", key(50, 1, **old), key(5, **new), tags={"keyward:secret": name}),
            user("late", key(95), tags={"keyward:secret": "late/credentials"}),
            user("alice", key(95)),
            secrets=[secret(name, document)],
        )
    ) as sandbox:
        # As a rotation leaves it: docs/rotation.md, "The record on the user".
        at = f"{sandbox.now():%Y%m%dT%H%M%SZ}"
        sandbox.edit("tag_user", account=A, user="app", key="keyward:state", value=f"v1 rotf={new['id']}/{old['id']}@{at}:5ec2e7")
        keyward = Keyward(tmp_path, sandbox.environment, policy={"install_grace_days": 3, "recovery_grace_days": 3})
        before = secrets_of(sandbox.state(), A)[name]
        for _ in WEEK:
            sandbox.advance("1d")
            sandbox.control("use", {"access_key_id": new["id"], "service": "s3", "region": "eu-west-1"})
            result = keyward("run").expect(0)
        state = sandbox.state()
        assert [one["id"] for one in keys(state, A, "app")] == [new["id"]]  # off after three days, gone after six
        assert secrets_of(state, A)[name] == before
        # Overdue, and still nobody but its own secret's rotation makes a key: not the run, and nobody's order.
        assert len(keys(state, A, "late")) == 1 and set(secrets_of(state, A)) == {name, f"Account_{A}_User_alice_AccessKey"}
        assert ("late", "wait", "rotated_by_secret") in {(e["user"], e["action"], e["reason"]) for e in result.events if "reason" in e}
        order = keyward("rotate", "--account", A, "--user", "late", "--reason", "a try")
        assert order.code != 0 and "rotate-secret --secret-id late/credentials" in order.stdout + order.stderr
        assert "secretsmanager:GetSecretValue" not in sandbox.calls()["counts"]


@pytest.mark.parametrize("shape", ["the AWS sample", "tags"])
def test_secrets_of_old_systems_are_kept_on_moto(tmp_path, shape):
    name, fields, settings = {
        "the AWS sample": ("Account_{account}_User_alice_AccessKey", ("AccessKey", "SecretKey"), {}),
        "tags": (
            "/iam/alice/access_key",
            ("AccessKeyId", "SecretAccessKey"),
            {
                "store": {"name": "/iam/{user}/access_key", "format": {"access_key_id": "AccessKeyId", "secret_access_key": "SecretAccessKey"}},
                "users": {"default": "opt-in", "include": [{"tag": {"RotateKey": "True"}}]},
            },
        ),
    }[shape]
    with Moto(members=1) as moto:
        (number,) = moto.accounts
        name = name.format(account=number)
        moto.iam(number).create_user(UserName="alice", Tags=[{"Key": "RotateKey", "Value": "True"}])
        old = moto.create_key(number, "alice")
        client = moto.client("secretsmanager", moto.assume(number))
        arn = client.create_secret(Name=name, SecretString=json.dumps(dict(zip(fields, old))))["ARN"]
        moto.pass_time(85)
        keyward = Keyward(tmp_path, moto.environment(), **settings)
        for _ in WEEK:
            moto.pass_time(1)
            keyward("run").expect(0)
        assert list(moto.keys(number, "alice").values()) == ["Active", "Active"]
        stored = client.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
        value = json.loads(stored["SecretString"])
        assert stored["ARN"] == arn and tuple(value) == fields and value[fields[0]] != old[0]
        previous = client.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
        assert tuple(json.loads(previous["SecretString"]).values()) == tuple(old)


def test_a_rotation_that_secrets_manager_did_not_finish_is_left_to_it_and_reported(tmp_path):
    """Which key is current only the secret tells, and a run may not read it: it removes nothing."""
    name, old, new = "app/credentials", pair(1, "APPOLD", "app-old"), pair(2, "APPNEW", "app-new")
    with organization(account(A, user("app", key(50, **old), {"age_days": 0, **new}, tags={"keyward:secret": name}))) as sandbox:
        at = f"{sandbox.now():%Y%m%dT%H%M%SZ}"
        record = f"v1 intf=sm-0123456789abcdef@{at}/{old['id']}:5ec2e7"
        sandbox.edit("tag_user", account=A, user="app", key="keyward:state", value=record)
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.advance("2h")
        keyward("run").expect(0)
        sandbox.advance("2d")
        result = keyward("run").expect(4)
        assert f"aws secretsmanager rotate-secret --secret-id {name}" in result.stdout
        assert statuses(sandbox.state(), A, "app") == ["Active", "Active"]
        assert sandbox.state()["accounts"][A]["users"]["app"]["tags"]["keyward:state"] == record
