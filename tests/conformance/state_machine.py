"""Runs a definition of AWS Step Functions: Task (lambda:invoke) and Distributed Map with JSONata, as far as ours needs it.

Follows docs.aws.amazon.com/step-functions/latest/dg/ (transforming-data, state-map-distributed). What it does not know it refuses."""

import concurrent.futures
import json
import re

import jsonata


class Failed(Exception):
    """The execution failed, with the error's name and cause."""


def evaluated(value, states):
    """A template: texts of the form {% ... %} are JSONata."""
    if isinstance(value, dict):
        return {key: evaluated(one, states) for key, one in value.items()}
    if isinstance(value, list):
        return [evaluated(one, states) for one in value]
    if isinstance(value, str) and (found := re.fullmatch(r"\{%(.*)%\}", value, re.DOTALL)):
        expression = jsonata.Jsonata(found[1].strip())
        frame = expression.create_frame()
        frame.bind("states", states)
        result = expression.evaluate(None, frame)
        assert result is not None, f"{value} is nothing: Step Functions fails with States.QueryEvaluationError"
        return result
    return value


class StateMachine:
    """`functions` are places in which an invocation can run, each one at a time; `objects` reads and writes a bucket."""

    def __init__(self, definition, functions, objects):
        assert definition["QueryLanguage"] == "JSONata"
        self.definition = definition
        self.functions = functions
        self.objects = objects
        self.failed_items = []
        self.tries = 0

    def execute(self, name, value=None):
        with concurrent.futures.ThreadPoolExecutor(len(self.functions)) as self.pool:
            return self._run(self.definition, {"Execution": {"Name": name}}, value or {}, self.functions[0])

    def _run(self, definition, context, value, function):
        name = definition["StartAt"]
        while True:
            state = definition["States"][name]
            value = {"Task": self._task, "Map": self._map}[state["Type"]](state, context, value, function)
            if state.get("End"):
                return value
            name = state["Next"]

    def _task(self, state, context, value, function):
        assert state["Resource"].endswith(":states:::lambda:invoke"), state["Resource"]
        states = {"context": context, "input": value}
        payload = evaluated(state["Arguments"]["Payload"], states)
        tried = {}  # by rule; the pauses are left out, there is nothing to wait for
        while True:
            self.tries += 1
            answer = function(payload)
            if answer.error_type is None:
                break
            matches = [number for number, rule in enumerate(state["Retry"]) if {answer.error_type, "States.ALL"} & set(rule["ErrorEquals"])]
            if not matches or tried.get(matches[0], 0) >= state["Retry"][matches[0]]["MaxAttempts"]:
                raise Failed(answer.error_type, answer.body)
            tried[matches[0]] = tried.get(matches[0], 0) + 1
        return evaluated(state["Output"], {**states, "result": {"Payload": answer.body}}) if "Output" in state else answer.body

    def _map(self, state, context, value, _):
        assert state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
        states = {"context": context, "input": value}
        reader = state["ItemReader"]
        assert reader["Resource"].endswith(":states:::s3:getObject") and reader["ReaderConfig"] == {"InputType": "JSONL"}
        where = evaluated(reader["Arguments"], states)
        items = [json.loads(line) for line in self.objects.get(where["Bucket"], where["Key"]).splitlines()]
        idle = list(self.functions)

        def child(item):
            function = idle.pop()  # as many threads as functions, so one is free
            try:
                return self._run(state["ItemProcessor"], context, item, function)
            except Failed as failure:
                return failure
            finally:
                idle.append(function)

        results = list(self.pool.map(child, items))
        self.failed_items = [item for item, result in zip(items, results, strict=True) if isinstance(result, Failed)]
        if len(self.failed_items) * 100 > state["ToleratedFailurePercentage"] * len(items):
            raise Failed("States.ExceedToleratedFailureThreshold", self.failed_items)
        if "ResultWriter" in state:
            where = evaluated(state["ResultWriter"]["Arguments"], states)
            done = [json.dumps(result) for result in results if not isinstance(result, Failed)]
            self.objects.put(where["Bucket"], where["Prefix"] + "/SUCCEEDED_0.jsonl", "\n".join(done))
        return evaluated(state["Output"], states)


def definition_of(path, **values):
    """The file with its ${Names} put in, as CloudFormation's DefinitionSubstitutions does."""
    text = path.read_text()
    for name, value in values.items():
        text = text.replace("${" + name + "}", str(value))
    assert "${" not in text, "a name without a value"
    return json.loads(text)
