"""What every command owes a terminal, a pipe and a script: widths, colours, quiet, and results alone on standard output."""

import json
import re
import shutil
import subprocess

import pytest

import command_tree
from keyward_process import Keyward, executable
from organizations import A, B, account, organization, overdue
from terminals import Terminal, columns_of

LEAVES = command_tree.leaves()
# What a command is called with, where nothing would be too little. {folder} is a folder of the test's own.
ARGUMENTS = {
    ("apply",): ["{folder}/plan.kwp"],
    ("rotate",): ["--account", A, "--user", "anna", "--reason", "test", "--dry-run"],
    ("run",): ["--dry-run"],
    ("recover",): ["--list"],
    ("explain",): ["--account", A, "--user", "anna"],
    ("simulate",): ["--days", "3"],
    ("report",): ["--format", "csv"],
    ("report", "merge"): ["--out", "{folder}/merged", "{folder}/state/runs"],
    ("notify", "preview"): ["--out", "{folder}/letters"],
    ("notify", "test"): ["--to", "me@example.org"],
    ("policy",): ["audit"],
    ("completion",): ["bash"],
    ("init",): ["--out", "{folder}/new.yaml", "--force", "--no-input"],
}
# Their result is a text of its own, whatever -o says.
TEXTS = {("completion",), ("man",), ("help",), ("report",), ("notify", "preview"), ("notify", "test")}
# They need no configuration.
WITHOUT_CONFIGURATION = {("completion",), ("man",), ("help",), ("version",), ("init",), ("config", "schema")}
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
LOG_INFO = re.compile(r"Z info ")


def words_of(path, folder):
    return [*path, *(one.format(folder=folder) for one in ARGUMENTS.get(path, []))]


@pytest.fixture(scope="module")
def keyward(tmp_path_factory):
    """A program with an organization, a finished run and a plan, for commands that look at them."""
    names = [overdue("anna"), overdue("b" * 60), overdue("übermäßig".encode("ascii", "ignore").decode() + "-long.name@example.org")]
    accounts = [account(A, *names, name="Payments production, Europe (formerly the shop's) 支払い"), account(B, *names, name="x")]
    with organization(*accounts) as sandbox:
        made = Keyward(tmp_path_factory.mktemp("manners"), sandbox.environment)
        made("run", "--dry-run").expect(0)
        if ("plan",) in LEAVES:
            made("plan", "--out", made.directory / "plan.kwp")
        yield made


def environment_of(keyward, **more):
    return {**keyward.environment, **more}


def call(keyward, path, *options, **environment):
    for name in ("merged", "letters"):
        shutil.rmtree(keyward.directory / name, ignore_errors=True)
    command = [executable(), "-c", keyward.directory / "config.yaml", *options, *words_of(path, keyward.directory)]
    return subprocess.run(
        [str(part) for part in command], cwd=keyward.directory, env=environment_of(keyward, **environment), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_results_alone_stand_on_standard_output(keyward, path):
    done = call(keyward, path, "-o", "json", "-q")
    assert done.returncode in (0, 2, 3, 4, 5, 6), done.stderr
    if path not in TEXTS and done.stdout:
        json.loads(done.stdout)
    if done.returncode == 2 and path != ("config", "validate"):
        assert done.stdout == "" and done.stderr != ""
    assert not LOG_INFO.search(done.stderr), f"-q, and yet:\n{done.stderr}"
    assert not ESCAPE.search(done.stdout + done.stderr)


@pytest.mark.parametrize("path", [path for path in LEAVES if path not in WITHOUT_CONFIGURATION], ids=" ".join)
def test_what_is_wrong_leaves_standard_output_empty(keyward, path, tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("no_such_key: 1\n")
    command = [executable(), "-c", broken, *words_of(path, tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=keyward.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    if path == ("config", "validate"):
        assert "no_such_key" in done.stdout
    else:
        assert done.stdout == "" and done.stderr != ""


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tables_fit_the_width(keyward, columns):
    problems = []
    for path in LEAVES:
        if path in TEXTS or path[0] in ("config", "policy", "init"):
            continue
        command = [executable(), "-c", keyward.directory / "config.yaml", "-q", "--color", "always", *words_of(path, keyward.directory)]
        seen, _ = Terminal(
            command, columns=columns, streams=("stdout",), stderr=subprocess.DEVNULL, cwd=keyward.directory,
            env=environment_of(keyward, TERM="xterm"),
        ).end()  # fmt: skip
        lines = ESCAPE.sub("", seen).splitlines()
        for before, line in zip(["", *lines], lines):
            # What is there to be copied, an id or a path, is never cut: a line of one such word may be as long as it is.
            longest = max((columns_of(word) for word in line.split()), default=0)
            sentence = columns < 80 and "  " not in line.strip()  # the terminal itself goes on in the next line
            # To be copied as a whole, over several lines where it is long.
            command = line.strip().startswith(("aws ", "keyward ")) or line.endswith("\\") or before.endswith("\\")
            if columns_of(line) > max(columns, longest + 12) and not (sentence or command):
                problems.append(f"{' '.join(path)}: {columns_of(line)} columns: {line}")
    assert problems == []


COLOURS = [
    ({}, [], False),
    ({"CLICOLOR_FORCE": "1"}, [], True),
    ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, [], False),
    ({"NO_COLOR": "1"}, ["--color", "always"], True),
    ({"CLICOLOR_FORCE": "1"}, ["--color", "never"], False),
]


@pytest.mark.parametrize(("environment", "options", "painted"), COLOURS)
def test_colours_go_by_option_and_environment(keyward, environment, options, painted):
    for path in [("inventory",), ("audit",), *(one for one in [("explain",), ("plan",)] if one in LEAVES)]:
        done = call(keyward, path, "-q", *options, **environment)
        assert bool(ESCAPE.search(done.stdout)) == painted, done.stdout
    assert not ESCAPE.search(call(keyward, ("audit",), "-q", "-o", "json", *options, **environment).stdout)


@pytest.mark.parametrize(("environment", "painted"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False)])
def test_a_terminal_is_painted_unless_it_cannot(keyward, environment, painted):
    command = [executable(), "-c", keyward.directory / "config.yaml", "-q", "audit"]
    seen, _ = Terminal(command, streams=("stdout",), stderr=subprocess.DEVNULL, env=environment_of(keyward, **environment)).end()
    assert bool(ESCAPE.search(seen)) == painted


def test_quiet_keeps_results_and_warnings(keyward):
    loud, quiet = call(keyward, ("audit",), "--progress", "plain"), call(keyward, ("audit",), "-q", "--progress", "plain")
    assert LOG_INFO.search(loud.stderr) or "accounts" in loud.stderr
    assert "accounts" not in quiet.stderr and not LOG_INFO.search(quiet.stderr)
    assert quiet.stdout.splitlines()[0] == loud.stdout.splitlines()[0]
    told = call(keyward, ("audit",), "-q", "--log-level", "debug")
    assert len(told.stderr) > len(quiet.stderr), "--log-level is stronger than -q"
