#!/usr/bin/env bash
# Builds the Debian package and has lintian look at it.
#
#   scripts/package.sh [PRESET [FOLDER]]     of preset release, into build/PRESET/deb
#
# The last line is the package's path.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

preset=${1:-release}
folder=${2:-build/$preset/deb}
build "$preset" keyward keyward_package_files keyward_sbom >&2
mkdir -p "$folder"
rm -f "$folder"/*.deb
# CPack tells all it does; only when it fails somebody reads it.
if ! (umask 022 && cpack -G DEB --config "build/$preset/CPackConfig.cmake" -B "$folder") >"$folder/cpack.log" 2>&1; then
  tail -n 20 "$folder/cpack.log" >&2
  exit 1
fi
rm -rf "$folder/_CPack_Packages"
package=$(echo "$folder"/*.deb)
lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$package" >&2
echo "$package"
