"""A host clock for keyward alone: host_clock.c, compiled and preloaded."""

import pathlib
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).with_name("host_clock.c")


class HostClock:
    """`environment` goes to keyward; its time of day is then wrong by what set() said last, and `speed` times as fast are its
    timers."""

    def __init__(self, folder, speed=1):
        compiler = next(filter(None, map(shutil.which, ("cc", "clang-19", "gcc"))), None)
        if compiler is None:
            pytest.skip("there is no C compiler")
        library, self._offset = folder / "host_clock.so", folder / "offset"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)
        self.set(0)
        self.environment = {"LD_PRELOAD": str(library), "KEYWARD_CLOCK_OFFSET": str(self._offset), "KEYWARD_CLOCK_SPEED": str(speed)}

    def set(self, seconds):
        new = self._offset.with_suffix(".new")
        new.write_text(f"{seconds}\n")
        new.replace(self._offset)
