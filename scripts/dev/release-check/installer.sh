#!/usr/bin/env bash
# Installs `release/` over loopback http as a newcomer does, and starts its one-file program twice in a new home. Prints a row a
# check; exits 1 when one fails, and shows why.
# Requires: Linux, curl or wget, python3; `release/`. Usage: scripts/dev/release-check/installer.sh [ID…]
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../../lib/common.sh"
# shellcheck source=scripts/dev/lib/rows.sh
. "$here/../lib/rows.sh"

main() {
  local root
  case ${1:-} in -*) only_options -- "$1" ;; esac
  wanted=" $* "
  root=$(repo_root)
  cd "$root"
  make_scratch installer
  check installer 'installed over http, verified, smoked, a line run at its prompt, uninstalled' scripts/dist/try-release.sh release
  check onefile 'unpacked at its first start and found at its second: smoke, sums, a program' starts
  finish_rows
}

# check ID HOW COMMAND…
check() {
  local id=$1 how=$2
  shift 2
  case $wanted in '  ' | *" $id "*) ;; *) return ;; esac
  say "$id"
  try run "$id" "$how" '' "$@"
}

# Each command by itself: in a list of them, `set -e` would have no effect.
starts() {
  local file
  file=$(sed -n 's/.*"name": "\([^"]*-linux-[^".]*\)",$/\1/p' release/dist-manifest.json | head -n 1)
  cp "release/$file" "$scratch/a program é"
  chmod +x "$scratch/a program é"
  alone --smoke-python || return 1
  alone --verify || return 1
  alone -I -c 'import ssl, sqlite3, sys; print("ok CPython", sys.version.split()[0])' || return 1
}

alone() {
  env -i HOME="$scratch/home" PATH=/nowhere "$scratch/a program é" "$@"
}

main "$@"
