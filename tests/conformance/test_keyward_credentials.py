"""keyward with the credentials of a role: of a profile with a source, and of a web identity, as in EKS or a CI job."""

import base64
import datetime
import json

import pytest

from keyward_process import Keyward
from sandbox_process import HUB_ACCOUNT, Sandbox

ACCOUNT = "222222222222"
JOB = f"arn:aws:iam::{HUB_ACCOUNT}:role/keyward-job"
MIDDLE = f"arn:aws:iam::{HUB_ACCOUNT}:role/middle"
ISSUER = "oidc.example.org/id/1"
SUBJECT = "system:serviceaccount:keyward:keyward"


def policy(**statement):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


ALL = {"all": policy(Action="*", Resource="*")}


@pytest.fixture
def sandbox():
    web_identity = policy(
        Principal={"Federated": f"arn:aws:iam::{HUB_ACCOUNT}:oidc-provider/{ISSUER}"},
        Action="sts:AssumeRoleWithWebIdentity",
        Condition={"StringEquals": {f"{ISSUER}:sub": SUBJECT, f"{ISSUER}:aud": "sts.amazonaws.com"}},
    )
    trust = policy(Principal={"AWS": MIDDLE}, Action="sts:AssumeRole")
    trust["Statement"] += web_identity["Statement"]
    hub_user = f"arn:aws:iam::{HUB_ACCOUNT}:user/hub"
    middle = {
        "name": "middle",
        "trust": policy(
            Principal={"AWS": hub_user},
            Action="sts:AssumeRole",
            Condition={"StringEquals": {"sts:ExternalId": "profile-1"}},
        ),
        "policies": ALL,
    }
    management = {
        "id": HUB_ACCOUNT,
        "management": True,
        "roles": [{"name": "keyward-job", "trust": trust, "policies": ALL}, middle],
    }
    # The accounts trust the job's role alone: with hub's own key nothing could be done there.
    member_role = {"name": "keyward-rotate", "trust": policy(Principal={"AWS": JOB}, Action="sts:AssumeRole")}
    member = {
        "id": ACCOUNT,
        "email": "owner@example.org",
        "users": [{"name": "alice", "age_days": 200, "keys": [{"age_days": 95, "last_used": {"days_ago": 1}}]}],
        "roles": [{**member_role, "policies": ALL}],
    }
    scenario = {"accounts": [management, member]}
    with Sandbox("--seed", 17, "--propagation", "50ms", scenario=scenario) as running:
        yield running


def environment(sandbox, **more):
    """What leads to the sandbox, without the key of hub."""
    kept = {name: sandbox.environment[name] for name in ("AWS_ENDPOINT_URL", "AWS_REGION")}
    return {**kept, **more}


def token(sandbox, subject=SUBJECT, lifetime=datetime.timedelta(hours=1)):
    """A JSON web token; the sandbox does not look at its signature."""
    claims = {
        "iss": f"https://{ISSUER}",
        "sub": subject,
        "aud": "sts.amazonaws.com",
        "exp": int((sandbox.now() + lifetime).timestamp()),
    }
    parts = [json.dumps({"alg": "RS256"}), json.dumps(claims), "signature"]
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)


def assert_rotated_by_the_job(sandbox, session):
    old, new = sandbox.state()["accounts"][ACCOUNT]["users"]["alice"]["keys"]
    assert (old["status"], new["status"]) == ("Active", "Active")
    entered = {c["principal"] for c in sandbox.calls()["log"] if c["action"] == "iam:CreateAccessKey"}
    assert entered == {f"arn:aws:sts::{ACCOUNT}:assumed-role/keyward-rotate/keyward"}
    assert session in {c["principal"] for c in sandbox.calls()["log"] if c["action"] == "ses:SendEmail"}


@pytest.fixture
def web_identity(tmp_path, sandbox):
    """keyward, and the path of the file that holds its token."""
    path = tmp_path / "token"
    settings = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(path), "AWS_ROLE_ARN": JOB, "AWS_ROLE_SESSION_NAME": "pod"}
    keyward = Keyward(tmp_path, environment(sandbox, **settings), notify={"channels": [{"type": "ses"}]})
    return keyward, path


def test_a_web_identity_does_the_job(sandbox, web_identity):
    keyward, path = web_identity
    path.write_text(token(sandbox) + "\n")
    sandbox.faults(
        rules=[
            {"action": "sts:AssumeRoleWithWebIdentity", "fault": "throttle", "times": 1},
            {"action": "sts:AssumeRoleWithWebIdentity", "fault": "truncate", "times": 1},
        ]
    )
    result = keyward("run", "--log-level", "trace").expect(0)
    assert_rotated_by_the_job(sandbox, f"arn:aws:sts::{HUB_ACCOUNT}:assumed-role/keyward-job/pod")
    counts = sandbox.calls()["counts"]
    assert (counts["sts:AssumeRoleWithWebIdentity"], counts["sts:AssumeRoleWithWebIdentity Throttling"]) == (3, 1)
    assert result.summary["api_calls"]["sts:AssumeRoleWithWebIdentity"] == 3
    written = keyward.everything_written() + (result.stdout + result.stderr).encode()
    assert path.read_bytes().strip() not in written


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"subject": "somebody else"}, "its trust policy admits this token"),
        ({"lifetime": -datetime.timedelta(seconds=1)}, "ExpiredTokenException"),
    ],
)
def test_a_token_that_is_refused_stops_the_run(sandbox, web_identity, broken, words):
    keyward, path = web_identity
    path.write_text(token(sandbox, **broken))
    before = sandbox.state()
    result = keyward("run").expect(5)
    assert words in result.stderr and JOB in result.stderr
    assert sandbox.state() == before


def test_a_profile_with_a_role_and_its_source_does_the_job(tmp_path, sandbox):
    files = tmp_path / ".aws"
    files.mkdir()
    (files / "config").write_text(
        f"[profile job]\nrole_arn = {JOB}\nsource_profile = middle\nrole_session_name = nightly\n"
        f"[profile middle]\nrole_arn = {MIDDLE}\nsource_profile = hub\nexternal_id = profile-1\n"
    )
    key, secret = (sandbox.environment[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
    (files / "credentials").write_text(f"[hub]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    keyward = Keyward(tmp_path, environment(sandbox, AWS_PROFILE="job"), notify={"channels": [{"type": "ses"}]})
    sandbox.faults(rules=[{"action": "sts:AssumeRole", "target": "middle", "fault": "throttle", "times": 2}])
    keyward("run").expect(0)
    assert_rotated_by_the_job(sandbox, f"arn:aws:sts::{HUB_ACCOUNT}:assumed-role/keyward-job/nightly")


def test_a_profile_whose_source_may_not_assume_the_role_says_so(tmp_path, sandbox):
    files = tmp_path / ".aws"
    files.mkdir()
    (files / "config").write_text(
        f"[profile job]\nrole_arn = {JOB}\nsource_profile = middle\n"
        f"[profile middle]\nrole_arn = {MIDDLE}\nsource_profile = hub\n"
    )
    key, secret = (sandbox.environment[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"))
    (files / "credentials").write_text(f"[hub]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    result = Keyward(tmp_path, environment(sandbox))("--profile", "job", "run").expect(5)
    assert f"sts:AssumeRole {MIDDLE}: AccessDenied" in result.stderr
    assert f"no credentials to assume {JOB}" in result.stderr and "external id" in result.stderr
