"""Completion in the shells themselves: what they offer where, with the scripts that keyward writes for them."""

import shlex
import shutil
import subprocess

import pytest

import command_tree
from keyward_process import executable
from terminals import Terminal

# What is typed, and what must be among the offers; a leading - means: must not.
CASES = [
    ("keyward ", ["audit", "config", "run", "-show", "---config"]),
    ("keyward au", ["audit", "-run"]),
    ("keyward config ", ["validate", "show", "schema", "-audit"]),
    ("keyward --output ", ["table", "json", "jsonl", "csv", "-audit"]),
    ("keyward -o json co", ["config", "completion", "-audit"]),
    ("keyward -c my.yaml notify ", ["preview", "test"]),
    ("keyward audit --ex", ["--exit-zero", "---list"]),
    ("keyward recover --", ["--list", "--shard", "--color", "---exit-zero"]),
    ("keyward audit --color al", ["always", "-auto"]),
    ("keyward completion ", ["bash", "zsh", "fish"]),
    ("keyward help ", ["audit", "config"]),
    ("keyward init --store ", ["member", "central"]),
    ("keyward -c ", ["a.yaml", "folder", "-audit"]),
    ("keyward init --state-dir ", ["folder", "-a.yaml"]),
    ("keyward rotate --user config ", ["-validate"]),
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.yaml").write_text("")
    (tmp_path / "folder").mkdir()
    return tmp_path


def check(offered, expected, typed):
    for word in expected:
        if word.startswith("-") and word[1:2] != "-" or word.startswith("---"):
            assert word[1:] not in offered, f"{typed!r} offers {offered}"
        else:
            assert word in offered, f"{typed!r} offers {offered}"


def test_bash_offers_what_fits(folder):
    script = folder / "keyward.bash"
    script.write_text(command_tree.text("completion", "bash"))
    asked = f"source {script}\n"
    for typed, _ in CASES:
        words = typed.split(" ")
        asked += f"COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}; _keyward; echo \"${{COMPREPLY[*]}}\"\n"
    # Bash makes three words of --color=al.
    asked += "COMP_WORDS=(keyward --color = al) COMP_CWORD=3; _keyward; echo \"${COMPREPLY[*]}\"\n"
    done = subprocess.run(["bash", "--norc", "-u"], input=asked, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    answers = [line.split() for line in done.stdout.split("\n")]
    for (typed, expected), offered in zip(CASES, answers, strict=False):
        check([word.rstrip("/") for word in offered], expected, typed)
    assert answers[len(CASES)] == ["always"]
    assert subprocess.run(["shellcheck", "-s", "bash", script], check=False).returncode == 0 if shutil.which("shellcheck") else True


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_offers_what_fits(folder):
    (folder / "keyward.fish").write_text(command_tree.text("completion", "fish"))
    environment = {"HOME": str(folder), "PATH": f"{executable().parent}:/usr/bin:/bin", "XDG_CONFIG_HOME": str(folder / "none")}
    asked = "source keyward.fish\n" + "".join(f"complete -C {shlex.quote(typed)}\necho ====\n" for typed, _ in CASES)
    done = subprocess.run(["fish", "--no-config", "-c", asked], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    answers = done.stdout.split("====\n")
    for (typed, expected), offered in zip(CASES, answers, strict=False):
        check([line.split("\t")[0].rstrip("/") for line in offered.splitlines()], expected, typed)


# Prints what would be offered in place of showing it.
ZSH = r"""
autoload -U compinit && compinit -D -u
source ./keyward.zsh
zstyle ':completion:*' list-colors ''
compadd() {
  local -a given
  if [[ ${@[(I)-D]} != 0 || ${@[(I)-O]} != 0 || ${@[(I)-A]} != 0 ]]; then builtin compadd "$@"; return; fi
  builtin compadd -O given "$@" 2>/dev/null
  print -r -- ${given} >> ./offered
  builtin compadd "$@"
}
ask() { print -r -- "====" >> ./offered; }
zle -C offer complete-word _main_complete
report() { zle offer; print -r -- "====" >> ./offered; BUFFER=''; print -n READY; }
zle -N report
bindkey '^G' report
PS1='' RPS1=''
print -n READY
"""


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_offers_what_fits(folder):
    (folder / "keyward.zsh").write_text(command_tree.text("completion", "zsh"))
    (folder / ".zshrc").write_text(ZSH)
    (folder / "offered").write_text("")
    environment = {"HOME": str(folder), "ZDOTDIR": str(folder), "PATH": f"{executable().parent}:/usr/bin:/bin", "TERM": "dumb"}
    zsh = Terminal(["zsh", "-i"], columns=200, rows=200, cwd=folder, env=environment)
    zsh.wait_for("READY")
    for typed, _ in CASES:
        zsh.type(typed + "\a")  # ^G
        zsh.wait_for("READY")
    zsh.type("exit\r")
    zsh.end()
    answers = (folder / "offered").read_text().split("====\n")
    for (typed, expected), offered in zip(CASES, answers, strict=False):
        check([word.rstrip("/") for word in offered.split()], expected, typed)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_in_the_script(shell):
    script = command_tree.text("completion", shell)
    for path in command_tree.leaves():
        assert path[-1] in script
    if shutil.which(shell):
        assert subprocess.run([shell, "-n"], input=script, text=True, check=False).returncode == 0
