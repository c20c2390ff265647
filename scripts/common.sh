# shellcheck shell=bash
# What check, demo and bench share. Sourced, with the repository as the working directory.

say() { printf '\n== %s\n' "$*"; }

# Compilers that run at once: one per core, and 1.5 GB of memory for each.
jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemTotal:/ {print int($2 / 1500000)}' /proc/meminfo)
  if [ "$memory" -lt "$cores" ]; then cores=$memory; fi
  if [ "$cores" -lt 1 ]; then cores=1; fi
  echo "${KEYWARD_JOBS:-$cores}"
}

# build PRESET [TARGET...]: configures and builds. The log goes to a terminal as it comes; elsewhere only what failed.
build() {
  local preset=$1 log
  shift
  mkdir -p "build/$preset"
  log=build/$preset/build.log
  local configure=(cmake --preset "$preset")
  local compile=(cmake --build --preset "$preset" --parallel "$(jobs)")
  if [ $# -gt 0 ]; then compile+=(--target "$@"); fi
  if ! "${configure[@]}" >"$log" 2>&1; then
    tail -n 40 "$log"
    return 1
  fi
  if [ -t 1 ]; then
    "${compile[@]}"
  elif ! "${compile[@]}" >>"$log" 2>&1; then
    grep -A 25 -m 3 -E '^FAILED:|error:' "$log" || tail -n 40 "$log"
    echo "The whole log: $log"
    return 1
  fi
}

# The Python environment; made anew when the requirements or Python changed, or when the last try was cut off.
python_environment() {
  local requirements=tests/conformance/requirements.txt stamp=.venv/requirements.sha256 wanted
  wanted=$(python3 --version | cat - "$requirements" | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python3 -c 'import pytest' 2>/dev/null; then return; fi
  if python3 -m venv --clear .venv && .venv/bin/pip install --quiet --disable-pip-version-check -r "$requirements" </dev/null; then
    echo "$wanted" >"$stamp"
  else
    return 1
  fi
}
