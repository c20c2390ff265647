"""Writes docs/tour.md: every command of keyward in the hands of a new user, on the organization of ./demo.

    tour.py             plays the demo's four weeks, then types the commands, and writes docs/tour.md
    tour.py --check     fails when docs/tour.md would say something else; dates, ids of runs and durations apart

KEYWARD_BUILD: folder of the programs (default: build/release/bin). Nothing but loopback is used.
"""

import argparse
import contextlib
import difflib
import io
import os
import pathlib
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import fcntl

import demo

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("KEYWARD_BUILD", ROOT / "build/release/bin")).resolve()
PAGE = ROOT / "docs/tour.md"
DAYS = 28
WIDTH, HEIGHT = 110, 50
# Of outputs that are there to be looked at in a file.
MOST_LINES = 36


class Step:
    """One thing to type. `then` is said after it, `code` is the exit code it must have."""

    def __init__(self, command, code=0, lines=MOST_LINES, title="", before=""):
        self.command, self.code, self.lines, self.title, self.before = command, code, lines, title, before


class Terminal:
    """Types commands into a terminal of its own and keeps what it shows."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = {
            **environment,
            "PATH": f"{BUILD}:{environment['PATH']}",
            "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
        }

    def type(self, command):
        """(what it printed, its exit code)"""
        screen, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        process = subprocess.Popen(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal
        )
        os.close(terminal)
        shown = b""
        while True:
            try:
                part = os.read(screen, 65536)
            except OSError:  # the last writer is gone
                break
            if not part:
                break
            shown += part
        os.close(screen)
        return shown.decode(errors="replace").replace("\r\n", "\n"), process.wait()


def shortened(text, lines):
    kept = text.rstrip("\n").split("\n")
    if len(kept) <= lines:
        return "\n".join(kept)
    return "\n".join(kept[: lines - 1] + [f"[{len(kept) - lines + 1} lines more]"])


@contextlib.contextmanager
def sandbox(folder):
    """The demo's organization, whose calendar ends today: no clock is far from the other when the commands are typed."""
    start = subprocess.run(["date", "-u", "-d", f"-{DAYS - 1} days", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True, check=True)
    command = [BUILD / "keyward-sandbox", "--accounts", "6", "--users", "5", "--seed", "7", "--port", "0"]
    command += ["--start", start.stdout.strip(), "--env-file", folder / "sandbox.env"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("http"):
            sys.exit("tour.py: the sandbox did not start")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()
