"""The table of scripts/coverage.sh: lines and branches of each floor, from what `llvm-cov export --summary-only` wrote."""

import collections
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The files that most lines are left out of.
SHOWN = 15


def percent(part):
    covered, count = part
    return f"{100 * covered / count:.1f} %" if count else "-"


def main():
    files = json.loads(pathlib.Path(sys.argv[1]).read_text())["data"][0]["files"]
    floors = collections.defaultdict(lambda: {"lines": [0, 0], "branches": [0, 0], "files": 0})
    missed = []
    for file in files:
        path = pathlib.Path(file["filename"])
        if not path.is_relative_to(ROOT):
            continue
        path = path.relative_to(ROOT)
        # A header is seen through the folder that publishes its floor.
        parts = path.parts[path.parts.index("floors") + 1 :] if "floors" in path.parts else path.parts
        summary = file["summary"]
        for floor in (parts[0], "together"):
            floors[floor]["files"] += 1
            for what in ("lines", "branches"):
                floors[floor][what][0] += summary[what]["covered"]
                floors[floor][what][1] += summary[what]["count"]
        lines = summary["lines"]
        missed.append((lines["count"] - lines["covered"], percent((lines["covered"], lines["count"])), "/".join(parts)))
    print(f"{'floor':14} {'files':>5} {'lines':>7} {'covered':>8} {'branches':>8} {'covered':>8}")
    for floor, sums in sorted(floors.items(), key=lambda item: (item[0] == "together", item[0])):
        print(
            f"{floor:14} {sums['files']:5} {sums['lines'][1]:7} {percent(sums['lines']):>8} {sums['branches'][1]:8} {percent(sums['branches']):>8}"
        )
    print("\nMost lines left out:")
    for count, covered, path in sorted(missed, key=lambda one: -one[0])[:SHOWN]:
        print(f"{count:5} lines, covered {covered:>7}  {path}")


if __name__ == "__main__":
    main()
