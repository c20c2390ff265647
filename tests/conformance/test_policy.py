"""What `keyward policy` prints is taken by CloudFormation, and is enough for everything that keyward does with it."""

import collections
import contextlib
import dataclasses
import json

import botocore.exceptions
import cfnlint
import pytest

import printed_rights
from cloudformation import Refused, Stack, template_of
from keyward_process import Keyward
from organizations import A, B, account, assert_rotated, keys, organization, overdue, stored
from receivers import Authority, Posts
from sandbox_process import HUB_ACCOUNT

ORGANIZATION = "o-exampleorgid"
EXTERNAL_ID = "ext-1"
HUB = f"arn:aws:iam::{HUB_ACCOUNT}:user/hub"
MEMBER = [A, B, HUB_ACCOUNT]

# ---- reading what was printed


def policy(keyward, *arguments, **environment):
    return json.loads(keyward("policy", *arguments, **environment).expect(0).stdout)


def filled_in(node, account, parameters):
    """What CloudFormation makes of a part of a template in this account."""
    if isinstance(node, list):
        return [filled_in(item, account, parameters) for item in node]
    if not isinstance(node, dict):
        return node
    if "Ref" in node:
        return parameters[node["Ref"]]
    if "Fn::Sub" in node:
        return node["Fn::Sub"].replace("${AWS::AccountId}", account)
    if "Fn::Select" in node:
        index, split = node["Fn::Select"]
        separator, text = split["Fn::Split"]
        return filled_in(text, account, parameters).split(separator)[index]
    return {key: filled_in(value, account, parameters) for key, value in node.items()}


@dataclasses.dataclass
class Role:
    policy: dict
    trust: dict


def role_by_json(keyward, mode, account):
    return Role(policy(keyward, mode), policy(keyward, mode, "--trust", "--principal", HUB))


def role_by_stack(keyward, mode, account):
    template = policy(keyward, mode, "--format", "cloudformation")
    parameters = {"KeywardPrincipal": HUB, "ExternalId": EXTERNAL_ID}
    properties = filled_in(template["Resources"]["KeywardRole"]["Properties"], account, parameters)
    (inline,) = properties["Policies"]
    return Role(inline["PolicyDocument"], properties["AssumeRolePolicyDocument"])


# ---- an organization that gives exactly that


def give_rights(sandbox, keyward, role_of):
    """Every identity has the printed rights and no others."""
    configuration = keyward.configuration
    sandbox.edit("put_user_policy", account=HUB_ACCOUNT, user="hub", name="rights", policy=policy(keyward, "control", "--principal", HUB))
    places = [("rotate", "keyward-rotate", number) for number in MEMBER]
    places += [("audit", "keyward-audit", number) for number in MEMBER if "audit_role" in configuration]
    places += [("inventory", "keyward-inventory", HUB_ACCOUNT)] if "list_role" in configuration["organization"] else []
    places += [("store", "keyward-store", HUB_ACCOUNT)] if "role" in configuration["store"] else []
    for mode, role, number in places:
        printed = role_of(keyward, mode, number)
        sandbox.edit("put_role_policy", account=number, role=role, name="rights", policy=printed.policy)
        sandbox.edit("put_role_trust", account=number, role=role, policy=printed.trust)


def refusals(sandbox):
    words = ("AccessDenied", "AuthorizationError")
    return {name: count for name, count in sandbox.calls()["counts"].items() if any(word in name for word in words)}


def aged(name, days, **members):
    return {"name": name, "age_days": 400, "keys": [{"age_days": days, "last_used": {"days_ago": 1}}], **members}


STORES = {
    "member": {"replica_regions": ["eu-west-1"], "kms_key_id": "alias/keys"},
    "member-default-key": {"replica_regions": ["eu-west-1"], "region": "eu-central-1"},
    "central-by-role": {"target": "central", "kms_key_id": "alias/keyward", "replica_regions": ["eu-west-1"],
                        "role": f"arn:aws:iam::{HUB_ACCOUNT}:role/keyward-store"},
    "central-by-caller": {"target": "central", "kms_key_id": "alias/keyward", "name": "keys/{account_id}/{user}"},
}  # fmt: skip
WEAKER = {"audit_role": "keyward-audit"}
LISTED = {"list_role": f"arn:aws:iam::{HUB_ACCOUNT}:role/keyward-inventory"}
STAGES = {
    "member": (STORES["member"], WEAKER, {}, role_by_stack),
    "central-by-role": (STORES["central-by-role"], {}, LISTED, role_by_json),
    "central-by-caller": (STORES["central-by-caller"], WEAKER, LISTED, role_by_json),
}


@contextlib.contextmanager
def stage(tmp_path, store, roles, listing, role_of):
    nobody = {"trust": {"Statement": []}, "policies": {}}
    keys_of = [{"region": region, "alias": "alias/keys"} for region in ("us-east-1", "eu-west-1")]
    tags = {"keyward": "enabled", "owner": "own@example.org"}
    common = {"roles": [{"name": "keyward-audit", **nobody}], "kms_keys": keys_of, "tags": tags, "groups": [{"name": "Exempt"}]}
    authority = Authority(tmp_path)
    with Posts(authority) as posts:
        management = {
            "management": True,
            "users": [aged("root-cron", 95)],
            "roles": [{"name": "keyward-audit", **nobody}, {"name": "keyward-store", **nobody}],
            "kms_keys": keys_of,
            "topics": ["us-east-1:keyward"],
            "parameters": {"us-east-1:/keyward/hook": posts.url + "/hook"},
            "buckets": {"templates": {"mail/enforce.html": "<p>{{actions}}</p>", "mail/audit.html": "<p>{{actions}}</p>"}},
        }
        people = [overdue("alice"), aged("bob", 83), aged("carol", 200, groups=["Exempt"])]
        people += [aged("dave", 95), aged("erin", 5), aged("fred", 95)]
        accounts = [management, account(A, *people, contacts={"SECURITY": "sec@example.org"}, **common)]
        accounts.append(account(B, overdue("gina"), **common))
        scenario = {"organization": {"id": ORGANIZATION}, "external_id": EXTERNAL_ID, "quirks": {"account_paths": False}}
        with organization(*accounts, **scenario) as sandbox:
            rules = [{"id": HUB_ACCOUNT}, {"tag": {"keyward": "enabled"}}, {"ou": "ou-zz99-99999999"}]
            keyward = Keyward(
                tmp_path / "keyward",
                {**sandbox.environment, "AWS_CA_BUNDLE": str(authority.bundle)},
                organization={"id": ORGANIZATION, **listing},
                accounts={"default": "opt-in", "include": rules},
                users={"exempt_group": "Exempt"},
                store=store,
                **roles,
            )
            keyward.configure(notify={
                "allowed_domains": ["example.org"],
                "templates": "s3://templates/mail",
                "channels": [
                    {"type": "ses", "configuration_set": "keyward"},
                    {"type": "sns", "topic_arn": f"arn:aws:sns:us-east-1:{HUB_ACCOUNT}:keyward"},
                    {"type": "metrics"},
                    {"type": "slack", "url": "ssm:/keyward/hook", "private_addresses": True},
                ],
            })  # fmt: skip
            give_rights(sandbox, keyward, role_of)
            sandbox.control("calls", method="DELETE")
            yield sandbox, keyward, posts


@pytest.mark.parametrize("name", STAGES)
def test_what_is_printed_is_enough_for_everything(tmp_path, name):
    with stage(tmp_path, *STAGES[name]) as (sandbox, keyward, posts):

        def run(code=0):
            result = keyward("run").expect(code)
            assert refusals(sandbox) == {}, f"{sandbox.now()}: {result.stderr}"
            return [(user, action) for user, action, outcome in result.outcomes() if outcome == "done"]

        keyward("audit").expect(3)
        keyward("run", "--dry-run").expect(0)
        assert refusals(sandbox) == {}

        # Answers and whole steps are lost: what was begun is looked at, undone, and done again.
        sandbox.faults(rules=[
            {"action": "iam:CreateAccessKey", "target": "dave", "fault": "drop_after"},
            {"action": "secretsmanager:PutSecretValue", "target": "fred", "fault": "error_before", "times": -1},
            {"action": "iam:DeleteAccessKey", "target": "fred", "fault": "error_before", "times": -1},
        ])  # fmt: skip
        done = run(9)
        assert {("alice", "rotate"), ("dave", "rotate"), ("gina", "rotate"), ("root-cron", "rotate")} <= set(done)
        assert not any(user == "carol" for user, _ in done)
        sandbox.faults(rules=[])
        keyward("recover", "--list")
        keyward("recover").expect(0)
        run()
        for number, user in ((A, "alice"), (A, "dave"), (A, "fred"), (B, "gina"), (HUB_ACCOUNT, "root-cron")):
            assert_rotated(sandbox.state(), number, user)

        # A compromised key is replaced at once.
        (leaked,) = keys(sandbox.state(), A, "erin")
        keyward("rotate", "--account", A, "--user", "erin", "--reason", "leaked", "--compromised", leaked["id"]).expect(0)
        assert refusals(sandbox) == {}

        happened = collections.Counter()
        for days in (7, 3, 10):
            sandbox.advance(f"{days}d")
            for number, user in ((A, "alice"), (B, "gina")):
                newest = keys(sandbox.state(), number, user)[-1]
                sandbox.control("use", {"access_key_id": newest["id"]})
            happened.update(action for _, action in run())
        assert happened["deactivate"] >= 5 and happened["delete"] >= 5 and happened["rotate"] >= 1, happened
        assert sandbox.mail() and posts.requests
        keyward("notify", "test", "--to", "someone@example.org").expect(0)
        assert refusals(sandbox) == {}

        state = sandbox.state()
        assert keys(state, A, "alice")[-1]["secret"] in stored(state)["AWSCURRENT"]
        volatile = json.dumps(sandbox.control("volatile"))
        assert '"keyward"' in volatile and f"arn:aws:sns:us-east-1:{HUB_ACCOUNT}:keyward" in volatile


def test_reading_rights_are_enough_to_begin_with(tmp_path):
    with stage(tmp_path, *STAGES["central-by-role"]) as (sandbox, keyward, _):
        for number in MEMBER:
            sandbox.edit("put_role_policy", account=number, role="keyward-rotate", name="rights", policy=policy(keyward, "audit"))
        keyward("inventory").expect(0)
        keyward("audit").expect(3)
        keyward("run", "--dry-run").expect(0)
        assert refusals(sandbox) == {}


def without(document, action):
    document = json.loads(json.dumps(document))
    for statement in document["Statement"]:
        if isinstance(statement["Action"], list) and action in statement["Action"]:
            statement["Action"].remove(action)
    document["Statement"] = [statement for statement in document["Statement"] if statement["Action"] not in (action, [])]
    return document


def test_the_rights_are_really_asked_for(tmp_path):
    with stage(tmp_path, *STAGES["member"]) as (sandbox, keyward, _):
        printed = role_by_stack(keyward, "rotate", A)
        sandbox.edit("put_role_policy", account=A, role="keyward-rotate", name="rights", policy=without(printed.policy, "kms:Encrypt"))
        keyward("run").expect(4)
        assert list(refusals(sandbox)) == ["secretsmanager:ReplicateSecretToRegions AccessDeniedException"]


def test_what_is_not_printed_is_refused(tmp_path):
    with stage(tmp_path, *STAGES["member"]) as (sandbox, _, _posts):
        session = sandbox.assume(A, RoleSessionName="keyward")
        iam, secrets = sandbox.client("iam", session), sandbox.client("secretsmanager", session)
        mine = f"Account_{A}_User_alice_AccessKey"
        policy_of_others = json.dumps({"Version": "2012-10-17", "Statement": []})

        def refused(call, **parameters):
            with pytest.raises(botocore.exceptions.ClientError) as caught:
                call(**parameters)
            return caught.value.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")

        iam.tag_user(UserName="alice", Tags=[{"Key": "keyward:state", "Value": "v1"}])
        assert refused(iam.tag_user, UserName="alice", Tags=[{"Key": "team", "Value": "mine"}])
        assert refused(iam.tag_user, UserName="alice", Tags=[{"Key": "keyward:state", "Value": "v1"}, {"Key": "team", "Value": "mine"}])
        assert refused(iam.put_user_policy, UserName="alice", PolicyName="p", PolicyDocument=policy_of_others)
        assert refused(iam.list_users)  # audit_role has that right
        secrets.create_secret(Name=mine, KmsKeyId="alias/keys")
        assert refused(secrets.create_secret, Name="other")
        assert refused(secrets.create_secret, Name=f"Account_{B}_User_alice_AccessKey")
        assert refused(secrets.get_secret_value, SecretId=mine)
        assert refused(secrets.delete_secret, SecretId=mine)
        assert refused(secrets.put_resource_policy, SecretId=mine, ResourcePolicy=policy_of_others, BlockPublicPolicy=False)
        assert refused(secrets.replicate_secret_to_regions, SecretId=mine, AddReplicaRegions=[{"Region": "eu-central-1"}])
        regions = [{"Region": "eu-west-1", "KmsKeyId": "alias/keys"}]
        secrets.replicate_secret_to_regions(SecretId=mine, AddReplicaRegions=regions)
        # The key goes by its alias, as the policy does.
        other = sandbox.edit("add_kms_key", account=A, region="us-east-1", alias="alias/other")
        secrets.create_secret(Name=f"Account_{A}_User_bob_AccessKey", KmsKeyId=other["arn"])
        assert refused(secrets.put_secret_value, SecretId=f"Account_{A}_User_bob_AccessKey", SecretString="x")


WRITERS = {"member": ("rotate", A), "central-by-role": ("store", HUB_ACCOUNT), "central-by-caller": ("control", HUB_ACCOUNT)}


@pytest.mark.parametrize("name", WRITERS)
def test_who_writes_a_secrets_policy_cannot_let_itself_read(tmp_path, name):
    """A secret's policy that names somebody of its own account is enough to read: no policy of his need allow it."""
    mode, number = WRITERS[name]
    store, *_, role_of = STAGES[name]
    with stage(tmp_path, *STAGES[name]) as (sandbox, keyward, _):
        role = None if mode == "control" else f"keyward-{mode}"
        own = f"arn:aws:iam::{number}:role/{role}" if role else HUB
        secrets = sandbox.client("secretsmanager", sandbox.assume(number, role, RoleSessionName="keyward") if role else None)
        secret = store.get("name", "Account_{account_id}_User_{user}_AccessKey").format(account_id=A, user="alice")
        secrets.create_secret(Name=secret, KmsKeyId=store["kms_key_id"], SecretString="x")
        read = lambda: secrets.get_secret_value(SecretId=secret)["SecretString"]
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            read()
        mine = {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [mine]})
        secrets.put_resource_policy(SecretId=secret, ResourcePolicy=document, BlockPublicPolicy=True)
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            read()
        # It is the printed Deny that stands against it.
        printed = role_of(keyward, mode, number).policy if role else policy(keyward, mode, "--principal", HUB)
        printed["Statement"] = [one for one in printed["Statement"] if one["Effect"] != "Deny"]
        edit, whose = ("put_role_policy", {"role": role}) if role else ("put_user_policy", {"user": "hub"})
        sandbox.edit(edit, **whose, account=number, name="rights", policy=printed)
        assert read() == "x"


def test_a_trust_policy_lets_nobody_else_in(tmp_path):
    with stage(tmp_path, *STAGES["central-by-role"]) as (sandbox, keyward, _):
        trust = policy(keyward, "rotate", "--trust", "--principal", HUB)

        def audit(code):
            result = keyward("audit").expect(code)
            assert ("AccessDenied" in result.stdout + result.stderr) == (code != 3)

        audit(3)
        for other in ({"aws:PrincipalOrgID": "o-other"}, {"sts:ExternalId": "another"}, {"sts:RoleSessionName": "somebody"}):
            changed = json.loads(json.dumps(trust))
            equal = changed["Statement"][0]["Condition"]["StringEquals"]
            assert other.keys() <= equal.keys()
            equal.update(other)
            sandbox.edit("put_role_trust", account=A, role="keyward-rotate", policy=changed)
            audit(4)
        for_admin = policy(keyward, "rotate", "--trust", "--principal", HUB.replace("hub", "admin"))
        sandbox.edit("put_role_trust", account=A, role="keyward-rotate", policy=for_admin)
        audit(4)
        sandbox.edit("put_role_trust", account=A, role="keyward-rotate", policy=trust)
        audit(3)


# ---- CloudFormation

REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
CONFIGURATIONS = {
    "plain": {},
    "member": {"store": STORES["member"], **WEAKER},
    "default-key": {"store": STORES["member-default-key"]},
    "role": {"store": STORES["central-by-role"], "organization": LISTED},
    "caller": {"store": STORES["central-by-caller"], "organization": {"id": ORGANIZATION}},
    "key": {"store": {"kms_key_id": "arn:aws:kms:us-east-1:222222222222:key/12345678-1234-1234-1234-123456789012"}},
    "path": {"member_role": "security/keyward-rotate", "external_id": "literal"},
    "named": {"accounts": {"default": "opt-in", "include": [{"id": A}, {"id": B}]}},
    "overrides": {"accounts": {"default": "opt-in", "include": [{"ou": "ou-ab12-11111111"}], "overrides": [
        {"match": {"id": A}, "store": {"region": "eu-west-1"}}, {"match": {"id": B}, "store": STORES["central-by-role"]}]}},
    "channels": {"notify": {
        "templates": "s3://templates/mail", "recipients_file": "dynamodb://owners", "allowed_domains": ["example.org"],
        "smtp_user": "ssm:/keyward/user", "smtp_password": "ssm:/keyward/password",
        "channels": [{"type": "ses", "configuration_set": "keyward"}, {"type": "smtp", "host": "smtp.example.org"}, {"type": "metrics"},
                     {"type": "sns", "topic_arn": f"arn:aws:sns:us-east-1:{HUB_ACCOUNT}:keyward"},
                     {"type": "slack", "url": "ssm:/keyward/slack"}]}},
}  # fmt: skip


def printed_templates(tmp_path):
    """Every mode of every configuration, and of every partition, each text once."""
    texts = set()
    for name, configuration in CONFIGURATIONS.items():
        keyward = Keyward(tmp_path / name, {"KEYWARD_EXTERNAL_ID": EXTERNAL_ID}, **configuration)
        for partition, region in REGIONS.items() if name == "plain" else [("aws", REGIONS["aws"])]:
            for mode in ("control", "inventory", "audit", "rotate", "store", "secret-rotation"):
                result = keyward("--region", region, "policy", mode, "--format", "cloudformation")
                if mode == "store" and result.code == 2:
                    assert "keyward policy rotate" in result.stderr and result.stdout == ""
                    continue
                texts.add(result.expect(0).stdout)
                assert all(f"arn:{other}:" not in result.stdout for other in REGIONS if other != partition)
    return sorted(texts)


def faults_of(template, file):
    file.write_text(template if isinstance(template, str) else json.dumps(template))
    return [str(fault) for fault in cfnlint.lint_file(file)]


def test_templates_are_without_faults(tmp_path):
    texts = printed_templates(tmp_path)
    assert len(texts) > 20
    assert faults_of(texts[0], tmp_path / "first.json") == []
    # cfn-lint takes a second for a template, however small: the others are put into one.
    together = {"AWSTemplateFormatVersion": "2010-09-09", "Parameters": {}, "Resources": {}, "Outputs": {}}
    for number, text in enumerate(texts):
        for name in ("KeywardRole", "KeywardPolicy", "RoleArn", "PolicyArn"):
            text = text.replace(f'"{name}"', f'"{name}{number}"')
        text = text.replace('"RoleName": "', f'"RoleName": "n{number}-')
        for section, members in json.loads(text).items():
            if section in ("Parameters", "Resources", "Outputs"):
                together[section].update(members)
    assert len(together["Resources"]) == len(texts)
    assert faults_of(together, tmp_path / "together.json") == []
    # cfn-lint knows IAM's actions: otherwise its silence would say nothing.
    sound = next(text for text in texts if "iam:ListUsers" in text)
    broken = json.loads(sound.replace("iam:ListUsers", "iam:ListUser"))
    assert any("W3037" in fault for fault in faults_of(broken, tmp_path / "broken.json"))


# ---- the command


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("rotate", "--trust"), "--principal ARN"),
        (("control", "--trust"), "depends on where it runs"),
        (("rotate", "--trust", "--format", "cloudformation"), "the template has the role"),
        (("rotate", "--principal", "arn:aws:sts::111111111111:assumed-role/keyward/i-1"), "name its role"),
        (("rotate", "--principal", "keyward"), "is not an ARN"),
        (("rotate", "--trust", "--principal", "arn:aws:iam::111122223333:role/*"), "has *, ? or $ in it"),
        (("rotate", "--trust", "--principal", "arn:aws:iam::111122223333:role/keywar?"), "has *, ? or $ in it"),
        (("rotate", "--trust", "--principal", "arn:aws:iam::111122223333:user/${aws:username}"), "has *, ? or $ in it"),
        (("control", "--principal", "arn:aws:iam::111122223333:role/*", "--format", "cloudformation"), "has *, ? or $ in it"),
        (("rotate", "--trust", "--principal", "arn:aws:iam::111122223333:role/"), "is no role, user or account"),
        (("rotate", "--trust", "--principal", "arn:aws:iam::111122223333:role/a:root"), "is no role, user or account"),
        (("store",), "no central store"),
        (("everything",), "none of control, inventory"),
    ],
)
def test_what_cannot_be_printed_is_refused(tmp_path, arguments, words):
    result = Keyward(tmp_path, {})("policy", *arguments).expect(2)
    assert words in result.stderr and result.stdout == ""


def test_a_stack_takes_no_pattern_for_who_runs_keyward(tmp_path):
    """The same letters as in the templates of deploy/."""
    template = policy(Keyward(tmp_path, {}), "rotate", "--format", "cloudformation")
    given = {"KeywardPrincipal": HUB, "ExternalId": EXTERNAL_ID}
    Stack(template, account=A, **{name: value for name, value in given.items() if name in template["Parameters"]})
    for name in ("role/*", "role/keywar?", "role/${aws:PrincipalTag/x}"):
        with pytest.raises(Refused, match="KeywardPrincipal"):
            Stack(template, account=A, KeywardPrincipal=f"arn:aws:iam::{HUB_ACCOUNT}:{name}")
    member = template_of("cloudformation/member.yaml")["Parameters"]["KeywardPrincipal"]
    assert template["Parameters"]["KeywardPrincipal"]["AllowedPattern"] == member["AllowedPattern"]


def test_what_is_wider_than_wished_is_said_and_only_there(tmp_path):
    result = Keyward(tmp_path, {}, organization={})("policy", "control").expect(0)
    json.loads(result.stdout)
    words = " ".join(result.stderr.split())
    assert "set organization.id" in words and "--principal" in words
    result = Keyward(tmp_path / "trust", {})("policy", "rotate", "--trust", "--principal", f"arn:aws:iam::{HUB_ACCOUNT}:root").expect(0)
    words = " ".join(result.stderr.split())
    assert "sts:ExternalId" in words and "aws:PrincipalOrgID" in words and "name the role" in words


def test_a_policy_that_iam_would_not_take_says_so(tmp_path):
    regions = ["eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1", "eu-south-1", "ap-south-1", "ap-east-1", "sa-east-1", "us-west-1"]
    overrides = [{"match": {"id": f"{number:012}"}, "store": {"region": region}} for number, region in enumerate(regions, 1)]
    keyward = Keyward(tmp_path, {"AWS_REGION": "us-east-1"}, accounts={"default": "opt-out", "overrides": overrides})
    result = keyward("policy", "rotate").expect(0)
    assert "IAM takes 6144 of a managed policy" in " ".join(result.stderr.split())


def test_a_test_gives_printed_rights_or_says_why_not(tmp_path):
    """Or it would show what keyward does with rights that nobody has."""
    with organization(account(A)) as sandbox:
        elsewhere = {**sandbox.environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        with pytest.raises(printed_rights.OtherRights, match="AWS_ENDPOINT_URL"):
            Keyward(tmp_path, elsewhere)
        assert sandbox.rights is None
        Keyward(tmp_path, elsewhere, other_rights="a reason")
        assert sandbox.rights is None
        Keyward(tmp_path, elsewhere, sandbox=sandbox)
        assert sandbox.rights
