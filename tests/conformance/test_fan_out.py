"""The daily run divided among functions: the state machine of deploy/fanout, its tasks executed by the real function against
the sandbox, gives what one process gives."""

import collections
import contextlib
import json
import re

import pytest
import yaml

from keyward_process import ROOT, Keyward, executable
from lambda_service import Answer, LambdaService
from sandbox_process import Sandbox
from state_machine import Failed, StateMachine, definition_of

HUB = "111111111111"
BUCKET = "keyward-records"
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/runs/*"}],
}
K_FILES = 120
NOTIFY = {"sender": "keyward@example.org", "channels": [{"type": "ses"}], "fallback": "security@example.org"}


class Objects:
    """The bucket, with an administrator's key."""

    def __init__(self, sandbox):
        self.s3 = sandbox.client("s3", sandbox.admin())

    def get(self, bucket, key):
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()

    def put(self, bucket, key, text):
        self.s3.put_object(Bucket=bucket, Key=key, Body=text.encode())


@contextlib.contextmanager
def functions(count, sandbox, folder, configuration):
    """So many environments of one function; each runs an event at a time."""
    with contextlib.ExitStack() as stack:
        started = []
        for number in range(count):
            task = folder / f"task-{number}"
            task.mkdir(parents=True)
            # state_dir is not in it: the function has its own, and here each environment's has to be its own as well.
            (task / "config.yaml").write_text(yaml.safe_dump({**configuration, "state_dir": str(task / "state")}))
            # Fewer files than accounts, as on AWS Lambda, which has 1,024 for 10,000 accounts.
            command = ["prlimit", f"--nofile={K_FILES}", executable(), "lambda"]
            service = LambdaService(command, sandbox.environment, task, task)
            started.append(stack.enter_context(service))
        yield started


def died(function):
    """The process of this environment took an event, and is gone."""
    function.begin({"action": "inventory"})
    function.process.kill()
    function.process.wait()


def machine(sandbox, started, tolerated=10):
    definition = definition_of(
        ROOT / "deploy/fanout/state-machine.asl.json", Partition="aws", FunctionArn="f", Bucket=BUCKET, MaxConcurrency=len(started),
        ToleratedFailurePercentage=tolerated,
    )  # fmt: skip
    return StateMachine(definition, started, Objects(sandbox))


def told(sandbox):
    """Every mail, apart from what no two runs have in common: ids of keys and of the run, times of the day."""
    mails = []
    for mail in sandbox.mail():
        text = re.sub(r"AKIA[A-Z0-9]{16}|ending in [A-Z0-9]{4}|AccessKey-[A-Za-z0-9]{6}|\d{8}T\d{6}Z-[0-9a-f]{4}|\d{2}:\d{2}:\d{2}", "*", mail["text"])
        mails.append((tuple(mail["to"]), mail["subject"], text))
    return sorted(mails)


def done(events):
    """Everything that was decided and done, apart from ids of new keys and of requests."""
    members = ("event", "account", "user", "action", "reason", "outcome", "recipient", "channel")
    return collections.Counter(tuple(event.get(member) for member in members) for event in events)


def record(sandbox, execution):
    return json.loads(Objects(sandbox).get(BUCKET, f"runs/{execution}/run.json"))


def rotations(events):
    return [(e["account"], e["user"]) for e in events if e["event"] == "action" and (e["action"], e["outcome"]) == ("rotate", "done")]


def rotated(sandbox, execution):
    lines = Objects(sandbox).get(BUCKET, f"runs/{execution}/events.jsonl").splitlines()
    return rotations(map(json.loads, lines))


NUMBERS = (
    "accounts_total", "accounts_participating", "accounts_covered", "accounts_dry_run", "accounts_enforced", "accounts_skipped", "uncovered", "users",
    "keys", "keys_out_of_policy", "oldest_active_key_days", "active_keys_by_age", "decisions", "outcomes", "needs_human", "held_back", "notices_sent",
    "notices_failed", "events", "exit_code", "command", "mode", "dry_run", "organization",
)  # fmt: skip


@pytest.fixture
def world():
    with Sandbox("--seed", 21, "--accounts", 200, "--users", 3, "--propagation", "0ms") as sandbox:
        sandbox.edit("put_user_policy", account=HUB, user="hub", name="fan-out", policy=RIGHTS)
        sandbox.edit("add_bucket", account=HUB, bucket=BUCKET)
        yield sandbox


def test_two_hundred_accounts_as_by_one_process(world, tmp_path):
    one = Keyward(tmp_path / "one", world.environment, notify=NOTIFY)
    world.snapshot()
    whole = one("run").expect(0)
    mails = told(world)
    assert len(mails) > 100 and whole.summary["outcomes"]["rotate"]["done"] > 50

    world.restore()
    with functions(8, world, tmp_path / "function", one.configuration) as started:
        divided = machine(world, started)
        answer = divided.execute("monday")
        assert divided.tries == 202, "one for the list, one for each account, one for the merge"
        objects = Objects(world)
        summary = json.loads(objects.get(BUCKET, "runs/monday/run.json"))
        events = [json.loads(line) for line in objects.get(BUCKET, "runs/monday/events.jsonl").splitlines()]
        assert done(events) == done(whole.events)
        assert {name: summary.get(name) for name in NUMBERS} == {name: whole.summary.get(name) for name in NUMBERS}
        assert answer["run"] == summary and answer["report"] == "runs/monday/report.html"
        assert "<!DOCTYPE html>" in objects.get(BUCKET, "runs/monday/report.html")[:100]
        assert told(world) == mails


@contextlib.contextmanager
def small_world(seed, accounts):
    with Sandbox("--seed", seed, "--accounts", accounts, "--users", 3, "--propagation", "0ms") as sandbox:
        sandbox.edit("put_user_policy", account=HUB, user="hub", name="fan-out", policy=RIGHTS)
        sandbox.edit("add_bucket", account=HUB, bucket=BUCKET)
        with sandbox.signing_with_its_clock():
            yield sandbox


def test_an_account_in_an_unknown_state_keeps_no_other_from_its_turn(tmp_path):
    with small_world(23, 6) as sandbox:
        novel = {one["name"]: number for number, one in sandbox.state()["accounts"].items()}["account-03"]
        sandbox.edit("set_account", account=novel, state="NOVEL")
        one = Keyward(tmp_path / "one", sandbox.environment, notify=NOTIFY)
        with functions(1, sandbox, tmp_path / "function", one.configuration) as started:
            with pytest.raises(Failed) as failure:
                machine(sandbox, started).execute("wednesday")
            error_type, body = failure.value.args
            assert error_type == "Function.Partial" and novel in body["errorMessage"]
            summary = record(sandbox, "wednesday")
            assert [one["account"] for one in summary["uncovered"]] == [novel] and "does not know" in summary["uncovered"][0]["reason"]
            assert summary["accounts_covered"] == summary["accounts_participating"] - 1 > 0 and summary["exit_code"] == 4
            assert rotated(sandbox, "wednesday")
            listed = started[0]({"action": "inventory", "bucket": BUCKET, "prefix": "runs/by-hand"})
            assert listed.error_type is None and [one["account"] for one in listed["uncovered"]] == [novel]
            # By itself it is no list for others to go by: half of one looks like all of it.
            assert started[0]({"action": "inventory"}).error_type == "Function.Partial"


def test_what_a_try_did_whose_answer_was_lost_is_told_and_recorded(tmp_path):
    with small_world(24, 6) as sandbox:
        one = Keyward(tmp_path / "one", sandbox.environment, notify=NOTIFY)
        sandbox.snapshot()
        whole = one("run").expect(0)
        mails = told(sandbox)
        sandbox.restore()
        with functions(2, sandbox, tmp_path / "function", one.configuration) as started:
            lost = set()

            def unheard(event):
                """The first answer about an account gets lost on its way, and another environment is asked."""
                if "account" not in event or event["account"] in lost:
                    return started[0](event)
                lost.add(event["account"])
                assert started[1](event).error_type is None
                return Answer({}, "Lambda.SdkClientException")

            machine(sandbox, [unheard]).execute("thursday")
        summary = record(sandbox, "thursday")
        assert len(lost) == summary["accounts_covered"] == whole.summary["accounts_covered"]
        assert summary["outcomes"]["rotate"]["done"] == whole.summary["outcomes"]["rotate"]["done"] > 0
        assert sorted(rotated(sandbox, "thursday")) == sorted(rotations(whole.events))
        assert [(to, subject) for to, subject, _ in told(sandbox)] == [(to, subject) for to, subject, _ in mails]


def test_whom_no_channel_reached_is_told_by_the_next_merge_and_nobody_else(tmp_path):
    with small_world(25, 6) as sandbox:
        one = Keyward(tmp_path / "one", sandbox.environment, notify=NOTIFY)
        sandbox.snapshot()
        one("run").expect(0)
        everybody = sorted({mail["to"][0] for mail in sandbox.mail()})
        sandbox.restore()
        assert len(everybody) > 1
        for address in ("keyward@example.org", *everybody[1:]):
            sandbox.edit("set_account", account=HUB, verify=address)
        sandbox.edit("set_account", account=HUB, unverify="example.org", mail_sandbox=True)
        with functions(2, sandbox, tmp_path / "function", one.configuration) as started:
            with pytest.raises(Failed):
                machine(sandbox, started[:1]).execute("friday")
            assert sorted(mail["to"][0] for mail in sandbox.mail()) == everybody[1:]
            sandbox.edit("set_account", account=HUB, verify=everybody[0])
            # By another environment, which has nothing in its own memory.
            merged = started[1]({"action": "merge", "bucket": BUCKET, "prefix": "runs/friday"})
            assert merged.error_type is None and merged["exit_code"] == 0
            assert sorted(mail["to"][0] for mail in sandbox.mail()) == everybody


def test_what_lies_in_a_place_from_another_day_covers_nothing(tmp_path):
    with small_world(26, 6) as sandbox:
        one = Keyward(tmp_path / "one", sandbox.environment, notify=NOTIFY)
        with functions(1, sandbox, tmp_path / "function", one.configuration) as started:
            machine(sandbox, started).execute("daily")
            [(first, _), *_] = rotated(sandbox, "daily")
            sandbox.advance("1d")

            def lame(event):
                return Answer({}, "Runtime.ExitError") if event.get("account") == first else started[0](event)

            with pytest.raises(Failed) as failure:
                machine(sandbox, [lame], tolerated=50).execute("daily")
            assert failure.value.args[0] == "Function.Partial"
            [uncovered] = record(sandbox, "daily")["uncovered"]
            assert uncovered["account"] == first and "before the accounts were listed" in uncovered["reason"]
            assert rotated(sandbox, "daily") == []


def test_what_a_function_could_not_do_is_named_and_the_rest_is_done(tmp_path):
    with small_world(22, 10) as sandbox:
        numbers = {one["name"]: number for number, one in sandbox.state()["accounts"].items()}
        refused, lame = numbers["account-02"], numbers["account-05"]
        sandbox.edit("delete_role", account=refused, role="keyward-rotate")
        one = Keyward(tmp_path / "one", sandbox.environment, notify=NOTIFY)
        with functions(2, sandbox, tmp_path / "function", one.configuration) as started:

            def stubborn(function):
                """The function of one account dies at every try."""

                def invoke(event, **more):
                    if event.get("account") != lame:
                        return function(event, **more)
                    died(function)
                    return function(b"", **more)

                return invoke

            with pytest.raises(Failed) as failure:
                machine(sandbox, [stubborn(function) for function in started], tolerated=20).execute("tuesday")
            error_type, body = failure.value.args
            assert error_type == "Function.Partial" and lame in body["errorMessage"] and refused in body["errorMessage"]
            summary = json.loads(Objects(sandbox).get(BUCKET, "runs/tuesday/run.json"))
            named = {one["account"]: one["reason"] for one in summary["uncovered"]}
            assert set(named) == {refused, lame} and "its function left nothing" in named[lame] and "AssumeRole" in named[refused]
            assert summary["exit_code"] == 4 and summary["outcomes"]["rotate"]["done"] > 0
            assert sandbox.mail(), "the owners of the others are told"

            # Merged once more, as after a redrive: whoever was told is not told again.
            before = len(sandbox.mail())
            started[0]({"action": "merge", "bucket": BUCKET, "prefix": "runs/tuesday"})
            assert len(sandbox.mail()) == before

            # A redrive two days later, with a configuration that was mended: one record of both days.
            sandbox.advance("2d")
            file = started[1].task_root / "config.yaml"
            file.write_text(file.read_text().replace("limits:", "limits:\n  accounts_in_flight: 7"))
            died(started[1])
            events = map(json.loads, Objects(sandbox).get(BUCKET, "runs/tuesday/accounts.jsonl").splitlines())
            assert started[1](next(event for event in events if event["account"] == lame)).error_type is None
            merged = started[1]({"action": "merge", "bucket": BUCKET, "prefix": "runs/tuesday"})
            assert merged.error_type == "Function.Partial" and refused in merged["errorMessage"] and lame not in merged["errorMessage"]
            assert [one["account"] for one in record(sandbox, "tuesday")["uncovered"]] == [refused]
            assert record(sandbox, "tuesday")["accounts_covered"] == summary["accounts_covered"] + 1
            heard = sandbox.mail()[before:]
            assert heard and all(f"{lame}" in mail["text"] for mail in heard)

            # The same again does nothing twice.
            with pytest.raises(Failed):
                machine(sandbox, started).execute("tuesday-again")
            again = json.loads(Objects(sandbox).get(BUCKET, "runs/tuesday-again/run.json"))
            assert [one["account"] for one in again["uncovered"]] == [refused]
            assert {account for account, *_ in rotated(sandbox, "tuesday-again")} <= {lame}
