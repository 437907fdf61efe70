#!/usr/bin/env bash
# Joins the folders that release.sh has made on several systems into one `release/`, with installers and sums for all of them,
# and writes `release-notes.md`.
# Requires: Rust; TAG, the tag of the release, or empty for a dry run. Usage: scripts/dist/join-release.sh FOLDER
#   FOLDER   has a folder of each system
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local parts=${1:-} part joins=()
  case $parts in -*) only_options -- "$parts" ;; esac
  cd "$(repo_root)"
  for part in "$parts"/*/dist-manifest.json; do
    if [ -f "$part" ]; then joins+=(--join "${part%/*}"); fi
  done
  if [ ${#joins[@]} = 0 ]; then
    die_env "\`$parts\` has no folder of a release" 'wanted folders with a dist-manifest.json in it' scripts/dist/release.sh
  fi
  cargo pack formats "${joins[@]}"
  cargo pack notes release ${TAG:+--tag "$TAG"} >release-notes.md
}

main "$@"
