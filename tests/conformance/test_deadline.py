"""limits.deadline ends a run in good order, and the next run goes on where it stopped."""

import json

from keyward_process import Keyward
from organizations import account, assert_rotated, keys, organization, overdue

NUMBERS = [f"{i:012}" for i in range(200000000000, 200000000006)]


def walked(result):
    """Accounts in the order in which they were done, and whether all of their users were."""
    return [(event["account"], event["outcome"]) for event in result.events if event["event"] == "account"]


def test_what_a_deadline_left_is_named_and_comes_first_in_the_next_run(tmp_path):
    world = [account(number, *[overdue(f"user{i}") for i in range(3)]) for number in NUMBERS]
    with organization(*world, options=("--latency", "15ms..25ms")) as sandbox:
        limits = {"deadline": "1s", "accounts_in_flight": 1}
        keyward = Keyward(tmp_path, sandbox.environment, limits=limits)
        last_begun, waiting, reasons = dict.fromkeys(NUMBERS, -1), list(NUMBERS), set()
        for turn in range(40):
            result = keyward("run")
            named = {one["account"]: one["reason"] for one in result.summary["uncovered"]}
            order = walked(result)
            done = [number for number, outcome in order if outcome == "covered"]
            # Nobody is forgotten, and those who wait longest come first: who was begun stands at the end, also when cut short.
            assert sorted([*done, *named]) == NUMBERS
            begun = [number for number, _ in order]
            turns = [last_begun[number] for number in begun]
            assert turns == sorted(last_begun.values())[: len(begun)], (begun, last_begun)
            last_begun.update(dict.fromkeys(begun, turn))
            sandbox.advance("1m")  # times are kept in seconds: of two runs within one, nobody could say which was first
            reasons.update(named.values())
            assert result.code == (4 if named else 0), result.stderr
            if named:
                assert result.stdout.startswith(f"NOT COVERED: {len(named)} of {len(NUMBERS)} accounts.")
            waiting = [number for number in waiting if number not in done]
            if not waiting:
                break
        else:
            raise AssertionError(f"never covered: {waiting}")
        assert "not begun: limits.deadline had passed" in reasons
        assert all("limits.deadline" in reason for reason in reasons), reasons
        # What was begun was finished: nobody was rotated twice, and every rotation is complete.
        state = sandbox.state()
        for number in NUMBERS:
            for name in state["accounts"][number]["users"]:
                assert_rotated(state, number, name)


def test_an_account_that_always_fails_does_not_stand_in_front_of_the_others(tmp_path):
    world = [account(number, overdue("user")) for number in NUMBERS]
    with organization(*world) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True, limits={"accounts_in_flight": 1})
        sandbox.edit("delete_role", account=NUMBERS[3], role="keyward-rotate")
        keyward("run").expect(4)
        assert walked(keyward("run").expect(4)) == [
            (number, "failed" if number == NUMBERS[3] else "covered") for number in NUMBERS
        ]
        # Safe to lose: then they go by their ids.
        memory = json.loads((keyward.state_dir / "memory.json").read_text())
        assert set(memory["dry_run"]["visited"]) == set(NUMBERS)
        assert NUMBERS[3] not in memory["dry_run"]["audited"]
        assert keys(sandbox.state(), NUMBERS[0], "user")


def test_nobody_waits_for_a_credential_report_beyond_the_deadline(tmp_path):
    with organization(account(NUMBERS[0], overdue("user"))) as sandbox:
        sandbox.edit("set_quirks", quirks={"report_duration": "2h"})
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True, limits={"deadline": "1s"})
        # Else it would be waited for two minutes, longer than keyward_process lets a run take.
        result = keyward("run").expect(4)
        assert [one["account"] for one in result.summary["uncovered"]] == [NUMBERS[0]]


def test_an_account_too_large_for_the_deadline_does_not_stand_before_the_others_for_ever(tmp_path):
    large = account(NUMBERS[0], *[overdue(f"user{i}") for i in range(60)])
    with organization(large, *[account(number, overdue("user")) for number in NUMBERS[1:4]], options=("--latency", "100ms..100ms")) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True, limits={"deadline": "1s", "accounts_in_flight": 1})
        begun = set()
        for _ in range(8):
            begun |= {number for number, _ in walked(keyward("run"))}
        assert begun == set(NUMBERS[:4])


def test_who_waits_longest_comes_first_also_when_the_accounts_are_dry_by_configuration(tmp_path):
    world = [account(number, overdue("user")) for number in NUMBERS]
    with organization(*world, options=("--latency", "40ms..40ms")) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, dry_run=True, limits={"accounts_in_flight": 1})
        keyward("run").expect(0)
        sandbox.advance("1m")
        keyward.configure(limits={"deadline": "1s"})
        begun = [number for number, _ in walked(keyward("run").expect(4))]
        sandbox.advance("1m")
        assert 0 < len(begun) < len(NUMBERS)
        # Divided otherwise, and asked for by the command line: the same accounts wait.
        then = [number for number, _ in walked(keyward("run", "--dry-run", "--shard", "1/1"))]
        assert then[0] == NUMBERS[len(begun)], (begun, then)
