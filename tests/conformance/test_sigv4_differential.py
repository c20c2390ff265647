"""keyward's signer against botocore's, over generated requests, in all three stages.

The executable `sigv4_signer` is looked for in $KEYWARD_BUILD (default: build/dev/bin under the repository). The seed is
printed by pytest on failure; KEYWARD_SEED repeats a run.
"""

import base64
import datetime
import json
import os
import pathlib
import random
import string
import subprocess
import urllib.parse
from unittest import mock

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KEYWARD_BUILD", REPOSITORY / "build" / "dev" / "bin"))
SEED = int(os.environ.get("KEYWARD_SEED", random.SystemRandom().randrange(2**32)))
CASES = 4000

SERVICES = ["iam", "sts", "organizations", "secretsmanager", "ses", "sns", "ssm", "monitoring", "s3", "s3"]
REGIONS = ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "ap-southeast-7"]
# What a client sends after encoding: unreserved characters, sub-delimiters that some leave alone, escapes.
UNRESERVED = string.ascii_letters + string.digits + "-._~"
BLANKS = [" ", "  ", "\t", " \t ", "     "]
UNSIGNED = ["User-Agent", "Expect", "Connection", "TE", "X-Amzn-Trace-Id", "Transfer-Encoding"]


def text(rng, alphabet, longest):
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(longest)))


def escape(rng):
    """One percent-encoded UTF-8 character, now and then a reserved or a multi-byte one."""
    return urllib.parse.quote(rng.choice("/ %+=&?#:@ü€ሴ😀\x01"), safe="")


def piece(rng, extra=""):
    return "".join(
        rng.choice([text(rng, UNRESERVED, 6), escape(rng), rng.choice(extra) if extra else ""]) for _ in range(rng.randrange(4))
    )


def path(rng):
    if rng.random() < 0.2:
        return "/"
    segments = [rng.choice(["", ".", "..", piece(rng), piece(rng, "!$'()*,;=:@"), "a"]) for _ in range(rng.randrange(1, 7))]
    return "/" + "/".join(segments)


def query(rng):
    if rng.random() < 0.4:
        return ""
    keys = [piece(rng) or "k", "Action", "a", "a-b", "A", piece(rng) or "z"]
    parameters = []
    for _ in range(rng.randrange(1, 6)):
        key = rng.choice(keys)
        parameters.append(rng.choice([key, key + "=", key + "=" + piece(rng), key + "=" + piece(rng) + "=" + piece(rng)]))
    return "?" + "&".join(parameters)


def header_value(rng):
    words = [text(rng, string.ascii_letters + string.digits + "\"/;=,.:+", 8) for _ in range(rng.randrange(4))]
    value = rng.choice(BLANKS).join(words)
    return rng.choice(["", *BLANKS]) + value + rng.choice(["", *BLANKS])


def headers(rng):
    names = ["Content-Type", "X-Amz-Target", "x-amz-meta", "X-Amz-Meta-B", "My-Header1", "Zebra", "accept", "Content-Length"]
    chosen = [[rng.choice(names), header_value(rng)] for _ in range(rng.randrange(5))]
    if rng.random() < 0.4:
        chosen += [[chosen[0][0].swapcase(), header_value(rng)] for _ in range(rng.randrange(3)) if chosen]
    chosen += [[rng.choice(UNSIGNED), "x y"] for _ in range(rng.randrange(3))]
    rng.shuffle(chosen)
    return chosen


def generate(rng):
    service, region = rng.choice(SERVICES), rng.choice(REGIONS)
    scheme, host = rng.choice(
        [("https", f"{service}.{region}.amazonaws.com"), ("https", "Bucket.Example.ORG"), ("http", "127.0.0.1:5000"),
         ("https", "example.org:443"), ("http", "localhost:80"), ("https", "[::1]:8443")]
    )
    moment = datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=rng.randrange(60 * 365 * 86400))
    return {
        "method": rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD"]),
        "url": f"{scheme}://{host}{path(rng)}{query(rng)}",
        "headers": headers(rng),
        "body": base64.b64encode(rng.randbytes(rng.choice([0, 0, 1, 40, 5000]))).decode(),
        "region": region,
        "service": service,
        "access_key_id": "AKIA" + text(rng, string.ascii_uppercase + string.digits, 17),
        "secret_access_key": text(rng, UNRESERVED + "/+=", 60) or "s",
        "session_token": rng.choice(["", text(rng, string.ascii_letters + string.digits + "/+=", 1500)]),
        "time": moment.strftime("%Y%m%dT%H%M%SZ"),
    }


def by_botocore(case):
    request = AWSRequest(method=case["method"], url=case["url"], data=base64.b64decode(case["body"]))
    for name, value in case["headers"]:
        request.headers[name] = value  # appends: a second value does not replace the first
    credentials = Credentials(case["access_key_id"], case["secret_access_key"], case["session_token"] or None)
    signer_class = S3SigV4Auth if case["service"] == "s3" else SigV4Auth
    signer = signer_class(credentials, case["service"], case["region"])
    stages = {}

    def recorded(name, method):
        def call(*arguments):
            stages[name] = method(*arguments)
            return stages[name]

        return call

    signer.canonical_request = recorded("canonical_request", signer.canonical_request)
    signer.string_to_sign = recorded("string_to_sign", signer.string_to_sign)
    signer.signature = recorded("signature", signer.signature)
    moment = datetime.datetime.strptime(case["time"], "%Y%m%dT%H%M%SZ")
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        signer.add_auth(request)
    stages["authorization"] = request.headers["Authorization"]
    return stages


def by_keyward(cases):
    signer = BUILD / "sigv4_signer"
    if not signer.exists():
        pytest.fail(f"{signer} is missing: build the target sigv4_signer or set KEYWARD_BUILD")
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([signer], input=lines, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_three_stages_agree_with_botocore():
    print(f"KEYWARD_SEED={SEED}")
    rng = random.Random(SEED)
    cases = [generate(rng) for _ in range(CASES)]
    answers = by_keyward(cases)
    assert len(answers) == len(cases)
    for case, answer in zip(cases, answers):
        expected = by_botocore(case)
        for stage in ("canonical_request", "string_to_sign", "signature", "authorization"):
            assert answer[stage] == expected[stage], f"{stage} differs for {json.dumps(case)}"
