"""What policies say: the same in other words, and what none of ours may say."""

import json

# Of services in which nearly every other call gives rights to somebody: all that may be, beside what reads.
ONLY = {
    "iam": ["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "TagUser", "GenerateCredentialReport", "SimulatePrincipalPolicy"],
    "organizations": [],
    "sts": ["AssumeRole"],
}
READING = ("Get", "List", "Describe")
NEVER = {
    "iam": ["GetLoginProfile", "GetSSHPublicKey"],
    "sts": ["GetFederationToken", "GetSessionToken"],
    "secretsmanager": ["GetSecretValue", "BatchGetSecretValue", "DeleteSecret", "UpdateSecret", "RotateSecret", "CancelRotateSecret",
                       "DeleteResourcePolicy", "RemoveRegionsFromReplication", "StopReplicationToReplica", "RestoreSecret"],
    "kms": ["CreateGrant", "RevokeGrant", "RetireGrant", "PutKeyPolicy", "ScheduleKeyDeletion", "DisableKey", "ReplicateKey",
            "CreateAlias", "UpdateAlias", "DeleteAlias", "ReEncryptFrom", "ReEncryptTo", "DeleteImportedKeyMaterial"],
}
# Who may write the policy of a secret could let itself read it: one that names a role allows, without any policy of the
# role. Only a Deny of its own stands against that.
NO_READING = {"Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
# In policies of one kind alone: the scheduler starts tasks in a role, and the rotation by Secrets Manager reads what it is to renew.
STILL = {
    ("iam:PassRole", "schedule"),
    ("secretsmanager:GetSecretValue", "secret-rotation"),
}  # fmt: skip
# AWS scopes none of these calls.
UNSCOPED = {
    "cloudwatch:PutMetricData", "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses", "ecr:GetAuthorizationToken",
    "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:ListUsers", "organizations:DescribeOrganization",
    "organizations:ListAccounts", "organizations:ListRoots",
}  # fmt: skip


def as_list(value):
    return value if isinstance(value, list) else [value]


def plain(document):
    """A policy in one form: what IAM takes for the same is the same."""

    def of(value):
        if isinstance(value, dict):
            return {key: of(item) for key, item in value.items()}
        return sorted(as_list(value))

    rest = lambda statement: {key: of(value) for key, value in statement.items() if key != "Sid"}
    return {statement.get("Sid"): rest(statement) for statement in document["Statement"]}


def may_never_be(service, name):
    if name in NEVER.get(service, []):
        return True
    return service in ONLY and name not in ONLY[service] and not name.startswith(READING)


def allows(document, action):
    return any(one["Effect"] == "Allow" and action in as_list(one["Action"]) for one in document["Statement"])


def faults_in(document, kind):
    """What no policy of ours may say."""
    if allows(document, "secretsmanager:PutResourcePolicy") and NO_READING not in [
        {key: value for key, value in one.items() if key != "Sid"} for one in document["Statement"]
    ]:
        yield "could let itself read secrets"
    for statement in document["Statement"]:
        if statement["Effect"] == "Deny":
            continue
        if "NotAction" in statement or "NotResource" in statement:
            yield f"allows what it does not name: {statement}"
        for action in as_list(statement["Action"]):
            service, _, name = action.partition(":")
            if "*" in action:
                yield f"{action} has a wildcard"
            if may_never_be(service, name) and (action, kind) not in STILL:
                yield f"{action} may never be"
            if "*" in as_list(statement["Resource"]) and action not in UNSCOPED:
                yield f"{action} on everything"
            if action == "iam:PassRole" and "iam:PassedToService" not in json.dumps(statement.get("Condition", {})):
                yield f"{action} to any service"
        for resource in as_list(statement["Resource"]):
            if ":secret:" in resource and not resource.partition(":secret:")[2].startswith("Account_"):
                yield f"reaches other secrets than keyward's: {resource}"
