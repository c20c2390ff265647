"""Counts the tests of a JUnit file, as CTest and pytest write it.

Prints "passed N", "skipped N" and "failed NAME" for each failed test.
"""

import sys
import xml.etree.ElementTree


def main(path):
    passed = skipped = 0
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = case.get("name")
        if case.get("classname") and case.get("classname") != name:
            name = f"{case.get('classname')}.{name}"
        # CTest: a test whose program is missing is "notrun" and carries <skipped>, which must not pass for a skip.
        missing = case.get("status") == "notrun" and "SKIP" not in (case.find("skipped").get("message") or "")
        if case.find("failure") is not None or case.find("error") is not None or missing:
            print("failed", " ".join(name.split()))
        elif case.find("skipped") is not None or case.get("status") == "disabled":
            skipped += 1
        else:
            passed += 1
    print("passed", passed)
    print("skipped", skipped)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
