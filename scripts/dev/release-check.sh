#!/usr/bin/env bash
# Proves the files of a release where users have them: packages are installed, upgraded and removed in other root systems, the
# image is unpacked and started, and each format is read by its own tools. Each part is a script in
# scripts/dev/release-check, which prints a row a check. What this machine lacks is said at the end. Takes some ten minutes.
# Requires: what the parts require; `release/`, which is made of `dist/` where it is missing.
# Usage: scripts/dev/release-check.sh [PART…]     (default: every part)
#   PART   the name of a script of that folder without its ending
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

readonly PARTS='installer packages image managers'

main() {
  local part failed=''
  case ${1:-} in -*) only_options -- "$1" ;; esac
  cd "$(repo_root)"
  # shellcheck disable=SC2086  # a list of names
  if [ $# = 0 ]; then set -- $PARTS; fi
  for part in "$@"; do
    if [ ! -x "scripts/dev/release-check/$part.sh" ]; then
      die_env "there is no part \`$part\`" "wanted one of: $PARTS" "$(quoted "$0") --help"
    fi
  done
  make_release
  make_scratch release-check
  for part in "$@"; do
    say "$part"
    if ! "scripts/dev/release-check/$part.sh" >"$scratch/$part.rows"; then failed="$failed $part"; fi
    cat "$scratch/$part.rows"
  done
  show_counts "$@"
  if [ -n "$failed" ]; then die "checks fail:$failed" 'their output is above' "$(quoted "$0")$failed"; fi
}

make_release() {
  if [ -f release/dist-manifest.json ]; then return; fi
  if [ ! -f dist/metadata.json ]; then scripts/dist/package-linux.sh >&2; fi
  say 'the files of the release'
  cargo pack formats >&2
}

# Prints a result, not progress, so it also prints into a pipe.
show_counts() {
  local part
  for part in "$@"; do
    awk -F '\t' -v name="$part" '
      { count[$2]++ }
      $2 == "left-out" { why = why "\n  - left out: " $1 ": " $3 }
      $2 == "failed" { why = why "\n  - FAILED: " $1 ": " $3 }
      END { printf "%s: %d run, %d left out, %d failed%s\n", name, count["run"], count["left-out"], count["failed"], why }
    ' "$scratch/$part.rows"
  done
}

main "$@"
