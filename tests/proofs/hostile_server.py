"""A server between keyward and the sandbox that does what no AWS does, certificates of every kind, and a proxy."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority that certifies anything, for any time."""

    def __init__(self, folder, name="authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._key, self._name = folder, ec.generate_private_key(ec.SECP256R1()), self._named(name)
        self.bundle = folder / f"{name}.pem"
        own = self._sign(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0), -DAY, 9 * DAY)
        self.bundle.write_bytes(own.public_bytes(serialization.Encoding.PEM))
        self._number = 0

    @staticmethod
    def _named(name):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {x509.random_serial_number()}"[:64])])

    def _sign(self, subject, key, extension, begin, end):
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        certificate = certificate.serial_number(x509.random_serial_number()).not_valid_before(now + begin).not_valid_after(now + end)
        return certificate.add_extension(extension, critical=False).sign(self._key, hashes.SHA256())

    def context(self, *names, begin=-DAY, end=2 * DAY):
        """A server's, with a certificate for these names and addresses."""

        def general(name):
            with contextlib.suppress(ValueError):
                return x509.IPAddress(ipaddress.ip_address(name))
            return x509.DNSName(name)

        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(self._named("server"), key, x509.SubjectAlternativeName([general(name) for name in names or ("localhost", "127.0.0.1")]), begin, end)
        self._number += 1
        path = self._folder / f"server-{self._number}.pem"
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def old_tls(context, version):
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def lenient(folder):
    """The environment in which OpenSSL refuses no old TLS: its own level of security would, whatever a program asks for."""
    path = folder / "openssl.cnf"
    path.write_text("openssl_conf = o\n[o]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n")
    return {"OPENSSL_CONF": str(path)}


class Request:
    def __init__(self, head, body):
        self.raw, self.body = head + body, body
        self.line, *lines = head.decode("latin-1").split("\r\n")
        self.path = self.line.split(" ")[1]
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}

    @property
    def action(self):
        """ "ListAccounts", of any protocol."""
        target = self.headers.get("x-amz-target", "").rpartition(".")[2]
        return target or urllib.parse.parse_qs(self.body.decode("latin-1")).get("Action", [""])[0]


def read_message(stream):
    """(head with its empty line, body) of a request or answer; None at the end of the connection."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    return head, stream.read(length)


def accept_each(listener, serve):
    """Each connection in a thread of its own, until the listener is closed."""

    def run(connection):
        with contextlib.suppress(OSError, ValueError), connection:
            serve(connection)

    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=run, args=(connection,), daemon=True).start()


class Listener:
    """Listens on a port of its own, and has a thread for each connection, which `_serve` is given. A context manager."""

    def __init__(self, address="127.0.0.1"):
        self._listener = socket.create_server((address, 0))

    def __enter__(self):
        threading.Thread(target=accept_each, args=(self._listener, self._serve), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    @property
    def port(self):
        return self._listener.getsockname()[1]


class Server(Listener):
    """`answer(request, connection)` returns True when it has answered, "close" when the
    connection is to end then, or nothing to pass the request on to `upstream`. `greeting` is sent before anybody asked."""

    def __init__(self, context=None, answer=None, upstream=None, address="127.0.0.1", greeting=b""):
        super().__init__(address)
        self.accepted = 0
        self.requests = []
        self._context, self._answer, self._upstream, self._greeting = context, answer, upstream, greeting

    def url(self, host="localhost"):
        return f"{'https' if self._context else 'http'}://{host}:{self.port}"

    def _serve(self, connection):
        self.accepted += 1
        if self._context:
            connection = self._context.wrap_socket(connection, server_side=True)
        with connection, connection.makefile("rb") as stream:
            connection.sendall(self._greeting)
            while message := read_message(stream):
                request = Request(*message)
                self.requests.append(request)
                answered = self._answer(request, connection) if self._answer else None
                if answered == "close":
                    return
                if not answered:
                    connection.sendall(self._pass_on(request))

    def _pass_on(self, request):
        target = urllib.parse.urlsplit(self._upstream)
        with socket.create_connection((target.hostname, target.port)) as sandbox, sandbox.makefile("rb") as stream:
            sandbox.sendall(request.raw)
            return b"".join(read_message(stream))


class MailServer(Listener):
    """Takes every login and every mail, and keeps what it was told, before TLS and inside of it. `tls` is implicit or
    starttls."""

    def __init__(self, context, tls):
        super().__init__()
        self.accepted = 0
        self.plain, self.told = [], []  # lines
        self._context, self._tls = context, tls

    def channel(self):
        return {"type": "smtp", "host": "localhost", "port": self.port, "tls": self._tls}

    def _serve(self, connection):
        self.accepted += 1
        if self._tls == "starttls":
            connection.sendall(b"220 hello\r\n")
            self._talk(connection, self.plain, "STARTTLS")
            if self.plain[-1:] != ["STARTTLS"]:
                return
        with self._context.wrap_socket(connection, server_side=True) as inside:
            if self._tls == "implicit":
                inside.sendall(b"220 hello\r\n")
            self._talk(inside, self.told, "AUTH PLAIN")

    @staticmethod
    def _talk(connection, lines, offer):
        answers = {"EHLO": f"250-hello\r\n250 {offer}", "STARTTLS": "220 go on", "AUTH": "334 ", "DATA": "354 go on", "QUIT": "221 bye"}
        with connection.makefile("rb", buffering=0) as stream:
            while line := stream.readline():
                lines.append(line.decode().rstrip())
                word = lines[-1].partition(" ")[0]
                answer = answers.get(word, "250 yes")
                if lines[-1].startswith("AUTH PLAIN ") or lines[-2:-1] == ["AUTH PLAIN"]:
                    answer = "235 welcome"
                connection.sendall(f"{answer}\r\n".encode())
                if word == "DATA":
                    while (line := stream.readline()) not in (b".\r\n", b""):
                        lines.append(line.decode().rstrip())
                    connection.sendall(b"250 taken\r\n")
                elif word == "STARTTLS":
                    return


def cut(connection):
    """Ends the connection below TLS: the peer gets no close_notify."""
    with socket.socket(fileno=connection.detach()) as plain:
        plain.shutdown(socket.SHUT_RDWR)


class Proxy(Listener):
    """An HTTP proxy that knows CONNECT and leads every name to loopback."""

    def __init__(self):
        super().__init__()
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _serve(self, connection):
        with connection.makefile("rb", buffering=0) as stream:
            head, _ = read_message(stream)
            target = head.split(b" ")[1].decode()
            self.asked.append(target)
            with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as server:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=self._copy, args=(server, connection), daemon=True)
                back.start()
                self._copy(connection, server)
                back.join()

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)
