"""What is changed of a printed policy, one thing at a time, and what must then be seen.

Narrowed: an action, a resource, or a value of a condition is taken away, and an act fails. Widened: a condition, the
limits of a resource or a whole Deny are taken away, and a call that was refused is made."""

import copy
import dataclasses
import json

import botocore.exceptions

from least_privilege_stage import HUB, HUB_ACCOUNT
from organizations import A, B
from policies import as_list

NONE = "-none"


@dataclasses.dataclass(frozen=True)
class Change:
    mode: str
    sid: str
    kind: str  # action, resource, value; condition, limit, deny
    what: str
    document: dict = dataclasses.field(compare=False)
    trust: bool = False

    def __str__(self):
        return f"{self.mode}{' trust' if self.trust else ''}: {self.sid}: {self.kind} {self.what}"


def changed(document, number, edit):
    document = copy.deepcopy(document)
    edit(document["Statement"][number])
    document["Statement"] = [one for one in document["Statement"] if one["Action"] != [] and one.get("Resource", ["*"]) != []]
    return document


def narrowed(mode, document, trust=False):
    for number, statement in enumerate(document["Statement"]):
        place = (mode, statement["Sid"])
        if statement["Effect"] == "Deny":
            continue  # nothing needs it: less of it allows more

        def without(member, item):
            def edit(one, member=member, item=item):
                one[member] = [other for other in as_list(one[member]) if other != item]

            return changed(document, number, edit)

        for action in [] if trust else as_list(statement["Action"]):
            yield Change(*place, "action", action, without("Action", action))
        for resource in [] if trust else as_list(statement["Resource"]):
            # What is everything cannot be less, without being nothing: that is the action's own removal.
            if resource != "*":
                yield Change(*place, "resource", resource, without("Resource", resource))
        for operation, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                for value in as_list(values):

                    def edit(one, operation=operation, key=key, value=value):
                        other = {"true": "false"}.get(value, value + NONE)
                        one["Condition"][operation][key] = [other if item == value else item for item in as_list(one["Condition"][operation][key])]

                    yield Change(*place, "value", f"{operation} {key} {value}", changed(document, number, edit), trust)


def widened(mode, document, trust=False):
    for number, statement in enumerate(document["Statement"]):
        place = (mode, statement["Sid"])
        if statement["Effect"] == "Deny":
            yield Change(*place, "deny", "Deny", changed(document, number, lambda one: one.update(Action=[])))
            continue
        for operation, keys in statement.get("Condition", {}).items():
            for key in keys:

                def edit(one, operation=operation, key=key):
                    del one["Condition"][operation][key]
                    one["Condition"] = {name: rest for name, rest in one["Condition"].items() if rest}
                    if not one["Condition"]:
                        del one["Condition"]

                yield Change(*place, "condition", key, changed(document, number, edit), trust)
        if not trust and "*" not in as_list(statement["Resource"]):
            yield Change(*place, "limit", "Resource", changed(document, number, lambda one: one.update(Resource="*")))


# ---- what a wider policy lets through


def refused(call):
    """Whether AWS lets somebody do this at all; what else is wrong with the call comes later."""
    try:
        call()
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "AuthorizationError")
    return False


class Probes:
    """Calls that the printed rights refuse, made with the identity of a mode."""

    def __init__(self, stage, mode):
        self.stage = stage
        self.sandbox = stage.sandbox
        self.mode = mode
        self.place = A if mode in ("audit", "rotate") else HUB_ACCOUNT
        store = stage.setup.configuration["store"]
        self.secret = store.get("name", "Account_{account_id}_User_{user}_AccessKey").format(account_id=A, user="again")
        self.kms_key = store.get("kms_key_id", "")
        self.is_replicated = bool(store.get("replica_regions"))
        self.session = None if mode in ("control", "secret-rotation") else self.sandbox.assume(self.place, f"keyward-{mode}", RoleSessionName="keyward")

    def client(self, service, region=None):
        return self.sandbox.client(service, self.session, region)

    def admin(self, service, region=None):
        credentials = self.sandbox.admin() if self.place == HUB_ACCOUNT else self.sandbox.member_admin(self.place)
        return self.sandbox.client(service, credentials, region)

    def assume(self, role="keyward-rotate", number=A, **parameters):
        parameters = {"RoleSessionName": "keyward", "ExternalId": self.sandbox.environment["KEYWARD_EXTERNAL_ID"], **parameters}
        parameters = {name: value for name, value in parameters.items() if value is not None}
        return self.client("sts").assume_role(RoleArn=f"arn:aws:iam::{number}:role/{role}", **parameters)

    def make_secret(self, name="other", region=None, **settings):
        self.admin("secretsmanager", region).create_secret(Name=name, SecretString="x", **settings)
        return self.client("secretsmanager", region)

    def out_of_the_organization(self, number):
        self.sandbox.edit("set_account", account=number, organization="o-elsewhere00")

    def mail(self, name=None, **more):
        """In the name of notify.sender, or of somebody else at the same place."""
        own = self.stage.keyward.configuration["notify"]["sender"]
        sender = f"{name}@{own.partition('@')[2]}" if name else own
        raw = {"Raw": {"Data": f"From: {sender}\r\nTo: a@example.org\r\nSubject: x\r\n\r\nx"}}
        self.client("sesv2").send_email(FromEmailAddress=sender, Destination={"ToAddresses": ["a@example.org"]}, Content=raw, **more)

    def own_secret_for_itself(self):
        """Names itself in the policy of a secret that it may write, and reads it."""
        own = HUB if self.mode == "control" else f"arn:aws:iam::{self.place}:role/keyward-{self.mode}"
        allow = {"Effect": "Allow", "Principal": {"AWS": own}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        secrets = self.client("secretsmanager")
        secrets.put_resource_policy(SecretId=self.secret, ResourcePolicy=document, BlockPublicPolicy=True)
        secrets.get_secret_value(SecretId=self.secret)

    def contact(self, kind):
        self.client("account").get_alternate_contact(AlternateContactType=kind, AccountId=A)

    # By (Sid, what is taken away)

    def of(self, change):
        return self.calls()[(change.sid, change.what)]

    def calls(self):
        secrets = lambda: self.client("secretsmanager")
        anyone = json.dumps({"Version": "2012-10-17", "Statement": []})

        def foreign(number):
            self.out_of_the_organization(number)
            return self.assume(number=number)

        def with_own_key():
            """The key itself, and not by way of Secrets Manager."""
            self.client("kms").generate_data_key(KeyId=self.kms_key, KeySpec="AES_256")

        def replica_of_own_key():
            self.client("kms", "eu-west-1").encrypt(KeyId=self.kms_key, Plaintext=b"x")

        def replica_under_another_key():
            regions = [{"Region": "eu-west-1", "KmsKeyId": "alias/other"}]
            secrets().replicate_secret_to_regions(SecretId=self.secret, AddReplicaRegions=regions)

        def other_region():
            secrets().replicate_secret_to_regions(SecretId=self.secret, AddReplicaRegions=[{"Region": "eu-central-1"}])

        def tag(key):
            self.client("iam").tag_user(UserName="first", Tags=[{"Key": key, "Value": "x"}])

        metric = [{"MetricName": "x", "Value": 1}]
        name = self.secret.replace("again", "new")
        return {
            ("AssumeRolesInAccounts", "aws:ResourceOrgID"): lambda: foreign(A),
            ("AssumeRolesInAccounts", "Resource"): lambda: self.assume("keyward-other"),
            ("AssumeRolesForListingAndStoring", "Resource"): lambda: self.assume("keyward-other"),
            ("ReadTagsOfAccounts", "Resource"): lambda: self.client("organizations").list_tags_for_resource(ResourceId="ou-zz99-99999999"),
            ("ReadAlternateContacts", "account:AlternateContactTypes"): lambda: self.contact("BILLING"),
            ("SendMail", "ses:FromAddress"): lambda: self.mail("somebody"),
            ("SendMail", "Resource"): lambda: self.mail(ConfigurationSetName="other"),
            ("PublishRuns", "Resource"): lambda: self.client("sns").publish(TopicArn=f"arn:aws:sns:us-east-1:{HUB_ACCOUNT}:other", Message="x"),
            ("WriteMetrics", "cloudwatch:namespace"): lambda: self.client("cloudwatch").put_metric_data(Namespace="other", MetricData=metric),
            ("ReadSecretsOfChannels", "Resource"): lambda: self.client("ssm").get_parameter(Name="/keyward/other"),
            ("ReadMailTemplates", "Resource"): lambda: self.client("s3").get_object(Bucket="templates", Key="secret.txt"),
            ("ReadRecipients", "Resource"): lambda: self.client("dynamodb").scan(TableName="other"),
            ("ReadExemptGroup", "Resource"): lambda: self.client("iam").get_group(GroupName="Other"),
            ("KeepRecordOnUsers", "aws:TagKeys"): lambda: tag("team"),
            ("FindSecrets", "Resource"): lambda: self.make_secret().describe_secret(SecretId="other"),
            ("CreateSecrets", "secretsmanager:Name"): lambda: secrets().create_secret(Name=name + "-more"),
            ("CreateSecrets", "Resource"): lambda: self.client("secretsmanager", "eu-central-1").create_secret(Name=name),
            ("WriteSecrets", "Resource"): lambda: self.make_secret().put_secret_value(SecretId="other", SecretString="x"),
            ("SayWhoReadsSecrets", "Resource"): lambda: self.make_secret().put_resource_policy(
                SecretId="other", ResourcePolicy=anyone, BlockPublicPolicy=True),
            ("SayWhoReadsSecrets", "secretsmanager:BlockPublicPolicy"): lambda: secrets().put_resource_policy(
                SecretId=self.secret, ResourcePolicy=anyone, BlockPublicPolicy=False),
            ("ReadNoSecrets", "Deny"): self.own_secret_for_itself,
            ("ReplicateSecrets", "Resource"): lambda: self.make_secret().replicate_secret_to_regions(
                SecretId="other", AddReplicaRegions=[{"Region": "eu-west-1"}]),
            ("ReplicateSecrets", "secretsmanager:AddReplicaRegions"): other_region,
            ("UseKeyOfSecrets", "kms:ResourceAliases"): lambda: secrets().create_secret(Name=name, KmsKeyId="alias/other", SecretString="x"),
            ("UseKeyOfSecrets", "kms:ViaService"): with_own_key,
            ("UseKeyOfReplicas", "kms:ResourceAliases"): replica_under_another_key,
            ("UseKeyOfReplicas", "kms:ViaService"): replica_of_own_key,
            ("RotateSecrets", "secretsmanager:resource/AllowRotationLambdaArn"): lambda: self.make_secret().get_secret_value(SecretId="other"),
            # Trust
            ("LetKeywardIn", "aws:PrincipalArn"): lambda: self.as_admin(),
            ("LetKeywardIn", "sts:RoleSessionName"): lambda: self.as_hub(RoleSessionName="somebody"),
            ("LetKeywardIn", "sts:ExternalId"): lambda: self.as_hub(ExternalId=None),
            ("LetKeywardIn", "aws:PrincipalOrgID"): lambda: self.as_hub_from_elsewhere(),
        }  # fmt: skip

    def near(self):
        """Calls just beside what is allowed, by (Sid, what is beside it)."""
        secrets = lambda region=None: self.client("secretsmanager", region)
        iam = lambda: self.client("iam")
        names = {"a name before it": "x" + self.secret}
        if not self.secret.startswith("keys/"):  # those may go on as they like: the user's name is their end
            names["a longer name"] = self.secret + "s"
        if self.mode == "rotate":
            names["another account's"] = self.secret.replace(A, B)

        def write(name):
            self.make_secret(name).put_secret_value(SecretId=name, SecretString="x")

        def find(name):
            self.make_secret(name).describe_secret(SecretId=name)

        def read_policy(name):
            self.make_secret(name).get_resource_policy(SecretId=name)

        def replicate(name):
            self.make_secret(name).replicate_secret_to_regions(SecretId=name, AddReplicaRegions=[{"Region": "eu-west-1"}])

        def elsewhere():
            self.make_secret(self.secret, "eu-central-1").put_secret_value(SecretId=self.secret, SecretString="x")

        def tag(key):
            iam().tag_user(UserName="again", Tags=[{"Key": key, "Value": "x"}])

        calls = {}
        for what, name in names.items():
            calls["FindSecrets", what] = lambda name=name: find(name)
            calls["CreateSecrets", what] = lambda name=name: secrets().create_secret(Name=name)
            calls["WriteSecrets", what] = lambda name=name: write(name)
            calls["WriteSecrets", f"policy of {what}"] = lambda name=name: read_policy(name)
            calls["ReplicateSecrets", what] = lambda name=name: replicate(name)
        return calls | {
            ("WriteSecrets", "another region"): elsewhere,
            ("AssumeRolesInAccounts", "a longer name"): lambda: self.assume("keyward-rotate-too"),
            ("KeepRecordOnUsers", "a longer key"): lambda: tag("keyward:states"),
            ("KeepRecordOnUsers", "a key that begins alike"): lambda: tag("keyward"),
            ("ReadExemptGroup", "a longer name"): lambda: iam().get_group(GroupName="Exempts"),
            ("ReadSecretsOfChannels", "a longer name"): lambda: self.client("ssm").get_parameter(Name="/keyward/slacks"),
            ("PublishRuns", "a longer name"): lambda: self.client("sns").publish(
                TopicArn=f"arn:aws:sns:us-east-1:{HUB_ACCOUNT}:keywards", Message="x"),
            ("PublishRuns", "another region"): lambda: self.client("sns", "eu-west-1").publish(
                TopicArn=f"arn:aws:sns:eu-west-1:{HUB_ACCOUNT}:keyward", Message="x"),
            ("ReadRecipients", "a longer name"): lambda: self.client("dynamodb").scan(TableName="owners2"),
            ("SendMail", "a longer name"): lambda: self.mail("keyward2"),
        }  # fmt: skip

    def as_hub(self, credentials=None, **parameters):
        parameters = {"RoleSessionName": "keyward", "ExternalId": self.sandbox.environment["KEYWARD_EXTERNAL_ID"], **parameters}
        parameters = {name: value for name, value in parameters.items() if value is not None}
        self.sandbox.client("sts", credentials).assume_role(RoleArn=f"arn:aws:iam::{self.place}:role/keyward-{self.mode}", **parameters)

    def as_admin(self):
        self.as_hub(self.sandbox.admin())

    def as_hub_from_elsewhere(self):
        self.out_of_the_organization(HUB_ACCOUNT)
        self.as_hub()


def opened(document, sid):
    """The policy with this statement for everything, under no condition."""
    document = copy.deepcopy(document)
    (statement,) = [one for one in document["Statement"] if one["Sid"] == sid]
    statement["Resource"] = "*"
    statement.pop("Condition", None)
    return document


# ---- what is not narrowed or widened, and why

SAME_REGION = "in which region's name AWS uses the key of a replica is not documented: both stand in both statements"
NO_OTHER = "these are all that the call can be made for"
CONDITION_HOLDS = "the condition of the same statement lets nothing else through"
NOT_CHANGED = {
    ("limit", "WalkUnits"): "only the units of the own organization can be asked for at all",
    ("limit", "ReadAlternateContacts"): "only the accounts of the own organization can be asked for at all",
    ("limit", "ReadUsers"): NO_OTHER,
    ("limit", "ChangeAccessKeys"): NO_OTHER,
    ("limit", "KeepRecordOnUsers"): NO_OTHER,
    ("limit", "NameRightsOfCompromisedKey"): NO_OTHER,
    ("limit", "TellSecurityHub"): "an account has one default product",
    ("limit", "UseKeyOfSecrets"): CONDITION_HOLDS,
    ("limit", "UseKeyOfReplicas"): CONDITION_HOLDS,
    ("limit", "RotateSecrets"): CONDITION_HOLDS,
    ("value", "UseKeyOfSecrets", "kms:ViaService secretsmanager.eu-west-1"): SAME_REGION,
    ("value", "UseKeyOfReplicas", "kms:ViaService secretsmanager.us-east-1"): SAME_REGION,
}


def reason_against(change):
    """Why a change is left out; nothing when it is not."""
    for (kind, sid, *words), reason in NOT_CHANGED.items():
        if (kind, sid) == (change.kind, change.sid) and all(word in change.what for word in words):
            return reason
    return None
