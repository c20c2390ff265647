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

    def __init__(self, store="member", *, member=(), inventory=(), central=(), control=()):
        self.is_central = store == "central"
        self.store_parameters = {"SecretsRegion": "us-east-1", **REPLICAS, "KeyAlias": "alias/keyward"} | dict(central)
        self.member_parameters = {"Store": store, "SecretsRegion": "us-east-1"} | dict(member)
        if self.is_central:
            self.member_parameters = self.store_parameters | self.member_parameters
        role = self.central("us-east-1").output("RoleArn") if self.is_central else ""
        self.inventory = Stack("cloudformation/inventory.yaml", account=MANAGEMENT, **COMMON, **dict(inventory))
        self.control = Stack(
            "cloudformation/control.yaml",
            account=CONTROL,
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
            texts.append(self.central("us-east-1").output("Configuration"))
        return merged(*texts)

    def roles(self, account):
        """(mode of keyward, its right's document, its trust's document or None) of what the stacks make in an account."""
        stacks = [self.member(account)]
        if account == MANAGEMENT:
            stacks.append(self.inventory)
        if account == STORE and self.is_central:
            stacks.append(self.central("us-east-1"))
        if account == CONTROL:
            stacks.append(self.control)
        for stack in stacks:
            trusts = {kind: document for _, kind, document in stack.trusts()}
            for _, kind, document in stack.identity_policies():
                yield kind, document, trusts.get(kind)
