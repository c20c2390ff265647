"""Three rules of the house that compilers do not check in every build.

A folder includes only from the floors below it (CMake's link graph says so too, but a header that is reachable by
another way would pass there). A statement holds at most one co_await, none stands in a structured binding or has braces
among its arguments: GCC 12 destroys temporaries of such statements twice, or refuses them. GoogleTest's macros, which are an if and an else, stand in braces below an
if: GCC alone warns of it.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BELOW = {
    "base": [],
    "aws": ["base"],
    "accounts": ["aws", "base"],
    "rotation": ["accounts", "aws", "base"],
    "notify": ["rotation", "accounts", "aws", "base"],
    "report": ["rotation", "accounts", "aws", "base"],
    "orchestrator": ["notify", "report", "rotation", "accounts", "aws", "base"],
    "sandbox": ["aws", "base"],
    "benchmarks": ["orchestrator", "notify", "report", "rotation", "accounts", "aws", "base"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([a-z_]+)/', re.MULTILINE)
BARE_CHECK = re.compile(r"^\s*(?:\} )?(?:else )?if (?:constexpr )?\(.*\)\s+(?:EXPECT|ASSERT)_", re.MULTILINE)
# Comments, string and character literals: replaced, so that what they say is not taken for code. An apostrophe after
# a digit or letter separates digits.
NOT_CODE = re.compile(
    r'R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/',
    re.DOTALL,
)


def blank(match):
    return '""' + "\n" * match.group().count("\n")


def wrong_includes(folder, text):
    for match in INCLUDE.finditer(text):
        included = match.group(1)
        if included in BELOW and included != folder and included not in BELOW[folder]:
            yield text.count("\n", 0, match.start(1)) + 1, f"{folder}/ may not include from {included}/"


def wrong_coroutines(text):
    code = NOT_CODE.sub(blank, text)
    line = 1
    pieces = re.split(r"([;{}])", code)
    for statement, end in zip(pieces, [*pieces[1:], ""], strict=True):
        start = line + len(statement) - len(statement.lstrip("\n"))
        line += statement.count("\n")
        if len(re.findall(r"\bco_await\b", statement)) > 1:
            yield start, "two co_await in one statement"
        if re.search(r"\bauto\s*&*\s*\[[^\]]*\]\s*=\s*co_await\b", statement):
            yield start, "co_await in a structured binding"
        awaited = statement[statement.find("co_await") :] if "co_await" in statement else ""
        if end == "{" and awaited.count("(") > awaited.count(")"):
            yield start, "braces among the arguments of an awaited call"


def bare_checks(text):
    for match in BARE_CHECK.finditer(text):
        yield text.count("\n", 0, match.end()) + 1, "EXPECT or ASSERT below an if without braces"


def main():
    problems = files = 0
    for folder in [*BELOW, "tests"]:
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            files += 1
            text = path.read_text(encoding="utf-8")
            found = [*wrong_coroutines(text), *bare_checks(text)]
            if folder in BELOW:
                found += wrong_includes(folder, text)
            for line, problem in sorted(found):
                problems += 1
                print(f"{path.relative_to(ROOT)}:{line}: {problem}")
    print(f"floors and coroutines: {files} files, {problems} problems")
    return files == 0 or problems > 0


if __name__ == "__main__":
    sys.exit(main())
