"""Starts keyward-sandbox for a test and speaks to it: boto3 clients, the control endpoints, the virtual clock."""

import contextlib
import datetime
import json
import os
import pathlib
import shlex
import ssl
import subprocess
import tempfile
import urllib.request

import boto3
import botocore.auth
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parents[2]
HUB_ACCOUNT = "111111111111"

RUNNING = {}  # sandboxes of this process by their URL, and what plays AWS else

# One attempt: a test that counts calls or injects faults must see each of them.
ONE_ATTEMPT = botocore.config.Config(retries={"total_max_attempts": 1, "mode": "standard"})


def executable():
    build = pathlib.Path(os.environ.get("KEYWARD_BUILD", ROOT / "build" / "dev" / "bin")).resolve()
    path = build / "keyward-sandbox"
    assert path.exists(), f"{path} is missing: build the target keyward-sandbox or set KEYWARD_BUILD"
    return path


class Sandbox:
    """A running sandbox. Use it as a context manager; options are those of the command line."""

    def __init__(self, *options, scenario=None, tls=False):
        self._options = [str(option) for option in options]
        self._scenario = scenario
        self._tls = tls
        self._process = None
        self._hub_arn = None
        self._kept_rights = None
        self.environment = {}
        self.rights = None  # what was given last (printed_rights.py)
        self.rights_of_its_own = None  # why a test leaves the identities' rights as they are

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="keyward-sandbox-")
        directory = pathlib.Path(self._directory.name)
        command = [executable(), "--port", "0", "--env-file", directory / "env", *self._options]
        if self._scenario is not None:
            (directory / "scenario.json").write_text(json.dumps(self._scenario))
            command += ["--scenario", directory / "scenario.json"]
        if self._tls:
            command += ["--tls"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self._process.stdout.readline().strip()
        assert self.url.startswith("http"), f"the sandbox did not start: {command}"
        for line in (directory / "env").read_text().splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                name, _, value = words[1].partition("=")
                self.environment[name] = value
        RUNNING[self.url] = self
        return self

    def __exit__(self, *_):
        RUNNING.pop(self.url, None)
        self._process.terminate()
        code = self._process.wait(timeout=10)
        self._process.stdout.close()
        self._directory.cleanup()
        assert code == 0, f"the sandbox ended with {code}"

    @property
    def hub_arn(self):
        """Who runs keyward."""
        if self._hub_arn is None:
            management = self.state()["organization"]["management_account"]
            self._hub_arn = f"arn:aws:iam::{management}:user/hub"
        return self._hub_arn

    @property
    def pid(self):
        return self._process.pid

    # Control endpoints

    def _open(self, request):
        trust = ssl.create_default_context(cafile=self.environment["AWS_CA_BUNDLE"]) if self.url.startswith("https") else None
        return urllib.request.urlopen(request, context=trust)

    def control(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data=data, method=method)
        with self._open(request) as answer:
            return json.load(answer)

    def state(self):
        return self.control("state")

    def state_bytes(self):
        """What lasts, to be compared. The rights that a test's configuration is given are none of it (printed_rights.py)."""
        state = self.state()
        for one in state["accounts"].values():
            for identity in (*one["users"].values(), *one["roles"].values()):
                identity["policies"].pop("rights", None)
        return json.dumps(state).encode()

    def mail(self):
        return self.control("mail")

    def calls(self):
        return self.control("calls")

    def faults(self, **settings):
        return self.control("faults", settings)

    def edit(self, edit, **members):
        if members.get("name") == "rights":
            self.rights_of_its_own = "the test gives the rights itself"
        return self.control("edit", {"edit": edit, **members})

    def snapshot(self):
        self.control("snapshot", {})
        self._kept_rights = self.rights

    def restore(self):
        self.control("restore", {})
        self.rights = self._kept_rights

    def gate(self, **settings):
        """Counts requests from now on; holds those from number `from_` on. See docs/sandbox.md."""
        return self.control("gate", {name.rstrip("_"): value for name, value in settings.items()})

    def counted(self):
        return self.control("gate")["requests"]

    def held(self, wait="0s", app=""):
        return self.control(f"held?wait={wait}&app={app}")["held"]

    def release(self, **which):
        return self.control("release", which)["released"]

    def now(self):
        return datetime.datetime.fromtimestamp(self.control("clock")["epoch"], datetime.timezone.utc)

    def advance(self, duration):
        return self.control("clock", {"advance": duration})

    @contextlib.contextmanager
    def signing_with_its_clock(self):
        """botocore corrects no skew: inside of this it signs with the sandbox's time."""
        original = botocore.auth.get_current_datetime

        def sandbox_time(remove_tzinfo=True):
            now = self.now()
            return now.replace(tzinfo=None) if remove_tzinfo else now

        botocore.auth.get_current_datetime = sandbox_time
        try:
            yield
        finally:
            botocore.auth.get_current_datetime = original

    # Clients

    def client(self, service, credentials=None, region=None, config=ONE_ATTEMPT):
        """A boto3 client: of the hub, or of (id, secret[, token])."""
        if credentials is None:
            credentials = (self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"])
        key, secret, token = (*credentials, None)[:3]
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region or self.environment["AWS_REGION"],
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            verify=self.environment.get("AWS_CA_BUNDLE"),
            config=config,
        )

    def admin(self):
        return (self.environment["SANDBOX_ADMIN_ACCESS_KEY_ID"], self.environment["SANDBOX_ADMIN_SECRET_ACCESS_KEY"])

    def assume(self, account, role="keyward-rotate", credentials=None, **parameters):
        """Credentials of a role session, as client() takes them."""
        if "KEYWARD_EXTERNAL_ID" in self.environment:
            parameters.setdefault("ExternalId", self.environment["KEYWARD_EXTERNAL_ID"])
        parameters.setdefault("RoleSessionName", "test")
        answer = self.client("sts", credentials).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{role}", **parameters
        )["Credentials"]
        return (answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])

    def member_admin(self, account):
        return self.assume(account, "OrganizationAccountAccessRole", self.admin())

    def user_credentials(self, account, user, index=0):
        key = self.state()["accounts"][account]["users"][user]["keys"][index]
        return (key["id"], key["secret"])
