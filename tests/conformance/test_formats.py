"""What other tools are given of a run: every format is read by a parser or schema that is not ours."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree

import jsonschema
import prometheus_client.parser
import py_ocsf_models.events.findings.compliance_finding as ocsf_models
import pytest
import yaml

from keyward_process import ROOT, Keyward, executable
from organizations import A, B, C, account, organization, overdue

FORMATS = ["html", "json", "jsonl", "csv", "ocsf", "asff", "prometheus", "junit"]
HOSTILE_USER = "=1+1,a@b"
HOSTILE_NAME = 'pay "<b>&\'\n=2\x1b]]>\u202e'


def schema(path):
    document = json.loads((ROOT / path).read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


EVENTS = schema("docs/schema/events.schema.json")
RUN = schema("docs/schema/run.schema.json")
OCSF = schema("tests/conformance/ocsf-1.3.0.schema.json")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A run that rotates, cannot cover one account and has a Security Hub in one of two others."""
    tmp_path = tmp_path_factory.mktemp("formats")
    young = {"name": "bob", "age_days": 50, "keys": [{"age_days": 10}]}
    accounts = [
        account(A, overdue("alice"), overdue(HOSTILE_USER), young, name=HOSTILE_NAME, security_hub=True),
        account(B, overdue("dora"), standard_roles=False),
        account(C, overdue("carol")),
    ]
    with organization(*accounts) as sandbox:
        metrics = tmp_path / "keyward.prom"
        keyward = Keyward(tmp_path, sandbox.environment, report={"security_hub": True, "prometheus_file": str(metrics)})
        sandbox.edit("set_account", account=A, refuse_findings=1)
        run = keyward("run").expect(4)
        yield sandbox, keyward, run, metrics


@pytest.fixture(scope="module")
def rendered(world):
    _, keyward, run, _ = world
    return {form: keyward("report", "--format", form).expect(0).stdout for form in FORMATS}


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_records_keep_to_the_published_schemas(world):
    _, _, run, _ = world
    RUN.validate(run.summary)
    for event in run.events:
        EVENTS.validate(event)
    assert {event["event"] for event in run.events} >= {"decision", "action", "account", "notice"}


def test_the_schemas_refuse_what_is_no_record(world):
    _, _, run, _ = world
    good = next(event for event in run.events if event["event"] == "action")
    for change in ({"event": "other"}, {"time": "yesterday"}, {"account": "12"}, {"outcome": "sent"}, {"age_days": "90"}, {"surprise": 1}, {"reason": "because"}):
        assert not EVENTS.is_valid(good | change), change
    for missing in ("time", "run", "event", "account", "user", "action", "outcome", "reason"):
        assert not EVENTS.is_valid({name: value for name, value in good.items() if name != missing}), missing
    for change in ({"exit_code": -1}, {"keys": "3"}, {"uncovered": [{"account": A}]}, {"mode": "play"}, {"surprise": 1}):
        assert not RUN.is_valid(run.summary | change), change
    for missing in run.summary:
        assert not RUN.is_valid({name: value for name, value in run.summary.items() if name != missing}), missing


def test_the_schemas_name_every_word_of_the_program():
    def words(file, pattern):
        return set(re.findall(pattern, (ROOT / file).read_text()))

    properties, rules = EVENTS.schema["properties"], EVENTS.schema["allOf"]
    assert set(properties["reason"]["enum"]) == words("rotation/decision.cpp", r'case Reason::\w+: return "(\w+)"')
    outcomes = words("rotation/outcome.cpp", r'case OutcomeStatus::\w+: return "(\w+)"')
    named = {kind: rule["then"]["properties"] for rule in rules if "properties" in rule["then"] for kind in rule["if"]["properties"]["event"]["enum"]}
    assert set(named["earlier_action"]["outcome"]["enum"]) == outcomes and set(named["decision"]["outcome"]["enum"]) == outcomes
    assert set(named["notice"]["outcome"]["enum"]) == words("notify/delivery.cpp", r'case NoticeStatus::\w+: return "(\w+)"')
    assert set(properties["verdict"]["enum"]) == words("report/user_events.cpp", r'case Verdict::\w+: return "(\w+)"')
    assert set(RUN.schema["properties"]) == words("report/summary.cpp", r'v\.value\("(\w+)"')


def test_json_and_json_lines_are_the_record(world, rendered):
    _, _, run, _ = world
    document = json.loads(rendered["json"])
    assert document["run"] == run.summary and document["events"] == run.events
    first, *rest = lines(rendered["jsonl"])
    assert first.pop("event") == "run" and first == run.summary
    assert rest == run.events


def test_csv_has_a_row_for_each_key_and_no_formula(world, rendered):
    _, _, run, _ = world
    text = rendered["csv"]
    assert text.endswith("\n")
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    rows = [dict(zip(header, row, strict=True)) for row in rows]
    assert rows[0]["account"] == B and rows[0]["verdict"] == "not_covered" and "AccessDenied" in rows[0]["detail"]
    keys = [row for row in rows if row["access_key_id"]]
    described = [event for event in run.events if event.get("verdict") and event.get("access_key_id")]
    assert sorted(row["access_key_id"] for row in keys) == sorted(event["access_key_id"] for event in described)
    assert all(re.fullmatch(r"\d{12}", row["account"]) for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r") and cell]
    (hostile,) = [row for row in keys if row["user"].endswith(HOSTILE_USER)]
    assert hostile["user"] == "'" + HOSTILE_USER and (hostile["action"], hostile["outcome"]) == ("rotate", "done")
    new = {event["access_key_id"]: event["new_access_key_id"] for event in run.events if event.get("new_access_key_id")}
    assert hostile["new_access_key_id"] == new[hostile["access_key_id"]]


def test_ocsf_keeps_to_its_schema(world, rendered):
    _, _, run, _ = world
    events = lines(rendered["ocsf"])
    for event in events:
        OCSF.validate(event)
    findings = [event for event in events if event["class_uid"] == 2003]
    for finding in findings:
        ocsf_models.ComplianceFinding(**finding)
    by_status = {}
    for finding in findings:
        by_status.setdefault(finding["compliance"]["status"], []).append(finding)
    assert {name: len(some) for name, some in by_status.items()} == {"Warning": 1, "Fail": 3, "Pass": 1}
    assert findings[0]["cloud"]["account"]["uid"] == B
    assert len({finding["finding_info"]["uid"] for finding in findings}) == len(findings)
    changes = [event for event in events if event["class_uid"] == 3004]
    new = {event["new_access_key_id"] for event in run.events if event.get("new_access_key_id")}
    assert {change["entity"]["uid"] for change in changes} == new and {change["activity_name"] for change in changes} == {"Create"}
    broken = dict(findings[1], time=findings[1]["time"] // 1000)
    assert not OCSF.is_valid(broken) and not OCSF.is_valid(dict(changes[0], type_uid=300404))


def test_asff_names_the_keys_out_of_policy(world, rendered):
    sandbox, _, run, _ = world
    findings = json.loads(rendered["asff"])
    out = {event["access_key_id"] for event in run.events if event.get("verdict") == "out_of_policy"}
    assert {finding["Resources"][0]["Details"]["AwsIamAccessKey"]["AccessKeyId"] for finding in findings} == out and len(out) == 3
    assert len({finding["Id"] for finding in findings}) == 3 and not any(key in finding["Id"] for key in out for finding in findings)
    # The sandbox checks what Security Hub requires; what it took is what the report shows.
    told = sandbox.control("volatile")["findings"]
    shown = [dict(finding, UpdatedAt="") for finding in findings]
    assert len(told) == 2 and all(dict(finding, UpdatedAt="") in shown for finding in told)


def test_prometheus_text_is_read_by_its_own_parser(world, rendered):
    _, _, run, metrics = world
    families = {family.name: family for family in prometheus_client.parser.text_string_to_metric_families(rendered["prometheus"])}
    assert metrics.read_text() == rendered["prometheus"] and rendered["prometheus"].endswith("\n")
    assert metrics.stat().st_mode & 0o777 == 0o644 and [path.name for path in metrics.parent.glob("*.prom*")] == ["keyward.prom"]
    value = {(sample.name, *sorted(sample.labels.items())): sample.value for family in families.values() for sample in family.samples}
    assert all(family.documentation and family.type == "gauge" for family in families.values())
    assert value[("keyward_accounts", ("state", "covered"))] == 2 and value[("keyward_accounts", ("state", "failed"))] == 1
    assert value[("keyward_coverage_ratio",)] == pytest.approx(2 / 3, abs=1e-5) and value[("keyward_run_exit_code",)] == 4
    assert value[("keyward_keys", ("bucket", "90_100"), ("status", "active"))] == 3
    assert value[("keyward_actions", ("action", "rotate"), ("result", "done"))] == 3
    assert value[("keyward_notifications", ("channel", "security_hub"), ("result", "rejected"))] == 1
    assert ("keyward_last_success_timestamp_seconds",) not in value
    users = {event["user"] for event in run.events if "user" in event}
    assert not any(user in label for sample in value for _, label in sample[1:] for user in users | {A, B, C})


def test_alert_rules_name_metrics_that_exist(rendered):
    families = {family.name for family in prometheus_client.parser.text_string_to_metric_families(rendered["prometheus"])}
    rules = [rule for group in yaml.safe_load((ROOT / "deploy" / "prometheus-rules.yaml").read_text())["groups"] for rule in group["rules"]]
    named = {name for rule in rules for name in re.findall(r"keyward_\w+", rule["expr"])}
    # Of a first run without success there is nothing that could be told.
    assert named - families <= {"keyward_last_success_timestamp_seconds"} and len(rules) == 5
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in rules)


def check_junit(text):
    """The rules that the schemas in use (windyroad, Jenkins) share."""
    root = xml.etree.ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    results = {}
    for number, suite in enumerate(root):
        assert suite.tag == "testsuite" and suite.get("id") == str(number) and suite.get("name") and suite.get("hostname")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
        cases = suite.findall("testcase")
        assert [child.tag for child in suite] == ["properties", *["testcase"] * len(cases), "system-out", "system-err"]
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(count)) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.get("tests")) == len(cases) > 0
        for case in cases:
            assert case.get("name") and case.get("classname") and case.get("time") and len(case) <= 1
            results[case.get("classname"), case.get("name").split(" key ")[0]] = case[0].tag if len(case) else "passed"
            assert not len(case) or case[0].tag == "skipped" or (case[0].get("message") and case[0].get("type"))
    return results


JUNIT = {(B, "account is covered"): "error", (A, "alice"): "failure", (A, HOSTILE_USER): "failure", (A, "bob"): "passed", (C, "carol"): "failure"}


def test_junit_has_a_case_for_each_key(world, rendered):
    assert check_junit(rendered["junit"]) == JUNIT


def test_a_record_goes_to_a_file_whole_or_not_at_all(world):
    _, keyward, run, _ = world
    for form in FORMATS:
        file = keyward.directory / f"out.{form}"
        shown = keyward("report", "--run", run.directory.name, "--format", form, "--out", str(file)).expect(0)
        assert shown.stdout == "" and file.stat().st_mode & 0o777 == 0o600
        assert file.read_bytes().decode() == subprocess.run(
            [executable(), "-c", keyward.directory / "config.yaml", "report", "--format", form], env=keyward.environment, capture_output=True
        ).stdout.decode()
    assert (keyward.directory / "out.html").read_bytes() == (run.directory / "report.html").read_bytes()
    assert not list(keyward.directory.glob("*.new"))
    refused = keyward("report", "--format", "csv", "--out", str(keyward.directory / "no" / "such")).expect(2)
    assert "No such file" in refused.stderr


def test_a_damaged_record_is_said_loudly(world, tmp_path):
    _, keyward, run, _ = world

    def report(folder, form="csv"):
        return keyward("report", "--run", str(folder), "--format", form)

    cut = tmp_path / "cut"
    shutil.copytree(run.directory, cut)
    whole = (cut / "events.jsonl").read_bytes()
    (cut / "events.jsonl").write_bytes(whole[:-20])
    shown = report(cut).expect(4)
    assert "NOT THE WHOLE RECORD" in shown.stderr and "cut" in shown.stderr and A in shown.stdout
    (cut / "events.jsonl").write_bytes(whole.replace(b'{"time"', b'"time"', 1))
    assert "1 lines of events.jsonl cannot be read" in report(cut).expect(4).stderr
    (cut / "events.jsonl").write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    assert "run.json counts" in report(cut, "junit").expect(4).stderr
    (cut / "events.jsonl").write_bytes(whole)
    (cut / "run.json").write_text((cut / "run.json").read_text()[:100])
    assert "run.json: not JSON" in report(cut).expect(2).stderr
    (cut / "run.json").unlink()
    shown = report(cut).expect(4)
    assert "no run.json" in shown.stderr and A in shown.stdout
    refused = report(cut, "prometheus").expect(2)
    assert refused.stdout == "" and "--format csv and jsonl" in refused.stderr
    (cut / "events.jsonl").unlink()
    assert "no record of a run" in report(cut).expect(2).stderr
    assert "no record of a run" in report("no-such-run").expect(2).stderr
    assert "--format" in keyward("report").expect(2).stderr
    # A run that is still at work, or was killed, does not hide the one before.
    unfinished = run.directory.parent / "99991231T235959Z-ffff"
    shutil.copytree(run.directory, unfinished, ignore=lambda *_: ["run.json"])
    newest = keyward("report", "--format", "json").expect(0)
    shutil.rmtree(unfinished)
    assert json.loads(newest.stdout)["run"] == run.summary and "1 newer" in newest.stderr


def test_memory_does_not_grow_with_the_events(world, tmp_path):
    _, keyward, run, _ = world
    event = next(event for event in run.events if event.get("verdict") == "out_of_policy")
    peak = {}
    for size in (10, 300):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps(run.summary | {"events": size * 100}))
        with (folder / "events.jsonl").open("w") as out:
            for number in range(size):
                line = json.dumps(event | {"account": f"{number:012}"}) + "\n"
                out.write(line * 100)
        for form in ("jsonl", "csv", "ocsf", "asff", "junit"):
            command = [executable(), "report", "--run", f"{folder}/", "--format", form]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=keyward.environment, cwd=keyward.directory)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = 0
            assert status == 0
            peak[form, size] = used.ru_maxrss
    for form in ("jsonl", "csv", "ocsf", "asff", "junit"):
        assert peak[form, 300] - peak[form, 10] < 2048, (form, peak)


def hub_calls(sandbox, number):
    return [call for call in sandbox.calls()["log"] if call["action"] == "securityhub:BatchImportFindings" and call["account"] == number]


def states(sandbox, number):
    findings = [finding for finding in sandbox.control("volatile")["findings"] if finding["AwsAccountId"] == number]
    return sorted((finding["Compliance"]["Status"], finding["RecordState"]) for finding in findings)


def security_hub(run):
    return {event["account"]: event for event in run.events if event["event"] == "notice" and event["action"] == "security_hub"}


def test_security_hub_is_told_and_told_again_when_it_is_fixed(world):
    # Last in this file: time passes in the world of the others.
    sandbox, keyward, run, metrics = world
    assert states(sandbox, A) == [("FAILED", "ACTIVE")] * 2 and states(sandbox, C) == []
    assert len(hub_calls(sandbox, A)) == 2  # one finding was refused, and taken at the second try
    notices = security_hub(run)
    assert notices[A]["outcome"] == "sent" and notices[A]["detail"].startswith("2 of keys out of policy")
    assert notices[C]["outcome"] == "rejected" and "Security Hub is not enabled" in notices[C]["error"]
    assert run.stdout.count("Security Hub is not enabled") == 1

    # The next run finds the old keys in their handover: they are in policy, and Security Hub hears of it once.
    sandbox.control("clock", {"advance": "1d"})
    sandbox.faults(rules=[{"action": "securityhub:BatchImportFindings", "fault": "throttle", "times": 1}])
    second = keyward("run").expect(4)
    assert second.summary["api_throttled"] == 1
    assert states(sandbox, A) == [("PASSED", "ARCHIVED")] * 2
    assert security_hub(second)[A]["detail"].startswith("0 of keys out of policy, 2 resolved") and C not in security_hub(second)
    before = len(hub_calls(sandbox, A))
    keyward("run").expect(4)
    assert len(hub_calls(sandbox, A)) == before
    workflow = [finding for finding in sandbox.control("volatile")["findings"] if "Workflow" in finding or "FindingProviderFields" not in finding]
    assert workflow == []

    # What is refused twice is a notice that failed; the rotation went on. A dry run tells nobody.
    sandbox.edit("create_user", account=C, user="erin")
    sandbox.edit("create_key", account=C, user="erin")
    sandbox.control("clock", {"advance": "95d"})
    dry = keyward("run", "--dry-run")
    assert "securityhub:BatchImportFindings" not in dry.summary["api_calls"] and states(sandbox, C) == []
    sandbox.edit("set_account", account=C, security_hub=True, refuse_findings=100)
    refused = keyward("run").expect(4)
    assert security_hub(refused)[C]["outcome"] == "rejected" and "InternalError" in security_hub(refused)[C]["error"]
    assert ("erin", "rotate", "done") in refused.outcomes()
    for event in refused.events:
        EVENTS.validate(event)


def test_audit_writes_junit_beside_its_table(tmp_path):
    with organization(account(A, overdue("alice"), {"name": "bob", "age_days": 9, "keys": [{"age_days": 9}]}), account(B, standard_roles=False)) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, report={"prometheus_file": str(tmp_path / "run.prom")})
        file = tmp_path / "keys.xml"
        result = keyward("audit", "--junit", str(file)).expect(4)
        assert "alice" in result.stdout
        assert check_junit(file.read_text()) == {(A, "alice"): "failure", (A, "bob"): "passed", (B, "account is covered"): "error"}
        # A run that cannot begin says so to the metrics, too.
        sandbox.faults(rules=[{"action": "organizations:ListAccounts", "fault": "denied", "times": -1}])
        keyward("run").expect(5)
        families = prometheus_client.parser.text_string_to_metric_families((tmp_path / "run.prom").read_text())
        assert {family.name: family.samples[0].value for family in families}["keyward_run_exit_code"] == 5
