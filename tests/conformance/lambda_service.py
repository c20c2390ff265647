"""AWS Lambda as a function sees it: the Runtime API, and a process that is started for the first event and again after its end.

Follows docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and the errors that Lambda reports of a process by itself."""

import dataclasses
import http.server
import json
import os
import queue
import subprocess
import threading
import time
import uuid

K_MOST = 6 * 1024 * 1024  # bytes of an answer


@dataclasses.dataclass
class Answer:
    """What whoever invoked the function gets."""

    body: dict
    error_type: str | None  # of the header; None for a response

    def __getitem__(self, name):
        return self.body[name]


class Invocation:
    def __init__(self, payload, deadline_seconds):
        self.id = str(uuid.uuid4())
        self.payload = payload
        self.deadline_ms = int((time.time() + deadline_seconds) * 1000)
        self.answers = queue.SimpleQueue()


class LambdaService:
    """`command` is what Lambda starts; `environment` is the function's beside what Lambda sets."""

    def __init__(self, command, environment, task_root, directory):
        self.command = [str(word) for word in command]
        self.environment = environment
        self.task_root = task_root
        self.stderr_file = directory / "function.log"
        self.waiting = queue.SimpleQueue()
        self.open = {}
        self.init_errors = queue.SimpleQueue()
        self.asked = queue.SimpleQueue()  # times of `next`
        self.process = None
        self.starts = 0

    def __enter__(self):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status, body=b'{"status":"OK"}', headers=()):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                assert self.path == "/2018-06-01/runtime/invocation/next", self.path
                service.asked.put(time.monotonic())
                invocation = service.waiting.get()
                if invocation is None:
                    self.close_connection = True
                    return
                service.open[invocation.id] = invocation
                self.reply(200, invocation.payload, [
                    ("Lambda-Runtime-Aws-Request-Id", invocation.id),
                    ("Lambda-Runtime-Deadline-Ms", str(invocation.deadline_ms)),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:111111111111:function:keyward"),
                    ("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"),
                ])

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/2018-06-01/runtime/init/error":
                    service.init_errors.put(Answer(json.loads(body), self.headers["Lambda-Runtime-Function-Error-Type"]))
                    self.reply(202)
                    return
                *_, request_id, kind = self.path.split("/")
                if len(body) > K_MOST:
                    self.reply(413)
                    return
                invocation = service.open.pop(request_id, None)
                if invocation is None or kind not in ("response", "error"):
                    self.reply(400)
                    return
                error_type = self.headers["Lambda-Runtime-Function-Error-Type"] if kind == "error" else None
                self.reply(202)
                invocation.answers.put(Answer(json.loads(body), error_type))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.log = open(self.stderr_file, "ab")
        return self

    def __exit__(self, kind, *_):
        if self.process and self.process.poll() is None and kind is not None:
            self.process.kill()
        elif self.process and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(timeout=30) == 0, self.said()
        self.waiting.put(None)
        self.server.shutdown()
        self.server.server_close()
        self.log.close()

    def start(self):
        """The process, as Lambda starts it when there is none."""
        self.starts += 1
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd="/", env={
            "PATH": os.environ["PATH"],
            "LANG": "en_US.UTF-8",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "keyward",
            "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023",
            "LAMBDA_TASK_ROOT": str(self.task_root),
            "_HANDLER": "bootstrap",
            "AWS_EC2_METADATA_DISABLED": "true",
            **self.environment,
        })
        return self.process

    def begin(self, event, deadline_seconds=120.0):
        if self.process is None or self.process.poll() is not None:
            self.start()
        payload = event if isinstance(event, bytes) else json.dumps(event).encode()
        invocation = Invocation(payload, deadline_seconds)
        self.waiting.put(invocation)
        return invocation

    def finish(self, invocation):
        """The answer; when the process ends without one Lambda says so."""
        while True:
            try:
                return invocation.answers.get(timeout=0.05)
            except queue.Empty:
                if self.process.poll() is None:
                    continue
            try:  # it may have answered with its last breath
                return invocation.answers.get(timeout=0.5)
            except queue.Empty:
                self.open.pop(invocation.id, None)
                how = self.process.returncode
                reason = f"signal: {-how}" if how < 0 else f"exit status {how}"
                message = f"RequestId: {invocation.id} Error: Runtime exited with error: {reason}"
                return Answer({"errorType": "Runtime.ExitError", "errorMessage": message}, "Runtime.ExitError")

    def __call__(self, event, deadline_seconds=120.0):
        return self.finish(self.begin(event, deadline_seconds))

    def said(self):
        """What the function wrote to its log."""
        self.log.flush()
        return self.stderr_file.read_text()
