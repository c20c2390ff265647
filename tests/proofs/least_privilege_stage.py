"""Set-ups in which keyward has exactly the printed rights, and what it is to do there: for taking rights away one by one.

A set-up is a configuration and a world in which everything that it configures is used. An act is one call of keyward in
that world; what is to be seen of it afterwards (exit code, actions, mail, posts, secrets, keys) is compared with the same
act under the printed rights."""

import contextlib
import copy
import dataclasses
import json
import shutil
import typing

from keyward_process import Keyward
from organizations import A, B, account, organization
from receivers import Authority, MailServer, Posts
from sandbox_process import HUB_ACCOUNT

ORGANIZATION = "o-exampleorgid"
HUB = f"arn:aws:iam::{HUB_ACCOUNT}:user/hub"
UNIT = "ou-zz99-99999999"
REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
NOBODY = {"trust": {"Statement": []}, "policies": {}}
PASSWORD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OURS = "TEMPLATE-OF-OURS "  # in each template
REFUSED = ("AccessDenied", "AuthorizationError")


def user(name, age, **members):
    return {"name": name, "age_days": 800, "keys": [{"age_days": age, "last_used": {"days_ago": 1}}], **members}


# ---- acts


@dataclasses.dataclass(frozen=True)
class Act:
    """One call of keyward, in a world that `before` changed for it."""

    name: str
    command: tuple = ("run",)
    before: typing.Callable = lambda stage: None
    shows: tuple = ()  # parts of what it is there for: tried first when one of these is taken away


def without_report(stage):
    stage.sandbox.faults(rules=[{"action": "iam:GenerateCredentialReport", "fault": "denied", "times": -1}])


def without_answer(stage):
    stage.sandbox.faults(rules=[{"action": "iam:CreateAccessKey", "target": "again", "fault": "drop_after"}])


def without_paths(stage):
    """As in the partitions whose accounts do not tell their unit."""
    stage.sandbox.control("edit", {"edit": "set_quirks", "quirks": {"account_paths": False}})


def verified(identity):
    def only(stage):
        for other in ("keyward@mail.example.org", "mail.example.org", "example.org"):
            stage.sandbox.edit("set_account", account=HUB_ACCOUNT, **{"verify" if other == identity else "unverify": other})

    return only


RUN = Act("run")
DRY = Act("dry run", ("run", "--dry-run"), shows=("mail/audit.",))
NO_REPORT = Act("without a credential report", before=without_report, shows=("iam:ListUsers",))
COMPROMISED = Act(
    "compromised", ("rotate", "--account", A, "--user", "leak", "--reason", "x", "--compromised", "LEAKED"), shows=("iam:ListAttachedUserPolicies",)
)
LOST = Act("the answer to a new key is lost", before=without_answer, shows=("iam:ListAccessKeys",))
UNITS = Act("units that only a walk tells", before=without_paths, shows=("organizations:ListRoots", "ForParent", ":root/", ":ou/"))
BY_ADDRESS = Act("mail by its address", before=verified("keyward@mail.example.org"), shows=("identity/keyward@",))
BY_DOMAIN = Act("mail by its domain", before=verified("mail.example.org"), shows=("identity/mail.",))
BY_PARENT = Act("mail by the domain above", before=verified("example.org"), shows=("identity/example.",))


# ---- set-ups


@dataclasses.dataclass(frozen=True)
class SetUp:
    name: str
    configuration: dict
    acts: tuple
    modes: tuple  # those that are printed and held
    trusts: bool = False  # whether its trust policies are changed, too


def merged(*parts):
    result = {}
    for part in parts:
        for key, value in part.items():
            result[key] = {**result[key], **value} if isinstance(value, dict) and isinstance(result.get(key), dict) else value
    return result


MEMBER = {"store": {"kms_key_id": "alias/keys", "replica_regions": ["eu-west-1"]}, "audit_role": "keyward-audit"}
# The key of the built-in world would let everybody of the organization decrypt; this one leaves it to the policies of its account.
BY_ROLE = {"store": {"target": "central", "kms_key_id": "alias/keys", "replica_regions": ["eu-west-1"],
                     "role": f"arn:aws:iam::{HUB_ACCOUNT}:role/keyward-store"}}  # fmt: skip
BY_CALLER = {"store": {"target": "central", "kms_key_id": "alias/keys", "name": "keys/{account_id}/{user}"}}
LISTED = {"organization": {"list_role": f"arn:aws:iam::{HUB_ACCOUNT}:role/keyward-inventory"}}
RULES = {"accounts": {"default": "opt-in", "include": [{"id": HUB_ACCOUNT}, {"tag": {"keyward": "enabled"}}, {"ou": UNIT}]}}
IDS = {"accounts": {"default": "opt-in", "include": [{"id": A}, {"id": B}]}}
IN_ORGANIZATION = {"organization": {"id": ORGANIZATION}}
NOT_ITSELF = [{"account": HUB_ACCOUNT, "user": name, "until": "2099-12-31", "reason": "runs keyward", "owner": "ciso@example.org"}
              for name in ("hub", "admin")]  # fmt: skip
TOPIC = f"arn:aws:sns:us-east-1:{HUB_ACCOUNT}:keyward"
HERE = {"private_addresses": True}


def notify(*channels, **settings):
    return {"notify": {"sender": "keyward@mail.example.org", "channels": [*channels], **settings}}


SETUPS = (
    SetUp(
        "member",
        merged(
            MEMBER, IN_ORGANIZATION, RULES,
            {"users": {"exempt_group": "Exempt", "exempt": NOT_ITSELF}, "report": {"security_hub": True}},
            notify(
                {"type": "ses", "configuration_set": "keyward"}, {"type": "sns", "topic_arn": TOPIC}, {"type": "metrics"},
                {"type": "slack", "url": "ssm:/keyward/slack", **HERE},
                allowed_domains=["example.org"], templates="s3://templates/mail", recipients_file="dynamodb://owners",
                owner=["account_tag", "alternate_contact"],
            ),
        ),
        (RUN, DRY, NO_REPORT, LOST, COMPROMISED, UNITS, BY_ADDRESS, BY_DOMAIN, BY_PARENT),
        ("control", "audit", "rotate"),
    ),
    SetUp(
        "central by role",
        merged(
            BY_ROLE, LISTED, IN_ORGANIZATION, RULES, {"users": {"exempt_group": "Exempt", "exempt": NOT_ITSELF}},
            notify(
                {"type": "teams", "url": "ssm:/keyward/teams", **HERE},
                {"type": "webhook", "url": "ssm:/keyward/webhook", "secret": "ssm:/keyward/signing", **HERE},
                {"type": "pagerduty", "routing_key": "ssm:/keyward/routing", "endpoint": "POSTS"},
                "SMTP",
                owner=["alternate_contact"], smtp_user="ssm:/keyward/user", smtp_password="ssm:/keyward/password",
                allowed_domains=["example.org"],
            ),
        ),
        (RUN, NO_REPORT, COMPROMISED, UNITS),
        ("control", "inventory", "rotate", "store"),
        trusts=True,
    ),
    SetUp(
        "central by caller",
        merged(BY_CALLER, IN_ORGANIZATION, IDS, {"audit_role": "keyward-audit"}, notify({"type": "file"})),
        (RUN, NO_REPORT, LOST, COMPROMISED),
        ("control", "audit", "rotate"),
    ),
    SetUp(
        "as simple as it can be",
        merged({"store": {}}, IDS, notify({"type": "file"})),
        (RUN, NO_REPORT, COMPROMISED),
        ("control", "rotate"),
    ),
)  # fmt: skip


def world(posts, configuration):
    """The accounts, and what else there is. Keys come to be due in each way on day 90: for the first and for the second
    time, to be switched off, to be deleted."""
    keys = [{"region": region, "alias": alias} for region in REGIONS for alias in ("alias/keys", "alias/other")]
    tags = {"keyward": "enabled"}
    hub = {"Effect": "Allow", "Principal": {"AWS": HUB}, "Action": "sts:AssumeRole"}
    other = {"name": "keyward-other", "trust": {"Statement": [hub]}, "policies": {}}
    longer = {**other, "name": "keyward-rotate-too"}
    roles = {"roles": [{"name": "keyward-audit", **NOBODY}, other, longer]}
    leak = {"name": "leak", "age_days": 800, "keys": []}
    management = {
        "management": True,
        "users": [user("own", 0)],
        "security_hub": True,
        "kms_keys": keys,
        "roles": [{"name": name, **NOBODY} for name in ("keyward-audit", "keyward-store", "keyward-inventory")],
        "identities": ["mail.example.org"],
        "contacts": {"SECURITY": "hub-sec@example.org"},
        "topics": ["us-east-1:keyward", "us-east-1:other"],
        "parameters": {f"us-east-1:/keyward/{name}": value for name, value in {
            "slack": posts.url + "/slack", "teams": posts.url + "/teams", "webhook": posts.url + "/webhook", "signing": PASSWORD,
            "routing": "r" * 32, "user": MailServer.USER, "password": MailServer.PASSWORD, "other": "x"}.items()},
        "buckets": {"templates": {f"mail/{name}": f"<p>{OURS}{{{{actions}}}}</p>" if name.endswith("html") else f"{OURS}{{{{actions}}}}"
                                  for name in ("enforce.html", "enforce.txt", "audit.html", "audit.txt")} | {"secret.txt": "x"}},
        "tables": {"us-east-1:owners": [{"account_id": B, "email": "of-b@example.org"}], "us-east-1:other": []},
    }  # fmt: skip
    spared = [user("spared", 0, groups=["Exempt"])] if "users" in configuration else []
    people = [user("again", 95), user("off", 10), user("gone", 20)]
    one = account(A, *people, leak, *spared, contacts={"SECURITY": "sec@example.org", "BILLING": "bill@example.org"}, tags=tags,
                  kms_keys=keys, groups=[{"name": "Exempt"}, {"name": "Other"}], security_hub=True, **roles)  # fmt: skip
    two = account(B, user("first", 0), *spared, contacts={"OPERATIONS": "ops@example.org"}, ou="Inner", kms_keys=keys,
                  groups=[{"name": "Exempt", "path": "/people/"}], security_hub=True, **roles)  # fmt: skip
    units = [{"name": "Outer", "id": UNIT}, {"name": "Inner", "parent": "Outer"}]
    quirks = {"report_duration": "0ms"}
    return [management, one, two], {"organization": {"id": ORGANIZATION}, "organizational_units": units, "quirks": quirks}


class Stage:
    """A set-up in a sandbox of its own on the day on which everything is due. Use it as a context manager."""

    def __init__(self, setup, folder):
        self.setup = setup
        self.folder = folder

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder.mkdir(parents=True, exist_ok=True)
            authority = Authority(self.folder)
            self.posts = stack.enter_context(Posts(authority))
            self.mails = stack.enter_context(MailServer(authority))
            configuration = self._with_servers(copy.deepcopy(self.setup.configuration))
            accounts, more = world(self.posts, configuration)
            self.sandbox = stack.enter_context(organization(*accounts, **more))
            self.sandbox.rights_of_its_own = "the proof gives them"
            self.sandbox.edit("set_propagation", duration="0ms")
            environment = {**self.sandbox.environment, "AWS_CA_BUNDLE": str(authority.bundle)}
            self.keyward = Keyward(self.folder / "keyward", environment, **configuration)
            self._prepare()
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.__exit__(None, None, None)

    def _with_servers(self, configuration):
        channels = configuration["notify"]["channels"]
        for number, channel in enumerate(channels):
            if channel == "SMTP":
                channels[number] = self.mails.channel()
            elif channel.get("endpoint") == "POSTS":
                channel["endpoint"] = self.posts.url
        return configuration

    def _prepare(self):
        self.policies = {mode: self._printed(mode) for mode in self.setup.modes}
        self.trusts = {mode: self._printed(mode, "--trust", "--principal", HUB) for mode in self.setup.modes if mode != "control"}
        for mode, document in self.policies.items():
            self.hold(mode, document)
        for mode, document in self.trusts.items():
            self.hold_trust(mode, document)
        # Day by day: `again` is rotated, switched off and deleted; `gone` is rotated; `gone` is switched off, `off` is rotated.
        for days in (0, 10, 10, 50, 10):
            self.sandbox.advance(f"{days}d")
            self.keyward("run").expect(0)
        self.sandbox.advance("10d")
        self.sandbox.control("use", {"account": A, "user": "again"})
        self.sandbox.control("mail", method="DELETE")
        self.leaked = self.sandbox.edit("create_key", account=A, user="leak", age_days=1)["access_key_id"]
        self.sandbox.snapshot()
        self._kept = self.folder / "kept"
        shutil.copytree(self.keyward.state_dir, self._kept)

    def _printed(self, mode, *arguments):
        principal = ("--principal", HUB) if mode == "control" else ()
        return json.loads(self.keyward("policy", mode, *principal, *arguments).expect(0).stdout)

    def hold(self, mode, document):
        """Has the identity of this mode these rights, in every account."""
        if mode == "control":
            self.sandbox.edit("put_user_policy", account=HUB_ACCOUNT, user="hub", name="rights", policy=document)
        else:
            self.sandbox.edit("put_role_policy", role=f"keyward-{mode}", name="rights", policy=document)

    def hold_trust(self, mode, document):
        for number in (HUB_ACCOUNT,) if mode in ("inventory", "store") else (HUB_ACCOUNT, A, B):
            self.sandbox.edit("put_role_trust", account=number, role=f"keyward-{mode}", policy=document)

    def restore(self):
        self.sandbox.restore()
        shutil.rmtree(self.keyward.state_dir)
        shutil.copytree(self._kept, self.keyward.state_dir)
        self.sandbox.control("calls", method="DELETE")
        self.posts.requests.clear()
        self.mails.mails.clear()

    def perform(self, act, change=lambda: None):
        """What is to be seen of an act in the world as it was prepared, after a change of rights."""
        self.restore()
        act.before(self)
        change()
        result = self.keyward(*[self.leaked if word == "LEAKED" else word for word in act.command])
        return Seen(result, self)


def told(event):
    return tuple(str(event.get(name)) for name in ("event", "account", "user", "action", "reason", "outcome"))


class Compared:
    """What is to be seen of an act: `all` that somebody could miss, and the `counts` of calls. Two are the same when nobody
    would miss anything."""

    def refusals(self):
        return {name: count for name, count in self.counts.items() if any(word in name for word in REFUSED)}

    def refused_beside(self, other):
        """What was refused more often than there."""
        return {name: count for name, count in self.refusals().items() if count > other.refusals().get(name, 0)}

    def missed(self, other):
        """What is another than there."""
        return [name for name, value in self.all.items() if value != other.all[name]]


class Seen(Compared):
    def __init__(self, result, stage):
        self.code = result.code
        self.words = result.stderr
        self.counts = stage.sandbox.calls()["counts"]
        volatile = stage.sandbox.control("volatile")
        self.all = {
            "exit code": result.code,
            "events": sorted(told(event) for event in result.events) if result.directory else [],
            "mail": sorted((mail["to"], mail["subject"], OURS in mail["html"], OURS in mail["text"]) for mail in stage.sandbox.mail()),
            "mail by SMTP": sorted((recipients, message["Subject"]) for _, recipients, message in stage.mails.mails),
            "posts": sorted(path for path, _, _ in stage.posts.requests),
            "publications": sorted(one["subject"] for one in volatile["publications"]),
            "metrics": sorted(one["name"] for one in volatile["metrics"]),
            "findings": len(volatile["findings"]),
            # What the credential report is for: not every user is asked for by himself.
            "users listed one by one": "iam:ListUsers" in self.counts,
        }
