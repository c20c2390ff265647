"""A prepared world that trials disturb again and again: one sandbox, the state folders of keyward, and a way back."""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "conformance"))

import held_requests  # noqa: E402
import printed_rights  # noqa: E402
from keyward_process import Keyward  # noqa: E402
from sandbox_process import Sandbox  # noqa: E402

printed_rights.switch_on()

# Any time: what it is decides nothing, but a world that is made twice must be the same.
START = "2026-03-02T06:00:00Z"

# Processes are killed here, not machines: what is on a disk outlives them as what is in memory does, and is slower.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# Runs until nothing changes any more. One settles an interrupted rotation, one does what then is due, two are quiet.
MOST_RUNS = 6


class Stage:
    """The world of one scenario right before the run that is to be disturbed. Use it as a context manager."""

    HOSTS = ("one", "two")

    def __init__(self, scenario, seed):
        self.scenario = scenario
        self._seed = seed

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="keyward-crash-", dir=IN_MEMORY)
        folder = pathlib.Path(self._folder.name)
        world = {"external_id": "ext-1", "accounts": self.scenario.accounts}
        self.sandbox = Sandbox("--seed", self._seed, "--start", START, "--propagation", "0ms", scenario=world)
        self.sandbox.__enter__()
        try:
            self.hosts = {name: self._host(folder / name, name) for name in self.HOSTS}
            self.scenario.prepare(self)
            self.sandbox.control("mail", method="DELETE")
            self.sandbox.control("calls", method="DELETE")
            self.sandbox.snapshot()
            self._states = {name: folder / f"state-{name}" for name in self.HOSTS}
            self.host.state_dir.mkdir(exist_ok=True)
            if not self.hosts["two"].state_dir.exists():
                self.share_state()
            for name, host in self.hosts.items():
                shutil.copytree(host.state_dir, self._states[name])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.sandbox.__exit__()
        self._folder.cleanup()

    def _host(self, folder, name):
        keyward = Keyward(folder, {**self.sandbox.environment, "AWS_SDK_UA_APP_ID": name}, **self.scenario.configuration)
        # The mails that count are those that the sandbox received.
        keyward.configure(notify={"channels": [{"type": "ses"}]})
        return keyward

    @property
    def host(self):
        """The one that works when there is only one."""
        return self.hosts["one"]

    # For preparing

    def run(self):
        self.host("run").expect(0)

    def advance(self, duration):
        self.sandbox.advance(duration)

    def use(self, account, user):
        """A workload uses the user's newest key."""
        self.sandbox.control("use", {"account": account, "user": user})

    def share_state(self):
        """Host two knows what host one knows by now. Without this it knows the same when the stage is set."""
        shutil.copytree(self.host.state_dir, self.hosts["two"].state_dir)

    def kill_before(self, *actions):
        """Host one's run dies when it has sent the last of these requests, in this order; that one has no effect."""
        held_requests.killed_before(self.sandbox, self.host, ("run",), *actions)

    # For trials

    def restore(self):
        """World and state folders as they were when the stage was set."""
        self.sandbox.control("gate", method="DELETE")
        self.sandbox.release(discard=True)
        self.sandbox.restore()
        for name, host in self.hosts.items():
            shutil.rmtree(host.state_dir, ignore_errors=True)
            shutil.copytree(self._states[name], host.state_dir)

    @contextlib.contextmanager
    def started(self, host, *arguments):
        """The running program, which does not outlive the block."""
        process = host.start(*arguments)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()

    def wait_for_held(self, process, app=""):
        """What is held, as soon as there is something; nothing when the program ended before it sent anything."""
        return held_requests.wait_for_held(self.sandbox, process, app)

    def settle(self, *hosts):
        """Runs keyward until two runs in a row changed nothing, the hosts in turn. Their results; the last one is quiet
        unless MOST_RUNS were not enough."""
        hosts = hosts or (self.host,)
        results, quiet = [], 0
        while quiet < max(2, len(hosts)) and len(results) < MOST_RUNS * len(hosts):
            before = self.sandbox.state_bytes(), len(self.sandbox.mail())
            results.append(hosts[len(results) % len(hosts)]("run"))
            quiet = quiet + 1 if before == (self.sandbox.state_bytes(), len(self.sandbox.mail())) else 0
        return results, quiet >= 2
