"""The gates on what one call over TLS and one rotation cost, in counts that do not depend on the load of the machine.

It measures whatever build KEYWARD_BUILD names. In the everyday build keyward's own code is hardly optimised, so its
counts are an upper bound of those of the release build: most instructions are in libcurl, OpenSSL and the C library,
which are the same in both.
"""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks"))

import counts
import due_user
from sandbox_process import Sandbox


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox("--seed", 4, "--accounts", 1, "--users", 1, tls=True) as running:
        yield running


def test_user_instructions(sandbox):
    assert counts.instructions_per_call(sandbox) <= counts.INSTRUCTIONS


def test_system_calls_and_allocations(sandbox):
    system_calls, allocations = counts.per_call(sandbox)
    assert system_calls <= counts.SYSTEM_CALLS
    assert allocations <= counts.ALLOCATIONS


def test_calls_of_a_rotation():
    with Sandbox("--seed", 4, "--propagation", "0ms", scenario=due_user.world()) as sandbox:
        assert len(due_user.calls_of_second_rotation(sandbox)) <= due_user.CALLS
