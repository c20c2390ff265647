"""Accounts are worked on while the organization is still being listed, and nothing is changed before the list is whole."""

import time

import pytest

from held_requests import PATIENCE, killed_before, wait_for_held
from keyward_process import Keyward
from organizations import A, account, assert_rotated, organization, overdue

LIST = "organizations:ListAccounts"

# What is read of a user before a key of his is rotated.
READS = {"iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListUserTags"}

# Three pages, with Alice on the first.
WORLD = [account(A, overdue("alice")), *[account(str(300000000000 + number)) for number in range(45)]]


def alice_was_read(seen):
    return READS <= set(seen)


def run_with_slow_pages(sandbox, keyward, until=alice_was_read):
    """Holds each page after the first `until` so much was asked, and lets everything else go at once. The result, and
    all actions in their order, a number behind those of pages."""
    sandbox.gate()
    process = keyward.start("run")
    seen, pages = [], 0
    patience = time.monotonic() + PATIENCE
    try:
        while held := wait_for_held(sandbox, process):
            for one in held:
                if one["action"] == LIST:
                    if pages and not until(seen):
                        continue
                    pages += 1
                seen.append(f"{LIST} {pages}" if one["action"] == LIST else one["action"])
                sandbox.release(id=one["id"])
            assert time.monotonic() < patience, f"the list goes on before anything else: {seen}"
    except BaseException:
        process.kill()
        raise
    finally:
        sandbox.release()
        sandbox.control("gate", method="DELETE")
    return keyward.finish(process), seen


def writes(sandbox):
    return [call["action"] for call in sandbox.calls()["log"] if call["outcome"] == "ok"]


def test_accounts_are_read_while_the_list_goes_on_and_changed_when_it_is_whole(tmp_path):
    with organization(*WORLD) as sandbox:
        result, seen = run_with_slow_pages(sandbox, Keyward(tmp_path, sandbox.environment))
        result.expect(0)
        assert seen.index("iam:GetAccessKeyLastUsed") < seen.index(f"{LIST} 2")
        assert seen.index(f"{LIST} 3") < seen.index("iam:CreateAccessKey")
        assert result.summary["accounts_covered"] == len(WORLD)
        assert_rotated(sandbox.state(), A, "alice")


@pytest.mark.parametrize("page", [2, 3])
def test_a_list_that_breaks_off_changes_nothing(tmp_path, page):
    with organization(*WORLD) as sandbox:
        sandbox.faults(rules=[{"action": LIST, "fault": "denied", "skip": page - 1, "times": -1}])
        keyward = Keyward(tmp_path, sandbox.environment)
        before = sandbox.state_bytes()
        result, seen = run_with_slow_pages(sandbox, keyward)
        result.expect(5)
        assert READS <= set(seen) and sandbox.state_bytes() == before and writes(sandbox) == []
        assert "the organization cannot be listed, so nothing was done" in result.stderr
        assert result.directory is None and not (keyward.state_dir / "memory.json").exists()
        # What was read then keeps nobody from doing it later.
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        assert_rotated(sandbox.state(), A, "alice")


def test_a_list_that_shrank_changes_nothing_and_covers_nobody(tmp_path):
    with organization(*WORLD, *[account(str(400000000000 + number)) for number in range(10)]) as sandbox:
        Keyward(tmp_path, sandbox.environment, dry_run=True)("run").expect(0)
    with organization(*WORLD) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        memory = (keyward.state_dir / "memory.json").read_bytes()
        before = sandbox.state_bytes()
        result, seen = run_with_slow_pages(sandbox, keyward)
        result.expect(6)
        assert READS <= set(seen) and sandbox.state_bytes() == before and writes(sandbox) == []
        assert [one["account"] for one in result.summary["uncovered"]] == [one["id"] for one in WORLD]
        assert result.summary["users"] == 0 and result.events == [] and result.mails == []
        assert (keyward.state_dir / "memory.json").read_bytes() == memory


def test_an_interrupted_rotation_waits_for_the_whole_list_too(tmp_path):
    with organization(*WORLD) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        killed_before(sandbox, keyward, ("run",), "iam:CreateAccessKey", "secretsmanager:PutSecretValue")
        assert " int=" in sandbox.state()["accounts"][A]["users"]["alice"]["tags"]["keyward:state"]
        sandbox.faults(rules=[{"action": LIST, "fault": "denied", "skip": 2, "times": -1}])
        before = sandbox.state_bytes()
        journal = (keyward.state_dir / "journal.jsonl").read_bytes()
        sandbox.control("calls", method="DELETE")
        result, seen = run_with_slow_pages(sandbox, keyward)
        result.expect(5)
        assert READS <= set(seen) and sandbox.state_bytes() == before and writes(sandbox) == []
        assert (keyward.state_dir / "journal.jsonl").read_bytes() == journal
        sandbox.faults(rules=[])
        result, seen = run_with_slow_pages(sandbox, keyward)
        result.expect(0)
        assert seen.index(f"{LIST} 3") < min(seen.index(one) for one in ("iam:DeleteAccessKey", "iam:CreateAccessKey"))
        assert_rotated(sandbox.state(), A, "alice")


def test_failures_on_the_first_page_are_no_part_of_the_whole_organization(tmp_path):
    world = WORLD[1:]  # nobody who has something due stands in the only place
    with organization(*world) as sandbox:
        broken = [one["id"] for one in world[:7]]
        for number in broken:
            sandbox.edit("delete_role", account=number, role="keyward-rotate")
        # A fifth of all are eight. Of the first page five may fail, so that after the sixth the others wait.
        limits = {"accounts_in_flight": 1, "max_failed_accounts_percent": 20}
        keyward = Keyward(tmp_path, sandbox.environment, limits=limits)
        result, _ = run_with_slow_pages(sandbox, keyward, lambda seen: seen.count("sts:AssumeRole") == 6)
        result.expect(4)
        assert [one["account"] for one in result.summary["uncovered"]] == broken
        assert result.summary["accounts_covered"] == len(world) - len(broken)
