"""The sandbox as seen by boto3: it must behave as AWS documents."""

import base64
import concurrent.futures
import csv
import datetime
import io
import json
import time

import botocore.config
import botocore.exceptions
import pytest

from sandbox_process import HUB_ACCOUNT, ONE_ATTEMPT, ROOT, Sandbox

A, B = "222222222222", "333333333333"

READ_ONLY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:List*", "iam:Get*"], "Resource": "*"}]}
)
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SCENARIO = {
    "external_id": "ext-1",
    "organizational_units": [{"name": "Prod"}, {"name": "Inner", "parent": "Prod"}],
    "accounts": [
        {
            "id": A,
            "ou": "Inner",
            "tags": {"keyward": "enabled"},
            "alias": "example-a",
            "users": [
                {"name": "alice", "age_days": 200, "tags": {"Owner": "x"}, "keys": [{"age_days": 100}]},
                {"name": "bob", "policies": {"all": ALL}, "keys": [{"age_days": 10}]},
                {"name": "a,b+c=d@e.f_-", "groups": ["IAMKeyRotationExemptionGroup"]},
            ],
            "kms_keys": [
                {
                    "id": "11111111-2222-3333-4444-555555555555",
                    "region": "us-east-1",
                    "alias": "alias/shared",
                    "policy": {
                        "Statement": [
                            {"Effect": "Allow", "Principal": {"AWS": [A, B]}, "Action": "kms:*", "Resource": "*"}
                        ]
                    },
                }
            ],
            "topics": ["us-east-1:alarms"],
        },
        {"id": B, "users": [{"name": "eve", "policies": {"all": ALL}, "keys": [{}]}]},
        {"id": "444444444444", "state": "CLOSED", "users": []},
    ],
}


@pytest.fixture
def sandbox():
    with Sandbox("--seed", 5, scenario=SCENARIO) as running:
        yield running


@pytest.fixture(scope="module")
def large():
    with Sandbox("--seed", 5, "--accounts", 43, "--users", 230) as running:
        yield running


def refusal(call, *arguments, **parameters):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(*arguments, **parameters)
    return caught.value.response


def code(call, *arguments, **parameters):
    return refusal(call, *arguments, **parameters)["Error"]["Code"]


# Organizations


def test_accounts_come_in_pages_of_twenty(large):
    client = large.client("organizations")
    pages = list(client.get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [20, 20, 6]  # 43 members, management, one suspended, one closed
    accounts = [account for page in pages for account in page["Accounts"]]
    assert len({account["Id"] for account in accounts}) == 46
    assert sorted({account["State"] for account in accounts}) == ["ACTIVE", "CLOSED", "SUSPENDED"]
    assert code(client.list_accounts, MaxResults=20, NextToken="bad") == "InvalidInputException"


def test_empty_page_is_not_the_last_one(large):
    large.edit("set_quirks", quirks={"empty_account_page": True})
    try:
        first = large.client("organizations").list_accounts()
        assert first["Accounts"] == [] and first["NextToken"]
    finally:
        large.edit("set_quirks", quirks={"empty_account_page": False})


def test_older_partitions_have_status_only(large):
    large.edit("set_quirks", quirks={"account_state": False, "account_paths": False})
    try:
        account = large.client("organizations").list_accounts()["Accounts"][0]
        assert "State" not in account and "Paths" not in account and account["Status"] == "ACTIVE"
    finally:
        large.edit("set_quirks", quirks={"account_state": True, "account_paths": True})


def test_tree_of_units_agrees_with_paths(sandbox):
    client = sandbox.client("organizations")
    organization = client.describe_organization()["Organization"]
    assert organization["MasterAccountId"] == HUB_ACCOUNT
    root = client.list_roots()["Roots"][0]["Id"]
    outer = client.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"][0]
    inner = client.list_organizational_units_for_parent(ParentId=outer["Id"])["OrganizationalUnits"][0]
    assert (outer["Name"], inner["Name"]) == ("Prod", "Inner")
    accounts = client.list_accounts_for_parent(ParentId=inner["Id"])["Accounts"]
    assert [account["Id"] for account in accounts] == [A]
    assert accounts[0]["Paths"] == [f"{organization['Id']}/{root}/{outer['Id']}/{inner['Id']}/{A}/"]
    assert client.list_parents(ChildId=A)["Parents"] == [{"Id": inner["Id"], "Type": "ORGANIZATIONAL_UNIT"}]
    assert client.list_children(ParentId=inner["Id"], ChildType="ACCOUNT")["Children"] == [{"Id": A, "Type": "ACCOUNT"}]
    assert client.list_tags_for_resource(ResourceId=A)["Tags"] == [{"Key": "keyward", "Value": "enabled"}]
    assert code(client.list_accounts_for_parent, ParentId="ou-none-11111111") == "ParentNotFoundException"


def test_members_may_only_describe_the_organization(sandbox):
    client = sandbox.client("organizations", sandbox.user_credentials(A, "bob"))
    assert client.describe_organization()["Organization"]["MasterAccountId"] == HUB_ACCOUNT
    assert code(client.list_accounts) == "AccessDeniedException"


# Signatures


def test_bad_credentials_have_the_codes_of_their_protocol(sandbox):
    key, secret = sandbox.user_credentials(A, "bob")
    for credentials, query_code, json_code in [
        (("AKIAAAAAAAAAAAAAAAAA", secret), "InvalidClientTokenId", "UnrecognizedClientException"),
        ((key, secret + "x"), "SignatureDoesNotMatch", "InvalidSignatureException"),
        ((key, secret, "a-token"), "InvalidClientTokenId", "UnrecognizedClientException"),
    ]:
        assert code(sandbox.client("iam", credentials).list_users) == query_code
        assert code(sandbox.client("secretsmanager", credentials).list_secrets) == json_code
        assert code(sandbox.client("sesv2", credentials).get_account) == json_code


def test_skewed_clock_is_refused_and_told(sandbox):
    sandbox.advance("1d")
    answer = refusal(sandbox.client("sts").get_caller_identity)
    assert answer["Error"]["Code"] == "SignatureDoesNotMatch"
    assert answer["Error"]["Message"].startswith("Signature expired: ")
    assert answer["Error"]["Message"].endswith(" - 15 min.)")
    shown = datetime.datetime.strptime(answer["ResponseMetadata"]["HTTPHeaders"]["date"], "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(shown.replace(tzinfo=datetime.timezone.utc) - sandbox.now()) < datetime.timedelta(seconds=5)
    assert code(sandbox.client("organizations").list_accounts) == "InvalidSignatureException"
    with sandbox.signing_with_its_clock():
        assert sandbox.client("sts").get_caller_identity()["Account"] == HUB_ACCOUNT
    sandbox.advance("-3d")
    future = refusal(sandbox.client("sts").get_caller_identity)["Error"]["Message"]
    assert future.startswith("Signature not yet current: ")


def test_wrong_signing_region_is_refused(sandbox):
    # botocore signs IAM with the client's region when the endpoint is overridden; AWS has one region for it.
    client = sandbox.client("iam", region="eu-central-1")
    assert code(client.list_users) == "SignatureDoesNotMatch"


# STS


def test_sessions_say_who_they_are(sandbox):
    session = sandbox.assume(A, RoleSessionName="run-1")
    identity = sandbox.client("sts", session).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{A}:assumed-role/keyward-rotate/run-1"
    assert identity["Account"] == A and identity["UserId"].startswith("AROA") and identity["UserId"].endswith(":run-1")
    assert session[0].startswith("ASIA")


def test_roles_are_only_assumed_by_whom_they_trust(sandbox):
    for parameters in [{"ExternalId": "wrong"}, {"role": "no-such-role"}]:
        assert code(lambda: sandbox.assume(A, **parameters)) == "AccessDenied"
    assert code(lambda: sandbox.assume(A, credentials=sandbox.user_credentials(B, "eve"))) == "AccessDenied"
    assert code(lambda: sandbox.assume("444444444444")) == "AccessDenied"
    assert code(lambda: sandbox.assume("999999999999")) == "AccessDenied"
    client = sandbox.client("sts")
    role = f"arn:aws:iam::{A}:role/keyward-rotate"
    assert code(client.assume_role, RoleArn=role, RoleSessionName="no-external-id") == "AccessDenied"
    assert code(lambda: sandbox.assume(A, DurationSeconds=3601)) == "ValidationError"
    assert code(lambda: sandbox.assume(A, Policy="{")) == "MalformedPolicyDocument"


def test_a_web_identity_is_let_in_by_the_trust_policy_alone(sandbox):
    def token(**claims):
        expires = int(sandbox.now().timestamp()) + 60
        claims = {"iss": "https://oidc.example.org/1", "sub": "pod", "aud": "sts", "exp": expires} | claims
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return f"e30.{payload}.c2ln"

    def assume(token, **parameters):
        client = sandbox.client("sts", ("nobody", "nothing"))
        role = {"RoleArn": f"arn:aws:iam::{A}:role/keyward-rotate", "RoleSessionName": "pod-1"}
        return client.assume_role_with_web_identity(WebIdentityToken=token, **role | parameters)["Credentials"]

    assert code(assume, token()) == "AccessDenied"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{A}:oidc-provider/oidc.example.org/1"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"oidc.example.org/1:sub": "pod", "oidc.example.org/1:aud": "sts"}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sandbox.edit("put_role_trust", account=A, role="keyward-rotate", policy=trust)
    session = assume(token(), DurationSeconds=900)
    session = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    identity = sandbox.client("sts", session).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{A}:assumed-role/keyward-rotate/pod-1"
    for claims in [{"sub": "other"}, {"aud": "other"}, {"iss": "https://oidc.example.org/2"}]:
        assert code(assume, token(**claims)) == "AccessDenied"
    assert code(assume, token(), RoleArn=f"arn:aws:iam::{A}:role/no-such-role") == "AccessDenied"
    assert code(assume, token(), RoleArn="arn:aws:iam::999999999999:role/keyward-rotate") == "AccessDenied"
    assert code(assume, token(exp=1)) == "ExpiredTokenException"
    for bad in ["none", "e30.e30.c2ln", "e30.!.c2ln", token(iss="http://oidc.example.org/1"), token(sub=7)]:
        assert code(assume, bad) == "InvalidIdentityToken"


def test_sessions_end_on_the_virtual_clock(sandbox):
    session = sandbox.assume(A, DurationSeconds=900)
    sandbox.advance("16m")
    with sandbox.signing_with_its_clock():
        assert code(sandbox.client("iam", session).list_users) == "ExpiredToken"
        assert code(sandbox.client("secretsmanager", session).list_secrets) == "ExpiredTokenException"


def test_session_policy_really_forbids_writing(sandbox):
    before = sandbox.state_bytes()
    session = sandbox.assume(A, Policy=READ_ONLY)
    iam = sandbox.client("iam", session)
    assert len(iam.list_users()["Users"]) == 3
    key = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["AccessKeyId"]
    for call, parameters in [
        (iam.create_access_key, {"UserName": "alice"}),
        (iam.update_access_key, {"UserName": "alice", "AccessKeyId": key, "Status": "Inactive"}),
        (iam.delete_access_key, {"UserName": "alice", "AccessKeyId": key}),
        (iam.tag_user, {"UserName": "alice", "Tags": [{"Key": "a", "Value": "b"}]}),
    ]:
        answer = refusal(call, **parameters)
        assert answer["Error"]["Code"] == "AccessDenied"
        assert "because no session policy allows" in answer["Error"]["Message"]
    create = sandbox.client("secretsmanager", session).create_secret
    assert code(create, Name="x", SecretString="y") == "AccessDeniedException"
    sandbox.advance("1d")
    assert sandbox.state_bytes() == before


# IAM


def test_users_come_in_pages_of_a_hundred(large):
    account = next(i for i, a in large.state()["accounts"].items() if a["name"] == "account-01")
    client = large.client("iam", large.assume(account))
    pages = list(client.get_paginator("list_users").paginate())
    assert [len(page["Users"]) for page in pages] == [100, 100, 30]
    assert len({user["UserName"] for page in pages for user in page["Users"]}) == 230
    assert len(client.list_users(MaxItems=1000)["Users"]) == 230
    large.edit("set_quirks", quirks={"short_iam_pages": True})
    try:
        short = client.list_users(MaxItems=1000)
        assert not short["IsTruncated"] and len(short["Users"]) == 230
        short = client.list_users(MaxItems=200)
        assert short["IsTruncated"] and len(short["Users"]) == 100
    finally:
        large.edit("set_quirks", quirks={"short_iam_pages": False})


def test_life_of_a_key(sandbox):
    iam = sandbox.client("iam", sandbox.assume(A))
    made = iam.create_access_key(UserName="alice")["AccessKey"]
    credentials = (made["AccessKeyId"], made["SecretAccessKey"])
    third = refusal(iam.create_access_key, UserName="alice")
    assert third["Error"] == {
        "Type": "Sender",
        "Code": "LimitExceeded",
        "Message": "Cannot exceed quota for AccessKeysPerUser: 2",
    }
    assert third["ResponseMetadata"]["HTTPStatusCode"] == 409
    last_used = iam.get_access_key_last_used(AccessKeyId=credentials[0])
    assert last_used["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}
    time.sleep(0.35)
    probe = sandbox.client("sts", credentials, region="eu-west-1")
    assert probe.get_caller_identity()["Arn"] == f"arn:aws:iam::{A}:user/alice"
    used = iam.get_access_key_last_used(AccessKeyId=credentials[0])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("sts", "eu-west-1")
    iam.update_access_key(UserName="alice", AccessKeyId=credentials[0], Status="Inactive")
    assert code(probe.get_caller_identity) == "InvalidClientTokenId"
    iam.delete_access_key(UserName="alice", AccessKeyId=credentials[0])
    assert len(iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]) == 1
    assert code(iam.delete_access_key, UserName="alice", AccessKeyId=credentials[0]) == "NoSuchEntity"
    other = sandbox.user_credentials(B, "eve")[0]
    assert code(iam.get_access_key_last_used, AccessKeyId=other) == "AccessDenied"


def test_new_key_spreads_after_a_delay():
    with Sandbox("--propagation", "1500ms", scenario=SCENARIO) as sandbox:
        made = sandbox.client("iam", sandbox.assume(A)).create_access_key(UserName="alice")["AccessKey"]
        credentials = (made["AccessKeyId"], made["SecretAccessKey"])
        assert code(sandbox.client("sts", credentials).get_caller_identity) == "InvalidClientTokenId"
        assert code(sandbox.client("secretsmanager", credentials).list_secrets) == "UnrecognizedClientException"
        time.sleep(1.6)
        assert sandbox.client("sts", credentials).get_caller_identity()["Account"] == A


def test_users_tags_and_groups(sandbox):
    iam = sandbox.client("iam", sandbox.member_admin(A))
    odd = "a,b+c=d@e.f_-"
    assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=odd)["Groups"]] == [
        "IAMKeyRotationExemptionGroup"
    ]
    assert [user["UserName"] for user in iam.get_group(GroupName="IAMKeyRotationExemptionGroup")["Users"]] == [odd]
    assert code(iam.get_group, GroupName="nothing") == "NoSuchEntity"
    iam.create_user(UserName="Carol", Path="/x/", Tags=[{"Key": "team", "Value": "z"}])
    assert code(iam.create_user, UserName="cAROL") == "EntityAlreadyExists"
    assert iam.get_user(UserName="CAROL")["User"]["Arn"] == f"arn:aws:iam::{A}:user/x/Carol"
    iam.tag_user(UserName="Carol", Tags=[{"Key": "Team", "Value": "y"}, {"Key": "a", "Value": ""}])
    assert iam.list_user_tags(UserName="Carol")["Tags"] == [{"Key": "a", "Value": ""}, {"Key": "Team", "Value": "y"}]
    too_many = [{"Key": f"k{i}", "Value": "v"} for i in range(50)]
    assert code(iam.tag_user, UserName="Carol", Tags=too_many) == "LimitExceeded"
    assert code(iam.tag_user, UserName="Carol", Tags=[{"Key": "a", "Value": '{"json"}'}]) == "ValidationError"
    iam.untag_user(UserName="Carol", TagKeys=["A", "team"])
    assert iam.list_user_tags(UserName="Carol")["Tags"] == []
    iam.create_access_key(UserName="Carol")
    assert code(iam.delete_user, UserName="Carol") == "DeleteConflict"
    assert iam.list_account_aliases()["AccountAliases"] == ["example-a"]


def test_credential_report_is_old_for_four_hours(sandbox):
    iam = sandbox.client("iam", sandbox.assume(A))
    assert code(iam.get_credential_report) == "ReportNotPresent"
    assert iam.generate_credential_report()["State"] == "STARTED"
    assert code(iam.get_credential_report) == "ReportInProgress"
    time.sleep(0.3)
    assert iam.generate_credential_report()["State"] == "COMPLETE"

    def rows():
        content = iam.get_credential_report()["Content"].decode()
        return {row["user"]: row for row in csv.DictReader(io.StringIO(content))}

    first = rows()
    assert list(first) == ["<root_account>", "a,b+c=d@e.f_-", "alice", "bob"]
    assert len(first["alice"]) == 22
    assert first["alice"]["access_key_1_active"] == "true" and first["alice"]["access_key_2_last_rotated"] == "N/A"
    key = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]
    rotated = datetime.datetime.fromisoformat(first["alice"]["access_key_1_last_rotated"])
    assert rotated == key["CreateDate"]
    iam.update_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    assert rows()["alice"]["access_key_1_active"] == "true"
    sandbox.advance("4h")
    with sandbox.signing_with_its_clock():
        iam = sandbox.client("iam", sandbox.assume(A))
        assert code(iam.get_credential_report) == "ReportExpired"
        iam.generate_credential_report()
        time.sleep(0.3)
        changed = rows()["alice"]
        assert changed["access_key_1_active"] == "false"
        assert datetime.datetime.fromisoformat(changed["access_key_1_last_rotated"]) > rotated


def test_authorization_details_carry_tags_and_groups(sandbox):
    iam = sandbox.client("iam", sandbox.assume(A))
    details = iam.get_account_authorization_details(Filter=["User"])["UserDetailList"]
    users = {user["UserName"]: user for user in details}
    assert users["alice"]["Tags"] == [{"Key": "Owner", "Value": "x"}]
    assert users["a,b+c=d@e.f_-"]["GroupList"] == ["IAMKeyRotationExemptionGroup"]
    assert users["bob"]["UserPolicyList"][0]["PolicyDocument"] == ALL


# Secrets Manager


@pytest.fixture
def secrets(sandbox):
    return sandbox.client("secretsmanager", sandbox.assume(A))


def test_staging_labels(sandbox, secrets):
    name = "keyward/alice/key"
    first = secrets.create_secret(Name=name, SecretString="one")["VersionId"]
    second = secrets.put_secret_value(SecretId=name, SecretString="two", VersionStages=["AWSPENDING"])["VersionId"]
    reader = sandbox.client("secretsmanager", sandbox.user_credentials(A, "bob"))
    assert reader.get_secret_value(SecretId=name)["SecretString"] == "one"
    assert reader.get_secret_value(SecretId=name, VersionStage="AWSPENDING")["SecretString"] == "two"
    promote = dict(SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=second)
    assert code(secrets.update_secret_version_stage, **promote) == "InvalidParameterException"
    secrets.update_secret_version_stage(**promote, RemoveFromVersionId=first)
    assert secrets.describe_secret(SecretId=name)["VersionIdsToStages"] == {
        first: ["AWSPREVIOUS"],
        second: ["AWSCURRENT", "AWSPENDING"],
    }
    assert reader.get_secret_value(SecretId=name)["SecretString"] == "two"  # moto answers "one" here
    assert reader.get_secret_value(SecretId=name, VersionId=first)["SecretString"] == "one"
    assert code(reader.get_secret_value, SecretId=name, VersionStage="none") == "ResourceNotFoundException"
    third = secrets.put_secret_value(SecretId=name, SecretString="three")["VersionId"]
    versions = secrets.list_secret_version_ids(SecretId=name)["Versions"]
    assert {v["VersionId"]: v["VersionStages"] for v in versions} == {
        second: ["AWSPENDING", "AWSPREVIOUS"],
        third: ["AWSCURRENT"],
    }
    deprecated = secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    assert len(deprecated) == 3


def test_request_token_is_the_version_and_makes_idempotent(secrets):
    token = "0123456789abcdef0123456789abcdef"
    parameters = dict(Name="n", SecretString="v", ClientRequestToken=token)
    assert secrets.create_secret(**parameters)["VersionId"] == token
    assert secrets.create_secret(**parameters)["VersionId"] == token
    assert code(secrets.create_secret, **{**parameters, "SecretString": "w"}) == "ResourceExistsException"
    put = dict(SecretId="n", SecretString="p", ClientRequestToken=token[::-1], VersionStages=["AWSPENDING"])
    secrets.put_secret_value(**put)
    secrets.put_secret_value(**put)
    assert code(secrets.put_secret_value, **{**put, "SecretString": "q"}) == "ResourceExistsException"


def test_only_the_named_reader_reads(sandbox, secrets):
    arn = secrets.create_secret(Name="keyward/alice/key", SecretString="v")["ARN"]
    alice = sandbox.client("secretsmanager", sandbox.user_credentials(A, "alice"))
    bob = sandbox.client("secretsmanager", sandbox.user_credentials(A, "bob"))
    assert code(alice.get_secret_value, SecretId=arn) == "AccessDeniedException"
    assert bob.get_secret_value(SecretId=arn)["SecretString"] == "v"
    user = f"arn:aws:iam::{A}:user/alice"
    read = {"Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": user}, **read},
            {"Effect": "Deny", "Principal": "*", **read, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": user}}},
        ],
    }
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps(policy), BlockPublicPolicy=True)
    assert alice.get_secret_value(SecretId=arn)["SecretString"] == "v"
    refused = refusal(bob.get_secret_value, SecretId=arn)["Error"]
    assert refused["Code"] == "AccessDeniedException"
    assert refused["Message"].endswith("with an explicit deny in a resource-based policy")
    assert json.loads(secrets.get_resource_policy(SecretId=arn)["ResourcePolicy"]) == policy
    public = {"Statement": [{"Effect": "Allow", "Principal": "*", **read}]}
    put = secrets.put_resource_policy
    assert code(put, SecretId=arn, ResourcePolicy=json.dumps(public), BlockPublicPolicy=True) == "PublicPolicyException"
    nobody = json.dumps(policy).replace("user/alice", "user/nobody")
    assert code(put, SecretId=arn, ResourcePolicy=nobody) == "MalformedPolicyDocumentException"


def test_other_accounts_need_both_policies_and_a_customer_key(sandbox, secrets):
    policy = json.dumps(
        {
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{B}:user/eve"},
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "*",
                }
            ]
        }
    )
    eve = sandbox.client("secretsmanager", sandbox.user_credentials(B, "eve"))
    default = secrets.create_secret(Name="default-key", SecretString="v")["ARN"]
    assert code(eve.get_secret_value, SecretId=default) == "AccessDeniedException"
    secrets.put_resource_policy(SecretId=default, ResourcePolicy=policy)
    assert refusal(eve.get_secret_value, SecretId=default)["Error"]["Message"] == "Access to KMS is not allowed"
    shared = secrets.create_secret(Name="customer-key", SecretString="v", KmsKeyId="alias/shared")["ARN"]
    secrets.put_resource_policy(SecretId=shared, ResourcePolicy=policy)
    assert eve.get_secret_value(SecretId=shared)["SecretString"] == "v"
    assert code(eve.get_secret_value, SecretId="customer-key") == "ResourceNotFoundException"
    assert code(secrets.create_secret, Name="x", SecretString="v", KmsKeyId="alias/no") == "InvalidParameterException"


def test_central_store_is_read_from_a_member_account(sandbox):
    central = sandbox.client("secretsmanager")
    arn = central.create_secret(Name="keyward/b/eve/key", SecretString="v", KmsKeyId="alias/keyward")["ARN"]
    reader = {"AWS": f"arn:aws:iam::{B}:user/eve"}
    read = {"Effect": "Allow", "Principal": reader, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    central.put_resource_policy(SecretId=arn, ResourcePolicy=json.dumps({"Statement": [read]}), BlockPublicPolicy=True)
    eve = sandbox.client("secretsmanager", sandbox.user_credentials(B, "eve"))
    assert eve.get_secret_value(SecretId=arn)["SecretString"] == "v"
    bob = sandbox.client("secretsmanager", sandbox.user_credentials(A, "bob"))
    assert code(bob.get_secret_value, SecretId=arn) == "AccessDeniedException"
    assert code(central.get_secret_value, SecretId=arn) == "AccessDeniedException"


def test_scheduled_deletion(secrets):
    secrets.create_secret(Name="n", SecretString="v")
    secrets.delete_secret(SecretId="n", RecoveryWindowInDays=7)
    assert code(secrets.put_secret_value, SecretId="n", SecretString="w") == "InvalidRequestException"
    assert code(secrets.create_secret, Name="n", SecretString="v") == "InvalidRequestException"
    assert "DeletedDate" in secrets.describe_secret(SecretId="n")
    secrets.restore_secret(SecretId="n")
    secrets.put_secret_value(SecretId="n", SecretString="w")


def test_replicas_are_read_in_their_region_only(sandbox, secrets):
    secrets.create_secret(Name="n", SecretString="v", Tags=[{"Key": "a", "Value": "b"}])
    answer = secrets.replicate_secret_to_regions(SecretId="n", AddReplicaRegions=[{"Region": "eu-west-1"}])
    assert answer["ReplicationStatus"] == [{"Region": "eu-west-1", "Status": "InSync"}]
    bob = sandbox.user_credentials(A, "bob")
    replica = sandbox.client("secretsmanager", bob, region="eu-west-1")
    assert replica.get_secret_value(SecretId="n")["SecretString"] == "v"
    assert code(replica.put_secret_value, SecretId="n", SecretString="w") == "InvalidRequestException"
    other = sandbox.client("secretsmanager", bob, region="eu-central-1")
    assert code(other.get_secret_value, SecretId="n") == "ResourceNotFoundException"
    owner = sandbox.client("secretsmanager", bob)
    owner.remove_regions_from_replication(SecretId="n", RemoveReplicaRegions=["eu-west-1"])
    assert code(replica.get_secret_value, SecretId="n") == "ResourceNotFoundException"


def test_names_that_end_like_an_arn(secrets):
    arn = secrets.create_secret(Name="app-backup", SecretString="v")["ARN"]
    assert secrets.describe_secret(SecretId="app-backup")["ARN"] == arn
    assert code(secrets.describe_secret, SecretId=arn[:-7]) == "ResourceNotFoundException"
    arn = secrets.create_secret(Name="app/key", SecretString="v")["ARN"]
    assert secrets.describe_secret(SecretId=arn[:-7])["ARN"] == arn
    assert code(secrets.create_secret, Name="a,b", SecretString="v") == "ValidationException"


# Mail and the small services


def test_mail_of_both_forms(sandbox):
    client = sandbox.client("sesv2")
    to = {"ToAddresses": ["owner@example.org"]}
    simple = {"Simple": {"Subject": {"Data": "über"}, "Body": {"Text": {"Data": "t"}, "Html": {"Data": "<b>h</b>"}}}}
    client.send_email(FromEmailAddress="Key Ward <k@example.org>", Destination=to, Content=simple)
    raw = "From: k@example.org\nTo: owner@example.org\nSubject: s\nContent-Type: text/html\n\n<p>x</p>"
    client.send_email(Content={"Raw": {"Data": raw.encode()}})
    first, second = sandbox.mail()
    assert (first["subject"], first["text"], first["html"], first["to"]) == ("über", "t", "<b>h</b>", to["ToAddresses"])
    assert (second["subject"], second["html"], second["raw"]) == ("s", "<p>x</p>", raw)
    refused = refusal(client.send_email, FromEmailAddress="k@other.example", Destination=to, Content=simple)["Error"]
    assert refused["Code"] == "MessageRejected"
    assert "identities failed the check in region" in refused["Message"]
    assert client.get_account()["ProductionAccessEnabled"] is True
    crowd = {"ToAddresses": [f"a{i}@example.org" for i in range(51)]}
    assert code(client.send_email, FromEmailAddress="k@example.org", Destination=crowd, Content=simple) == "MessageRejected"
    assert client.get_email_identity(EmailIdentity="example.org")["VerifiedForSendingStatus"] is True
    assert code(client.get_email_identity, EmailIdentity="me@example.net") == "NotFoundException"


def test_small_services(sandbox):
    bob = sandbox.user_credentials(A, "bob")
    sns = sandbox.client("sns", bob)
    topic = f"arn:aws:sns:us-east-1:{A}:alarms"
    assert sns.publish(TopicArn=topic, Subject="s", Message="m")["MessageId"]
    assert code(sns.publish, TopicArn=topic + "x", Message="m") == "NotFound"
    ssm = sandbox.client("ssm", bob)
    ssm.put_parameter(Name="/a/b", Value="v", Type="SecureString")
    assert ssm.get_parameter(Name="/a/b", WithDecryption=True)["Parameter"]["Value"] == "v"
    assert ssm.get_parameter(Name="/a/b")["Parameter"]["Value"] != "v"
    assert code(ssm.get_parameter, Name="/a/c") == "ParameterNotFound"
    cloudwatch = sandbox.client("cloudwatch", bob)
    cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", "Value": 1.5}])
    assert sandbox.control("volatile")["metrics"][0]["value"] == 1.5
    for wrong in (
        {"Dimensions": [{"Name": "d", "Value": " "}]},
        {"Dimensions": [{"Name": "d", "Value": "\u00fc"}]},
        {"Dimensions": [{"Name": ":d", "Value": "v"}]},
        {"Timestamp": sandbox.now() - datetime.timedelta(days=15)},
        {"Unit": "Days"},
    ):
        datum = {"MetricName": "m", "Value": 1.5, **wrong}
        assert code(cloudwatch.put_metric_data, Namespace="N", MetricData=[datum]) == "InvalidParameterValue"
    kms = sandbox.client("kms", bob)
    assert kms.describe_key(KeyId="alias/shared")["KeyMetadata"]["Enabled"] is True
    assert code(kms.describe_key, KeyId="alias/none") == "NotFoundException"


def test_objects():
    scenario = {
        "accounts": [
            {
                "id": A,
                "buckets": {"templates": {"a b+c/ü.html": "hello"}},
                "users": [{"name": "bob", "policies": {"all": ALL}, "keys": [{}]}],
            }
        ]
    }
    with Sandbox(scenario=scenario) as sandbox:
        s3 = sandbox.client("s3", sandbox.user_credentials(A, "bob"))
        assert s3.get_object(Bucket="templates", Key="a b+c/ü.html")["Body"].read() == b"hello"
        assert code(s3.get_object, Bucket="templates", Key="none") == "NoSuchKey"
        assert code(s3.get_object, Bucket="none", Key="none") == "NoSuchBucket"
        s3.put_object(Bucket="templates", Key="new", Body=b"bytes")
        assert s3.get_object(Bucket="templates", Key="new")["Body"].read() == b"bytes"
        stranger = sandbox.client("s3", ("AKIAAAAAAAAAAAAAAAAA", "x"))
        assert code(stranger.get_object, Bucket="templates", Key="new") == "InvalidAccessKeyId"


# Faults and control


def test_aimed_faults(sandbox):
    iam = sandbox.client("iam", sandbox.assume(A))

    def aim(fault, **more):
        sandbox.faults(rules=[{"action": "iam:CreateAccessKey", "fault": fault, **more}])

    def keys():
        return len(sandbox.state()["accounts"][A]["users"]["alice"]["keys"])

    aim("throttle", target="bob")
    iam.create_access_key(UserName="alice")
    sandbox.edit("delete_key", account=A, user="alice")
    assert code(iam.create_access_key, UserName="bob") == "Throttling"
    aim("drop_before")
    with pytest.raises(botocore.exceptions.HTTPClientError):
        iam.create_access_key(UserName="alice")
    assert keys() == 1
    aim("drop_after")
    with pytest.raises(botocore.exceptions.HTTPClientError):
        iam.create_access_key(UserName="alice")
    assert keys() == 2
    log = sandbox.calls()["log"]
    assert [entry["fault"] for entry in log if entry["action"] == "iam:CreateAccessKey"] == [
        "",
        "throttle",
        "drop_before",
        "drop_after",
    ]


def test_faults_by_chance_are_seeded():
    def outcomes():
        with Sandbox("--seed", 3, "--faults", "throttle=0.3,error=0.2,drop=0.1", scenario=SCENARIO) as sandbox:
            client = sandbox.client("sts")
            seen = []
            for _ in range(40):
                try:
                    client.get_caller_identity()
                    seen.append("ok")
                except botocore.exceptions.ClientError as error:
                    seen.append(error.response["Error"]["Code"])
                except botocore.exceptions.HTTPClientError:
                    seen.append("dropped")
            return seen

    first = outcomes()
    assert {"ok", "Throttling", "InternalFailure", "dropped"} <= set(first)
    assert first == outcomes()


def test_latency():
    with Sandbox("--latency", "60ms..80ms", scenario=SCENARIO) as sandbox:
        client = sandbox.client("sts")
        client.get_caller_identity()
        begin = time.monotonic()
        client.get_caller_identity()
        assert time.monotonic() - begin >= 0.06


def test_edits_and_uses(sandbox):
    iam = sandbox.client("iam", sandbox.assume(A))
    sandbox.control("use", {"account": A, "user": "alice", "service": "ec2", "region": "eu-west-1"})
    key = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("ec2", "eu-west-1")
    sandbox.edit("set_key_status", access_key_id=key["AccessKeyId"], status="Inactive")
    assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    with pytest.raises(Exception, match="400"):
        sandbox.edit("no_such_edit")


def test_a_snapshot_is_put_back_with_its_clock_and_its_ids(sandbox):
    iam = sandbox.client("iam", sandbox.assume(A))
    sandbox.snapshot()
    before, noon = sandbox.state_bytes(), sandbox.now()
    made = []
    for _ in range(2):
        made.append(iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"])
        assert sandbox.state_bytes() != before
        sandbox.advance("30d")
        sandbox.restore()
        assert sandbox.state_bytes() == before
        assert abs(sandbox.now() - noon) < datetime.timedelta(minutes=1)
    assert made[0] == made[1]


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("discard", [False, True])
def test_the_gate_holds_a_request_and_lets_it_go_or_not(sandbox, phase, discard):
    iam = sandbox.client("iam", sandbox.assume(A))

    def keys():
        return len(sandbox.state()["accounts"][A]["users"]["alice"]["keys"])

    sandbox.gate(from_=2, phase=phase)
    iam.list_access_keys(UserName="alice")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        call = pool.submit(iam.create_access_key, UserName="alice")
        (held,) = sandbox.held(wait="30s")
        assert (held["number"], held["phase"], held["action"]) == (2, phase, "iam:CreateAccessKey")
        assert (held["account"], held["target"], held["app"]) == (A, "alice", "")
        assert keys() == (1 if phase == "before" else 2)
        sandbox.release(id=held["id"], discard=discard)
        if discard:
            with pytest.raises(botocore.exceptions.HTTPClientError):
                call.result(timeout=30)
        else:
            call.result(timeout=30)
    assert keys() == (1 if phase == "before" and discard else 2)
    assert [request["action"] for request in sandbox.counted()] == ["iam:ListAccessKeys", "iam:CreateAccessKey"]
    assert sandbox.held() == []


def test_the_gate_tells_applications_apart(sandbox):
    clients = {
        name: sandbox.client("sts", config=ONE_ATTEMPT.merge(botocore.config.Config(user_agent_appid=name)))
        for name in ("one", "two")
    }
    sandbox.gate(app="two")
    clients["one"].get_caller_identity()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        call = pool.submit(clients["two"].get_caller_identity)
        (held,) = sandbox.held(wait="30s", app="two")
        assert held["app"] == "two"
        assert sandbox.held(app="one") == []
        sandbox.release()
        call.result(timeout=30)


def test_an_expired_session_is_refused_until_there_is_a_new_one(sandbox):
    iam = sandbox.client("iam", sandbox.assume(A))
    sandbox.faults(rules=[{"action": "*", "skip": 1, "fault": "expired_token"}])
    iam.list_users()
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ClientError, match="ExpiredToken"):
            iam.list_users()
    sandbox.client("iam", sandbox.assume(A)).list_users()


def test_same_seed_same_world():
    def state():
        with Sandbox("--seed", 9, "--accounts", 6, "--users", 4, "--start", "2026-01-01T00:00:00Z") as sandbox:
            return sandbox.state_bytes()

    assert state() == state()


def test_documented_scenario_loads():
    page = (ROOT / "docs" / "sandbox.md").read_text()
    scenario = json.loads(page.split("```json\n")[1].split("```")[0])
    with Sandbox(scenario=scenario) as sandbox:
        account = sandbox.state()["accounts"][A]
        assert account["email"] == "shop@example.org"
        assert [key["status"] for key in account["users"]["alice"]["keys"]] == ["Active", "Inactive"]


def test_tls():
    with Sandbox(scenario=SCENARIO, tls=True) as sandbox:
        assert sandbox.url.startswith("https://")
        assert sandbox.client("sts").get_caller_identity()["Account"] == HUB_ACCOUNT
