"""Options of the proofs. Their figures are printed as those of tests/conformance."""

import pathlib
import random
import secrets
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "conformance"), str(TESTS / "crash")]

import pytest  # noqa: E402

import printed_rights  # noqa: E402

printed_rights.switch_on()

FIGURES = "figures"


def pytest_addoption(parser):
    parser.addoption("--full", action="store_true", help="the whole of each proof instead of a selection")
    parser.addoption("--seed", type=int, default=None, help="of the selection and of all chance")


def pytest_configure(config):
    config.addinivalue_line("markers", "full: only with --full")
    config.proofs_seed = config.getoption("--seed")
    if config.proofs_seed is None:
        config.proofs_seed = getattr(config, "workerinput", {}).get("proofs_seed")
    if config.proofs_seed is None:
        config.proofs_seed = secrets.randbelow(10**6)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Of pytest-xdist: all of its processes have one seed."""
    node.workerinput["proofs_seed"] = node.config.proofs_seed


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--full"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("full")])
        items[:] = [item for item in items if not item.get_closest_marker("full")]


@pytest.fixture
def show(request):
    """Has a text printed at the end of the run."""

    def keep(text):
        request.node.user_properties.append((FIGURES, text))

    return keep


@pytest.fixture(scope="session")
def seed(pytestconfig):
    return pytestconfig.proofs_seed


@pytest.fixture(scope="session")
def full(pytestconfig):
    return pytestconfig.getoption("--full")


@pytest.fixture
def chance(seed, request):
    return random.Random(f"{seed}/{request.node.name}")


@pytest.fixture(autouse=True)
def rights_of_runs(request):
    yield
    printed_rights.tell(request.node.user_properties)


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.write_line(f"\nproofs, seed {config.proofs_seed}")
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == FIGURES:
                    terminalreporter.write_line(f"\n{report.nodeid}\n{text}")
    terminalreporter.write_line("\n" + printed_rights.told(terminalreporter.getreports("")))
