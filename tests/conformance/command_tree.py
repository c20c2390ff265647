"""The commands of the program as its own help lists them."""

import re
import subprocess

from keyward_process import executable


def text(*arguments, code=0, **options):
    done = subprocess.run([executable(), *arguments], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}:\n{done.stdout}{done.stderr}"
    return done.stdout


def below(*path):
    """Names of the commands below one."""
    section = re.search(r"\nCommands:\n(.*?)(?:\n\n|\Z)", text("help", *path), re.DOTALL)
    return re.findall(r"^  ([a-z]+)\b", section[1], re.MULTILINE) if section else []


def leaves():
    """The path of every command that does something."""
    found = []
    for name in below():
        found += [(name, child) for child in below(name)]
        if "COMMAND" not in text("help", name).split("Usage:")[1].split("\n")[0].replace("[COMMAND]", ""):
            found.append((name,))
    return found
