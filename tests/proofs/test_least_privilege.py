"""Least privilege, proved both ways: the printed policies are enough, and nothing in them is too much or too wide.

Every action, every resource and every value of a condition is taken away, one at a time: something then fails. Every
condition, every limit of the resources and every Deny is taken away, one at a time: something then is allowed that was refused.
Nothing is wider than what was looked at (least_privilege_width.py), and calls just beside what is allowed are refused.
Each trial is one thing changed in one policy of one set-up (least_privilege_stage.py). Without --full a few are chosen."""

import collections
import concurrent.futures
import copy
import dataclasses
import itertools
import json
import multiprocessing
import random
import types

import pytest

from least_privilege_changes import Change, Probes, narrowed, opened, reason_against, refused, widened
from least_privilege_rotation import ACTS, MODE, RotationStage, Seen
from least_privilege_stage import SETUPS, Stage
from least_privilege_width import a_little_wider, printed, too_wide
from policies import as_list

WORKERS = 2
SELECTED = 4  # of each set-up that is chosen


@dataclasses.dataclass
class Proof:
    """What became of the changes of one set-up."""

    setup: str
    tried: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    runs: int = 0
    uncaught: list = dataclasses.field(default_factory=list)
    left_out: dict = dataclasses.field(default_factory=dict)

    def count(self, change, caught, how):
        self.tried[change.kind] += 1
        if not caught:
            self.uncaught.append(f"{self.setup}: {change}: {how}")


def changes_of(stage):
    for mode, document in stage.policies.items():
        yield from narrowed(mode, document)
        yield from widened(mode, document)
    if stage.setup.trusts:
        for mode, document in stage.trusts.items():
            yield from narrowed(mode, document, trust=True)
            yield from widened(mode, document, trust=True)


class Baselines(dict):
    """What acts show under the printed rights: everything is done and nothing refused."""

    def __init__(self, stage, proof):
        self.stage, self.proof = stage, proof

    def __missing__(self, act):
        seen = self[act] = self.stage.perform(act)
        self.proof.runs += 1
        assert seen.code == 0, f"{self.proof.setup}: {act.name}: exit {seen.code}\n{seen.words}"
        unexpected = [name for name in seen.refusals() if not name.startswith("iam:GenerateCredentialReport")]
        assert unexpected == [], f"{self.proof.setup}: {act.name}: {unexpected}"
        return seen


def hold(stage, change):
    (stage.hold_trust if change.trust else stage.hold)(change.mode, change.document)


def try_narrowed(stage, change, seen, proof):
    """Something fails, and because AWS refuses it: not because of a slow machine or a lost post."""
    acts = sorted(stage.setup.acts, key=lambda act: not any(part in change.what for part in act.shows))
    missed = {}
    for act in acts:
        proof.runs += 1
        now = stage.perform(act, lambda: hold(stage, change))
        if now.missed(seen[act]):
            if now.refused_beside(seen[act]):
                return proof.count(change, True, "")
            missed[act.name] = now.missed(seen[act])
    return proof.count(change, False, f"without it {missed} differ, and nothing is refused" if missed else "nothing fails without it")


def try_widened(stage, change, proof):
    stage.restore()
    allowed_before = not refused(Probes(stage, change.mode).of(change))
    stage.restore()
    hold(stage, change)
    allowed_after = not refused(Probes(stage, change.mode).of(change))
    how = "what it is to refuse is allowed with it" if allowed_before else "nothing more is allowed without it"
    proof.count(change, allowed_after and not allowed_before, how)


def near_of(stage):
    stage.restore()
    for mode, document in stage.policies.items():
        if mode != MODE:
            there = {one["Sid"] for one in document["Statement"]}
            yield from ((mode, sid, what) for sid, what in Probes(stage, mode).near() if sid in there)


def try_near(stage, mode, sid, what, proof):
    """What lies just beside a right is refused; with the statement opened it would not be."""
    document, allowed = stage.policies[mode], []
    for held in (document, opened(document, sid)):
        stage.restore()
        stage.hold(mode, held)
        allowed.append(not refused(Probes(stage, mode).near()[sid, what]))
    proof.tried["near"] += 1
    if allowed != [False, True]:
        proof.uncaught.append(f"{proof.setup}: {mode}: {sid}: {what}: {'allowed' if allowed[0] else 'refused even if all is allowed'}")


def prove(name, folder, choose):
    """Tries the chosen changes of one set-up."""
    proof = Proof(name)
    # A process of its own: botocore has one clock.
    with STAGES[name](folder) as stage, stage.sandbox.signing_with_its_clock():
        left = []
        for change in changes_of(stage):
            reason = reason_against(change)
            if reason:
                proof.left_out[f"{change.kind} {change.sid} {change.what}"] = reason
            else:
                left.append(change)
        seen = Baselines(stage, proof)
        for change in choose(left):
            if change.kind in ("condition", "limit", "deny"):
                try_widened(stage, change, proof)
            else:
                try_narrowed(stage, change, seen, proof)
        for call in choose(list(near_of(stage))):
            try_near(stage, *call, proof)
    return proof


STAGES = {setup.name: (lambda folder, setup=setup: Stage(setup, folder)) for setup in SETUPS}
STAGES["secret rotation"] = RotationStage


def table(proofs):
    kinds = {"action": "actions removed", "resource": "resources removed", "value": "values of conditions changed",
             "condition": "conditions removed", "limit": "limits of resources removed", "deny": "Denies removed",
             "near": "calls just beside what is allowed"}  # fmt: skip
    tried = sum((proof.tried for proof in proofs), collections.Counter())
    lines = [f"{tried[kind]:5} {words}" for kind, words in kinds.items()]
    lines.append(f"{tried.total() - sum(len(proof.uncaught) for proof in proofs):5} of {tried.total()} noticed, in {sum(proof.runs for proof in proofs)} runs of keyward")
    for reason, count in collections.Counter(itertools.chain.from_iterable(proof.left_out.values() for proof in proofs)).items():
        lines.append(f"{count:5} left out: {reason}")
    return "\n".join(lines)


@dataclasses.dataclass(frozen=True)
class Part:
    """Every WORKERS-th, so that two work on one set-up."""

    number: int

    def __call__(self, changes):
        return changes[self.number :: WORKERS]


@dataclasses.dataclass(frozen=True)
class Sample:
    seed: float

    def __call__(self, changes):
        return random.Random(self.seed).sample(changes, min(SELECTED, len(changes)))


def prove_all(jobs):
    """(name, folder, choose) each in a process, WORKERS at once."""
    with concurrent.futures.ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("fork")) as pool:
        return [job.result() for job in [pool.submit(prove, *job) for job in jobs]]


@pytest.mark.full
def test_nothing_in_a_printed_policy_is_too_much(tmp_path, show):
    proofs = prove_all([(name, tmp_path / f"{name}-{number}", Part(number)) for name in STAGES for number in range(WORKERS)])
    for proof in proofs[1::WORKERS]:
        proof.left_out.clear()  # the same as of the first half
    show(table(proofs))
    assert [line for proof in proofs for line in proof.uncaught] == []


def test_something_fails_for_each_of_a_few_changes(tmp_path, show, chance):
    names = chance.sample(sorted(STAGES), 2)
    proofs = prove_all([(name, tmp_path / name, Sample(chance.random())) for name in names])
    for proof in proofs:
        proof.left_out.clear()
    show(f"{', '.join(names)}\n{table(proofs)}")
    assert [line for proof in proofs for line in proof.uncaught] == []


@pytest.mark.full
def test_a_right_too_much_would_be_noticed(tmp_path):
    """Somebody adds an action that keyward does not need."""
    proof = Proof("a right too much")
    with Stage(SETUPS[-1], tmp_path / "stage") as stage:
        document = copy.deepcopy(stage.policies["rotate"])
        next(one for one in document["Statement"] if one["Sid"] == "ReadUsers")["Action"].append("iam:GetUser")
        (change,) = [change for change in narrowed("rotate", document) if change.what == "iam:GetUser"]
        try_narrowed(stage, change, Baselines(stage, proof), proof)
    assert len(proof.uncaught) == 1 and "iam:GetUser: nothing fails without it" in proof.uncaught[0]


@pytest.mark.parametrize("counts, uncaught", [({"iam:TagUser AccessDenied": 2}, 0), ({"iam:TagUser AccessDenied": 1}, 1), ({"sts:AssumeRole Throttling": 9}, 1)])
def test_what_fails_without_a_refusal_is_not_noticed(counts, uncaught):
    """A timeout, or a post that was lost: the same would come of a right that is needed for nothing."""
    proof, change = Proof("chance"), Change("rotate", "KeepRecordOnUsers", "action", "iam:TagUser", {})
    before, after = Seen(0, "", {"iam:TagUser AccessDenied": 1}, {"mail": 1}), Seen(0, "", counts, {"mail": 0})
    stage = types.SimpleNamespace(setup=types.SimpleNamespace(acts=ACTS[:1]), perform=lambda act, change: after)
    try_narrowed(stage, change, {ACTS[0]: before}, proof)
    assert len(proof.uncaught) == uncaught


@pytest.mark.full
def test_calls_just_beside_see_what_is_a_little_too_wide(tmp_path):
    with Stage(SETUPS[-1], tmp_path / "stage") as stage, stage.sandbox.signing_with_its_clock():
        policies = stage.policies
        names = ("any secret with our first letters", "secrets named after other accounts", "tags that begin alike", "roles that begin alike")
        for name in names:
            proof = Proof(name)
            stage.policies = json.loads(WIDER[name](json.dumps(policies)))
            for call in near_of(stage):
                try_near(stage, *call, proof)
            assert any(line.endswith(": allowed") for line in proof.uncaught), name


# ---- how wide a right may be


@pytest.fixture(scope="module")
def policies(tmp_path_factory):
    return printed(tmp_path_factory.mktemp("printed"))


def test_no_printed_right_is_wider_than_what_was_looked_at(policies, show):
    assert too_wide(policies) == []
    statements = [statement for _, _, _, document, _ in policies for statement in document["Statement"] if statement["Effect"] == "Allow"]
    rights = sum(len(as_list(one["Action"])) * len(as_list(one.get("Resource", "-"))) for one in statements)
    show(f"{len(policies)} policies, {rights} pairs of action and resource: none wider than what least_privilege_width.py has")


def test_every_right_that_is_a_little_wider_is_seen(policies, show):
    """Each action, resource and condition of each policy in turn: a prefix of it, another region or account, another type."""
    count, unseen = 0, []
    for setup, mode, trust, document, reviewed in policies:
        for what, wider in a_little_wider(document):
            count += 1
            if not too_wide([(setup, mode, trust, wider, reviewed)]):
                unseen.append(f"{setup}: {mode}{' trust' if trust else ''}: {what}")
    assert unseen == []
    show(f"{count} policies in which one thing is a little wider: {count} seen")


def replaced(*pairs):
    def change(text):
        for old, new in pairs:
            text = text.replace(old, new)
        return text

    return change


# What the program could print by mistake, in all its policies.
WIDER = {
    "any secret with our first letters": replaced(("secret:Account_${aws:PrincipalAccount}_User_*_AccessKey", "secret:Acc*")),
    "secrets named after other accounts": replaced(("${aws:PrincipalAccount}", "*")),
    "wildcards in actions": replaced(*((f'"iam:{verb}AccessKey"', f'"iam:{verb}*"') for verb in ("Create", "Update", "Delete"))),
    "everything of IAM": replaced(("arn:aws:iam::*:user/*", "arn:aws:iam::*:*")),
    "tags that begin alike": replaced(("ForAllValues:StringEquals", "ForAllValues:StringLike"), ('"keyward:state"', '"k*"')),
    "roles that begin alike": replaced((":role/keyward-rotate", ":role/keyward-rot*")),
    "any account": replaced(("111111111111", "*")),
    "any region": replaced(("us-east-1", "*")),
    "longer names of secrets": replaced(("AccessKey-??????", "AccessKey-*")),
    "any organization": replaced(("o-exampleorgid", "*")),
}


@pytest.mark.parametrize("name", WIDER)
def test_the_program_printing_it_wider_would_be_seen(policies, name):
    """In every policy in which it changes anything."""
    change = WIDER[name]
    wider = [(*place, json.loads(change(json.dumps(document))), reviewed) for *place, document, reviewed in policies]
    changed = [other for one, other in zip(policies, wider, strict=True) if one[3] != other[3]]
    assert changed
    assert [one[:3] for one in changed if not too_wide([one])] == []
