#!/usr/bin/env bash
# Tries what can be tried here of every system, and writes the table of it into docs/platform-support.md. Each system has a
# script in scripts/dev/platforms, which prints a row a claim. Fetches what it needs from the registries, and keeps it below .local;
# what it could not have is said at the end. Takes an hour or more, so test.sh does not call it.
# Requires: what the scripts of the systems require. Usage: scripts/dev/platforms.sh [SYSTEM…]
#   SYSTEM   the name of a script without its ending; with some of them, the other systems keep their rows
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

readonly PAGE=docs/platform-support.md
readonly SYSTEMS='cross linux linux-aarch64 macos windows'

main() {
  local system failed=''
  case ${1:-} in -*) only_options -- "$1" ;; esac
  cd "$(repo_root)"
  make_scratch platforms
  # shellcheck disable=SC2086  # a list of names
  if [ $# = 0 ]; then set -- $SYSTEMS; fi
  for system in "$@"; do
    if [ ! -x "scripts/dev/platforms/$system.sh" ]; then
      die_env "there is no system \`$system\`" "wanted one of: $SYSTEMS" "$(quoted "$0") --help"
    fi
  done
  for system in "$@"; do
    say "$system"
    if ! "scripts/dev/platforms/$system.sh" >"$scratch/$system.rows"; then failed="$failed $system"; fi
    write_rows "$system" "$scratch/$system.rows"
  done
  show_left_out "$@"
  if [ -n "$failed" ]; then die "claims fail:$failed" "their output is above, and the table in \`$PAGE\` has them" "$(quoted "$0")$failed"; fi
}

# write_rows SYSTEM FILE: puts the rows between the two marks of the system in the page.
write_rows() {
  local system=$1 rows=$2 page=$scratch/page
  if ! grep -qxF "<!-- rows of $system -->" "$PAGE" || ! grep -qxF "<!-- end of $system -->" "$PAGE"; then
    die "\`$PAGE\` has no place for the rows of $system" "wanted the lines \`<!-- rows of $system -->\` and \`<!-- end of $system -->\`" \
      "git checkout -- $PAGE"
  fi
  {
    sed "/^<!-- rows of $system -->\$/q" "$PAGE"
    printf '| claim | proof | how, or why not | versions |\n|---|---|---|---|\n'
    awk -F '\t' '{ gsub(/\|/, "\\|"); printf "| `%s` | %s | %s | %s |\n", $1, ($2 == "run" || $2 == "linked" || $2 == "inspected") ? $2 : "**" $2 "**", $3, $4 }' "$rows"
    sed -n "/^<!-- end of $system -->\$/,\$p" "$PAGE"
  } >"$page"
  cat "$page" >"$PAGE"
}

# Prints a result, not progress, so it also prints into a pipe.
show_left_out() {
  local system
  for system in "$@"; do
    awk -F '\t' -v name="$system" '
      { count[$2]++ }
      $2 == "left-out" { why = why "\n  - left out: " $1 ": " $3 }
      $2 == "failed" { why = why "\n  - FAILED: " $1 ": " $3 }
      END {
        many = split("run linked inspected left-out failed", kinds, " ")
        printf "%s:", name
        for (i = 1; i <= many; i++) if (count[kinds[i]]) printf " %d %s", count[kinds[i]], kinds[i]
        print why
      }' "$scratch/$system.rows"
  done
}

main "$@"
