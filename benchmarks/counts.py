"""What one full call over TLS costs in counts that do not depend on how busy the machine is."""

import json
import os
import re
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


def instructions_per_call(sandbox, **more):
    """User instructions of one call: the difference of two runs under callgrind, so that start and handshakes cancel.
    Callgrind knows no SHA instructions and counts each byte of a `rep stosb`; the C library is told to store 32 bytes
    at a time instead."""
    sandbox.faults(latency=LATENCY)
    no_rep = "glibc.cpu.x86_rep_stosb_threshold=100000000:glibc.cpu.x86_rep_movsb_threshold=100000000"
    environment = environment_of(sandbox, GLIBC_TUNABLES=no_rep, **more)
    counted = {}
    with tempfile.TemporaryDirectory(prefix="keyward-callgrind-") as directory:
        for calls in (100, 500):
            command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.path.join(directory, 'out')}"]
            command += [BUILD / "call_driver", "--calls", calls, "--in-flight", IN_FLIGHT]
            output = run(command, environment).output
            driven = json.loads(re.search(r"^\{.*\}$", output, re.MULTILINE).group())
            assert driven["errors"] == 0 and driven["new_connections"] == 0, driven
            counted[calls] = int(re.search(r"Collected : (\d+)", output).group(1))
    return (counted[500] - counted[100]) / 400
