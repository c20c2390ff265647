"""How wide a printed right may be at most: for each action the resources and the conditions that were looked at, written
out here and not taken from the program. Whatever of a policy stands not in this table is too wide until somebody has
looked at it and said here why it may be."""

import copy
import json
import types

from keyward_process import Keyward
from least_privilege_rotation import CONFIGURATION as ROTATION
from least_privilege_rotation import MODE as ROTATION_MODE
from least_privilege_stage import HUB, HUB_ACCOUNT, SETUPS
from policies import NO_READING, allows, as_list

REGION = "us-east-1"  # of the set-ups
ANY = frozenset({"*"})
READING = ("Get", "List", "Describe", "GenerateCredentialReport")

# The account is * where a policy is the same in every account: these services let nobody into another account whom that
# account did not let in itself, and IAM nobody at all.
USERS = frozenset({"arn:aws:iam::*:user/*"})


def literal(arns):
    arns = frozenset(arns)
    assert not any("*" in arn or "?" in arn for arn in arns)
    return arns


def conditions(**operators):
    """{operator: {key: values}} with : in the operator's name as __ and values as sets."""
    return {name.replace("__", ":"): {key: sorted(as_list(values)) for key, values in keys.items()} for name, keys in operators.items()}


class Reviewed:
    """The rights that a configuration may lead to: {action: [(resources, condition)]}."""

    def __init__(self, configuration, mode):
        self.settings, self.mode = configuration, mode
        self.rights = {}
        organization = configuration.get("organization", {}).get("id")
        store = configuration.get("store", {})
        self._of_users()
        if mode == ROTATION_MODE:
            self._of_rotation_by_secrets_manager()
        else:
            self._of_keyward(organization, store)
            self._of_organization(organization)
            self._of_secrets(store)
        self._of_channels()

    def add(self, actions, resources, condition=None):
        for action in actions.split():
            self.rights.setdefault(action, []).append((frozenset(resources), condition or {}))

    def _of_keyward(self, organization, store):
        roles = [self.settings.get("member_role", "keyward-rotate"), self.settings.get("audit_role", "keyward-rotate")]
        rules = self.settings.get("accounts", {})
        named = rules.get("default") == "opt-in" and all(set(one) == {"id"} for one in rules.get("include", []))
        # A role of this name in any account, but of the organization alone; else in the accounts that are named.
        assert named or organization
        accounts = [one["id"] for one in rules["include"]] if named else ["*"]
        inside = conditions(StringEquals={"aws:ResourceOrgID": organization}) if organization else {}
        self.add("sts:AssumeRole", {f"arn:aws:iam::{account}:role/{role}" for account in accounts for role in roles}, inside)
        others = [self.settings.get("organization", {}).get("list_role"), store.get("role")]
        self.add("sts:AssumeRole", literal(role for role in others if role))

    def _of_organization(self, organization):
        own = organization or "*"
        self.add("organizations:DescribeOrganization organizations:ListAccounts organizations:ListRoots", ANY)
        walk = {f"arn:aws:organizations::*:{kind}/{own}/*" for kind in ("root", "ou")}
        self.add("organizations:ListOrganizationalUnitsForParent organizations:ListAccountsForParent", walk)
        self.add("organizations:ListTagsForResource", {f"arn:aws:organizations::*:account/{own}/*"})
        kinds = conditions(ForAnyValue__StringEquals={"account:AlternateContactTypes": ["SECURITY", "OPERATIONS"]})
        self.add("account:GetAlternateContact", {"arn:aws:account::*:account", f"arn:aws:account::*:account/{own}/*"}, kinds)

    def _of_users(self):
        self.add("iam:GenerateCredentialReport iam:GetCredentialReport iam:ListUsers", ANY)
        self.add("iam:ListAccessKeys iam:GetAccessKeyLastUsed iam:ListUserTags iam:ListAttachedUserPolicies", USERS)
        self.add("iam:CreateAccessKey iam:UpdateAccessKey iam:DeleteAccessKey", USERS)
        tags = ["keyward:state"] + (["keyward:secret"] if self.mode == ROTATION_MODE else [])
        self.add("iam:TagUser", USERS, conditions(ForAllValues__StringEquals={"aws:TagKeys": tags}))
        group = self.settings.get("users", {}).get("exempt_group")
        if group:
            # Below any path: the configuration has no path, and a name is there once.
            self.add("iam:GetGroup", {f"arn:aws:iam::*:group/{group}", f"arn:aws:iam::*:group/*/{group}"})
        if self.settings.get("report", {}).get("security_hub"):
            self.add("securityhub:BatchImportFindings", {f"arn:aws:securityhub:{REGION}:*:product/*/default"})

    def _of_secrets(self, store):
        central = store.get("target") == "central"
        owner = HUB_ACCOUNT if central else "*"
        template = store.get("name", "Account_{account_id}_User_{user}_AccessKey")
        name = template.replace("{account_id}", "*" if central else "${aws:PrincipalAccount}").replace("{user}", "*")
        secret = f"arn:aws:secretsmanager:{REGION}:{owner}:secret:{name}"
        known = {f"{secret}-??????"}
        # By its name while there is none; Secrets Manager puts a hyphen and six characters behind it.
        self.add("secretsmanager:DescribeSecret", {secret, *known})
        # A name with * at its end is no more in the condition than in the resource.
        of_name = {} if name.endswith("*") else conditions(StringLike={"secretsmanager:Name": name})
        self.add("secretsmanager:CreateSecret", {f"{secret}-*"}, of_name)
        self.add("secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage secretsmanager:GetResourcePolicy", known)
        self.add("secretsmanager:PutResourcePolicy", known, conditions(Bool={"secretsmanager:BlockPublicPolicy": "true"}))
        replicas = store.get("replica_regions", [])
        if replicas:
            only = conditions(ForAllValues__StringEquals={"secretsmanager:AddReplicaRegions": replicas})
            self.add("secretsmanager:ReplicateSecretToRegions", known, only)
        if store.get("kms_key_id"):
            by = [f"secretsmanager.{region}.amazonaws.com" for region in (REGION, *replicas)]
            alias = {"kms:ResourceAliases": store["kms_key_id"]}
            only = conditions(ForAnyValue__StringEquals=alias, StringEquals={"kms:ViaService": by})
            # An alias is in no ARN: the condition says which keys.
            self.add("kms:Decrypt kms:GenerateDataKey", {f"arn:aws:kms:{REGION}:{owner}:key/*"}, only)
            self.add("kms:Encrypt kms:GenerateDataKey", {f"arn:aws:kms:{region}:{owner}:key/*" for region in replicas}, only)

    def _of_rotation_by_secrets_manager(self):
        function = f"arn:aws:lambda:{REGION}:*:function:keyward-secret-rotation"
        # Secrets of any name, and of them those whose rotation is this function.
        only = conditions(ArnLike={"secretsmanager:resource/AllowRotationLambdaArn": function})
        names = "DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage"
        self.add(" ".join(f"secretsmanager:{name}" for name in names.split()), {f"arn:aws:secretsmanager:{REGION}:*:secret:*"}, only)

    def _of_channels(self):
        notify = self.settings["notify"]
        # For the rotation by Secrets Manager it is printed without the account of the function.
        owner = "*" if self.mode == ROTATION_MODE else HUB_ACCOUNT
        sender = notify["sender"]
        channels = notify["channels"]
        host = sender.partition("@")[2]
        domains = [".".join(host.split(".")[n:]) for n in range(host.count("."))]
        ses = [f"identity/{name}" for name in (sender, *domains)]
        ses += [f"configuration-set/{one['configuration_set']}" for one in channels if "configuration_set" in one]
        mail = {f"arn:aws:ses:{REGION}:{owner}:{name}" for name in ses}
        self.add("ses:SendEmail ses:SendRawEmail", mail, conditions(StringEquals={"ses:FromAddress": sender}))
        self.add("sns:Publish", literal(one["topic_arn"] for one in channels if "topic_arn" in one))
        self.add("cloudwatch:PutMetricData", ANY, conditions(StringEquals={"cloudwatch:namespace": "keyward"}))
        values = [value for one in (notify, *channels) for value in one.values()]
        parameters = [value.partition(":")[2] for value in values if isinstance(value, str) and value.startswith("ssm:")]
        self.add("ssm:GetParameter", {f"arn:aws:ssm:{REGION}:{owner}:parameter{name}" for name in parameters})
        if notify.get("templates"):
            folder = notify["templates"].removeprefix("s3://")
            names = [f"{mode}.{form}" for mode in ("enforce", "audit") for form in ("html", "txt")]
            self.add("s3:GetObject", literal(f"arn:aws:s3:::{folder}/{name}" for name in names))
        if notify.get("recipients_file"):
            table = notify["recipients_file"].removeprefix("dynamodb://")
            self.add("dynamodb:Scan", literal({f"arn:aws:dynamodb:{REGION}:{owner}:table/{table}"}))

    def too_wide(self, document):
        """What of a policy is wider than what was looked at."""
        without_sid = [{key: value for key, value in statement.items() if key != "Sid"} for statement in document["Statement"]]
        if allows(document, "secretsmanager:PutResourcePolicy") and NO_READING not in without_sid:
            yield f"{self.mode}: could let itself read secrets"
        for statement, plain in zip(document["Statement"], without_sid, strict=True):
            if plain == NO_READING:
                continue
            if set(statement) - {"Sid", "Effect", "Action", "Resource", "Condition"} or statement["Effect"] != "Allow":
                yield f"{self.mode}: {statement.get('Sid')} has something that nobody looked at"
                continue
            resources, condition = frozenset(as_list(statement["Resource"])), sorted_values(statement.get("Condition", {}))
            for action in as_list(statement["Action"]):
                known = self.rights.get(action, [])
                if self.mode in ("audit", "inventory") and not action.partition(":")[2].startswith(READING):
                    yield f"{self.mode}: {action} in a role that reads"
                elif not known:
                    yield f"{self.mode}: {action} was not looked at"
                elif not any(resources <= most and condition == only for most, only in known):
                    yield f"{self.mode}: {action} on {sorted(resources)} if {condition}"

    def too_wide_trust(self, document):
        organization = self.settings.get("organization", {}).get("id")
        equal = {"sts:RoleSessionName": "keyward", "sts:ExternalId": EXTERNAL_ID}
        equal |= {"aws:PrincipalOrgID": organization} if organization else {}
        only = conditions(ArnEquals={"aws:PrincipalArn": HUB}, StringEquals=equal)
        for statement in document["Statement"]:
            seen = {**statement, "Condition": sorted_values(statement.get("Condition", {}))}
            seen.pop("Sid", None)
            if seen != {"Effect": "Allow", "Principal": {"AWS": HUB_ACCOUNT}, "Action": "sts:AssumeRole", "Condition": only}:
                yield f"{self.mode}: trust: {seen}"


def sorted_values(condition):
    return {operator: {key: sorted(as_list(values)) for key, values in keys.items()} for operator, keys in condition.items()}


# ---- the policies of all set-ups, printed without a sandbox

EXTERNAL_ID = "ext-1"
ELSEWHERE = {"SMTP": {"type": "smtp", "host": "mail.example.org"}}


def configured(configuration):
    """Without the servers that a stage has."""
    configuration = copy.deepcopy(configuration)
    channels = configuration["notify"]["channels"]
    for number, channel in enumerate(channels):
        channels[number] = channel = ELSEWHERE.get(channel, channel) if isinstance(channel, str) else channel
        if channel.get("endpoint") == "POSTS":
            channel["endpoint"] = "https://127.0.0.1:1"
    return configuration


def printed(folder):
    """[(set-up, mode, whether it is the trust policy, document, what was looked at)] of everything that is printed."""
    rotation = types.SimpleNamespace(name=ROTATION_MODE, configuration=ROTATION, modes=(ROTATION_MODE,))
    result = []
    for setup in (*SETUPS, rotation):
        environment = {"AWS_REGION": REGION, "KEYWARD_EXTERNAL_ID": EXTERNAL_ID}
        keyward = Keyward(folder / setup.name.replace(" ", "-"), environment, **configured(setup.configuration))
        for mode in setup.modes:
            principal = ("--principal", HUB)
            wanted = [(False, principal if mode == "control" else ())]
            if mode not in ("control", ROTATION_MODE):
                wanted.append((True, ("--trust", *principal)))
            for trust, arguments in wanted:
                document = json.loads(keyward("policy", mode, *arguments).expect(0).stdout)
                result.append((setup.name, mode, trust, document, Reviewed(keyward.configuration, mode)))
    return result


def too_wide(policies):
    return [
        f"{setup}: {line}"
        for setup, _, trust, document, reviewed in policies
        for line in (reviewed.too_wide_trust(document) if trust else reviewed.too_wide(document))
    ]


# ---- a little wider


def resources_nearby(arn):
    """Patterns that hold what this one holds, and a little more."""
    if arn == "*":
        return
    parts = arn.split(":", 5)
    for number in (3, 4):  # region, account
        if parts[number] not in ("", "*"):
            yield ":".join([*parts[:number], "*", *parts[number + 1 :]])
    start, name = ":".join(parts[:5]), parts[5]
    yield f"{start}:*"
    if not name.endswith("*"):
        yield f"{start}:{name}*"  # behind it
        yield f"{start}:{name[:-1]}*"
    if "${aws:PrincipalAccount}" in name:
        yield f"{start}:{name.replace('${aws:PrincipalAccount}', '*')}"
    if "?" in name:
        yield f"{start}:{name.replace('?', '*')}"
    for at, letter in enumerate(name):
        if letter in "/:_" and name[at + 1 :].strip("*"):
            yield f"{start}:{name[: at + 1]}*"


def values_nearby(operator, value):
    """(operator, value) that hold with more."""
    like = operator.replace("StringEquals", "StringLike").replace("ArnEquals", "ArnLike")
    if operator == "Bool":
        yield operator, "false"
        return
    yield like, value[:1] + "*"
    if not value.endswith("*"):
        yield like, value + "*"
    yield operator, "elsewhere"  # one more value beside


# A Deny that leaves something out. Replicas are in other regions.
LESS_DENIED = {
    "another call": {"Action": "secretsmanager:BatchGetSecretValue"},
    "one region": {"Resource": f"arn:aws:secretsmanager:{REGION}:*:secret:*"},
    "under a condition": {"Condition": {"StringEquals": {"aws:ResourceAccount": HUB_ACCOUNT}}},
}


def a_little_wider(document):
    """(what is wider, the policy) for every action, resource and condition."""

    def with_(number, edit):
        changed = copy.deepcopy(document)
        edit(changed["Statement"][number])
        return changed

    for number, statement in enumerate(document["Statement"]):
        sid = statement["Sid"]
        if statement["Effect"] == "Deny":
            for what, edit in LESS_DENIED.items():
                yield f"{sid}: {what}", with_(number, lambda one, edit=edit: one.update(edit))
            yield f"{sid}: no Deny", {**document, "Statement": [one for one in document["Statement"] if one is not statement]}
            continue
        for member in ("Action", "Resource"):
            items = as_list(statement.get(member, []))
            for at, item in enumerate(items):
                if member == "Action":
                    service, _, name = item.partition(":")
                    verb = name[: next((n for n, letter in enumerate(name) if n and letter.isupper()), len(name))]
                    wider = [f"{service}:{verb}*", f"{service}:*", item + "*"]
                else:
                    wider = dict.fromkeys(resources_nearby(item))
                for other in wider:
                    yield f"{sid}: {other}", with_(number, lambda one, member=member, at=at, other=other: one.update(
                        {member: [*items[:at], other, *items[at + 1 :]]}))  # fmt: skip
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                for value in as_list(values):
                    for like, other in values_nearby(operator, value):

                        def edit(one, operator=operator, key=key, like=like, other=other):
                            values = as_list(one["Condition"][operator].pop(key))
                            one["Condition"].setdefault(like, {})[key] = [*values, other]
                            one["Condition"] = {name: rest for name, rest in one["Condition"].items() if rest}

                        yield f"{sid}: {like} {key} {other}", with_(number, edit)

                def without(one, operator=operator, key=key):
                    del one["Condition"][operator][key]

                yield f"{sid}: without {key}", with_(number, without)
                yield f"{sid}: {key} only if it is there", with_(number, lambda one, operator=operator: one["Condition"].update(
                    {operator + "IfExists": one["Condition"].pop(operator)}))  # fmt: skip
