"""The harness finds what it is there to find: defects of keyward as the sandbox can fake them, and worlds gone wrong."""

import json

import crash_matrix
import defects
import invariants
import pytest
import scenarios
from invariants import DOUBLED, LOST, UNNOTICED, UNSETTLED, World
from stage import Stage

ROTATION = scenarios.by_name("first-rotation")
A = scenarios.A

# Kills that only a rotation with intent tag and rollback survives: the key exists and its secret may be lost.
IN_THE_MIDDLE = ("iam:CreateAccessKey", "secretsmanager:PutSecretValue")


def points_in_the_middle(requests):
    return [
        crash_matrix.Point(ROTATION.name, disturbance, number)
        for number, request in enumerate(requests, 1)
        if request["action"] in IN_THE_MIDDLE
        for disturbance in crash_matrix.KILLS
    ]


@pytest.fixture(scope="module")
def prepared(pytestconfig):
    with Stage(ROTATION, pytestconfig.crash_seed) as stage:
        yield stage, *crash_matrix.expectation(stage)


@pytest.mark.parametrize(
    "defect, columns",
    [
        (defects.no_defect, set()),
        (defects.no_intent_tag, {LOST}),
        (defects.no_rollback, {LOST}),
        (defects.no_verification, {LOST}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_defect_of_the_rotation_is_caught(prepared, seed, defect, columns):
    stage, expected, requests = prepared
    points = points_in_the_middle(requests)
    assert len(points) == len(IN_THE_MIDDLE) * len(crash_matrix.KILLS)
    trials = [crash_matrix.run_trial(stage, expected, point, seed, defect) for point in points]
    assert all(trial.reached for trial in trials)
    found = {failure.column for trial in trials for failure in trial.failures}
    assert found >= columns
    assert bool(found) == bool(columns), crash_matrix.complaints(trials, seed)


def forget_mail(stage):
    stage.sandbox.control("mail", method="DELETE")


def delete_new_key(stage):
    new = stage.sandbox.state()["accounts"][A]["users"]["alice"]["keys"][1]
    stage.sandbox.edit("delete_key", access_key_id=new["id"])


def deactivate_old_key(stage):
    old = stage.sandbox.state()["accounts"][A]["users"]["alice"]["keys"][0]
    stage.sandbox.edit("set_key_status", access_key_id=old["id"], status="Inactive")


def exchange_new_key(stage):
    delete_new_key(stage)
    stage.sandbox.edit("create_key", account=A, user="alice", age_days=0)


def take_record_away(stage):
    stage.sandbox.edit("tag_user", account=A, user="alice", key=invariants.LEDGER)


@pytest.mark.parametrize(
    "damage, columns",
    [
        (None, set()),
        (forget_mail, {UNNOTICED}),
        (delete_new_key, {LOST, DOUBLED, UNSETTLED}),
        (deactivate_old_key, {LOST, UNSETTLED}),
        (exchange_new_key, {LOST, DOUBLED, UNSETTLED}),
        (take_record_away, {UNSETTLED}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_damage_done_after_an_undisturbed_run_is_caught(prepared, damage, columns):
    stage, expected, _ = prepared
    stage.restore()
    stage.run()
    promoted = list(World.of(stage.sandbox).promoted_ids())
    assert len(promoted) == 1
    if damage:
        damage(stage)
    failures = list(expected.recovered(World.of(stage.sandbox), promoted, [0]))
    assert {failure.column for failure in failures} == columns, failures


def test_mails_are_counted(prepared):
    stage, expected, _ = prepared
    stage.restore()
    stage.run()
    world = World.of(stage.sandbox)
    once = world.notices
    assert len(once) == 1
    for times, columns in ((1, set()), (2, set()), (3, {DOUBLED})):
        world.notices = once * times
        assert {failure.column for failure in expected.recovered(world, [], [0])} == columns


@pytest.mark.parametrize(
    "current, other, found",
    [("Active", "Active", 0), ("Inactive", "Active", 1), (None, "Active", 1), ("Inactive", "Inactive", 0)],
)
def test_a_current_key_that_does_not_work_beside_one_that_does_is_caught(current, other, found):
    ids = {"current": ("AKIACURRENTCURRENT23", current), "other": ("AKIAANOTHERANOTHER23", other)}
    keys = [{"id": id_, "secret": name, "status": status} for name, (id_, status) in ids.items() if status]
    versions = {
        name: {"text": json.dumps({"AccessKey": id_, "SecretKey": name}), "stages": [stage]}
        for (name, (id_, _)), stage in zip(ids.items(), ("AWSCURRENT", "AWSPREVIOUS"))
    }
    alice = {"keys": keys, "tags": {}}
    world = World({"accounts": {A: {"users": {"alice": alice}, "secrets": [{"name": "s", "versions": versions}]}}})
    expected = invariants.Expectation(world, world, 0)
    what = [failure.what for failure in expected.at_any_time(world, recovered=True)]
    assert len([one for one in what if "AWSCURRENT is AKIACURRENTCURRENT23" in one]) == found, what
