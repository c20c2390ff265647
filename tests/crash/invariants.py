"""What must hold after a disturbance, looked up in the sandbox: keys, secrets and mail, never keyward's own records."""

import collections
import dataclasses
import json
import re

LEDGER = "keyward:state"

# The columns of the table; crash_matrix.py says what each of them means.
LOST, ORPHANED, DOUBLED, UNNOTICED, UNSETTLED = "lost", "orphaned", "doubled", "unnoticed", "unsettled"
COLUMNS = (LOST, ORPHANED, DOUBLED, UNNOTICED, UNSETTLED)


@dataclasses.dataclass(frozen=True)
class Failure:
    column: str
    what: str

    def __str__(self):
        return f"{self.column}: {self.what}"


@dataclasses.dataclass(frozen=True)
class Notice:
    """One matter of one mail: what happened to a key of a user."""

    account: str
    user: str
    what: str  # without dates and without the new key
    old: str  # last four characters of the key it is about
    new: str  # of the key that replaces it, or ""

    @property
    def matter(self):
        return (self.account, self.user, self.what, self.old)

    @property
    def kind(self):
        """The action that was carried out; nothing for warnings and failures."""
        for kind, words in (("rotate", " was made."), ("deactivate", " was switched off."), ("delete", " was deleted.")):
            if words in self.what:
                return kind
        return ""


def notices_in(mails):
    """The matters of all mails, read as a person reads them."""
    notices = []
    for mail in mails:
        # "User alice in shop (222222222222)", a blank line, and the sentence that says what happened.
        text = mail["text"].replace("\r\n", "\n")
        matters = re.findall(r"^User (.*) in .* \((\d{12})\)\n\n  (.*)$", text, re.MULTILINE)
        assert matters, f"a mail tells of nothing that can be read:\n{text}"
        for user, account, what in matters:
            what = re.sub(r"^As of \d{4}-\d\d-\d\d: ", "", what)  # told late, and the same all the same
            endings = re.findall(r"ending in (\w{4})", what)
            made = re.search(r"A new access key ending in (\w{4}) was made", what)
            what = re.sub(r"A new access key ending in \w{4}", "A new key", what)
            what = re.sub(r"\d{4}-\d\d-\d\d( \([^)]*\))?", "DATE", what)
            notices.append(Notice(account, user, what, endings[-1] if endings else "", made[1] if made else ""))
    return notices


def is_unfinished(secret):
    """Whether a version is stored and not handed over. AWSPENDING stays on the version that AWSCURRENT was moved to; together on
    the first version of a secret, which has both from the start, they mean that it was not handed over."""
    labels = {stage: version for version, known in secret["versions"].items() for stage in known["stages"]}
    if "AWSPENDING" not in labels:
        return False
    return labels["AWSPENDING"] != labels.get("AWSCURRENT") or "AWSPREVIOUS" not in labels


class World:
    """The durable state of the sandbox, arranged for looking things up."""

    def __init__(self, state, spreading=(), mails=()):
        self.users = {}
        self.secrets = []
        self.labels = {}  # secret access key -> labels of the versions that hold it; a version without labels counts
        self.spreading = set(spreading)
        self.notices = notices_in(mails)
        for number, account in state["accounts"].items():
            for name, user in account["users"].items():
                self.users[number, name] = user
            for secret in account["secrets"]:
                self.secrets.append((number, secret))
                for version in secret["versions"].values():
                    self._add(version)

    @classmethod
    def of(cls, sandbox):
        return cls(sandbox.state(), sandbox.control("volatile")["spreading"], sandbox.mail())

    def _add(self, version):
        try:
            text = json.loads(version.get("text") or "")
        except ValueError:
            return
        for value in text.values():
            self.labels.setdefault(value, set()).update(version["stages"])

    def keys(self, who):
        return {key["id"]: key for key in self.users[who]["keys"]}

    def is_stored(self, key):
        return key["secret"] in self.labels

    def is_current(self, key):
        return "AWSCURRENT" in self.labels.get(key["secret"], ())

    def current_ids(self):
        """Ids of keys that stand as AWSCURRENT in a secret, with the secret's name."""
        for _, secret in self.secrets:
            for version in secret["versions"].values():
                if "AWSCURRENT" in version["stages"] and version.get("text"):
                    for value in json.loads(version["text"]).values():
                        if re.fullmatch(r"AKIA[A-Z2-7]{16}", value):
                            yield secret, version, value

    def promoted_ids(self):
        """Keys that were proved and handed over: AWSCURRENT and not AWSPENDING, or another version was current before.
        AWS gives AWSCURRENT to the first version of a secret whatever label is asked for."""
        existing = {key for who in self.users for key in self.keys(who)}
        for secret, version, key in self.current_ids():
            if key not in existing:
                continue
            if "AWSPENDING" not in version["stages"] or not is_unfinished(secret):
                yield key

    def dead_ends(self):
        """Secrets whose AWSCURRENT does not exist or is inactive, with the user's active keys that the secret holds too."""
        active = {id_: (who, key) for who in self.users for id_, key in self.keys(who).items() if key["status"] == "Active"}
        for secret, _, current in self.current_ids():
            if current in active:
                continue
            others = [(who, key) for who, key in active.values() if key["secret"] in self.secrets_in(secret)]
            if others:
                yield secret, current, others

    @staticmethod
    def secrets_in(secret):
        texts = [json.loads(version["text"]) for version in secret["versions"].values() if version.get("text")]
        return {value for text in texts for value in text.values()}

    def intent_tells_of(self, who, key):
        """A rotation is recorded as begun, and the key is none of those that existed before it."""
        intent = re.search(r"\bintf?=(\S+)", self.users[who]["tags"].get(LEDGER, ""))
        return bool(intent) and key["id"] not in intent[1]

    def normalised(self, before):
        """All that must be as after an undisturbed run, with keys named by their order and without dates."""
        names = {}
        for who in self.users:
            for i, known in enumerate(before.keys(who)):
                names[known] = f"old{i}"
            for i, made in enumerate(key for key in self.keys(who) if key not in before.keys(who)):
                names[made] = f"new{i}"
        texts = {key["secret"]: names[id_] for who in self.users for id_, key in self.keys(who).items()}
        facts = {}
        for who, user in self.users.items():
            facts[*who, "keys"] = sorted(f"{names[id_]} {key['status']}" for id_, key in self.keys(who).items())
            facts[*who, "record"] = sorted(self._without_dates(user["tags"].get(LEDGER, ""), names).split())
        for number, secret in self.secrets:
            current = {
                texts.get(value, "?")
                for version in secret["versions"].values()
                if "AWSCURRENT" in version["stages"] and version.get("text")
                for field, value in json.loads(version["text"]).items()
                if not re.fullmatch(r"AKIA[A-Z2-7]{16}", value)
            }
            place = (number, secret["region"], secret["name"])
            facts[*place, "current"] = sorted(current)
            facts[*place, "policy"] = json.dumps(secret.get("policy"), sort_keys=True)
            facts[*place, "replicas"] = sorted(secret["replicas"])
        return facts

    @staticmethod
    def _without_dates(record, names):
        record = re.sub(r"@\d{8}T\d{6}Z", "@", record)
        return re.sub(r"AKIA[A-Z2-7]{16}", lambda match: names.get(match[0], "gone"), record)


@dataclasses.dataclass
class Expectation:
    """The world before the disturbance, and what an undisturbed run makes of it."""

    before: World
    after: World
    code: int
    interrupts_use: bool = False

    def _known(self, who):
        """The keys that the owner had before. What a rotation made that is not finished is not among them."""
        return {id_: key for id_, key in self.before.keys(who).items() if not self.before.intent_tells_of(who, key)}

    def _fate(self, world, who, key):
        """gone < Inactive < Active."""
        now = world.keys(who).get(key)
        return ("gone", "Inactive", "Active").index(now["status"] if now else "gone")

    def at_any_time(self, world, recovered):
        """What holds directly after a kill as well as in the end."""
        when = "in the end" if recovered else "at once"
        for who in self.before.users:
            known = self._known(who)
            keys = world.keys(who)
            for id_, key in keys.items():
                if id_ in known or world.is_stored(key) or (not recovered and world.intent_tells_of(who, key)):
                    continue
                yield Failure(LOST, f"{when} {who}: nobody has the secret of the new key {id_}, and no record tells of it")
            for id_ in known:
                least = self._fate(self.after, who, id_)
                if self._fate(world, who, id_) < least:
                    yield Failure(LOST, f"{when} {who}: the key {id_} is switched off or gone; undisturbed it is not")
            works = [
                key
                for id_, key in keys.items()
                if key["status"] == "Active"
                and id_ not in world.spreading
                and (id_ in known or world.is_current(key))
            ]
            had_one = any(key["status"] == "Active" for key in known.values())
            if had_one and not works and (recovered or not self.interrupts_use):
                yield Failure(LOST, f"{when} {who}: no working key is left that the owner can know")
        for secret, current, others in world.dead_ends():
            unexplained = [key["id"] for who, key in others if recovered or not world.intent_tells_of(who, key)]
            if unexplained:
                yield Failure(LOST, f"{when} {secret['name']}: AWSCURRENT is {current}, which does not work, and {unexplained} do")

    def recovered(self, world, promoted, codes, disturbances=1):
        """What holds when keyward has been run until nothing changed any more. `promoted`: the keys that were handed
        over already when it was disturbed. Each disturbance may cost one mail more than needed."""
        yield from self.at_any_time(world, recovered=True)
        existing = {id_ for who in world.users for id_ in world.keys(who)}
        for who in self.before.users:
            known = self._known(who)
            made = {id_: key for id_, key in world.keys(who).items() if id_ not in known}
            wanted = [id_ for id_ in self.after.keys(who) if id_ not in known]
            for id_, key in made.items():
                if world.is_stored(key) and not world.is_current(key):
                    yield Failure(ORPHANED, f"{who}: the new key {id_} is stored and not current")
                if id_ in world.spreading:
                    yield Failure(LOST, f"{who}: the new key {id_} does not work")
            if len(made) > len(wanted):
                yield Failure(ORPHANED, f"{who}: {len(made)} new keys instead of {len(wanted)}")
        for secret, _, id_ in world.current_ids():
            if id_ not in existing:
                yield Failure(LOST, f"{secret['name']}: AWSCURRENT is the key {id_}, which does not exist")
        for _, secret in world.secrets:
            if is_unfinished(secret):
                yield Failure(ORPHANED, f"{secret['name']}: a version is still AWSPENDING")
        for id_ in promoted:
            if id_ not in existing:
                yield Failure(DOUBLED, f"the key {id_} had been handed over; it was replaced in the same cycle")
        yield from self._notices(world, disturbances)
        yield from self._differences(world)
        if codes[-1] != self.code:
            yield Failure(UNSETTLED, f"the last run ended with {codes[-1]}, undisturbed with {self.code}: {codes}")

    def _notices(self, world, disturbances):
        needed = collections.Counter(notice.matter for notice in self.after.notices)
        sent = collections.Counter(notice.matter for notice in world.notices)
        for matter, times in needed.items():
            if sent[matter] == 0:
                yield Failure(UNNOTICED, f"no mail says: {matter}")
            if sent[matter] > times + disturbances:
                yield Failure(DOUBLED, f"{sent[matter]} mails instead of {times} say: {matter}")
        for notice in set(world.notices):
            if notice.kind and notice.matter not in needed:
                yield Failure(DOUBLED, f"a mail tells of an action that was not due: {notice.matter}")
        told = collections.defaultdict(set)
        for notice in world.notices:
            if notice.kind == "rotate":
                told[notice.account, notice.user].add(notice.new)
        for who, endings in told.items():
            wanted = {notice.new for notice in self.after.notices if (notice.account, notice.user) == who and notice.new}
            if len(endings) > max(1, len(wanted)):
                yield Failure(DOUBLED, f"{who}: was told of the new keys {sorted(endings)}")

    def _differences(self, world):
        is_, should = world.normalised(self.before), self.after.normalised(self.before)
        for name in sorted({*is_, *should}):
            if is_.get(name) != should.get(name):
                yield Failure(UNSETTLED, f"{' '.join(name)}: {is_.get(name)}; undisturbed {should.get(name)}")
