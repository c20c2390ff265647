"""What Terraform makes of the locals of a module of deploy/terraform: enough of its language for the policies and conditions."""

import functools
import json
import re

import hcl2

from cloudformation import DEPLOY

MODULES = DEPLOY / "terraform" / "modules"
TOKEN = re.compile(r'\s*(?:(?P<text>")|(?P<number>\d+)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>==|!=|&&|\|\||=>|[][(){}.,:?=!<>*]))')


@functools.cache
def files_of(folder):
    """The blocks of a module's files, put together by their kind."""
    blocks = {}
    for file in sorted(folder.glob("*.tf")):
        with open(file, encoding="utf-8") as stream:
            for kind, values in hcl2.load(stream).items():
                blocks.setdefault(kind, []).extend(values)
    return blocks


def plain_name(text):
    return text.strip('"')


def named(blocks, kind):
    return {plain_name(name): body for block in blocks.get(kind, []) for name, body in block.items() if name != "__is_block__"}


class Expression:
    """A recursive descent over one expression."""

    def __init__(self, text, lookup):
        self.text, self.at, self.lookup = text, 0, lookup

    def peek(self):
        match = TOKEN.match(self.text, self.at)
        return match[0].strip() if match else ""

    def take(self, expected=None):
        match = TOKEN.match(self.text, self.at)
        assert match, f"no token: {self.text[self.at:self.at + 60]!r}"
        assert expected in (None, match[0].strip()), f"{expected} expected: {self.text[self.at:self.at + 60]!r}"
        self.at = match.end()
        return match

    def value(self):
        result = self.both()
        if self.peek() == "?":
            self.take()
            yes = self.value()
            self.take(":")
            no = self.value()
            return yes if result else no
        return result

    def both(self):
        result = self.compared()
        while self.peek() == "&&":
            self.take()
            right = self.compared()
            result = result and right
        return result

    def compared(self):
        result = self.one()
        if self.peek() in ("==", "!="):
            equal = self.take()["sign"] == "=="
            return (result == self.one()) == equal
        return result

    def one(self):
        match = self.take()
        if match["text"]:
            result = self.template()
        elif match["number"]:
            result = int(match["number"])
        elif match["sign"] == "(":
            result = self.value()
            self.take(")")
        elif match["sign"] == "!":
            return not self.one()
        elif match["sign"] == "[":
            result = self.items()
        elif match["sign"] == "{":
            result = self.members()
        else:
            result = self.named(match["name"])
        while self.peek() == "[":
            self.take()
            result = result[self.value()]
            self.take("]")
        return result

    def template(self):
        parts, rest = [], self.text
        while True:
            if rest.startswith('"', self.at):
                self.at += 1
                return "".join(parts)
            if rest.startswith("$${", self.at):
                parts.append("${")
                self.at += 3
            elif rest.startswith("${", self.at):
                self.at += 2
                parts.append(str(self.value()))
                self.take("}")
            elif rest.startswith("\\", self.at):
                parts.append(rest[self.at + 1])
                self.at += 2
            else:
                parts.append(rest[self.at])
                self.at += 1

    def items(self):
        if self.peek() == "for":
            return self.loop()
        result = []
        while self.peek() != "]":
            result.append(self.value())
            if self.peek() == ",":
                self.take()
        self.take("]")
        return result

    def loop(self):
        """[for NAME in LIST : NAME if CONDITION], whose condition does not look at the item."""
        self.take("for")
        name = self.take()["name"]
        self.take("in")
        items = self.value()
        self.take(":")
        assert self.take()["name"] == name
        self.take("if")
        wanted = self.value()
        self.take("]")
        return items if wanted else []

    def members(self):
        result = {}
        while self.peek() != "}":
            match = self.take()
            key = self.template() if match["text"] else match["name"]
            self.take("=")
            result[key] = self.value()
            if self.peek() == ",":
                self.take()
        self.take("}")
        return result

    def named(self, name):
        if self.peek() == "(":
            self.take()
            arguments = []
            while self.peek() != ")":
                arguments.append(self.value())
                if self.peek() == ",":
                    self.take()
            self.take(")")
            return FUNCTIONS[name](*arguments)
        if name in ("true", "false"):
            return name == "true"
        while self.peek() == ".":
            self.take()
            name += "." + self.take()["name"]
        return self.lookup(name)


FUNCTIONS = {
    "compact": lambda items: [item for item in items if item != ""],
    "concat": lambda *lists: [item for one in lists for item in one],
    "join": lambda separator, items: separator.join(items),
    "jsonencode": json.dumps,
    "split": lambda separator, text: text.split(separator),
}


class Module:
    """A module's locals with these values of its variables, in this account and region. What only AWS knows is `others`."""

    def __init__(self, folder, *, account, region="us-east-1", others=None, **variables):
        self.blocks = files_of(MODULES / folder)
        self.locals = {key: value for block in self.blocks["locals"] for key, value in block.items() if key != "__is_block__"}
        self.names = {
            "data.aws_caller_identity.current.account_id": account,
            "data.aws_partition.current.partition": "aws",
            "data.aws_partition.current.dns_suffix": "amazonaws.com",
            "data.aws_region.current.region": region,
        } | (others or {})
        for variable, declaration in named(self.blocks, "variable").items():
            if "default" in declaration:
                default = declaration["default"]
                self.names["var." + variable] = self.evaluated(default) if isinstance(default, str) else default
        self.names |= {"var." + key: value for key, value in variables.items()}

    def evaluated(self, text):
        text = text[2:-1] if text.startswith("${") else text
        return Expression(text, self.look_up).value() if text.startswith('"') or text != "" else text

    def look_up(self, name):
        if name.startswith("local."):
            return self.local(name.removeprefix("local."))
        return self.names[name]

    def local(self, name):
        return self.evaluated(self.locals[name])

    def policy(self, name):
        return json.loads(self.local(name))
