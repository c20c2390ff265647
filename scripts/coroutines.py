#!/usr/bin/env python3
"""The rules of ARCHITECTURE.md, "Coroutines", that can be seen in a file's text.

  scripts/coroutines.py [FILE...]     without files: every folder of the program, its tests and benchmarks

GCC 12 destroys temporaries of some statements with co_await twice, or refuses them: so there is one co_await in a
statement, with named arguments. A text shows of that:

- two co_await in one statement; one in an initializer's braces, in a structured binding (in parentheses, too), as an
  alternative of ?:, or as what a range-based for goes through
- among the arguments of what is awaited: braces, a lambda, ?:, and a temporary that is written as one, which is a call of
  something of std:: other than std::move and its like and durations, or of a name in CamelCase, as our types have

It does not show what a function returns, so other calls among the arguments pass (`co_await f(name_of(x))`), nor what a
literal is converted to. AddressSanitizer guards those.

A coroutine is no lambda with captures, because they die before it does. Nothing is detached, and the awaitable operators,
which hide exceptions, are not used. What must be found stands in tests/static/coroutines.txt.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ["base", "aws", "accounts", "rotation", "notify", "report", "orchestrator", "sandbox", "benchmarks", "tests"]
# Comments, string and character literals: replaced, so that what they say is not taken for code. An apostrophe after
# a digit or letter separates digits.
NOT_CODE = re.compile(
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/',
    re.DOTALL,
)
AWAIT = re.compile(r"\bco_await\b")
BINDING = re.compile(r"\bauto\s*&*\s*\[[^\]]*\]\s*[=(].*\bco_await\b", re.DOTALL)
RANGE = re.compile(r"(?<!:):(?!:).*\bco_await\b", re.DOTALL)
# One level of parentheses within the parameters, and of brackets within the captures.
PARAMETERS = r"\((?:[^()]|\([^()]*\))*\)"
CAPTURING = re.compile(
    r"\[(?:[^\[\]]|\[[^\[\]]*\])+\]\s*(?:<[^{};]*?>\s*)?"
    rf"(?:{PARAMETERS})?\s*(?:(?:mutable|noexcept|static|constexpr)\s*(?:{PARAMETERS})?\s*)*"
    r"->\s*(?:\w+::)*(?:Task|awaitable)\s*<"
)
BANNED = re.compile(r"(?<!\.)\b(?:(?:asio::)?detached\b(?!_)|(?:experimental::)?awaitable_operators\b)")
TEMPORARY = re.compile(
    r"\bstd::(?!(?:move|forward|ref|cref|as_const|addressof|get|chrono)\b)[\w:]+(?:<[^;]*?>)?\s*\("
    r"|(?<![\w.>])(?:\w+::)*[A-Z]\w*[a-z]\w*(?:<[^;]*?>)?\s*\("
)


def blank(match):
    return '""' + "\n" * match.group().count("\n")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def body_of(code, brace):
    depth = 0
    for at in range(brace, len(code)):
        depth += (code[at] == "{") - (code[at] == "}")
        if depth == 0:
            return code[brace + 1 : at]
    return code[brace + 1 :]


def awaited_of(statement):
    """What is awaited: from the operator to the end of its call, without what follows it."""
    return inside(statement, AWAIT.search(statement).end())


def inside(statement, start):
    """From there to the parenthesis that closes what is open there."""
    depth = 0
    for at in range(start, len(statement)):
        depth += (statement[at] == "(") - (statement[at] == ")")
        if depth < 0:
            return statement[start:at]
    return statement[start:]


def arguments_of(awaited):
    return awaited.partition("(")[2]


def is_alternative(statement):
    """Whether the co_await stands behind a ? that is not of something in parentheses before it."""
    depth, asked = 0, []
    for letter in statement[: AWAIT.search(statement).start()]:
        if letter == "(":
            depth += 1
        elif letter == ")":
            asked = [at for at in asked if at < depth]
            depth -= 1
        elif letter == "?":
            asked.append(depth)
    return bool(asked)


def problems(text):
    """Pairs of line and what is wrong there."""
    code = NOT_CODE.sub(blank, text)
    line = 1
    pieces = re.split(r"([;{}])", code)
    ends = [*pieces[1:], ""]
    for statement, end in zip(pieces, ends, strict=True):
        start = line + len(statement) - len(statement.lstrip("\n"))
        line += statement.count("\n")
        count = len(AWAIT.findall(statement))
        if count == 0:
            continue
        if count > 1:
            yield start, "two co_await in one statement"
        if BINDING.search(statement):
            yield start, "co_await in a structured binding"
        awaited = statement[AWAIT.search(statement).start() :]
        if end == "{" and awaited.count("(") > awaited.count(")"):
            yield start, "braces among the arguments of an awaited call"
        if end == "{" and re.search(r"\w\s*$", awaited) and awaited.count("(") == awaited.count(")"):
            yield start, "braces among the arguments of an awaited call"
        if end == "}":
            yield start, "co_await in an initializer's braces"
        if "?" in awaited_of(statement):
            yield start, "?: among the arguments of an awaited call"
        elif is_alternative(statement):
            yield start, "co_await as an alternative of ?:"
        if any(RANGE.search(inside(statement, match.end())) for match in re.finditer(r"\bfor\s*\(", statement)):
            yield start, "co_await in the range of a for"
        if TEMPORARY.search(arguments_of(awaited_of(statement))):
            yield start, "a temporary among the arguments of an awaited call"
    for match in CAPTURING.finditer(code):
        body = body_of(code, code.find("{", match.end()))
        # One that hands out what another coroutine returned is none itself.
        if re.match(r"\s*return\b", body) or not re.search(r"\bco_(?:await|return|yield)\b", body):
            continue
        yield line_of(code, match.start()), "a coroutine is a lambda with captures"
    for match in BANNED.finditer(code):
        yield line_of(code, match.start()), f"{match.group()} is not used here"


def shown(path):
    """As it is called in the repository; elsewhere as it was named."""
    whole = path.resolve()
    return whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else path


def main():
    named = [pathlib.Path(name) for name in sys.argv[1:]]
    files = named or [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.[ch]pp"))]
    count = 0
    for path in files:
        for line, problem in sorted(problems(path.read_text(encoding="utf-8"))):
            count += 1
            print(f"{shown(path)}:{line}: {problem}")
    print(f"coroutines: {len(files)} files, {count} problems")
    return not files or count > 0


if __name__ == "__main__":
    sys.exit(main())
