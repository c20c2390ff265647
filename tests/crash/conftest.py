"""Options of the crash matrix, and its table at the end."""

import random
import secrets

import crash_matrix
import pytest


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="every kill point, fault and order instead of a selection")
    parser.addoption("--seed", type=int, default=None, help="of the selection and of all chance")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: only with --full, after the other tests")
    config.crash_trials = []
    config.crash_seed = config.getoption("--seed")
    if config.crash_seed is None:
        config.crash_seed = secrets.randbelow(10**6)


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full")])
        items[:] = [item for item in items if not item.get_closest_marker("full")]


def pytest_report_header(config):
    return f"crash matrix: seed {config.crash_seed}"


def pytest_terminal_summary(terminalreporter, config):
    # Quiet runs have no header.
    terminalreporter.write_line(f"\ncrash matrix, seed {config.crash_seed}")
    if config.crash_trials:
        terminalreporter.write_line(crash_matrix.table(config.crash_trials))


@pytest.fixture
def seed(pytestconfig):
    return pytestconfig.crash_seed


@pytest.fixture
def full(pytestconfig):
    return pytestconfig.getoption("--full")


@pytest.fixture
def chance(seed, request):
    return random.Random(f"{seed}/{request.node.name}")


@pytest.fixture
def keep_trials(pytestconfig):
    """Trials that belong into the table at the end."""
    return pytestconfig.crash_trials.extend
