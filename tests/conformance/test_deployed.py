"""The daily job with the roles, keys and conditions that the templates make, and nothing else: enough, in both stores."""

import collections
import contextlib
import json

import botocore.exceptions
import pytest

from deployments import CONTROL, EXTERNAL_ID, MANAGEMENT, ORGANIZATION, PRINCIPAL, STORE, TOPIC, Deployment
from keyward_process import Keyward
from organizations import A, B, account, assert_rotated, keys, organization, overdue, stored

REGIONS = ("us-east-1", "eu-west-1")
PARAMETERS = {"inventory": {"ByUnit": "yes"}, "control": {"Sender": "keyward@example.org", "TopicArn": TOPIC, "Metrics": "calls"}}
MEMBER = {"ExemptGroup": "Exempt", "ReplicaRegion": "eu-west-1", "KeyAlias": "alias/keyward"}


def roles(deployment, number):
    """What the stacks make in an account, as a scenario has it."""
    made = {
        kind: {"name": f"keyward-{kind}", "trust": trust, "policies": {"keyward": rights}}
        for kind, rights, trust in deployment.roles(number)
        if kind in ("audit", "rotate", "inventory", "store")
    }
    if number == CONTROL:
        # In place of the service that runs it, the test lets an administrator become keyward.
        administrator = {"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [administrator]}
        rights = next(rights for kind, rights, _ in deployment.roles(number) if kind == "control")
        made["control"] = {"name": "keyward", "trust": trust, "policies": {"keyward-us-east-1": rights}}
    return list(made.values())


def kms_keys(deployment, number):
    if deployment.is_central:
        policies = {region: deployment.central(region).properties("Key")["KeyPolicy"] for region in REGIONS}
        return [{"region": region, "alias": "alias/keyward", "policy": policies[region]} for region in REGIONS] if number == STORE else []
    return [{"region": region, "alias": "alias/keyward"} for region in REGIONS]


class Deployed:
    def __init__(self, sandbox, tmp_path, configuration):
        self.sandbox = sandbox
        environment = {"AWS_ENDPOINT_URL": sandbox.url, "AWS_REGION": "us-east-1", "KEYWARD_EXTERNAL_ID": EXTERNAL_ID}
        self.keyward = Keyward(tmp_path, environment, **configuration)

    def __call__(self, *arguments):
        """keyward as its role in the control account; AWS renews a session on its own."""
        with self.sandbox.signing_with_its_clock():
            key, secret, token = self.sandbox.assume(CONTROL, "keyward", self.sandbox.admin())
        return self.keyward(*arguments, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret, AWS_SESSION_TOKEN=token)

    def refusals(self):
        words = ("AccessDenied", "AuthorizationError")
        return {name: count for name, count in self.sandbox.calls()["counts"].items() if any(word in name for word in words)}

    def run(self, code=0):
        result = self("run").expect(code)
        assert self.refusals() == {}, result.stderr
        return [(user, action) for user, action, outcome in result.outcomes() if outcome == "done"]


@contextlib.contextmanager
def deployed(tmp_path, store):
    deployment = Deployment(store, member=MEMBER, **PARAMETERS)
    configuration = deployment.configuration()
    configuration["notify"] |= {"allowed_domains": ["example.org"]}
    configuration["accounts"] = {"default": "opt-in", "include": [{"tag": {"keyward": "enabled"}}, {"ou": "ou-zz99-99999999"}]}

    def made(number, *users, **members):
        place = {"standard_roles": False, "roles": roles(deployment, number), "kms_keys": kms_keys(deployment, number)}
        return account(number, *users, **place, groups=[{"name": "Exempt"}], tags={"keyward": "enabled"}, **members)

    secret = "arn:aws:secretsmanager:us-east-1:*:secret:Account_*_User_*_AccessKey-??????"
    read = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
    decrypt = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    readers = {"policies": {"reads": {"Version": "2012-10-17", "Statement": [read, decrypt]}}}
    accounts = [
        {**made(MANAGEMENT), "management": True, "standard_roles": True},
        made(A, overdue("alice", **readers), overdue("dave"), overdue("erin", **readers), {**overdue("carol"), "groups": ["Exempt"]},
             contacts={"SECURITY": "sec@example.org"}),
        made(B, overdue("gina")),
        made(CONTROL, identities=["example.org"], topics=["us-east-1:keyward"]),
        made(STORE),
    ]  # fmt: skip
    with organization(*accounts, organization={"id": ORGANIZATION}, external_id=EXTERNAL_ID, quirks={"account_paths": False}) as sandbox:
        sandbox.rights_of_its_own = "the templates make them"
        yield Deployed(sandbox, tmp_path, configuration)


@pytest.mark.parametrize("store", ["member", "central"])
def test_a_rotation_from_its_first_day_to_its_last(tmp_path, store):
    with deployed(tmp_path, store) as place:
        sandbox = place.sandbox
        place("audit").expect(3)
        place("run", "--dry-run").expect(0)
        # An answer is lost: keyward looks again.
        sandbox.faults(rules=[{"action": "iam:CreateAccessKey", "target": "dave", "fault": "drop_after"}])
        assert {("alice", "rotate"), ("dave", "rotate"), ("gina", "rotate")} <= set(place.run())
        state = sandbox.state()
        for number, user in ((A, "alice"), (A, "dave"), (B, "gina")):
            assert_rotated(state, number, user)
        assert len(keys(state, A, "carol")) == 1
        secrets = {number: len(state["accounts"][number]["secrets"]) for number in (A, B, STORE)}
        assert secrets == ({A: 0, B: 0, STORE: 4} if store == "central" else {A: 3, B: 1, STORE: 0})

        # Only the user reads the new key: the policy of the secret and, in the central store, that of the key let nobody else.
        home = STORE if store == "central" else A
        named = f"arn:aws:secretsmanager:us-east-1:{home}:secret:Account_{A}_User_alice_AccessKey"
        (arn,) = [secret["arn"] for secret in state["accounts"][home]["secrets"] if secret["arn"].startswith(named)]
        read = lambda user: sandbox.client("secretsmanager", sandbox.user_credentials(A, user)).get_secret_value(SecretId=arn)
        assert json.loads(read("alice")["SecretString"])["SecretKey"] == keys(state, A, "alice")[-1]["secret"]
        with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
            read("erin")
        sandbox.control("calls", method="DELETE")

        happened = collections.Counter()
        for days in (10, 10):
            sandbox.advance(f"{days}d")
            happened.update(action for _, action in place.run())
        assert happened["deactivate"] == happened["delete"] == 4, happened
        assert keys(sandbox.state(), A, "alice")[0]["secret"] in stored(sandbox.state())["AWSCURRENT"]
        assert sandbox.mail() and TOPIC in json.dumps(sandbox.control("volatile"))


def test_a_standby_region_whose_secrets_are_still_replicas_changes_nothing(tmp_path):
    """Step 3 of the switch before step 2 (docs/aws.md)."""
    with deployed(tmp_path, "member") as place:
        sandbox = place.sandbox
        for days in (0, 10, 10):
            sandbox.advance(f"{days}d")
            place.run()
        sandbox.advance("75d")
        people = ((A, "alice"), (A, "dave"), (A, "erin"), (B, "gina"))
        for number, user in people:
            sandbox.control("use", {"account": number, "user": user})
        moved = {"SecretsRegion": "eu-west-1", "ReplicaRegion": "us-east-1"}
        deployment = Deployment(member=MEMBER | moved)
        for number in (A, B, CONTROL, STORE):
            (rotate,) = [role for role in roles(deployment, number) if role["name"] == "keyward-rotate"]
            sandbox.edit("put_role_policy", account=number, role="keyward-rotate", name="keyward", policy=rotate["policies"]["keyward"])
        place.keyward.configure(store=deployment.configuration()["store"])
        result = place("run").expect(4)
        assert "Operation not permitted on a replica secret" in result.stderr
        assert set(result.outcomes()) == {(user, "rotate", "failed") for _, user in people}
        assert all(len(keys(sandbox.state(), number, user)) == 1 for number, user in people)
        assert "iam:CreateAccessKey" not in result.summary["api_calls"] and place.refusals() == {}


def test_keyward_under_another_name_is_not_let_in(tmp_path):
    """The trust names an account, which would let in each of its identities, and among them only the role."""
    with deployed(tmp_path, "member") as place:
        place("audit").expect(3)
        other = {"ArnEquals": {"aws:PrincipalArn": PRINCIPAL + "-other"}}
        for number in (A, B, CONTROL, STORE):
            for role in ("keyward-audit", "keyward-rotate"):
                (trust,) = [one["trust"] for one in roles(Deployment(member=MEMBER), number) if one["name"] == role]
                trust["Statement"][0]["Condition"] |= other
                place.sandbox.edit("put_role_trust", account=number, role=role, policy=trust)
        place("audit").expect(4)
        assert place.refusals().keys() == {"sts:AssumeRole AccessDenied"}


def test_a_role_without_one_of_its_rights_is_missed(tmp_path):
    with deployed(tmp_path, "central") as place:
        stack = Deployment("central", member=MEMBER).central("us-east-1")
        document = json.loads(json.dumps(stack.properties("StoreRole")["Policies"][0]["PolicyDocument"]))
        document["Statement"] = [one for one in document["Statement"] if one["Sid"] != "UseKeyOfSecrets"]
        place.sandbox.edit("put_role_policy", account=STORE, role="keyward-store", name="keyward", policy=document)
        assert place("run").code != 0
        assert any("secretsmanager" in name for name in place.refusals())
