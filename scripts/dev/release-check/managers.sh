#!/usr/bin/env bash
# Has Ruby read the formula and the manifests of `release/`: each is a text of its language, and every address and sum in it is that
# of a file in the release. Prints a row a check; exits 1 when one fails, and shows why.
# Requires: apt-get or Ruby; `release/`. Usage: scripts/dev/release-check/managers.sh [ID…]
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../../lib/common.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$here/../../python/lib/apt.sh"
# shellcheck source=scripts/dev/lib/rows.sh
. "$here/../lib/rows.sh"

main() {
  case ${1:-} in -*) only_options -- "$1" ;; esac
  wanted=" $* "
  cd "$(repo_root)"
  if [ ! -f release/dist-manifest.json ]; then die_env "there is no release" "wanted \`release/dist-manifest.json\`" 'cargo pack formats'; fi
  make_scratch managers
  if ! command -v ruby >/dev/null 2>&1; then apt_install "$scratch/apt.log" 'what reads formulas and manifests' ruby; fi
  check homebrew 'read and evaluated by Ruby; its addresses and sums are those of the manifest' '*.rb'
  check scoop 'parsed; its addresses and sums are those of the manifest' '*.json'
  check winget 'parsed as YAML; their addresses and sums are those of the manifest' '*.yaml'
  finish_rows
}

# check ID HOW PATTERN
check() {
  local id=$1 how=$2 file files=()
  case $wanted in '  ' | *" $id "*) ;; *) return ;; esac
  while IFS= read -r file; do files+=("$file"); done < <(find release -name "$3" ! -name dist-manifest.json | LC_ALL=C sort)
  if [ ${#files[@]} = 0 ]; then
    row "$id" left-out 'the release has no archive for its systems' -
    return
  fi
  say "$id"
  try run "$id" "$how" '' ruby "$here/managers.rb" release/dist-manifest.json "${files[@]}"
}

main "$@"
