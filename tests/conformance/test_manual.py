"""Help, manual pages and README tell of the same commands, and the committed copies are what the program prints."""

import os
import re
import shutil
import subprocess

import pytest

import command_tree
from keyward_process import ROOT, executable

PAGES = {"keyward": "keyward.1", "keyward.yaml": "keyward.yaml.5"}


def test_the_committed_copies_are_what_the_program_prints(tmp_path):
    environment = {**os.environ, "KEYWARD_BUILD": str(executable().parent)}
    subprocess.run([ROOT / "scripts" / "generated.sh", tmp_path], env=environment, check=True)
    written = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(written) == 3
    for path in written:
        committed = ROOT / path.relative_to(tmp_path)
        assert committed.read_text() == path.read_text(), f"{committed} is not up to date: scripts/generated.sh writes it anew"


@pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")
@pytest.mark.parametrize("page", PAGES)
def test_mandoc_finds_no_mistake(page):
    text = command_tree.text("man", page)
    # A page that is generated has no day of its own.
    found = subprocess.run(["mandoc", "-T", "lint", "-W", "style"], input=text, capture_output=True, text=True, check=False)
    said = [line for line in found.stdout.splitlines() if "missing date" not in line]
    assert said == []
    shown = subprocess.run(["mandoc", "-T", "utf8"], input=text, capture_output=True, text=True, check=True).stdout
    assert "\\f" not in shown


def as_shown(page):
    """A manual page as words, as near to what is read as a search needs."""
    return re.sub(r"\\f[BIR]|\\&", "", command_tree.text("man", page)).replace("\\-", "-")


def test_every_command_has_examples_and_stands_in_manual_and_readme():
    manual = as_shown("keyward")
    table = (ROOT / "README.md").read_text().split("## Commands")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    named = re.findall(r"`([^`]+)`", " ".join(row.split(" | ")[0] for row in rows))
    for path in command_tree.leaves():
        name = " ".join(path)
        assert f"\n.SS {name}\n" in manual, f"keyward(1) has nothing about {name}"
        assert any(given == name or given.startswith(name + " ") for given in named), f"README's table does not name {name}"
        opening = command_tree.text(*path, "--help").splitlines()[:8]
        assert sum("keyward " in line for line in opening if line.startswith("  ")) >= 2, f"{name} --help does not open with two examples:\n{opening}"


def test_every_option_stands_in_the_manual():
    manual = as_shown("keyward")
    for path in [(), *command_tree.leaves()]:
        section = manual.split(".SH COMMANDS")[0] if not path else manual.split(f"\n.SS {' '.join(path)}\n")[1].split("\n.S")[0]
        options = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", command_tree.text("help", *path).split("\nOptions:")[-1], re.MULTILINE)
        for option in options:
            assert option in section, f"keyward(1) does not tell of {option} of {' '.join(path)}"


def test_the_manual_tells_of_every_key_its_type_and_its_variables():
    page = as_shown("keyward.yaml")
    shown = subprocess.run([executable(), "-o", "json", "config", "show"], cwd="/", env={"PATH": "/usr/bin"}, capture_output=True, text=True, check=False)
    keys = re.findall(r'"([a-z_.]+)":\{"value"', shown.stdout)
    assert len(keys) > 40 or shown.returncode == 2
    for key in keys:
        assert f"\n.TP\n{key}\n" in page, f"keyward.yaml(5) does not tell of {key}"
    for variable in ("RotationPeriod", "InactiveBuffer", "OrgListRole", "S3_BUCKET_PREFIX", "SMTPUserParamName"):
        assert variable in page
    assert "Default: 90." in page and "a whole number from 1 to 3650" in page


def test_help_of_a_command_by_either_way():
    assert command_tree.text("help", "config", "show") == command_tree.text("config", "show", "--help")
    assert command_tree.text("help") == command_tree.text("--help")
    assert command_tree.text("version") == command_tree.text("--version")


def test_without_a_command_help_is_shown_as_an_error():
    done = subprocess.run([executable()], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", command_tree.text("help"))
    done = subprocess.run([executable(), "config"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", command_tree.text("help", "config"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["audti"], 'keyward: "audti" is no command; did you mean "audit"?\nTry: keyward --help\n'),
        (["config", "shwo"], 'keyward config: "shwo" is no command; did you mean "show"?\nTry: keyward config --help\n'),
        (["audit", "--exit-zer"], 'keyward audit: --exit-zer is no option of this command; did you mean "--exit-zero"?\nTry: keyward audit --help\n'),
        (["audit", "--colour=never"], 'keyward audit: --colour is no option of this command; did you mean "--color"?\nTry: keyward audit --help\n'),
        (["rotate", "--acount", "1"], 'keyward rotate: --acount is no option of this command; did you mean "--account"?\nTry: keyward rotate --help\n'),
        (["audit", "now"], 'keyward audit: "now" is more than this command takes\nTry: keyward audit --help\n'),
        (["help", "audti"], 'keyward help: there is no command "audti"; did you mean "audit"?\nTry: keyward help\n'),
        (["rotate"], "--account is required\nTry: keyward rotate --help\n"),
    ],
)
def test_a_wrong_word_is_told_with_the_nearest_right_one(arguments, said):
    done = subprocess.run([executable(), *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
