"""An organization in which everything was made by the stacks of deploy/cloudformation, and the configuration they tell."""

import yaml

from cloudformation import Stack

ORGANIZATION = "o-exampleorgid"
EXTERNAL_ID = "ext-1"
MANAGEMENT, CONTROL, STORE = "111111111111", "444444444444", "555555555555"
PRINCIPAL = f"arn:aws:iam::{CONTROL}:role/keyward"
COMMON = {"KeywardPrincipal": PRINCIPAL, "OrganizationId": ORGANIZATION, "ExternalId": EXTERNAL_ID}
REPLICAS = {"ReplicaRegion": "eu-west-1"}
TOPIC = f"arn:aws:sns:us-east-1:{CONTROL}:keyward"


def merged(*texts):
    """Configurations laid over each other, as somebody writes one config.yaml of several outputs."""

    def lay(below, above):
        for key, value in above.items():
            below[key] = lay(below[key], value) if isinstance(value, dict) and key in below else value
        return below

    result = {}
    for text in texts:
        lay(result, yaml.safe_load(text))
    return result


class Deployment:
    """The stacks of an organization. `store` is member or central; the rest is parameters of the stacks."""

    def __init__(self, store="member", *, region="us-east-1", member=(), inventory=(), central=(), control=()):
        self.region = region
        self.is_central = store == "central"
        self.store_parameters = {"SecretsRegion": region, **REPLICAS, "KeyAlias": "alias/keyward"} | dict(central)
        self.member_parameters = {"Store": store, "SecretsRegion": region} | dict(member)
        if self.is_central:
            below = {key: value for key, value in self.store_parameters.items() if key != "RoleName"}
            self.member_parameters = below | self.member_parameters
        role = self.central(region).output("RoleArn") if self.is_central else ""
        self.inventory = Stack("cloudformation/inventory.yaml", account=MANAGEMENT, **COMMON, **dict(inventory))
        self.control = Stack(
            "cloudformation/control.yaml",
            account=CONTROL,
            region=region,
            OrganizationId=ORGANIZATION,
            InventoryRoleArn=self.inventory.output("RoleArn"),
            StoreRoleArn=role,
            **dict(control),
        )

    def central(self, region):
        home = region == self.store_parameters["SecretsRegion"]
        place = {"account": STORE, "region": region, "MakeRole": "yes" if home else "no"}
        return Stack("cloudformation/central-store.yaml", **place, **COMMON, **self.store_parameters)

    def member(self, account):
        return Stack("cloudformation/member.yaml", account=account, **COMMON, **self.member_parameters)

    def configuration(self):
        texts = [self.control.output("Configuration"), self.inventory.output("Configuration"), self.member(CONTROL).output("Configuration")]
        if self.is_central:
            texts.append(self.central(self.region).output("Configuration"))
        return merged(*texts)

    def roles(self, account):
        """(mode of keyward, its right's document, its trust's document or None) of what the stacks make in an account."""
        stacks = [self.member(account)]
        if account == MANAGEMENT:
            stacks.append(self.inventory)
        if account == STORE and self.is_central:
            stacks.append(self.central(self.region))
        if account == CONTROL:
            stacks.append(self.control)
        for stack in stacks:
            trusts = {kind: document for _, kind, document in stack.trusts()}
            for _, kind, document in stack.identity_policies():
                yield kind, document, trusts.get(kind)


# ---- what the tests deploy

SES = {"Sender": "keyward@example.org", "ConfigurationSet": "keyward", "TopicArn": TOPIC, "Metrics": "calls"}
HOOK = f"arn:aws:ssm:us-east-1:{CONTROL}:parameter/keyward/hook"
SLACK = {"type": "slack", "url": f"ssm:{HOOK}"}
TWO_REPLICAS = {"ReplicaRegion": "eu-west-1", "SecondReplicaRegion": "ap-south-1"}
OWNERS = ["user_tag"]
STANDBY_ROLES = {"AuditRoleName": "keyward-audit-standby", "RotateRoleName": "keyward-rotate-standby"}
DEPLOYMENTS = {
    "member": (Deployment(inventory={"ByTag": "no", "AlternateContacts": "no"}), {"notify": {"owner": OWNERS}}),
    "member-with-all": (
        Deployment(
            member={"ExemptGroup": "Exempt", "KeyAlias": "alias/own", "SecurityHubRegion": "us-east-1", **TWO_REPLICAS},
            inventory={"ByUnit": "yes"},
            control={**SES, "ChannelParameters": HOOK},
        ),
        {
            "accounts": {"default": "opt-in", "include": [{"ou": "ou-ab12-11111111"}, {"tag": {"keyward": "enabled"}}]},
            "more_channels": [SLACK],
        },
    ),
    "member-with-replica": (Deployment(member={"ReplicaRegion": "eu-west-1"}, inventory={"ByTag": "no"}), {}),
    "member-with-key": (Deployment(member={"KeyAlias": "alias/own"}, inventory={"ByTag": "no"}), {}),
    "central": (Deployment("central", inventory={"ByTag": "no"}, control={"Sender": "keyward@example.org"}), {}),
    "central-with-replicas": (Deployment("central", inventory={"ByTag": "no"}, central=TWO_REPLICAS), {}),
    # What stands in a standby region, ready to take over: the regions exchanged, and roles of its own for that.
    "standby": (
        Deployment(
            "central",
            region="eu-west-1",
            member=STANDBY_ROLES,
            inventory={"ByTag": "no"},
            central={"ReplicaRegion": "us-east-1", "RoleName": "keyward-store-standby"},
            control={**STANDBY_ROLES, "MakeRole": "no", "Sender": "keyward@example.org"},
        ),
        {},
    ),
    "central-alone": (Deployment("central", inventory={"ByTag": "no"}, central={"ReplicaRegion": ""}), {}),
}  # fmt: skip

# Parameters of the stacks beside those of the organization.
ARN = "arn:aws:{}:us-east-1:444444444444:{}".format
PLACE = {
    "RoleArn": PRINCIPAL,
    "KeyArn": ARN("kms", "key/1"),
    "LogGroup": "/keyward/keyward",
    "DeadLetterQueueArn": ARN("sqs", "dead"),
    "ExternalId": EXTERNAL_ID,
}
IMAGE = f"{CONTROL}.dkr.ecr.us-east-1.amazonaws.com/keyward@sha256:{'0' * 64}"
TASK = {
    "ImageUri": IMAGE,
    "RepositoryArn": ARN("ecr", "repository/keyward"),
    "VpcId": "vpc-1",
    "SubnetA": "subnet-1",
    "SubnetB": "subnet-2",
    "SecurityGroup": "sg-1",
}
NETWORK = {"OrganizationId": ORGANIZATION, "VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2"}
FANOUT = {
    "FunctionArn": ARN("lambda", "function:keyward"),
    "KeyArn": ARN("kms", "key/1"),
    "TopicArn": ARN("sns", "alarms"),
    "DefinitionBucket": "artifacts",
    "DefinitionVersion": "7",
}
