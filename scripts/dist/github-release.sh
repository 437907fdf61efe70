#!/usr/bin/env bash
# Puts `release/` onto GitHub, in the steps of release.yml. A release that is published already is never changed.
# Requires: gh with a token; TAG, the tag of the release.
# Usage: scripts/dist/github-release.sh draft     makes a draft of release/ and release-notes.md, or completes one
#        scripts/dist/github-release.sh fetch     downloads the draft into release/
#        scripts/dist/github-release.sh publish   turns the draft into the release
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local step=${1:-}
  case $step in
    draft | fetch | publish) ;;
    *) only_options draft fetch publish -- "$step" ;;
  esac
  cd "$(repo_root)"
  need_cmd gh 'sudo apt-get install -y gh'
  if [ -z "${TAG:-}" ]; then die_env "\`TAG\` is empty" 'wanted the tag of the release' "TAG=v1.2.3 $(quoted "$0") $step"; fi
  "$step"
}

draft() {
  local state name pre=()
  # A list answers also where there is no such release, so that a failure is one.
  state=$(gh release list --limit 1000 --json tagName,isDraft --jq ".[] | select(.tagName == \"$TAG\") | .isDraft")
  if [ "$state" = false ]; then
    die "the release $TAG is published already" 'wanted none, or a draft of it' "gh release view $(quoted "$TAG")"
  fi
  case $TAG in *-*) pre=(--prerelease) ;; esac
  if [ -z "$state" ]; then
    gh release create "$TAG" --draft --verify-tag --title "$TAG" --notes-file release-notes.md ${pre[@]+"${pre[@]}"}
  else
    gh release edit "$TAG" --draft --notes-file release-notes.md
    gh release view "$TAG" --json assets --jq '.assets[].name' | while IFS= read -r name; do
      if [ ! -f "release/$name" ]; then gh release delete-asset "$TAG" "$name" --yes; fi
    done
  fi
  gh release upload "$TAG" --clobber release/*
}

fetch() {
  if [ -e release ]; then die "\`release\` is in the way" 'wanted a place for what is downloaded' 'mv release release.kept'; fi
  gh release download "$TAG" --dir release.partial
  (cd release.partial && sha256sum --strict --quiet -c sha256.sum)
  mv -- release.partial release
}

publish() {
  gh release edit "$TAG" --draft=false
}

main "$@"
