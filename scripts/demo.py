"""The demo's days: runs keyward once a virtual day against the sandbox, then says what happened.

    demo.py KEYWARD FOLDER DAYS

FOLDER holds sandbox.env; the configuration, the mails, keyward's log and the run records are written there.
"""

import collections
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import time
import urllib.request

# The demo's own work is to take two minutes at most; on a slow machine it shows fewer days.
BUDGET_SECONDS = 100

CONFIGURATION = """\
# The demo's configuration. config.yaml at the root explains every setting.
member_role: keyward-rotate
external_id: env:KEYWARD_EXTERNAL_ID
dry_run: false                    # keyward ships with true: it then only reports
accounts: {default: opt-out}      # every account takes part
users: {exempt_group: IAMKeyRotationExemptionGroup}
policy: {rotate_after_days: 90, install_grace_days: 10, recovery_grace_days: 10}
store: {target: member, region: us-east-1}
notify:
  sender: keyward@example.org
  allowed_domains: [example.org]
  fallback: security@example.org
  channels: [{type: file, directory: mail}]   # mails become files; a real run sends them over SES
limits: {verify_interval: 200ms}
state_dir: state
"""

ACTIONS = {"rotate": "rotated", "deactivate": "deactivated", "delete": "deleted"}


class Demo:
    def __init__(self, keyward, folder, days):
        self.keyward = pathlib.Path(keyward).resolve()
        self.folder = pathlib.Path(folder).resolve()
        self.days = days
        self.runs = []  # (day, folder of the run), in order
        self.mails_sent = 0  # by the real runs
        self.problems = []
        self.environment = self._environment()
        # Loopback never goes through a proxy.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _environment(self):
        """Only what the sandbox gave: real AWS credentials or settings of this shell must not reach the demo."""
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)}
        for line in (self.folder / "sandbox.env").read_text().splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                environment[name] = value
        return environment

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.environment['AWS_ENDPOINT_URL']}/_sandbox/{path}"
        with self.opener.open(urllib.request.Request(url, data=data), timeout=30) as answer:
            return json.load(answer)

    def run_keyward(self, day, *options):
        """One daily job. Returns the summary that it recorded, or None."""
        records = self.folder / "state" / "runs"
        before = set(records.iterdir()) if records.exists() else set()
        with open(self.folder / "keyward.log", "a") as log:
            log.write(f"--- day {day}: keyward run {' '.join(options)}\n")
            log.flush()
            code = subprocess.run(
                [self.keyward, "-c", self.folder / "config.yaml", "--progress", "none", "run", *options],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=BUDGET_SECONDS,
            ).returncode
        new = sorted(set(records.iterdir()) - before) if records.exists() else []
        if code != 0:
            self.problems.append(f"day {day}: keyward ended with exit code {code}")
        if not new:
            return None
        self.runs.append((day, new[-1]))
        return json.loads((new[-1] / "run.json").read_text())

    def workloads_use_their_keys(self):
        """The owners' programs take the new key from Secrets Manager soon after a rotation."""
        rotated = {(event["account"], event["user"]) for event in self.done(self.runs[-1][1]) if event["action"] == "rotate"}
        for account, user in sorted(rotated):
            self.control("use", {"account": account, "user": user})

    @staticmethod
    def done(run):
        """What a run changed."""
        with open(run / "events.jsonl") as lines:
            for event in map(json.loads, lines):
                if event["event"] == "action" and event.get("outcome") == "done" and event.get("action") in ACTIONS:
                    yield event

    def mails(self):
        return len(list((self.folder / "mail").glob("*.eml")))

    def play(self):
        (self.folder / "config.yaml").write_text(CONFIGURATION)
        started = time.monotonic()
        print(f"\n== Running the daily job, day by day, for {self.days} virtual days", flush=True)
        summary = self.run_keyward(0, "--dry-run")
        if summary is None:
            return
        due = {action: summary["decisions"].get(action, 0) for action in ACTIONS}
        due = ", ".join(f"{count} to be {ACTIONS[action]}" for action, count in due.items() if count)
        print(f"dry run: {summary['keys']} keys of {summary['users']} users looked at, {due or 'nothing due'}; nothing changed", flush=True)
        self.runs.clear()  # the story begins with the first real run
        mails = self.mails()
        for day in range(self.days):
            summary = self.run_keyward(day)
            if summary is None:
                return
            self.workloads_use_their_keys()
            counts = {action: summary["outcomes"].get(action, {}).get("done", 0) for action in ACTIONS}
            words = [f"{count} {ACTIONS[action]}" for action, count in counts.items() if count]
            sent, mails = self.mails() - mails, self.mails()
            self.mails_sent += sent
            if sent:
                words.append("1 mail" if sent == 1 else f"{sent} mails")
            if summary["uncovered"]:
                words.append(f"{len(summary['uncovered'])} accounts NOT covered")
            print(f"day {day:2}: {', '.join(words) or 'nothing to do'}", flush=True)
            if day + 1 < self.days:
                if time.monotonic() - started > BUDGET_SECONDS:
                    print(f"(this machine is slow: stopping after {day + 1} days)")
                    break
                self.control("clock", {"advance": "1d"})

    def working_secrets(self):
        """The secrets that keyward stored, and how many of them hold a key that works: asked of the sandbox, not of keyward."""
        stored = working = 0
        for account in self.control("state")["accounts"].values():
            keys = {key["id"]: key for user in account["users"].values() for key in user["keys"]}
            for secret in account["secrets"]:
                for version in secret["versions"].values():
                    if "AWSCURRENT" not in version["stages"]:
                        continue
                    values = json.loads(version.get("text", "{}")).values()
                    stored += 1
                    working += any(
                        key["id"] in values and key["secret"] in values and key["status"] == "Active" for key in keys.values()
                    )
        return stored, working

    def a_life(self):
        """The stages of the key that went through most of them, as lines."""
        stages = collections.defaultdict(list)
        for day, run in self.runs:
            for event in self.done(run):
                stages[event["account"], event["user"], event.get("access_key_id")].append((day, event))
        if not stages:
            return []
        (account, user, _), events = max(stages.items(), key=lambda item: len(item[1]))
        lines = [f"One of them, the key of {user} in account {account}:"]
        for day, event in events:
            if event["action"] == "rotate":
                text = f"{event.get('age_days', '?')} days old; a new key was made, tried out and stored as a secret for its user"
            elif event["action"] == "deactivate":
                text = "the old key was switched off; it could still have been switched on again"
            else:
                text = "the old key was deleted"
            lines.append(f"  day {day:2}  {text}")
        return lines

    def summarize(self):
        total = collections.Counter(event["action"] for _, run in self.runs for event in self.done(run))
        summary = json.loads((self.runs[-1][1] / "run.json").read_text())
        stored, working = self.working_secrets()
        if working != stored:
            self.problems.append(f"{stored - working} of {stored} stored secrets hold no working key")
        here = os.path.relpath
        days = self.runs[-1][0] + 1
        skipped = sum(summary["accounts_skipped"].values())
        reasons = "; ".join(reason if count == 1 else f"{count} {reason}" for reason, count in summary["accounts_skipped"].items())

        print(f"\n== What happened in these {days} days\n")
        print(f"keyward ran once a day over an organization of {summary['accounts_total']} accounts: {summary['accounts_covered']} looked after, "
              f"{skipped} skipped" + (f" ({reasons})." if reasons else "."))
        print(f"  {total['rotate']:3}  keys were 90 days old or more and got a successor")
        print(f"  {total['deactivate']:3}  old keys were switched off, ten days after their successor or the warning came")
        print(f"  {total['delete']:3}  keys that had been off for ten days were deleted")
        print(f"  {self.mails_sent:3}  mails told the owners, before and after")
        print(f"{working} of {stored} secrets that keyward stored hold a key that works" + (": nobody lost access." if working == stored else "."))
        if summary["needs_human"]:
            cases = "1 case waits" if summary["needs_human"] == 1 else f"{summary['needs_human']} cases wait"
            print(f"{cases} for a person, because keyward does not guess; the report says where and why.")
        print("Users in the group IAMKeyRotationExemptionGroup were left alone.")
        print()
        print("\n".join(self.a_life()))
        print()
        print("Have a look:")
        print(f"  {here(self.runs[-1][1] / 'report.html')}   the report of the last day: open this next")
        print(f"  {here(self.folder / 'mail')}/   the mails, as files")
        print(f"  {here(self.folder / 'config.yaml')}   the configuration, and {here(self.folder / 'keyward.log')}: what each run said")
        print("Nothing of this touched AWS; the simulated organization is gone again.")


def stop(*_):
    """SIGTERM: as an exception, so that a keyward that is running is ended and waited for."""
    sys.exit(143)


def main():
    signal.signal(signal.SIGTERM, stop)
    demo = Demo(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    demo.play()
    if demo.runs:
        demo.summarize()
    else:
        demo.problems.append("no run was recorded")
    for problem in demo.problems:
        print(f"./demo: {problem} (see {demo.folder / 'keyward.log'})", file=sys.stderr)
    return 1 if demo.problems else 0


if __name__ == "__main__":
    sys.exit(main())
