"""Runs keyward in a folder of its own and reads what it left there: exit code, output, run records, mail."""

import dataclasses
import email
import email.message
import email.policy
import json
import os
import pathlib
import subprocess

import printed_rights
import sandbox_process

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A run of a few accounts takes a second; one that hangs must not hold up the suite.
TIME_LIMIT = 60


def executable():
    build = pathlib.Path(os.environ.get("KEYWARD_BUILD", ROOT / "build" / "dev" / "bin")).resolve()
    path = build / "keyward"
    assert path.exists(), f"{path} is missing: build the target keyward or set KEYWARD_BUILD"
    return path


def region_of(arguments):
    """The option that names the region of a run, because it is in ARNs, too."""
    at = arguments.index("--region") if "--region" in arguments else len(arguments)
    return arguments[at : at + 2]


def wait_for_words(process, words):
    """Reads what a running keyward says until a line has these words. What was read is not in its result any more."""
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"keyward ended and did not say: {words}")


@dataclasses.dataclass
class Result:
    """What one call of the program left."""

    code: int
    stdout: str
    stderr: str
    directory: pathlib.Path | None  # of the run record; None when it got none

    @property
    def summary(self):
        assert self.directory, f"no run record (exit {self.code}):\n{self.stdout}{self.stderr}"
        return json.loads((self.directory / "run.json").read_text())

    @property
    def events(self):
        assert self.directory, f"no run record (exit {self.code}):\n{self.stdout}{self.stderr}"
        return [json.loads(line) for line in (self.directory / "events.jsonl").read_text().splitlines()]

    def outcomes(self):
        """(user, action, outcome) of everything that was done or tried, in the order of the log."""
        return [(e["user"], e["action"], e["outcome"]) for e in self.events if e["event"] == "action"]

    @property
    def mails(self) -> list[email.message.EmailMessage]:
        """What the file channel wrote, in its order."""
        folder = self.directory / "mail" if self.directory else None
        if folder is None or not folder.exists():
            return []
        files = sorted(folder.glob("*.eml"))
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]

    def expect(self, code):
        assert self.code == code, f"exit {self.code}, not {code}:\n{self.stdout}\n{self.stderr}"
        return self


class Keyward:
    """The program with its configuration file and state folder below `directory`.

    `environment` is all it sees beside PATH and HOME; `configuration` is laid over the one below, where None removes
    a key. `sandbox` gives the rights where AWS_ENDPOINT_URL leads elsewhere first; `other_rights` says why it has other
    ones than those that are printed."""

    def __init__(self, directory, environment, *, sandbox=None, other_rights=None, **configuration):
        self._sandbox, self._other_rights = sandbox, other_rights
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.state_dir = self.directory / "state"
        self.launcher = ()  # what starts the program, its command line as arguments
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "AWS_EC2_METADATA_DISABLED": "true",
            **environment,
        }
        self.configuration = {
            "dry_run": False,
            "accounts": {"default": "opt-out"},
            "notify": {"sender": "keyward@example.org", "channels": [{"type": "file"}]},
            "limits": {"verify_interval": "100ms", "verify_timeout": "20s", "calls_per_second_per_account": 1000},
            "state_dir": str(self.state_dir),
        }
        if "KEYWARD_EXTERNAL_ID" in environment:
            self.configuration["external_id"] = "env:KEYWARD_EXTERNAL_ID"
        self.configure(**configuration)

    def configure(self, **changes):
        for key, value in changes.items():
            group = self.configuration.get(key)
            if isinstance(group, dict) and isinstance(value, dict):
                group.update(value)
            else:
                self.configuration[key] = value
        # YAML holds all of JSON, and JSON quotes every text: no account id is taken for a number.
        (self.directory / "config.yaml").write_text(json.dumps(self.configuration, indent=2))
        self._give_rights()

    def _give_rights(self, *options, **environment):
        """Those that this configuration needs; what keyward has then."""
        environment = {**self.environment, **environment}
        sandbox = self._sandbox or sandbox_process.RUNNING.get(environment.get("AWS_ENDPOINT_URL"))
        rights = printed_rights.needed(environment, sandbox, self._other_rights)
        if rights == printed_rights.PRINTED:
            command = [str(executable()), "-c", str(self.directory / "config.yaml"), *options]
            printed_rights.give(sandbox, command, self.configuration, environment)
        return rights

    def start(self, *arguments, stdout=subprocess.PIPE, **environment):
        """The running program, for tests that disturb it; finish() waits for its end."""
        self._records = self._run_directories()
        printed_rights.count(self._give_rights(*region_of(arguments), **environment))
        progress = () if "--progress" in arguments else ("--progress", "none")
        command = [*self.launcher, executable(), "-c", self.directory / "config.yaml", *progress, *arguments]
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=self.directory,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finish(self, process):
        try:
            stdout, stderr = process.communicate(timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"keyward did not end within {TIME_LIMIT} s:\n{stdout}\n{stderr}") from None
        new = self._run_directories() - self._records
        assert len(new) <= 1, f"one call made several run records: {new}"
        return Result(process.returncode, stdout, stderr, next(iter(new), None))

    def __call__(self, *arguments, **environment):
        return self.finish(self.start(*arguments, **environment))

    def _run_directories(self):
        runs = self.state_dir / "runs"
        return {path for path in runs.iterdir() if path.is_dir()} if runs.exists() else set()

    def everything_written(self):
        """All bytes below the state folder, mail included: for looking for what must not be there."""
        return b"\0".join(path.read_bytes() for path in sorted(self.state_dir.rglob("*")) if path.is_file())
