#!/usr/bin/env python3
"""Drives the fuzz targets that a build with KEYWARD_FUZZ has made.

  scripts/fuzz.py BUILD --runs 3000          each target so many times, from the kept corpus and a fixed seed: the same
                                             inputs every time
  scripts/fuzz.py BUILD --seconds 60         each target so long; what it finds is kept in BUILD/fuzz/finds and is where
                                             the next time goes on
  scripts/fuzz.py BUILD --merge              takes into tests/fuzz/corpus what of the finds reaches something new

Names of targets may stand behind BUILD; without, it is all of them. Options: --jobs N targets at once, --seed N,
--junit FILE. A crash leaves the input in
BUILD/fuzz/crashes/TARGET; `BUILD/bin/TARGET_fuzz FILE` shows it again. Exit code 1 then, and when a target executed
nothing or less than it was told to.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from xml.sax.saxutils import quoteattr

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests/fuzz/corpus"
DICTIONARIES = ROOT / "tests/fuzz/dictionaries"
# An input that takes longer is a finding: nothing that keyward reads is that dear, even at -O0 under two sanitizers.
SLOWEST_SECONDS = 20
MEMORY_MB = 2048
LARGEST = 4096  # bytes of an input; everything that is parsed here says what it has to say in less
# What a file in the kept corpus may have.
LARGEST_KEPT = 3072


def fixed_layout():
    """The address layout that newer kernels choose at random is more than AddressSanitizer can shadow."""
    command = ["setarch", os.uname().machine, "-R"]
    works = shutil.which("setarch") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if works else []


LAYOUT = fixed_layout()


class Target:
    def __init__(self, build, name):
        self.name = name
        self.binary = build / "bin" / f"{name}_fuzz"
        self.finds = build / "fuzz/finds" / name
        self.crashes = build / "fuzz/crashes" / name
        self.seeds = sorted(p for p in (CORPUS / name).iterdir() if p.is_file())
        self.executions = self.seconds = self.edges = 0
        self.problem = ""

    def run(self, arguments, folders):
        self.crashes.mkdir(parents=True, exist_ok=True)
        command = [
            *LAYOUT,
            str(self.binary),
            f"-artifact_prefix={self.crashes}/",
            f"-timeout={SLOWEST_SECONDS}",
            f"-rss_limit_mb={MEMORY_MB}",
            "-print_final_stats=1",
            "-verbosity=1",
            *arguments,
        ]
        dictionary = DICTIONARIES / f"{self.name}.dict"
        if dictionary.exists():
            command.append(f"-dict={dictionary}")
        # Without leak detection at every input: it doubles the time. LeakSanitizer looks once, at the end.
        done = subprocess.run([*command, *map(str, folders)], capture_output=True, stdin=subprocess.DEVNULL, check=False)
        text = done.stderr.decode(errors="replace")
        (self.crashes / "log").write_text(text)
        if found := re.findall(r"stat::number_of_executed_units:\s*(\d+)", text):
            self.executions = int(found[-1])
        if found := re.findall(r" cov: (\d+) ", text):
            self.edges = int(found[-1])
        if done.returncode != 0:
            says = re.findall(r"^(?:fuzz: .*|SUMMARY: .*|==\d+==ERROR: .*)$|runtime error: .*", text, re.MULTILINE)
            inputs = re.findall(r"Test unit written to (\S+)", text)
            self.problem = "; ".join([*dict.fromkeys(says[:2]), *inputs]) or f"exit code {done.returncode}"
        elif not self.executions:
            self.problem = "nothing was executed"
        return done.returncode == 0

    def work(self, options):
        start = time.monotonic()
        if options.runs:
            # Seeds are named one by one: libFuzzer writes what it finds into a folder, and the next time would begin with it.
            listed = self.crashes.parent / f"{self.name}.seeds"
            listed.parent.mkdir(parents=True, exist_ok=True)
            listed.write_text(",".join(map(str, self.seeds)))
            runs = options.runs + len(self.seeds)
            self.run([f"-runs={runs}", f"-seed={options.seed}", f"-max_len={LARGEST}", f"-seed_inputs=@{listed}"], [])
            if not self.problem and self.executions < options.runs:
                self.problem = f"{self.executions} executions instead of {options.runs}"
        else:
            self.finds.mkdir(parents=True, exist_ok=True)
            arguments = [f"-max_total_time={options.seconds}", f"-max_len={LARGEST}", "-reload=0"]
            if options.seed:
                arguments.append(f"-seed={options.seed}")
            self.run(arguments, [self.finds, CORPUS / self.name])
        self.seconds = time.monotonic() - start
        return self

    def merge(self):
        """Kept files stay as they are; of the finds the smallest set that reaches something new comes beside them."""
        fresh = self.finds.parent / f"{self.name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for seed in self.seeds:
            shutil.copy(seed, fresh / f"kept_{seed.name}")
        self.finds.mkdir(parents=True, exist_ok=True)
        self.run(["-merge=1", f"-max_len={LARGEST_KEPT}"], [fresh, self.finds])
        count = 0
        for path in sorted(fresh.iterdir()):
            if not path.name.startswith("kept_"):
                shutil.copy(path, CORPUS / self.name / f"found_{path.name[:12]}")
                count += 1
        return count


def write_junit(file, targets):
    failed = [t for t in targets if t.problem]
    lines = [f'<testsuite name="fuzz" tests="{len(targets)}" failures="{len(failed)}">']
    for target in targets:
        lines.append(f'<testcase classname="fuzz" name={quoteattr(target.name)} time="{target.seconds:.1f}">')
        if target.problem:
            lines.append(f"<failure message={quoteattr(target.problem)}/>")
        lines.append("</testcase>")
    pathlib.Path(file).write_text("\n".join([*lines, "</testsuite>"]) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("targets", nargs="*")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--runs", type=int)
    how.add_argument("--seconds", type=int)
    how.add_argument("--merge", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--junit")
    options = parser.parse_args()
    if options.runs and not options.seed:
        options.seed = 20261121
    build = options.build.resolve()
    names = options.targets or sorted(p.name for p in CORPUS.iterdir())
    targets = [Target(build, name) for name in names]
    for target in targets:
        if not target.binary.exists():
            print(f"{target.binary} is not there; build it with KEYWARD_FUZZ=ON", file=sys.stderr)
            return 2
    if symbolizer := shutil.which("llvm-symbolizer-19"):
        os.environ.setdefault("ASAN_SYMBOLIZER_PATH", symbolizer)
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")

    if options.merge:
        for target in targets:
            print(f"{target.name:22} {target.merge():5} files new in the corpus", flush=True)
        return 0
    print(f"seed {options.seed or 'of libFuzzer, in the logs'}")
    print(f"{'target':22} {'corpus':>6} {'executions':>10} {'a second':>8} {'edges':>6}")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for target in pool.map(lambda t: t.work(options), targets):
            rate = target.executions / max(target.seconds, 0.001)
            print(f"{target.name:22} {len(target.seeds):6} {target.executions:10} {rate:8.0f} {target.edges:6}  {target.problem}", flush=True)
    print(
        f"{len(targets)} targets, {sum(len(t.seeds) for t in targets)} files in the corpus, "
        f"{sum(t.executions for t in targets)} executions, {sum(1 for t in targets if t.problem)} with a finding"
    )
    if options.junit:
        write_junit(options.junit, targets)
    return 1 if any(t.problem for t in targets) else 0


if __name__ == "__main__":
    sys.exit(main())
