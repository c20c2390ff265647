"""Figures that a run of the tests prints, also when its tests pass and go on in several processes."""

import pytest

import printed_rights

FIGURES = "figures"

# The files that take longest, the longest first. They begin first, because a file's tests stay together and the last one keeps the others waiting.
LONG = (
    "test_defects_of_the_sample", "test_keyward_overtaken", "test_keyward_in_trouble", "test_life_of_a_key", "test_111_days",
    "test_what_operators_hear", "test_fan_out", "test_report_page", "test_policy",
)  # fmt: skip

printed_rights.switch_on()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


@pytest.fixture
def show(request):
    """Has a text printed at the end of the run."""

    def keep(text):
        request.node.user_properties.append((FIGURES, text))

    return keep


@pytest.fixture(autouse=True)
def rights_of_runs(request):
    yield
    printed_rights.tell(request.node.user_properties)


def pytest_terminal_summary(terminalreporter):
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == FIGURES:
                    terminalreporter.write_line(f"\n{report.nodeid}\n{text}")
    terminalreporter.write_line("\n" + printed_rights.told(terminalreporter.getreports("")))
