"""Daily runs over many months in one go, with faults at AWS's rates: what became of every key, and what it took."""

import collections
import dataclasses
import datetime
import json
import os
import random
import statistics
import subprocess

from invariants import World
from keyward_process import Keyward, executable
from sandbox_process import Sandbox

DAY, HOUR = datetime.timedelta(days=1), datetime.timedelta(hours=1)
START = datetime.datetime(2026, 3, 2, 3, 0, tzinfo=datetime.timezone.utc)
MONTH = 30  # days
RATES = "throttle=0.05,error=0.02,drop=0.01"
ROTATE_AFTER, GRACE = 90 * DAY, 10 * DAY
# docs/policy.md, "How old a key can become": one key at a time, used from its first day on.
LATEST_OFF = GRACE + DAY + 2 * HOUR
# Of a run a day that begins up to 20 minutes earlier or later.
LATEST_NEW = DAY + HOUR
# Of the days on which faults kept a user from a step, so many excuse a delay: at these rates, one more comes of keyward.
MOST_KEPT = 2
ACCOUNTS, USERS = 4, 5


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def size_of(paths):
    """Bytes of these files and of what is below these folders."""
    files = (file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    return sum(file.stat().st_size for file in files)


@dataclasses.dataclass
class Key:
    who: tuple
    created: datetime.datetime
    first: bool  # was there before keyward
    good: bool = False  # was handed over: AWSCURRENT of its secret
    off: datetime.datetime | None = None
    gone: datetime.datetime | None = None
    next: datetime.datetime | None = None  # when its successor was made


@dataclasses.dataclass
class Day:
    at: datetime.datetime
    code: int
    peak: int  # kB
    seconds: float
    faults: collections.Counter
    calls: int
    failed: int  # users of whom something failed, and accounts that were not covered
    kept: set  # who was kept by that from a step: (account, user), and (account, None) for everybody of an account
    state: int  # bytes below state_dir, without records of runs
    record: int  # of the record


class Months:
    def __init__(self, folder, seed, environment):
        self.chance = random.Random(f"{seed}/months")
        self.keys = {}
        self.adopts = {}
        self.days = []
        self.wrong = []
        accounts = [
            {
                "id": str(200_000_000_000 + number),
                "email": f"{number}@example.org",
                "tags": {"store": "own" if number else "central"},
                "users": list(self._users()),
            }
            for number in range(ACCOUNTS)
        ]
        world = {"external_id": "ext-1", "accounts": accounts}
        self.sandbox = Sandbox("--seed", seed, "--start", iso(START), "--propagation", "0ms", scenario=world)
        self._folder, self._environment = folder, environment

    def _users(self):
        for n in range(USERS):
            created = START - self.chance.uniform(0, 100) * DAY
            yield {"name": f"user-{n}", "age_days": 400, "keys": [{"created": iso(created), "last_used": {"days_ago": 0}}]}

    def __enter__(self):
        self.sandbox.__enter__()
        self.sandbox.edit("set_quirks", quirks={"report_duration": "0ms"})
        central = {"target": "central", "kms_key_id": "alias/keyward"}
        self.keyward = Keyward(
            self._folder,
            {**self.sandbox.environment, **self._environment},
            notify={"channels": [{"type": "ses"}]},
            accounts={"default": "opt-out", "overrides": [{"match": {"tag": {"store": "central"}}, "store": central}]},
        )
        self._note(START)
        self.sandbox.faults(rates=RATES)
        return self

    def __exit__(self, *_):
        self.sandbox.__exit__()

    def live(self, days):
        for number in range(days):
            at = START + number * DAY + datetime.timedelta(minutes=self.chance.randint(-20, 20))
            self.sandbox.control("clock", {"set": iso(at)})
            self.days.append(self._run(number, at))
            self._note(at)
            self._use(at)

    def _run(self, number, at):
        self.sandbox.control("calls", method="DELETE")
        before = set(os.listdir(self.keyward.state_dir / "runs")) if self.days else set()
        begin = datetime.datetime.now()
        with open(self._folder / "output", "w+") as output:
            command = [str(executable()), "-c", str(self._folder / "config.yaml"), "--progress", "none", "run"]
            environment = {**self.keyward.environment, "KEYWARD_PEAK": str(self._folder / "peak")}
            process = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            output.seek(0)
            said = output.read()
        seconds = (datetime.datetime.now() - begin).total_seconds()
        calls = self.sandbox.calls()
        faults = collections.Counter(call["fault"] for call in calls["log"] if call.get("fault"))
        (record,) = set(os.listdir(self.keyward.state_dir / "runs")) - before or {None}
        failed = said.count("FAILED") + said.count("NOT COVERED") + said.count("NOT READ")
        kept = set(self._kept(self.keyward.state_dir / "runs" / record)) if record else set()
        if process.returncode not in (0, 4):
            self.wrong.append(f"day {number}: exit {process.returncode}\n{said}")
        state = size_of([path for path in self.keyward.state_dir.iterdir() if path.name != "runs"])
        of_this = size_of([self.keyward.state_dir / "runs" / record] if record else [])
        total = sum(count for action, count in calls["counts"].items() if " " not in action)
        peak = int((self._folder / "peak").read_text().split()[1])
        return Day(at, process.returncode, peak, seconds, faults, total, failed, kept, state, of_this)

    def _kept(self, record):
        """Whom a failure kept from a step, as the run's own record says: accounts that were not covered, users whose facts
        could not be read or whose step failed."""
        for line in (record / "events.jsonl").read_text().splitlines():
            event = json.loads(line)
            if event["event"] == "account" and event["outcome"] != "covered":
                yield event["account"], None
            elif event["event"] == "action" and event["outcome"] in ("failed", "recovery_needed") or event.get("verdict") == "unknown":
                yield event["account"], event["user"]

    def _note(self, at):
        """What there is now, and whether anything of it is wrong."""
        world = World.of(self.sandbox)
        self.sandbox.control("mail", method="DELETE")
        there = set()
        for who, user in world.users.items():
            if who[0] == "111111111111":
                continue
            active = []
            for key in user["keys"]:
                there.add(key["id"])
                known = self.keys.get(key["id"])
                if known is None:
                    known = self.keys[key["id"]] = Key(who, moment(key["created"]), first=not self.days)
                stored = world.is_stored(key)
                if not known.first and not stored and not world.intent_tells_of(who, key):
                    self.wrong.append(f"{at} {who}: nobody has the secret of {key['id']}")
                if key["status"] == "Active" and (known.first or world.is_current(key)):
                    active.append(key)
                if not known.first and not known.good and world.is_current(key):
                    known.good = True
                    for other in self.keys.values():
                        if other.who == who and other is not known and other.next is None:
                            other.next = known.created
                if key["status"] == "Inactive" and known.off is None:
                    known.off = moment(key["changed"])
            if not active:
                self.wrong.append(f"{at} {who}: no working key that its owner can know")
        for id_, key in self.keys.items():
            if key.gone is None and id_ not in there:
                key.gone = at
        for secret, current, _ in world.dead_ends():
            self.wrong.append(f"{at} {secret['name']}: AWSCURRENT is {current}, which does not work")

    def _use(self, at):
        """Owners take a new key up to nine days after it was made, and use one every day."""
        newest = {}
        for id_, key in self.keys.items():
            if key.gone is None and key.off is None:
                adopted = key.first or at >= key.created + self.adopts.setdefault(id_, self.chance.randint(0, 8)) * DAY
                if adopted and (key.who not in newest or self.keys[newest[key.who]].created < key.created):
                    newest[key.who] = id_
        for id_ in newest.values():
            self.sandbox.control("use", {"access_key_id": id_})

    # ---- what became of it

    def kept_between(self, who, begin, end):
        """Days on which faults kept this user from a step: what docs/policy.md promises is for the others. What failed of
        somebody else is no excuse, nor what fails again and again."""
        account, _ = who
        kept = sum(begin - HOUR <= day.at < end and not day.kept.isdisjoint((who, (account, None))) for day in self.days)
        return min(kept, MOST_KEPT)

    def delays(self):
        """Of each key that had to be replaced, how long after its date: until its successor was made, and until it was off.
        Each with the most that is allowed."""
        for key in self.keys.values():
            due = max(key.created + ROTATE_AFTER, START)
            end = START + (len(self.days) - 1) * DAY
            if due + LATEST_NEW < end and (key.gone is None or key.gone > due):
                new, off = key.next or end, key.off or end
                yield key, new - due, LATEST_NEW + self.kept_between(key.who, due, new) * DAY
                if due + LATEST_OFF + 2 * DAY < end:
                    yield key, off - due, LATEST_OFF + self.kept_between(key.who, due, off) * DAY

    def peak(self, month):
        """Of memory, in kB: the largest and the median of the runs of that month."""
        days = self.days[(month - 1) * MONTH : month * MONTH]
        return max(day.peak for day in days), statistics.median(day.peak for day in days)

    def figures(self):
        together = lambda name: sum(getattr(day, name) for day in self.days)  # noqa: E731
        faults = sum((day.faults for day in self.days), collections.Counter())
        new, off = (max((d for _, d, most in self.delays() if (most >= LATEST_OFF) == late), default=None) for late in (False, True))
        delays = list(self.delays())
        excused = sum(most not in (LATEST_NEW, LATEST_OFF) for _, _, most in delays)
        last = len(self.days) // MONTH
        made, deleted = (sum(map(test, self.keys.values())) for test in (lambda key: not key.first, lambda key: key.gone is not None))
        codes = dict(collections.Counter(day.code for day in self.days))
        first_seconds, last_seconds = (statistics.median(day.seconds for day in some) for some in (self.days[:MONTH], self.days[-MONTH:]))
        peaks = {month: self.peak(month) for month in sorted({1, last})}
        return "\n".join(
            (
                f"{len(self.days)} days, {last} months of 30 days: {together('calls'):,} requests, {sum(faults.values()):,} faults "
                f"({', '.join(f'{count} x {fault}' for fault, count in faults.most_common())})",
                f"{made} keys made, {deleted} deleted, of {ACCOUNTS * USERS} users",
                f"a new key at the latest {new} after the old one was due (allowed: {LATEST_NEW}), the old one off after {off} "
                f"(allowed: {LATEST_OFF}), a day more for each day on which faults kept that user from a step, "
                f"{MOST_KEPT} at most, which {excused} of {len(delays)} delays had",
                f"exit codes: {codes}, days with failures: {sum(day.failed > 0 for day in self.days)}",
                *(f"memory of a run in month {m}: at most {most:,} kB, median {median:,.0f} kB" for m, (most, median) in peaks.items()),
                f"state_dir without records of runs: {self.days[0].state:,} bytes on the first day, {self.days[-1].state:,} on the last, "
                f"at most {max(d.state for d in self.days):,}; a record: {self.days[0].record:,} and {self.days[-1].record:,}",
                f"seconds of a run: {first_seconds:.2f} in month 1, {last_seconds:.2f} in the last",
            )
        )
