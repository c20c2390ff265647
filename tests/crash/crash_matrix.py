#!/usr/bin/env python3
"""Kills keyward at its API requests, or lets them go wrong, and looks whether a key was lost.

    crash_matrix.py                     a thinned selection
    crash_matrix.py --full              every kill point, every fault, every order
    crash_matrix.py --only first-rotation/kill-after/12   exactly that one, with all that happened

A point is SCENARIO/DISTURBANCE/NUMBER: the number is that of the request, counted from 1. Of twenty users the requests
interleave by themselves, so there the same number may be another request the next time; it is named in the report.
recovered  after the disturbance keyward brought the world by itself to where an undisturbed run brings it
lost       a key whose secret nobody has, a user without a working key, a key that was to stay and is switched off or gone
orphaned   a key or a pending secret version that is nobody's
doubled    a second rotation in the same cycle, or a notice more than once too often
unnoticed  something was done, or a date came near, and no mail says so
unsettled  it takes a person, or more runs than it should, or keyward's records end different

Faults are counted from the first accepted request on: keyward's very first one bears the host's time and is refused.

KEYWARD_BUILD: the folder of keyward and keyward-sandbox (default: build/dev/bin).
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import os
import random
import secrets
import sys
import threading
import time

import defects
import invariants
import scenarios
import two_hosts
from defects import no_defect
from invariants import Failure, World
from stage import Stage

KILLS = {
    "kill-before": "before the request took effect",
    "kill-after": "after it took effect, before its answer",
    "kill-answered": "right after its answer",
}
FAULTS = ("drop_before", "drop_after", "error_after", "truncate", "throttle", "expired_token")
TWICE = "kill-twice"  # a second kill at a random request of the run that recovers
ORDER = "order"  # two hosts at once
MATRICES = {"kills": (*KILLS, TWICE), "faults": FAULTS, "orders": (ORDER,)}

# Of each thinned scenario so many points; requests that change something are three times as likely to be among them.
THINNED = {"kills": 14, "faults": 8, "orders": 6}
FULL_ORDERS = 100  # of each of the scenarios that two hosts work on


@dataclasses.dataclass(frozen=True)
class Point:
    scenario: str
    disturbance: str
    number: int

    def __str__(self):
        return f"{self.scenario}/{self.disturbance}/{self.number}"

    @classmethod
    def parse(cls, text):
        try:
            scenario, disturbance, number = text.split("/")
            return cls(scenario, disturbance, int(number))
        except ValueError:
            raise SystemExit(f"a point is SCENARIO/DISTURBANCE/NUMBER, not {text}") from None

    @property
    def matrix(self):
        return next(name for name, disturbances in MATRICES.items() if self.disturbance in disturbances)


@dataclasses.dataclass
class Trial:
    """What became of one point."""

    point: Point
    where: str = ""  # the disturbed request
    reached: bool = True
    failures: list = dataclasses.field(default_factory=list)
    story: list = dataclasses.field(default_factory=list)  # what each run said
    seconds: float = 0


def expectation(stage):
    """Runs the scenario undisturbed. What it makes of the world, and the labels of its requests."""
    stage.restore()
    before = World.of(stage.sandbox)
    stage.sandbox.gate(from_=0)
    stage.host(*stage.scenario.command).expect(0)
    requests = stage.sandbox.counted()
    results, quiet = stage.settle()
    after = World.of(stage.sandbox)
    assert quiet, f"{stage.scenario.name} does not settle even undisturbed"
    return invariants.Expectation(before, after, results[-1].code, stage.scenario.interrupts_use), requests


def label(request):
    return " ".join(filter(None, (request["action"], request["account"], request["target"])))


def kill(stage, phase, number, chance, arguments):
    """Starts keyward and kills it at that request. The request, or nothing when keyward ended before it sent one."""
    stage.sandbox.gate(from_=number, phase="before" if phase == "kill-before" else "after")
    with stage.started(stage.host, *arguments) as process:
        held = stage.wait_for_held(process)
        if held and phase == "kill-answered":
            stage.sandbox.release(id=held[0]["id"])
            # Somewhere between reading the answer and sending the next request, which the gate stops.
            time.sleep(chance.uniform(0, 0.004))
        process.kill()
        result = stage.host.finish(process)
    stage.sandbox.release(discard=True)
    stage.sandbox.control("gate", method="DELETE")
    return (held[0] if held else None), result


def look(stage, trial, expected):
    """Right after the disturbance. The keys that are handed over by now."""
    world = World.of(stage.sandbox)
    trial.failures += expected.at_any_time(world, recovered=False)
    return list(world.promoted_ids())


def recover(stage, trial, expected, chance, promoted, disturbances=1, ended=False):
    """Runs keyward until it changes nothing any more, and looks whether all is as it should be. `ended`: the last run
    was not killed after all."""
    # By hand at once, or by the daily job.
    stage.advance(chance.choice(("0s", "1d")))
    if stage.scenario.repeat_command and not ended:
        trial.story.append(stage.host(*stage.scenario.command))
    results, quiet = stage.settle()
    trial.story += results
    if not quiet:
        trial.failures.append(Failure(invariants.UNSETTLED, f"still changes things in run {len(results)}"))
    codes = [result.code for result in results]
    trial.failures += expected.recovered(World.of(stage.sandbox), promoted, codes, disturbances)


def killed(stage, expected, trial, chance):
    """One or two kills, then recovery."""
    point = trial.point
    phase = chance.choice(sorted(KILLS)) if point.disturbance == TWICE else point.disturbance
    held, result = kill(stage, phase, point.number, chance, stage.scenario.command)
    trial.story.append(result)
    if held is None:
        trial.reached = False
        return
    trial.where = label(held)
    promoted = look(stage, trial, expected)
    times, ended = 1, False
    if point.disturbance == TWICE:
        again = chance.choice(sorted(KILLS))
        # Few recoveries take more requests; then this is one kill only.
        second, result = kill(stage, again, chance.randint(1, 40), chance, stage.scenario.command)
        trial.story.append(result)
        trial.where = f"{phase} {trial.where}"
        if second:
            trial.where += f", {again} {second['number']} {label(second)}"
            times = 2
        ended = second is None
        promoted += look(stage, trial, expected)
    recover(stage, trial, expected, chance, promoted, times, ended)


def faulty(stage, expected, trial, chance):
    """One request goes wrong, then recovery."""
    rule = {"action": "*", "skip": trial.point.number - 1, "fault": trial.point.disturbance}
    stage.sandbox.faults(rules=[rule])
    result = stage.host(*stage.scenario.command)
    stage.sandbox.faults(rules=[])
    trial.story.append(result)
    struck = [call for call in stage.sandbox.calls()["log"] if call["fault"] == trial.point.disturbance]
    if not struck:
        trial.reached = False
        return
    trial.where = label(struck[0])
    # 0: made good at once; 4: reported, the next run does it; 5: the preflight failed and nothing was changed.
    if result.code not in (0, 4, 5):
        trial.failures.append(Failure(invariants.UNSETTLED, f"the disturbed run ended with {result.code}"))
    promoted = look(stage, trial, expected)
    recover(stage, trial, expected, chance, promoted)


def run_trial(stage, expected, point, seed, defect=no_defect):
    """`defect` makes the sandbox behave as if keyward had it."""
    trial = Trial(point)
    begin = time.monotonic()
    chance = random.Random(f"{seed}/{point}")
    stage.restore()
    defect(stage.sandbox)
    try:
        if point.disturbance == ORDER:
            two_hosts.interleaved(stage, expected, trial, chance)
        elif point.disturbance in FAULTS:
            faulty(stage, expected, trial, chance)
        else:
            killed(stage, expected, trial, chance)
    except AssertionError as error:
        trial.failures.append(Failure(invariants.UNSETTLED, str(error)))
    trial.seconds = time.monotonic() - begin
    return trial


def all_points(scenario, requests, matrices):
    matrices = set(matrices) & set(scenario.matrices)
    if "kills" in matrices:
        for number in range(1, len(requests) + 1):
            for disturbance in MATRICES["kills"]:
                yield Point(scenario.name, disturbance, number)
    if "faults" in matrices:
        # They strike accepted requests only, and the first one of all is signed with the host's time and refused.
        for number in range(1, len(requests)):
            for disturbance in FAULTS:
                yield Point(scenario.name, disturbance, number)
    if "orders" in matrices:
        for number in range(1, FULL_ORDERS + 1):
            yield Point(scenario.name, ORDER, number)


def thinned(points, requests, chance):
    """A few points of each matrix, most of them where something changes."""
    chosen = []
    for matrix, wanted in THINNED.items():
        candidates = [point for point in points if point.matrix == matrix]
        weights = [3 if changes(point, requests) else 1 for point in candidates]
        # Weighted, without repetition (Efraimidis and Spirakis).
        order = sorted(zip(candidates, weights), key=lambda entry: -(chance.random() ** (1 / entry[1])))
        chosen += [point for point, _ in order[:wanted]]
    return chosen


def changes(point, requests):
    if point.matrix == "orders":
        return False
    request = requests[point.number if point.matrix == "faults" else point.number - 1]
    return not request["action"].split(":")[1].startswith(("Get", "List", "Describe", "AssumeRole"))


class Workers:
    """Threads that each have a stage of the scenario they work on."""

    def __init__(self, seed, jobs, defect):
        self._seed = seed
        self._defect = defect
        self._pool = concurrent.futures.ThreadPoolExecutor(jobs)
        self._local = threading.local()
        self._stages = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._pool.shutdown(cancel_futures=True)
        for stage in self._stages:
            stage.__exit__()

    def _stage(self, scenario):
        if getattr(self._local, "scenario", None) is not scenario:
            if hasattr(self._local, "stage"):
                self._stages.remove(self._local.stage)
                self._local.stage.__exit__()
                del self._local.stage
            stage = Stage(scenario, self._seed).__enter__()
            self._stages.append(stage)
            self._local.stage = stage
            self._local.expected, self._local.requests = expectation(stage)
            self._local.scenario = scenario
        return self._local

    def requests(self, scenario):
        return self._pool.submit(lambda: self._stage(scenario).requests).result()

    def trials(self, scenario, points):
        def one(point):
            local = self._stage(scenario)
            return run_trial(local.stage, local.expected, point, self._seed, self._defect)

        return self._pool.map(one, points)


def default_jobs():
    # A trial waits six times as long as it works: for the pauses of the proof of a new key, and for processes to start.
    return 8 * len(os.sched_getaffinity(0))


def run_matrix(wanted, matrices, full, seed, jobs, only=(), progress=lambda trial: None, defect=no_defect):
    """The trials of these scenarios that reached their point."""
    chance = random.Random(seed)
    trials = []
    with Workers(seed, jobs, defect) as workers:
        for scenario in wanted:
            if only:
                points = [point for point in only if point.scenario == scenario.name]
            else:
                requests = workers.requests(scenario)
                points = list(all_points(scenario, requests, matrices))
                if not full:
                    points = thinned(points, requests, chance)
            for trial in workers.trials(scenario, points):
                if trial.reached:
                    trials.append(trial)
                progress(trial)
    return trials


def table(trials):
    """One row for each scenario and matrix, and the sums."""
    rows = collections.OrderedDict()
    for trial in trials:
        rows.setdefault((trial.point.scenario, trial.point.matrix), []).append(trial)
    head = ("scenario", "matrix", "points", "recovered", *invariants.COLUMNS)
    lines = [head]
    for (scenario, matrix), some in [*rows.items(), (("together", ""), trials)]:
        columns = [sum(any(f.column == column for f in trial.failures) for trial in some) for column in invariants.COLUMNS]
        lines.append((scenario, matrix, len(some), sum(not trial.failures for trial in some), *columns))
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(str(cell).ljust(width) if i < 2 else str(cell).rjust(width) for i, (cell, width) in enumerate(zip(line, widths)))
        for line in lines
    )


def complaints(trials, seed):
    """Each failed point with what went wrong and how to see it again."""
    lines = []
    for trial in trials:
        if trial.failures:
            lines.append(f"\n{trial.point} ({trial.where})")
            lines += [f"  {failure}" for failure in trial.failures]
            lines.append(f"  again: python3 {os.path.relpath(__file__)} --seed {seed} --only {trial.point}")
    return "\n".join(lines)


def tell(trial):
    """All that happened in one trial."""
    print(f"{trial.point}: {trial.where or 'the run ended before that request'} ({trial.seconds:.2f} s)")
    for number, result in enumerate(trial.story, 1):
        print(f"\n---- run {number}, exit {result.code}\n{result.stdout}{result.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="every point")
    parser.add_argument("--matrix", action="append", choices=MATRICES, help="only this matrix (repeatable)")
    parser.add_argument("--scenario", action="append", type=scenarios.by_name, help="only this scenario (repeatable)")
    parser.add_argument("--only", action="append", type=Point.parse, default=[], help="only this point, with its story")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the selection and of all chance")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="trials at once (default: %(default)s)")
    parser.add_argument("--defect", choices=defects.BY_NAME, help="as if keyward had it; the table must show it")
    options = parser.parse_args()

    wanted = options.scenario or scenarios.SCENARIOS
    if options.only:
        wanted = [scenarios.by_name(name) for name in dict.fromkeys(point.scenario for point in options.only)]
    print(f"seed {options.seed}", flush=True)
    done = 0

    def progress(trial):
        nonlocal done
        done += 1
        if options.only:
            tell(trial)
        elif sys.stderr.isatty():
            print(f"\r{done} points, now {trial.point}\033[K", end="", file=sys.stderr, flush=True)

    begin = time.monotonic()
    matrices = options.matrix or list(MATRICES)
    defect = defects.BY_NAME.get(options.defect, no_defect)
    trials = run_matrix(wanted, matrices, options.full, options.seed, options.jobs, options.only, progress, defect)
    print(complaints(trials, options.seed))
    print(f"\n{table(trials)}\n\n{len(trials)} points in {time.monotonic() - begin:.0f} s")
    return 0 if trials and not any(trial.failures for trial in trials) else 1


if __name__ == "__main__":
    sys.exit(main())
