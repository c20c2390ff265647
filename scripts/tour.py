"""Writes docs/tour.md: every command of keyward in the hands of a new user, on the organization of ./demo.

    tour.py             plays the demo's four weeks, then types the commands, and writes docs/tour.md
    tour.py --check     fails when docs/tour.md would say something else; dates, ids of runs and durations apart

KEYWARD_BUILD: folder of the programs (default: build/release/bin). Nothing but loopback is used.
"""

import argparse
import contextlib
import difflib
import fcntl
import io
import json
import os
import pathlib
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import termios

import demo

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("KEYWARD_BUILD", ROOT / "build/release/bin")).resolve()
PAGE = ROOT / "docs/tour.md"
DAYS = 28
WIDTH, HEIGHT = 110, 50
# Of outputs that are there to be looked at in a file.
MOST_LINES = 36


class Terminal:
    """Types commands into a terminal of its own and keeps what it shows."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = {
            **environment,
            "PATH": f"{BUILD}:{environment['PATH']}",
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
        }

    def type(self, command):
        """(what it printed, its exit code)"""
        screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        process = subprocess.Popen(
            ["bash", "-c", 'keyward() { command keyward -q "$@"; }\n' + command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal
        )
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(screen, 65536)
            except OSError:  # the last writer is gone
                break
            if not part:
                break
            shown += part
        os.close(screen)
        return shown.decode(errors="replace").replace("\r\n", "\n"), process.wait()


def shortened(text, lines):
    kept = text.rstrip("\n").split("\n")
    if len(kept) <= lines:
        return "\n".join(kept)
    return "\n".join(kept[: lines - 1] + [f"[{len(kept) - lines + 1} lines more]"])


@contextlib.contextmanager
def sandbox(folder):
    """The demo's organization, whose calendar ends today: no clock is far from the other when the commands are typed."""
    start = subprocess.run(["date", "-u", "-d", f"-{DAYS - 1} days", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True, check=True)
    command = [BUILD / "keyward-sandbox", "--accounts", "6", "--users", "5", "--seed", "7", "--port", "0"]
    command += ["--start", start.stdout.strip(), "--env-file", folder / "sandbox.env"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("http"):
            sys.exit("tour.py: the sandbox did not start")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


class Tour:
    def __init__(self, folder):
        self.folder = folder
        self.demo = demo.Demo(BUILD / "keyward", folder, DAYS)
        self.terminal = Terminal(folder, self.demo.environment)
        self.page = []

    def say(self, text):
        self.page += [text, ""]

    def type(self, command, code=0, lines=MOST_LINES):
        """A command and what it printed. `code`: the exit code that it must have."""
        shown, ended = self.terminal.type(command)
        if ended != code:
            sys.exit(f"tour.py: {command}\nended with {ended}, not {code}:\n{shown}")
        text = shortened(shown, lines)
        self.page += ["```console", f"$ {command}", *([text] if text else []), *([f"(exit code {code})"] if code else []), "```", ""]

    def runs(self):
        return sorted(folder.name for folder in (self.folder / "state/runs").iterdir())

    def somebody(self):
        """The user whose key went through most stages in the demo, and another one with a key that is due next."""
        done = [event for _, run in self.demo.runs for event in self.demo.done(run)]
        stages = [(event["account"], event["user"]) for event in done]
        return max(sorted(set(stages)), key=stages.count)

    def somebody_due(self):
        """Whose key the plan that was just made replaces."""
        plan = json.loads((self.folder / "plan.kwp").read_text())["plan"]
        for account in plan["accounts"]:
            for user in account["users"]:
                if any(step["action"] == "rotate" for step in user["actions"]):
                    return account["account"], user["user"]
        sys.exit("tour.py: nobody is due in the plan")

    def take(self):
        story = io.StringIO()
        with contextlib.redirect_stdout(story):
            self.demo.play()
            self.demo.summarize()
        if self.demo.problems:
            sys.exit("tour.py: " + "; ".join(self.demo.problems))
        for part in PARTS:
            part(self, story.getvalue())
        return INTRODUCTION + "\n".join(self.page).rstrip("\n") + "\n"


INTRODUCTION = """# A tour

What a new user sees: `./demo`, and then every command on the organization that it leaves. Written by `scripts/tour.py`, which types the commands into a terminal
of 110 columns. Lines of the log and of the progress are left out (`-q`); long outputs are cut where that is said.

"""


def the_demo(tour, story):
    tour.say("## Four weeks of the daily job\n\n`./demo` needs no AWS account. It builds keyward and lets it look after a simulated organization.")
    tour.page += ["```console", "$ ./demo", shortened(story.strip("\n"), 80), "```", ""]
    tour.say("The report of the last day, in a browser (all sizes and schemes are in [pictures](pictures)):\n\n![The report](pictures/report-1000-light.webp)")


def before_the_first_night(tour, _story):
    tour.say("## Is everything in place?")
    tour.type("keyward doctor", lines=60)
    tour.say("What the role in each account may do, and no more:")
    tour.type("keyward policy rotate", lines=60)
    tour.say("And who may assume it:")
    tour.type("keyward policy rotate --trust --principal arn:aws:iam::111111111111:role/keyward")


def the_organization(tour, _story):
    tour.say("## Which accounts, which keys")
    tour.type("keyward inventory")
    tour.type("keyward audit", code=3)


def one_user(tour, _story):
    account, user = tour.somebody()
    tour.say('## "What happened to my key?"\n\nThe support desk\'s command. Its output can go into a ticket.')
    tour.type(f"keyward explain --account {account} --user {shlex.quote(user)}", lines=80)


def the_days_to_come(tour, _story):
    tour.say("## What will this policy do?")
    tour.type("keyward simulate --days 60", lines=50)


def plan_and_apply(tour, _story):
    last = tour.runs()[-1]
    tour.demo.control("clock", {"advance": "12d"})
    tour.say(
        "## Decide, then do\n\nTwelve days later, without a run since, some things are due. A plan says which; it is good for 24 hours. "
        "(The sandbox's calendar was put forward, so this host's clock is behind AWS's from here on, and keyward says so.)"
    )
    tour.type("keyward plan --out plan.kwp", lines=60)
    tour.say("What changed since the last run:")
    tour.type(f"keyward plan --diff {last} | sed -n '/^SINCE/,$p'", lines=60)
    account, user = tour.somebody_due()
    tour.demo.control("edit", {"edit": "set_group", "account": account, "user": user, "group": "IAMKeyRotationExemptionGroup", "member": True})
    tour.say(f"Meanwhile somebody exempts {user} of account {account}. Nothing is done there; all else is carried out as it was planned.")
    tour.type("keyward apply plan.kwp", lines=60)
    tour.say("The same plan again finds everything changed:")
    tour.type("keyward apply plan.kwp", lines=16)


def the_daily_job(tour, _story):
    tour.demo.control("clock", {"advance": "1d"})
    tour.say("## The daily job\n\nFirst, what interrupted runs left behind (`run` would settle it by itself):")
    tour.type("keyward recover --list")
    account, user = tour.somebody()
    tour.say("A key now, whatever its age:")
    tour.type(f"keyward rotate --account {account} --user {shlex.quote(user)} --reason CHG-1234", lines=40)
    tour.say("And the job itself, which has something to do again a week later:")
    tour.demo.control("clock", {"advance": "7d"})
    tour.type("keyward run", lines=60)


def reports(tour, _story):
    tour.say("## For people and for other tools")
    tour.type("keyward report --format html --out report.html && ls -l report.html | cut -d' ' -f1")
    tour.type("keyward report --format csv | sed -n 1,4p")
    tour.type("keyward report --format prometheus | grep -v '^#' | sed -n 1,12p")
    tour.type("keyward report --format ocsf | cut -c -500 | sed -n 1p")
    tour.type("keyward report --format junit | sed -n 1,8p")
    tour.type("keyward audit --exit-zero --junit keys.xml > keys.txt && tail -n 3 keys.txt")
    tour.say("What owners are told, without telling them:")
    tour.type("keyward notify preview --out letters")
    tour.type("keyward notify test --to me@example.org")


def a_configuration(tour, _story):
    tour.say("## A configuration of one's own\n\nFrom a few words, or from the parameters of the AWS sample's stack:")
    (tour.folder / "stack.json").write_text(json.dumps(STACK, indent=1))
    tour.type("keyward init --no-input --out first.yaml --organization-id o-exampleorgid --state-dir /var/lib/keyward && keyward -c first.yaml config validate", lines=40)
    tour.type("cat stack.json")
    tour.type("keyward init --no-input --out moved.yaml --from-stack-parameters stack.json", lines=60)
    tour.type("keyward config show", lines=24)
    tour.type("keyward config schema | cut -c -300")


def manners(tour, _story):
    tour.say("## At the terminal")
    tour.type("keyward help explain")
    tour.type("keyward explian", code=2)
    tour.type("keyward completion bash | sed -n 1,6p")
    tour.type("keyward man | sed -n 1,12p")
    tour.type("keyward version")


STACK = {
    "AWSOrgID": "o-exampleorgid",
    "DryRunFlag": "False",
    "RotationPeriod": "90",
    "InactivePeriod": "100",
    "InactiveBuffer": "10",
    "RecoveryGracePeriod": "10",
    "IAMExemptionGroup": "IAMKeyRotationExemptionGroup",
    "StoreSecretsInCentralAccount": "False",
    "AdminEmailAddress": "keyward@example.org",
}

PARTS = [
    the_demo, before_the_first_night, the_organization, one_user, the_days_to_come,
    plan_and_apply, the_daily_job, reports, a_configuration, manners,
]  # fmt: skip


def without_chance(text):
    """Two tours of the same program say the same but for dates, ids of runs, keys, secrets and requests, durations, counts of
    calls, and the order of what is done side by side."""
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{4}", "RUN", text)
    text = re.sub(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?)?", "DATE", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{16,64}\b", "ID", text)
    text = re.sub(r"\b\d+(\.\d+)? ?(ms|s|KiB|MiB|GiB)\b", "SIZE", text)
    text = re.sub(r"…[A-Z0-9]{4}\b|\bA[KS]IA[A-Z0-9]{16}\b|\b[A-Z0-9]{4}(?= +[C=.|<])|(?<=_AccessKey-)\w{6}|(?<=key )[A-Z0-9]{4}\b", "KEY", text)
    text = re.sub(r"\d+ \(\d+ throttled|seconds \d+|seconds=-?\d+|timestamp_seconds \d+|\"time\":\d+|\d+ d( \d+ h)? (behind|ahead)", "COUNT", text)
    return re.sub(r"[ ─│·-]+", " ", text)


def sections(text):
    """The lines of each part in alphabetical order: users of an account are done side by side."""
    return [line for part in text.split("\n```") for line in sorted(part.split("\n"))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keyward-tour-") as name:
        folder = pathlib.Path(name) / "demo-out"
        folder.mkdir()
        os.chdir(name)
        with sandbox(folder):
            page = Tour(folder).take().replace(str(folder), "demo-out")
    if not options.check:
        PAGE.write_text(page)
        return 0
    before, now = (sections(without_chance(text)) for text in (PAGE.read_text(), page))
    difference = list(difflib.unified_diff(before, now, "docs/tour.md", "now", lineterm=""))
    print("\n".join(difference[:80]))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
