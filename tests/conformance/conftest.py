"""Figures that a run of the tests prints, also when its tests pass and go on in several processes."""

import pytest

import printed_rights

FIGURES = "figures"

printed_rights.switch_on()


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
