"""No secret leaves the secret store: whatever a run writes, sends or leaves in memory is searched for every secret it had."""

import base64
import collections
import hmac
import itertools
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import threading

import pytest

import secret_search
from held_requests import go_on_until
from host_clock import HostClock
from keyward_process import Keyward, executable
from lambda_service import LambdaService
from least_privilege_rotation import RotationStage
from organizations import A, B, C, account, keys, organization, overdue
from receivers import Authority, MailServer, Posts
from sandbox_process import HUB_ACCOUNT, Sandbox

KEYS = [100, pytest.param(1000, marks=pytest.mark.full)]
USERS = 20  # of each account
TOPIC = f"arn:aws:sns:us-east-1:{HUB_ACCOUNT}:keyward"
STORE_ROLE = f"arn:aws:iam::{HUB_ACCOUNT}:role/keyward-store"
HERE = {"private_addresses": True}  # the webhooks' servers are on this host
CENTRAL = {"target": "central", "kms_key_id": "alias/keyward", "role": STORE_ROLE}
# Beside the role of the accounts, whose rights a test gives anew (printed_rights.py).
MANAGEMENT = {
    "management": True,
    "roles": [{
        "name": "keyward-store",
        "trust": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB_ACCOUNT}:user/hub"}, "Action": "sts:AssumeRole"}]},
        "policies": {"store": {"Statement": [{"Effect": "Allow", "Action": ["secretsmanager:*", "kms:*"], "Resource": "*"}]}},
    }],
}  # fmt: skip
# Security Hub is told of keys that are out of policy and stay so: one user has two in use, and the configuration holds both.
BOTH = "299999999999"
TWO_IN_USE = {"name": "both", "age_days": 400, "keys": [{"age_days": age, "last_used": {"days_ago": 1}} for age in (95, 96)]}
OUT_OF_POLICY = account(BOTH, TWO_IN_USE, security_hub=True)
LOOKS_INTO_IT = pytest.mark.skipif(
    not secret_search.may_look_into_others(), reason="to look into the memory of a process that is not dumpable takes root (CAP_SYS_PTRACE)"
)
PROMETHEUS = "keyward.prom"
REPORTS = ("html", "json", "csv", "ocsf", "asff", "prometheus")

ACCESS_KEY, SESSION_KEY, SESSION_TOKEN = "secret access key", "session's secret key", "session token"
SIGNING_KEY = "session's signing key"
OWN_KEY, GIVEN = "keyward's own secret key", "given secret"

# What may be found in memory at the end of a run, however many keys it made: copies of each secret by its kind or name.
# docs/security.md says what each of them is. All others: none.
REMAINING = {
    OWN_KEY: 1,  # keyward signs with it
    GIVEN: 1,  # the configuration has it
    "SMTP password": 6,  # and libcurl, as long as it is connected to the mail server
    "URL of webhook": 9,  # and whoever is at work on the request that is held
}


def signing_keys(secret, day):
    """What is derived from a secret key for a day, its region and services (Signature Version 4)."""
    of_day = hmac.digest(b"AWS4" + secret.encode(), day.encode(), "sha256")
    of_region = hmac.digest(of_day, b"us-east-1", "sha256")
    yield "day", of_day
    yield "region", of_region
    for service in ("iam", "secretsmanager", "sts"):
        yield service, hmac.digest(hmac.digest(of_region, service.encode(), "sha256"), b"aws4_request", "sha256")


LOWER = string.ascii_lowercase + string.digits
# Of secrets that a person or another program made: no shape of theirs tells them from other words.
SHAPES = {"mixed case": string.ascii_letters + string.digits, "lower case": LOWER, "with separators": LOWER + "-_." * 4, "short": LOWER}


def word(chance, length, shape="mixed case"):
    return "".join(chance.choice(SHAPES[shape]) for _ in range(10 if shape == "short" else length))


def kept_by(sandbox):
    """All that AWS has afterwards, by account and service, but for secrets in the places that are theirs: keys of users,
    values of secrets and parameters, and sessions."""
    parts = []
    for number, one in sandbox.state()["accounts"].items():
        for user in one["users"].values():
            for key in user["keys"]:
                del key["secret"]
        for secret in one["secrets"]:
            for version in secret["versions"].values():
                version.pop("text", None)  # one that a rotation has begun has none yet
        one["parameters"] = sorted(one["parameters"])
        parts.append((f"account {number}", one))
    parts += [item for item in sandbox.control("volatile").items() if item[0] not in ("sessions", "removed_keys")]
    parts.append(("calls", sandbox.calls()["log"]))
    return [(name, json.dumps(content).encode()) for name, content in parts]


class HeldPosts(Posts):
    """Posts that holds the answer to what is posted to one path until it is let go."""

    def __init__(self, authority, path):
        super().__init__(authority)
        self.path, self.reached, self.go = path, threading.Event(), threading.Event()
        self.answers = self

    def __bool__(self):
        return self.requests[-1][0] == self.path

    def pop(self, _):
        self.reached.set()
        assert self.go.wait(60)
        return 200, {}, b"ok"


class Given:
    """The secrets that keyward is given, each in a file; nothing of them is in its environment or on its command line."""

    def __init__(self, folder, chance, url, shapes=tuple(SHAPES)):
        self.folder = folder
        folder.mkdir()
        shape = itertools.cycle(chance.sample(shapes, len(shapes)))
        self.texts = {"SMTP password": word(chance, 24, next(shape)), "webhook secret": "whsec_" + word(chance, 32), "PagerDuty key": word(chance, 32, next(shape))}
        self.urls = {}
        for channel in ("slack", "teams", "webhook"):
            token = word(chance, 40, next(shape))
            self.texts[f"URL of {channel}"] = token
            self.urls[channel] = f"{url}/{channel}/{token}"
        files = {**self.texts, **self.urls, "login": MailServer.USER}
        for name, text in files.items():
            (folder / name).write_text(text + "\n")

    def file(self, name):
        return f"file:{self.folder / name}"

    def parameters(self):
        """All of them as parameters of SSM, as a scenario has them."""
        return {f"us-east-1:{self._path(name)}": text for name, text in {**self.texts, **self.urls}.items()}

    def parameter(self, name):
        return f"ssm:{self._path(name)}"

    def _path(self, name):
        return f"/{self.folder.name}/{name}".replace(" ", "-")


class Run:
    """One run that made a given number of keys, with every channel on, held at its last message."""

    def __init__(self, tmp_path, keys, seed):
        chance = random.Random(f"{seed}/{keys}")
        accounts = [
            account(
                str(200_000_000_000 + number),
                *(overdue(f"user-{n:02}") for n in range(USERS)),
                tags={"store": "own" if number % 2 else "central"},
            )
            for number in range(keys // USERS)
        ]
        for one in accounts:
            one["security_hub"] = True
        options = ("--seed", seed, "--propagation", "0ms")
        authority = Authority(tmp_path)
        with (
            Sandbox(*options, scenario={"external_id": "ext-1", "accounts": [MANAGEMENT, OUT_OF_POLICY, *accounts]}, tls=True) as sandbox,
            HeldPosts(authority, None) as posts,
        ):
            self.given = Given(tmp_path / "given", chance, posts.url)
            posts.path = self.given.urls["webhook"].removeprefix(posts.url)
            password = self.given.texts["SMTP password"]
            with MailServer(authority) as server:
                server.PASSWORD = password
                self._prepare(tmp_path, sandbox, authority, server, posts)
                self._run(posts)
                self._render()
                self.mails = [("mail by SMTP", mail.as_bytes()) for _, _, mail in server.mails]
            self.posts = [(f"post to {path.split('/')[1]}", str(headers).encode() + body) for path, headers, body in posts.requests]
            self.world = [("SES", json.dumps(sandbox.mail()).encode())]
            self.world += kept_by(sandbox)
            self._learn(sandbox, sandbox.control("volatile")["sessions"])

    def _prepare(self, tmp_path, sandbox, authority, server, posts):
        sandbox.client("sns", sandbox.admin(), region="us-east-1").create_topic(Name="keyward")
        own = {name: sandbox.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        (tmp_path / "given" / "credentials").write_text(
            f"[default]\naws_access_key_id = {own['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {own['AWS_SECRET_ACCESS_KEY']}\n"
        )
        bundle = tmp_path / "authorities.pem"
        bundle.write_text(pathlib.Path(sandbox.environment["AWS_CA_BUNDLE"]).read_text() + authority.bundle.read_text())
        environment = {name: value for name, value in sandbox.environment.items() if name not in own and not name.startswith("SANDBOX_")}
        environment |= {"AWS_CA_BUNDLE": str(bundle), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "given" / "credentials")}
        # Like the release build, which is linked so: the dynamic linker, looking up a function at its first call, would leave
        # the vector registers on the stack, and what was just copied with them.
        environment["LD_BIND_NOW"] = "1"
        given = self.given.file
        channels = [
            server.channel(),
            {"type": "ses"},
            {"type": "file"},
            {"type": "sns", "topic_arn": TOPIC, "per_event": True},
            {"type": "metrics"},
            {"type": "metrics", "embedded": True},
            {"type": "slack", "url": given("slack"), **HERE},
            {"type": "teams", "url": given("teams"), **HERE},
            {"type": "pagerduty", "routing_key": given("PagerDuty key"), "endpoint": posts.url},
            {"type": "webhook", "url": given("webhook"), "secret": given("webhook secret"), **HERE},  # the last one is held
        ]
        login = {"smtp_user": given("login"), "smtp_password": given("SMTP password")}
        self.keyward = Keyward(
            tmp_path / "keyward",
            environment,
            notify={"channels": channels, "allowed_domains": ["example.org"], **login},
            accounts={"default": "opt-out", "overrides": [{"match": {"tag": {"store": "central"}}, "store": CENTRAL}]},
            limits={"max_changes": 2000, "max_changes_per_account": 100},
            policy={"conflict": "hold"},
            report={"security_hub": True, "prometheus_file": str(tmp_path / "keyward" / PROMETHEUS)},
        )

    def _run(self, posts):
        process = self.keyward.start("--log-level", "trace", "--log-format", "json", "run")
        reading = Reader(process)
        try:
            assert posts.reached.wait(120), f"the last message was not sent: {reading.end().stderr[-4000:]}"
            pid = process.pid
            of_process = ("cmdline", "status", "limits")
            if secret_search.may_look_into_others():
                self.memory = secret_search.memory_of(pid)
                of_process += ("environ", "smaps")
            self.process = {name: pathlib.Path(f"/proc/{pid}/{name}").read_bytes() for name in of_process}
        finally:
            posts.go.set()
            self.result = reading.end()

    def _render(self):
        """Every output there is besides."""
        self.texts = {"output": self.result.stdout, "log": self.result.stderr}
        folder = self.keyward.directory / "out"
        folder.mkdir()
        commands = {f"report {name}": ("report", "--format", name, "--out", folder / f"report.{name}") for name in REPORTS}
        commands |= {
            "plan": ("plan", "--out", folder / "plan.json"),
            "preview": ("notify", "preview", "--out", folder / "preview"),
            "explain": ("explain", "--account", "200000000000", "--user", "user-00"),
            "recover": ("recover", "--list"),
            "doctor": ("doctor",),
            "config": ("config", "show"),
            "policy": ("policy", "rotate"),
            **{f"audit {name}": ("-o", name, "audit", "--exit-zero") for name in ("table", "json", "jsonl", "csv")},
        }
        for name, arguments in commands.items():
            result = self.keyward("--log-level", "trace", *arguments)
            assert result.code in (0, 4, 5), f"{name}: exit {result.code}\n{result.stderr}"
            self.texts[name] = result.stdout + result.stderr

    def _learn(self, sandbox, sessions):
        accounts = sandbox.state()["accounts"]
        keys = {key["id"]: key for one in accounts.values() for user in one["users"].values() for key in user["keys"]}
        own = sandbox.environment["AWS_ACCESS_KEY_ID"]
        users = (user for number, one in accounts.items() if number not in (HUB_ACCOUNT, BOTH) for user in one["users"].values())
        self.made = [key for user in users for key in user["keys"][1:]]
        self.secrets = {
            ACCESS_KEY: {id_: key["secret"] for id_, key in keys.items() if id_ != own},
            SESSION_KEY: {session["access_key_id"]: session["secret"] for session in sessions},
            SESSION_TOKEN: {session["access_key_id"]: session["token"] for session in sessions},
            SIGNING_KEY: {
                f"{session['access_key_id']} {name}": key
                for session in sessions
                for name, key in signing_keys(session["secret"], f"{sandbox.now():%Y%m%d}")
            },
            OWN_KEY: {own: keys[own]["secret"]},
            GIVEN: self.given.texts,
        }


class Reader:
    """Reads what a process writes while it runs, so that a pipe that is full holds nothing up."""

    def __init__(self, process):
        self._process, self._texts = process, {}
        self._threads = [threading.Thread(target=self._read, args=(name,), daemon=True) for name in ("stdout", "stderr")]
        for thread in self._threads:
            thread.start()

    def _read(self, name):
        self._texts[name] = getattr(self._process, name).read()

    def end(self, limit=120):
        self._process.wait(limit)
        for thread in self._threads:
            thread.join(limit)
        return subprocess.CompletedProcess(self._process.args, self._process.returncode, self._texts["stdout"], self._texts["stderr"])


@pytest.fixture(scope="module", params=KEYS)
def run(request, tmp_path_factory, seed):
    return Run(tmp_path_factory.mktemp("run"), request.param, seed)


def listed(copies, most=20):
    """The first copy of each secret, then the others."""
    first = {(copy.kind, copy.name): copy for copy in reversed(copies)}
    shown = sorted(first.values())[:most]
    rest = len(copies) - len(shown)
    return "\n".join(map(str, shown)) + (f"\nand {rest} more, of {len(first)} secrets altogether" if rest else "")


def test_it_was_such_a_run(run, request):
    keys = request.node.callspec.params["run"]
    assert run.result.returncode == 0, run.result.stderr[-2000:]
    assert len(run.made) == keys
    sent = {path.split()[-1] for path, _ in run.posts}
    assert {"slack", "teams", "webhook"} <= sent and run.mails
    world = {name: json.loads(text) for name, text in run.world}
    assert all(world[name] for name in ("SES", "publications", "metrics", "findings", "calls"))
    assert (run.keyward.directory / PROMETHEUS).stat().st_size > 0
    users = [user for name, one in world.items() if name.startswith("account ") for user in one["users"].values()]
    secrets = [secret for name, one in world.items() if name.startswith("account ") for secret in one["secrets"]]
    assert sum("keyward:state" in user["tags"] for user in users) == keys
    assert sum(bool(secret["description"] and secret["policy"]) for secret in secrets) == keys


def test_nothing_that_is_written_or_sent_holds_a_secret(run, show):
    search = secret_search.Search(run.secrets)
    parts = [(f"{name} of the program", text.encode()) for name, text in run.texts.items()]
    parts += [(f"/proc/PID/{name}", run.process[name]) for name in ("environ", "cmdline") if name in run.process]
    parts += secret_search.files_below(run.keyward.directory) + run.mails + run.posts + run.world
    copies, size = search(parts)
    copies = [copy for copy in copies if (copy.name, copy.place) != ("PagerDuty key", "post to v2")]  # there it belongs
    assert copies == [], listed(copies)
    show(f"{search.secrets:,} secrets in {len(search.patterns):,} patterns, {len(parts):,} places, {size:,} bytes: none found")
    if "environ" not in run.process:
        show("/proc/PID/environ was not looked at, which takes root")


@LOOKS_INTO_IT
def test_memory_after_the_last_account_holds_no_secret_but_those_named(run, show):
    search = secret_search.Search(run.secrets)
    copies, size = search(run.memory)
    found = secret_search.by_kind(copies)
    lines = [f"{search.secrets:,} secrets in {len(search.patterns):,} patterns, {len(run.memory)} mappings, {size:,} bytes of memory"]
    for kind, secrets in run.secrets.items():
        lines.append(f"  {kind}: {len(secrets):,} secrets, {found.get(kind, (0, 0))[0]} copies of {found.get(kind, (0, 0))[1]} of them")
    show("\n".join(lines))
    of = collections.Counter((copy.kind, copy.name) for copy in copies)
    # It has to be there, for what is to be sent yet: the search looks where secrets are.
    assert found.get(OWN_KEY, (0, 0))[0] >= 1, "keyward's own key was not found, so nothing was searched"
    for (kind, name), number in of.items():
        assert number <= REMAINING.get(name, REMAINING.get(kind, 0)), listed([copy for copy in copies if copy.name == name])


@LOOKS_INTO_IT
def test_nothing_of_the_memory_is_written_to_swap_or_into_a_core(run, show):
    status = dict(re.findall(r"^(\w+):\s+(.*)$", run.process["status"].decode(), re.MULTILINE))
    (locked,) = re.findall(r'"event":"memory_lock","locked":(\w+)', run.texts["log"])
    # Each mapping begins with its line of maps and ends with its flags (proc(5)): wr may be written, lo is locked.
    flags = [line.split()[1:] for line in run.process["smaps"].decode().splitlines() if line.startswith("VmFlags:")]
    writable = [each for each in flags if "wr" in each]
    assert all(("lo" in each) == (locked == "true") for each in writable)
    capable = int(status["CapEff"], 16) >> 14 & 1 and pathlib.Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]
    if capable or resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] == resource.RLIM_INFINITY:
        assert locked == "true"
    assert re.search(r"^Max core file size\s+0\s+0\s", run.process["limits"].decode(), re.MULTILINE)
    show(f"locked: {locked}, {len(writable)} writable mappings, VmLck {status['VmLck']}, VmHWM {status['VmHWM']}; core file size 0")


# ---- the search finds what is there


@pytest.fixture
def clock(tmp_path):
    return HostClock(tmp_path, speed=20)


@LOOKS_INTO_IT
def test_in_the_middle_of_a_rotation_the_search_finds_the_new_key(tmp_path, show):
    with organization(account(A, overdue("alice"))) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        sandbox.gate()
        process = keyward.start("run")
        try:
            go_on_until(sandbox, process, "secretsmanager:PutSecretValue")
            memory = secret_search.memory_of(process.pid)
            made = keys(sandbox.state(), A, "alice")[1]
            sessions = sandbox.control("volatile")["sessions"]
            environment = pathlib.Path(f"/proc/{process.pid}/environ").read_bytes()
        finally:
            process.kill()
            keyward.finish(process)
            sandbox.release(discard=True)
        search = secret_search.Search({ACCESS_KEY: {made["id"]: made["secret"]}, SESSION_TOKEN: {s["arn"]: s["token"] for s in sessions}})
        found = secret_search.by_kind(search(memory)[0])
        assert found[ACCESS_KEY][0] >= 1 and found[SESSION_TOKEN][0] >= 1
        day = f"{sandbox.now():%Y%m%d}"
        signing = {SIGNING_KEY: {f"{s['arn']} {name}": key for s in sessions for name, key in signing_keys(s["secret"], day)}}
        assert secret_search.Search(signing)(memory)[0]
        # What is given in the environment stands in the environment.
        own = secret_search.Search({OWN_KEY: {"own": sandbox.environment["AWS_SECRET_ACCESS_KEY"]}})
        assert own([("environ", environment)])[0]
        copies = f"{found[ACCESS_KEY][0]} copies of the new key, {found[SESSION_TOKEN][0]} of the session's token"
        show(f"while PutSecretValue is under way: {copies}")


@pytest.mark.parametrize("form, written", [("plain", "ab/cd+efghijklmnopqrstuvwxyz0123456789ABCD")])
def test_every_form_is_found(form, written):
    search = secret_search.Search({ACCESS_KEY: {"one": written}})
    for name, text in secret_search.forms(written):
        copies, _ = search([("a place", b"before " + text.encode() + b" behind")])
        assert copies and {copy.place for copy in copies} == {"a place"}, name
    for at in range(len(written) - 22):
        assert search([("a part", written[at : at + 23].encode())])[0], at
    assert search([("nothing", b"before" + written[:15].encode() + b"\0" + written[-15:].encode())])[0] == []


@pytest.mark.parametrize("key", [bytes(range(11, 43)), bytes(at + 100 if at % 8 else 10 for at in range(32))], ids=["carriage return", "line ends"])
def test_bytes_are_found_whatever_they_are(key):
    copies, _ = secret_search.Search({SIGNING_KEY: {"one": key}})([("a place", b"before" + key), ("another", key[:7])])
    assert {(copy.kind, copy.name, copy.place, copy.offset) for copy in copies} == {(SIGNING_KEY, "one", "a place", 6)}


def test_what_aws_keeps_is_searched(tmp_path):
    """A secret in a tag, a name, a description, a policy or an object would be found."""
    chance = random.Random(5)
    with organization(account(A, overdue("alice"))) as sandbox:
        iam, secrets, s3 = (sandbox.client(name, sandbox.member_admin(A), "us-east-1") for name in ("iam", "secretsmanager", "s3"))
        sandbox.edit("add_bucket", account=A, bucket="records")
        places = ("user's tag", "secret's name", "description", "secret's tag", "policy", "object")
        planted = {place: word(chance, 24) for place in places}
        iam.tag_user(UserName="alice", Tags=[{"Key": "keyward:state", "Value": planted["user's tag"]}])
        secret = secrets.create_secret(Name=planted["secret's name"], SecretString="a value", Description=planted["description"],
                                       Tags=[{"Key": "a", "Value": planted["secret's tag"]}])["ARN"]  # fmt: skip
        reader = {"Sid": planted["policy"], "Effect": "Allow", "Principal": {"AWS": A}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        secrets.put_resource_policy(SecretId=secret, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [reader]}))
        s3.put_object(Bucket="records", Key="run.json", Body=f"x {planted['object']} x".encode())
        kept = kept_by(sandbox)
    copies, _ = secret_search.Search({GIVEN: planted})(kept)
    assert {copy.name for copy in copies} == set(places)
    assert b"a value" not in dict(kept)[f"account {A}"]


# ---- as functions


def all_keys(sandbox):
    accounts = sandbox.state()["accounts"].values()
    return {key["id"]: key["secret"] for one in accounts for user in one["users"].values() for key in user["keys"]}


def all_sessions(sandbox):
    sessions = sandbox.control("volatile")["sessions"]
    return {SESSION_KEY: {s["access_key_id"]: s["secret"] for s in sessions}, SESSION_TOKEN: {s["access_key_id"]: s["token"] for s in sessions}}


def test_what_functions_put_into_s3_holds_no_secret(tmp_path, show):
    """A run that is divided among functions: its parts and its record are objects."""
    bucket, prefix = "keyward-records", "runs/monday"
    objects = {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{bucket}/runs/*"}]}
    with organization(*(account(number, *(overdue(f"user-{n}") for n in range(5))) for number in (A, B, C))) as sandbox:
        before = all_keys(sandbox)
        sandbox.edit("put_user_policy", account=HUB_ACCOUNT, user="hub", name="objects", policy=objects)
        sandbox.edit("add_bucket", account=HUB_ACCOUNT, bucket=bucket)
        keyward = Keyward(tmp_path, sandbox.environment, notify={"channels": [{"type": "ses"}]})
        where = {"bucket": bucket, "prefix": prefix}
        with LambdaService([executable(), "--log-level", "trace", "lambda"], keyward.environment, tmp_path, tmp_path) as function:
            answers = [function({"action": "inventory", **where})]
            items = sandbox.state()["accounts"][HUB_ACCOUNT]["buckets"][bucket][f"{prefix}/accounts.jsonl"].splitlines()
            answers += [function(json.loads(item)) for item in items]
            answers.append(function({"action": "merge", **where}))
        assert [answer.error_type for answer in answers] == [None] * len(answers), answers
        kept = kept_by(sandbox)
        secrets = {ACCESS_KEY: all_keys(sandbox), **all_sessions(sandbox)}
        mails = ("SES", json.dumps(sandbox.mail()).encode())
    written = json.loads(dict(kept)[f"account {HUB_ACCOUNT}"])["buckets"][bucket]
    assert {f"{prefix}/{name}" for name in ("run.json", "events.jsonl", "report.html", f"accounts/{A}.json")} <= set(written)
    assert len(secrets[ACCESS_KEY]) == len(before) + 15
    parts = kept + [mails] + [(f"answer {number}", json.dumps(answer.body).encode()) for number, answer in enumerate(answers)]
    parts += secret_search.files_below(tmp_path)
    search = secret_search.Search(secrets)
    copies, size = search(parts)
    assert copies == [], listed(copies)
    show(f"a run of functions, {len(written)} objects in S3: {search.secrets} secrets, {len(parts)} places, {size:,} bytes: none found")


def test_a_rotation_by_secrets_manager_leaves_no_secret_but_in_the_secret(tmp_path, show):
    with RotationStage(tmp_path / "stage") as stage:
        sandbox = stage.sandbox
        old = all_keys(sandbox)
        answers = stage.call(stage.events, "--log-level", "trace")
        new = {id_: secret for id_, secret in all_keys(sandbox).items() if id_ not in old}
        assert sum(bool(answer.body.get("rotated")) for answer in answers) >= 1 and new
        secrets = {ACCESS_KEY: {**old, **new}, **all_sessions(sandbox), GIVEN: {"SMTP password": MailServer.PASSWORD}}
        parts = kept_by(sandbox) + [("SES", json.dumps(sandbox.mail()).encode())]
        parts += [("mail by SMTP", mail.as_bytes()) for _, _, mail in stage.mails.mails]
        parts += [(f"answer {number}", json.dumps(answer.body).encode()) for number, answer in enumerate(answers)]
        parts += secret_search.files_below(stage.folder)
        assert any(place == "function.log" and b"\"outcome\":\"created\"" in content for place, content in parts)
    search = secret_search.Search(secrets)
    copies, size = search(parts)
    assert copies == [], listed(copies)
    show(f"rotations by Secrets Manager, {len(answers)} steps: {search.secrets} secrets, {len(parts)} places, {size:,} bytes: none found")


# ---- when things go wrong

FAULTS = ("truncate", "html", "denied", "bad_signature", "quote_request", "quote_answer")
MORE_FAULTS = ("empty", "expired_token", "error_after", "drop_after", "throttle")
STRUCK = (
    *("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "ssm:GetParameter", "iam:CreateAccessKey", "iam:TagUser", "ses:SendEmail"),
    *("secretsmanager:PutSecretValue", "secretsmanager:PutResourcePolicy", "secretsmanager:CreateSecret"),
)
# What is sent or answered there is a secret.
SECRETIVE = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "ssm:GetParameter", "iam:CreateAccessKey", "secretsmanager:PutSecretValue")
ISSUER, JOB = "oidc.example.org/id/1", f"arn:aws:iam::{HUB_ACCOUNT}:role/keyward-job"


def strikes(chance, full):
    """One action fails in one way in each run, so that what fails first does not keep the others from being tried; and the
    shape of the secrets that keyward is given."""
    every = [(action, fault, chance.choice(list(SHAPES))) for fault in FAULTS + MORE_FAULTS for action in STRUCK]
    # A request for a parameter holds nothing but its name.
    quoting = [one for one in every if one[0] in SECRETIVE and one[1].startswith("quote_") and one[0] != "ssm:GetParameter"]
    quoting += [("ssm:GetParameter", "quote_answer", shape) for shape in SHAPES]
    others = every if full else [chance.choice([one for one in every if one[1] == fault]) for fault in FAULTS]
    return list(dict.fromkeys(quoting + others))


def json_web_token(sandbox, chance):
    """The sandbox does not look at its signature."""
    coded = lambda text: base64.urlsafe_b64encode(text).decode().rstrip("=")
    claims = {"iss": f"https://{ISSUER}", "sub": "keyward", "aud": "sts.amazonaws.com", "exp": int(sandbox.now().timestamp()) + 86400}
    return ".".join((coded(json.dumps({"alg": "RS256"}).encode()), coded(json.dumps(claims).encode()), coded(chance.randbytes(256))))


def job():
    """A role for who shows such a token."""
    trust = {"Effect": "Allow", "Principal": {"Federated": f"arn:aws:iam::{HUB_ACCOUNT}:oidc-provider/{ISSUER}"}, "Action": "sts:AssumeRoleWithWebIdentity",
             "Condition": {"StringEquals": {f"{ISSUER}:sub": "keyward", f"{ISSUER}:aud": "sts.amazonaws.com"}}}  # fmt: skip
    return {"name": "keyward-job", "trust": {"Version": "2012-10-17", "Statement": [trust]}, "policies": {}}


def repeats(url, status):
    """The answer of a server that refuses what it was sent, and repeats it."""
    return lambda path, body: (status, {"X-Url": url + path}, f"{url}{path} ".encode() + body)


def test_what_is_said_of_failures_holds_no_secret(tmp_path, seed, full, clock, show):
    chance = random.Random(f"{seed}/faults")
    faults = strikes(chance, full)
    authority = Authority(tmp_path)
    everybody = [account(number, *(overdue(f"user-{n}") for n in range(5))) for number in (A, B, C)]
    with Posts(authority) as posts, MailServer(authority) as server:
        givens = {shape: Given(tmp_path / shape.replace(" ", "-"), chance, posts.url, [shape]) for shape in SHAPES}
        parameters = {name: text for given in givens.values() for name, text in given.parameters().items()}
        management = {"management": True, "parameters": parameters, "roles": [job()]}
        with organization(management, *everybody) as sandbox:
            token = json_web_token(sandbox, chance)
            (tmp_path / "token").write_text(token)
            own = {**sandbox.environment, **clock.environment, "AWS_CA_BUNDLE": str(authority.bundle)}
            by_token = {name: value for name, value in own.items() if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
            by_token |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": JOB}
            secrets = {ACCESS_KEY: {}, SESSION_KEY: {}, SESSION_TOKEN: {}, GIVEN: {"web identity": token}}
            texts, codes, taken_back = [], collections.Counter(), 0
            sandbox.snapshot()
            for number, (action, fault, shape) in enumerate(faults):
                sandbox.restore()
                place = f"{action} {fault}, {shape}"
                given = givens[shape]
                secrets[GIVEN] |= {f"{name}, {shape}": text for name, text in given.texts.items()}
                server.PASSWORD = "another " + given.texts["SMTP password"]  # the login is refused
                # Servers that repeat what they were sent.
                posts.answers = [repeats(posts.url, status) for status in (403, 404, 400) * 2]
                environment = {**(by_token if action == "sts:AssumeRoleWithWebIdentity" else own), **{name.upper(): url for name, url in given.urls.items()}}
                keyward = Keyward(tmp_path / "runs" / str(number), environment, notify=notified(given, server, posts))
                # Who cannot get into an account fails nowhere else, so there is one who can.
                skip = 0 if action in ("sts:AssumeRoleWithWebIdentity", "ssm:GetParameter") else 1
                times = 1 if action == "sts:AssumeRole" else 12
                rules = [{"action": action, "fault": fault, "skip": skip, "times": times}]
                if action == "ssm:GetParameter":  # its key is asked for when PagerDuty is to be told, which is of a safety stop
                    rules.append({"action": "secretsmanager:CreateSecret", "fault": "denied", "times": -1})
                sandbox.faults(rules=rules)
                result = keyward("--log-level", "trace", "run")
                # 6, too: three failures of one account's store, and its other users' keys are held back.
                assert result.code in (0, 4, 5, 6, 9), (place, result)
                codes[result.code] += 1
                texts += [(f"output with {place}", result.stdout.encode()), (f"log with {place}", result.stderr.encode())]
                texts += [(f"{name} with {place}", content) for name, content in secret_search.files_below(keyward.state_dir)]
                for one in sandbox.state()["accounts"].values():
                    for user in one["users"].values():
                        secrets[ACCESS_KEY] |= {key["id"]: key["secret"] for key in user["keys"]}
                rest = sandbox.control("volatile")
                # Those, too, that were taken back because something failed.
                secrets[ACCESS_KEY] |= {key["id"]: key["secret"] for key in rest["removed_keys"]}
                taken_back += len(rest["removed_keys"])
                for session in rest["sessions"]:
                    secrets[SESSION_KEY][session["access_key_id"]] = session["secret"]
                    secrets[SESSION_TOKEN][session["access_key_id"]] = session["token"]
                texts.append((f"SES with {place}", json.dumps(sandbox.mail()).encode()))
                texts += [(f"{name} with {place}", content) for name, content in kept_by(sandbox)]
                calls = sandbox.calls()["log"]
                assert any((call["action"], call.get("fault")) == (action, fault) for call in calls) or fault == "expired_token", f"{place}: nothing was struck"
    for said in (b"SMTP535", b"(hidden)", b"failed to satisfy constraint"):
        assert any(said in text for _, text in texts), said
    assert taken_back > 0, "no key was taken back, so none of those was looked for"
    search = secret_search.Search(secrets)
    copies, size = search(texts)
    assert copies == [], listed(copies)
    show(f"{len(faults)} runs with faults ({dict(codes)}): {search.secrets} secrets, {taken_back} of keys taken back, {len(texts)} places, {size:,} bytes: none found")


def notified(given, server, posts):
    channels = [
        {"type": "ses"},
        server.channel(),
        {"type": "slack", "url": given.parameter("slack"), **HERE},
        {"type": "teams", "url": "env:TEAMS", **HERE},
        {"type": "pagerduty", "routing_key": given.parameter("PagerDuty key"), "endpoint": posts.url},
        {"type": "webhook", "url": "env:WEBHOOK", "secret": given.file("webhook secret"), **HERE},
    ]
    login = {"smtp_user": given.file("login"), "smtp_password": given.parameter("SMTP password")}
    return {"channels": channels, "allowed_domains": ["example.org"], **login}


# ---- cores


def silent_server():
    """Takes connections and answers nothing: a keyward that asks it stands still."""
    server = socket.create_server(("127.0.0.1", 0))
    return server, f"http://127.0.0.1:{server.getsockname()[1]}"


QUIET = {"accounts": {"default": "opt-out"}, "notify": {"sender": "keyward@example.org", "channels": [{"type": "file"}]}}


def core_limit():
    """The highest there may be, as prlimit(1) writes it: unlimited for who may raise it, else the hard limit that is."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    may_raise = subprocess.run(["prlimit", "--core=unlimited:unlimited", "true"], capture_output=True).returncode == 0
    return "unlimited" if may_raise or hard == resource.RLIM_INFINITY else str(hard)


def lock_limit(wanted):
    """Everybody may lower a hard limit."""
    hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


@pytest.fixture
def standing_still():
    """keyward, waiting for its first answer, with cores allowed, and little memory that may be locked. Where the tests run as
    root, who may read and lock everything, under the user that everybody is who is nobody."""
    core, lock = core_limit(), lock_limit(1 << 20)
    server, url = silent_server()
    with server, tempfile.TemporaryDirectory(prefix="keyward-core-") as folder:
        os.chmod(folder, 0o777)
        program = pathlib.Path(folder) / "keyward"
        shutil.copy(executable(), program)
        (pathlib.Path(folder) / "config.yaml").write_text(json.dumps({"state_dir": f"{folder}/state", **QUIET}))
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1"}
        environment |= {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
        drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups") if os.geteuid() == 0 else ()
        limits = ("prlimit", f"--core={core}:{core}", f"--memlock={lock}:{lock}")
        command = [*limits, *drop, program, "-c", f"{folder}/config.yaml", "--log-level", "trace", "--progress", "none", "inventory"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen(list(map(str, command)), cwd=folder, env=environment, **pipes)
        server.settimeout(60)
        try:
            connection, _ = server.accept()
            with connection:
                yield process, pathlib.Path(folder)
        finally:
            process.kill()
            process.communicate()


@pytest.mark.skipif(core_limit() == "0", reason="no process may leave a core here: the hard limit is 0, and it takes root to raise it")
def test_it_leaves_no_core_and_others_may_not_look_into_it(standing_still, show):
    process, folder = standing_still
    # What may be dumped belongs to its user; what may not, to root (proc(5)).
    owner = os.stat(f"/proc/{process.pid}/environ").st_uid
    assert owner == 0 != int(re.search(r"^Uid:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)[1])
    process.send_signal(signal.SIGABRT)
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert (ended.si_code, ended.si_status) == (os.CLD_KILLED, signal.SIGABRT)  # not CLD_DUMPED
    assert {path.name for path in folder.iterdir()} <= {"keyward", "config.yaml", "state"}
    show(f"aborted with a core size of {core_limit()}: no core; /proc/PID belongs to root, so its user may neither read nor trace it")


def test_where_memory_may_not_be_locked_it_works_and_says_so(standing_still):
    process, _ = standing_still
    assert re.search(r"^VmLck:\s+0 kB", pathlib.Path(f"/proc/{process.pid}/status").read_text(), re.MULTILINE)
    process.kill()
    assert "memory_lock locked=false" in process.communicate()[1]
