#!/usr/bin/env bash
# Installs the Debian packages that the given lists name and that are missing; calls no apt when none is.
#
#   scripts/install.sh LIST...
#
# Lists: build (the two programs), test (and their tests), sanitize (and the sanitizers, libFuzzer, coverage and static checks). Each holds
# the ones before it. And bench: what the benchmarks need beside test. Needs root or sudo only when something is missing.
set -euo pipefail

# docs/dependencies.md says what each package is for. libstdc++-12-dev: Clang brings no C++ library of its own.
build=(ca-certificates clang-19 lld-19 libstdc++-12-dev cmake ninja-build ccache pkg-config python3
  libcurl4-openssl-dev libssl-dev libboost1.81-dev libboost-json1.81-dev libyaml-cpp-dev libpugixml-dev libcli11-dev
  libspdlog-dev libfmt-dev libkainjow-mustache-dev)
test=(libgtest-dev librapidcheck-dev python3-venv awscli valgrind chromium fonts-dejavu-core mandoc zsh fish
  dpkg-dev file lintian strace systemd)
sanitize=(g++ libclang-rt-19-dev llvm-19 clang-tidy-19 cppcheck shellcheck)
bench=(wrk)

wanted=()
for list in "$@"; do
  case $list in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${build[@]}" "${test[@]}") ;;
    bench) wanted+=("${build[@]}" "${test[@]}" "${bench[@]}") ;;
    sanitize) wanted+=("${build[@]}" "${test[@]}" "${sanitize[@]}") ;;
    *)
      echo "$0: no list '$list'; there are build, test, sanitize and bench" >&2
      exit 2
      ;;
  esac
done
if [ ${#wanted[@]} -eq 0 ]; then
  echo "usage: $0 build|test|sanitize|bench..." >&2
  exit 2
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not Debian or Ubuntu. Install what these packages hold by hand: ${wanted[*]}" >&2
  echo "and set KEYWARD_SKIP_INSTALL=1." >&2
  [ -n "${KEYWARD_SKIP_INSTALL:-}" ] && exit 0
  exit 1
fi

# dpkg-query fails for names it never heard of and says on standard output what it knows of the others.
installed=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' "${wanted[@]}" 2>/dev/null || true)"
missing=()
for package in "${wanted[@]}"; do
  case $installed in
    *" $package=installed "*) ;;
    *) case " ${missing[*]:-} " in
        *" $package "*) ;;
        *) missing+=("$package") ;;
      esac ;;
  esac
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ -n "${KEYWARD_SKIP_INSTALL:-}" ]; then
  echo "KEYWARD_SKIP_INSTALL is set; going on without the packages ${missing[*]}" >&2
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing packages, and neither root nor sudo to install them. As root, run:" >&2
    echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
  [ -t 0 ] || as_root+=(-n) # without a terminal a password cannot be asked for
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" \
    </dev/null >"$log" 2>&1
}

echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
# An index that cannot be fetched (a third-party source that is down) does not matter if the packages are found.
apt update || { echo "apt-get update failed:" && tail -n 5 "$log"; } >&2
# --no-remove: nothing that this machine already has goes away for us.
if ! apt install -y --no-install-recommends --no-remove "${missing[@]}"; then
  tail -n 20 "$log" >&2
  echo "apt-get could not install them. clang-19 and Boost 1.81 are in Debian 12 (bookworm), main." >&2
  exit 1
fi
