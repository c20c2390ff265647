"""keyward doctor through the real program: what is well is said to be well, and of what is broken exactly that is named,
with a way to mend it."""

import base64
import datetime
import fcntl
import json
import shlex
import signal

import botocore.session
from botocore import xform_name

import pytest

from held_requests import go_on_until, killed_before
from keyward_process import Keyward, wait_for_words
from moto_process import Moto
from organizations import A, B, account, organization, overdue
from policies import NO_READING
from receivers import Authority, MailServer, Posts

HUB = "111111111111"
CONTROL = f"arn:aws:iam::{HUB}:role/keyward-control"
SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()
MORE = "doctor asks AWS for more than a run needs, and what a run needs is what is printed"
ALLOW_ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
READ_NO_SECRETS = {"Version": "2012-10-17", "Statement": [NO_READING]}


def trust(principal, external_id="ext-1"):
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}} if external_id else {}
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", **condition}
    return {"Version": "2012-10-17", "Statement": [statement]}


def management(**members):
    policies = {"all": ALLOW_ALL, "no secrets": READ_NO_SECRETS}
    control = {"name": "keyward-control", "trust": trust(f"arn:aws:iam::{HUB}:root", None), "policies": policies}
    return {"management": True, "email": "hub@example.org", "roles": [control], **members}


def as_control(sandbox):
    """The environment of a caller with a role, as on an instance: its credentials expire."""
    sts = sandbox.client("sts", sandbox.admin())
    credentials = sts.assume_role(RoleArn=CONTROL, RoleSessionName="doctor")["Credentials"]
    return {
        **sandbox.environment,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }


class Checks:
    """The answer of doctor -o json."""

    def __init__(self, result):
        self.result = result
        self.all = json.loads(result.stdout)["checks"]

    def ids(self, *statuses):
        return {check["id"] for check in self.all if check["status"] in statuses}

    @property
    def unwell(self):
        return self.ids("warning", "failure", "not_checked")

    def __getitem__(self, id):
        (found,) = [check for check in self.all if check["id"] == id and check["status"] != "ok"]
        return found


def doctor(keyward, *arguments, code=0, **environment):
    return Checks(keyward("-o", "json", "doctor", *arguments, SIGNING=SIGNING, **environment).expect(code))


# ---- fixes are commands that the AWS CLI knows


def parameters_of(operation):
    names = set()
    shape = operation.input_shape
    for name, member in (shape.members if shape else {}).items():
        option = xform_name(name, "-")
        names.add(option)
        if member.type_name == "boolean":
            names.add("no-" + option)
    return names


def assert_command_exists(session, command):
    words = shlex.split(command, comments=True)
    assert words[0] == "aws"
    service, action = words[1], words[2]
    if (service, action) in {("cloudformation", "deploy"), ("configure", "list")}:
        return  # the CLI's own
    model = session.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert action in operations, command
    known = parameters_of(model.operation_model(operations[action])) | {"region", "query", "max-items", "output"}
    for word in words[3:]:
        if word.startswith("--"):
            assert word[2:] in known, f"{word} in {command}"


def assert_fixes_are_commands(checks):
    session = botocore.session.get_session()
    for check in checks:
        if check["status"] == "ok":
            assert "fix" not in check and "cause" not in check
            continue
        for line in check.get("fix", "").splitlines():
            if line.startswith("aws "):
                assert_command_exists(session, line)
        if check["status"] == "failure":
            assert check["fix"], check


# ---- the tests


@pytest.fixture(scope="module")
def world():
    a = account(A, overdue("alice"), kms_keys=[{"region": "us-east-1", "id": "own", "alias": "alias/keyward"}])
    with organization(management(topics=["us-east-1:keyward"]), a, account(B, overdue("bob"))) as sandbox:
        sandbox.rights_of_its_own = MORE
        for number in (A, B):
            sandbox.edit("put_role_trust", account=number, role="keyward-rotate", policy=trust(CONTROL))
        sandbox.environment = as_control(sandbox)
        sandbox.snapshot()
        yield sandbox


@pytest.fixture
def sandbox(world):
    world.restore()
    world.control("calls", method="DELETE")
    return world


def sound(tmp_path, sandbox, **configuration):
    channels = [{"type": "ses"}, {"type": "sns", "topic_arn": f"arn:aws:sns:us-east-1:{HUB}:keyward"}, {"type": "file"}]
    keyward = Keyward(tmp_path / "k", sandbox.environment, **{"notify": {"channels": channels}, **configuration})
    keyward.state_dir.mkdir(mode=0o700, exist_ok=True)
    return keyward


def test_all_is_well_and_nothing_is_written(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox)
    checks = doctor(keyward)
    assert checks.unwell == set()
    assert {"doctor.role.assume", "doctor.rights.rotate", "doctor.rights.control", "doctor.store.reach", "doctor.mail.ses_identity",
            "doctor.channel.sns", "doctor.caller.clock", "doctor.history.journal"} <= checks.ids("ok")  # fmt: skip
    assert [call for call in sandbox.calls()["log"] if call["outcome"] == "ok"] == []
    assert list(keyward.state_dir.iterdir()) == []
    secrets = [sandbox.environment[name] for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
    shown = keyward("doctor").expect(0)
    assert "nothing stands in the way of a run" in shown.stdout and "failure" not in shown.stdout
    assert not any(secret in checks.result.stdout + shown.stdout + shown.stderr for secret in secrets)
    assert keyward("-o", "csv", "doctor").stdout.startswith("id,status,accounts,what,cause,fix")


def edit(name, **members):
    return lambda sandbox: sandbox.edit(name, **members)


def without(action):
    """The member role's policy lets it do all but this."""
    deny = {"Effect": "Deny", "Action": action, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [*ALLOW_ALL["Statement"], deny]}
    return edit("put_role_policy", account=A, role="keyward-rotate", policy=policy)


ROTATE = {"doctor.rights.rotate"}
CENTRAL = {"store": {"target": "central", "kms_key_id": "alias/keyward"}}

# What is broken in the sandbox, the configuration, the exit code, and the ids that are not well because of it.
BROKEN = {
    "role deleted": (edit("delete_role", account=A, role="keyward-rotate"), {}, 4, {"doctor.role.assume", "doctor.rights.member"}),
    "trust without us": (
        edit("put_role_trust", account=A, role="keyward-rotate", policy=trust(f"arn:aws:iam::{B}:root")),
        {}, 4, {"doctor.role.assume", "doctor.rights.member"}),
    "external id wrong": (None, {"external_id": "ext-2"}, 5, {"doctor.role.assume", "doctor.rights.member"}),
    "organization id wrong": (
        None, {"organization": {"id": "o-elsewhere01"}}, 5,
        {"doctor.organization.list", "doctor.organization.participation", "doctor.role.assume"}),
    "caller may not assume": (
        edit("put_role_policy", account=HUB, role="keyward-control", policy={
            "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}]}),
        {}, 5, {"doctor.role.assume", "doctor.rights.member", "doctor.rights.control"}),
    "nobody takes part": (None, {"accounts": {"default": "opt-in"}}, 0, {"doctor.organization.participation", "doctor.role.assume"}),
    "a rule matches nobody": (
        None, {"accounts": {"default": "opt-out", "exclude": [{"id": "999988887777"}]}}, 0, {"doctor.organization.idle_rule"}),
    "may not create keys": (without("iam:CreateAccessKey"), {}, 4, ROTATE),
    "may not tag": (without("iam:TagUser"), {}, 4, ROTATE),
    "may not store": (without("secretsmanager:PutSecretValue"), {}, 4, ROTATE),
    "may not make reports": (without("iam:GenerateCredentialReport"), {}, 4, ROTATE | {"doctor.rights.tried"}),
    "may not simulate": (without("iam:SimulatePrincipalPolicy"), {}, 0, ROTATE),
    "clock off": (lambda sandbox: sandbox.advance("30m"), {}, 0, {"doctor.caller.clock"}),
    "KMS key disabled": (
        edit("set_kms_key", account=HUB, id="alias/keyward", enabled=False), CENTRAL, 5, {"doctor.store.kms_key"}),
    "KMS key missing": (None, {"store": {"kms_key_id": "alias/nowhere"}}, 5, {"doctor.store.kms_key"}),
    "SES sandbox": (edit("set_account", account=HUB, mail_sandbox=True), {}, 0, {"doctor.mail.ses_sandbox"}),
    "SES paused": (edit("set_account", account=HUB, mail_paused=True), {}, 4, {"doctor.mail.ses_sending"}),
    "SES unverified": (edit("set_account", account=HUB, unverify="example.org"), {}, 4, {"doctor.mail.ses_identity"}),
    "no such topic": (
        None, {"notify": {"channels": [{"type": "ses"}, {"type": "sns", "topic_arn": f"arn:aws:sns:us-east-1:{HUB}:other"}]}},
        4, {"doctor.channel.sns"}),
    "webhook host unknown": (
        None, {"notify": {"channels": [{"type": "file"}, {"type": "webhook", "url": "env:HOOK", "secret": "env:SIGNING"}]}}, 4, {"doctor.channel.webhook"}),
    "state_dir no folder": (None, {"state_dir": "/dev/null/state"}, 5, {"doctor.host.state_dir"}),
    "exemption ends": (
        None, {"users": {"exempt": [{"account": A, "user": "alice", "until": "SOON", "reason": "vendor", "owner": "ciso@example.org"}]}}, 0,
        {"doctor.history.exemption_expiring"}),
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_one_thing_broken_is_one_thing_told(tmp_path, sandbox, what):
    break_it, configuration, code, expected = BROKEN[what]
    if break_it:
        break_it(sandbox)
    soon = str(sandbox.now().date() + datetime.timedelta(days=10))
    configuration = json.loads(json.dumps(configuration).replace("SOON", soon))
    keyward = sound(tmp_path, sandbox)
    keyward.configure(**configuration)
    checks = doctor(keyward, code=code, HOOK="https://nowhere.invalid/secret-path")
    assert checks.unwell == expected
    assert_fixes_are_commands(checks.all)
    assert SIGNING not in checks.result.stdout + checks.result.stderr
    assert "secret-path" not in checks.result.stdout + checks.result.stderr
    assert [call for call in sandbox.calls()["log"] if call["outcome"] == "ok"] == []
    if what == "role deleted":
        found = checks["doctor.role.assume"]
        assert found["accounts"] == [A] and found["blocks"] == "part" and A in found["fix"]
    if what == "may not create keys":
        assert checks["doctor.rights.rotate"]["what"] == "keyward-rotate lacks iam:CreateAccessKey"
    if what == "nobody takes part":
        assert f'include: [{{id: "{A}"}}]' in checks["doctor.organization.participation"]["fix"]


def test_the_printed_policies_are_all_that_is_asked_for(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox, organization={"id": sandbox.state()["organization"]["id"]})
    doctors = {"Effect": "Allow", "Resource": "*", "Action": [
        "iam:SimulatePrincipalPolicy", "ses:GetAccount", "ses:GetEmailIdentity", "sns:GetTopicAttributes"]}  # fmt: skip

    def give(*more):
        for mode, role, number, name in [("control", "keyward-control", HUB, "all"), *[("rotate", "keyward-rotate", a, "rights") for a in (A, B)]]:
            policy = json.loads(keyward("policy", mode).expect(0).stdout)
            policy["Statement"] = [*policy["Statement"], *more]
            sandbox.edit("put_role_policy", account=number, role=role, name=name, policy=policy)

    give(doctors)
    assert doctor(keyward).unwell == set()
    give()
    checks = doctor(keyward)
    assert checks.ids("failure", "warning") == set()
    assert checks.ids("not_checked") == {"doctor.rights.control", "doctor.rights.rotate", "doctor.mail.ses_sandbox",
                                         "doctor.mail.ses_identity", "doctor.channel.sns"}  # fmt: skip
    assert_fixes_are_commands(checks.all)


def test_a_central_store_needs_a_key_for_all_and_everywhere(tmp_path, sandbox):
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}, "Action": "kms:*", "Resource": "*"}
    sandbox.edit("add_kms_key", account=HUB, region="us-east-1", alias="alias/own", policy={"Version": "2012-10-17", "Statement": [own]})
    keyward = sound(tmp_path, sandbox, store={"target": "central", "kms_key_id": "alias/keyward", "replica_regions": ["eu-west-1"]})
    checks = doctor(keyward)
    assert checks.unwell == set() and {"doctor.store.kms_policy", "doctor.store.replica_region"} <= checks.ids("ok")
    keyward.configure(store={"replica_regions": ["ap-south-1"]})
    assert "alias/keyward in ap-south-1 does not exist" in doctor(keyward, code=5)["doctor.store.kms_key"]["what"]
    keyward.configure(store={"replica_regions": [], "kms_key_id": "alias/own"})
    found = doctor(keyward, code=5)["doctor.store.kms_policy"]
    assert found["accounts"] == [A, B] and "aws kms put-key-policy" in found["fix"] and "aws:PrincipalOrgID" in found["fix"]
    assert_fixes_are_commands([found])


def test_what_earlier_runs_left(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox, notify={"channels": [{"type": "file"}]})
    killed_before(sandbox, keyward, ["run"], "secretsmanager:PutSecretValue")
    left = doctor(keyward)["doctor.history.journal"]
    assert "interrupted" in left["what"] and " recover --list" in left["fix"]
    keyward("recover")
    assert "doctor.history.journal" in doctor(keyward).ids("ok")
    sandbox.edit("delete_role", account=B, role="keyward-rotate")
    other = Keyward(tmp_path / "other", sandbox.environment)  # ids of runs in one second have no order
    other("run").expect(4)
    assert "exit code 4" in doctor(other, code=4)["doctor.history.last_run"]["cause"]


def test_an_endpoint_that_does_not_answer(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox, notify={"channels": [{"type": "file"}, {"type": "metrics"}]})
    checks = doctor(keyward, code=5, AWS_ENDPOINT_URL_CLOUDWATCH="https://nowhere.invalid")
    assert checks.unwell == {"doctor.network.endpoint"} and "getent ahosts nowhere.invalid" in checks["doctor.network.endpoint"]["fix"]


def test_interrupted_it_says_what_it_did_not_look_at(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox)
    sandbox.gate()
    process = keyward.start("-o", "json", "doctor")
    try:
        held = go_on_until(sandbox, process, "sts:GetCallerIdentity")
        process.send_signal(signal.SIGINT)
        wait_for_words(process, "stopping")
        sandbox.control("gate", method="DELETE")
        sandbox.release(id=held["id"])
    finally:
        checks = Checks(keyward.finish(process).expect(130))
    assert checks["doctor.mail.templates"]["cause"] == "interrupted" and "doctor.caller.identity" in checks.ids("ok")


def test_the_sandbox_answers_what_doctor_asks(sandbox):
    admin = sandbox.admin()
    iam = sandbox.client("iam", admin)
    answer = iam.simulate_principal_policy(PolicySourceArn=CONTROL, ActionNames=["iam:ListUsers"], ResourceArns=["*"])
    assert [result["EvalDecision"] for result in answer["EvaluationResults"]] == ["allowed"]
    inventory = CONTROL.replace("control", "inventory")
    answer = iam.simulate_principal_policy(PolicySourceArn=inventory, ActionNames=["iam:CreateUser", "organizations:ListAccounts"])
    assert [result["EvalDecision"] for result in answer["EvaluationResults"]] == ["implicitDeny", "allowed"]
    key = sandbox.client("kms", admin).describe_key(KeyId="alias/keyward")["KeyMetadata"]
    policy = json.loads(sandbox.client("kms", admin).get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    assert policy["Statement"][1]["Principal"] == "*"
    topic = f"arn:aws:sns:us-east-1:{HUB}:keyward"
    assert sandbox.client("sns", admin).get_topic_attributes(TopicArn=topic)["Attributes"]["TopicArn"] == topic


def test_secrets_that_can_take_no_key(tmp_path):
    stuck = [{"name": f"Account_{A}_User_alice_AccessKey", "region": "us-east-1", "value": "{}", "deleted": True}]
    with organization(account(A, overdue("alice"), secrets=stuck)) as sandbox:
        checks = doctor(Keyward(tmp_path, sandbox.environment), code=5)
        found = checks["doctor.store.secret"]
        assert "restore-secret" in found["fix"] and "alice" in found["what"]
        assert_fixes_are_commands(checks.all)


def test_this_host(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox)
    keyward("run", "--dry-run").expect(0)
    journal = keyward.state_dir / "journal.jsonl"
    keyward.state_dir.chmod(0o755)
    with open(keyward.state_dir / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        checks = doctor(keyward)
    assert checks.unwell == {"doctor.host.lock", "doctor.host.state_dir"}
    assert "chmod 0700" in checks["doctor.host.state_dir"]["fix"]
    before = journal.read_bytes() if journal.exists() else b""
    journal.write_bytes(before + b"not a line of a journal\n")
    checks = doctor(keyward)
    assert checks.unwell == {"doctor.history.journal", "doctor.host.state_dir"}
    assert journal.read_bytes() == before + b"not a line of a journal\n"


def test_templates_that_cannot_be_used(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox)
    templates = keyward.directory / "templates"
    templates.mkdir()
    for name in ("enforce.html", "audit.html"):
        (templates / name).write_text("<p>{{acount_id}}</p>")
    keyward.configure(notify={"templates": str(templates)})
    found = doctor(keyward, code=5)["doctor.mail.templates"]
    assert "acount_id" in found["cause"] and "templates" in found["fix"]


def test_mail_servers_are_greeted_and_get_no_mail(tmp_path, sandbox):
    authority = Authority(tmp_path)
    (tmp_path / "user").write_text(MailServer.USER)
    (tmp_path / "password").write_text(MailServer.PASSWORD)
    login = {"smtp_user": f"file:{tmp_path / 'user'}", "smtp_password": f"file:{tmp_path / 'password'}"}
    keyward = sound(tmp_path, sandbox)
    trusting = {"AWS_CA_BUNDLE": str(authority.bundle)}
    with MailServer(authority) as server, Posts(authority) as posts:
        hook = {"type": "webhook", "url": "env:HOOK", "secret": "env:SIGNING", "private_addresses": True}
        keyward.configure(notify={"channels": [server.channel(), hook], **login})
        checks = doctor(keyward, HOOK=posts.url + "/secret-path", **trusting)
        assert checks.unwell == set() and {"doctor.mail.smtp", "doctor.channel.webhook"} <= checks.ids("ok")
        assert MailServer.PASSWORD not in checks.result.stdout + checks.result.stderr
        assert server.mails == [] and posts.requests == [] and all(encrypted for _, encrypted in server.logins)
        (tmp_path / "password").write_text("wrong")
        found = doctor(keyward, code=4, HOOK=posts.url, **trusting)["doctor.mail.smtp"]
        assert "smtp_password" in found["fix"]
        (tmp_path / "password").write_text(MailServer.PASSWORD)
        untrusted = doctor(keyward, code=4, HOOK=posts.url)
        assert untrusted.unwell == {"doctor.mail.smtp", "doctor.channel.webhook"}
        # It goes no further than a run.
        del hook["private_addresses"]
        keyward.configure(notify={"channels": [server.channel(), hook]})
        for url in ("https://10.0.0.1/x", posts.url):
            found = doctor(keyward, code=4, HOOK=url, **trusting)["doctor.channel.webhook"]
            assert "private_addresses: true" in found["fix"]
    with MailServer(authority, starttls=False) as server:
        keyward.configure(notify={"channels": [server.channel()]})
        found = doctor(keyward, code=4, **trusting)["doctor.mail.smtp"]
        assert "openssl s_client" in found["fix"] and server.logins == []
    keyward.configure(notify={"channels": [server.channel()]})
    assert doctor(keyward, code=4, **trusting).unwell == {"doctor.mail.smtp"}


def test_write_test_leaves_nothing_and_tells_when_it_cannot(tmp_path, sandbox):
    def secrets():
        return [secret for one in sandbox.state()["accounts"].values() for secret in one["secrets"]]

    keyward = sound(tmp_path, sandbox, dry_run=True)
    checks = doctor(keyward, "--write-test", "--account", A)
    assert checks.unwell == set() and "doctor.store.write_test" in checks.ids("ok") and secrets() == []
    written = {call["action"] for call in sandbox.calls()["log"] if call["outcome"] == "ok"}
    assert written == {"secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"}
    # A value that cannot be stored: the secret is taken back all the same.
    sandbox.faults(rules=[{"action": "secretsmanager:PutSecretValue", "fault": "denied", "times": -1}])
    assert "cannot be stored" in doctor(keyward, "--write-test", "--account", A, code=5)["doctor.store.write_test"]["what"]
    assert secrets() == []
    sandbox.faults(rules=[{"action": "secretsmanager:DeleteSecret", "fault": "denied", "times": -1}])
    found = doctor(keyward, "--write-test", "--account", A, code=5)["doctor.store.write_test"]
    assert "could not be deleted" in found["what"] and "aws secretsmanager delete-secret" in found["fix"]
    sandbox.faults(rules=[])
    left = doctor(keyward, "--account", A)
    assert left.unwell == {"doctor.store.canary_left"}
    sandbox.edit("create_user", account=B, user="keyward-doctor")
    assert doctor(keyward, "--write-test", "--account", B).unwell == {"doctor.store.write_test"}


def test_without_credentials_the_rest_is_still_looked_at(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox)
    keyward.environment.pop("AWS_ACCESS_KEY_ID")
    checks = doctor(keyward, code=5)
    assert checks.ids("failure") == {"doctor.caller.credentials"}
    assert {"doctor.mail.templates", "doctor.host.state_dir"} <= checks.ids("ok")
    assert {"doctor.organization.list", "doctor.role.assume", "doctor.mail.ses_identity"} <= checks.ids("not_checked")


def test_which_accounts_are_looked_into(tmp_path):
    members = [account(str(200000000000 + i)) for i in range(1, 9)]
    with organization(*members) as sandbox:
        sandbox.rights_of_its_own = MORE
        keyward = Keyward(tmp_path, sandbox.environment)
        some, every = doctor(keyward), doctor(keyward, "--all")
        accounts = [{a for check in checks.all if check["id"] == "doctor.role.assume" for a in check["accounts"]} for checks in (some, every)]
        assert len(accounts[0]) == 5 and len(accounts[1]) == 8
        assert some.unwell == {"doctor.caller.credentials"}  # the hub's key never expires
        wrong = keyward("doctor", "--account", "999999999999").expect(2)
        assert wrong.stdout == "" and "999999999999 does not take part: it is not in the organization" in wrong.stderr
        late = Keyward(tmp_path / "late", sandbox.environment, limits={"deadline": "1s"})
        sandbox.faults(latency="900ms..1s")
        assert "limits.deadline" in doctor(late, code=4)["doctor.history.journal"]["cause"]


def test_an_account_that_takes_no_part_is_told_why(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox, accounts={"default": "opt-out", "exclude": [{"id": B}]})
    wrong = keyward("doctor", "--account", B).expect(2)
    assert wrong.stdout == "" and f"{B} does not take part" in wrong.stderr and "exclude" in wrong.stderr
    keyward.configure(accounts={"exclude": [{"id": A}, {"id": B}]})
    assert "accounts.exclude" in doctor(keyward)["doctor.organization.participation"]["cause"]


def test_files_that_a_run_could_not_write(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox, report={"prometheus_file": "/nonexistent/x.prom"}, notify={"channels": [{"type": "file", "directory": "/proc/x"}]})
    checks = doctor(keyward, code=4)
    assert checks.unwell == {"doctor.host.prometheus_file", "doctor.mail.file"}
    assert_fixes_are_commands(checks.all)
    (tmp_path / "file").write_text("")
    keyward.configure(report={"prometheus_file": str(tmp_path / "new.prom")}, notify={"channels": [{"type": "file", "directory": str(tmp_path / "file" / "mail")}]})
    assert doctor(keyward, code=4).unwell == {"doctor.mail.file"}
    keyward.configure(notify={"channels": [{"type": "file", "directory": str(tmp_path / "none" / "mail")}]})
    assert doctor(keyward).unwell == set() and not (tmp_path / "none").exists() and not (tmp_path / "new.prom").exists()


def test_whether_security_hub_is_on_is_not_checked(tmp_path, sandbox):
    found = doctor(sound(tmp_path, sandbox, report={"security_hub": True}))["doctor.channel.security_hub"]
    assert found["status"] == "not_checked" and found["accounts"] == [A, B]
    assert_fixes_are_commands([found])


def test_the_fix_makes_the_role_that_is_missing(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox, audit_role="keyward-reader")
    fix = doctor(keyward, code=5)["doctor.role.assume_audit"]["fix"]
    config = keyward.directory / "config.yaml"
    assert fix.startswith(f"keyward -c {config} policy audit --format cloudformation") and "--stack-name keyward-audit-role " in fix
    keyward("policy", "audit", "--format", "cloudformation").expect(0)
    sandbox.edit("delete_role", account=A, role="keyward-rotate")
    fix = doctor(keyward, code=5)["doctor.role.assume"]["fix"]
    assert "policy rotate --format" in fix and "--stack-name keyward-role " in fix


def test_another_allow_is_no_fix_of_a_deny(tmp_path, sandbox):
    without("iam:CreateAccessKey")(sandbox)
    found = doctor(sound(tmp_path, sandbox), code=4)["doctor.rights.rotate"]
    assert "put-role-policy" not in found["fix"] and "aws iam list-role-policies" in found["fix"] and "Deny of iam:CreateAccessKey" in found["fix"]


ALL_BUT_READING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "NotAction": "secretsmanager:GetSecretValue", "Resource": "*"}]}
# keyward's secrets are left out.
ALL_BUT_READING_SOME = {"Version": "2012-10-17", "Statement": [*ALLOW_ALL["Statement"], {
    "Effect": "Deny", "Action": "secretsmanager:GetSecretValue", "NotResource": "arn:aws:secretsmanager:*:*:secret:Account_*"}]}  # fmt: skip


@pytest.mark.parametrize("policy", [ALLOW_ALL, ALL_BUT_READING, ALL_BUT_READING_SOME])
def test_who_writes_secrets_has_to_be_denied_to_read_them(tmp_path, sandbox, policy):
    sandbox.edit("put_role_policy", account=B, role="keyward-rotate", name="rights", policy=policy)
    checks = doctor(sound(tmp_path, sandbox))
    found = checks["doctor.rights.rotate"]
    assert (found["status"], found["accounts"]) == ("warning", [B])
    assert found["what"] == "keyward-rotate is not denied secretsmanager:GetSecretValue"
    assert "policy that is put on a secret" in found["cause"] and "policy rotate > rotate.json" in found["fix"]
    assert_fixes_are_commands([found])
    assert any(B in check["accounts"] for check in checks.all if check["id"] == "doctor.rights.rotate" and check["status"] == "ok")


def test_who_writes_a_central_store_has_to_be_denied_to_read_it(tmp_path, sandbox):
    store = {"target": "central", "kms_key_id": "alias/keyward"}
    assert doctor(sound(tmp_path, sandbox, store=store)).unwell == set()
    for name in ("all", "no secrets"):
        sandbox.edit("put_role_policy", account=HUB, role="keyward-control", name=name, policy=ALL_BUT_READING)
    checks = doctor(sound(tmp_path, sandbox, store=store))
    assert checks["doctor.rights.control"]["what"] == "keyward-control is not denied secretsmanager:GetSecretValue"
    checks = doctor(sound(tmp_path, sandbox, store={**store, "role": CONTROL}))
    assert checks.unwell == {"doctor.rights.store"}  # its own identity does not write then
    # Who may not name the readers of a secret need not be denied.
    deny = {"Effect": "Deny", "Action": "secretsmanager:PutResourcePolicy", "Resource": "*"}
    sandbox.edit("put_role_policy", account=HUB, role="keyward-control", name="none", policy={"Version": "2012-10-17", "Statement": [deny]})
    checks = doctor(sound(tmp_path, sandbox, store=store), code=5)
    assert checks["doctor.rights.control"]["what"] == "keyward-control lacks secretsmanager:PutResourcePolicy"


def test_a_store_that_is_nowhere(tmp_path, sandbox):
    role = f"arn:aws:iam::{HUB}:role/nobody"
    keyward = sound(tmp_path, sandbox, store={"target": "central", "kms_key_id": "alias/keyward", "role": role})
    checks = doctor(keyward, code=5)
    found = checks["doctor.store.role"]
    assert role in found["what"] and "policy store --format cloudformation" in found["fix"]
    assert not {"doctor.store.kms_key", "doctor.rights.store"} & checks.unwell
    assert_fixes_are_commands(checks.all)
    keyward("policy", "store", "--format", "cloudformation").expect(0)


def test_a_replica_region_that_is_nowhere(tmp_path, sandbox):
    keyward = sound(tmp_path, sandbox, store={"replica_regions": ["xx-nowhere-1"]})
    checks = doctor(keyward, code=5)
    assert checks.unwell == {"doctor.network.endpoint", "doctor.store.replica_region"}
    for id in checks.unwell:
        assert "replica_regions: [...]" in checks[id]["fix"] and "enable-region" not in checks[id]["fix"]


def test_rights_for_notices_alone_keep_no_key_from_being_rotated(tmp_path, sandbox):
    deny = {"Effect": "Deny", "Action": ["ses:SendEmail", "ses:SendRawEmail", "sns:Publish"], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [*ALLOW_ALL["Statement"], deny]}
    sandbox.edit("put_role_policy", account=HUB, role="keyward-control", name="all", policy=policy)
    checks = doctor(sound(tmp_path, sandbox), code=4)
    lacking = [check for check in checks.all if check["status"] == "failure"]
    assert {check["id"] for check in lacking} == {"doctor.rights.control"} and {check["blocks"] for check in lacking} == {"part"}


def test_on_moto(tmp_path):
    with Moto(members=2) as moto:
        checks = doctor(Keyward(tmp_path, moto.environment()))
        assert checks.ids("failure") == set()
        assert {"doctor.role.assume", "doctor.store.reach", "doctor.organization.list"} <= checks.ids("ok")
