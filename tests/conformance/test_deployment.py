"""The templates of deploy/: faultless, with the rights that `keyward policy` prints and no others."""

import ast
import collections
import json
import re
import shlex
import subprocess

import boto3
import cfnlint
import moto
import pytest

from cloudformation import DEPLOY, Refused, Stack, template_of
from deployments import COMMON, CONTROL, DEPLOYMENTS, EXTERNAL_ID, IMAGE, MANAGEMENT, NETWORK, ORGANIZATION, PLACE, PRINCIPAL, STORE, TASK
from deployments import Deployment
from keyward_process import ROOT, Keyward
from policies import NO_READING, as_list, faults_in, plain

TEMPLATES = sorted(path.relative_to(DEPLOY) for path in DEPLOY.rglob("*.yaml") if "AWSTemplateFormatVersion" in path.read_text())


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_a_template_is_without_faults(template):
    assert [str(fault) for fault in cfnlint.lint_file(DEPLOY / template)] == []


# ---- the same rights in template and command

PLACES = {"control": CONTROL, "inventory": MANAGEMENT, "audit": "222222222222", "rotate": "222222222222", "store": STORE}


def command(tmp_path, deployment, extra):
    configuration = deployment.configuration()
    extra = json.loads(json.dumps(extra))
    configuration["notify"]["channels"] += extra.pop("more_channels", [])
    configuration["notify"] |= extra.pop("notify", {})
    keyward = Keyward(tmp_path, {"KEYWARD_EXTERNAL_ID": EXTERNAL_ID}, **configuration | extra)
    return lambda *arguments: json.loads(keyward("--region", deployment.region, "policy", *arguments).expect(0).stdout)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_template_gives_what_the_command_prints(tmp_path, name):
    deployment, extra = DEPLOYMENTS[name]
    policy = command(tmp_path, deployment, extra)
    for mode in ("control", "inventory", "audit", "rotate", *(["store"] if deployment.is_central else [])):
        principal = ["--principal", PRINCIPAL] if mode == "control" else []
        template = policy(mode, "--format", "cloudformation", *principal)
        given = {key: value for key, value in COMMON.items() if key in template.get("Parameters", {})}
        printed = Stack(template, account=PLACES[mode], region=deployment.region, **given)
        made = {kind: (rights, trust) for kind, rights, trust in deployment.roles(PLACES[mode])}
        if mode == "control":
            assert plain(made[mode][0]) == plain(printed.properties("KeywardPolicy")["PolicyDocument"])
            continue
        ((_, _, rights),) = printed.identity_policies()
        ((_, _, trust),) = printed.trusts()
        assert plain(made[mode][0]) == plain(rights), mode
        assert plain(made[mode][1]) == plain(trust), mode


MOTO = "123456789012"
# moto takes conditions of conditions for false: none of these here.
EVERYWHERE = {"SecretsRegion": "us-east-1", "ReplicaRegion": "eu-west-1", "SecondReplicaRegion": "ap-south-1", "KeyAlias": "alias/keyward"}
READ_BY_MOTO = {
    "member": COMMON | {"SecretsRegion": "us-east-1", "ExemptGroup": "Exempt", "SecurityHubRegion": "us-east-1"},
    "inventory": COMMON | {"ByUnit": "yes", "ByTag": "no"},
    "central-store": COMMON | EVERYWHERE,
}


def test_another_cloudformation_reads_the_templates_likewise(monkeypatch):
    """What the tests take for CloudFormation's answer is also that of moto, which has it from others."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with moto.mock_aws():
        iam, kms = (boto3.client(service, region_name="us-east-1") for service in ("iam", "kms"))
        cloudformation = boto3.client("cloudformation", region_name="us-east-1")
        for name, parameters in READ_BY_MOTO.items():
            stack = Stack(f"cloudformation/{name}.yaml", account=MOTO, name=name, **parameters)
            given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
            text = (DEPLOY / f"cloudformation/{name}.yaml").read_text()
            cloudformation.create_stack(StackName=name, TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_NAMED_IAM"])
            (made,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
            # Of a list that it joins moto writes what is not there, too.
            outputs = {one["OutputKey"]: re.sub(r"(\n|, )None", "", one["OutputValue"]) for one in made["Outputs"]}
            # Only AWS knows the id of a key.
            key = outputs.pop("KeyArn", None)
            assert outputs == {key: value for key, value in stack.outputs().items() if key != "KeyArn"}
            if key:
                assert kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"] == stack.properties("Key")["KeyPolicy"]
            for role, document in {stack.properties(role)["RoleName"]: document for role, _, document in stack.identity_policies()}.items():
                policy = iam.get_role_policy(RoleName=role, PolicyName="keyward")["PolicyDocument"]
                # moto keeps it as Python writes it, with None for a statement that is not there.
                policy = ast.literal_eval(policy)
                assert [one for one in policy["Statement"] if one] == document["Statement"]
            for role, document in {stack.properties(role)["RoleName"]: document for role, _, document in stack.trusts()}.items():
                assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == document


def test_iam_has_room_for_every_policy():
    """IAM counts characters without white space ("IAM and AWS STS quotas")."""
    for stack in stacks():
        inline = collections.Counter()
        for name, _, document in stack.identity_policies():
            inline[stack.properties(name)["RoleName"] if "RoleName" in stack.properties(name) else name] += length_of(document)
        assert max(inline.values(), default=0) <= 10_240
        assert all(length_of(document) <= 2_048 for _, _, document in stack.trusts())


def length_of(document):
    return len(json.dumps(document, separators=(",", ":")).replace(" ", ""))


# ---- nothing that may never be

FUNCTION = Stack("cloudformation/function.yaml", account=CONTROL, **PLACE, ImageUri=IMAGE)
ON_FARGATE = Stack("cloudformation/task.yaml", account=CONTROL, **PLACE, **TASK)


def stacks():
    for deployment, _ in DEPLOYMENTS.values():
        yield from (deployment.control, deployment.inventory, deployment.member("222222222222"))
        if deployment.is_central:
            yield deployment.central(deployment.region)
    listing = {"OrganizationId": ORGANIZATION, "InventoryRoleArn": PRINCIPAL}
    yield Stack("cloudformation/control.yaml", account=CONTROL, **listing, FunctionInNetwork="yes")
    yield from (FUNCTION, ON_FARGATE)


def test_no_role_holds_what_it_may_never_hold():
    seen = set()
    for stack in stacks():
        for name, kind, document in stack.identity_policies():
            assert list(faults_in(document, kind)) == [], name
            seen.add(kind)
    assert seen == {"control", "place", "inventory", "audit", "rotate", "store", "schedule", "task-start"}
    # Otherwise the silence above would say nothing.
    bad = {"Statement": [{"Effect": "Allow", "Action": ["iam:PutUserPolicy", "s3:*"], "Resource": "*"}]}
    assert len(list(faults_in(bad, "rotate"))) == 4
    secret = "arn:aws:secretsmanager:us-east-1:111111111111:secret:Account_*"
    unguarded = {"Statement": [{"Effect": "Allow", "Action": "secretsmanager:PutResourcePolicy", "Resource": secret}]}
    assert list(faults_in(unguarded, "rotate")) == ["could let itself read secrets"]
    assert list(faults_in({"Statement": [*unguarded["Statement"], NO_READING]}, "rotate")) == []


# Ways from a few rights to all, as they are known.
ESCALATIONS = """
    PassRole CreateRole CreateServiceLinkedRole UpdateAssumeRolePolicy AddRoleToInstanceProfile CreateUser AddUserToGroup
    PutUserPolicy PutGroupPolicy PutRolePolicy AttachUserPolicy AttachGroupPolicy AttachRolePolicy CreatePolicy CreatePolicyVersion
    SetDefaultPolicyVersion DeleteUserPolicy DetachUserPolicy DeleteUserPermissionsBoundary DeleteRolePermissionsBoundary
    PutUserPermissionsBoundary CreateLoginProfile UpdateLoginProfile ChangePassword CreateServiceSpecificCredential
    ResetServiceSpecificCredential UploadSSHPublicKey UploadSigningCertificate CreateVirtualMFADevice EnableMFADevice
    DeactivateMFADevice CreateSAMLProvider UpdateSAMLProvider CreateOpenIDConnectProvider AddClientIDToOpenIDConnectProvider
    UntagUser TagRole
"""
MORE_ESCALATIONS = ["sts:AssumeRoot", "sts:GetFederationToken", "organizations:AttachPolicy", "organizations:MoveAccount",
                    "secretsmanager:GetSecretValue", "kms:CreateGrant", "kms:PutKeyPolicy"]  # fmt: skip


@pytest.mark.parametrize("action", [*(f"iam:{name}" for name in ESCALATIONS.split()), *MORE_ESCALATIONS])
def test_a_right_that_leads_to_others_would_be_seen(action):
    bad = {"Statement": [{"Effect": "Allow", "Action": action, "Resource": "arn:aws:iam::111111111111:user/x"}]}
    assert f"{action} may never be" in list(faults_in(bad, "rotate"))


def test_the_role_that_reads_changes_nothing():
    for deployment, _ in DEPLOYMENTS.values():
        for kind, document, _ in (*deployment.roles("222222222222"), *deployment.roles(MANAGEMENT)):
            actions = [action for statement in document["Statement"] for action in as_list(statement["Action"])]
            if kind in ("audit", "inventory"):
                # Generating a report changes nothing but the report.
                reading = ("Get", "List", "Describe", "GenerateCredentialReport")
                assert all(action.split(":")[1].startswith(reading) for action in actions), actions


def test_only_keyward_of_this_organization_is_let_in():
    seen = set()
    for stack in stacks():
        for _, kind, document in stack.trusts():
            seen.add(kind)
            for statement in document["Statement"]:
                assert statement["Effect"] == "Allow" and statement["Action"] == "sts:AssumeRole"
                if kind in ("audit", "rotate", "inventory", "store"):
                    assert statement["Principal"] == {"AWS": CONTROL}
                    assert statement["Condition"] == {
                        "ArnEquals": {"aws:PrincipalArn": PRINCIPAL},
                        "StringEquals": {
                            "sts:ExternalId": EXTERNAL_ID,
                            "sts:RoleSessionName": "keyward",
                            "aws:PrincipalOrgID": ORGANIZATION,
                        },
                    }
                else:
                    # Lambda says nothing of the account it comes from.
                    service = statement["Principal"]["Service"]
                    assert service == "lambda.amazonaws.com" or statement["Condition"]["StringEquals"]["aws:SourceAccount"] == CONTROL
    assert {"audit", "rotate", "inventory", "store"} <= seen


def test_the_central_key_is_read_only_through_secrets_manager():
    for region in ("us-east-1", "eu-west-1"):
        stack = Deployment("central").central(region)
        for statement in stack.properties("Key")["KeyPolicy"]["Statement"]:
            actions = set(as_list(statement["Action"]))
            assert not any("*" in action for action in actions)
            if actions & {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}:
                services = statement["Condition"]["StringEquals"]["kms:ViaService"]
                assert services == [f"secretsmanager.{region}.amazonaws.com" for region in ("us-east-1", "eu-west-1")]
            if statement["Principal"] == {"AWS": "*"}:
                assert actions == {"kms:Decrypt"} and statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"] == ORGANIZATION
    assert set(Deployment("central").central("eu-west-1").resources) == {"Key", "Alias"}


# ---- networks

def test_a_private_network_lets_through_every_call_of_keyward_and_nobody_else():
    template = template_of("cloudformation/vpc-endpoints.yaml")
    everything = {name: "yes" for name in template["Parameters"] if name.startswith("With")}
    everything |= {"RouteTableIds": "rtb-11111111", "S3PrefixList": "pl-11111111"}
    stack = Stack(template, account=CONTROL, **NETWORK, **everything)
    admitted = set()
    for name, resource in stack.resources.items():
        properties = stack.properties(name)
        if resource["Type"] == "AWS::EC2::VPCEndpoint":
            for statement in properties.get("PolicyDocument", {"Statement": []})["Statement"]:
                admitted |= set(as_list(statement["Action"]))
                of_aws = "starport-layer-bucket" in str(statement["Resource"])
                assert of_aws or statement["Condition"]["StringEquals"]["aws:PrincipalOrgID"] == ORGANIZATION
            assert "PolicyDocument" in properties or properties["ServiceName"].endswith("email-smtp")
    needed = {"sts:GetCallerIdentity"}
    for other in stacks():
        for _, kind, document in other.identity_policies():
            if kind in ("control", "inventory", "audit", "rotate", "store", "task-start"):
                allowed = [statement for statement in document["Statement"] if statement["Effect"] == "Allow"]
                needed |= {action for statement in allowed for action in as_list(statement["Action"])}
    # Secrets Manager asks KMS itself.
    assert {action for action in needed if not action.startswith("kms:")} <= admitted
    assert not any("*" in action for action in admitted)


def test_no_security_group_knows_the_whole_world():
    for file in DEPLOY.rglob("*"):
        if file.suffix in (".yaml", ".tf", ".json"):
            if "kubernetes" not in file.parts:
                assert "0.0.0.0/0" not in file.read_text() and "::/0" not in file.read_text(), file
    for template in ("vpc-endpoints", "task"):
        for name, resource in template_of(f"cloudformation/{template}.yaml")["Resources"].items():
            # A group without a rule for what leaves it lets everything out.
            assert resource["Type"] != "AWS::EC2::SecurityGroup" or resource["Properties"]["SecurityGroupEgress"], name


# ---- parameters


@pytest.mark.parametrize(
    "template, parameters, words",
    [
        ("member", {**COMMON, "SecretsRegion": "us-east-1", "AuditRoleName": "keyward-rotate"}, "roles of their own"),
        ("member", {**COMMON, "SecretsRegion": "us-east-1", "SecondReplicaRegion": "eu-west-1"}, "without ReplicaRegion"),
        ("member", {**COMMON, "SecretsRegion": "us-east-1", "ReplicaRegion": "us-east-1"}, "in another region"),
        ("member", {**COMMON, "SecretsRegion": "Frankfurt"}, "SecretsRegion: Frankfurt"),
        ("member", {**COMMON, "SecretsRegion": "us-east-1", "KeywardPrincipal": f"arn:aws:iam::{CONTROL}:root"}, "KeywardPrincipal"),
        ("member", {**COMMON}, "SecretsRegion is required"),
        ("central-store", {**COMMON, "SecretsRegion": "us-east-1", "KeyAlias": "alias/aws/secretsmanager"}, "read from another account"),
        ("function", PLACE, "there is a zip in ArtifactBucket"),
        ("function", {**PLACE, "ArtifactBucket": "artifacts", "ArtifactHash": "A" * 43 + "="}, "needs ArtifactVersion"),
        ("function", {**PLACE, "ArtifactBucket": "artifacts", "ArtifactVersion": "1"}, "needs ArtifactHash"),
        ("function", {**PLACE, "ImageUri": "keyward:latest"}, "ImageUri: keyward:latest"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(template, parameters, words):
    with pytest.raises(Refused, match=words):
        Stack(f"cloudformation/{template}.yaml", account=CONTROL, **parameters)


def test_the_commands_of_the_page_are_taken():
    """Those of docs/aws.md that name every parameter: the others say so by three dots."""
    page = (ROOT / "docs/aws.md").read_text()
    code = "\n".join(line.strip() for line in page.splitlines() if line.startswith("    ")).replace("\\\n", " ")
    words = {"id": ORGANIZATION, "external": EXTERNAL_ID, "control": CONTROL}
    words["trust"] = " ".join(f"{key}={value}" for key, value in COMMON.items())
    tried = []
    for line in re.findall(r"^aws cloudformation deploy .*$", code, re.MULTILINE):
        line = re.sub(r"\$(\w+)", lambda match: words.get(match[1], match[0]), line)
        template = re.search(r"--template-file (\S+)", line)[1]
        given = dict(word.split("=", 1) for word in shlex.split(line.partition("--parameter-overrides")[2]) if "=" in word)
        declared = template_of(template.removeprefix("deploy/"))["Parameters"]
        assert set(given) <= set(declared), line
        if "..." not in line:
            Stack(template.removeprefix("deploy/"), account=CONTROL, **given)
            tried.append(template)
    assert len(tried) == 3


@pytest.mark.parametrize("stack", [FUNCTION, ON_FARGATE], ids=["function", "task"])
def test_a_run_by_hand_is_what_a_shell_makes_of_it(stack):
    """Braces with a comma are several words to bash."""
    command = stack.output("RunByHand")
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], check=True, capture_output=True, text=True).stdout
    assert words.split("\0")[:-1] == shlex.split(command)


def test_a_function_is_the_code_that_was_meant_and_runs_once_a_day():
    zipped = {"ArtifactBucket": "artifacts", "ArtifactVersion": "7", "ArtifactHash": "A" * 43 + "="}
    for stack in (FUNCTION, Stack("cloudformation/function.yaml", account=CONTROL, **PLACE, **zipped)):
        function = stack.properties("Function")
        assert function["Timeout"] == 900 and function["ReservedConcurrentExecutions"] == 1
        assert stack.properties("FunctionStarts")["MaximumRetryAttempts"] == 0
        assert stack.properties("Schedule")["Target"]["Input"] == "{}"
    assert function["Code"] == {"S3Bucket": "artifacts", "S3Key": "keyward.zip", "S3ObjectVersion": "7"}
    assert stack.properties("ProvedFunction")["CodeSha256"] == zipped["ArtifactHash"]
    assert FUNCTION.properties("Function")["Code"] == {"ImageUri": IMAGE} and "Runtime" not in FUNCTION.properties("Function")


def test_both_runs_are_dry_until_somebody_says_otherwise():
    assert FUNCTION.properties("Function")["Environment"]["Variables"]["DryRunFlag"] == "true"
    (container,) = ON_FARGATE.properties("Task")["ContainerDefinitions"]
    assert {"Name": "DryRunFlag", "Value": "true"} in container["Environment"]


def test_the_standby_region_makes_nothing_twice_and_does_not_run():
    home, standby = ({"account": CONTROL, "region": region} for region in ("eu-central-1", "eu-west-1"))
    parameters = {"OrganizationId": ORGANIZATION, "InventoryRoleArn": PRINCIPAL}
    roles = lambda stack: {name for name, resource in stack.resources.items() if resource["Type"] == "AWS::IAM::Role"}
    first = Stack("cloudformation/control.yaml", **home, **parameters)
    second = Stack("cloudformation/control.yaml", **standby, **parameters, MakeRole="no")
    assert roles(first) == {"KeywardRole"} and roles(second) == set()
    assert first.output("RoleArn") == second.output("RoleArn") == PRINCIPAL
    # Both regions' rights hang on the one role, each under a name of its own.
    for name in ("Rights", "PlaceRights"):
        assert second.properties(name)["RoleName"] == "keyward"
        assert first.properties(name)["PolicyName"] != second.properties(name)["PolicyName"]
    for template in ("function", "task"):
        # IAM is global: what is made in both regions has no name of its own.
        for name, resource in template_of(f"cloudformation/{template}.yaml")["Resources"].items():
            assert resource["Type"] != "AWS::IAM::Role" or "RoleName" not in resource["Properties"], name
    stack = Stack("cloudformation/function.yaml", **standby, **PLACE, ImageUri=IMAGE, ScheduleState="DISABLED")
    assert stack.properties("Schedule")["State"] == "DISABLED"
