"""Hosts on which something is short: a small disk, a resolver that knows nobody. Each in a mount namespace of its own, into which
keyward is started; the machine's own are not touched."""

import os
import pathlib
import subprocess

import pytest

SPACES = ("--mount",) if os.geteuid() == 0 else ("--user", "--map-root-user", "--mount")


class Elsewhere:
    """A mount namespace that lives as long as this object. `script` prepares it, with `arguments`."""

    def __init__(self, script, *arguments):
        command = ["unshare", *SPACES, "sh", "-ec", f"{script}\necho ready\nexec cat", "sh", *map(str, arguments)]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self._holder.stdout.readline() != "ready\n":
            pytest.skip(f"no mount namespace of our own: {self._holder.communicate()[1]}")
        self.pid = self._holder.pid
        self.launcher = ("nsenter", f"--target={self.pid}", *(f"{space}" for space in SPACES if space != "--map-root-user"))
        if "--user" in SPACES:
            self.launcher += ("--preserve-credentials",)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._holder.communicate()

    def do(self, *command):
        done = subprocess.run([*self.launcher, *map(str, command)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


class SmallDisk(Elsewhere):
    """A file system of some kilobytes at `folder`; `inside` is the way to it from outside of the namespace."""

    def __init__(self, folder, kilobytes=2048):
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__('mount -t tmpfs -o "size=$2k,mode=700" keyward "$1"', folder, kilobytes)
        self._folder, self._size, self._sealed = folder, 1024 * kilobytes, False
        self.inside = pathlib.Path(f"/proc/{self.pid}/root") / folder.relative_to("/")

    def fill(self):
        """Nothing more can be written. Only ever on the small disk: a mount that was lost would mean the machine's."""
        assert os.stat(self.inside).st_dev != os.stat(self._folder).st_dev, "the small disk is not there any more"
        with open(self.inside / "filler", "ab", buffering=0) as filler:
            for block in (4096, 1):
                for _ in range(2 * self._size // block):
                    try:
                        filler.write(b"\0" * block)
                    except OSError:
                        break
                else:
                    raise AssertionError("the small disk is larger than it was made")

    def seal(self):
        """Read-only from now on, but for what is open: the kernel takes no disk away from who writes on it."""
        self.do("mount", "--bind", self._folder, self._folder)
        self.do("mount", "-o", "remount,bind,ro", self._folder)
        self._sealed = True

    def mend(self):
        if self._sealed:
            self.do("umount", self._folder)
        self._sealed = False
        (self.inside / "filler").unlink(missing_ok=True)


def nobody_resolves(folder):
    """A host whose resolver is a port at which nobody listens."""
    configuration = folder / "resolv.conf"
    configuration.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    return Elsewhere('mount --bind "$1" /etc/resolv.conf', configuration)
