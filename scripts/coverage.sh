#!/usr/bin/env bash
# Shows which lines and branches the tests go through, floor by floor.
#
#   scripts/coverage.sh                 unit tests
#   scripts/coverage.sh --conformance   and the conformance suite, with the programs of the same build
#
# The table is also build/coverage/floors.txt; build/coverage/files.txt has every file, build/coverage/html every line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

conformance=no
case ${1:-} in
  '') ;;
  --conformance) conformance=yes ;;
  *) sed -n '2,/^set /{/^#/{s/^# \{0,1\}//;p}}' "$0" >&2 && exit 2 ;;
esac

out=$PWD/build/coverage
build coverage
rm -rf "$out/profiles"
mkdir -p "$out/profiles"
# One file for each of eight processes at once: more would be gigabytes.
export LLVM_PROFILE_FILE=$out/profiles/%8m.profraw
code=0
say "unit tests"
ctest --preset coverage --parallel "$(jobs)" >"$out/unit.log" 2>&1 </dev/null || code=$?
tail -n 3 "$out/unit.log"
if [ $conformance = yes ]; then
  say "conformance tests"
  python_environment
  # What a call costs is not measured here: counting costs, too.
  KEYWARD_BUILD=$out/bin .venv/bin/python3 -m pytest tests/conformance -q --color=no -p no:cacheprovider \
    --numprocesses "$(($(jobs) + 1))" --dist loadfile --deselect tests/conformance/test_cost.py </dev/null || code=$?
fi

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
llvm-cov-19 show --format=html --show-branches=count --output-dir "$out/html" "${what[@]}" >>"$out/llvm-cov.log" 2>&1
python3 scripts/coverage.py "$out/summary.json" | tee "$out/floors.txt"
exit $code
