"""keyward as a function of AWS Lambda: the package's own bootstrap speaks to a Runtime API, against the sandbox."""

import json
import pathlib
import subprocess
import sys
import time
import zipfile

import pytest

from confinement import confined
from keyward_process import ROOT, Keyward, executable
from lambda_service import LambdaService
from organizations import A, B, C, account, assert_rotated, keys, organization, overdue, stored
from sandbox_process import HUB_ACCOUNT

YOUNG = {"age_days": 200, "keys": [{"age_days": 5, "last_used": {"days_ago": 1}}]}
DAILY = {  # a rule of EventBridge sends this
    "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", "source": "aws.events",
    "account": HUB_ACCOUNT, "time": "2026-11-21T02:30:00Z", "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:111111111111:rule/daily"], "detail": {},
}


def packed(program, file):
    subprocess.run([ROOT / "scripts/lambda_zip.sh", "-p", program, "-o", file], check=True, capture_output=True)
    return file


def unpack(package, folder):
    """As Lambda does: with the modes that the package names."""
    with zipfile.ZipFile(package) as files:
        for entry in files.infolist():
            path = pathlib.Path(files.extract(entry, folder))
            path.chmod(entry.external_attr >> 16 & 0o777)
    return folder


def test_what_is_packed_is_seen_from_where_it_was_named(tmp_path):
    (tmp_path / "config.yaml").write_text("region: eu-north-1\n")
    script = [ROOT / "scripts/lambda_zip.sh", "-p", "/usr/bin/true", "-o", "mine.zip"]
    packed = subprocess.run([*script, "config.yaml"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert packed.stdout.splitlines()[-1] == str(tmp_path / "mine.zip") and "warning" not in packed.stderr
    with zipfile.ZipFile(tmp_path / "mine.zip") as files:
        assert files.read("config.yaml") == b"region: eu-north-1\n"
    without = subprocess.run(script, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "no config.yaml is in the package" in without.stderr


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lambda")
    return packed(executable(), folder / "keyward.zip")


@pytest.fixture(scope="module")
def task(package, tmp_path_factory):
    """The package, unpacked."""
    return unpack(package, tmp_path_factory.mktemp("task"))


def function(task, tmp_path, sandbox, **configuration):
    keyward = Keyward(tmp_path, sandbox.environment, **configuration)
    return LambdaService([task / "bootstrap"], sandbox.environment, tmp_path, tmp_path), keyward


def done(answer):
    assert answer.error_type is None, answer
    assert answer["exit_code"] == 0 and answer["meaning"] == "done, every account covered"
    return answer


def refused(answer, error_type):
    assert answer.error_type == answer["errorType"] == error_type, answer
    return answer["errorMessage"]


def secrets_of(state):
    return {key["secret"] for one in state["accounts"].values() for user in one["users"].values() for key in user["keys"]}


def test_every_event_in_one_process(task, tmp_path):
    hub = {"management": True, "users": [{"name": "dave", **YOUNG}, {"name": "spared", **YOUNG}]}
    spared = {"account": HUB_ACCOUNT, "user": "spared", "reason": "vendor appliance", "owner": "ciso@example.org"}
    world = [account(A, overdue("alice"), {"name": "carol", **YOUNG}), account(B, overdue("bob")), hub]
    rules = {"default": "opt-out", "include": [{"id": HUB_ACCOUNT}], "exclude": [{"id": C}]}
    with organization(*world, account(C, overdue("eve"))) as sandbox:
        service, _ = function(task, tmp_path, sandbox, accounts=rules, users={"exempt": [spared]})
        with service as invoke:
            listed = done(invoke({"action": "inventory"}))
            assert [one["account"] for one in listed["accounts"]] == [HUB_ACCOUNT, A, B]
            assert listed["skipped"] == {"an exclude rule matches": 1} and listed["in_organization"] == 4
            [_, first, _] = listed["accounts"]
            assert first == {"account": A, "name": sandbox.state()["accounts"][A]["name"], "email": f"{A}@example.org"}

            before = sandbox.state_bytes()
            dry = done(invoke({"action": "run", "dryrun": "True"}))
            assert dry["run"]["dry_run"] is True and dry["run"]["accounts_covered"] == 3
            assert {one["account"]: one.get("actions") for one in dry["accounts"]}[A] == {"rotate": {"dry_run": 1}}
            assert sandbox.state_bytes() == before

            # What the inventory lists is the event of the next function.
            rotated = done(invoke(first))
            assert rotated["event"] == "account" and rotated["run"]["accounts_participating"] == 1
            assert [(e["user"], e["action"], e["outcome"]) for e in rotated["events"] if e["event"] == "action"] == [("alice", "rotate", "done")]
            assert rotated["run"]["organization"] == listed["organization"]
            asked = {action for action in rotated["run"]["api_calls"] if action.startswith("organizations:")}
            assert asked == {"organizations:DescribeOrganization"}  # hundreds of functions must not list it each
            assert_rotated(sandbox.state(), A, "alice")
            assert [e for e in done(invoke(first))["events"] if e["event"] == "action"] == []

            forced = done(invoke({**first, "ForceRotate": "carol"}))
            assert [(e["user"], e["reason"]) for e in forced["events"] if e["event"] == "action"] == [("carol", "forced_rotation")]
            assert_rotated(sandbox.state(), A, "carol")

            daily = done(invoke(DAILY))
            assert daily["run"]["accounts_covered"] == 3 and daily["run"]["command"] == "run"
            assert_rotated(sandbox.state(), B, "bob")
            assert len(keys(sandbox.state(), C, "eve")) == 1

            # One user of the function's own account, step by step; each comes when its grace is over and not before.
            dave = {"username": "dave"}
            assert "is active" in refused(invoke({"action": "delete", **dave}), "Function.Partial")
            done(invoke({"action": "create", **dave}))
            assert_rotated(sandbox.state(), HUB_ACCOUNT, "dave")
            assert "switched off now" in refused(invoke({"action": "deactivate", **dave}), "Function.Partial")
            sandbox.advance("11d")
            assert done(invoke({"action": "deactivate", **dave}))["run"]["outcomes"] == {"deactivate": {"done": 1}}
            early = refused(invoke({"action": "delete", **dave}), "Function.Partial")
            assert "may be deleted now" in early and "next date" in early
            old, new = keys(sandbox.state(), HUB_ACCOUNT, "dave")
            assert (old["status"], new["status"]) == ("Inactive", "Active")
            sandbox.advance("11d")
            assert done(invoke({"action": "delete", **dave, "dryrun": True}))["run"]["dry_run"] is True
            done(invoke({"action": "delete", **dave}))
            assert [key["id"] for key in keys(sandbox.state(), HUB_ACCOUNT, "dave")] == [new["id"]]

            # Nothing else is an event, and nothing of it is told.
            odd = {"action": "delete", "username": "dave", "password": "correct horse", "Username": "mallory"}
            for event in (odd, {"account": A}, {**first, "dryrun": "maybe"}, {**DAILY, "dryrun": True}, b"battery staple", [], {"action": "purge"}):
                text = refused(invoke(event), "Function.UnknownEvent")
                assert '"ForceRotate"' in text and "correct" not in text and "staple" not in text
            for event in ({"action": "create", "username": "spared"}, {**listed["accounts"][0], "ForceRotate": "spared"}):
                assert "ExemptUser" in refused(invoke(event), "Function.Partial")
            assert len(keys(sandbox.state(), HUB_ACCOUNT, "spared")) == 1
            assert "no IAM user nobody" in refused(invoke({"action": "create", "username": "nobody"}), "Function.Partial")
            assert "does not take part" in refused(invoke({"account": C, "name": "", "email": ""}), "Function.PreflightFailed")
            log = service.said()
        assert service.starts == 1
        answers = log + json.dumps([listed.body, rotated.body, forced.body, daily.body])
        for hidden in {*secrets_of(sandbox.state()), "correct horse", "mallory", "staple", f"{A}@example.org"}:
            assert hidden not in log, hidden
        assert not any(secret in answers for secret in secrets_of(sandbox.state()))
        assert all(json.loads(line)["level"] for line in log.splitlines())


def test_a_rotation_that_secrets_manager_began(task, tmp_path):
    """Step by step, as Secrets Manager calls its function, under exactly the policy that is printed for it."""
    name, value = "app/credentials", {"USER_NAME": "app", "host": "db.example.org"}
    old = {"id": "AKIAEXAMPLEEXAMPLE77", "secret": "the-old-secret-of-app"}
    document = {**value, "AWS_ACCESS_KEY_ID": old["id"], "AWS_SECRET_ACCESS_KEY": old["secret"]}
    app = {"name": "app", "age_days": 800, "keys": [{"age_days": 60, "last_used": {"days_ago": 0}, **old}]}
    hub = {"management": True, "users": [app], "secrets": [{"name": name, "region": "us-east-1", "value": json.dumps(document)}]}
    with organization(account(A, overdue("alice")), hub) as sandbox:
        service, keyward = function(task, tmp_path, sandbox)
        policy = keyward("policy", "secret-rotation", "--principal", f"arn:aws:iam::{HUB_ACCOUNT}:role/f").expect(0).stdout
        sandbox.edit("put_user_policy", account=HUB_ACCOUNT, user="hub", name="secret-rotation", policy=json.loads(policy))
        secrets = sandbox.client("secretsmanager", sandbox.admin())
        arn = f"arn:aws:lambda:us-east-1:{HUB_ACCOUNT}:function:keyward-secret-rotation"

        def current():
            return json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])

        with service as invoke:
            secret = secrets.rotate_secret(SecretId=name, RotationLambdaARN=arn, RotationRules={"AutomaticallyAfterDays": 60})
            event = {"SecretId": secret["ARN"], "ClientRequestToken": secret["VersionId"]}
            for step in ("createSecret", "setSecret", "testSecret"):
                answer = done(invoke({"Step": step, **event}))
                assert answer["event"] == "secret" and answer["step"] == step and answer["rotated"] is False
                done(invoke({"Step": step, **event}))  # each may come twice
                assert current() == document
            assert done(invoke({"Step": "finishSecret", **event}))["rotated"] is True
            first, new = keys(sandbox.state(), HUB_ACCOUNT, "app")
            assert (first["id"], first["status"], new["status"]) == (old["id"], "Active", "Active")
            assert current() == {**value, "AWS_ACCESS_KEY_ID": new["id"], "AWS_SECRET_ACCESS_KEY": new["secret"]}
            assert done(invoke({"Step": "finishSecret", **event}))["outcome"] == "already_promoted"
            assert len(keys(sandbox.state(), HUB_ACCOUNT, "app")) == 2

            # The next one finds no room, and says when there will be.
            again = secrets.rotate_secret(SecretId=name, ClientRequestToken="0" * 32)
            text = refused(invoke({"Step": "createSecret", "SecretId": again["ARN"], "ClientRequestToken": again["VersionId"]}), "Function.Partial")
            assert "TwoKeys" in text and current()["AWS_ACCESS_KEY_ID"] == new["id"]
            assert new["secret"] not in service.said() and old["secret"] not in service.said()


def test_a_secret_is_not_rotated_where_a_rule_may_call_the_account_dry(task, tmp_path):
    hub = {"management": True, "secrets": [{"name": "app", "region": "us-east-1", "value": json.dumps({"USER_NAME": "app"})}]}
    by_tag, by_id = {"match": {"tag": {"stage": "prod"}}, "dry_run": True}, {"match": {"id": HUB_ACCOUNT}, "dry_run": False}
    event = {"Step": "createSecret", "SecretId": "app", "ClientRequestToken": "0" * 32}
    with organization(account(A), hub) as sandbox:
        for overrides, code in (([by_tag], "RuleUnknown"), ([by_tag, by_id], "RuleUnknown"), ([by_id, by_tag], "secretsmanager:DescribeSecret")):  # as far as a secret that is not the function's
            service, keyward = function(task, tmp_path, sandbox, accounts={"overrides": overrides})
            policy = keyward("policy", "secret-rotation", "--principal", f"arn:aws:iam::{HUB_ACCOUNT}:role/f").expect(0).stdout
            sandbox.edit("put_user_policy", account=HUB_ACCOUNT, user="hub", name="secret-rotation", policy=json.loads(policy))
            with service as invoke:
                assert code in refused(invoke(event), "Function.Partial")


def test_rules_by_unit_hold_for_an_account_by_itself(task, tmp_path):
    unit = "ou-ab12-11111111"
    overrides = [{"match": {"ou": unit}, "dry_run": True}]
    world = [account(A, overdue("alice"), ou="Prod"), account(B, overdue("bob"))]
    units = [{"name": "Prod", "id": unit}]
    with organization(*world, organizational_units=units) as sandbox:
        service, _ = function(task, tmp_path, sandbox, accounts={"default": "opt-out", "overrides": overrides})
        with service as invoke:
            before = sandbox.state_bytes()
            items = {one["account"]: one for one in done(invoke({"action": "inventory", "dryrun": True}))["accounts"]}
            assert items[A]["path"][-1] == unit and items[A]["dryrun"] is True
            # What the event does not say is looked up, or a rule that protects an account would not hold.
            bare = {name: items[A][name] for name in ("account", "name", "email")}
            for event in (bare, {**bare, "path": items[A]["path"]}):
                answer = done(invoke(event))
                assert answer["run"]["dry_run"] is True
                assert ("organizations:ListAccounts" in answer["run"]["api_calls"]) == (event is bare)
            assert done(invoke(items[B]))["run"]["dry_run"] is True
            assert sandbox.state_bytes() == before
            unknown = {"account": "999999999999", "name": "", "email": ""}
            assert "it is not in the organization" in refused(invoke(unknown), "Function.PreflightFailed")
            done(invoke({"account": B, "name": "", "email": f"{B}@example.org", "path": items[B]["path"]}))
        assert_rotated(sandbox.state(), B, "bob")


def test_metrics_are_lines_of_the_log_by_themselves(task, tmp_path):
    """CloudWatch finds them in no other: without them the alarm about runs that are missing would ring every day."""
    with organization(account(A, overdue("alice"))) as sandbox:
        service, _ = function(task, tmp_path, sandbox, notify={"channels": [{"type": "file"}, {"type": "metrics", "embedded": True}]})
        with service as invoke:
            assert "said" not in done(invoke({})).body
            [metrics] = [line for line in map(json.loads, service.said().splitlines()) if "_aws" in line]
        assert (metrics["Runs"], metrics["KeysRotated"], metrics["Mode"]) == (1, 1, "enforce")


def test_a_process_that_dies_is_replaced_and_the_next_one_ends_its_work(task, tmp_path):
    with organization(account(A, overdue("alice"))) as sandbox:
        service, _ = function(task, tmp_path, sandbox)
        with service as invoke:
            sandbox.gate(from_=1)
            invocation = service.begin({})
            seen = []
            while "iam:CreateAccessKey" not in seen:  # then the key is there, and what comes next is held
                for request in sandbox.held(wait="10s"):
                    seen.append(request["action"])
                    sandbox.release(id=request["id"])
            sandbox.held(wait="10s")
            assert len(keys(sandbox.state(), A, "alice")) == 2
            service.process.kill()
            service.process.wait()
            sandbox.release(discard=True)
            sandbox.control("gate", method="DELETE")
            assert "signal: 9" in refused(service.finish(invocation), "Runtime.ExitError")
            lost = {key["secret"] for key in keys(sandbox.state(), A, "alice")} - stored(sandbox.state()).get("AWSCURRENT", set())
            done(invoke({}))
            assert service.starts == 2
        assert_rotated(sandbox.state(), A, "alice")
        assert len(lost) == 2 and len(keys(sandbox.state(), A, "alice")) == 2


def test_the_end_of_the_function_leaves_time_to_end_what_was_begun(task, tmp_path):
    numbers = [f"{i:012}" for i in range(200000000000, 200000000016)]
    with organization(*[account(number, overdue("user")) for number in numbers], options=("--latency", "40ms..50ms")) as sandbox:
        service, _ = function(task, tmp_path, sandbox, limits={"accounts_in_flight": 2})
        with service as invoke:
            late = refused(invoke({}, deadline_seconds=19), "Function.TooLittleTime")
            assert "nothing was done" in late
            begun = time.monotonic()
            answer = invoke({}, deadline_seconds=22.2)
            assert time.monotonic() - begun < 20, "it began new accounts until its end"
            text = refused(answer, "Function.Partial")
            run = answer["answer"]["run"]
            assert 0 < run["accounts_covered"] < len(numbers)
            left = {one["account"]: one["reason"] for one in run["uncovered"]}
            assert len(left) + run["accounts_covered"] == len(numbers)
            assert all("the function's timeout" in reason for reason in left.values())
            assert f"not covered: {min(left)}" in text
            # The process goes on, and with what was left.
            assert done(invoke({}))["run"]["accounts_covered"] == len(numbers)
        for number in numbers:
            assert_rotated(sandbox.state(), number, "user")


def test_a_configuration_that_is_refused_is_told_before_any_event(task, tmp_path):
    (tmp_path / "config.yaml").write_text("polisy: {}\n")
    with LambdaService([task / "bootstrap"], {"AWS_REGION": "us-east-1"}, tmp_path, tmp_path) as service:
        assert service.start().wait(timeout=30) == 2
        assert "polisy" in refused(service.init_errors.get(timeout=1), "Function.Configuration")
        assert service.asked.empty()


def test_the_package_runs_where_nothing_else_is(package, tmp_path):
    root = tmp_path / "root"
    task = root / "var/task"
    task.mkdir(parents=True)
    unpack(package, task)
    for folder in (root, root / "var", task):
        folder.chmod(0o755)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        del keyward.configuration["state_dir"]
        (task / "config.yaml").write_text(json.dumps(keyward.configuration))
        launcher = confined(root)
        with LambdaService([*launcher, "/var/task/bootstrap"], sandbox.environment, "/var/task", tmp_path) as invoke:
            done(invoke({}))
            again = done(invoke({}))
        assert_rotated(sandbox.state(), A, "alice")
        # Without a state_dir of its own it writes to /tmp, and leaves no records there to fill it up.
        folders = {path.name: list(path.iterdir()) for path in (root / "tmp/keyward/runs").iterdir()}
        assert again["run"]["run"] in folders and not any(folders.values())
        assert "nobody reads it" in again["said"][0]
        assert {path.name for path in root.iterdir()} == {"tmp", "var"}


def test_the_same_files_make_the_same_package(package, tmp_path, monkeypatch):
    # A small program, and its libraries: what is packed does not matter here.
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    (tmp_path / "copied").write_bytes(pathlib.Path("/usr/bin/true").read_bytes())
    one = packed("/usr/bin/true", tmp_path / "one.zip")
    assert packed(tmp_path / "copied", tmp_path / "two.zip").read_bytes() == one.read_bytes()
    with zipfile.ZipFile(one) as files:
        assert {entry.date_time for entry in files.infolist()} == {(2026, 1, 1, 0, 0, 0)}
    with zipfile.ZipFile(package) as files:
        modes = {entry.filename: oct(entry.external_attr >> 16) for entry in files.infolist()}
        sizes = [entry.file_size for entry in files.infolist()]
    assert modes["bootstrap"] == modes["lib/keyward"] == "0o100755" and set(modes.values()) == {"0o100755", "0o100644"}
    assert package.stat().st_size < 50e6 and sum(sizes) < 250e6  # what Lambda takes


PYTHON = """
import os, urllib.request
import boto3
urllib.request.urlopen(f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/next").read()
"""


def test_a_cold_start_is_a_tenth_of_pythons(task, tmp_path, show):
    """From the start of the process to its first request, in turns, so that both see the same machine. What is compared is
    the time on the processor, which other processes do not make longer; the time by the clock is shown beside it."""
    keyward = Keyward(tmp_path, {})
    (tmp_path / "function.py").write_text(PYTHON)
    commands = {"keyward": [task / "bootstrap"], "python": [sys.executable, tmp_path / "function.py"]}
    waited, worked = ({name: [] for name in commands} for _ in range(2))
    for turn in range(6):
        for name, command in commands.items():
            service = LambdaService(command, {"AWS_REGION": "us-east-1"}, keyward.directory, tmp_path)
            with service:
                began = time.monotonic()
                process = service.start()
                took = service.asked.get(timeout=60) - began
                ran = int(pathlib.Path(f"/proc/{process.pid}/schedstat").read_text().split()[0]) / 1e9
                process.kill()
                process.wait()
                service.process = None
                if turn > 0:  # the first reads files that nobody had read before
                    waited[name].append(took)
                    worked[name].append(ran)
    best = {name: (1000 * min(worked[name]), 1000 * min(waited[name])) for name in commands}
    show("cold start to the first request: " + ", ".join(f"{name} {best[name][0]:.1f} ms on the processor, {best[name][1]:.0f} ms by the clock" for name in commands))
    assert 10 * best["keyward"][0] <= best["python"][0], worked
