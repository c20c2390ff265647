"""What one full call over TLS costs in counts that do not depend on how busy the machine is."""

import collections
import json
import os
import pathlib
import re
import sys
import tempfile

from measure import BUILD, drive, environment_of, run

# Few enough connections that even a slow instrumented process opens them all before the first is too old to be used
# again, and so many that several answers arrive together.
IN_FLIGHT = 16

# An answer that is there at once saves the client to wait for it; those of AWS never are.
LATENCY = "10ms"

INSTRUCTIONS, SYSTEM_CALLS, ALLOCATIONS = 215_000, 5.5, 80


def per_call(sandbox, **more):
    """(send + recv + poll, allocations) of one call, counted by the driver itself."""
    sandbox.faults(latency=LATENCY)
    driven = drive(sandbox, 2000, IN_FLIGHT, **more)
    assert driven["errors"] == 0 and driven["new_connections"] == 0, driven
    calls = driven["calls"]
    return (driven["send"] + driven["recv"] + driven["poll"]) / calls, driven["allocations"] / calls


# Callgrind knows no SHA instructions and counts each byte of a `rep stosb`; the C library is told to store 32 bytes at a time.
NO_REP = "glibc.cpu.x86_rep_stosb_threshold=100000000:glibc.cpu.x86_rep_movsb_threshold=100000000"


def instructions(command, environment):
    """User instructions of a program by the file they stand in (its own, or a library), and its output."""
    with tempfile.TemporaryDirectory(prefix="keyward-callgrind-") as directory:
        counted = os.path.join(directory, "out")
        callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}"]
        output = run([*callgrind, *command], {**environment, "GLIBC_TUNABLES": NO_REP}).output
        return by_object(pathlib.Path(counted).read_text()), output


def by_object(profile):
    """Sums up the costs of a callgrind profile. A line after `calls=` is the cost of what was called, which stands where that is."""
    names, costs, current, called = {}, collections.Counter(), None, False
    for line in profile.splitlines():
        if found := re.match(r"(c?)ob=\((\d+)\)(?: (.*))?", line):
            if found[3]:
                names[found[2]] = found[3]
            if not found[1]:
                current = found[2]
        elif line.startswith("calls="):
            called = True
        elif line[:1] in "0123456789+-*" and line:
            if not called:
                costs[current] += int(line.split()[-1])
            called = False
    return collections.Counter({names[number]: cost for number, cost in costs.items()})


def instructions_of_a_call(sandbox, **more):
    """User instructions of one call by the file they stand in: the difference of two runs, so that start and handshakes cancel."""
    sandbox.faults(latency=LATENCY)
    few, many = 100, 500
    counted = {}
    for calls in (few, many):
        command = [BUILD / "call_driver", "--calls", calls, "--in-flight", IN_FLIGHT]
        counted[calls], output = instructions(command, environment_of(sandbox, **more))
        driven = json.loads(re.search(r"^\{.*\}$", output, re.MULTILINE).group())
        assert driven["errors"] == 0 and driven["new_connections"] == 0, driven
    return {name: (cost - counted[few][name]) / (many - few) for name, cost in counted[many].items()}


def instructions_per_call(sandbox, **more):
    return sum(instructions_of_a_call(sandbox, **more).values())


def of_one_more(few, many, command_of):
    """User instructions of one more of something by the file they stand in: the difference of two runs, so that starts and
    handshakes cancel. command_of(number) is a command and its environment."""
    counted = {number: instructions(*command_of(number))[0] for number in (few, many)}
    return {name: (cost - counted[few][name]) / (many - few) for name, cost in counted[many].items()}


def of_libraries(by_object):
    """The part that is in libcurl, OpenSSL and the C library."""
    return sum(cost for name, cost in by_object.items() if re.search(r"/(libcurl|libssl|libcrypto|libc)\.so", name))


def boto3_script(sandbox, option):
    script = [sys.executable, pathlib.Path(__file__).with_name("boto3_audit.py"), option]
    return lambda number: ([*script, number], environment_of(sandbox))


def heap_over_time(command, environment):
    """(mean bytes on the heap between a tenth and three tenths of a program's life, the same between seven and nine): its life
    in bytes that it allocated, as massif counts it."""
    with tempfile.TemporaryDirectory(prefix="keyward-massif-") as directory:
        taken = os.path.join(directory, "out")
        massif = ["valgrind", "--tool=massif", "--time-unit=B", "--max-snapshots=100", "--detailed-freq=1000", f"--massif-out-file={taken}"]
        run([*massif, *command], environment)
        profile = pathlib.Path(taken).read_text()
    held = [(int(time), int(heap)) for time, heap in re.findall(r"^time=(\d+)\nmem_heap_B=(\d+)$", profile, re.MULTILINE)]
    end = held[-1][0]

    def mean(begin, until):
        within = [heap for time, heap in held if begin * end <= time <= until * end]
        return sum(within) / len(within)

    return mean(0.1, 0.3), mean(0.7, 0.9)
