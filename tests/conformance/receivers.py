"""Where messages arrive in tests: a mail server nobody of this project wrote (aiosmtpd), and a small HTTPS server.

Both speak TLS with a certificate of a throw-away authority, which keyward trusts by AWS_CA_BUNDLE."""

import asyncio
import datetime
import email
import email.policy
import http.server
import ipaddress
import json
import socket
import ssl
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A certificate authority, and a server certificate for localhost and 127.0.0.1, as files in a folder."""

    def __init__(self, folder):
        self.bundle = folder / "authority.pem"
        self._server = folder / "server.pem"
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority {x509.random_serial_number()}"[:64])])
        authority = self._certificate(name, name, key.public_key(), key, x509.BasicConstraints(ca=True, path_length=0))
        self.bundle.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        own = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        server = self._certificate(subject, name, own.public_key(), key, names)
        self._server.write_bytes(
            own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + server.public_bytes(serialization.Encoding.PEM)
        )

    @staticmethod
    def _certificate(subject, issuer, public_key, signing_key, extension):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(signing_key, hashes.SHA256())
        )

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._server)
        return context


# ---- mail


class MailServer:
    """aiosmtpd on a port of its own. `replies` maps a step (MAIL, RCPT, DATA) to what is answered there instead, once
    for each entry of its list; the word "drop" closes the connection, "hang" answers nothing."""

    USER, PASSWORD = "smtp-user", "smtp-Pass/word+1"

    def __init__(self, authority, implicit_tls=False, starttls=True, replies=None, size_limit=None):
        self.mails = []  # (sender, recipients, message as Python's email package reads it)
        self.logins = []  # (mechanism, was the connection encrypted)
        self.steps = []
        self.connections = 0
        self.replies = {step: list(answers) for step, answers in (replies or {}).items()}
        options = {"auth_required": True, "authenticator": self._authenticate, "data_size_limit": size_limit or 33554432}
        if implicit_tls:
            options |= {"ssl_context": authority.server_context(), "auth_require_tls": False}
        elif starttls:
            options |= {"tls_context": authority.server_context(), "require_starttls": True}
        else:
            options |= {"auth_require_tls": False}
        self._controller = Controller(self, hostname="127.0.0.1", port=self._free_port(), **options)

    @staticmethod
    def _free_port():
        # aiosmtpd says hello to itself at the port it was given, so that it has to be known before.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]

    @property
    def port(self):
        return self._controller.port

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop()

    def channel(self, **settings):
        return {"type": "smtp", "host": "127.0.0.1", "port": self.port, **settings}

    def _authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((mechanism, session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None))
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (self.USER.encode(), self.PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    async def _answer(self, step, server, otherwise):
        self.steps.append(step)
        scripted = self.replies.get(step)
        answer = scripted.pop(0) if scripted else otherwise
        if answer == "drop":
            server.transport.abort()
        if answer == "hang":
            await asyncio.sleep(600)  # cancelled when the client goes
        return answer

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        answer = await self._answer("MAIL", server, "250 OK")
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await self._answer("RCPT", server, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        answer = await self._answer("DATA", server, "250 2.0.0 Ok: queued as 4Xyz")
        if answer.startswith("250"):
            message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
            self.mails.append((envelope.mail_from, list(envelope.rcpt_tos), message))
        return answer


# ---- HTTPS


class Posts:
    """An HTTPS server that keeps what is posted. `answers` are (status, headers, body), one a request, then 200; the
    word "drop" closes the connection without an answer, "hang" gives none. A function makes one of (path, body)."""

    def __init__(self, authority, answers=()):
        self.requests = []  # (path, headers, body)
        self.answers = list(answers)
        self._over = threading.Event()
        posts = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posts.requests.append((self.path, dict(self.headers.items()), body))
                answer = posts.answers.pop(0) if posts.answers else (200, {}, b"ok")
                if callable(answer):
                    answer = answer(self.path, body)
                if answer in ("drop", "hang"):
                    if answer == "hang":
                        posts._over.wait(60)
                    self.close_connection = True
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = authority.server_context().wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self):
        return f"https://127.0.0.1:{self._server.server_port}"

    def documents(self):
        return [json.loads(body) for _, _, body in self.requests]
