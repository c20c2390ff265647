"""`notify preview` writes what the last run told, with the templates of today, and calls nobody; `notify test` sends one
mail that says that it is a test."""

import email
import email.policy

from keyward_process import Keyward
from sandbox_process import Sandbox


def test_preview(tmp_path):
    with Sandbox("--seed", 3, "--accounts", 3, "--users", 5, "--propagation", "50ms") as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment)
        nothing = keyward("notify", "preview", "--out", tmp_path / "early").expect(2)
        assert "there is no finished run" in nothing.stderr and "keyward run --dry-run" in nothing.stderr
        run = keyward("run").expect(0)
        assert run.mails
        sandbox.control("calls", method="DELETE")

        out = tmp_path / "out"
        assert run.directory.name in keyward("notify", "preview", "--out", out).expect(0).stdout
        assert sandbox.calls()["log"] == []
        written = sorted(out.glob("*.eml"))
        sent = sorted((run.directory / "mail").glob("*.eml"))
        assert [file.read_bytes() for file in written] == [file.read_bytes() for file in sent]
        assert len(list(out.glob("*.html"))) == len(written) + 1 and len(list(out.glob("*.txt"))) == len(written)
        assert all(file.name in (out / "index.html").read_text() for file in written)

        # The templates of today.
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "mine.html").write_text("<p>Hello {{account_name}}</p>{{actions}}")
        mine = {"templates": "mine", "template_enforce": "mine.html", "template_audit": "mine.html"}
        keyward.configure(notify=mine)
        keyward("notify", "preview", "--out", tmp_path / "again").expect(0)
        assert all("<p>Hello " in file.read_text() for file in (tmp_path / "again").glob("0*.html"))
        assert "not empty" in keyward("notify", "preview", "--out", tmp_path / "again").expect(2).stderr

        (tmp_path / "mine" / "mine.html").write_text("<p>\n {{acount_name}}</p>")
        wrong = "mine.html:2:2: unknown placeholder {{acount_name}}; did you mean {{account_name}}?"
        for command in (["notify", "preview", "--out", tmp_path / "third"], ["notify", "test", "--to", "a@example.org"], ["run"]):
            sandbox.control("calls", method="DELETE")
            assert wrong in keyward(*command).expect(2).stderr
            assert sandbox.calls()["log"] == []
        assert not (tmp_path / "third").exists()


def test_test_mail(tmp_path):
    with Sandbox("--seed", 3, "--accounts", 1, "--users", 1) as sandbox:
        keyward = Keyward(tmp_path, sandbox.environment, notify={"channels": [{"type": "ses"}, {"type": "file", "directory": "tried"}]})
        sandbox.control("mail", method="DELETE")
        done = keyward("notify", "test", "--to", "owner@example.org").expect(0)
        assert "by ses: " in done.stdout and "by file: " in done.stdout
        assert [call["action"] for call in sandbox.calls()["log"]] == ["ses:SendEmail"]
        (file,) = (tmp_path / "tried").glob("*.eml")
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert mail["To"] == "owner@example.org" and mail["Subject"].startswith("[TEST] [keyward] ")
        for kind in ("plain", "html"):
            text = " ".join(mail.get_body((kind,)).get_content().split())
            assert "This is a test, no such key exists." in text and "aws secretsmanager get-secret-value" in text
        assert len(sandbox.control("mail")) == 1

        assert "owner@example.org" in keyward("notify", "test", "--to", "nobody").expect(2).stderr
        keyward.configure(notify={"sender": "stranger@nowhere.example"})
        refused = keyward("notify", "test", "--to", "owner@example.org").expect(4)
        assert "verify stranger@nowhere.example in SES in region" in refused.stderr
