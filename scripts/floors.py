"""Three rules of the house that compilers do not check in every build.

A folder includes only from the floors below it (CMake's link graph says so too, but a header that is reachable by
another way would pass there). GoogleTest's macros, which are an if and an else, stand in braces below an if: GCC alone
warns of it. Threads are started in one file, whose floor's tests run under ThreadSanitizer. The rules about coroutines:
scripts/coroutines.py.
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

THREAD = re.compile(r"^(?!\s*//).*\b(std::j?thread\b(?!::)|std::async\b|thread_pool\b|pthread_create\b)", re.MULTILINE)
MAY_START_THREADS = "base/curl_smtp.cpp"


def wrong_includes(folder, text):
    for match in INCLUDE.finditer(text):
        included = match.group(1)
        if included in BELOW and included != folder and included not in BELOW[folder]:
            yield text.count("\n", 0, match.start(1)) + 1, f"{folder}/ may not include from {included}/"


def bare_checks(text):
    for match in BARE_CHECK.finditer(text):
        yield text.count("\n", 0, match.end()) + 1, "EXPECT or ASSERT below an if without braces"


def threads(text):
    for match in THREAD.finditer(text):
        yield text.count("\n", 0, match.start(1)) + 1, f"only {MAY_START_THREADS} may start a thread"


def main():
    problems = files = 0
    for folder in [*BELOW, "tests"]:
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            files += 1
            text = path.read_text(encoding="utf-8")
            found = list(bare_checks(text))
            if folder in BELOW:
                found += wrong_includes(folder, text)
                if str(path.relative_to(ROOT)) != MAY_START_THREADS:
                    found += threads(text)
            for line, problem in sorted(found):
                problems += 1
                print(f"{path.relative_to(ROOT)}:{line}: {problem}")
    print(f"floors: {files} files, {problems} problems")
    return files == 0 or problems > 0


if __name__ == "__main__":
    sys.exit(main())
