#!/usr/bin/env bash
# Type-checks and lints the workspace for each target of cross-check.sh, a row a target; exits 1 when one has findings.
# Requires: what cross-check.sh requires. Usage: scripts/dev/platforms/cross.sh
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/dev/lib/systems.sh
. "$here/../lib/systems.sh"

main() {
  local target
  only_options -- "$@"
  for target in $("$here/../cross-check.sh" --targets); do
    say "$target"
    try inspected "cross-$target" 'cargo clippy on the whole workspace with its tests, warnings denied' '' "$here/../cross-check.sh" "$target"
  done
  finish_rows
}

main "$@"
