"""Organizations of a few accounts and users, and what the sandbox shows of them."""

import contextlib
import json

from sandbox_process import Sandbox

A, B, C = "222222222222", "333333333333", "444444444444"


def overdue(name, **members):
    return {"name": name, "age_days": 200, "keys": [{"age_days": 95, "last_used": {"days_ago": 1}}], **members}


def account(number, *users, **members):
    return {"id": number, "email": f"{number}@example.org", "users": list(users), **members}


@contextlib.contextmanager
def organization(*accounts, options=(), **scenario):
    scenario = {"external_id": "ext-1", **scenario, "accounts": list(accounts)}
    with Sandbox("--seed", 11, "--propagation", "50ms", *options, scenario=scenario) as sandbox:
        yield sandbox


def keys(state, number, user):
    return state["accounts"][number]["users"][user]["keys"]


def stored(state):
    """Secret access keys in the secret stores, by staging label."""
    labels = {}
    for one in state["accounts"].values():
        for secret in one["secrets"]:
            for version in secret["versions"].values():
                with contextlib.suppress(KeyError, ValueError):
                    value = json.loads(version["text"])
                    for stage in version["stages"]:
                        labels.setdefault(stage, set()).add(value["SecretKey"])
    return labels


def assert_rotated(state, number, user):
    old, new = keys(state, number, user)
    assert (old["status"], new["status"]) == ("Active", "Active")
    assert new["secret"] in stored(state)["AWSCURRENT"]
    assert " int=" not in state["accounts"][number]["users"][user]["tags"]["keyward:state"]
