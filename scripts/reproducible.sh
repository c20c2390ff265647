#!/usr/bin/env bash
# Shows that the same sources make the same bytes: builds the program of preset release again, from a copy of the sources
# in another folder, without a compiler cache, and compares.
#
#   scripts/reproducible.sh
#
# The last line names what is equal; the exit code is 1 when something differs. Same Debian packages, same bytes: the SBOM
# (scripts/sbom.py) names their versions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
rm -rf build/release/package # its time is that of its making, else
build release keyward keyward_package_files keyward_sbom
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# What is committed or could be: not what builds and tests left.
git ls-files -z --cached --others --exclude-standard | tar --null --ignore-failed-read -cf - --files-from=- | tar -xf - -C "$copy"
(cd "$copy" && export CCACHE_DISABLE=1 TZ=Pacific/Kiritimati LC_ALL=C && build release keyward keyward_package_files keyward_sbom)

same=()
for file in bin/keyward package/completion.bash package/keyward.1.gz package/sbom.spdx.json package/THIRD-PARTY-NOTICES; do
  if ! cmp "build/release/$file" "$copy/build/release/$file"; then
    echo "$file differs: the build depends on where or when it runs" >&2
    exit 1
  fi
  same+=("$(basename "$file")")
done
sha256sum build/release/bin/keyward
echo "the same bytes twice: ${same[*]}"
