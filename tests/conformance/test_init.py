"""`keyward init` as a new user types it: on a terminal, from options, and over from the AWS guidance's stack."""

import json
import subprocess

import yaml

from keyward_process import executable
from terminals import Terminal

STACK = {
    "Stacks": [
        {
            "StackName": "asa",
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in {
                    "AWSOrgID": "o-exampleorgid",
                    "OrgListAccount": "111111111111",
                    "OrgListRole": "list",
                    "RotationPeriod": "90",
                    "InactivePeriod": "100",
                    "InactiveBuffer": "10",
                    "DryRunFlag": "False",
                    "VpcId": "vpc-1",
                    "Favourite": "blue",
                }.items()
            ],
        }
    ]
}


def run(folder, *arguments):
    return subprocess.run([executable(), *arguments], cwd=folder, env={}, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def test_without_a_terminal_options_alone_decide(tmp_path):
    done = run(tmp_path, "init", "--account", "111122223333", "--sender", "keys@example.org", "--state-dir", "state")
    assert done.returncode == 0, done.stderr
    written = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert written["accounts"]["include"] == [{"id": "111122223333"}]
    assert written["notify"]["channels"] == [{"type": "ses"}] and written["dry_run"] is True
    assert run(tmp_path, "config", "validate").stdout == "valid\n"
    again = run(tmp_path, "init")
    assert (again.returncode, again.stdout) == (2, "") and "--force" in again.stderr
    printed = [line[2:] for line in done.stdout.splitlines() if line.startswith("  keyward")]
    assert "keyward -c config.yaml config validate" in printed


def test_the_parameters_of_a_stack_are_all_accounted_for(tmp_path):
    (tmp_path / "stack.json").write_text(json.dumps(STACK))
    done = run(tmp_path, "-o", "json", "init", "--from-stack-parameters", "stack.json")
    assert done.returncode == 0, done.stderr
    outcomes = {one["parameter"]: one["outcome"] for one in json.loads(done.stdout)["parameters"]}
    assert outcomes == {
        "AWSOrgID": "taken over",
        "OrgListAccount": "taken over",
        "OrgListRole": "taken over",
        "RotationPeriod": "taken over",
        "InactivePeriod": "never worked there",
        "InactiveBuffer": "taken over",
        "DryRunFlag": "not taken over",
        "VpcId": "not needed",
        "Favourite": "unknown",
    }
    text = (tmp_path / "config.yaml").read_text()
    for name in outcomes:
        assert name in text and name in done.stderr
    written = yaml.safe_load(text)
    assert written["dry_run"] is True and "dry_run stays true" in done.stderr
    assert written["policy"]["install_grace_days"] == 10 and "7 days" in done.stderr
    assert run(tmp_path, "config", "validate").returncode == 0


def test_on_a_terminal_it_asks(tmp_path):
    terminal = Terminal([executable(), "init"], cwd=tmp_path, env={"TERM": "xterm"})
    for question, answer in [
        ("organization's id", "o-exampleorgid"),
        ("role that keyward assumes", ""),
        ("external id is", "no reference"),
        ("must be env:NAME, file:PATH or cred:NAME", "env:KEYWARD_EXTERNAL_ID"),
        ("first accounts", "111122223333, keyward=enabled"),
        ("central one (member, central) [member]", ""),
        ("From address", ""),
        ("run records [/var/lib/keyward]", "state"),
    ]:
        terminal.wait_for(question)
        terminal.type(answer + "\n")
    seen, code = terminal.end()
    assert code == 0, seen
    assert "export KEYWARD_EXTERNAL_ID=" in seen and "keyward -c config.yaml run --dry-run" in seen
    written = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert written["accounts"]["include"] == [{"id": "111122223333"}, {"tag": {"keyward": "enabled"}}]
    assert written["external_id"] == "env:KEYWARD_EXTERNAL_ID"


def test_an_interrupted_dialogue_leaves_no_file(tmp_path):
    terminal = Terminal([executable(), "init"], cwd=tmp_path, env={"TERM": "xterm"})
    terminal.wait_for("organization's id")
    terminal.type("\x04")  # end of input
    seen, code = terminal.end()
    assert code == 2 and "nothing was written" in seen
    assert list(tmp_path.iterdir()) == []


def test_no_input_asks_nothing_on_a_terminal(tmp_path):
    seen, code = Terminal([executable(), "init", "--no-input"], cwd=tmp_path, env={"TERM": "xterm"}).end()
    assert code == 0 and "[none]" not in seen
    assert (tmp_path / "config.yaml").exists()
