"""moto (an AWS emulator nobody of this project wrote) in a process of its own, with one addition: time can pass.

Run as a program it serves moto; as a module it starts that program and prepares an organization in it."""

import contextlib
import datetime
import email
import email.policy
import json
import pathlib
import re
import subprocess
import sys
import urllib.request

import boto3
import botocore.config

import sandbox_process

# Account of everybody whose key moto does not know: the management account of the organization made here.
HUB_ACCOUNT = "123456789012"
REGION = "us-east-1"
ALLOW_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
LEDGER_TAG = "keyward:state"
STAMP = re.compile(r"@(\d{8}T\d{6}Z)")

# ---- the program


def age_ledger(text, days):
    def earlier(match):
        at = datetime.datetime.strptime(match[1], "%Y%m%dT%H%M%SZ") - datetime.timedelta(days=days)
        return "@" + at.strftime("%Y%m%dT%H%M%SZ")

    return STAMP.sub(earlier, text)


def let_time_pass(days):
    """Makes everything that carries a date so many days older: as if the clock had moved on."""
    from moto.iam.models import AccessKeyLastUsed, iam_backends

    step = datetime.timedelta(days=days)
    for partitions in iam_backends.values():
        for backend in partitions.values():
            for user in backend.users.values():
                for key in user.access_keys:
                    key.create_date -= step
                    if key.last_used is not None:
                        used = key.last_used
                        key.last_used = AccessKeyLastUsed(used.timestamp - step, used.service, used.region)
                tags = backend.tagger.tags.get(user.arn, {})
                if LEDGER_TAG in tags:
                    tags[LEDGER_TAG] = age_ledger(tags[LEDGER_TAG], days)


def serve():
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ, start_response):
        if environ["PATH_INFO"] != "/passing-time":
            return moto(environ, start_response)
        let_time_pass(int(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))))
        start_response("204 No Content", [])
        return []

    class Quiet(WSGIRequestHandler):
        def log(self, *_):
            pass

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


# ---- the fixture


class Moto:
    """A running moto that checks signatures and permissions, with an organization whose members trust the user hub."""

    rights_of_its_own = "in moto it may do everything"

    def __init__(self, members=3):
        self._members = members

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            self.url = self._process.stdout.readline().strip()
            assert self.url.startswith("http"), "moto did not start"
            sandbox_process.RUNNING[self.url] = self
            self._prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        sandbox_process.RUNNING.pop(self.url, None)
        self._process.kill()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def _post(self, path, body):
        request = urllib.request.Request(self.url + path, data=body.encode(), headers={"Content-Type": "text/plain"})
        with contextlib.closing(urllib.request.urlopen(request)):
            pass

    def pass_time(self, days):
        self._post("/passing-time", str(days))

    def mails(self):
        """What its SES took, as Python's email package reads it."""
        with contextlib.closing(urllib.request.urlopen(self.url + "/moto-api/data.json")) as answer:
            taken = json.load(answer).get("ses", {}).get("RawMessage", [])
        return [email.message_from_string(mail["raw_data"], policy=email.policy.default) for mail in taken]

    def _prepare(self):
        iam = self.client("iam", ("setup", "setup"))
        organizations = self.client("organizations", ("setup", "setup"))
        organizations.create_organization(FeatureSet="ALL")
        self.accounts = [
            organizations.create_account(AccountName=f"member-{i}", Email=f"member-{i}@example.org")[
                "CreateAccountStatus"
            ]["AccountId"]
            for i in range(self._members)
        ]
        iam.create_user(UserName="hub")
        iam.put_user_policy(UserName="hub", PolicyName="all", PolicyDocument=ALLOW_ALL)
        key = iam.create_access_key(UserName="hub")["AccessKey"]
        self.hub = (key["AccessKeyId"], key["SecretAccessKey"])
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{HUB_ACCOUNT}:user/hub"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": "ext-1"}},
                }
            ],
        }
        for account in self.accounts:
            # Before the signatures count, a session of a role that does not exist yet may do everything.
            member = self.client("iam", self.assume(account))
            member.create_role(RoleName="keyward-rotate", AssumeRolePolicyDocument=json.dumps(trust))
            member.put_role_policy(RoleName="keyward-rotate", PolicyName="all", PolicyDocument=ALLOW_ALL)
        self._post("/moto-api/reset-auth", "0")

    def environment(self):
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.hub[0],
            "AWS_SECRET_ACCESS_KEY": self.hub[1],
            "AWS_REGION": REGION,
            "KEYWARD_EXTERNAL_ID": "ext-1",
        }

    def client(self, service, credentials):
        """A boto3 client of (id, secret[, token])."""
        key, secret, token = (*credentials, None)[:3]
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=botocore.config.Config(retries={"total_max_attempts": 1, "mode": "standard"}),
        )

    def assume(self, account):
        answer = self.client("sts", self.hub).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/keyward-rotate", RoleSessionName="test", ExternalId="ext-1"
        )["Credentials"]
        return (answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])

    def iam(self, account):
        return self.client("iam", self.assume(account))

    def create_key(self, account, user):
        key = self.iam(account).create_access_key(UserName=user)["AccessKey"]
        return (key["AccessKeyId"], key["SecretAccessKey"])

    def keys(self, account, user):
        """{id: status}, the older first."""
        found = self.iam(account).list_access_keys(UserName=user)["AccessKeyMetadata"]
        return {key["AccessKeyId"]: key["Status"] for key in sorted(found, key=lambda key: key["CreateDate"])}


if __name__ == "__main__":
    serve()
