"""The situations in which keyward is disturbed: a world, how it came about, and the run that is due."""

import dataclasses
import typing

KILLS_AND_FAULTS, ALL_MATRICES, ORDERS = ("kills", "faults"), ("kills", "faults", "orders"), ("orders",)

A, B, C, D, E = "222222222222", "333333333333", "444444444444", "555555555555", "666666666666"


def account(number, *users):
    return {"id": number, "email": f"{number}@example.org", "users": list(users)}


def key(age, used=1):
    return {"age_days": age, "last_used": {"days_ago": used}}


def user(name, *keys):
    return {"name": name, "age_days": 400, "keys": list(keys)}


def nothing(stage):
    """The world is ready as it is; a first run would already act."""


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    accounts: list
    prepare: typing.Callable = nothing
    command: tuple = ("run",)
    configuration: dict = dataclasses.field(default_factory=dict)
    # A person whose command died gives it once more; the daily job does the rest.
    repeat_command: bool = False
    # The key in use is known to strangers: it is switched off before there is another one.
    interrupts_use: bool = False
    matrices: tuple = KILLS_AND_FAULTS
    # A run died in it and so long ago, one of these. Then two hosts come at once: two runs, or `recover` and a run.
    interrupted: tuple = ()


def one_user(*keys):
    return [account(A, user("alice", *keys))]


def a_day_before(stage):
    """keyward knows the organization already, and nothing was due."""
    stage.run()
    stage.advance("1d")


def rotated_ten_days_ago(stage):
    stage.run()
    stage.advance("10d")


def deactivated_ten_days_ago(stage):
    rotated_ten_days_ago(stage)
    stage.run()
    stage.advance("10d")


def a_whole_cycle_ago(stage):
    deactivated_ten_days_ago(stage)
    stage.run()
    stage.use(A, "alice")
    stage.advance("70d")
    stage.use(A, "alice")


def killed_before(prepare, *actions):
    """A rotation that died when it sent the last of these requests. Only the host it died on has heard of it."""

    def prepared(stage):
        prepare(stage)
        stage.share_state()
        stage.kill_before(*actions)

    return prepared


def many_things_due(stage):
    """On three days each account is worked on; on the last of them everything is due at once."""
    for _ in range(2):
        stage.run()
        stage.advance("10d")


# Due 20 days later: aged-90 is deleted, aged-80 and the older of the pair deactivated, aged-70 rotated, aged-56 warned.
CROWD = [
    account(
        number,
        user("aged-90", key(90)),
        user("aged-80", key(80)),
        user("aged-70", key(70)),
        user("pair", key(80), key(60)) if number in (A, B) else user("aged-56", key(56)),
    )
    for number in (A, B, C, D, E)
]

CENTRAL = {
    "store": {
        "target": "central",
        "kms_key_id": "alias/keyward",
        "replica_regions": ["eu-central-1", "eu-west-1"],
    }
}

SCENARIOS = [
    Scenario("first-rotation", one_user(key(89)), a_day_before, matrices=ALL_MATRICES),
    Scenario("second-rotation", one_user(key(90)), a_whole_cycle_ago, matrices=ALL_MATRICES),
    Scenario("deactivation", one_user(key(90)), rotated_ten_days_ago, matrices=ALL_MATRICES),
    Scenario("deletion", one_user(key(90)), deactivated_ten_days_ago, matrices=ALL_MATRICES),
    Scenario("conflict-announced", one_user(key(120, used=5), key(100))),
    Scenario(
        "conflict-deactivated",
        one_user(key(120, used=5), key(100)),
        rotated_ten_days_ago,
        matrices=ALL_MATRICES,
    ),
    Scenario(
        "conflict-delete-lru",
        one_user(key(120, used=5), key(100)),
        configuration={"policy": {"conflict": "delete_lru"}},
    ),
    Scenario(
        "forced-rotation",
        one_user(key(5)),
        a_day_before,
        command=("rotate", "--account", A, "--user", "alice", "--reason", "laptop lost"),
        repeat_command=True,
    ),
    Scenario(
        "compromised",
        one_user({"id": "AKIACOMPROMISEDKEY23", **key(5)}),
        a_day_before,
        command=(
            *("rotate", "--account", A, "--user", "alice", "--reason", "found in a public repository"),
            *("--compromised", "AKIACOMPROMISEDKEY23"),
        ),
        repeat_command=True,
        interrupts_use=True,
    ),
    Scenario("central-store-with-replicas", one_user(key(89)), a_day_before, configuration=CENTRAL),
    Scenario("twenty-users", CROWD, many_things_due),
]

# Where a rotation died, by the request it sent last. In a user's first rotation the label need not be moved.
DEATHS = {
    "key-made": ("secretsmanager:PutSecretValue",),
    "key-stored": ("secretsmanager:PutSecretValue", "sts:GetCallerIdentity"),
    "key-proved": ("secretsmanager:UpdateSecretVersionStage",),
    "not-recorded": ("secretsmanager:UpdateSecretVersionStage", "iam:TagUser"),
}

# Long enough that an intent of another host counts as abandoned (docs/rotation.md).
LATER = ("16m", "1d")

SCENARIOS += [
    Scenario(
        f"{rotation}-{death}",
        one_user(key(age)),
        killed_before(prepare, *actions),
        matrices=ORDERS,
        interrupted=LATER,
    )
    for rotation, age, prepare in (("first", 89, a_day_before), ("second", 90, a_whole_cycle_ago))
    for death, actions in DEATHS.items()
]


def by_name(name):
    for scenario in SCENARIOS:
        if scenario.name == name:
            return scenario
    raise SystemExit(f"no scenario {name}; known: {', '.join(one.name for one in SCENARIOS)}")
