"""keyward's mail through a real mail server: what arrives, and what happens when it does not."""

import pytest

from keyward_process import Keyward
from organizations import A, B, account, organization, overdue
from receivers import Authority, MailServer


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def keyward_with(tmp_path, sandbox, authority, *channels, **notify):
    (tmp_path / "user").write_text(MailServer.USER + "\n")
    (tmp_path / "password").write_text(MailServer.PASSWORD + "\n")
    environment = {**sandbox.environment, "AWS_CA_BUNDLE": str(authority.bundle)}
    login = {"smtp_user": "file:user", "smtp_password": "file:password"}
    return Keyward(tmp_path, environment, notify={"channels": list(channels), **login, **notify})


def assert_no_secret_was_written(keyward, result):
    written = keyward.everything_written() + result.stdout.encode() + result.stderr.encode()
    assert MailServer.PASSWORD.encode() not in written and MailServer.USER.encode() not in written


@pytest.mark.parametrize("implicit_tls", [False, True], ids=["starttls", "implicit"])
def test_mail_arrives_encrypted_and_whole(tmp_path, authority, implicit_tls):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        with MailServer(authority, implicit_tls=implicit_tls) as server:
            settings = {"tls": "implicit"} if implicit_tls else {}
            keyward = keyward_with(tmp_path, sandbox, authority, server.channel(**settings), {"type": "file"})
            result = keyward("run").expect(0)
            again = keyward("run").expect(0)
    assert again.mails == []
    assert {(sender, *recipients) for sender, recipients, _ in server.mails} == {
        ("keyward@example.org", f"{A}@example.org"),
        ("keyward@example.org", f"{B}@example.org"),
    }
    assert server.connections <= 3  # EHLO before and after STARTTLS: one connection for both mails
    assert server.logins and all(encrypted for _, encrypted in server.logins)
    for (_, recipients, mail), filed in zip(server.mails, result.mails):
        assert mail.defects == [] and mail["To"] == recipients[0]
        assert mail.get_content_type() == "multipart/alternative"
        assert mail["Auto-Submitted"] == "auto-generated" and mail["Message-ID"] and mail["Date"]
        for part in ("plain", "html"):
            body = mail.get_body((part,))
            assert body.get_content() == filed.get_body((part,)).get_content()
            assert ("alice" if recipients[0].startswith(A) else "bob") in body.get_content()
    assert {(e["action"], e["outcome"]) for e in result.events if e["event"] == "notice"} == {("smtp", "sent"), ("file", "sent")}
    assert_no_secret_was_written(keyward, result)


def test_the_login_comes_from_parameters_of_the_guidances_names(tmp_path, authority):
    with organization(account(A, overdue("alice"))) as sandbox, MailServer(authority) as server:
        ssm = sandbox.client("ssm", sandbox.admin())
        ssm.put_parameter(Name="/keyward/smtp/user", Value=server.USER, Type="SecureString")
        ssm.put_parameter(Name="/keyward/smtp/password", Value=server.PASSWORD, Type="SecureString")
        keyward = keyward_with(tmp_path, sandbox, authority, server.channel())
        names = {"SMTPUserParamName": "/keyward/smtp/user", "SMTPPasswordParamName": "/keyward/smtp/password"}
        (tmp_path / "user").write_text("wrong")
        result = keyward("run", **names).expect(0)
        assert len(server.mails) == 1
        shown = keyward("config", "show", **names).expect(0).stdout
        assert 'notify.smtp_user = "ssm:/keyward/smtp/user"' in shown and "SMTPUserParamName" in shown
        assert server.PASSWORD not in shown
        assert_no_secret_was_written(keyward, result)


def test_a_test_mail_goes_this_way_and_to_no_operator(tmp_path, authority):
    with organization(account(A)) as sandbox, MailServer(authority) as server:
        pager = {"type": "pagerduty", "routing_key": "file:user", "endpoint": "https://127.0.0.1:1"}
        keyward = keyward_with(tmp_path, sandbox, authority, server.channel(), pager)
        done = keyward("notify", "test", "--to", "owner@example.org").expect(0)
        assert done.stdout.startswith("sent to owner@example.org by smtp: ") and done.stdout.count("\n") == 1
        ((_, recipients, mail),) = server.mails
        assert recipients == ["owner@example.org"] and mail["Subject"].startswith("[TEST] [keyward] ")
        keyward.configure(notify={"channels": [pager]})
        assert "names no channel for mail" in keyward("notify", "test", "--to", "owner@example.org").expect(2).stderr
        assert_no_secret_was_written(keyward, done)


def test_nothing_is_said_without_tls(tmp_path, authority):
    with organization(account(A, overdue("alice"))) as sandbox, MailServer(authority, starttls=False) as server:
        result = keyward_with(tmp_path, sandbox, authority, server.channel())("run").expect(4)
        assert server.mails == [] and server.logins == []
        (notice,) = [e for e in result.events if e["event"] == "notice"]
        assert notice["outcome"] == "rejected" and "StartTlsMissing" in notice["error"]


def test_a_certificate_of_somebody_else_is_refused(tmp_path, authority):
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    with organization(account(A, overdue("alice"))) as sandbox, MailServer(other) as server:
        result = keyward_with(tmp_path, sandbox, authority, server.channel())("run").expect(4)
        assert server.mails == [] and server.logins == []
        assert "CertificateRefused" in [e for e in result.events if e["event"] == "notice"][0]["error"]


def test_a_wrong_password_is_tried_once_and_not_shown(tmp_path, authority):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox, MailServer(authority) as server:
        keyward = keyward_with(tmp_path, sandbox, authority, server.channel())
        (tmp_path / "password").write_text("wrong-Password")
        result = keyward("run").expect(4)
        assert result.summary["notices_failed"] == 2 and server.mails == []
        assert len(server.logins) <= 2  # one login, by PLAIN or LOGIN; the second mail made none
        assert all("SMTP535" in e["error"] for e in result.events if e["event"] == "notice")
        assert b"wrong-Password" not in keyward.everything_written() + result.stderr.encode()


REFUSALS = {
    "sender": ("MAIL", "550 5.7.1 not your address", "SMTP550"),
    "recipient": ("RCPT", "550 5.1.1 no such user", "SMTP550"),
    "content": ("DATA", "554 5.6.0 message rejected", "SMTP554"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_permanent_refusal_of_one_mail_keeps_no_other_back(tmp_path, authority, refusal):
    step, reply, code = REFUSALS[refusal]
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        with MailServer(authority, replies={step: [reply]}) as server:
            result = keyward_with(tmp_path, sandbox, authority, server.channel())("run").expect(4)
    outcomes = [(e["outcome"], e.get("error", "")) for e in result.events if e["event"] == "notice"]
    assert sorted(outcome for outcome, _ in outcomes) == ["rejected", "sent"]
    assert any(code in error and reply[4:] in error for _, error in outcomes)
    assert len(server.mails) == 1 and server.steps.count(step) == 2  # not tried a second time


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_refusal_for_now_is_tried_again_within_the_run(tmp_path, authority, step):
    with organization(account(A, overdue("alice"))) as sandbox:
        with MailServer(authority, replies={step: ["451 4.3.0 try again"]}) as server:
            keyward_with(tmp_path, sandbox, authority, server.channel())("run").expect(0)
    assert len(server.mails) == 1 and server.steps.count(step) == 2


def test_a_mail_without_a_reply_is_sent_once_and_told_again_by_the_next_run(tmp_path, authority):
    with organization(account(A, overdue("alice"))) as sandbox:
        with MailServer(authority, replies={"DATA": ["drop"]}) as server:
            keyward = keyward_with(tmp_path, sandbox, authority, server.channel())
            result = keyward("run").expect(4)
            (notice,) = [e for e in result.events if e["event"] == "notice"]
            assert (notice["outcome"], server.steps.count("DATA")) == ("uncertain", 1)
            assert "NoReplyToMail" in notice["error"]
            keyward("run").expect(0)
            assert len(server.mails) == 1


def test_a_server_that_hangs_ends_the_channel_and_not_the_run(tmp_path, authority):
    with organization(account(A, overdue("alice")), account(B, overdue("bob"))) as sandbox:
        with MailServer(authority, replies={"DATA": ["hang"]}) as server:
            keyward = keyward_with(tmp_path, sandbox, authority, server.channel(timeout="500ms"))
            result = keyward("run").expect(4)
    outcomes = [e["outcome"] for e in result.events if e["event"] == "notice"]
    assert outcomes == ["uncertain", "unavailable"] and server.steps.count("DATA") == 1
    assert {outcome for _, action, outcome in result.outcomes() if action == "rotate"} == {"done"}


def test_a_mail_that_is_too_large_is_refused_and_not_tried_again(tmp_path, authority):
    with organization(account(A, overdue("alice"))) as sandbox, MailServer(authority, size_limit=2000) as server:
        result = keyward_with(tmp_path, sandbox, authority, server.channel())("run").expect(4)
        (notice,) = [e for e in result.events if e["event"] == "notice"]
        assert notice["outcome"] == "rejected" and "SMTP552" in notice["error"]
        assert server.mails == []


def test_hostile_names_stay_text(tmp_path, authority):
    name = '<b>"pay"</b>\r\nBcc: evil@example.net\r\n.\r\n=cmd|\'/c calc\'!A1 {{sender_email}} ünïcode'
    tagged = overdue("o=hara,+-@_.", tags={"team": "<script>alert(1)</script>\n.\n"})
    with organization(account(A, tagged, name=name)) as sandbox, MailServer(authority) as server:
        keyward_with(tmp_path, sandbox, authority, server.channel())("run").expect(0)
    ((_, recipients, mail),) = server.mails
    assert recipients == [f"{A}@example.org"] and mail["Bcc"] is None and mail.defects == []
    text, html = (mail.get_body((part,)).get_content() for part in ("plain", "html"))
    assert "\nBcc:" not in text and "<script>" not in html and "<b>" not in html.split("<body", 1)[1].replace("<b>keyward", "")
    assert "ünïcode" in text and "{{sender_email}}" in text
