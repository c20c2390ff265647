"""Stops a running keyward at one of its requests: the sandbox's gate holds every request until a test lets it go."""

import http.client
import json
import os
import select

# keyward answers each request within milliseconds; a program that sends none for so long hangs.
PATIENCE = 30


class Hung(AssertionError):
    """keyward neither ended nor sent a request."""


def wait_for_held(sandbox, process, app=""):
    """What is held, as soon as there is something; nothing when the program ended before it sent anything."""
    connection = http.client.HTTPConnection(sandbox.url.removeprefix("http://"))
    ended = os.pidfd_open(process.pid)
    try:
        connection.request("GET", f"/_sandbox/held?wait={PATIENCE}s&app={app}")
        ready, _, _ = select.select([connection.sock, ended], [], [], PATIENCE)
        if connection.sock in ready:
            held = json.load(connection.getresponse())["held"]
            if held:
                return held
        if ended in ready:
            return []
        raise Hung(f"keyward sent no request for {PATIENCE} s and did not end")
    finally:
        os.close(ended)
        connection.close()


def go_on_until(sandbox, process, *actions, app=""):
    """Lets requests go one by one until each of `actions` came up in its turn, and returns the last one, which is held
    and not executed. The gate must have been set before the program was started."""
    wanted = list(actions)
    while True:
        held = wait_for_held(sandbox, process, app)
        assert held, f"keyward ended before it sent {wanted[0]}"
        if held[0]["action"] == wanted[0]:
            wanted.pop(0)
        if not wanted:
            return held[0]
        sandbox.release(id=held[0]["id"])


def killed_before(sandbox, keyward, command, *actions):
    """Starts keyward and kills it when it sent the last of these requests, in this order; that one has no effect."""
    sandbox.gate()
    process = keyward.start(*command)
    try:
        go_on_until(sandbox, process, *actions)
    finally:
        process.kill()
        result = keyward.finish(process)
        sandbox.release(discard=True)
        sandbox.control("gate", method="DELETE")
    return result
