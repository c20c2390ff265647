"""One run told through every channel at once: what strangers wrote stays text in each, and too much is cut in each."""

import email
import email.policy
import html
import json
import re

import pytest

from keyward_process import Keyward
from organizations import A, B, account, organization, overdue
from receivers import Authority, MailServer, Posts
from test_what_operators_hear import texts

TOPIC = "arn:aws:sns:eu-west-1:111111111111:keyward"
# What those who own an account may write: names of at most 50 characters, users, tags.
NAMES = {A: '=cmd|x!A1 <script>"x"</script>\r\nBcc: a@evil.example', B: "{{sender_email}}\n.\n<!channel> [p](http://evil) \u202eab"}
LINES = {number: re.sub(r"[\r\n\u202e]+", " ", name).replace("  ", " ") for number, name in NAMES.items()}
FORMULA = "=1+1@o.hara,_-"
TAGS = {"owner": '"><img src=x>\n+2+2 @evil.example', "team": "<b>\n.\n"}
ASCII = re.compile(r"[ -~]{1,99}")


class Everybody:
    """What each channel of a run received."""

    def __init__(self, tmp_path, *accounts, faults=(), **configuration):
        authority = Authority(tmp_path)
        with organization(*accounts) as sandbox, MailServer(authority) as server, Posts(authority) as posts:
            sandbox.client("sns", sandbox.admin(), region="eu-west-1").create_topic(Name="keyward")
            sandbox.faults(rules=list(faults))
            environment = {
                **sandbox.environment,
                "AWS_CA_BUNDLE": str(authority.bundle),
                "SLACK": f"{posts.url}/slack",
                "TEAMS": f"{posts.url}/teams",
                "WEBHOOK": f"{posts.url}/webhook",
                "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "LOGIN": MailServer.USER,
                "PASSWORD": MailServer.PASSWORD,
            }
            here = {"private_addresses": True}
            channels = [
                {"type": "ses"},
                server.channel(),
                {"type": "file"},
                {"type": "sns", "topic_arn": TOPIC, "per_event": True},
                {"type": "slack", "url": "env:SLACK", **here},
                {"type": "teams", "url": "env:TEAMS", **here},
                {"type": "webhook", "url": "env:WEBHOOK", "secret": "env:SECRET", **here},
                {"type": "pagerduty", "routing_key": "env:LOGIN", "endpoint": posts.url},
                {"type": "metrics"},
                {"type": "metrics", "embedded": True},
            ]
            login = {"smtp_user": "env:LOGIN", "smtp_password": "env:PASSWORD"}
            notify = {"channels": channels, "allowed_domains": ["example.org"], **login}
            self.result = Keyward(tmp_path, environment, notify=notify, **configuration)("run").expect(6)
            by_ses = [email.message_from_string(mail["raw"], policy=email.policy.default) for mail in sandbox.mail()]
            self.mails = {"ses": by_ses, "smtp": [mail for _, _, mail in server.mails], "file": self.result.mails}
            self.recipients = {"ses": [mail["to"] for mail in sandbox.mail()], "smtp": [to for _, to, _ in server.mails]}
            volatile = sandbox.control("volatile")
            self.publications, self.metrics = volatile["publications"], volatile["metrics"]
        self.posts = {path.strip("/").replace("v2/enqueue", "pagerduty"): body for path, _, body in posts.requests}
        (self.embedded,) = [line for line in self.result.stderr.splitlines() if line.startswith('{"_aws"')]

    def told_by(self):
        return {(e["action"], e["outcome"]) for e in self.result.events if e["event"] == "notice"}


CHANNELS = ("ses", "smtp", "file", "sns", "slack", "teams", "webhook", "pagerduty", "metrics")


def parts(mail):
    return (mail.get_body((part,)).get_content() for part in ("plain", "html"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    users = [overdue(name, tags=TAGS) for name in (FORMULA, "+" + FORMULA)]  # at least one in each account is held back
    accounts = (account(number, *users, name=name) for number, name in NAMES.items())
    return Everybody(tmp_path_factory.mktemp("hostile"), *accounts, limits={"max_changes": 1})


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    users = [overdue(f"{number:03}-" + "user.name+tag=value,x@example-" * 2) for number in range(230)]
    denied = [{"action": "iam:TagUser", "fault": "denied", "times": -1}]
    limits = {"max_changes": 210, "max_changes_per_account": 210}
    return Everybody(tmp_path_factory.mktemp("large"), account(A, *users, name="N" * 50), account(B), faults=denied, limits=limits)


@pytest.mark.parametrize("content", ["hostile", "large"])
def test_every_channel_takes_it(content, request):
    assert request.getfixturevalue(content).told_by() == {(channel, "sent") for channel in CHANNELS}


# ---- hostile


@pytest.mark.parametrize("channel", ["ses", "smtp", "file"])
def test_names_and_tags_are_text_in_a_mail(hostile, channel):
    assert {mail["To"] for mail in hostile.mails[channel]} == {f"{number}@example.org" for number in NAMES}
    if channel != "file":  # a file has no envelope
        assert hostile.recipients[channel] and all(len(recipients) == 1 for recipients in hostile.recipients[channel])
    for mail in hostile.mails[channel]:
        name = LINES[mail["To"][:12]]
        assert mail.defects == [] and mail["Bcc"] is None and mail["Cc"] is None
        assert mail["Subject"].startswith(f"[keyward] {name} (")
        text, page = parts(mail)
        assert name in text and FORMULA in text
        assert not re.search(r"^(Bcc:|\.$|<!channel>)", text, re.MULTILINE)
        assert html.escape(name, quote=False) in page.replace("&quot;", '"') and "<script" not in page and "<img" not in page
        assert "\u202e" not in text + page


def test_names_and_tags_are_text_in_a_publication(hostile):
    (summary,) = [one for one in hostile.publications if one["subject"].startswith("keyward run of")]
    events = [one for one in hostile.publications if one is not summary]
    for one in hostile.publications:
        assert ASCII.fullmatch(one["subject"]) and "\u202e" not in one["message"] and "\r" not in one["message"]
    assert all(line in summary["message"] for line in LINES.values())
    assert not re.search(r"^(Bcc:|\.$|<!channel>|\+2\+2)", summary["message"], re.MULTILINE)
    documents = [json.loads(one["message"]) for one in events]
    assert FORMULA in {document.get("user") for document in documents}
    names = {document["account_name"] for document in documents if "account_name" in document}
    assert names == set(LINES.values())


@pytest.mark.parametrize("channel", ["slack", "teams", "webhook", "pagerduty"])
def test_names_and_tags_are_text_in_a_post(hostile, channel):
    document = json.loads(hostile.posts[channel])
    told = texts(document)
    everything = "\n".join(told)
    for name in LINES.values():
        assert (html.escape(name, quote=False) if channel == "slack" else name) in everything
    assert FORMULA in everything
    assert "\u202e" not in everything and "\r" not in everything
    assert not any(re.search(r"\n(Bcc:|\.$|<!channel>|\+2\+2)", text) for text in told)
    if channel == "slack":
        assert "<script" not in everything and "<!channel>" not in everything
        assert all(block["text"].get("verbatim") for block in document["blocks"] if block["text"]["type"] == "mrkdwn")
    if channel == "teams":
        assert {block["type"] for block in document["attachments"][0]["content"]["body"]} == {"RichTextBlock"}
    if channel == "pagerduty":
        assert document["event_action"] == "trigger" and document["dedup_key"].startswith("keyward/o-")


def test_names_and_tags_are_no_part_of_a_metric(hostile):
    for written in (json.dumps(hostile.metrics), hostile.embedded):
        assert not re.search(r"1\+1|script|evil|" + A, written)
    assert {tuple(datum["dimensions"]) for datum in hostile.metrics} == {("Mode", "Organization")}
    assert {datum["name"]: datum["value"] for datum in hostile.metrics}["KeysRotated"] == 1


# ---- too much


@pytest.mark.parametrize("channel", ["ses", "smtp", "file"])
def test_a_mail_is_cut_and_names_the_report(large, channel):
    (mail,) = large.mails[channel]
    text, page = parts(mail)
    assert len(page.encode()) < 102_000
    shown = text.count("user.name+tag=value,x@example-" * 2)
    (more,) = set(re.findall(rf"and (\d+) more, see the report of run {large.result.summary['run']}", text))
    assert 0 < shown and 230 <= int(more) + shown
    assert max(len(line) for line in mail.as_bytes(policy=email.policy.SMTP).splitlines()) <= 998  # RFC 5322, 2.1.1


def test_a_publication_is_cut(large):
    (summary,) = [one for one in large.publications if one["subject"].startswith("keyward run of")]
    assert len(summary["message"].encode()) <= 200_000 and re.search(r"^and \d+ more$", summary["message"], re.MULTILINE)
    assert len(large.publications) == 1 + 200
    assert all(ASCII.fullmatch(one["subject"]) for one in large.publications)


LIMITS = {"slack": 13_000, "teams": 21_000, "webhook": 20_000, "pagerduty": 100_000}


@pytest.mark.parametrize("channel", LIMITS)
def test_a_post_is_cut_and_counts_what_is_missing(large, channel):
    body = large.posts[channel]
    assert len(body) <= LIMITS[channel]
    document = json.loads(body)
    told = "\n".join(texts(document))
    assert large.result.summary["run"] in told
    if channel in ("slack", "teams"):
        shown = told.count("rotate: FAILED")
        (more,) = re.findall(r"and (\d+) more", told)
        assert 0 < shown and shown + int(more) == 230
    else:
        data = document["data"] if channel == "webhook" else document["payload"]["custom_details"]
        assert 0 < len(data["troubles"]) and len(data["troubles"]) + data["troubles_not_listed"] == 230
    if channel == "slack":
        assert len(document["blocks"]) <= 50 and all(len(block["text"]["text"]) <= 3000 for block in document["blocks"])


def test_metrics_are_as_many_as_ever(large):
    value = {datum["name"]: datum["value"] for datum in large.metrics}
    assert len(large.metrics) == len(value) == 12 and value["Failures"] == 210
    assert json.loads(large.embedded)["Failures"] == 210 and len(large.embedded) < 2_000
