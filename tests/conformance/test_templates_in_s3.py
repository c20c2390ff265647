"""Mail templates in a bucket: read before anything is changed, kept with the run, refused with the place of what is wrong."""


import pytest

from keyward_process import Keyward
from moto_process import Moto
from sandbox_process import Sandbox

GUIDANCE = "<p>{{partition_name}} {{account_id}} {{account_name}} {{timestamp}}<br>{{actions}}{{sender_email}}</p>"


class MotoBucket:
    """Objects in a moto whose member account holds a key that is due."""

    def __init__(self, moto):
        self._client = moto.client("s3", moto.hub)

    def create(self, bucket):
        self._client.create_bucket(Bucket=bucket)

    def put(self, bucket, key, text):
        self._client.put_object(Bucket=bucket, Key=key, Body=text.encode())


def mails_of(run, kind="html"):
    return [mail.get_body((kind,)).get_content() for mail in run.mails]


def test_moto_takes_the_request_and_the_environment_of_the_guidance(tmp_path):
    with Moto(members=1) as moto:
        (member,) = moto.accounts
        moto.iam(member).create_user(UserName="alice")
        moto.create_key(member, "alice")
        moto.pass_time(95)
        bucket = MotoBucket(moto)
        bucket.create("mail.templates")
        keyward = Keyward(tmp_path, moto.environment())
        environment = {
            "S3_BUCKET_NAME": "mail.templates",
            "S3_BUCKET_PREFIX": "asa/a b+ü",
            "EmailTemplateEnforce": "enforcement (v1).html",
            "EmailTemplateAudit": "audit.html",
        }
        missing = keyward("run", **environment).expect(5)
        assert "s3://mail.templates/asa/a b+ü/Template/enforcement (v1).html: " in missing.stderr
        assert "NoSuchKey" in missing.stderr and "notify.template_enforce" in missing.stderr
        assert missing.directory is None and len(moto.keys(member, "alice")) == 1

        # The guidance's repository spells the folder otherwise than its code.
        bucket.put("mail.templates", "asa/a b+ü/template/enforcement (v1).html", GUIDANCE)
        bucket.put("mail.templates", "asa/a b+ü/template/audit.html", "<p>\n  {{acount_id}}</p>")
        wrong = keyward("run", **environment).expect(2)
        assert (
            "s3://mail.templates/asa/a b+ü/template/audit.html:2:3: unknown placeholder {{acount_id}}; did you mean {{account_id}}?"
            in wrong.stderr
        )
        assert wrong.directory is None and len(moto.keys(member, "alice")) == 1

        bucket.put("mail.templates", "asa/a b+ü/template/audit.html", "<p>audit</p>")
        bucket.put("mail.templates", "asa/a b+ü/template/audit.txt", "audit")
        run = keyward("run", **environment).expect(0)
        assert len(moto.keys(member, "alice")) == 2
        (html,) = mails_of(run)
        assert html.startswith(f"<p>aws {member} member-0 ") and "user alice: A new access key" in html
        assert "get-secret-value" in mails_of(run, "plain")[0]

        # Written again without the bucket.
        nowhere = {**moto.environment(), **environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        out = tmp_path / "out"
        Keyward(tmp_path, nowhere, other_rights="it is to ask nobody")("notify", "preview", "--out", out).expect(0)
        (kept,) = out.glob("*.eml")
        assert kept.read_bytes() == next((run.directory / "mail").glob("*.eml")).read_bytes()

        keyward("notify", "test", "--to", "owner@example.org", **environment).expect(0)
        bucket.put("mail.templates", "asa/a b+ü/template/audit.txt", "{{nonsense}}")
        assert "audit.txt:1:1" in keyward("notify", "test", "--to", "owner@example.org", **environment).expect(2).stderr


@pytest.mark.parametrize("command", [["run"], ["notify", "test", "--to", "owner@example.org"]])
def test_what_aws_refuses_is_said_before_anything_is_changed(tmp_path, command):
    with Sandbox("--seed", 5, "--accounts", 2, "--users", 2) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={"templates": "s3://nobodys-bucket/mail"})
        state = sandbox.state_bytes()
        refused = keyward(*command).expect(5)
        assert "s3://nobodys-bucket/mail/enforce.html: " in refused.stderr and "NoSuchBucket" in refused.stderr
        sandbox.faults(rules=[{"action": "s3:GetObject", "fault": "denied", "times": -1}])
        denied = keyward(*command).expect(5)
        assert "allow s3:GetObject on it to the identity that runs keyward" in denied.stderr
        assert sandbox.mail() == [] or command[0] == "run"
        assert sandbox.state_bytes() == state
