"""keyward against moto, which verifies signatures and keeps accounts apart: aged keys through 90, 100 and 110 days.

What moto does otherwise than AWS shapes two things here: reads name the stage (without it moto answers the old value
after a promotion), and who may read a secret is not judged (moto evaluates no policy of a secret)."""

import datetime
import json

import botocore.exceptions
import pytest

from cloudformation import Stack
from keyward_process import Keyward
from moto_process import HUB_ACCOUNT, Moto

STORES = {
    "member": {"target": "member"},
    "central": {"target": "central", "kms_key_id": "alias/keyward"},
}
USERS = ["alice", "a,b+c=d@e.f_-", "x" * 64]


def caller(moto, credentials):
    return moto.client("sts", credentials).get_caller_identity()["Arn"]


def stored_key(moto, account, user, store):
    """The pair that the user's secret holds."""
    owner = moto.hub if store == "central" else moto.assume(account)
    client = moto.client("secretsmanager", owner)
    readable = user.replace("=", "=3D").replace(",", "=2C")
    answer = client.get_secret_value(
        SecretId=f"Account_{account}_User_{readable}_AccessKey", VersionStage="AWSCURRENT"
    )
    value = json.loads(answer["SecretString"])
    return (value["AccessKey"], value["SecretKey"])


@pytest.mark.parametrize("store", STORES)
def test_aged_keys_go_their_way(tmp_path, store):
    with Moto(members=3) as moto:
        last, *others = moto.accounts
        old = {}
        for account in others:
            for user in USERS:
                moto.iam(account).create_user(UserName=user)
                old[account, user] = moto.create_key(account, user)
                assert caller(moto, old[account, user]) == f"arn:aws:iam::{account}:user/{user}"
        moto.pass_time(50)
        moto.iam(last).create_user(UserName="young")
        young = moto.create_key(last, "young")
        moto.pass_time(39)

        keyward = Keyward(tmp_path, moto.environment(), store=STORES[store])

        # Day 89: a warning and no change.
        day_89 = keyward("run").expect(0)
        assert day_89.summary["accounts_covered"] == 3
        assert day_89.outcomes() == [] or {action for _, action, _ in day_89.outcomes()} == {"warn"}
        assert {mail["To"] for mail in day_89.mails} == {"member-1@example.org", "member-2@example.org"}
        assert all(len(moto.keys(account, user)) == 1 for account, user in old)

        # Day 90: each gets a second key, stored and working; the old one goes on working.
        moto.pass_time(1)
        keyward("run").expect(0)
        new = {}
        for account, user in old:
            keys = moto.keys(account, user)
            new[account, user] = stored_key(moto, account, user, store)
            assert keys == {old[account, user][0]: "Active", new[account, user][0]: "Active"}
            for credentials in (old[account, user], new[account, user]):
                assert caller(moto, credentials) == f"arn:aws:iam::{account}:user/{user}"
        if store == "central":
            assert all(
                moto.client("secretsmanager", moto.assume(account)).list_secrets()["SecretList"] == []
                for account in moto.accounts
            )
        assert moto.keys(last, "young") == {young[0]: "Active"}
        again = keyward("run").expect(0)
        assert again.mails == [] and again.outcomes() == []

        # Days 99 and 100: nothing, then the old key is switched off.
        moto.pass_time(9)
        keyward("run").expect(0)
        assert all(set(moto.keys(account, user).values()) == {"Active"} for account, user in old)
        moto.pass_time(1)
        keyward("run").expect(0)
        for account, user in old:
            expected = {old[account, user][0]: "Inactive", new[account, user][0]: "Active"}
            assert moto.keys(account, user) == expected

        # Days 109 and 110: nothing, then it is deleted, and moto knows it no more.
        moto.pass_time(9)
        keyward("run").expect(0)
        assert all(len(moto.keys(account, user)) == 2 for account, user in old)
        moto.pass_time(1)
        keyward("run").expect(0)
        for account, user in old:
            assert moto.keys(account, user) == {new[account, user][0]: "Active"}
            assert stored_key(moto, account, user, store) == new[account, user]
            assert caller(moto, new[account, user]) == f"arn:aws:iam::{account}:user/{user}"
            with pytest.raises(botocore.exceptions.ClientError) as refused:
                caller(moto, old[account, user])
            assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"
        assert moto.keys(last, "young") == {young[0]: "Active"}
        hub = moto.client("iam", moto.hub).list_access_keys(UserName="hub")["AccessKeyMetadata"]
        assert [key["AccessKeyId"] for key in hub] == [moto.hub[0]]

        written = keyward.everything_written()
        for _, secret in [*old.values(), *new.values(), young, moto.hub]:
            assert secret.encode() not in written


def test_a_dry_run_changes_nothing(tmp_path):
    with Moto(members=1) as moto:
        (account,) = moto.accounts
        moto.iam(account).create_user(UserName="alice")
        key = moto.create_key(account, "alice")
        moto.pass_time(95)
        result = Keyward(tmp_path, moto.environment())("run", DryRunFlag="true").expect(0)
        assert ("alice", "rotate", "dry_run") in result.outcomes()
        assert moto.keys(account, "alice") == {key[0]: "Active"}
        assert moto.iam(account).list_user_tags(UserName="alice")["Tags"] == []
        assert moto.client("secretsmanager", moto.assume(account)).list_secrets()["SecretList"] == []


def alarms(account, **parameters):
    """The alarms of the template as PutMetricAlarm takes them: moto's CloudFormation makes none."""
    stack = Stack("cloudformation/alarms.yaml", account=account, **parameters)
    return {name: stack.properties(name) for name in stack.resources}


def test_cloudwatch_takes_the_metrics_and_the_alarms_watch_them(tmp_path):
    with Moto(members=2) as moto:
        first, _ = moto.accounts
        for user in ("alice", "bob"):
            moto.iam(first).create_user(UserName=user)
            moto.create_key(first, user)
        moto.pass_time(95)
        cloudwatch = moto.client("cloudwatch", moto.hub)
        organization = moto.client("organizations", moto.hub).describe_organization()["Organization"]["Id"]
        topic = moto.client("sns", moto.hub).create_topic(Name="alarms")["TopicArn"]
        channels = [{"type": "file"}, {"type": "metrics", "namespace": "Security/keyward"}]
        result = Keyward(tmp_path, moto.environment(), notify={"channels": channels})("run").expect(0)
        assert result.summary["api_calls"]["cloudwatch:PutMetricData"] == 1

        dimensions = [{"Name": "Mode", "Value": "enforce"}, {"Name": "Organization", "Value": organization}]
        known = cloudwatch.list_metrics(Namespace="Security/keyward")["Metrics"]
        assert all(sorted(metric["Dimensions"], key=lambda d: d["Name"]) == dimensions for metric in known)
        now = datetime.datetime.now(datetime.timezone.utc)
        value = {}
        for name in {metric["MetricName"] for metric in known}:
            (point,) = cloudwatch.get_metric_statistics(
                Namespace="Security/keyward",
                MetricName=name,
                Dimensions=dimensions,
                StartTime=now - datetime.timedelta(hours=1),
                EndTime=now + datetime.timedelta(hours=1),
                Period=7200,
                Statistics=["Sum"],
            )["Datapoints"]
            value[name] = point["Sum"]
        duration = value.pop("RunDuration")
        assert 0 <= duration < 60
        assert value == {
            "Runs": 1,
            "ExitCode": 0,
            "AccountsCovered": 2,
            "AccountsNotCovered": 0,
            "KeysRotated": 2,
            "KeysDeactivated": 0,
            "KeysDeleted": 0,
            "KeysOutOfPolicy": 2,
            "OldestActiveKeyDays": 95,
            "Failures": 0,
            "NoticesFailed": 0,
        }

        for name, alarm in alarms(first, Organization=organization, TopicArn=topic, Namespace="Security/keyward", OldestKeyDays="42").items():
            cloudwatch.put_metric_alarm(AlarmName=name, **alarm)
        watched = {alarm["MetricName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
        assert set(watched) == {"Runs", "Failures", "AccountsNotCovered", "OldestActiveKeyDays"} <= set(value)
        for alarm in watched.values():
            assert alarm["Namespace"] == "Security/keyward"
            assert sorted(alarm["Dimensions"], key=lambda d: d["Name"]) == dimensions
            assert alarm["AlarmActions"] == [topic] == alarm["OKActions"]
        missing = watched["Runs"]
        assert (missing["TreatMissingData"], missing["Period"] * missing["EvaluationPeriods"]) == ("breaching", 26 * 3600)
        assert watched["OldestActiveKeyDays"]["Threshold"] == 42


def test_security_hub_takes_the_findings_and_their_end(tmp_path):
    with Moto(members=1) as moto:
        (account,) = moto.accounts
        moto.iam(account).create_user(UserName="alice")
        key = moto.create_key(account, "alice")
        moto.pass_time(95)
        keyward = Keyward(tmp_path, moto.environment(), report={"security_hub": True})
        hub = moto.client("securityhub", moto.assume(account))

        def finding():
            (found,) = hub.get_findings()["Findings"]
            assert found["AwsAccountId"] == account and key[0] not in found["Id"]
            assert found["Resources"][0]["Details"]["AwsIamAccessKey"]["AccessKeyId"] == key[0]
            return (found["Id"], found["Compliance"]["Status"], found["RecordState"])

        first = keyward("run").expect(0)
        assert first.summary["api_calls"]["securityhub:BatchImportFindings"] == 1
        name, *state = finding()
        assert state == ["FAILED", "ACTIVE"]
        moto.pass_time(1)
        keyward("run").expect(0)
        assert finding() == (name, "PASSED", "ARCHIVED")
        assert "securityhub:BatchImportFindings" not in keyward("run").expect(0).summary["api_calls"]


def test_a_wrong_secret_is_refused_and_stops_the_run(tmp_path):
    with Moto(members=1) as moto:
        secret = moto.hub[1]
        wrong = secret[:-1] + ("x" if secret[-1] != "x" else "y")
        environment = moto.environment() | {"AWS_SECRET_ACCESS_KEY": wrong}
        result = Keyward(tmp_path, environment)("run").expect(5)
        assert "SignatureDoesNotMatch" in result.stderr
        assert moto.client("organizations", moto.hub).describe_organization()["Organization"]["MasterAccountId"] == HUB_ACCOUNT


def test_mail_goes_by_ses_from_a_verified_sender_only(tmp_path):
    with Moto(members=1) as moto:
        (account,) = moto.accounts
        moto.iam(account).create_user(UserName="alice")
        moto.create_key(account, "alice")
        moto.pass_time(91)
        keyward = Keyward(tmp_path, moto.environment(), notify={"channels": [{"type": "ses"}]})
        refused = keyward("run").expect(4)
        (notice,) = [event for event in refused.events if event["event"] == "notice"]
        assert notice["outcome"] == "rejected" and "MessageRejected" in notice["error"]
        assert moto.mails() == []

        moto.client("sesv2", moto.hub).create_email_identity(EmailIdentity="keyward@example.org")
        result = keyward("run").expect(0)
        assert result.summary["api_calls"]["ses:SendEmail"] == 1
        (mail,) = moto.mails()
        assert mail.defects == [] and mail["To"] == "member-0@example.org" and mail["From"].addresses[0].addr_spec == "keyward@example.org"
        assert mail.get_content_type() == "multipart/alternative" and "alice" in mail["Subject"]
        for kind in ("plain", "html"):
            assert "alice" in mail.get_body((kind,)).get_content()
        keyward("run").expect(0)
        assert len(moto.mails()) == 1


def test_a_table_of_recipients_is_read_to_its_end(tmp_path):
    with Moto(members=2) as moto:
        by_table, by_address = moto.accounts
        for account in moto.accounts:
            moto.iam(account).create_user(UserName="alice")
            moto.create_key(account, "alice")
        moto.pass_time(91)
        tables = moto.client("dynamodb", moto.hub)
        tables.create_table(
            TableName="owners",
            KeySchema=[{"AttributeName": "account_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "account_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        # More than the megabyte that a page of a scan has; what is beside account and address is not of interest.
        for number in range(4):
            item = {"account_id": {"S": f"99999999999{number}"}, "email": {"S": "x@example.org"}, "note": {"S": "n" * 390_000}}
            tables.put_item(TableName="owners", Item=item)
        tables.put_item(TableName="owners", Item={"account_id": {"S": by_table}, "email": {"S": "pay@example.org"}})
        notify = {"recipients_file": "dynamodb://owners?region=us-east-1", "owner": ["user_tag"]}
        keyward = Keyward(tmp_path, moto.environment(), notify=notify)
        result = keyward("run").expect(0)
        assert {mail["To"] for mail in result.mails} == {"pay@example.org", "member-1@example.org"}
        assert result.summary["api_calls"]["dynamodb:Scan"] >= 1
        keyward.configure(notify={"recipients_file": "dynamodb://no-such-table"})
        missing = keyward("run").expect(5)
        assert "ResourceNotFoundException" in missing.stderr
        tables.put_item(TableName="owners", Item={"account_id": {"S": "12"}, "email": {"S": "pay@example.org"}})
        keyward.configure(notify={"recipients_file": "dynamodb://owners"})
        assert "account_id must be 12 digits" in keyward("run").expect(5).stderr
