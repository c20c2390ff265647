"""The sandbox as seen by the AWS CLI."""

import json
import os
import shutil
import subprocess

import pytest

from sandbox_process import HUB_ACCOUNT, Sandbox

A = "222222222222"


@pytest.fixture(scope="module")
def sandbox():
    scenario = {
        "external_id": "ext-1",
        "accounts": [{"id": A, "users": [{"name": "alice", "keys": [{"age_days": 95}]}]}],
    }
    with Sandbox(scenario=scenario) as running:
        yield running


def aws(sandbox, *arguments, credentials=None, check=True):
    assert shutil.which("aws"), "the AWS CLI is missing: apt-get install awscli"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= sandbox.environment | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    if credentials:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        environment |= dict(zip(names, credentials))
    # Versions before 2.13 do not read AWS_ENDPOINT_URL.
    command = ["aws", "--endpoint-url", sandbox.url, "--output", "json", "--no-cli-pager", *arguments]
    if subprocess.run(["aws", "--version"], capture_output=True, text=True).stdout.startswith("aws-cli/1."):
        command.remove("--no-cli-pager")
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if not check:
        return done
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else None


def test_inventory(sandbox):
    assert aws(sandbox, "sts", "get-caller-identity")["Arn"] == f"arn:aws:iam::{HUB_ACCOUNT}:user/hub"
    accounts = aws(sandbox, "organizations", "list-accounts")["Accounts"]
    assert [account["Id"] for account in accounts] == [HUB_ACCOUNT, A]


def test_rotation_by_hand(sandbox):
    role = f"arn:aws:iam::{A}:role/keyward-rotate"
    session = aws(
        sandbox, "sts", "assume-role", "--role-arn", role, "--role-session-name", "cli", "--external-id", "ext-1"
    )["Credentials"]
    credentials = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])

    def member(*arguments):
        return aws(sandbox, *arguments, credentials=credentials)

    assert [user["UserName"] for user in member("iam", "list-users")["Users"]] == ["alice"]
    old = member("iam", "list-access-keys", "--user-name", "alice")["AccessKeyMetadata"][0]["AccessKeyId"]
    made = member("iam", "create-access-key", "--user-name", "alice")["AccessKey"]
    secret = member(
        "secretsmanager", "create-secret", "--name", "keyward/alice/key", "--secret-string", made["SecretAccessKey"]
    )
    stages = member("secretsmanager", "describe-secret", "--secret-id", secret["ARN"])["VersionIdsToStages"]
    assert stages == {secret["VersionId"]: ["AWSCURRENT"]}
    member("iam", "update-access-key", "--user-name", "alice", "--access-key-id", old, "--status", "Inactive")
    member("iam", "delete-access-key", "--user-name", "alice", "--access-key-id", old)
    keys = member("iam", "list-access-keys", "--user-name", "alice")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [made["AccessKeyId"]]
    refused = aws(sandbox, "iam", "put-user-policy", "--user-name", "alice", "--policy-name", "p",
                  "--policy-document", "{}", credentials=credentials, check=False)
    assert refused.returncode != 0 and "AccessDenied" in refused.stderr


def test_mail(sandbox):
    aws(sandbox, "sesv2", "send-email", "--from-email-address", "k@example.org", "--destination", "ToAddresses=o@example.org",
        "--content", "Simple={Subject={Data=hello},Body={Text={Data=world}}}")
    assert sandbox.mail()[-1]["subject"] == "hello"
