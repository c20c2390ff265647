"""What keyward may do in a test's sandbox: exactly what `keyward policy` prints for the configuration in use.

Whenever a test configures keyward, the built-in rights of the sandbox's identities (`rights` of the user hub and of the
role keyward-rotate) are replaced by the printed ones, in every account. Roles that a scenario brings along keep the
policies it gives them, and get the printed ones beside. Benchmarks leave the built-in rights: switch_on() is for tests.

A test in which keyward has other rights says why; how often each was so stands at the end of a run of the tests.
"""

import collections
import json
import subprocess

# Nothing of these reaches a policy; without them, configurations of different tests are the same.
NO_RIGHTS_IN = {"limits", "state_dir", "policy", "dry_run"}
OWN = "rights"  # the name of the built-in policies
ADMINISTRATOR = "OrganizationAccountAccessRole"


class NotPrinted(AssertionError):
    """keyward does not take the configuration that it was to print the rights for."""


class OtherRights(AssertionError):
    """keyward has other rights than those that are printed, and no test says why."""


PRINTED = "those that are printed"
RUNS = "rights of runs"  # among the properties of a test
_runs = collections.Counter()  # of keyward, by the rights they had
_on = False
_printed = {}  # policies by what they were printed for


def switch_on():
    global _on
    _on = True


def printed(command, mode, environment, *arguments):
    """The running `keyward policy`."""
    return subprocess.Popen(
        [*command, "policy", mode, *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def roles_of(configuration):
    """The roles that the configuration names, by the mode that prints their rights."""
    roles = {"rotate": configuration.get("member_role", "keyward-rotate")}
    roles["audit"] = configuration.get("audit_role", roles["rotate"])
    arns = {"inventory": configuration.get("organization", {}).get("list_role"), "store": configuration.get("store", {}).get("role")}
    roles |= {mode: arn.partition(":role/")[2] for mode, arn in arns.items() if arn}
    if roles["audit"] == roles["rotate"]:
        del roles["audit"]
    return {mode: role.rpartition("/")[2] for mode, role in roles.items() if not role.endswith(ADMINISTRATOR)}


def documents(command, configuration, environment, hub):
    """Policies by mode."""
    processes = {mode: printed(command, mode, environment) for mode in roles_of(configuration)}
    processes["control"] = printed(command, "control", environment, "--principal", hub)
    told = {mode: process.communicate() for mode, process in processes.items()}
    for mode, process in processes.items():
        if process.returncode != 0:
            # Else the test would go on under rights that were printed for something else.
            raise NotPrinted(f"keyward policy {mode} ended with {process.returncode}: {told[mode][1]}")
    return {mode: json.loads(out) for mode, (out, _) in told.items()}


def needed(environment, sandbox, reason):
    """Which rights keyward has: PRINTED, which are to be given to it, or why it has others."""
    reason = reason or (sandbox and sandbox.rights_of_its_own)
    endpoints = sorted(name for name in environment if name.startswith("AWS_ENDPOINT_URL"))
    if _on and not reason and not sandbox and endpoints:
        raise OtherRights(f"{endpoints}: no sandbox of this test is there, and nothing says why keyward has no printed rights")
    return reason or (PRINTED if sandbox else "it has no AWS to ask")


def count(rights):
    _runs[rights] += 1


def tell(properties):
    """Has a test keep the rights of the runs since the last one."""
    if _runs:
        properties.append((RUNS, dict(_runs)))
        _runs.clear()


def told(reports):
    """What to print at the end."""
    runs = collections.Counter()
    for report in reports:
        for name, value in report.user_properties:
            if name == RUNS and report.when == "teardown":
                runs.update(value)
    return "\n".join(f"{number:6} runs of keyward, with rights: {rights}" for rights, number in runs.most_common())


def give(sandbox, command, configuration, environment):
    """Has the identities of the sandbox changed to what is printed, if they are not already."""
    if not _on:
        return
    relevant = {key: value for key, value in configuration.items() if key not in NO_RIGHTS_IN}
    words = {key: value for key, value in environment.items() if key == "AWS_REGION" or not key.startswith(("AWS_", "SANDBOX_", "PATH", "HOME"))}
    wanted = json.dumps([relevant, words, command[3:], sandbox.hub_arn], sort_keys=True, default=str)
    if sandbox.rights == wanted:
        return
    if wanted not in _printed:
        _printed[wanted] = documents(command, configuration, environment, sandbox.hub_arn)
    policies = _printed[wanted]
    roles = roles_of(configuration)
    user = sandbox.hub_arn.split(":")
    sandbox.control("edit", {"edit": "put_user_policy", "account": user[4], "user": "hub", "name": OWN, "policy": policies["control"]})
    for mode, role in roles.items():
        sandbox.control("edit", {"edit": "put_role_policy", "role": role, "name": OWN, "policy": policies[mode]})
    sandbox.rights = wanted
