#!/usr/bin/env python3
"""clang-tidy with the list of .clang-tidy, whose warnings are errors.

  scripts/tidy.py BUILD              a share of the files of all floors, another one for each commit, and
                                     whatever the last commits changed of them; all where git knows of no commit
  scripts/tidy.py BUILD --all        all files, in another order for each commit
  scripts/tidy.py BUILD FILE...      these

Options: --share N (one file of N, default 10), --seconds S (begins with no further file after so long and says how many
were not looked at), --seed TEXT (default: the commit), --jobs N, --without-analyzer (the path-sensitive checks take
longest). Files with coroutines are not given to the analyzer: that of Clang 19 takes what co_await returns for
uninitialised. BUILD is a folder that CMake has configured; nothing need be built.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ["base", "aws", "accounts", "rotation", "notify", "report", "orchestrator", "sandbox"]
# As many commits as a day has; their files are looked at in any case, as far as the time goes.
LATELY = 5
WARNING = re.compile(r"^\S+:\d+:\d+: (?:warning|error): .*\[[\w.,-]+\]$", re.MULTILINE)


def git(*words):
    """The words of git's answer; none where it is not installed, or this is no repository of its (a source archive)."""
    try:
        done = subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False)
    except OSError:
        return []
    return done.stdout.split() if done.returncode == 0 else []


def commands_without_headers(build):
    """The build's commands in a folder of their own, without its precompiled headers: they save nothing here, because
    clang-tidy walks through them as through any header, and need not be built."""
    entries = json.loads((build / "compile_commands.json").read_text())
    for entry in entries:
        entry["command"] = re.sub(r"-Winvalid-pch( -Xclang \S+){4}|-Winvalid-pch -include \S+", "", entry["command"])
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    sources = {pathlib.Path(entry["file"]).resolve() for entry in entries}
    return folder, sorted(s for s in sources if s.is_relative_to(ROOT) and s.relative_to(ROOT).parts[0] in FOLDERS)


def chosen(sources, options):
    if options.files:
        return [pathlib.Path(f).resolve() for f in options.files]

    def order(source):
        return hashlib.sha256(f"{options.seed} {source.relative_to(ROOT)}".encode()).hexdigest()

    if options.all:
        return sorted(sources, key=order)
    lately = {ROOT / name for name in git("diff", "--name-only", f"HEAD~{LATELY}")}
    share = sorted(sources, key=order)[: max(1, len(sources) // options.share)]
    return [*share, *(s for s in sources if s in lately and s not in share)]


def options_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--share", type=int, default=10)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--without-analyzer", action="store_true")
    options = parser.parse_args(words)
    options.seed = options.seed or "".join(git("rev-parse", "HEAD")[:1])
    # Without a commit that gives another share each time, the same files would be left out for good.
    options.all = options.all or not (options.seed or options.files)
    return options


def main():
    options = options_of(sys.argv[1:])
    commands, sources = commands_without_headers(options.build.resolve())
    files = chosen(sources, options)
    command = ["clang-tidy-19", "-p", str(commands), "--quiet"]
    no_analyzer = "--checks=-clang-analyzer-*"
    if options.without_analyzer:
        command.append(no_analyzer)
    listed = subprocess.run([*command, "--list-checks"], capture_output=True, text=True, check=True).stdout
    checks = sum(1 for line in listed.splitlines() if line.startswith("    "))
    end = time.monotonic() + options.seconds if options.seconds else None

    def look(file):
        if end and time.monotonic() > end:
            return None
        coroutines = "co_await" in file.read_text(encoding="utf-8")
        done = subprocess.run([*command, *([no_analyzer] if coroutines else []), str(file)], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    warnings, left_out, broken = {}, 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for file, seen in zip(files, pool.map(look, files), strict=True):
            if seen is None:
                left_out += 1
                continue
            code, text, said = seen
            found = [w for w in WARNING.findall(text) if w not in warnings]
            warnings.update(dict.fromkeys(found))
            if found:
                print(text, flush=True)
            elif code != 0 and not WARNING.search(text):
                broken += 1
                print(f"{file}: clang-tidy ended with {code}\n{text}{said}", flush=True)
    what = "named ones" if options.files else "all files" if options.all else f"seed {options.seed}"
    print(
        f"clang-tidy: {checks} checks, {len(files) - left_out} of {len(sources)} files ({what}), {len(warnings)} warnings"
        + (f"; no time was left for {left_out}" if left_out else "")
    )
    return 1 if warnings or broken or left_out == len(files) else 0


if __name__ == "__main__":
    sys.exit(main())
