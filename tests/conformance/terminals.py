"""A program on a terminal of any width, and what a person would see there."""

import codecs
import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
import unicodedata

TIME_LIMIT = 60


class Terminal:
    """A process with a terminal for the streams that are named; the others get what subprocess is told."""

    def __init__(self, command, columns=80, rows=24, streams=("stdin", "stdout", "stderr"), **options):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        own = {stream: slave for stream in streams}
        self.process = subprocess.Popen([str(part) for part in command], start_new_session=True, **{"stdin": subprocess.DEVNULL, **own, **options})
        os.close(slave)
        self.seen = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def read(self):
        """What came since; nothing at the end."""
        with contextlib.suppress(OSError):  # Linux ends a terminal that nobody writes to any more with EIO
            part = os.read(self.master, 65536)
            self.seen += self._decoder.decode(part)
            return part
        return b""

    def wait_for(self, text):
        """Reads until the text was written behind what was waited for before."""
        start, deadline = len(self.seen), time.monotonic() + TIME_LIMIT
        while text not in self.seen[start:] and select.select([self.master], [], [], deadline - time.monotonic())[0]:
            if not self.read():
                break
        assert text in self.seen[start:], f"no {text!r} in:\n{self.seen}"

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        """Everything that was written, and the exit code."""
        while self.read():
            pass
        os.close(self.master)
        return self.seen.replace("\r\n", "\n"), self.process.wait(timeout=TIME_LIMIT)


def columns_of(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line)
