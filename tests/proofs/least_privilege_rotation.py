"""The set-up of the mode `secret-rotation`: the function that Secrets Manager calls, with the rights that are printed for it."""

import contextlib
import copy
import dataclasses
import json
import types

from keyward_process import Keyward, executable
from lambda_service import LambdaService
from least_privilege_stage import HUB_ACCOUNT, Act, Compared, merged, notify
from organizations import A, account, organization
from receivers import Authority, MailServer

FUNCTION = f"arn:aws:lambda:us-east-1:{HUB_ACCOUNT}:function:keyward-secret-rotation"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
USERS = ("app", "second", "third")
MODE = "secret-rotation"
LOGIN = {"smtp_user": "ssm:/keyward/user", "smtp_password": "ssm:/keyward/password"}
CONFIGURATION = merged(
    notify({"type": "ses"}, "SMTP", allowed_domains=["example.org"], **LOGIN),
    {"notify": {"sender": "keyward@example.org"}, "users": {"exempt_group": "Exempt"}},
)


def by_domain(stage):
    """As the world is made."""


def by_address_and_path(stage):
    for identity, how in (("keyward@example.org", "verify"), ("example.org", "unverify")):
        stage.sandbox.edit("set_account", account=HUB_ACCOUNT, **{how: identity})
    iam = stage.sandbox.client("iam", stage.sandbox.admin())
    iam.delete_group(GroupName="Exempt")
    iam.create_group(GroupName="Exempt", Path="/people/")


ACTS = (Act("rotations", before=by_domain), Act("rotations, other names", before=by_address_and_path, shows=("identity/keyward@", "group/*/")))


@dataclasses.dataclass
class Seen(Compared):
    code: int
    words: str
    counts: dict
    all: dict


class RotationStage:
    """Three secrets whose rotation Secrets Manager has begun: a first one, one that finds an old key in use and one that
    finds it switched off."""

    def __init__(self, folder):
        self.folder = folder
        self.setup = types.SimpleNamespace(name=MODE, acts=ACTS, trusts=False, configuration={"store": {}})

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder.mkdir(parents=True, exist_ok=True)
            authority = Authority(self.folder)
            self.mails = stack.enter_context(MailServer(authority))
            self.sandbox = stack.enter_context(organization(account(A), self._hub()))
            self.sandbox.rights_of_its_own = "the proof gives them"
            self.sandbox.edit("set_propagation", duration="0ms")
            environment = {**self.sandbox.environment, "AWS_CA_BUNDLE": str(authority.bundle)}
            configuration = copy.deepcopy(CONFIGURATION)
            configuration["notify"]["channels"][1] = self.mails.channel()
            self.keyward = Keyward(self.folder, environment, **configuration)
            self.policies = {MODE: json.loads(self.keyward("policy", MODE).expect(0).stdout)}
            self.hold(MODE, self.policies[MODE])
            self._prepare()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.__exit__(None, None, None)

    def _hub(self):
        keys = {name: {"id": f"AKIAEXAMPLEEXAMPLE{number}2", "secret": f"the-old-secret-of-{name}"} for number, name in enumerate(USERS, 2)}
        users = [{"name": name, "age_days": 800, "keys": [{"age_days": 60, "last_used": {"days_ago": 0}, **key}]} for name, key in keys.items()]
        documents = {
            name: {"USER_NAME": name, "AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"], "NOTIFY_EMAIL": "jo@example.org"}
            for name, key in keys.items()
        }
        secrets = [{"name": name, "region": "us-east-1", "value": json.dumps(document)} for name, document in documents.items()]
        parameters = {"us-east-1:/keyward/user": MailServer.USER, "us-east-1:/keyward/password": MailServer.PASSWORD, "us-east-1:/keyward/other": "x"}
        groups = [{"name": "Exempt"}, {"name": "Other"}]
        return {"management": True, "users": users, "secrets": secrets, "parameters": parameters, "groups": groups}

    def hold(self, mode, document):
        self.sandbox.edit("put_user_policy", account=HUB_ACCOUNT, user="hub", name="rights", policy=document)

    def _begin(self, name, token):
        """Secrets Manager begins a rotation; the event of its first step."""
        secrets = self.sandbox.client("secretsmanager", self.sandbox.admin())
        rules = {"AutomaticallyAfterDays": 30}
        secret = secrets.rotate_secret(SecretId=name, RotationLambdaARN=FUNCTION, RotationRules=rules, ClientRequestToken=token * 32)
        return {"SecretId": secret["ARN"], "ClientRequestToken": secret["VersionId"]}

    def call(self, events, *options):
        """Answers to events, of one process; its log is function.log in the stage's folder."""
        environment = {**self.keyward.environment, "HOME": "/"}
        with LambdaService([executable(), *options, "lambda"], environment, self.folder, self.folder) as invoke:
            return [invoke(event) for event in events]

    def _prepare(self):
        with self.sandbox.signing_with_its_clock():
            first = {name: self._begin(name, "1") for name in ("second", "third")}
            self.call({"Step": step, **event} for event in first.values() for step in STEPS)
            self.sandbox.advance("11d")
            third = self._begin("third", "2")
            self.call([{"Step": "createSecret", **third}])  # switches the old key off
            self.sandbox.advance("11d")
            self.events = [{"Step": "createSecret", **self._begin("second", "2")}]
            self.events += [{"Step": step, **event} for event in (third, self._begin("app", "1")) for step in STEPS]
        self.sandbox.control("mail", method="DELETE")
        self.sandbox.snapshot()

    def restore(self):
        self.sandbox.restore()
        self.sandbox.control("calls", method="DELETE")
        self.mails.mails.clear()

    def perform(self, act, change=lambda: None):
        self.restore()
        with self.sandbox.signing_with_its_clock():
            act.before(self)
        self.sandbox.control("calls", method="DELETE")
        change()
        answers = self.call(self.events)
        users = self.sandbox.state()["accounts"][HUB_ACCOUNT]["users"]
        everything = {
            "answers": [(answer.error_type, answer.body.get("outcome"), answer.body.get("rotated")) for answer in answers],
            "keys": {name: [key["status"] for key in users[name]["keys"]] for name in USERS},
            "tags": {name: sorted(users[name]["tags"]) for name in USERS},
            "mail": len(self.sandbox.mail()),
            "mail by SMTP": len(self.mails.mails),
        }
        return Seen(0, json.dumps(everything), self.sandbox.calls()["counts"], everything)
