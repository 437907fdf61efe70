#!/usr/bin/env bash
# Makes `release/` of HEAD: everything that people download for this system. On Linux the dist is made for old systems too, by
# baseline-linux.sh. The smaller dist is released: it has all of Python that programs use.
# Requires: what package-all.sh requires; on Linux also what baseline-linux.sh requires. With TAG, the tag of the release, only the
# Python that is pinned will do.
# Usage: scripts/dist/release.sh [--here]
#   --here   builds on this system, whose glibc is then the floor: for a container with an old one
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local dist=dist-slim here='' strict=() form forms=(--only archive --only onefile --only installer --only homebrew) option
  for option in "$@"; do
    case $option in
      --here) here=--here ;;
      *) only_options --here -- "$option" ;;
    esac
  done
  cd "$(repo_root)"
  if [ -n "${TAG:-}" ]; then strict=(--strict); fi
  if [ "$(uname -s)" != Linux ]; then
    scripts/dist/package-all.sh ${strict[@]+"${strict[@]}"}
  elif [ -n "$here" ]; then
    scripts/dist/baseline-linux.sh --here ${strict[@]+"${strict[@]}"}
  else
    scripts/dist/baseline-linux.sh ${strict[@]+"${strict[@]}"}
    dist=baseline/dist-slim
  fi
  if ! grep -q '^    "sha": "' "$dist/metadata.json"; then
    die "\`$dist\` does not say of which commit it is" 'git does not answer in this checkout' "git config --global --add safe.directory $(quoted "$PWD")"
  fi
  if [ "$(uname -s)" = Linux ]; then
    for form in deb rpm arch; do forms+=(--only "$form"); done
    # It has the glibc of this system, of which only dpkg knows the files.
    if command -v dpkg-query >/dev/null 2>&1; then forms+=(--only oci); else left_out 'the image: it is made on a Debian'; fi
  fi
  say 'the files of the release'
  # By their names, so that one which cannot be made is an error.
  cargo pack formats "$dist" "${forms[@]}"
}

main "$@"
