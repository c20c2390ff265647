"""What a person sees on standard error while a run goes on: a terminal of any width, and a pipe."""

import re
import subprocess

import pytest

from keyward_process import Keyward, executable
from sandbox_process import Sandbox
from terminals import Terminal

WORLD = ("--seed", 11, "--accounts", 12, "--users", 5, "--propagation", "50ms", "--latency", "10ms..30ms")
LOG_LINE = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info |warn )")
BLOCK_LINE = re.compile(r"\d+% |\d+ of at least \d+ acc|failed \d+  throttled|  \d{12} ")


def sent_to_a_terminal(keyward, columns, rows, *arguments):
    command = [executable(), "-c", keyward.directory / "config.yaml", *arguments]
    terminal = Terminal(command, columns, rows, streams=("stderr",), stdout=subprocess.DEVNULL, env={**keyward.environment, "TERM": "xterm"})
    _, code = terminal.end()
    assert code == 0
    return terminal.seen


def screens(sent):
    """What stands on an endless terminal after each erasing, and at the end. Lines that are too wide go unbroken."""
    lines, row, column = [""], 0, 0
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", sent):
        if part == "\r":
            column = 0
        elif part == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif part == "\x1b[A":
            row -= 1
            assert row >= 0
        elif part == "\x1b[J":
            yield list(lines)
            lines[row] = lines[row][:column]
            del lines[row + 1 :]
        else:
            assert not part.startswith("\x1b"), f"unknown to this terminal: {part!r}"
            lines[row] = lines[row][:column].ljust(column) + part
            column = len(lines[row])
    yield list(lines)


@pytest.mark.parametrize("columns, rows", [(80, 24), (120, 50), (40, 10), (20, 2)])
def test_a_block_on_a_terminal_tears_no_log_line_and_leaves_nothing_behind(tmp_path, columns, rows):
    with Sandbox(*WORLD) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, limits={"accounts_in_flight": 4})
        seen = list(screens(sent_to_a_terminal(keyward, columns, rows, "run")))
    *during, last = seen
    assert len(during) > 10
    blocks = [[line for line in screen if not LOG_LINE.match(line)] for screen in during]
    for block in blocks:
        assert 1 <= len(block) <= max(1, rows // 2) and all(len(line) < columns for line in block), block
        assert BLOCK_LINE.search(block[0]) and not any("outcome=" in line for line in block)
    if rows >= 10:
        assert any(re.search(r"  \d{12} +\d+s  account", line) for block in blocks for line in block)
    assert last[-1] == "" and len(last) > 1
    assert all(LOG_LINE.match(line) for line in last[:-1]), last


def test_a_pipe_gets_lines_without_control_characters(tmp_path):
    with Sandbox(*WORLD) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        for choice in ("auto", "plain"):
            stderr = keyward("--progress", choice, "--log-level", "error", "audit", "--exit-zero").stderr
            assert "\x1b" not in stderr and "\r" not in stderr
            lines = [line for line in stderr.splitlines() if line.startswith("accounts ")]
            assert lines and lines[-1].startswith("accounts 12/12 100% failed=0 throttled=0 in_work=0")
            assert len(lines) == len({line.split()[1] for line in lines}) <= 20
