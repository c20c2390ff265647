"""The operator channels of keyward: what is posted and published of a run, and what happens when that fails."""

import base64
import hashlib
import hmac
import json
import secrets
import signal
import threading

import pytest

from keyward_process import Keyward, wait_for_words
from moto_process import REGION, Moto
from organizations import A, B, account, organization, overdue
from receivers import Authority, MailServer, Posts

KEY = secrets.token_bytes(32)
WEBHOOK_SECRET = "whsec_" + base64.b64encode(KEY).decode()
ROUTING_KEY = "0123456789abcdef0123456789ABCDEF"
TOKEN = "T0SECRET/B0SECRET"  # of the URL that Slack and Teams give
HOSTILE = "<!channel> <https://evil.example|pay> & [x](http://evil.example) *b*\n=1+1 \"q\" \u202eabc"


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def channel(kind, posts, **settings):
    here = {"url": "env:HOOK_URL", "private_addresses": True}
    own = {
        "slack": here,
        "teams": here,
        "webhook": {"secret": "env:HOOK_SECRET", **here},
        "pagerduty": {"routing_key": "env:ROUTING_KEY", "endpoint": posts.url},
    }[kind]
    return {"type": kind, **own, **settings}


def keyward_with(tmp_path, environment, authority, posts, *channels, **configuration):
    environment = {
        **environment,
        "AWS_CA_BUNDLE": str(authority.bundle),
        "HOOK_URL": f"{posts.url}/hooks/{TOKEN}",
        "HOOK_SECRET": WEBHOOK_SECRET,
        "ROUTING_KEY": ROUTING_KEY,
    }
    return Keyward(tmp_path, environment, notify={"channels": [{"type": "file"}, *channels]}, **configuration)


def notices(result, kind):
    return [(e["outcome"], e.get("error", "")) for e in result.events if e["event"] == "notice" and e["action"] == kind]


def assert_no_secret_was_written(keyward, result):
    written = keyward.everything_written() + result.stdout.encode() + result.stderr.encode()
    for secret in (TOKEN, WEBHOOK_SECRET, ROUTING_KEY):
        assert secret.encode() not in written


def texts(document):
    """Every text of a document, however deep."""
    if isinstance(document, dict):
        return [text for value in document.values() for text in texts(value)]
    if isinstance(document, list):
        return [text for value in document for text in texts(value)]
    return [document] if isinstance(document, str) else []


def assert_signed(headers, body):
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(KEY, content, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_operators_hear_of_a_run_gaps_first(tmp_path, authority, kind):
    accounts = (account(A, overdue("alice")), account(B, overdue("bob"), name=HOSTILE))
    with organization(*accounts) as sandbox, Posts(authority) as posts:
        sandbox.faults(rules=[{"action": "iam:*", "account": B, "fault": "denied", "times": -1}])
        keyward = keyward_with(tmp_path, sandbox.environment, authority, posts, channel(kind, posts))
        result = keyward("run").expect(4)
        configuration = keyward("config", "show").stdout
    ((path, headers, body),) = posts.requests
    assert path == f"/hooks/{TOKEN}" and headers["Content-Type"] == "application/json"
    document = json.loads(body)
    told = texts(document)
    order = [next(i for i, text in enumerate(told) if word in text) for word in ("NOT COVERED", result.summary["run"])]
    if kind == "webhook":
        assert_signed(headers, body)
        assert document["type"] == "keyward.run.finished" and document["data"]["exit_code"] == 4
        assert [entry["account"] for entry in document["data"]["troubles"]] == [B]
        assert [entry["user"] for entry in document["data"]["changes"]] == ["alice"]
    else:
        assert order == sorted(order)
        assert "1 account not covered" in " ".join(told)
    if kind == "slack":
        assert "<!channel>" not in " ".join(told) and "&lt;!channel&gt;" in " ".join(told) and "&amp;" in " ".join(told)
        assert [block["type"] for block in document["blocks"]][0] == "header"
    if kind == "teams":
        (attachment,) = document["attachments"]
        assert {block["type"] for block in attachment["content"]["body"]} == {"RichTextBlock"}
    assert "\u202e" not in " ".join(told) and all("\n=1+1" not in text for text in told)
    assert notices(result, kind) == [("sent", "")]
    assert_no_secret_was_written(keyward, result)
    assert f"/hooks/{TOKEN}" not in configuration


def test_a_signal_while_operators_are_told_is_in_the_exit_code_and_the_record(tmp_path, authority):
    asked, answered = threading.Event(), threading.Event()

    def answer(_path, _body):
        asked.set()
        answered.wait(60)
        return 200, {}, b"ok"

    with organization(account(A, overdue("alice"))) as sandbox, Posts(authority, [answer]) as posts:
        keyward = keyward_with(tmp_path, sandbox.environment, authority, posts, channel("slack", posts))
        process = keyward.start("run")
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGTERM)
            wait_for_words(process, "keyward: stopping")
        finally:
            answered.set()
            result = keyward.finish(process)
    assert (result.code, result.summary["exit_code"], result.summary["interrupted"]) == (143, 143, True)
    assert notices(result, "slack") == [("sent", "")] and ("alice", "rotate", "done") in result.outcomes()


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
def test_a_permanent_refusal_is_not_tried_again_and_blocks_nothing(tmp_path, authority, kind):
    with organization(account(A, overdue("alice"))) as sandbox, Posts(authority, [(404, {}, b"no_service")]) as posts:
        keyward = keyward_with(tmp_path, sandbox.environment, authority, posts, channel(kind, posts), {**channel(kind, posts), "timeout": "20s"})
        result = keyward("run").expect(4)
    assert notices(result, kind) == [("rejected", f"{kind}: HTTP404: no_service"), ("sent", "")]
    assert len(posts.requests) == 2
    assert ("alice", "rotate", "done") in result.outcomes() and result.summary["exit_code"] == 4
    assert_no_secret_was_written(keyward, result)


@pytest.mark.parametrize("kind", ["slack", "teams", "webhook"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_for_now_is_tried_again(tmp_path, authority, kind, status):
    answers = [(status, {"Retry-After": "1"}, b"")]
    with organization(account(A, overdue("alice"))) as sandbox, Posts(authority, answers) as posts:
        result = keyward_with(tmp_path, sandbox.environment, authority, posts, channel(kind, posts))("run").expect(0)
    assert notices(result, kind) == [("sent", "")]
    assert len(posts.requests) == 2 and posts.requests[0][2] == posts.requests[1][2]
    if kind == "webhook":
        assert posts.requests[0][1]["webhook-id"] == posts.requests[1][1]["webhook-id"]
        for _, headers, body in posts.requests:
            assert_signed(headers, body)


@pytest.mark.parametrize("ending", ["drop", "hang", (500, {}, b"oops https://example.org/hooks/x")])
@pytest.mark.parametrize("kind", ["slack", "teams", "webhook", "pagerduty"])
def test_what_may_have_arrived_is_sent_again_only_where_the_receiver_can_tell(tmp_path, authority, kind, ending):
    with organization(account(A, overdue("alice"))) as sandbox, Posts(authority, [ending]) as posts:
        can_tell = kind in ("webhook", "pagerduty")
        keyward = keyward_with(tmp_path, sandbox.environment, authority, posts, channel(kind, posts, timeout="500ms"))
        result = keyward("run").expect(0 if can_tell else 4)
    assert [outcome for outcome, _ in notices(result, kind)] == ["sent" if can_tell else "uncertain"]
    assert len(posts.requests) == (2 if can_tell else 1)
    assert_no_secret_was_written(keyward, result)


def test_a_redirect_is_not_followed(tmp_path, authority):
    with organization(account(A, overdue("alice"))) as sandbox:
        with Posts(authority) as elsewhere, Posts(authority, [(307, {"Location": elsewhere.url}, b"")]) as posts:
            result = keyward_with(tmp_path, sandbox.environment, authority, posts, channel("slack", posts))("run").expect(4)
    assert elsewhere.requests == [] and "redirect" in notices(result, "slack")[0][1]


def test_the_pager_rings_at_a_safety_stop_and_is_quiet_after_the_next_clean_run(tmp_path, authority):
    with organization(account(A, overdue("alice"), overdue("bob"))) as sandbox, Posts(authority) as posts:
        keyward = keyward_with(tmp_path, sandbox.environment, authority, posts, channel("pagerduty", posts), limits={"max_changes": 1})
        result = keyward("run").expect(6)
        (trigger,) = posts.documents()
        assert posts.requests[0][0] == "/v2/enqueue"
        assert (trigger["event_action"], trigger["payload"]["severity"], trigger["routing_key"]) == ("trigger", "error", ROUTING_KEY)
        assert trigger["payload"]["custom_details"]["exit_code"] == 6
        assert_no_secret_was_written(keyward, result)
        keyward("run", "--dry-run").expect(0)
        keyward("recover", "--list").expect(0)
        assert len(posts.requests) == 1  # neither says anything of the stop
        keyward("run").expect(0)
        assert len(posts.requests) == 2
        resolve = posts.documents()[1]
        assert (resolve["event_action"], resolve["dedup_key"]) == ("resolve", trigger["dedup_key"])


def test_an_event_that_the_pager_refuses_is_not_tried_again(tmp_path, authority):
    answers = [(400, {}, json.dumps({"status": "invalid event", "errors": [ROUTING_KEY]}).encode())]
    with organization(account(A, overdue("alice"))) as sandbox, Posts(authority, answers) as posts:
        keyward = keyward_with(tmp_path, sandbox.environment, authority, posts, channel("pagerduty", posts))
        result = keyward("run").expect(4)
    assert notices(result, "pagerduty") == [("rejected", "pagerduty: HTTP400")] and len(posts.requests) == 1
    assert_no_secret_was_written(keyward, result)


@pytest.mark.parametrize("status", [429, 500])
def test_an_event_that_the_pager_cannot_take_now_is_sent_again(tmp_path, authority, status):
    with organization(account(A, overdue("alice"))) as sandbox, Posts(authority, [(status, {}, b""), "drop"]) as posts:
        keyward_with(tmp_path, sandbox.environment, authority, posts, channel("pagerduty", posts))("run").expect(0)
    assert [event["event_action"] for event in posts.documents()] == ["resolve"] * 3


# ---- metrics


def metrics(sandbox, **dimensions):
    """{name: values} of what CloudWatch was given with these dimensions, the oldest value first."""
    found = {}
    for datum in sandbox.control("volatile")["metrics"]:
        if dimensions.items() <= datum["dimensions"].items():
            found.setdefault(datum["name"], []).append(datum["value"])
    return found


def measured(tmp_path, sandbox, **settings):
    return Keyward(tmp_path, sandbox.environment, notify={"channels": [{"type": "file"}, {"type": "metrics", **settings}]})


def test_every_daily_run_is_measured_zeros_included(tmp_path):
    young = {"name": "carol", "age_days": 9, "keys": [{"age_days": 9}]}
    with organization(account(A, overdue("alice"), young), account(B, overdue("bob"), name=HOSTILE)) as sandbox:
        sandbox.faults(rules=[{"action": "iam:*", "account": B, "fault": "denied", "times": -1}])
        keyward = measured(tmp_path, sandbox)
        first = keyward("run").expect(4)
        sandbox.faults(rules=[])
        keyward("run").expect(0)
        keyward("run").expect(0)
        keyward("rotate", "--account", A, "--user", "carol", "--reason", "test").expect(0)
        keyward("recover").expect(0)
        keyward("run", "--dry-run").expect(0)
        data = sandbox.control("volatile")["metrics"]
        enforced, dry = metrics(sandbox, Mode="enforce"), metrics(sandbox, Mode="dry_run")
    assert notices(first, "metrics") == [("sent", "")]
    assert {datum["namespace"] for datum in data} == {"keyward"} and {datum["region"] for datum in data} == {sandbox.environment["AWS_REGION"]}
    assert {tuple(datum["dimensions"]) for datum in data} == {("Mode", "Organization")}
    assert enforced.pop("RunDuration") and len(dry.pop("RunDuration")) == 1
    assert enforced == {
        "Runs": [1, 1, 1],  # a single user's rotation is no run
        "ExitCode": [4, 0, 0],
        "AccountsCovered": [1, 2, 2],
        "AccountsNotCovered": [1, 0, 0],
        "KeysRotated": [1, 1, 0],
        "KeysDeactivated": [0, 0, 0],
        "KeysDeleted": [0, 0, 0],
        "KeysOutOfPolicy": [1, 1, 0],
        "OldestActiveKeyDays": [95, 95, 95],
        "Failures": [0, 0, 0],
        "NoticesFailed": [0, 0, 0],
    }
    assert dry["Runs"] == [1] and dry["KeysRotated"] == [0]


METRIC_FAULTS = {"denied": "rejected", "throttle": "unavailable", "error_before": "uncertain", "drop_after": "uncertain"}


@pytest.mark.parametrize("fault", METRIC_FAULTS)
def test_metrics_that_cannot_be_put_change_nothing_about_the_run(tmp_path, fault):
    with organization(account(A, overdue("alice"))) as sandbox:
        sandbox.faults(rules=[{"action": "cloudwatch:*", "fault": fault, "times": -1}])
        result = measured(tmp_path, sandbox)("run").expect(4)
        assert [outcome for outcome, _ in notices(result, "metrics")] == [METRIC_FAULTS[fault]]
        assert ("alice", "rotate", "done") in result.outcomes() and len(result.mails) == 1
        assert len(metrics(sandbox).get("Runs", [])) == (fault == "drop_after")  # and not once more


def test_the_right_to_put_metrics_can_be_bound_to_the_namespace(tmp_path):
    bound = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": "cloudwatch:PutMetricData",
                "Resource": "*",
                "Condition": {"StringNotEquals": {"cloudwatch:namespace": "keyward"}},
            }
        ],
    }
    with organization(account(A)) as sandbox:
        hub = sandbox.client("sts").get_caller_identity()["Arn"]
        sandbox.edit("put_user_policy", account=hub.split(":")[4], user=hub.split("/")[-1], name="bound", policy=bound)
        measured(tmp_path / "own", sandbox)("run").expect(0)
        result = measured(tmp_path / "other", sandbox, namespace="other")("run").expect(4)
        assert [outcome for outcome, _ in notices(result, "metrics")] == ["rejected"]
        assert {datum["namespace"] for datum in sandbox.control("volatile")["metrics"]} == {"keyward"}


def test_on_lambda_metrics_are_a_line_on_standard_error(tmp_path):
    with organization(account(A, overdue("alice"), name=HOSTILE)) as sandbox:
        result = measured(tmp_path, sandbox, embedded=True)("run", "-o", "json", "--log-format", "json").expect(0)
        assert metrics(sandbox) == {} and "cloudwatch:PutMetricData" not in result.summary["api_calls"]
    json.loads(result.stdout)
    (line,) = [json.loads(line) for line in result.stderr.splitlines() if '"_aws"' in line]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "keyward" and directive["Dimensions"] == [["Mode", "Organization"]]
    assert (line["Mode"], line["Organization"]) == ("enforce", result.summary["organization"])
    value = {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]}
    assert (value["Runs"], value["KeysRotated"], value["OldestActiveKeyDays"], value["Failures"]) == (1, 1, 95, 0)
    assert notices(result, "metrics") == [("sent", "")]


# ---- AWS, as moto plays it


def queue_of(moto, topic, policy=None):
    """What a subscriber of the topic gets, as a function: (subject, message, attributes) of each message."""
    sqs, sns = (moto.client(service, moto.hub) for service in ("sqs", "sns"))
    url = sqs.create_queue(QueueName="q" + secrets.token_hex(4))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    attributes = {"FilterPolicy": json.dumps(policy)} if policy else {}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)

    def received():
        found = []
        while answer := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in answer:
                body = json.loads(message["Body"])
                attributes = {name: value["Value"] for name, value in body.get("MessageAttributes", {}).items()}
                found.append((body["Subject"], body["Message"], attributes))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return received


def test_motos_topic_and_parameters_take_what_keyward_sends(tmp_path, authority):
    with Moto(members=1) as moto, MailServer(authority) as server:
        (number,) = moto.accounts
        moto.iam(number).create_user(UserName="alice")
        moto.create_key(number, "alice")
        moto.pass_time(95)
        topic = moto.client("sns", moto.hub).create_topic(Name="keyward")["TopicArn"]
        everything, rotations = queue_of(moto, topic), queue_of(moto, topic, {"action": ["rotate"], "account": [number]})
        ssm = moto.client("ssm", moto.hub)
        ssm.put_parameter(Name="/keyward/user", Value=server.USER, Type="SecureString")
        ssm.put_parameter(Name="/keyward/password", Value=server.PASSWORD, Type="SecureString")
        notify = {
            "channels": [server.channel(), {"type": "sns", "topic_arn": topic, "per_event": True}],
            "smtp_user": "ssm:/keyward/user",
            "smtp_password": "ssm:/keyward/password",
        }
        environment = {**moto.environment(), "AWS_CA_BUNDLE": str(authority.bundle)}
        result = Keyward(tmp_path, environment, notify=notify)("run").expect(0)
        assert len(server.mails) == 1
        assert ("sent", "") in notices(result, "sns")
        (summary, rotated) = sorted(everything(), key=lambda message: message[2]["event"], reverse=True)
        assert summary[0].startswith("keyward run of o-") and len(summary[0]) < 100 and result.summary["run"] in summary[1]
        assert summary[2] == {"event": "run", "mode": "enforce", "exit_code": "0"}
        assert rotated[2] == {"event": "key", "mode": "enforce", "exit_code": "0", "account": number, "action": "rotate", "outcome": "done"}
        assert json.loads(rotated[1])["user"] == "alice"
        assert rotations() == [rotated]


def test_a_topic_that_is_not_there_and_one_that_is_not_allowed(tmp_path, authority):
    with organization(account(A, overdue("alice"))) as sandbox:
        topics = [f"arn:aws:sns:eu-west-1:111111111111:{name}" for name in ("gone", "here")]
        sandbox.client("sns", sandbox.admin(), region="eu-west-1").create_topic(Name="here")
        notify = {"channels": [{"type": "file"}, *({"type": "sns", "topic_arn": topic} for topic in topics)]}
        result = Keyward(tmp_path, sandbox.environment, notify=notify)("run").expect(4)
        (gone, _), (sent, _) = notices(result, "sns")
        assert (gone, sent) == ("rejected", "sent")  # in the topics' own region, whatever the run's is
        for fault, outcome in (("denied", "rejected"), ("throttle", "unavailable"), ("error_before", "uncertain"), ("drop_before", "uncertain")):
            sandbox.faults(rules=[{"action": "sns:*", "fault": fault, "times": -1}])
            result = Keyward(tmp_path, sandbox.environment, notify=notify)("run").expect(4)
            assert {o for o, _ in notices(result, "sns")} == {outcome}, fault


def test_a_parameter_that_cannot_be_read_holds_up_no_rotation(tmp_path, authority):
    with organization(account(A, overdue("alice"))) as sandbox, Posts(authority) as posts:
        lost = {**channel("slack", posts), "url": "ssm:/keyward/gone"}
        keyward = keyward_with(tmp_path, sandbox.environment, authority, posts, lost)
        result = keyward("run").expect(4)
        assert ("alice", "rotate", "done") in result.outcomes()
        ((outcome, error),) = notices(result, "slack")
        assert outcome == "rejected" and "/keyward/gone" in error and posts.requests == []
