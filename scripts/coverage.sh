#!/usr/bin/env bash
# Shows which lines and branches the tests go through, floor by floor.
#
#   scripts/coverage.sh           builds preset coverage, runs the unit tests and the conformance suite, and makes the table
#   scripts/coverage.sh --table   the table alone, of what ran since the last one: ./check --full has run the tests
#
# The table is also build/coverage/floors.txt; build/coverage/files.txt has every file, build/coverage/html (not with
# --table) every line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

out=$PWD/build/coverage
code=0
case ${1:-} in
  --table) ;;
  '')
    build coverage
    rm -rf "$out/profiles"
    say "unit tests"
    ctest --preset coverage --parallel "$(jobs)" >"$out/unit.log" 2>&1 </dev/null || code=$?
    tail -n 3 "$out/unit.log"
    say "conformance tests"
    python_environment
    # What a call costs is not measured here: counting costs, too.
    KEYWARD_BUILD=$out/bin .venv/bin/python3 -m pytest tests/conformance -q --color=no -p no:cacheprovider \
      --numprocesses "$((2 * $(jobs) + 1))" --dist loadfile --ignore tests/conformance/test_cost.py </dev/null || code=$?
    ;;
  *) sed -n '2,/^set /{/^#/{s/^# \{0,1\}//;p}}' "$0" >&2 && exit 2 ;;
esac

say "coverage"
llvm-profdata-19 merge -sparse "$out"/profiles/*.profraw -o "$out/merged.profdata"
rm -rf "$out/profiles"
binaries=()
for binary in "$out"/bin/*; do
  if [ -x "$binary" ] && [ -f "$binary" ]; then binaries+=(--object "$binary"); fi
done
what=(--instr-profile "$out/merged.profdata" --ignore-filename-regex '^/usr/|/tests/|/benchmarks/' "${binaries[@]}")
llvm-cov-19 export --summary-only "${what[@]}" >"$out/summary.json" 2>"$out/llvm-cov.log"
llvm-cov-19 report "${what[@]}" >"$out/files.txt" 2>>"$out/llvm-cov.log"
if [ -z "${1:-}" ]; then
  llvm-cov-19 show --format=html --show-branches=count --output-dir "$out/html" "${what[@]}" >>"$out/llvm-cov.log" 2>&1
fi
python3 scripts/coverage.py "$out/summary.json" | tee "$out/floors.txt"
exit $code
