# shellcheck shell=bash
# What check and demo share. Sourced, with the repository as the working directory.

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
