"""What all benchmarks measure with: processes and their CPU time, the noise gate, medians of interleaved rounds."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))
BUILD = pathlib.Path(os.environ.get("KEYWARD_BUILD", ROOT / "build" / "dev" / "bin")).resolve()

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count()

# A run during which other processes took more of the cores than this says nothing about us. The criterion does not
# look at the result.
MOST_NOISE = 0.06


@dataclasses.dataclass
class Ended:
    """A process that has ended: exit code, output, seconds, CPU seconds and peak memory of itself and its children."""

    code: int
    output: str
    wall: float
    cpu: float
    peak_mib: float


def run(command, environment=None, directory=None, accepted=(0,)):
    start = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command],
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output = process.stdout.read()
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accepted:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{output[-2000:]}")
    return Ended(
        process.returncode, output, time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    )


def environment_of(sandbox, **more):
    """Of a client: the sandbox's variables and nothing of the caller's own AWS settings."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_EC2_METADATA_DISABLED": "true",
        **sandbox.environment,
        **more,
    }


def drive(sandbox, calls, in_flight, *options, **more):
    """Calls by benchmarks/call_driver.cpp; what it printed."""
    command = [BUILD / "call_driver", "--calls", calls, "--in-flight", in_flight, *options]
    return json.loads(run(command, environment_of(sandbox, **more)).output)


def cpu_per_call(driven):
    assert driven["errors"] == 0, driven["first_error"]
    return (driven["user_seconds"] + driven["system_seconds"]) / driven["calls"]


def cpu_of(pid):
    """CPU seconds of a running process, children that it waited for included."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICKS


def busy():
    """Seconds that all cores together were busy, time stolen by other virtual machines included. Time in interrupts is
    left out: on loopback it is our own traffic."""
    user, nice, system, _idle, _iowait, _irq, _softirq, steal = map(
        int, pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + steal) / TICKS


class Watch:
    """How much of the cores other processes take while it is open."""

    def __init__(self, *pids):
        self._pids = [os.getpid(), *pids]

    def __enter__(self):
        self._start = self._now()
        return self

    def __exit__(self, *_):
        wall, all_busy, own = (after - before for after, before in zip(self._now(), self._start))
        # All are counted in ticks of a hundredth of a second: two of them are no difference.
        self.others = max(0.0, all_busy - own - 2 / TICKS) / (CORES * wall)

    def _now(self):
        return time.monotonic(), busy(), sum(cpu_of(pid) for pid in self._pids)


@dataclasses.dataclass
class Rounds:
    """Values of one case from the rounds that were kept."""

    values: list
    dropped: int = 0

    @property
    def median(self):
        return statistics.median(self.values)


def interleaved(rounds, cases, sandbox):
    """Runs each of the cases (name -> function that returns a number) once a round, the order reversed every other
    round. A run is dropped when others were too busy; rounds are added for it, but not for ever: where the machine
    never rests all runs count, and `quiet` is false. Returns (name -> Rounds, quiet)."""
    kept = {name: Rounds([]) for name in cases}
    noisy = {name: [] for name in cases}
    order = list(cases)
    for number in range(3 * rounds):
        if all(len(kept[name].values) >= rounds for name in cases):
            break
        for name in order:
            if len(kept[name].values) >= rounds:
                continue
            with Watch(sandbox.pid) as watch:
                value = cases[name]()
            if watch.others <= MOST_NOISE:
                kept[name].values.append(value)
            else:
                kept[name].dropped += 1
                noisy[name].append(value)
        order.reverse()
    quiet = True
    for name, found in kept.items():
        if len(found.values) < rounds:
            quiet = False
            found.values += noisy[name]
    return kept, quiet
