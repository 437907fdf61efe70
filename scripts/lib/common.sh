# Shared by every script: messages, guards and places. Sourced, never run; leaves every decision to its caller.
# Bash 3.2 is the floor (macOS), so no associative arrays, no `mapfile`, no `${x,,}`.
# shellcheck shell=bash

# The checkout, links resolved: scripts/lib/common.sh is two folders below it.
repo_root() {
  cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." >/dev/null && pwd -P
}

# Where cargo puts its output; a relative CARGO_TARGET_DIR counts from where cargo runs, which here is the checkout.
target_dir() {
  local root=$1 dir=${CARGO_TARGET_DIR:-target}
  case $dir in
    /*) printf '%s\n' "$dir" ;;
    *) printf '%s\n' "$root/$dir" ;;
  esac
}

# Progress: for somebody who watches, nothing in a pipe.
say() {
  if [ -t 2 ]; then printf '%s\n' "$*" >&2; fi
}

warn() {
  printf 'warning: %s\n' "$*" >&2
}

# die WHAT [WHY [HINT]]: the three parts of an error; the hint is one command that can be run.
die() {
  fail_with 1 "$@"
}

# The same for a usage error or a machine that lacks something.
die_env() {
  fail_with 2 "$@"
}

fail_with() {
  local status=$1 what=$2 why=${3:-} hint=${4:-}
  printf 'error: %s\n' "$what" >&2
  if [ -n "$why" ]; then printf '  %s\n' "$why" >&2; fi
  if [ -n "$hint" ]; then printf 'hint: %s\n' "$hint" >&2; fi
  exit "$status"
}

# need_cmd NAME HINT
need_cmd() {
  if ! command -v "$1" >/dev/null 2>&1; then
    die_env "\`$1\` is not on PATH" "${0##*/} cannot work without it" "$2"
  fi
}

# Prints the comment block that opens a script: its purpose, requirements and usage.
usage_of() {
  sed -n -e '1d' -e '/^#/!q' -e 's/^# \{0,1\}//p' "$1"
}
