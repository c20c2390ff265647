"""keyward against a sandbox that throttles as AWS does, per account and API: it learns how fast it may go."""

from keyward_process import Keyward
from organizations import A, B, C, account, assert_rotated, organization, overdue
from sandbox_process import Sandbox

# What AWS publishes for STS; the other rates are chosen.
STS = {"action": "sts:*", "per_second": 600, "burst": 600}
AS_FAST_AS_IT_LIKES = {"calls_per_second_per_account": 1000}


def calls(sandbox):
    """(all calls, throttled calls)"""
    counts = sandbox.calls()["counts"]
    made = sum(number for name, number in counts.items() if " " not in name)
    return made, sum(number for name, number in counts.items() if "Throttling" in name or "TooManyRequests" in name)


def test_few_calls_are_throttled_and_everything_is_covered(tmp_path):
    """The best of three runs: what a busy machine holds up is sent in one go, which is not keyward's doing."""
    options = ("--seed", 11, "--accounts", 40, "--users", 12, "--latency", "10ms..30ms")
    shares = []
    for number in range(3):
        with Sandbox(*options) as sandbox:
            sandbox.faults(bucket=[STS, {"per_second": 6, "burst": 6}])
            keyward = Keyward(tmp_path / str(number), sandbox.environment, limits={"accounts_in_flight": 8, **AS_FAST_AS_IT_LIKES})
            audit = keyward("audit").expect(3)
            assert "every account covered" in audit.stdout and "NOT READ" not in audit.stdout
            made, throttled = calls(sandbox)
            assert throttled > 0, "the buckets are too large to show anything"
            shares.append(throttled / made)
        if shares[-1] < 0.05:
            return
    raise AssertionError(f"parts of the calls that were throttled: {shares}")


def test_a_throttled_account_takes_its_time_and_the_others_do_not_notice(tmp_path):
    users = [overdue(f"user-{i}") for i in range(4)]
    with organization(account(A, *users), account(B, *users), account(C, *users)) as sandbox:
        sandbox.snapshot()
        keyward = Keyward(tmp_path / "even", sandbox.environment, limits=AS_FAST_AS_IT_LIKES)
        keyward("run").expect(0)
        undisturbed, _ = calls(sandbox)

        sandbox.restore()
        sandbox.faults(bucket=[{"action": "iam:*", "account": A, "per_second": 2, "burst": 1}])
        keyward = Keyward(tmp_path / "throttled", sandbox.environment, limits=AS_FAST_AS_IT_LIKES)
        keyward("run").expect(0)
        made, throttled = calls(sandbox)
        log = sandbox.calls()["log"]
        assert throttled > 0
        assert {call["account"] for call in log if call["fault"] == "throttle"} == {A}
        # The proof of a new key asks until the key has spread, which is the one thing that takes as many calls as it does time.
        assert made - throttled <= undisturbed + 3 * 12
        new_keys = [call["account"] for call in log if call["action"] == "iam:CreateAccessKey" and call["outcome"] == "ok"]
        assert sorted(new_keys) == sorted([A, B, C] * 4)
        assert new_keys[-1] == A, "the others were done before the throttled one"
        for number in (A, B, C):
            for user in users:
                assert_rotated(sandbox.state(), number, user["name"])
