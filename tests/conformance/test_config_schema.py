"""config.schema.json judged by an independent validator: a good schema, and of one mind with the program."""

import copy
import json
import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor

import jsonschema
import pytest
import yaml

import command_tree
from keyward_process import ROOT, executable

SEED = int(os.environ.get("KEYWARD_SEED", random.randrange(2**32)))


class Loader(yaml.SafeLoader):
    """Days stay text, as YAML 1.2 and editors have it."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def schema():
    return json.loads(command_tree.text("config", "schema"))


@pytest.fixture(scope="module")
def validator(schema):
    # Editors' YAML support reads draft-07; the page of the format is 2020-12.
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


def test_it_is_a_schema_of_both_drafts(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.Draft202012Validator.check_schema(schema)


def examples():
    """Every configuration in the repository, with its place: the shipped file, and indented or fenced blocks of the pages."""
    keys = set(json.loads(command_tree.text("config", "schema"))["properties"])
    yield "config.yaml", (ROOT / "config.yaml").read_text()
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        block, inside = [], False
        for number, line in enumerate([*page.read_text().splitlines(), ""], 1):
            if line.startswith("    ") or (inside and line.strip() == "" and block):
                block.append(line[4:])
                inside = True
                continue
            text = "\n".join(block)
            block, inside = [], False
            first = text.split(":")[0].strip("# ")
            if first in keys:
                yield f"{page.name}:{number}", text


@pytest.mark.parametrize("draft", [jsonschema.Draft7Validator, jsonschema.Draft202012Validator])
def test_every_example_of_the_repository_is_valid(schema, draft):
    judge = draft(schema, format_checker=jsonschema.FormatChecker())
    seen = 0
    for place, text in examples():
        problems = [f"{place}: {error.json_path}: {error.message}" for error in judge.iter_errors(yaml.load(text, Loader) or {})]
        assert problems == []
        seen += 1
    assert seen >= 3


GOOD = {
    "organization": {"id": "o-exampleorgid", "list_role": "arn:aws:iam::111111111111:role/keyward-inventory"},
    "region": "eu-central-1",
    "member_role": "path/keyward-rotate",
    "external_id": "literal-id",
    "dry_run": True,
    "accounts": {
        "default": "opt-in",
        "include": [{"ou": "ou-ab12-11111111"}, {"tag": {"keyward": "enabled"}}, {"id": "111122223333"}],
        "overrides": [{"match": {"id": "111122223333"}, "dry_run": False, "policy": {"rotate_after_days": 45}}],
    },
    "users": {"default": "opt-out", "exempt": [{"account": "111122223333", "user": "fax", "until": "2027-03-31", "reason": "r", "owner": "o"}]},
    "policy": {"rotate_after_days": 90, "warn_days": [14, 7], "conflict": "hold"},
    "store": {"target": "member", "format": {"access_key_id": "A", "secret_access_key": "S"}, "replica_regions": ["eu-west-1"]},
    "notify": {
        "account_owner": True,
        "owner": ["user_tag"],
        "allowed_domains": ["example.org"],
        "fallback": "",
        "sender": "keyward@example.org",
        "channels": [
            {"type": "file"},
            {"type": "sns", "topic_arn": "arn:aws:sns:eu-central-1:111122223333:keyward"},
            {"type": "smtp", "host": "smtp.example.org", "port": 587, "tls": "starttls", "timeout": "60s"},
        ],
    },
    "limits": {"max_changes": 500, "deadline": "2h"},
    "state_dir": "state",
}

# None of them has the shape of anything that the field takes.
WRONG = [None, 17.5, "", "no such", "-1", -1, 10**9, True, "x" * 3000, [], ["", ""], {}, {"nonsense": 1}, "arn:aws:iam::1:role/x", "2027-02-30", "5 weeks"]


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield from places(below, (*path, key))


def broken(dice):
    """A good configuration with one thing done to it."""
    configuration = copy.deepcopy(GOOD)
    path = dice.choice([place for place in places(configuration) if place])
    owner = configuration
    for key in path[:-1]:
        owner = owner[key]
    deed = dice.choice(["replace", "replace", "replace", "remove", "add"])
    if deed == "replace":
        owner[path[-1]] = dice.choice(WRONG)
    elif deed == "remove":
        del owner[path[-1]]
    elif isinstance(owner, dict):
        owner[dice.choice(["nonsense", "rotate_afer_days", "id", "type", "match", "host"])] = dice.choice(WRONG)
    return configuration


# What keyward says of the sense of a configuration, which no schema can know.
SENSE = (
    "has no effect", "no account takes part", "no user takes part", "nobody will hear", "needs a sender", "go together", "would share one secret",
    "is listed twice", "has an override already", "the central store needs", "does not fit keys", "list the days", "expired after", "is exempt already",
    "will hear of nothing", "without a login", "overrides nothing", "must differ", "does not lead to", "cannot be read from", "loopback",
)  # fmt: skip
# Checks that a pattern cannot make.
BEYOND_PATTERNS = ("time span", "is 3000 characters", "only local paths", "must be a path")


def verdict(folder, number, configuration):
    file = folder / f"{number}.yaml"
    file.write_text(json.dumps(configuration))
    done = subprocess.run([executable(), "-c", file, "-o", "json", "config", "validate"], env={}, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2), done.stderr
    return [f"{one['path']}: {one['message']}" for one in json.loads(done.stdout)["problems"] if one["severity"] == "error"]


def test_keyward_and_the_schema_refuse_the_same_shapes(validator, tmp_path):
    print(f"KEYWARD_SEED={SEED}")
    dice = random.Random(SEED)
    configurations = [GOOD, *(broken(dice) for _ in range(120))]
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda given: verdict(tmp_path, *given), enumerate(configurations)))
    refused = 0
    for configuration, problems in zip(configurations, verdicts, strict=True):
        errors = [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(configuration)]
        shape = [one for one in problems if not any(words in one for words in SENSE + BEYOND_PATTERNS)]
        told = f"KEYWARD_SEED={SEED}\n{json.dumps(configuration)[:4000]}\nkeyward: {problems}\nschema: {errors}"
        assert not errors or problems, f"the schema refuses what keyward takes\n{told}"
        assert not shape or errors, f"the schema takes what keyward refuses\n{told}"
        refused += bool(shape)
    assert verdicts[0] == [] and refused > 40
