#!/usr/bin/env bash
# Runs the integration tests N times beside a busy loop for each core, and prints which of them failed how often.
# Exits 1 when a test failed. The output of each run stays in `flaky` in cargo's target folder.
# Requires: a dist/ (scripts/dist/package-all.sh) and what the tests require.
# Usage: scripts/dev/flaky.sh N [FILTER]     FILTER: only tests with this in their names
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=scripts/dev/lib/job.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/job.sh"

main() {
  local runs=${1:-} filter=${2:-} logs run failed
  case $runs in
    -*) only_options -- "$runs" ;;
    '' | *[!0-9]* | 0*) die_env "\`$runs\` is not a number of runs" "wanted 1 or more" "$(quoted "$0") 10" ;;
  esac
  cd "$(repo_root)"
  clean_build_env
  logs=$(target_dir "$PWD")/flaky
  mkdir -p "$logs"
  rm -f -- "$logs"/run-*.log
  cargo test --quiet --locked --test it --no-run
  trap end_job EXIT
  keep_cores_busy
  for ((run = 1; run <= runs; run++)); do
    say "run $run of $runs"
    run_job cargo test --locked --test it -- ${filter:+"$filter"} >"$logs/run-$run.log" 2>&1 ||
      printf 'run %s failed\n' "$run" >>"$logs/run-$run.log"
    if grep -qx 'running 0 tests' "$logs/run-$run.log"; then
      die_env "no test has \`$filter\` in its name" "nothing was run" "cargo test --test it -- --list"
    fi
  done
  failed=$(failures "$logs"/run-*.log)
  if [ -n "$failed" ]; then
    printf '%s\n' "$failed"
    die "tests failed in $runs runs" "the lines above say how often each one failed" "less $(quoted "$logs")/run-*.log"
  fi
  printf 'nothing failed in %s runs\n' "$runs"
}

keep_cores_busy() {
  local core
  set -m # each is a job, which `end_job` ends
  for ((core = $(getconf _NPROCESSORS_ONLN); core > 0; core--)); do
    (while :; do :; done) &
  done
  set +m
}

# Prints how often each test failed. A run that ended before its tests is listed by its number.
failures() {
  local log
  for log in "$@"; do
    if grep '^test .* \.\.\. FAILED$' "$log"; then continue; fi
    grep '^run [0-9]* failed$' "$log" || true # a run that passed has no such line
  done | sed 's/^test \(.*\) \.\.\. FAILED$/\1/' | LC_ALL=C sort | uniq -c | LC_ALL=C sort -rn
}

main "$@"
