"""The fan-out of deploy/fanout: a state machine that AWS takes, with the rights of what it does and no others."""

import fnmatch
import json
import re

import cfnlint

from cloudformation import DEPLOY, Stack
from deployments import CONTROL, FANOUT, PRINCIPAL
from policies import as_list, faults_in

STACK = Stack("fanout/fanout.yaml", account=CONTROL, **FANOUT)


def definition():
    values = STACK.properties("Machine")["DefinitionSubstitutions"]
    text = (DEPLOY / "fanout/state-machine.asl.json").read_text()
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(values)
    return json.loads(re.sub(r"\$\{(\w+)\}", lambda match: str(values[match[1]]), text))


def states(machine):
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def test_the_state_machine_is_one(tmp_path):
    def faults(machine):
        properties = {"RoleArn": PRINCIPAL, "Definition": machine}
        resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
        file = tmp_path / "machine.json"
        file.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Machine": resource}}))
        return [str(fault) for fault in cfnlint.lint_file(file)]

    machine = definition()
    assert faults(machine) == []
    # Otherwise that silence would say nothing.
    del machine["States"]["Accounts"]["ItemProcessor"]["States"]["Account"]["Resource"]
    assert faults(machine) != []


def test_every_way_leads_to_the_end():
    machine = definition()

    def walk(machine):
        name, seen = machine["StartAt"], []
        while True:
            state = machine["States"][name]
            seen.append(name)
            if "ItemProcessor" in state:
                walk(state["ItemProcessor"])
            if state.get("End"):
                break
            name = state["Next"]
        assert sorted(seen) == sorted(machine["States"])

    walk(machine)


def test_every_call_ends_and_is_tried_again_after_a_pause_that_chance_spreads():
    tasks = {name: state for name, state in states(definition()) if state["Type"] == "Task"}
    assert set(tasks) == {"Inventory", "Account", "Merge"}
    for task in tasks.values():
        # What Lambda grants at most.
        assert task["TimeoutSeconds"] == 900
        assert task["Arguments"]["FunctionName"] == FANOUT["FunctionArn"]
        assert any("States.ALL" in retry["ErrorEquals"] for retry in task["Retry"])
        for retry in task["Retry"]:
            if retry["MaxAttempts"] == 0:
                continue
            assert retry["JitterStrategy"] == "FULL" and retry["MaxDelaySeconds"] <= 300 and retry["MaxAttempts"] <= 12


def retried(task, error):
    """The first rule that fits counts."""
    return next(rule["MaxAttempts"] for rule in task["Retry"] if {error, "States.ALL"} & set(rule["ErrorEquals"])) > 0


def test_what_another_try_cannot_mend_is_not_tried_again():
    tasks = dict(states(definition()))
    for task in ("Inventory", "Account", "Merge"):
        assert not retried(tasks[task], "Function.Configuration") and retried(tasks[task], "Lambda.ServiceException")
    # With another try a limit would let it change as much again.
    assert not retried(tasks["Account"], "Function.SafetyStop") and retried(tasks["Account"], "Function.Partial")
    # It ends as the day went, when all have been told.
    assert not retried(tasks["Merge"], "Function.Partial")


def test_the_map_is_bounded_and_its_failures_can_be_redriven():
    accounts = definition()["States"]["Accounts"]
    assert (accounts["MaxConcurrency"], accounts["ToleratedFailurePercentage"]) == (40, 10)
    # Of express executions nothing is left that could be redriven, and a failure that is caught ends well.
    assert accounts["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert not any("Catch" in state for _, state in states(definition()))


def test_the_function_hears_what_it_knows():
    """Inventory and merge speak of the same folder; what stands between them is the event of one account."""
    machine = definition()["States"]
    payload = {name: machine[name]["Arguments"]["Payload"] for name in ("Inventory", "Merge")}
    assert {one["action"] for one in payload.values()} == {"inventory", "merge"}
    assert len({(one["bucket"], one["prefix"]) for one in payload.values()}) == 1
    assert machine["Accounts"]["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    account = machine["Accounts"]["ItemProcessor"]["States"]["Account"]
    assert account["Arguments"]["Payload"] == "{% $states.input %}"
    (target,) = STACK.properties("WhenItFails")["Targets"]
    late = json.loads(target["InputTransformer"]["InputTemplate"].replace("<name>", "x"))
    assert late == {"action": "merge", "bucket": payload["Merge"]["bucket"], "prefix": "runs/x"}


def test_what_was_done_before_an_execution_failed_is_told_whatever_it_failed_of():
    merge = definition()["States"]["Merge"]
    [told_already] = [set(rule["ErrorEquals"]) for rule in merge["Retry"] if rule["MaxAttempts"] == 0]
    detail = STACK.properties("WhenItFails")["EventPattern"]["detail"]
    [error] = detail["error"]
    # Once more after the merge has told everything would only tell operators twice.
    assert set(error["anything-but"]) == told_already | {"Function.PreflightFailed"} and "FAILED" in detail["status"]
    terraform = (DEPLOY / "terraform/modules/fanout/main.tf").read_text()
    assert all(f'"{name}"' in terraform for name in error["anything-but"])


def test_the_machine_reads_the_list_and_writes_results_and_nothing_else():
    """What lies beside them in the bucket says whom people hear about."""
    (inline,) = STACK.properties("MachineRole")["Policies"]
    accounts = definition()["States"]["Accounts"]
    prefix = accounts["ResultWriter"]["Arguments"]["Prefix"]
    assert prefix == "{% 'runs/' & $states.context.Execution.Name & '/results' %}"
    bucket = accounts["ResultWriter"]["Arguments"]["Bucket"]

    def may(action, key):
        return any(
            action in as_list(one["Action"]) and any(fnmatch.fnmatchcase(f"{bucket}/{key}", arn.rpartition(":")[2]) for arn in as_list(one["Resource"]))
            for one in inline["PolicyDocument"]["Statement"]
        )

    result = "runs/x/results/5f1b/SUCCEEDED_0.jsonl"  # the machine puts the id of its map's run between
    assert may("s3:PutObject", result) and may("s3:GetObject", result) and may("s3:GetObject", "runs/x/accounts.jsonl")
    others = ("accounts.jsonl", "inventory.json", "accounts/222222222222.json", "run.json", "events.jsonl", "report.html", "told.json")
    assert [name for name in others if may("s3:PutObject", f"runs/x/{name}")] == []
    assert [name for name in others[1:] if may("s3:GetObject", f"runs/x/{name}")] == []


def test_each_may_do_what_it_does_and_no_more():
    rights = {}
    for name, kind, document in STACK.identity_policies():
        # Of the delivery of logs AWS scopes nothing.
        scoped = [one for one in document["Statement"] if not any(action.startswith("logs:") for action in as_list(one["Action"]))]
        assert list(faults_in({"Statement": scoped}, kind)) == [], name
        rights.setdefault(kind, set()).update(action for one in document["Statement"] for action in as_list(one["Action"]))
    assert {action for action in rights["machine"] if not action.startswith("logs:")} == {
        "lambda:InvokeFunction", "s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload",
        "kms:Decrypt", "kms:GenerateDataKey", "states:StartExecution", "states:DescribeExecution", "states:RedriveExecution",
        "states:StopExecution",
    }  # fmt: skip
    assert rights["place"] == {"s3:GetObject", "s3:PutObject", "s3:ListBucket", "kms:Decrypt", "kms:GenerateDataKey"}
    assert rights["schedule"] == {"states:StartExecution"}
    for _, _, document in STACK.trusts():
        (statement,) = document["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": CONTROL}}
