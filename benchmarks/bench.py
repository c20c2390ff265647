"""Measures everything that docs/benchmarks.md shows and writes it. Called by ./bench, which builds first."""

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import platform
import re
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

import counts
import due_user
import measure
import worlds
from measure import BUILD, ROOT, Watch, cpu_of, cpu_per_call, drive, environment_of, interleaved, run
from keyward_process import Keyward
from sandbox_process import Sandbox

FORM = "application/x-www-form-urlencoded; charset=utf-8"
GET_CALLER_IDENTITY = "Action=GetCallerIdentity&Version=2011-06-15"
HERE = pathlib.Path(__file__).resolve().parent

# A session of AWS has a token of about so many characters; the sandbox's own are shorter.
LONG_TOKEN = 1024

# Milliseconds that an answer may take less or more than the latency. Were all answers equally long, calls that began
# together would stay together, and wait for each other in a sandbox that has one thread: that shows more of it than of us.
SPREAD = 2

# STS publishes its quota; those of IAM are not published and set low here. Organizations has one call in flight.
AWS_LIKE_THROTTLING = [
    {"action": "sts:*", "per_second": 600, "burst": 600},
    {"action": "organizations:*", "per_second": 20, "burst": 40},
    {"per_second": 20, "burst": 40},
]


@dataclasses.dataclass
class Figure:
    """One line of the table. `reached` is None where there is nothing to reach."""

    what: str
    value: str
    target: str = ""
    reached: bool | None = None
    note: str = ""


@dataclasses.dataclass
class Size:
    """How much is measured."""

    rounds: int
    calls: int
    rounds_of_latency: int
    accounts: int
    fewer_accounts: int
    many_users: int
    audited: tuple[int, int]


FULL = Size(rounds=9, calls=30_000, rounds_of_latency=50, accounts=10_000, fewer_accounts=1_000, many_users=1_000, audited=(100, 400))
QUICK = Size(rounds=2, calls=5_000, rounds_of_latency=10, accounts=1_000, fewer_accounts=300, many_users=200, audited=(50, 150))

FIGURES: list[Figure] = []
LISTS: dict[str, list[str]] = {}


def report(what, value, target="", reached=None, note=""):
    FIGURES.append(Figure(what, value, target, None if reached is None else bool(reached), note))
    mark = {None: "", True: "  reached", False: "  MISSED"}[FIGURES[-1].reached]
    print(f"  {what}: {value}{f'  (target {target})' if target else ''}{mark}{f'  [{note}]' if note else ''}", flush=True)


def at_most(what, value, limit, form="{:.2f}", unit="", note=""):
    report(what, form.format(value) + unit, f"{limit:g}{unit} or less" if limit < 100_000 else f"{limit:,}{unit} or less", value <= limit, note)


def quietness(quiet):
    return "" if quiet else "the machine was not quiet: rounds that should have been dropped are among these"


@contextlib.contextmanager
def sandbox_with(scenario=None, *options):
    """New keys work at once: at AWS they take some seconds, during which a client can only ask again."""
    with Sandbox("--seed", 4, "--propagation", "0ms", *options, scenario=scenario, tls=True) as sandbox:
        yield sandbox


# ---- one call


def session_environment(sandbox):
    """A role session with a token as long as those of AWS."""
    sandbox.edit("set_quirks", quirks={"session_token_size": LONG_TOKEN})
    account = next(number for number in sorted(sandbox.state()["accounts"]) if number != "111111111111")
    key, secret, token = sandbox.assume(account)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def signed_headers(sandbox, credentials):
    request = botocore.awsrequest.AWSRequest("POST", sandbox.url + "/", {"Content-Type": FORM}, GET_CALLER_IDENTITY)
    request.headers["User-Agent"] = "keyward-call-driver"
    keys = botocore.credentials.Credentials(
        credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"], credentials.get("AWS_SESSION_TOKEN")
    )
    botocore.auth.SigV4Auth(keys, "sts", sandbox.environment["AWS_REGION"]).add_auth(request)
    return dict(request.headers.items())


def wrk(sandbox, seconds, **credentials):
    """(requests, CPU seconds) of wrk with one request that was signed beforehand."""
    headers = signed_headers(sandbox, {**sandbox.environment, **credentials})
    environment = {
        "PATH": os.environ["PATH"],
        "WRK_BODY": GET_CALLER_IDENTITY,
        "WRK_HEADERS": "\n".join(f"{name}: {value}" for name, value in headers.items()),
    }
    command = ["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", HERE / "wrk_request.lua", sandbox.url + "/"]
    ended = run(command, environment)
    if "Non-2xx" in ended.output or "Socket errors" in ended.output:
        raise RuntimeError("wrk's requests failed:\n" + ended.output)
    return int(re.search(r"(\d+) requests in", ended.output).group(1)), ended.cpu


def wrk_cpu_per_call(sandbox, **credentials):
    """The difference of a long and a short run, so that its handshakes and start cancel."""
    calls, cpu = wrk(sandbox, 3, **credentials)
    few_calls, little_cpu = wrk(sandbox, 1, **credentials)
    return (cpu - little_cpu) / (calls - few_calls)


def boto3(sandbox, *options, **more):
    """What benchmarks/boto3_audit.py printed, and the end of its process."""
    ended = run([sys.executable, HERE / "boto3_audit.py", *options], environment_of(sandbox, **more))
    return json.loads(ended.output.splitlines()[-1]), ended


def boto3_cpu_per_call(sandbox):
    result, _ = boto3(sandbox, "--calls", 500)
    return result["calls_cpu"] / result["calls"]


def cpu_of_a_call(size):
    with sandbox_with(None, "--accounts", 1, "--users", 1) as sandbox:
        session = session_environment(sandbox)
        sandbox_cpu = cpu_of(sandbox.pid)
        drive(sandbox, size.calls, 64)
        sandbox_cpu = (cpu_of(sandbox.pid) - sandbox_cpu) / size.calls
        cases = {
            "wrk": lambda: wrk_cpu_per_call(sandbox),
            "keyward": lambda: cpu_per_call(drive(sandbox, size.calls, 64)),
            "boto3": lambda: boto3_cpu_per_call(sandbox),
            "wrk, long token": lambda: wrk_cpu_per_call(sandbox, **session),
            "keyward, long token": lambda: cpu_per_call(drive(sandbox, size.calls, 64, **session)),
        }
        found, quiet = interleaved(size.rounds, cases, sandbox)
    for name, rounds in found.items():
        spread = f"{min(rounds.values) * 1e6:.1f} to {max(rounds.values) * 1e6:.1f} in {len(rounds.values)} rounds"
        report(f"client CPU per call, {name}", f"{rounds.median * 1e6:.1f} us", note=f"{spread}, {rounds.dropped} dropped")
    report("the sandbox's own CPU per call", f"{sandbox_cpu * 1e6:.1f} us")
    noise = quietness(quiet)
    ratio = {name: rounds.median for name, rounds in found.items()}
    at_most("client CPU per signed TLS call, 64 in flight, against wrk", ratio["keyward"] / ratio["wrk"], 3.0, unit=" x", note=noise)
    at_most("the same with a session token of 1 KB", ratio["keyward, long token"] / ratio["wrk, long token"], 4.5, unit=" x", note=noise)
    at_most("client CPU per call against boto3", ratio["keyward"] / ratio["boto3"], 1 / 25, "{:.4f}", note=noise)


def counts_of_a_call(_size):
    with sandbox_with(None, "--accounts", 1, "--users", 1) as sandbox:
        system_calls, allocations = counts.per_call(sandbox)
        by_object = counts.instructions_of_a_call(sandbox)
        ours = sum(by_object.values())
        at_most("user instructions per call (callgrind)", ours, counts.INSTRUCTIONS, "{:,.0f}")
        libraries = counts.of_libraries(by_object)
        report("of them in libcurl, OpenSSL and the C library", f"{libraries:,.0f}")
        boto3s = sum(counts.of_one_more(20, 80, counts.boto3_script(sandbox, "--calls")).values())
        report("user instructions per call, boto3", f"{boto3s:,.0f}")
        report("user instructions per call against boto3", f"{ours / boto3s:.4f}", note=f"the libraries alone: {libraries / boto3s:.4f}")
        at_most("send + recv + poll per call", system_calls, counts.SYSTEM_CALLS)
        at_most("allocations per call", allocations, counts.ALLOCATIONS, "{:.1f}")
        session = session_environment(sandbox)
        long = counts.instructions_per_call(sandbox, **session)
        report("user instructions per call with a session token of 1 KB", f"{long:,.0f}")


def nearness_to_the_bound(size):
    with sandbox_with(None, "--accounts", 1, "--users", 1) as sandbox:
        for in_flight, latency, limit in ((64, 60, 1.05), (256, 60, 1.05), (1000, 250, 1.08)):
            waves = max(12, size.rounds_of_latency * 60 // latency)
            connections = []

            def ratio(spread, in_flight=in_flight, latency=latency, waves=waves, connections=connections):
                sandbox.faults(latency=f"{latency - spread}ms..{latency + spread}ms")
                driven = drive(sandbox, waves * in_flight, in_flight)
                assert driven["errors"] == 0, driven["first_error"]
                connections.append(driven["new_connections"])
                return driven["wall_seconds"] / (waves * latency / 1000)

            found, quiet = interleaved(size.rounds, {"ratio": lambda: ratio(SPREAD), "in step": lambda: ratio(0)}, sandbox)
            what = f"wall against the latency bound, {in_flight} in flight at {latency} ms"
            at_most(what, found["ratio"].median, limit, "{:.3f}", " x", quietness(quiet))
            report("the same when every answer takes exactly so long", f"{found['in step'].median:.3f} x")
            report(f"new connections after warm-up, {in_flight} in flight", str(max(connections)), "0", max(connections) == 0)


def executions_when_connections_drop(size):
    users = 4 * size.rounds
    with sandbox_with(worlds.organization(1, users)) as sandbox:
        account = worlds.account_id(1)
        key, secret, token = sandbox.assume(account, "OrganizationAccountAccessRole", sandbox.admin())
        identity = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}
        sandbox.faults(rules=[{"action": "iam:CreateAccessKey", "fault": "drop_after", "times": -1}])
        names = ",".join(f"user-{i:04d}" for i in range(users))
        driven = drive(sandbox, 1, 1, "--create-key-for", names, **identity)
        made = sum(len(user["keys"]) - 1 for user in sandbox.state()["accounts"][account]["users"].values())
        assert driven["calls"] == users and driven["errors"] == users, driven
        report("executions of a call that must not run twice, when its connection drops", f"{made / users:g}", "exactly 1", made == users)


# ---- whole programs


def counts_since(sandbox):
    """Calls by action since the last look, refused ones included once."""
    found = {name: number for name, number in sandbox.calls()["counts"].items() if " " not in name}
    sandbox.control("calls", method="DELETE")
    return found


def of_accounts(found):
    """Calls made for the sake of single accounts: all but those for the list of accounts, the caller's own identity and telling owners."""
    hub = ("account:", "organizations:", "ses:", "sts:GetCallerIdentity")
    return sum(number for action, number in found.items() if not action.startswith(hub))


def program(directory, sandbox, **configuration):
    return Keyward(directory, {**sandbox.environment}, **configuration)


def job(keyward, *arguments, accepted=(0, 3)):
    """Runs the real program to its end and measures it."""
    command = [BUILD / "keyward", "-c", keyward.directory / "config.yaml", "--progress", "none", *arguments]
    return run(command, keyward.environment, keyward.directory, accepted)


def calls_per_account(size):
    for accounts, users in ((5, 20), (2, size.many_users)):
        with sandbox_with(worlds.organization(accounts, users)) as sandbox, tempfile.TemporaryDirectory() as directory:
            keyward = program(directory, sandbox)
            job(keyward, "run")
            first = of_accounts(counts_since(sandbox)) / accounts
            sandbox.advance("1d")
            job(keyward, "run")
            warm = of_accounts(counts_since(sandbox)) / accounts
            for account in range(1, accounts + 1):
                for user in range(min(users, 20)):
                    sandbox.control("use", {"account": worlds.account_id(account), "user": f"user-{user:04d}"})
            sandbox.advance("1d")
            counts_since(sandbox)
            job(keyward, "run")
            used = of_accounts(counts_since(sandbox)) / accounts
        if users == 20:
            at_most("calls per account, first run, 20 users with a key each", first, 4 + 20, "{:.1f}")
        else:
            report(f"calls per account, first run, {users} users", f"{first:.1f}")
        at_most(f"calls per account, nothing due, cache warm, {users} users", warm, 4, "{:.1f}")
        report(f"the same when 20 of {users} users have used their keys meanwhile", f"{used:.1f}")


# What a call is for, by its place among those of its name.
REASONS = {
    "iam:ListAccessKeys": ["the report names no key ids, and may be four hours old"],
    "iam:ListUserTags": ["keyward's record on the user: another run may be at work"],
    "iam:GetAccessKeyLastUsed": ["whether anybody works with the key, and where"],
    "iam:ListAttachedUserPolicies": ["audit: a key that AWS has quarantined is told apart"],
    "iam:TagUser": ["the intent, before a key is made", "the record, after it is stored"],
    "iam:CreateAccessKey": ["the rotation"],
    "secretsmanager:DescribeSecret": [
        "a key whose secret cannot be stored must not be made; where AWSCURRENT is, for the label can only be moved from there",
    ],
    "secretsmanager:GetResourcePolicy": ["only the user may read the secret"],
    "secretsmanager:PutResourcePolicy": ["the same, where it does not say so yet"],
    "secretsmanager:PutSecretValue": ["the new key is stored as AWSPENDING"],
    "secretsmanager:UpdateSecretVersionStage": ["AWSCURRENT moves to the new key"],
    "sts:GetCallerIdentity": ["the new key works: three answers in a row that name the user"],
}


def with_reasons(actions):
    seen = {}
    lines = []
    for action in actions:
        reasons = REASONS.get(action, ["unexplained"])
        lines.append(f"`{action}`: {reasons[min(seen.get(action, 0), len(reasons) - 1)]}")
        seen[action] = seen.get(action, 0) + 1
    return lines


def calls_per_due_user(_size):
    with sandbox_with(due_user.world()) as sandbox:
        calls = due_user.calls_of_second_rotation(sandbox)
    at_most("calls per due user (rotate, member store, existing secret)", len(calls), due_user.CALLS, "{:.0f}")
    LISTS["Calls for a due user, in their order"] = with_reasons(calls)


def audit_against_boto3(size):
    """CPU of one more account: the difference of two audits, so that starts and handshakes cancel; both have the same number
    of accounts in flight, and with them of connections."""
    few, many = size.audited
    boto3_few, boto3_many = 2, 8
    with sandbox_with(worlds.organization(many, 20)) as sandbox, tempfile.TemporaryDirectory() as directory:
        number = iter(range(10_000))

        def fresh(accounts, in_flight=16):  # each time without a cache, as boto3 has none
            included = [{"id": worlds.account_id(i)} for i in range(1, accounts + 1)]
            settings = {"accounts": {"default": "opt-in", "include": included}, "limits": {"accounts_in_flight": in_flight}}
            return program(pathlib.Path(directory) / str(next(number)), sandbox, **settings)

        def keyward(accounts):
            return job(fresh(accounts), "audit").cpu

        def command(accounts):
            # One after the other: with more at once it depends on how slow callgrind is how many connections are opened, and a
            # new connection costs nearly as much as an account.
            made = fresh(accounts, in_flight=1)
            made.configure()
            return [BUILD / "keyward", "-c", made.directory / "config.yaml", "audit"], made.environment

        def reference(accounts, threads=1):
            return boto3(sandbox, "--accounts", accounts, "--threads", threads)[1].cpu

        cases = {
            "keyward audit": lambda: (keyward(many) - keyward(few)) / (many - few),
            "boto3": lambda: (reference(boto3_many) - reference(boto3_few)) / (boto3_many - boto3_few),
            "boto3, 32 threads": lambda: (reference(boto3_many, 32) - reference(boto3_few, 32)) / (boto3_many - boto3_few),
            "keyward audit, an account alone in a new process": lambda: keyward(1),
            "boto3, an account alone in a new process": lambda: reference(1),
        }
        found, quiet = interleaved(size.rounds, cases, sandbox)
        sandbox.faults(latency=counts.LATENCY)
        by_object = counts.of_one_more(10, 40, command)
        theirs = sum(counts.of_one_more(1, 4, counts.boto3_script(sandbox, "--accounts")).values())
    ours, libraries = sum(by_object.values()), counts.of_libraries(by_object)
    report("user instructions per account of 20 users, keyward audit", f"{ours:,.0f}")
    report("of them in libcurl, OpenSSL and the C library", f"{libraries:,.0f}")
    report("user instructions per account of 20 users, boto3", f"{theirs:,.0f}", note=f"keyward's are {ours / theirs:.4f} of them, the libraries' alone {libraries / theirs:.4f}")
    for name, rounds in found.items():
        report(f"CPU per account of 20 users, {name}", f"{rounds.median * 1e3:.2f} ms")
    best = min(found["boto3"].median, found["boto3, 32 threads"].median)
    at_most("audit of one account end to end, CPU, against boto3", found["keyward audit"].median / best, 1 / 100, "{:.4f}", note=quietness(quiet))


class FirstRequest:
    """Tells when the sandbox has the first request of a program: it is held, and whoever asked what is held hears it."""

    def __init__(self, sandbox):
        self._sandbox = sandbox
        trust = ssl.create_default_context(cafile=sandbox.environment["AWS_CA_BUNDLE"])
        self._connection = http.client.HTTPSConnection(urllib.parse.urlsplit(sandbox.url).netloc, context=trust)

    def seconds(self, command, environment, directory):
        self._sandbox.gate(from_=1)
        self._connection.request("GET", "/_sandbox/held?wait=20s")
        start = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            env=environment,
            cwd=directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        held = json.load(self._connection.getresponse())["held"]
        seconds = time.monotonic() - start
        self._sandbox.control("gate", method="DELETE")
        self._sandbox.release(discard=True)
        process.kill()
        process.wait()
        assert held, f"{command[0]} made no request"
        return seconds


def with_system_authorities(sandbox, directory):
    """The authorities of a real machine and the sandbox's own: reading them is part of every start."""
    bundle = pathlib.Path(directory) / "authorities.pem"
    system = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
    bundle.write_text(system.read_text() + pathlib.Path(sandbox.environment["AWS_CA_BUNDLE"]).read_text())
    return str(bundle)


def start_to_first_request(size):
    with sandbox_with(worlds.organization(1, 1)) as sandbox, tempfile.TemporaryDirectory() as directory:
        keyward = program(pathlib.Path(directory) / "keyward", sandbox)
        authorities = with_system_authorities(sandbox, directory)
        first = FirstRequest(sandbox)
        command = [BUILD / "keyward", "-c", keyward.directory / "config.yaml", "inventory"]
        environment = {**keyward.environment, "AWS_CA_BUNDLE": authorities}
        script = [sys.executable, HERE / "boto3_audit.py", "--calls", "1"]
        cases = {
            "keyward": lambda: first.seconds(command, environment, keyward.directory),
            "import boto3": lambda: run([sys.executable, "-c", "import boto3"], {"PATH": os.environ["PATH"]}).wall,
            "boto3": lambda: first.seconds(script, environment_of(sandbox, AWS_CA_BUNDLE=authorities), directory),
        }
        for case in cases.values():
            case()  # files come from the disk's cache from now on
        found, quiet = interleaved(2 * size.rounds, cases, sandbox)
    authorities = "; ".join(filter(None, ["handshake and reading the system's certificate authorities included", quietness(quiet)]))
    at_most("start to first request, cold process", found["keyward"].median * 1e3, 30, "{:.1f}", " ms", authorities)
    report("`import boto3` alone, the whole process", f"{found['import boto3'].median * 1e3:.0f} ms")
    report("boto3, start to first request", f"{found['boto3'].median * 1e3:.0f} ms")


def throttled(found):
    return sum(number for name, number in found.items() if " " in name and ("Throttl" in name or "TooMany" in name))


def peak_of(pid):
    """KiB that the process held at most so far, 0 once it ended. Not ru_maxrss: that begins with what the process that started
    it held, here a script with a scenario of 200,000 users."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) if found else 0


# Calls that keyward has on the way at most, and accounts that it works on at once in a large organization: an account that
# waits for its credential report or for its own calls_per_second_per_account has none on the way.
CALLS_IN_FLIGHT, ACCOUNTS_IN_FLIGHT = 256, 384


def large_run(accounts):
    """(ended process, calls, throttled calls, throttled and all after the first minute, the sandbox's CPU, noise)"""
    scenario = worlds.organization(accounts, 20)
    with sandbox_with(scenario, "--latency", "40ms..90ms") as sandbox, tempfile.TemporaryDirectory() as directory:
        sandbox.faults(bucket=AWS_LIKE_THROTTLING)
        keyward = program(directory, sandbox)
        keyward.configuration["limits"] = {"accounts_in_flight": ACCOUNTS_IN_FLIGHT}
        keyward.configure()
        sandbox_cpu = cpu_of(sandbox.pid)
        command = [BUILD / "keyward", "-c", keyward.directory / "config.yaml", "--progress", "none", "run"]
        at_a_minute = {}
        peak_kib = 0
        with Watch(sandbox.pid) as watch:
            start = time.monotonic()
            with open(keyward.directory / "out", "w") as out:
                process = subprocess.Popen(
                    [str(part) for part in command], env=keyward.environment, cwd=directory, stdout=out, stderr=out
                )
            while True:
                pid, status, used = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                peak_kib = max(peak_kib, peak_of(process.pid))
                if not at_a_minute and time.monotonic() - start >= 60:
                    at_a_minute = sandbox.calls()["counts"]
                time.sleep(0.02)
            wall = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        output = (keyward.directory / "out").read_text()
        if process.returncode != 0:
            raise RuntimeError(f"keyward run ended with {process.returncode}:\n{output[-2000:]}")
        found = sandbox.calls()["counts"]
        sandbox_cpu = cpu_of(sandbox.pid) - sandbox_cpu
    calls = sum(number for name, number in found.items() if " " not in name)
    before = sum(number for name, number in at_a_minute.items() if " " not in name)
    return {
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mib": peak_kib / 1024,
        "calls": calls,
        "throttled": throttled(found),
        "later_calls": calls - before,
        "later_throttled": throttled(found) - throttled(at_a_minute),
        "sandbox_cpu": sandbox_cpu,
        "others": watch.others,
    }


def heap_of_many_accounts(accounts):
    """The heap early and late in a run over many accounts: what each account leaves behind would be the difference."""
    with sandbox_with(worlds.organization(accounts, 1)) as sandbox, tempfile.TemporaryDirectory() as directory:
        keyward = program(directory, sandbox, limits={"accounts_in_flight": 64})
        keyward.configure()
        command = [BUILD / "keyward", "-c", keyward.directory / "config.yaml", "--progress", "none", "run"]
        return counts.heap_over_time(command, keyward.environment)


def large_organization(size):
    small = large_run(size.fewer_accounts)
    large = large_run(size.accounts)
    name = f"{size.accounts:,} accounts x 20 users, first run, 40 to 90 ms per answer, {CALLS_IN_FLIGHT} in flight"
    bound = large["calls"] * 0.065 / CALLS_IN_FLIGHT
    noise = f"accounts_in_flight: {ACCOUNTS_IN_FLIGHT}; others took {large['others']:.0%} of the cores"
    at_most(f"{name}: wall against the bound", large["wall"] / bound, 1.10, unit=" x", note=noise)
    report("the same: calls, wall, client CPU, CPU of the sandbox", f"{large['calls']:,}, {large['wall']:.1f} s, {large['cpu']:.1f} s, {large['sandbox_cpu']:.1f} s")
    at_most("the same: peak memory", large["peak_mib"], 96, "{:.1f}", " MiB")
    growth = large["peak_mib"] / small["peak_mib"]
    at_most(f"the same: peak memory against {size.fewer_accounts:,} accounts ({small['peak_mib']:.1f} MiB)", growth, 1.10, unit=" x")
    early, late = heap_of_many_accounts(4 * size.fewer_accounts)
    report(f"heap late in a run over {4 * size.fewer_accounts:,} accounts against early in it (massif)", f"{late / early:.2f} x", note=f"{early / 2**20:.1f} and {late / 2**20:.1f} MiB")
    part = 100 * large["later_throttled"] / max(1, large["later_calls"])
    report("throttled calls in that run, after the first minute", f"{part:.2f} %", "under 1 %", part < 1, f"{large['throttled']} in all")


SECTIONS = [
    ("One call in counts", counts_of_a_call),
    ("One call in CPU time", cpu_of_a_call),
    ("Nearness to the latency bound", nearness_to_the_bound),
    ("Calls that must not run twice", executions_when_connections_drop),
    ("Start", start_to_first_request),
    ("Calls per account", calls_per_account),
    ("Calls per due user", calls_per_due_user),
    ("Audit against boto3", audit_against_boto3),
    ("A large organization", large_organization),
]


# ---- the page


def output_of(*command):
    return run(command, {"PATH": os.environ["PATH"]}, accepted=range(256)).output.strip()


def machine():
    model = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    kernel = ".".join(platform.release().split(".")[:2])
    return f"{measure.CORES} cores, {model.group(1) if model else platform.machine()}, Linux {kernel}"


def versions():
    def package(name):
        return output_of("dpkg-query", "-W", "-f", "${Version}", name)

    import boto3 as library

    return ", ".join(
        [
            output_of("clang++-19", "--version").splitlines()[0].replace("Debian ", ""),
            f"libcurl {package('libcurl4')}",
            f"OpenSSL {package('libssl3')}",
            f"Boost {package('libboost1.81-dev')}",
            f"wrk {package('wrk')}",
            f"valgrind {package('valgrind')}",
            f"Python {platform.python_version()} with boto3 {library.__version__}",
            f"keyward {output_of('git', '-C', str(ROOT), 'describe', '--always', '--dirty')}",
        ]
    )


HOW = """Both ends run on one machine, over TLS on loopback. The client is `benchmarks/call_driver`, which makes calls as keyward does (client, caller, signature, libcurl, answer),
or keyward itself; the server is `keyward-sandbox`, whose CPU time is another process's and shown apart. It verifies every signature, so its share is large, and what a client could do
with a faster server is not shown. Ratios are between figures of one run, of rounds that took turns; each is a median. A round is dropped when other processes took more than 6 %
of the cores. Connections are open before the clock starts. wrk neither signs nor parses: it sends one request that was signed beforehand, with the headers keyward sends, and
is the floor. The latency bound is calls x latency / calls in flight. Counts do not depend on the load of the machine; `./check` fails when a target among them is missed.

The two targets against boto3 (1/25 for a call, 1/100 for an audit, which is made of calls) prove wrong: they were set where boto3 needed twice as long for a call. The counts tell how far they
can be reached. libcurl, OpenSSL and the C library alone take 1/25 of boto3's instructions for a call and nearly 1/100 for an audit, before keyward's own are added: TLS, SHA-256, and libcurl 7.88,
which formats the header of a request byte by byte, some 90 instructions each; a signed request has more than 400 of them, with a session token more than 800. Of an audited account's 7.3 million
instructions libcurl takes 2.3, the C library 1.7, keyward 1.6, OpenSSL 1.5, the parsers of XML and JSON 0.2. What is left of keyward's own is 27,000 for a call, the largest single function among them
has 1 % of the whole. So the profile allows 1.2 times the target for a call and 1.3 times for an audit; what the measurement says of these two depends on the day and the machine.

Peak memory is that of the worst moment, when many answers arrive at once and their connections hold buffers; a run that is ten times as long has more such moments. What is kept for the accounts
that are done would show in the heap late in a run, which is counted apart."""


def page(arguments, seconds):
    lines = ["# Benchmarks", "", f"Written by `{arguments}` in {seconds / 60:.0f} minutes.", "", f"- Machine: {machine()}", f"- Versions: {versions()}", "", HOW, ""]
    lines += ["| figure | measured | target | |", "|---|---|---|---|"]
    for figure in FIGURES:
        mark = {None: "", True: "reached", False: "**missed**"}[figure.reached]
        note = "; ".join(part for part in (mark, figure.note) if part)
        lines.append(f"| {figure.what} | {figure.value} | {figure.target} | {note} |")
    for title, items in LISTS.items():
        lines += ["", f"## {title}", "", *(f"{number}. {item}" for number, item in enumerate(items, 1))]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", help="sections whose title holds this; writes nothing")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    start = time.monotonic()
    for title, section in SECTIONS:
        if options.only and options.only.lower() not in title.lower():
            continue
        print(f"\n== {title}", flush=True)
        try:
            section(size)
        except (AssertionError, RuntimeError, OSError) as error:
            report(title, "not measured", "", False, str(error).strip().splitlines()[0] if str(error) else repr(error))
    if options.only:
        return 0
    text = page("./bench --quick" if options.quick else "./bench", time.monotonic() - start)
    target = ROOT / ("build/benchmarks.md" if options.quick else "docs/benchmarks.md")
    target.write_text(text)
    missed = [figure.what for figure in FIGURES if figure.reached is False]
    print(f"\n{target.relative_to(ROOT)} is written; {len(missed)} targets missed" + "".join(f"\n  {what}" for what in missed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
