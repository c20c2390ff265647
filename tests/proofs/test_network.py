"""What the network may do to keyward: TLS that is not what it says, answers that are none, places where it must not go.

keyward runs against the sandbox through a server that misbehaves (hostile_server.py). Each refusal is seen from the other
side, too: by what the server got to read, or that nobody connected at all."""

import contextlib
import gzip
import io
import json
import os
import re
import socket
import ssl
import subprocess
import threading

import pytest
from hostile_server import DAY, Authority, MailServer, Proxy, Server, cut, lenient, old_tls
from keyward_process import Keyward
from sandbox_process import Sandbox

FAILED = 5  # nothing could be covered
# Ends what keyward tries again and again; so long that a slow machine is through with its first attempt, and says what came of it.
PATIENCE = {"limits": {"deadline": "10s"}}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox("--accounts", 3, "--users", 1) as running:
        yield running


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def run(sandbox, authority, tmp_path):
    """Starts keyward with what it is to speak to."""
    number = iter(range(1000))

    def start(url, *arguments, directory=None, configuration=None, **environment):
        folder = directory or tmp_path / str(next(number))
        variables = {**sandbox.environment, "AWS_ENDPOINT_URL": url, "AWS_CA_BUNDLE": str(authority.bundle), **environment}
        keyward = Keyward(folder, {name: value for name, value in variables.items() if value is not None}, sandbox=sandbox, **(configuration or {}))
        return keyward, keyward.start(*(arguments or ("inventory",)))

    return start


def all_at_once(cases):
    """Runs (name, context manager of a server, start) side by side, because they wait for each other's patience; name -> (server, result)."""
    with contextlib.ExitStack() as stack:
        running = []
        for name, server, start in cases:
            stack.enter_context(server)
            running.append((name, server, *start(server)))
        return {name: (server, keyward.finish(process)) for name, server, keyward, process in running}


def said(result):
    return result.stdout + result.stderr


# ---- TLS


def test_only_a_server_that_proves_its_name_hears_anything(sandbox, authority, run, tmp_path, show):
    stranger = Authority(tmp_path, "stranger")
    contexts = {
        "expired": (authority.context(begin=-3 * DAY, end=-DAY / 24), "expired"),
        "not yet valid": (authority.context(begin=DAY, end=2 * DAY), "not yet valid"),
        "for another host": (authority.context("aws.example.org"), "subject name matches"),
        "for a name below": (authority.context("*.localhost"), "subject name matches"),
        "of an unknown authority": (stranger.context(), "unable to get local issuer"),
        "signed by itself": (self_signed(tmp_path), "self-signed|self signed"),
        "TLS 1.0": (old_tls(authority.context(), ssl.TLSVersion.TLSv1), "protocol version"),
        "TLS 1.1": (old_tls(authority.context(), ssl.TLSVersion.TLSv1_1), "protocol version"),
        "no TLS at all": (None, "wrong version|record"),
    }
    # What refuses old TLS then is keyward, and not OpenSSL's own level of security.
    permissive = lenient(tmp_path)
    start = lambda server: run(f"https://localhost:{server.port}", configuration=PATIENCE, **permissive)
    found = all_at_once([(name, Server(context, upstream=sandbox.url, greeting=b"" if context else b"HTTP/1.1 200 OK\r\n\r\n"), start) for name, (context, _) in contexts.items()])
    for name, (server, result) in found.items():
        assert result.code == FAILED, (name, said(result))
        assert re.search(contexts[name][1], said(result)), (name, said(result))
        assert server.accepted > 0 and server.requests == [], name
    # The servers themselves do speak: to who asks for less, with the same OpenSSL.
    assert careless_client(contexts["of an unknown authority"][0])
    for name, option in (("TLS 1.0", "-tls1"), ("TLS 1.1", "-tls1_1")):
        assert [old_client(contexts[name][0], authority, option, more) for more in (permissive, {})] == [True, False], name
    show(f"{len(contexts)} servers with a wrong certificate or protocol: {len(found)} refused, 0 requests sent")


def test_newer_tls_works(sandbox, authority, run):
    versions = {}
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = authority.context()
        context.minimum_version = context.maximum_version = version
        versions[version.name] = context
    found = all_at_once([(name, Server(context, upstream=sandbox.url), lambda server: run(server.url())) for name, context in versions.items()])
    for name, (server, result) in found.items():
        assert result.code == 0 and server.requests, (name, said(result))


def self_signed(folder):
    """A server whose own certificate is all it has."""
    key, certificate = folder / "self.key", folder / "self.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def nothing(request, connection):
    connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    return "close"


def old_client(context, authority, option, environment):
    """Whether a client that asks for an old protocol gets through."""
    with Server(context, nothing) as server:
        command = ["openssl", "s_client", "-quiet", option, "-verify_return_error", "-CAfile", authority.bundle, "-connect", f"127.0.0.1:{server.port}"]
        environment = {**os.environ, **environment}
        done = subprocess.run(command, input=b"GET / HTTP/1.1\r\n\r\n", capture_output=True, env=environment, timeout=30)
        return done.stdout.startswith(b"HTTP/1.1 204")


def careless_client(context):
    """Whether a client that verifies nothing gets through."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    with Server(context, nothing) as server:
        with client.wrap_socket(socket.create_connection(("127.0.0.1", server.port)), server_hostname="localhost") as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.1 204")


# ---- TLS of mail servers


def test_only_a_mail_server_that_proves_its_name_hears_anything(sandbox, authority, tmp_path, show):
    contexts = {
        "expired": (authority.context(begin=-3 * DAY, end=-DAY / 24), "CertificateRefused.*expired"),
        "for another host": (authority.context("mail.example.org"), "CertificateRefused.*subject name matches"),
        "of an unknown authority": (Authority(tmp_path, "stranger").context(), "CertificateRefused.*unable to get local issuer"),
        "TLS 1.0": (old_tls(authority.context(), ssl.TLSVersion.TLSv1), "TlsFailed.*protocol version"),
        "TLS 1.1": (old_tls(authority.context(), ssl.TLSVersion.TLSv1_1), "TlsFailed.*protocol version"),
        "as it should be": (authority.context(), None),
    }
    environment = {**sandbox.environment, "AWS_CA_BUNDLE": str(authority.bundle), "LOGIN": "the-login", "PASSWORD": "the-password", **lenient(tmp_path)}
    login = {"smtp_user": "env:LOGIN", "smtp_password": "env:PASSWORD"}

    def start(server):
        keyward = Keyward(tmp_path / str(server.port), environment, notify={"channels": [server.channel()], **login})
        return keyward, keyward.start("run", "--dry-run")

    ways = {"implicit": [], "starttls": ["EHLO", "STARTTLS"]}  # and what is said before TLS
    found = all_at_once([((name, way), MailServer(context, way), start) for name, (context, _) in contexts.items() for way in ways])
    for (name, way), (server, result) in found.items():
        place = (name, way, server.plain, server.told, said(result))
        words = contexts[name][1]
        notices = [event for event in result.events if event["event"] == "notice"]
        assert notices and server.accepted and {line.split()[0] for line in server.plain} == set(ways[way]), place
        if words is None:
            assert {"AUTH PLAIN", "DATA"} <= set(server.told) and {notice["outcome"] for notice in notices} == {"sent"}, place
        else:
            assert server.told == [], place
            assert result.code == 4 and re.search(words, notices[0]["error"]), place
            assert {notice["outcome"] for notice in notices} <= {"rejected", "unavailable"}, place
    show(f"{len(found)} mail servers, {len(ways)} of them as they should be: nothing told to any other")


# ---- answers


def whole(body, head=b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


LISTED = json.dumps({"Accounts": [{"Id": "111111111111", "Name": "a", "Email": "a@example.org", "State": "ACTIVE"}]}).encode()


def send(data, end):
    def answer(request, connection):
        connection.sendall(data)
        if end == "cut":
            cut(connection)
        return "close"

    return answer


def endless(first, part):
    def answer(request, connection):
        connection.sendall(first)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(part)
        return "close"

    return answer


NO_LENGTH = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


def bomb(mebibytes):
    """Piece by piece: what this process held at most counts as held by those that it starts."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        for _ in range(mebibytes):
            out.write(bytes(1 << 20))
    return packed.getvalue()


BOMB = bomb(64)
ANSWERS = {
    # The document is whole, the answer is not: whoever can cut a connection must not be able to shorten a list.
    "ends without close_notify": (send(NO_LENGTH + LISTED, "cut"), "not whole|TruncatedAnswer"),
    "cut within its body": (send(whole(LISTED)[:-20], "cut"), "not whole|TruncatedAnswer"),
    "shorter than it says, ended in order": (send(whole(LISTED)[:-20], "close"), "not whole|TruncatedAnswer"),
    "cut within its header": (send(b"HTTP/1.1 200 OK\r\nContent-Len", "cut"), "not whole|TruncatedAnswer|ConnectionLost"),
    "none": (send(b"", "cut"), "ConnectionLost|Empty reply|Recv"),
    "a negative length": (send(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + LISTED, "close"), "MalformedAnswer|TransferFailed|Content-Length|not whole"),
    "a chunk of impossible size": (send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "close"), "chunk|Malformed|not whole|failure"),
    "not HTTP": (send(b"\x16\x03\x01 hello\r\n\r\n", "close"), "HTTP"),
    "a body without end": (endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b"x" * 65536 + b"\r\n"), "larger than"),
    "a header without end": (endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 8000 + b"\r\n"), "larger than|Too large"),
    "headers of 100 Continue without end": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "larger than|Too large"),
    "a compressed bomb": (send(whole(BOMB, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"), "close"), "MalformedAnswer"),
    "as many values as fit": (send(whole(b'{"Accounts":[' + b"1," * ((4 << 19) - 20) + b"1]}"), "close"), "MalformedAnswer"),
    "larger than any page": (send(whole(b" " * (4 << 20) + LISTED), "close"), "larger than"),
    "HTML": (send(whole(b"<html>login to the guest network</html>"), "close"), "MalformedAnswer"),
}  # fmt: skip
MOST_MEMORY_MIB = 200  # an answer has 4 MiB at most, and takes up to 25 times as much when it is parsed


def peak_mib(process):
    """Of a process that ends now; at least what this one held when it was started."""
    pid, status, used = os.wait4(process.pid, 0)
    return used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize("chosen", ["some", pytest.param("all", marks=pytest.mark.full)])
def test_an_answer_that_is_none_is_no_list_of_accounts(sandbox, authority, run, chosen, chance, show):
    names = sorted(ANSWERS) if chosen == "all" else sorted({"ends without close_notify", "as many values as fit", *chance.sample(sorted(ANSWERS), 2)})
    context = authority.context()

    def server(name):
        answer, _ = ANSWERS[name]
        return Server(context, lambda request, connection: answer(request, connection) if request.action == "ListAccounts" else None, sandbox.url)

    peaks = {}
    with contextlib.ExitStack() as stack:
        running = [(name, stack.enter_context(server(name))) for name in names]
        running = [(name, one, *run(one.url(), configuration=PATIENCE)) for name, one in running]
        for name, one, keyward, process in running:
            out = threading.Thread(target=lambda process=process, name=name: texts.__setitem__(name, process.stdout.read() + process.stderr.read()))
            texts = peaks.setdefault("texts", {})
            out.start()
            peaks[name], code = peak_mib(process)
            process.returncode = code
            out.join()
            text = texts[name]
            assert code == FAILED, (name, code, text)
            assert re.search(ANSWERS[name][1], text), (name, text)
            assert any(request.action == "ListAccounts" for request in one.requests), name
            assert peaks[name] < MOST_MEMORY_MIB, (name, peaks[name])
    peaks.pop("texts")
    worst = max(peaks, key=peaks.get)
    show(f"{len(names)} kinds of answers that are none: 0 taken for a list; peak memory {peaks[worst]:.0f} MiB ({worst})")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(sandbox, authority, run, status):
    with Server(authority.context(), upstream=sandbox.url) as elsewhere:
        location = b"HTTP/1.1 %d Moved\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n" % (status, elsewhere.url().encode())
        with Server(authority.context(), send(location, "close")) as server:
            keyward, process = run(server.url(), configuration=PATIENCE)
            result = keyward.finish(process)
            assert result.code == FAILED and server.requests, said(result)
            assert elsewhere.accepted == 0


# ---- credentials


CREDENTIALS = json.dumps({"AccessKeyId": "ASIAEXAMPLEEXAMPLE12", "SecretAccessKey": "s" * 40, "Token": "t" * 40, "Expiration": "2099-01-01T00:00:00Z"}).encode()
NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


@pytest.mark.parametrize("host", ["0.0.0.0", "[::ffff:127.0.0.1]", "metadata.internal"])
@pytest.mark.parametrize("variable", ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"])
def test_credentials_are_asked_of_their_own_addresses_only(sandbox, run, variable, host, tmp_path):
    with Server(None, lambda request, connection: connection.sendall(whole(CREDENTIALS)) or True, address="0.0.0.0") as server:
        hosts = named(tmp_path, "metadata.internal")
        keyward, process = run(sandbox.url, **NO_KEYS, **{variable: f"http://{host}:{server.port}", "AWS_EC2_METADATA_DISABLED": "false"})
        process.kill()
        process.communicate()
        keyward.launcher = hosts
        result = keyward("inventory")
        assert result.code != 0
        assert re.search("only loopback|plain http is for loopback only|PlainHttpRefused|HostRefused", said(result)), said(result)
        assert server.requests == []


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_the_token_for_credentials_is_not_carried_elsewhere(sandbox, authority, run, tls):
    """To a place that is like the one that was asked: the same protocol, and with TLS a certificate that is trusted."""
    context = lambda: authority.context() if tls else None
    with Server(context(), lambda request, connection: connection.sendall(whole(CREDENTIALS)) or True) as elsewhere:
        moved = b"HTTP/1.1 302 Moved\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n" % elsewhere.url("127.0.0.1").encode()
        with Server(context(), send(moved, "close")) as server:
            uri = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url("127.0.0.1") + "/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret-token"}
            keyward, process = run(sandbox.url, **NO_KEYS, **uri)
            result = keyward.finish(process)
            assert result.code != 0 and server.requests
            assert elsewhere.accepted == 0
            assert "secret-token" not in said(result)


def drip(request, connection):
    """A byte now and then, until the other end goes."""
    silence = threading.Event()
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            connection.sendall(b"X")
            silence.wait(0.1)
    return "close"


def silent(request, connection):
    connection.recv(1)  # until the other end goes
    return "close"


@pytest.mark.full
@pytest.mark.parametrize("slow", [drip, silent])
def test_nobody_is_waited_for_without_end(sandbox, run, slow):
    with Server(None, slow) as server:
        keyward, process = run(sandbox.url, **NO_KEYS, AWS_CONTAINER_CREDENTIALS_FULL_URI=server.url("127.0.0.1") + "/x")
        result = keyward.finish(process)
        assert result.code != 0 and server.requests
        assert "no answer within 2000 ms" in said(result), said(result)


# ---- webhooks


def named(folder, *names):
    """What starts a program that finds these names at 127.0.0.1."""
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {name}\n" for name in names))
    script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    for unshare in (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount")):
        if subprocess.run([*unshare, "sh", "-c", script, hosts, "true"], capture_output=True).returncode == 0:
            return (*unshare, "sh", "-c", script, hosts)
    pytest.skip("neither root nor user namespaces are allowed here")


def hook_answers(request, connection):
    """As simple receivers do, without a length: that it took the message is all that counts."""
    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nok")
    return "close"


class Hook:
    """A run whose webhook leads to `host`; what came of it."""

    def __init__(self, run, sandbox, authority, tmp_path, host, configured=None, **environment):
        context = authority.context("localhost", "127.0.0.1", "0.0.0.0", "hooks.internal", "::ffff:127.0.0.1")
        with Server(context, hook_answers, address="0.0.0.0") as server:
            channel = {"type": "webhook", "url": "env:HOOK", "secret": "env:SECRET", **({} if configured is None else {"private_addresses": configured})}
            notify = {"channels": [{"type": "file"}, channel]}
            environment |= {"HOOK": f"https://{host}:{server.port}/services/hidden", "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
            variables = {**sandbox.environment, "AWS_CA_BUNDLE": str(authority.bundle), **environment}
            keyward = Keyward(tmp_path / "run", variables, notify=notify)
            keyward.launcher = named(tmp_path, "hooks.internal")
            self.result = keyward("run", "--dry-run")
            self.accepted, self.requests = server.accepted, server.requests
        (self.notice,) = [e for e in self.result.events if e["event"] == "notice" and e["action"] == "webhook"]


PRIVATE = ["localhost", "127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "0x0.0", "hooks.internal"]


@pytest.mark.parametrize("host", PRIVATE)
def test_a_webhook_leads_to_no_private_address(run, sandbox, authority, tmp_path, host):
    hook = Hook(run, sandbox, authority, tmp_path, host)
    assert (hook.accepted, hook.requests) == (0, [])
    assert hook.notice["outcome"] == "rejected"
    assert "private, link-local or reserved address" in hook.notice["error"] and "private_addresses: true" in hook.notice["error"], hook.notice
    assert "hidden" not in json.dumps(hook.notice)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "[fe80::1]"])
def test_a_webhook_asks_no_metadata_service(run, sandbox, authority, tmp_path, host):
    hook = Hook(run, sandbox, authority, tmp_path, host)
    assert "private, link-local or reserved address" in hook.notice["error"], hook.notice


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "hooks.internal"])
def test_a_webhook_goes_where_it_was_configured_to_go(run, sandbox, authority, tmp_path, host):
    hook = Hook(run, sandbox, authority, tmp_path, host, configured=True)
    assert len(hook.requests) == 1, hook.notice


def test_behind_a_proxy_the_proxy_decides_about_names(run, sandbox, authority, tmp_path):
    with Proxy() as proxy:
        hook = Hook(run, sandbox, authority, tmp_path, "hooks.internal", https_proxy=proxy.url)
        assert len(hook.requests) == 1 and len(proxy.asked) == 1, hook.notice


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1", "localhost"])
def test_behind_a_proxy_an_address_in_the_url_is_refused(run, sandbox, authority, tmp_path, host):
    with Proxy() as proxy:
        hook = Hook(run, sandbox, authority, tmp_path, host, https_proxy=proxy.url)
        assert "private, link-local or reserved address" in hook.notice["error"]
        assert (hook.accepted, proxy.asked) == (0, [])


def test_past_a_proxy_names_are_looked_at(run, sandbox, authority, tmp_path):
    with Proxy() as proxy:
        hook = Hook(run, sandbox, authority, tmp_path, "hooks.internal", https_proxy=proxy.url, no_proxy="hooks.internal")
        assert "private, link-local or reserved address" in hook.notice["error"], hook.notice
        assert (hook.requests, proxy.asked) == ([], [])
