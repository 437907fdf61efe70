#!/usr/bin/env bash
# Fails unless every job has passed: a skipped or cancelled one has shown nothing. The workflow requires this one job.
# Requires: RESULTS, the results of the jobs with blanks between them. Usage: scripts/dev/all-passed.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local result
  only_options -- "$@"
  if [ -z "${RESULTS:-}" ]; then die_env "\`RESULTS\` is empty" 'wanted the results of the jobs' 'RESULTS="success success" scripts/dev/all-passed.sh'; fi
  for result in $RESULTS; do
    if [ "$result" != success ]; then die 'not every job has passed' "wanted success of each, found: $RESULTS"; fi
  done
}

main "$@"
