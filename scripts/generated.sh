#!/usr/bin/env bash
# Writes anew what the program generates of itself: the manual pages and the JSON Schema of its configuration.
#
#   scripts/generated.sh [FOLDER]     below the repository, or below FOLDER
#
# KEYWARD_BUILD: where the program is (default: build/dev/bin).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keyward=${KEYWARD_BUILD:-$root/build/dev/bin}/keyward
docs=${1:-$root}/docs
mkdir -p "$docs/man"
"$keyward" man keyward >"$docs/man/keyward.1"
"$keyward" man keyward.yaml >"$docs/man/keyward.yaml.5"
"$keyward" config schema | python3 -m json.tool --no-ensure-ascii --indent 2 >"$docs/config.schema.json"
