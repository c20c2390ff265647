"""Who hears of what, how often and when: 50 users, 7 owners, 3 accounts and 111 days on which much goes wrong.

Every ninth day there is no run, every thirteenth the run is killed at one of its requests, and SES refuses every fifth mail.
What is due is worked out here from the keys' dates, the record on each user (docs/rotation.md) and the days of the runs, what
was delivered is what the simulated SES took.

    KEYWARD_SEED=7 .venv/bin/python3 tests/conformance/owners_hear_111_days.py

prints the table; it ends with 1 if anything in it is wrong.
"""

import collections
import dataclasses
import datetime
import itertools
import math
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile

from held_requests import wait_for_held
from keyward_process import Keyward
from sandbox_process import Sandbox

SHOP, BILLING, LAB = "222222222222", "333333333333", "444444444444"
ANNA, BEN, CARL, DORA, EMIL, FAY = (f"{name}@example.org" for name in ("anna", "ben", "carl", "dora", "emil", "fay"))
SOC = "soc@elsewhere.example"
# The account's own owner, who always hears, and who hears besides where the user has no tag.
ACCOUNT_OWNER = {SHOP: ANNA, BILLING: BEN, LAB: CARL}
BESIDES = {SHOP: None, BILLING: FAY, LAB: SOC}
# The tag `owner` of an account's users, in turn. Anna has two roles in her own account and one in another.
USER_TAGS = {SHOP: [None, ANNA, DORA, EMIL], BILLING: [None, EMIL, None, ANNA], LAB: [None, DORA, CARL]}
USERS = 50

DAY = datetime.timedelta(days=1)
ROTATE_AFTER, GRACE, STAGES = 90 * DAY, 10 * DAY, (14, 7, 3, 1)
EARLY = datetime.timedelta(hours=1)  # so much before a date a run counts as on it (docs/policy.md, Dates)

START = datetime.datetime(2026, 3, 2, 2, 30, tzinfo=datetime.timezone.utc)
DAYS = 111
MISSED_EVERY, KILLED_EVERY, REFUSED_EVERY = 9, 13, 5
# None of these takes the mail, and after none of them keyward sends it again in the same run.
REFUSALS = ("denied", "error_before", "drop_before")

# What a mail says of a key, by its last four characters.
WHEN = r"on (?P<date>[\d-]{10}) \((?P<left>[^)]*)\)"
SENTENCES = {
    "will be replaced": rf"The access key ending in (?P<key>\w+) will be replaced by a new one {WHEN}\.",
    "replaced": r"A new access key ending in \w+ was made\. It replaces the key ending in (?P<key>\w+)\.",
    "will be switched off": rf"The access key ending in (?P<key>\w+) will be switched off {WHEN}\.",
    "switched off": r"The access key ending in (?P<key>\w+) was switched off\.",
    "will be deleted": rf"The access key ending in (?P<key>\w+), which is switched off, will be deleted {WHEN}\.",
    "deleted": r"The access key ending in (?P<key>\w+) was deleted\.",
}
ABOUT_A_USER = re.compile(r"User (?P<user>\S+) in .*? \((?P<account>\d{12})\) (?P<words>.*?)(?=User \S+ in |$)")


@dataclasses.dataclass(frozen=True)
class User:
    account: str
    name: str
    tag: str | None
    created: datetime.datetime  # its first key

    @property
    def owners(self):
        return {ACCOUNT_OWNER[self.account], self.tag or BESIDES[self.account]} - {None}


@dataclasses.dataclass(frozen=True)
class Said:
    """One notice as it stood in a mail."""

    recipient: str
    account: str
    user: str
    kind: str
    key: str = ""
    date: str = ""
    left: str = ""


@dataclasses.dataclass
class Run:
    """One day."""

    at: datetime.datetime
    fate: str  # done, missed or killed
    keys: dict = dataclasses.field(default_factory=dict)  # afterwards, by user
    records: dict = dataclasses.field(default_factory=dict)  # afterwards: the tag, by user
    mails: int = 0
    said: list[Said] = dataclasses.field(default_factory=list)
    calls: int = 0  # of SendEmail
    refusals: int = 0
    refused: set[str] = dataclasses.field(default_factory=set)  # recipients whose last mail was not taken
    killed_at: str = ""


@dataclasses.dataclass
class Notice:
    """What one recipient is to hear, once."""

    about: Said  # without date and days left
    first: int  # the run on whose day it was due
    by: int  # the first run since then that came to its end
    words: set[tuple[str, str]]  # date and days left as these runs would say it
    required: bool = True  # not so when the action itself was due before a run came to its end
    told: list[int] = dataclasses.field(default_factory=list)  # runs that delivered it
    newer: int | None = None  # the first run that delivered a later warning of the same instead


# ---- the days


def users(chance):
    """Keys of all ages, none made at an hour at which the runs are, so that each date falls between two runs."""
    ages = list(range(0, 2 * USERS, 2))
    chance.shuffle(ages)
    tags = {account: itertools.cycle(of_users) for account, of_users in USER_TAGS.items()}
    for number, (age, account) in enumerate(zip(ages, itertools.cycle(USER_TAGS))):
        hour = datetime.timedelta(minutes=chance.randint(150, 1290))
        yield User(account, f"user-{number:02}", next(tags[account]), START - (age + 1) * DAY + hour)


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def scenario(people):
    accounts = {
        SHOP: {"name": "shop", "email": ANNA},
        BILLING: {"name": "billing", "email": "nobody@example.org", "tags": {"owner": FAY}},
        LAB: {"name": "lab", "email": CARL, "contacts": {"SECURITY": SOC}},
    }
    for user in people:
        key = {"created": iso(user.created), "last_used": {"days_ago": 0}}
        tags = {"owner": user.tag} if user.tag else {}
        accounts[user.account].setdefault("users", []).append(
            {"name": user.name, "age_days": 400, "tags": tags, "keys": [key]}
        )
    return {"external_id": "ext-1", "accounts": [{"id": id, **account} for id, account in accounts.items()]}


def fate_of(day):
    if day > 0 and day % MISSED_EVERY == 0:
        return "missed"
    return "killed" if day > 0 and day % KILLED_EVERY == 0 else "done"


def every_fifth_mail_refused():
    """Each rule lets the mails pass that no rule before it struck: four more than the last one did."""
    passing = REFUSED_EVERY - 1
    return [
        {"action": "ses:SendEmail", "fault": fault, "skip": passing * number, "times": 1}
        for number, fault in zip(range(1, 400), itertools.cycle(REFUSALS))
    ]


class Days:
    """The sandbox and keyward from the first day to the last."""

    def __init__(self, sandbox, keyward, people, chance):
        self.sandbox, self.keyward, self.people, self.chance = sandbox, keyward, people, chance
        self.in_use = {}
        self.kills = 0

    def live(self):
        self.sandbox.faults(rules=every_fifth_mail_refused())
        days = [self.day(day, fate_of(day)) for day in range(DAYS)]
        # One day more, on which SES takes everything: what was refused on the last days is owed, not lost.
        self.sandbox.faults(rules=[])
        return [*days, self.day(DAYS, "done")]

    def day(self, day, fate):
        jitter = datetime.timedelta(minutes=self.chance.randint(-20, 20))
        run = Run(START + day * DAY + jitter, fate)
        self.sandbox.control("clock", {"set": iso(run.at)})
        if fate == "missed":
            return run
        self.sandbox.control("calls", method="DELETE")
        if fate == "killed":
            run.killed_at = self.killed_run()
        else:
            result = self.keyward("run")
            assert result.code in (0, 4), f"day {day}: exit {result.code}\n{result.stdout}\n{result.stderr}"
            assert result.summary["uncovered"] == []
            assert {outcome for _, _, outcome in result.outcomes()} <= {"done"}, result.outcomes()
        self.note(run)
        self.work(run)
        return run

    def killed_run(self):
        """Kills a run at one of its requests, which a rehearsal has counted. Every second time it is a mail."""
        aside = self.keyward.directory / "aside"
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(self.keyward.state_dir, aside)
        self.sandbox.snapshot()
        self.sandbox.gate(from_=0)
        self.keyward("run")
        requests = [request["action"] for request in self.sandbox.counted()]
        mails = [number for number, action in enumerate(requests, 1) if action == "ses:SendEmail"]
        self.kills += 1
        among = mails if mails and self.kills % 2 == 0 else range(1, len(requests) + 1)
        while True:
            self.sandbox.control("gate", method="DELETE")
            self.sandbox.restore()
            shutil.rmtree(self.keyward.state_dir)
            shutil.copytree(aside, self.keyward.state_dir)
            phase = self.chance.choice(["before", "after"])
            at = self.kill(self.chance.choice(among), phase)
            if at:
                return f"{phase} {at}"

    def kill(self, number, phase):
        """Nothing when the run came to its end before it sent so many requests: it waits a little more or less each time."""
        self.sandbox.gate(from_=number, phase=phase)
        process = self.keyward.start("run")
        held = wait_for_held(self.sandbox, process)
        process.kill()
        result = self.keyward.finish(process)
        self.sandbox.release(discard=True)
        self.sandbox.control("gate", method="DELETE")
        if not held:
            return ""
        assert result.code == -signal.SIGKILL
        return f"request {number}, {held[0]['action']}"

    def note(self, run):
        state = self.sandbox.state()
        for user in self.people:
            found = state["accounts"][user.account]["users"][user.name]
            run.keys[user] = {key["id"]: key for key in found["keys"]}
            run.records[user] = found["tags"].get("keyward:state", "")
        for call in self.sandbox.calls()["log"]:
            if call["action"] != "ses:SendEmail":
                continue
            recipient = call["target"].split()[-1]
            run.calls += 1
            taken = call["outcome"] == "ok" and not call.get("fault")
            run.refusals += not taken
            (run.refused.discard if taken else run.refused.add)(recipient)
        mails = self.sandbox.mail()
        self.sandbox.control("mail", method="DELETE")
        run.mails = len(mails)
        recipients = [recipient for mail in mails for recipient in mail["to"]]
        assert len(recipients) == len(set(recipients)) == len(mails), f"more than one mail to one recipient: {recipients}"
        run.said = [said for mail in mails for said in what_it_says(mail)]

    def work(self, run):
        """A user takes a new key three days after it was made."""
        for user in self.people:
            newest = max(run.keys[user].values(), key=lambda key: key["created"])
            if newest["id"] != self.in_use.get(user) and moment(newest["created"]) < run.at - 3 * DAY:
                self.sandbox.control("use", {"access_key_id": newest["id"]})
                self.in_use[user] = newest["id"]


def what_it_says(mail):
    (recipient,) = mail["to"]
    rows = list(ABOUT_A_USER.finditer(" ".join(mail["text"].split())))
    assert rows, f"a mail about nobody:\n{mail['text']}"
    for row in rows:
        about = recipient, row["account"], row["user"]
        said = [(kind, found) for kind, sentence in SENTENCES.items() if (found := re.search(sentence, row["words"]))]
        if len(said) != 1:
            yield Said(*about, row["words"])
            continue
        ((kind, found),) = said
        yield Said(*about, kind, **found.groupdict(""))


# ---- what is due


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Facts:
    """What happened to the keys, and when it had to."""

    def __init__(self, people, runs):
        self.runs = runs
        self.notices = []
        self.out_of_time = []  # changes on a wrong day, and changes that never came
        for user in people:
            initial = min(runs[0].keys[user].values(), key=lambda key: key["created"])
            self.follow(user, initial["id"], user.created, runs[0].at - DAY)

    def follow(self, user, key, created, known_since):
        """Known since: a stage that was crossed before is no news."""
        due = created + ROTATE_AFTER
        self.warnings(user, key, "will be replaced", due, known_since)
        happened, date, new = self.recorded(user, "rot", key)
        if not self.change(user, key, "replaced", due, happened):
            return
        self.follow(user, new, moment(self.runs[happened].keys[user][new]["created"]), date)
        due = max(date, due) + GRACE
        self.warnings(user, key, "will be switched off", due, date)
        happened, date, _ = self.recorded(user, "off", key)
        if not self.change(user, key, "switched off", due, happened):
            return
        due = date + GRACE
        self.warnings(user, key, "will be deleted", due, date)
        gone = (n for n, run in enumerate(self.runs) if n > happened and run.keys and key not in run.keys[user])
        self.change(user, key, "deleted", due, next(gone, None))

    def recorded(self, user, name, key):
        """The first run after which the record on the user says so, its date, and the key that replaces it."""
        entry = re.compile(rf" {name}=(?:(\w+)/)?{key}@(\w+)")
        for number, run in enumerate(self.runs):
            if found := entry.search(run.records.get(user, "")):
                date = datetime.datetime.strptime(found[2], "%Y%m%dT%H%M%SZ")
                return number, date.replace(tzinfo=datetime.timezone.utc), found[1]
        return None, None, None

    def run_from(self, number, *fates):
        return next((n for n in range(number, len(self.runs)) if self.runs[n].fate in fates), None)

    def run_on(self, date):
        """The first run that was begun when the date had come."""
        return next((n for n, run in enumerate(self.runs) if run.fate != "missed" and run.at >= date - EARLY), None)

    def change(self, user, key, kind, due, happened):
        """Notes that it happened, and that it did so in the first run that could; whether it did."""
        earliest = self.run_on(due)
        latest = None if earliest is None else self.run_from(earliest, "done")
        in_time = happened is None if earliest is None else happened is not None and earliest <= happened <= latest
        if not in_time:
            self.out_of_time.append(f"{user.name} {key[-4:]} {kind}: due {iso(due)}, happened on day {happened}")
        if happened is not None:
            self.add(user, key, kind, happened, {("", "")})
        return happened is not None

    def warnings(self, user, key, kind, due, known_since):
        """Stages that were crossed before the same run came to its end are one warning."""
        crossed = {}
        for stage in STAGES:
            date = due - stage * DAY
            first = self.run_on(date)
            if date - EARLY > known_since and first is not None and self.runs[first].at < due - EARLY:
                by = self.run_from(first, "done")
                crossed[by] = min(first, crossed.get(by, first))
        for by, first in crossed.items():
            ways = [run for run in self.runs[first : by + 1] if run.fate != "missed" and run.at < due - EARLY]
            words = {(f"{due:%Y-%m-%d}", in_days(math.ceil((due - EARLY - run.at) / DAY))) for run in ways}
            self.add(user, key, kind, first, words, self.runs[by].at < due - EARLY)

    def add(self, user, key, kind, first, words, required=True):
        by = self.run_from(first, "done")
        for owner in user.owners:
            about = Said(owner, user.account, user.name, kind, key[-4:])
            self.notices.append(Notice(about, first, by, words, required))


def in_days(left):
    return "tomorrow" if left == 1 else f"in {left} days"


# ---- what was delivered


class Life:
    """What was due beside what was delivered."""

    def __init__(self, people, runs):
        self.people, self.runs = people, runs
        facts = Facts(people, runs)
        self.notices, self.out_of_time = facts.notices, facts.out_of_time
        self.unexpected = []
        self.deliver()

    def deliver(self):
        named = {}
        for notice in self.notices:
            for date, left in notice.words:
                named[dataclasses.replace(notice.about, date=date, left=left)] = notice
        for number, run in enumerate(self.runs):
            for said in run.said:
                notice = named.get(said)
                if notice and number >= notice.first:
                    notice.told.append(number)
                else:
                    self.unexpected.append((number, said))
        for notice in self.notices:
            later = (n.told[0] for n in self.notices if n.about == notice.about and n.first > notice.first and n.told)
            notice.newer = min(later, default=None)

    def heard(self, notice):
        """The run that told it or something newer; None when it is lost."""
        runs = [*notice.told[:1], *([notice.newer] if notice.newer is not None else [])]
        return min(runs, default=None)

    def service_returned(self, notice):
        """The first run since it was due that came to its end and in which SES refused the recipient nothing in the end."""
        ends = range(notice.by, len(self.runs))
        return next(n for n in ends if self.runs[n].fate == "done" and notice.about.recipient not in self.runs[n].refused)

    def is_lost(self, notice):
        return notice.required and self.heard(notice) is None

    def is_late(self, notice):
        heard = self.heard(notice)
        return heard is not None and self.runs[heard].at > self.runs[self.service_returned(notice)].at + DAY

    # ---- the table

    COLUMNS = ("due", "once", "twice", "more", "newer", "late", "lost", "unexpected", "longest")

    def row(self, kind):
        of_kind = [n for n in self.notices if n.about.kind == kind]
        due = [n for n in of_kind if n.required or n.told]
        times = collections.Counter(len(n.told) for n in due)
        waits = [self.heard(n) - n.first for n in due if self.heard(n) is not None]
        return {
            "due": len(due),
            "once": times[1],
            "twice": times[2],
            "more": sum(count for told, count in times.items() if told > 2),
            "newer": sum(not n.told and n.newer is not None for n in due),
            "late": sum(map(self.is_late, due)),
            "lost": sum(map(self.is_lost, due)),
            "unexpected": sum(said.kind == kind for _, said in self.unexpected),
            "longest": max(waits, default=0),
        }

    def rows(self):
        rows = {kind: self.row(kind) for kind in SENTENCES}
        others = sum(said.kind not in SENTENCES for _, said in self.unexpected)
        rows["anything else"] = {**dict.fromkeys(self.COLUMNS, 0), "unexpected": others}
        total = {column: sum(row[column] for row in rows.values()) for column in self.COLUMNS}
        rows["together"] = {**total, "longest": max(row["longest"] for row in rows.values())}
        return rows

    def table(self):
        fates = collections.Counter(run.fate for run in self.runs)
        calls, refusals, mails = (sum(getattr(run, name) for run in self.runs) for name in ("calls", "refusals", "mails"))
        owners = set().union(*(user.owners for user in self.people))
        lines = [
            f"{len(self.people)} users, {len(owners)} owners, {len(USER_TAGS)} accounts, {DAYS} days and a last run: "
            f"{fates['missed']} days without a run, {fates['killed']} with a killed one.",
            f"SES was asked to send {calls} mails, refused {refusals} and took {mails}.",
            "",
            "The access key ...   " + "".join(f"{column:>11}" for column in self.COLUMNS),
        ]
        lines += [f"{kind:<21}" + "".join(f"{row[c]:>11}" for c in self.COLUMNS) for kind, row in self.rows().items()]
        return "\n".join(lines)

    def wrong(self):
        """All that must not be, in words."""
        told = [f"{n.about} due on day {n.first}, told on {n.told}" for n in self.notices if len(n.told) > 2]
        late = [f"late: {n}" for n in self.notices if self.is_late(n)]
        lost = [f"lost: {n}" for n in self.notices if self.is_lost(n)]
        unexpected = [f"unexpected on day {number}: {said}" for number, said in self.unexpected]
        return told + late + lost + unexpected + self.out_of_time


def live(folder, seed):
    chance = random.Random(seed)
    people = list(users(chance))
    with Sandbox("--seed", seed, "--propagation", "0ms", "--start", iso(START), scenario=scenario(people)) as sandbox:
        owners = pathlib.Path(folder) / "owners.csv"
        owners.write_text(f"account_id,email\n{BILLING},{BEN}\n")
        notify = {
            "channels": [{"type": "ses"}],
            "owner": ["user_tag", "account_tag", "alternate_contact"],
            "allowed_domains": ["example.org"],
            "recipients_file": str(owners),
        }
        keyward = Keyward(folder, sandbox.environment, notify=notify)
        return Life(people, Days(sandbox, keyward, people, chance).live())


SEED = int(os.environ.get("KEYWARD_SEED", random.SystemRandom().randrange(2**32)))


def main():
    with tempfile.TemporaryDirectory() as folder:
        life = live(folder, SEED)
    print(f"KEYWARD_SEED={SEED}", *(run.killed_at for run in life.runs if run.killed_at), sep="\n  killed ")
    print(life.table(), *life.wrong(), sep="\n")
    return 1 if life.wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
