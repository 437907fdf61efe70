#!/usr/bin/env bash
# Makes `release/` of HEAD: everything that people download for this system. On Linux the dist is made for old systems too, by
# baseline-linux.sh. The smaller dist is released: it has all of Python that programs use.
# Requires: what package-all.sh requires; on Linux also what baseline-linux.sh requires.
# Usage: scripts/dist/release.sh [--here] [--strict]
#   --here     builds on this system, whose glibc is then the floor: for a container with an old one
#   --strict   only the Python that is pinned
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local dist=dist-slim here='' strict=() option
  for option in "$@"; do
    case $option in
      --here) here=--here ;;
      --strict) strict=(--strict) ;;
      *) only_options --here --strict -- "$option" ;;
    esac
  done
  cd "$(repo_root)"
  if [ "$(uname -s)" != Linux ]; then
    scripts/dist/package-all.sh ${strict[@]+"${strict[@]}"}
  elif [ -n "$here" ]; then
    scripts/dist/baseline-linux.sh --here ${strict[@]+"${strict[@]}"}
  else
    scripts/dist/baseline-linux.sh ${strict[@]+"${strict[@]}"}
    dist=baseline/dist-slim
  fi
  say 'the files of the release'
  cargo pack formats "$dist"
}

main "$@"
