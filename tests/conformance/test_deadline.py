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
        covered, waiting, reasons = [], list(NUMBERS), set()
        for _ in range(40):
            result = keyward("run")
            named = {one["account"]: one["reason"] for one in result.summary["uncovered"]}
            order = walked(result)
            done = [number for number, outcome in order if outcome == "covered"]
            # Nobody is forgotten, and those who wait come first, in their order.
            assert sorted([*done, *named]) == NUMBERS
            expected = waiting + [number for number in covered if number not in waiting]
            assert [number for number, _ in order] == expected[: len(order)]
            reasons.update(named.values())
            assert result.code == (4 if named else 0), result.stderr
            if named:
                assert result.stdout.startswith(f"NOT COVERED: {len(named)} of {len(NUMBERS)} accounts.")
            covered = [number for number in covered if number not in done] + done
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
