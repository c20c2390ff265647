#!/usr/bin/env bash
# Packs keyward for AWS Lambda (runtime provided.al2023): bootstrap, and in lib/ the program with everything that it loads, so
# that no library of the system is used. The same files give the same bytes. For Debian 12, where the program was built.
#
#   scripts/lambda_zip.sh [-p PROGRAM] [-o FILE] [FILE-OR-FOLDER...]
#
#   -p PROGRAM   keyward (else preset release is built)
#   -o FILE      what is written (else build/lambda/keyward.zip)
#   the others   go into the package's root: config.yaml, and what it names (templates/, owners.csv)
#
# SOURCE_DATE_EPOCH: the time of all files (else 1980, where the times of zip files begin). The last line is the file's path.
set -euo pipefail
from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

# What is named was seen from where somebody typed it: there is a config.yaml here, too, and it is not theirs.
seen() { case $1 in /*) echo "$1" ;; *) echo "$from/$1" ;; esac; }

program='' file=build/lambda/keyward.zip
while getopts p:o: option; do
  case $option in
    p) program=$(seen "$OPTARG") ;;
    o) file=$(seen "$OPTARG") ;;
    *) sed -n '2,/^set /{/^#/{s/^# \{0,1\}//;p}}' scripts/lambda_zip.sh >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if [ -z "$program" ]; then
  build release keyward >&2
  program=build/release/bin/keyward
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/lib" "$(dirname "$file")"
strip -o "$root/lib/keyward" "$program"
if ldd "$program" | grep 'not found' >&2; then exit 1; fi
libraries=$(ldd "$program" | grep -o '/[^ ]*')
for library in $libraries; do cp -L "$library" "$root/lib/"; done
loader=$(basename "$(grep 'ld-linux' <<<"$libraries")")
"${CXX:-clang++-19}" -std=c++20 -O2 -Wall -Wextra -Werror -static -s "-DKEYWARD_LOADER=\"$loader\"" -o "$root/bootstrap" deploy/lambda/bootstrap.cpp
# For systems without authorities of their own.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/lib/"
# Licences of the libraries, of those that are compiled in, too. Debian may know one by its name below /lib or below /usr/lib.
# shellcheck disable=SC2046,SC2086 # one word each
for package in $(dpkg-query -S $libraries $(readlink -f $libraries) 2>/dev/null | sed -n 's/:.*//p' | sort -u) libc6-dev ca-certificates libcli11-dev; do
  mkdir -p "$root/doc/$package"
  cp -L "/usr/share/doc/$package/copyright" "$root/doc/$package/"
done
for more in "$@"; do cp -RL "$(seen "$more")" "$root/"; done
# Under another name the function does not find it, and would look after no account without a word.
if [ ! -f "$root/config.yaml" ]; then echo "lambda_zip.sh: warning: no config.yaml is in the package" >&2; fi

python3 - "$root" "$file" "lib/$loader" <<'PYTHON'
import os, pathlib, sys, time, zipfile

root, file, loader = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
begin_of_zip = 315532800
at = time.gmtime(max(begin_of_zip, int(os.environ.get("SOURCE_DATE_EPOCH", begin_of_zip))))[:6]
runs = {"bootstrap", "lib/keyward", loader}
with zipfile.ZipFile(file, "w") as package:
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        name = path.relative_to(root).as_posix()
        entry = zipfile.ZipInfo(name, at)
        entry.create_system = 3  # Unix: the mode counts
        entry.external_attr = (0o100755 if name in runs else 0o100644) << 16
        package.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
PYTHON
echo "$file"
