"""The calls that the rotation of one user takes whose secret exists: all but those that an account needs anyway."""

import pathlib
import tempfile

import worlds
from keyward_process import Keyward

# The figure that ./bench shows and ./check does not let rise.
CALLS = 13

OF_THE_ACCOUNT = {"sts:AssumeRole", "iam:GenerateCredentialReport", "iam:GetCredentialReport", "iam:GetGroup"}
OF_TELLING = ("account:", "ses:")  # whom to tell, and the mail


def world():
    return worlds.organization(1, 1, due=1)


def calls_of_second_rotation(sandbox):
    """The actions in their order, by `keyward run` in world(). The first rotation, with which the secret is made, comes before."""
    with tempfile.TemporaryDirectory() as directory:
        keyward = Keyward(pathlib.Path(directory), sandbox.environment)
        for days in (11, 11, 80):  # the first rotation, the end of both graces, and the key is due again
            keyward("run").expect(0)
            sandbox.advance(f"{days}d")
            sandbox.control("use", {"account": worlds.account_id(1), "user": "user-0000"})  # it has taken its key over
        sandbox.gate(from_=0)
        keyward("run").expect(0)
        requests = [request["action"] for request in sandbox.counted()]
    of_the_hub = requests.index("sts:AssumeRole")
    calls = [action for action in requests[of_the_hub:] if action not in OF_THE_ACCOUNT and not action.startswith(OF_TELLING)]
    assert "iam:CreateAccessKey" in calls and "secretsmanager:CreateSecret" not in calls, calls
    return calls
