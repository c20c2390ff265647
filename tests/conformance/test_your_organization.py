"""docs/your-organization.md, typed line by line against the sandbox: what the page shows works as it says."""

import os
import re
import subprocess

import yaml

from keyward_process import ROOT, executable
from organizations import A, B, account, assert_rotated, organization, overdue

PAGE = ROOT / "docs" / "your-organization.md"


def commands():
    """(section, command) of every indented line that calls a program."""
    section = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif re.match(r"    (keyward|aws) ", line):
            yield section, line.strip()


def override_of_the_page():
    """The configuration that the page shows: the indented lines from `accounts:` on."""
    lines = PAGE.read_text().splitlines()
    start = lines.index("    accounts:")
    end = next(n for n in range(start, len(lines)) if not lines[n].startswith("    "))
    return yaml.safe_load("\n".join(line[4:] for line in lines[start:end]))


def test_the_page_can_be_followed(tmp_path):
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "keyward").symlink_to(executable())
    with organization(account(A, overdue("app"), overdue("idle")), account(B, overdue("other"))) as sandbox:
        environment = {
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "AWS_EC2_METADATA_DISABLED": "true",
            **sandbox.environment,
        }

        def type_in(command, **more):
            return subprocess.run(
                command, shell=True, cwd=tmp_path, env={**environment, **more}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )

        before, typed, enforced = sandbox.state(), [], 0
        for section, command in commands():
            if section.startswith("6.") and not enforced:
                assert sandbox.state() == before, "the page promises that nothing was changed until here"
                written = yaml.safe_load((tmp_path / "my.yaml").read_text())
                written["accounts"].update(override_of_the_page()["accounts"])
                # The sandbox is not a place that mail could leave, and new keys work sooner in it.
                written["limits"] = {"verify_interval": "100ms"}
                (tmp_path / "my.yaml").write_text(yaml.safe_dump(written))
            enforced += section.startswith("6.")
            credentials = {}
            if command.startswith("aws "):
                key = sandbox.state()["accounts"][A]["users"]["app"]["keys"][0]
                credentials = {"AWS_ACCESS_KEY_ID": key["id"], "AWS_SECRET_ACCESS_KEY": key["secret"]}
            changed = sandbox.state()
            done = type_in(command, **credentials)
            typed.append(command.split()[0] + " " + command.split("my.yaml ")[-1])
            assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
            if command.startswith("aws "):
                assert sandbox.state()["accounts"][A]["users"]["app"]["keys"][1]["secret"] in done.stdout
        assert len(typed) >= 16 and enforced >= 5, typed
        assert_rotated(sandbox.state(), A, "app")
        assert sandbox.state() == changed, "the last run of the page changes nothing"
        assert len(sandbox.state()["accounts"][B]["users"]["other"]["keys"]) == 1
