"""Two keyward processes on two hosts do the same job at once, their requests in an order of the harness's choice."""

import contextlib

import invariants
from invariants import Failure, World
from scenarios import LATER


def commands(stage, chance):
    """What each of the hosts is told to do. After a rotation that died a person may be at work beside the daily job."""
    ordered = {name: stage.scenario.command for name in stage.HOSTS}
    if stage.scenario.interrupted and chance.random() < 0.5:
        ordered[chance.choice(stage.HOSTS)] = ("recover",)
    return ordered


def interleaved(stage, expected, trial, chance):
    """Holds every request of both and lets one go at a time."""
    if stage.scenario.interrupted:
        stage.advance(chance.choice(stage.scenario.interrupted))
    ordered = commands(stage, chance)
    # From strict turns to one host overtaking the other by many requests.
    stay = chance.choice((0.1, 0.5, 0.8, 0.95))
    turn = chance.choice(stage.HOSTS)
    released = 0
    stage.sandbox.gate()
    with contextlib.ExitStack() as stack:
        processes = {
            name: stack.enter_context(stage.started(host, *ordered[name])) for name, host in stage.hosts.items()
        }
        running = dict(processes)
        while running:
            if turn not in running or (len(running) > 1 and chance.random() > stay):
                turn = chance.choice(sorted(running))
            held = stage.wait_for_held(running[turn], turn)
            if held:
                stage.sandbox.release(id=chance.choice(held)["id"])
                released += 1
            else:
                del running[turn]
        stage.sandbox.control("gate", method="DELETE")
        results = [stage.hosts[name].finish(process) for name, process in processes.items()]
    trial.where = f"{' and '.join(' '.join(one) for one in ordered.values())}, {released} requests, the same host goes on with probability {stay}"
    trial.story += results
    for result in results:
        # 4: one of the two found the user changed under its hands, which the next run looks at. 9 needs a person.
        if result.code not in (0, 4):
            trial.failures.append(Failure(invariants.UNSETTLED, f"a host ended with {result.code}"))
    world = World.of(stage.sandbox)
    trial.failures += expected.at_any_time(world, recovered=False)
    stage.advance(chance.choice(LATER))
    results, quiet = stage.settle(*stage.hosts.values())
    trial.story += results
    if not quiet:
        trial.failures.append(Failure(invariants.UNSETTLED, f"still changes things in run {len(results)}"))
    for result in trial.story:
        if "a person must decide" in result.stdout + result.stderr:
            trial.failures.append(Failure(invariants.UNSETTLED, "a person is asked to decide"))
    after = World.of(stage.sandbox)
    # The second host is a disturbance, and a run that died before is another one.
    disturbances = 2 if stage.scenario.interrupted else 1
    codes = [result.code for result in results]
    trial.failures += expected.recovered(after, list(world.promoted_ids()), codes, disturbances)
