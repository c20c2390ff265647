"""Dry run cannot write, proved: by AWS alone when keyward's own guard is left out, and by the guard alone when the session
policy is. Every call that keyward can make is tried, with full rights on the role, and not only those of a dry run.

The two are left out by the linker, in test programs only (tests/proofs/dry_run/CMakeLists.txt)."""

import collections
import json
import os
import pathlib
import re
import subprocess

import botocore.exceptions
import pytest

from keyward_process import ROOT, Keyward, executable
from organizations import A, B, account, organization, overdue
from sandbox_process import HUB_ACCOUNT

ROLE = f"arn:aws:iam::{A}:role/keyward-rotate"
PAGE = ROOT / "docs" / "calls.md"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SAID_BY_THE_GUARD = "a dry run may not change anything; the call was not sent"
SAID_BY_TEST_BUILDS = ("the guard of dry runs is left out", "the session policy of dry runs is left out")
SECRET, KEY = "dry-run-secret", "AKIAEXAMPLEEXAMPLE42"
ANYONE = json.dumps({"Version": "2012-10-17", "Statement": []})
RAW = "RnJvbToga2V5d2FyZEBleGFtcGxlLm9yZw0KVG86IGFAZXhhbXBsZS5vcmcNClN1YmplY3Q6IHgNCg0KeA=="  # From, To, Subject, x


def program(name):
    return executable().parent / name


# ---- every call that does more than read, and an input with which it takes effect


def query(version, **input):
    return {"protocol": "query", "version": version, "input": {name.replace("_", "."): value for name, value in input.items()}}


def json_call(target, **input):
    return {"protocol": "json", "target": target, "input": input}


def iam(**input):
    return query("2010-05-08", **input)


def secrets_manager(**input):
    return json_call("secretsmanager", **input)


def finding():
    names = {"SchemaVersion": "2018-10-08", "Id": "keyward/1", "GeneratorId": "keyward", "AwsAccountId": A, "Title": "t", "Description": "d"}
    product = f"arn:aws:securityhub:us-east-1:{A}:product/{A}/default"
    times = {"CreatedAt": "2026-01-01T00:00:00.000Z", "UpdatedAt": "2026-01-01T00:00:00.000Z"}
    resource = {"Type": "AwsIamAccessKey", "Id": f"arn:aws:iam::{A}:user/alice"}
    types = ["Software and Configuration Checks/AWS Security Best Practices"]
    return {**names, "ProductArn": product, **times, "Types": types, "Severity": {"Label": "LOW"}, "Resources": [resource]}


NEW = {"SecretString": "x", "ClientRequestToken": "1" * 32}
CALLS = {
    "iam:CreateAccessKey": iam(UserName="bob"),
    "iam:UpdateAccessKey": iam(UserName="alice", AccessKeyId=KEY, Status="Inactive"),
    "iam:DeleteAccessKey": iam(UserName="alice", AccessKeyId=KEY),
    "iam:TagUser": iam(UserName="alice", Tags_member_1_Key="a", Tags_member_1_Value="b"),
    "secretsmanager:CreateSecret": secrets_manager(Name="new", **{**NEW, "ClientRequestToken": "2" * 32}),
    "secretsmanager:GetSecretValue": secrets_manager(SecretId=SECRET),
    "secretsmanager:PutSecretValue": secrets_manager(SecretId=SECRET, VersionStages=["AWSPENDING"], **NEW),
    "secretsmanager:UpdateSecretVersionStage": secrets_manager(SecretId=SECRET, VersionStage="mine", MoveToVersionId="0" * 32),
    "secretsmanager:PutResourcePolicy": secrets_manager(SecretId=SECRET, ResourcePolicy=ANYONE, BlockPublicPolicy=True),
    "secretsmanager:ReplicateSecretToRegions": secrets_manager(SecretId=SECRET, AddReplicaRegions=[{"Region": "eu-west-1"}]),
    "secretsmanager:DeleteSecret": secrets_manager(SecretId="old", RecoveryWindowInDays=7),
    "ses:SendEmail": {"protocol": "rest", "path": "/v2/email/outbound-emails", "input": {
        "FromEmailAddress": "keyward@example.org", "Destination": {"ToAddresses": ["a@example.org"]}, "Content": {"Raw": {"Data": RAW}}}},
    "sns:Publish": query("2010-03-31", TopicArn=f"arn:aws:sns:us-east-1:{A}:topic", Message="x"),
    "cloudwatch:PutMetricData": query(
        "2010-08-01", Namespace="n", MetricData_member_1_MetricName="m", MetricData_member_1_Value="1"),
    "securityhub:BatchImportFindings": {"protocol": "rest", "path": "/findings/import", "input": {"Findings": [finding()]}},
    "s3:PutObject": {"protocol": "put", "path": "/bucket/object", "input": "x"},
}  # fmt: skip


# ---- what each call does, from its name: not from the program, which could be wrong about itself

# AWS's names begin with what a call does. Whatever begins otherwise is taken for one that writes.
READING = re.compile(r"\w+:(Get|List|Describe|Simulate)[A-Z]\w*")
HANDING_OUT = re.compile(r"\w+:Get\w*(Secret|Token|Password|Credentials)\w*")
# What a name tells wrongly, and why it is as it is.
EXCEPTIONS = {
    "sts:AssumeRole": ("read", "opens a session and leaves nothing behind; in a dry run the session has the policy"),
    "sts:AssumeRoleWithWebIdentity": ("read", "the same, for keyward's own identity"),
    "iam:GenerateCredentialReport": ("read", "makes nothing but the report, which tells what is; AWS's access level: Read"),
    "dynamodb:Scan": ("read", "another name for reading a table"),
    "ssm:GetParameter": ("read", "hands out secrets, too, that are keyward's own: with them a dry run sends its mails"),
    "ses:SendEmail": ("send", "tells people, with keyward's own identity"),
    "sns:Publish": ("send", "the same"),
    "cloudwatch:PutMetricData": ("send", "the same"),
    "s3:PutObject": ("send", "the records of a run, which a dry run has, too"),
}


def effect_of(name):
    if name in EXCEPTIONS:
        return EXCEPTIONS[name][0]
    return "reveal" if HANDING_OUT.fullmatch(name) else "read" if READING.fullmatch(name) else "write"


def wrongly_declared(calls):
    """{call: (declared, what it is)}"""
    return {name: (one["effect"], effect_of(name)) for name, one in calls.items() if one["effect"] != effect_of(name)}


@pytest.fixture(scope="module")
def calls():
    """What the clients are made of: every call with its classes, as the program knows them."""
    listed = subprocess.run([program("calls_of_a_dry_run"), "--list"], capture_output=True, text=True, check=True).stdout
    return {one["operation"]: one for one in map(json.loads, listed.splitlines())}


@pytest.fixture
def sandbox():
    user = {"name": "alice", "age_days": 200, "keys": [{"id": KEY, "age_days": 95, "last_used": {"days_ago": 1}}]}
    bob = {"name": "bob", "age_days": 200, "keys": []}
    secrets = [{"name": SECRET, "region": "us-east-1", "value": "v", "version_id": "0" * 32}, {"name": "old", "region": "us-east-1", "value": "v"}]
    member = account(A, user, bob, overdue("carol"), secrets=secrets, topics=["us-east-1:topic"], buckets={"bucket": {"old": "x"}}, security_hub=True)
    with organization(member) as running:
        running.rights_of_its_own = "the role may do everything"
        running.edit("put_role_policy", account=A, role="keyward-rotate", name="rights", policy=ALL)
        yield running


def ask(name, sandbox, operations):
    """What became of these calls, made by one of the test programs in a session that was opened for a dry run."""
    lines = "".join(json.dumps({"operation": operation, **CALLS[operation]}) + "\n" for operation in operations)
    command = [program(name), ROLE, sandbox.environment["KEYWARD_EXTERNAL_ID"]]
    done = subprocess.run([str(word) for word in command], input=lines, env=sandbox.environment, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["operation"] for answer in answers] == list(operations), done.stderr
    return answers


def lasting(sandbox):
    volatile = sandbox.control("volatile")
    return sandbox.state_bytes(), len(sandbox.mail()), [len(volatile[name]) for name in ("publications", "metrics", "findings")]


def test_every_call_is_declared_as_what_its_name_tells(calls, show):
    assert wrongly_declared(calls) == {}
    assert set(EXCEPTIONS) <= set(calls)
    of_name = sum(name not in EXCEPTIONS for name in calls)
    show(f"{len(calls)} calls: {of_name} declared as what AWS's verb tells, {len(EXCEPTIONS)} for a reason that stands in the test")


@pytest.mark.parametrize(
    "name, declared, is_",
    [
        ("iam:DeleteUser", "read", "write"),
        ("iam:CreateAccessKey", "read", "write"),
        ("iam:TagUser", "send", "write"),
        ("secretsmanager:RotateSecret", "read", "write"),
        ("secretsmanager:BatchGetSecretValue", "read", "write"),
        ("secretsmanager:GetSecretValue", "read", "reveal"),
        ("sts:GetSessionToken", "read", "reveal"),
        ("iam:ListUsers", "write", "read"),
        ("s3:GetObject", "reveal", "read"),
        ("iam:Listen", "read", "write"),
    ],
)
def test_a_wrong_declaration_is_found(calls, name, declared, is_):
    assert wrongly_declared({**calls, name: {"effect": declared}}) == {name: (declared, is_)}


def test_every_call_that_changes_anything_is_tried(calls):
    """By its name: one that is declared as reading, and is not, would have to be tried, too."""
    assert set(CALLS) == {name for name in calls if effect_of(name) != "read"}


def test_without_either_each_of_them_takes_effect(sandbox):
    """Or that they are refused below would prove nothing."""
    assert [answer for answer in ask("calls_without_both", sandbox, CALLS) if not answer["done"]] == []
    _, new = [sandbox.state()["accounts"][A]["users"][name]["keys"] for name in ("alice", "bob")]
    assert len(new) == 1


def test_aws_alone_refuses_each_of_them(sandbox, show):
    before = lasting(sandbox)
    answers = ask("calls_without_guard", sandbox, CALLS)
    assert all(answer["sent"] and not answer["done"] for answer in answers)
    for answer in answers:
        assert re.fullmatch("AccessDenied(Exception)?|AuthorizationError", answer["code"]), answer
        assert "because no session policy allows" in answer["message"], answer
    assert lasting(sandbox) == before
    effects = collections.Counter(answer["effect"] for answer in answers)
    show(f"refused by AWS alone, by the session policy: {effects['write']} calls that write, {effects['send']} that send, {effects['reveal']} that reveals")


def test_no_other_role_is_reached_from_a_session(sandbox):
    """A role of the account that trusts the account would open a session without the policy."""
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "sts:AssumeRole"}]}
    sandbox.edit("put_role_trust", account=A, role="OrganizationAccountAccessRole", policy=trust)
    other = {"RoleArn": f"arn:aws:iam::{A}:role/OrganizationAccountAccessRole", "RoleSessionName": "anybody"}
    ask("calls_without_guard", sandbox, ["iam:CreateAccessKey"])
    (policy,) = {json.dumps(session["policy"]) for session in sandbox.control("volatile")["sessions"] if session["policy"]}
    sandbox.client("sts", sandbox.assume(A)).assume_role(**other)  # without the policy it is
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied.*sts:AssumeRole"):
        sandbox.client("sts", sandbox.assume(A, Policy=policy)).assume_role(**other)


def test_the_guard_alone_refuses_each_that_writes(sandbox, calls, show):
    writes = [name for name in CALLS if calls[name]["effect"] == "write"]
    before = lasting(sandbox)
    answers = ask("calls_without_session_policy", sandbox, writes)
    assert {(answer["code"], answer["message"], answer["sent"]) for answer in answers} == {("DryRun", SAID_BY_THE_GUARD, False)}
    assert lasting(sandbox) == before
    assert all(session["policy"] is None for session in sandbox.control("volatile")["sessions"])
    show(f"refused by the guard alone, before anything was sent: {len(answers)} calls that write")


def test_with_both_nothing_is_sent_that_writes(sandbox, calls):
    answers = ask("calls_of_a_dry_run", sandbox, CALLS)
    assert not any(answer["done"] for answer in answers)
    assert {answer["operation"] for answer in answers if not answer["sent"]} == {name for name in CALLS if calls[name]["effect"] == "write"}


# ---- the program itself


def test_a_dry_run_of_the_program_without_its_guard_changes_nothing(sandbox, tmp_path, show):
    """DryRunFlag=true, full rights on the role, and everything is due."""
    keyward = Keyward(tmp_path, sandbox.environment, dry_run=False, report={"security_hub": True})
    command = [str(program("keyward-without-guard")), "-c", str(tmp_path / "config.yaml"), "--progress", "none", "run"]
    before = lasting(sandbox)
    sandbox.control("calls", method="DELETE")
    done = subprocess.run(command, env={**keyward.environment, "DryRunFlag": "true"}, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert lasting(sandbox) == before
    sessions = [session for session in sandbox.control("volatile")["sessions"] if f":{A}:" in session["arn"]]
    assert sessions and all(session["policy"] for session in sessions)
    counts = sandbox.calls()["counts"]
    show(f"dry run of the program without its guard: {sum(counts.values())} calls, nothing changed, {len(sessions)} sessions, each with the policy")
    # Told to write, it does: the rights are there.
    subprocess.run(command, env={**keyward.environment, "DryRunFlag": "false"}, capture_output=True, check=True, cwd=tmp_path)
    assert lasting(sandbox) != before


# ---- every session


AUDIT, ROTATE, STORE, LIST = "keyward-audit", "keyward-rotate", "keyward-store", "keyward-inventory"
CENTRAL = {"store": {"kms_key_id": "alias/keyward", "role": f"arn:aws:iam::{HUB_ACCOUNT}:role/{STORE}"},
           "organization": {"list_role": f"arn:aws:iam::{HUB_ACCOUNT}:role/{LIST}"}}  # fmt: skip


def role(name):
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB_ACCOUNT}:user/hub"}, "Action": "sts:AssumeRole"}
    return {"name": name, "trust": {"Version": "2012-10-17", "Statement": [trust]}, "policies": {}}


class Divided:
    """An organization in which each thing that keyward does has a role of its own, and the program without its guard. One of
    two accounts is in dry run for itself, and in both a key is due."""

    def __init__(self, sandbox, folder, audit_role):
        self.sandbox = sandbox
        self._folder = folder
        # The policy that refuses whatever was tried above.
        ask("calls_without_guard", sandbox, ["iam:CreateAccessKey"])
        (self._read_only,) = [session["policy"] for session in sandbox.control("volatile")["sessions"]]
        assert self._read_only
        configuration = {**CENTRAL, "audit_role": audit_role, "accounts": {"overrides": [{"match": {"id": B}, "dry_run": True}]}}
        environment = {**sandbox.environment, "StoreSecretsInCentralAccount": "true"}
        self._keyward = Keyward(folder, environment, dry_run=False, **configuration)

    def __call__(self, dry_run, *arguments):
        """{(account, role): whether its sessions may write} of those that were opened."""
        before = {session["access_key_id"] for session in self.sandbox.control("volatile")["sessions"]}
        command = [str(program("keyward-without-guard")), "-c", str(self._folder / "config.yaml"), "--progress", "none", *arguments]
        done = subprocess.run(command, env={**self._keyward.environment, "DryRunFlag": dry_run}, capture_output=True, text=True, cwd=self._folder)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        opened = {}
        for session in self.sandbox.control("volatile")["sessions"]:
            if session["access_key_id"] not in before:
                _, name, _ = session["arn"].split("/")
                # What another policy would refuse is proved nowhere.
                assert session["policy"] in (None, self._read_only), session
                opened.setdefault((session["arn"].split(":")[4], name), set()).add(session["policy"] is None)
        assert all(len(ways) == 1 for ways in opened.values()), opened
        return {place: ways == {True} for place, ways in opened.items()}


@pytest.fixture(params=[ROTATE, AUDIT])
def divided(request, tmp_path):
    management = {"management": True, "roles": [role(STORE), role(LIST)], "kms_keys": [{"region": "us-east-1", "alias": "alias/keyward"}]}
    with organization(management, *(account(number, overdue("alice"), roles=[role(AUDIT)]) for number in (A, B))) as sandbox:
        yield Divided(sandbox, tmp_path, request.param), request.param


READING_COMMANDS = [
    ("true", "run"),
    ("true", "plan"),
    ("true", "recover"),
    ("true", "simulate", "--days", "5"),
    ("false", "plan"),
    ("false", "recover", "--list"),
    ("false", "audit", "--exit-zero"),
    ("false", "simulate", "--days", "5"),
]


def test_every_session_of_what_only_reads_is_read_only(divided, show):
    keyward, reader = divided
    before = lasting(keyward.sandbox)[0]
    reading = {(HUB_ACCOUNT, LIST): False, (A, reader): False, (B, reader): False}
    for dry_run, *command in READING_COMMANDS:
        assert keyward(dry_run, *command) == reading, (dry_run, command)
    assert keyward("false", "inventory") == {(HUB_ACCOUNT, LIST): False}
    (key,) = keyward.sandbox.state()["accounts"][A]["users"]["alice"]["keys"]
    rotate = ("rotate", "--account", A, "--user", "alice", "--reason", "laptop lost")
    of_one_user = [("true", *rotate), ("true", *rotate, "--compromised", key["id"]), ("false", *rotate, "--dry-run"), ("false", "explain", *rotate[1:5])]
    for dry_run, *command in of_one_user:
        opened = keyward(dry_run, *command)
        assert any(account == A for account, _ in opened) and not any(opened.values()), (command, opened)
    # The only one that opens those that could write: to see whether it may.
    assert keyward("true", "doctor") == {**reading, (A, ROTATE): False, (B, ROTATE): False, (HUB_ACCOUNT, STORE): False}
    assert lasting(keyward.sandbox)[0] == before
    show(f"{len(READING_COMMANDS) + len(of_one_user) + 2} commands that only read, accounts read by {reader}: every session has the read-only policy")


def test_a_run_that_writes_opens_no_other_session_that_could(divided):
    keyward, reader = divided
    opened = keyward("false", "run")
    assert opened.pop((A, ROTATE)) and opened.pop((HUB_ACCOUNT, STORE))
    reading = {(HUB_ACCOUNT, LIST): False, (A, reader): False, (B, reader): False}
    assert opened == {place: may for place, may in reading.items() if place != (A, ROTATE)}
    accounts = keyward.sandbox.state()["accounts"]
    assert [len(accounts[number]["users"]["alice"]["keys"]) for number in (A, B)] == [2, 1]


def test_the_shipped_program_cannot_leave_them_out():
    """The test programs are told from it by what is linked into them."""
    shipped, without = executable().read_bytes(), program("keyward-without-guard").read_bytes()
    assert SAID_BY_THE_GUARD.encode() in shipped and not any(words.encode() in shipped for words in SAID_BY_TEST_BUILDS)
    assert SAID_BY_THE_GUARD.encode() not in without and SAID_BY_TEST_BUILDS[0].encode() in without


# ---- the list


def refusals_of(effect):
    return {
        "read": ("", ""),
        "reveal": ("yes", ""),
        "write": ("yes", "yes"),
        "send": ("in a session of a role", ""),
    }[effect]


def page(calls):
    rows = []
    for name, one in calls.items():
        session, guard = ("yes", "") if name == "sts:AssumeRole" else refusals_of(one["effect"])
        rows.append(f"| `{name}` | {one['effect']} | {'yes' if one['idempotent'] else 'no'} | {session} | {guard} |")
    counts = collections.Counter(one["effect"] for one in calls.values())
    told = ", ".join(f"{counts[effect]} {effect}" for effect in ("read", "reveal", "write", "send"))
    return PAGE_HEAD + "\n".join(rows) + f"\n\n{len(calls)} calls: {told}.\n"


PAGE_HEAD = """# Every call that keyward makes

Written from `aws/operations.hpp` by `KEYWARD_UPDATE_CALLS=1 pytest tests/proofs/test_dry_run.py`; a test compares. There is no way to make another call: the clients take theirs
from that list, and one without an effect and an idempotency does not compile.

What a call does is `read`; `reveal` (it hands out a secret: the rotation by Secrets Manager alone, [secret-rotation.md](secret-rotation.md)); `write`; or `send` (it tells people:
mail, metrics, records, with the caller's own credentials). A call that may not be sent twice is not repeated when its answer is lost.

In a dry run a write is refused twice: keyward's guard does not let it leave the process, and the session policy of every role that keyward assumes allows only what reads (and no way to another role, whose session would be without it), so AWS refuses it
whatever keyward does (a central store without `store.role` is written without a role, and kept by the guard alone). Each alone is proved by `tests/proofs/test_dry_run.py`.

| call | effect | may be sent twice | refused by the session policy | refused by the guard |
|---|---|---|---|---|
"""


def test_the_list_of_calls_is_that_of_the_clients(calls):
    written = page(calls)
    if os.environ.get("KEYWARD_UPDATE_CALLS"):
        PAGE.write_text(written)
    assert PAGE.read_text() == written


def test_every_call_stands_in_the_list():
    """An operation that is declared and not listed would be in no session policy and in no proof; one made elsewhere, too."""
    header = (ROOT / "aws/operations.hpp").read_text()
    declared = re.findall(r"inline constexpr Operation (k_\w+)", header)
    listed = re.findall(r"^ +(k_\w+),$", header.partition("k_all =")[2], re.MULTILINE)
    assert sorted(declared) == sorted(listed) and len(set(listed)) == len(listed)
    elsewhere = []
    for folder in ("base", "aws", "accounts", "rotation", "notify", "report", "orchestrator"):
        for file in sorted((ROOT / folder).glob("*.?pp")):
            if file.name != "operations.hpp" and re.search(r"\bOperation\s*\w*\s*\{\s*(aws::)?Service::", file.read_text()):
                elsewhere.append(pathlib.Path(folder) / file.name)
    assert elsewhere == []
