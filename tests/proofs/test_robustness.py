"""What is short, breaks or jumps around keyward costs no key: a full disk, a state folder that cannot be written, no descriptors,
no resolver, clocks that jump, signals. And 24 months of daily runs with faults at AWS's rates."""

import collections
import dataclasses
import json
import os
import resource
import shutil
import signal

import crash_matrix
import pytest
import scenarios
from host_clock import HostClock
from invariants import World, is_unfinished
from keyward_process import wait_for_words
from many_months import DAY, MONTH, ROTATE_AFTER, START, Day, Key, Months
from scarce import SmallDisk, nobody_resolves
from scenarios import A
from stage import Stage

ROTATION = scenarios.by_name("second-rotation")
CROWD = scenarios.by_name("twenty-users")


class Scene:
    """A scenario, ready to be disturbed again and again; what undisturbed becomes of it is known."""

    def __init__(self, scenario, seed, clock):
        self.stage, self.clock = Stage(scenario, seed), clock

    def __enter__(self):
        self.stage.__enter__()
        for host in self.stage.hosts.values():
            host.environment |= self.clock.environment
        self.expected, self.requests = crash_matrix.expectation(self.stage)
        return self

    def __exit__(self, *_):
        self.stage.__exit__()

    def run_disturbed(self, number, disturb):
        """The run whose request of that number is held while `disturb(process)` is at work, and then goes on. Also the
        request; nothing when it ended before."""
        stage = self.stage
        stage.sandbox.gate(from_=number)
        with stage.started(stage.host, "run") as process:
            held = stage.wait_for_held(process)
            if held:
                disturb(process)
            stage.sandbox.control("gate", method="DELETE")
            stage.sandbox.release()
            result = stage.host.finish(process)
        return result, crash_matrix.label(held[0]) if held else None

    def failures_at_once(self):
        world = World.of(self.stage.sandbox)
        self.promoted = list(world.promoted_ids())
        return list(self.expected.at_any_time(world, recovered=False))

    def failures_after_recovery(self):
        results, quiet = self.stage.settle()
        world = World.of(self.stage.sandbox)
        failures = list(self.expected.recovered(world, self.promoted, [result.code for result in results]))
        return failures + ([] if quiet else ["it does not become quiet"])


@pytest.fixture(scope="module")
def clock(tmp_path_factory):
    """Pauses before retries and between looks at a new key are most of a run's time; the timers go faster."""
    return HostClock(tmp_path_factory.mktemp("clock"), speed=20)


@pytest.fixture(scope="module")
def rotation(seed, clock):
    with Scene(ROTATION, seed, clock) as scene:
        yield scene


@pytest.fixture(scope="module")
def crowd(seed, clock):
    with Scene(CROWD, seed, clock) as scene:
        yield scene


def some(chance, full, requests, few, many):
    """Numbers of requests at which something happens; of many the first and the last are always among them."""
    last = len(requests)
    numbers = set(chance.sample(range(1, last + 1), min(many if full else few, last)))
    return sorted(numbers | {1, last} if full else numbers)


def whole(*values):
    """Parameters for --full alone."""
    return (pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=pytest.mark.full) for value in values)


def of(results):
    codes = collections.Counter(result.code for result in results)
    return ", ".join(f"{count} x exit {code}" for code, count in sorted(codes.items()))


def undamaged(folder):
    """State files that keyward reads again are whole: JSON, line by line where they are journals."""
    for path in folder.glob("*.json"):
        json.loads(path.read_text())


# ---- signals


def end_it(process):
    """SIGTERM, and its being heard: one that comes with the last answer may find a run that has just ended, with exit 0."""
    process.send_signal(signal.SIGTERM)
    wait_for_words(process, "keyward: stopping; what was begun is finished first")


def test_sigterm_at_any_request_loses_nothing_and_the_next_run_does_the_rest(crowd, chance, full, show):
    results = []
    for number in some(chance, full, crowd.requests, 2, 30):
        crowd.stage.restore()
        result, where = crowd.run_disturbed(number, end_it)
        assert result.code == 143, (number, where, result)
        assert crowd.failures_at_once() == [], (number, where)
        assert crowd.failures_after_recovery() == [], (number, where)
        results.append(result)
    show(f"SIGTERM at {len(results)} of {len(crowd.requests)} requests of a run: {of(results)}, all recovered by the next runs")


# ---- disk


@pytest.fixture(scope="module")
def on_a_small_disk(seed, clock):
    """The rotation of a host whose state_dir is a disk of its own."""
    with Scene(ROTATION, seed, clock) as scene:
        host = scene.stage.host
        kept = host.state_dir.rename(host.directory / "kept")
        with SmallDisk(host.state_dir) as disk:
            host.launcher, host.state_dir = disk.launcher, disk.inside
            scene.disk, scene.kept = disk, kept

            def restore():
                # Stage.restore() puts a new folder in the place of state_dir, which would end the mount.
                host.state_dir = host.directory / "aside"
                scene.stage.restore()
                host.state_dir = disk.inside
                disk.mend()
                for path in disk.inside.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                shutil.copytree(kept, disk.inside, dirs_exist_ok=True)

            scene.restore = restore
            yield scene


# What happens to the disk, what the system calls it, and how a run ends that meets it so from the start: what cannot be
# opened is found before anything is begun; that there is no room for it, before the first change that has to be noted.
DISKS = {"full": ("fill", "No space left on device", 4), "read-only": ("seal", "Read-only file system", 5)}


def state_files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name != "filler"}


@pytest.mark.parametrize("disk", DISKS)
def test_a_state_folder_that_takes_nothing_stops_the_run_before_it_changes_anything(on_a_small_disk, disk, show):
    scene = on_a_small_disk
    what, words, code = DISKS[disk]
    scene.restore()
    getattr(scene.disk, what)()
    files, world = state_files(scene.disk.inside), scene.stage.sandbox.state_bytes()
    result = scene.stage.host("run").expect(code)
    assert words in result.stderr and str(scene.stage.host.configuration["state_dir"]) in result.stderr
    assert state_files(scene.disk.inside) == files and scene.stage.sandbox.state_bytes() == world
    scene.disk.mend()
    scene.promoted = []
    assert scene.failures_after_recovery() == []
    show(f"{disk} at the start: exit {code}, {result.stderr.strip().splitlines()[-1]}")


@pytest.mark.parametrize("disk", DISKS)
def test_a_disk_that_gives_out_in_the_middle_loses_no_key_and_destroys_no_state(on_a_small_disk, disk, chance, full, show):
    scene = on_a_small_disk
    what, words, _ = DISKS[disk]
    results = []
    for number in some(chance, full, scene.requests, 1, 12):
        scene.restore()
        result, where = scene.run_disturbed(number, lambda _: getattr(scene.disk, what)())
        assert result.code in (4, 5), (number, where, result)
        assert words in result.stderr and str(scene.stage.host.configuration["state_dir"]) in result.stderr, (number, where, result)
        undamaged(scene.disk.inside)
        assert scene.failures_at_once() == [], (number, where)
        scene.disk.mend()
        assert scene.failures_after_recovery() == [], (number, where)
        results.append(result)
    show(f"{disk} at {len(results)} of {len(scene.requests)} requests: {of(results)}, all recovered by the next runs")


# ---- descriptors


def test_without_descriptors_nothing_is_begun_that_cannot_be_ended(rotation, full, show):
    results = {}
    for limit in range(3, 42, 3) if full else (5, 12, 40):
        rotation.stage.restore()
        host = rotation.stage.host
        host.launcher = ("prlimit", f"--nofile={limit}:{limit}")
        try:
            result = host("run")
        finally:
            host.launcher = ()
        assert result.code in (0, 1, 2, 4, 5, 127), (limit, result)
        assert result.code in (0, 127) or "Too many open files" in result.stderr + result.stdout, (limit, result)
        assert rotation.failures_at_once() == [], limit
        assert rotation.failures_after_recovery() == [], limit
        results[limit] = result
    assert results[max(results)].code == 0
    show("descriptors at the start: " + ", ".join(f"{limit}: exit {result.code}" for limit, result in results.items()))


def test_descriptors_that_run_out_in_the_middle_lose_no_key(crowd, chance, full, show):
    results = []

    def exhaust(process):
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (4, 4))  # what is open stays

    for number in some(chance, full, crowd.requests, 1, 15):
        crowd.stage.restore()
        result, where = crowd.run_disturbed(number, exhaust)
        assert result.code in (0, 4, 5), (number, where, result)
        assert result.code == 0 or "Too many open files" in result.stderr + result.stdout, (number, where, result)
        assert crowd.failures_at_once() == [], (number, where)
        assert crowd.failures_after_recovery() == [], (number, where)
        results.append(result)
    show(f"no more descriptors at {len(results)} of {len(crowd.requests)} requests: {of(results)}, all recovered by the next runs")


# ---- names


@pytest.mark.parametrize("service, code", [("STS", 5), ("SECRETS_MANAGER", 4), *whole(("ORGANIZATIONS", 5), ("IAM", 4), ("SESV2", 4))])
def test_a_name_that_does_not_resolve_is_named_and_costs_no_key(rotation, tmp_path, service, code, show):
    rotation.stage.restore()
    host = rotation.stage.host
    name = f"{service.lower().replace('_', '-')}.keyward.invalid"
    with nobody_resolves(tmp_path) as elsewhere:
        host.launcher = elsewhere.launcher
        try:
            result = host("run", **{f"AWS_ENDPOINT_URL_{service}": f"https://{name}"})
        finally:
            host.launcher = ()
    assert result.code == code, result
    told = result.stderr + result.stdout + (json.dumps(result.events) if result.directory else "")
    assert name in told, told
    assert rotation.failures_at_once() == []
    assert rotation.failures_after_recovery() == []
    show(f"{name}: exit {result.code}")


# ---- clocks


@pytest.mark.parametrize("pause", ["5h", *whole("3d", "45d")])
def test_a_host_that_stands_still_in_the_middle_of_a_run(rotation, chance, full, pause, show):
    """To keyward it is AWS's calendar that jumps. Sessions have ended meanwhile, and other things are due."""
    stage, results = rotation.stage, []
    stage.restore()
    stage.host("run").expect(0)
    stage.advance(pause)
    stage.settle()
    expected = dataclasses.replace(rotation.expected, after=World.of(stage.sandbox))
    for number in some(chance, full, rotation.requests, 1, 6):
        stage.restore()
        result, where = rotation.run_disturbed(number, lambda _: stage.advance(pause))
        assert result.code in (0, 4, 5), (number, where, result)
        assert list(expected.at_any_time(World.of(stage.sandbox), recovered=False)) == [], (number, where)
        runs, quiet = stage.settle()
        world = World.of(stage.sandbox)
        assert quiet and runs[-1].code == 0, (number, where, runs[-1])
        assert list(expected.at_any_time(world, recovered=True)) == [], (number, where)
        assert not any(is_unfinished(secret) for _, secret in world.secrets), (number, where)
        assert len(world.users[A, "alice"]["keys"]) == 2 and any(map(world.is_current, world.users[A, "alice"]["keys"]))
        results.append(result)
    show(f"{pause} of standing still at {len(results)} of {len(rotation.requests)} requests: {of(results)}, all recovered")


@pytest.mark.parametrize("jump", ["-3d", "45d", *whole("5h", "-5h", "3d", "-45d")])
def test_the_hosts_clock_jumps_in_the_middle_of_a_run(rotation, clock, chance, full, jump, show):
    amount, unit = int(jump[:-1]), {"h": 3600, "d": 86400}[jump[-1]]
    results = []
    try:
        for number in some(chance, full, rotation.requests, 1, 4):
            clock.set(0)
            rotation.stage.restore()
            result, where = rotation.run_disturbed(number, lambda _: clock.set(amount * unit))
            assert result.code == 0, (number, where, result)
            assert rotation.failures_at_once() == [], (number, where)
            assert rotation.failures_after_recovery() == [], (number, where)
            results.append(result)
    finally:
        clock.set(0)
    show(f"the host's clock by {jump} at {len(results)} of {len(rotation.requests)} requests: {of(results)}, all recovered")


# ---- months


ALICE, BOB = ("222222222222", "alice"), ("222222222222", "bob")


@pytest.mark.parametrize(
    "kept, days, late, too_late",
    [
        (None, 1, 1.5, True),
        (ALICE, 1, 1.5, False),
        ((ALICE[0], None), 1, 1.5, False),
        (BOB, 60, 1.5, True),
        (("333333333333", "alice"), 60, 1.5, True),
        (("333333333333", None), 60, 1.5, True),
        (ALICE, 1, 2.5, True),
        (ALICE, 60, 20, True),
    ],
)
def test_what_excuses_a_delay(kept, days, late, too_late):
    """The rule by which the months are judged: a key is replaced so many days late, and on the first days something failed."""
    life = Months.__new__(Months)
    key = Key(ALICE, START - ROTATE_AFTER, first=True, next=START + late * DAY, off=START + 10.5 * DAY)
    life.keys = {"key": key}
    counts = dict(code=4, peak=1, seconds=1.0, faults={}, calls=1, failed=1, state=1, record=1)
    life.days = [Day(at=START + number * DAY, kept={kept} if kept and number < days else set(), **counts) for number in range(60)]
    assert any(delay > allowed for _, delay, allowed in life.delays()) == too_late


def test_months_of_daily_runs_with_the_faults_of_aws(tmp_path, seed, clock, full, show):
    months = 24 if full else 1
    with Months(tmp_path / "keyward", seed, clock.environment) as life:
        life.live(months * MONTH + 1)
        show(life.figures())
        assert life.wrong == []
        assert [(key, delay, allowed) for key, delay, allowed in life.delays() if delay > allowed] == []
        assert sum(sum(day.faults.values()) for day in life.days) > 0.05 * sum(day.calls for day in life.days)
        first, last = life.peak(1), life.peak(months)
        assert last[0] <= 1.1 * first[0] and last[1] <= 1.05 * first[1]
        assert life.days[-1].state <= 2 * max(day.state for day in life.days[:MONTH])
