#!/usr/bin/env bash
# Builds archives from two clones of HEAD at different paths, compares them byte for byte, and prints where they differ.
# Requires: what package-all.sh requires; a few minutes. Usage: scripts/dist/reproduce.sh [--python]
#   --python   also builds CPython in each clone, instead of using the one that this checkout has packed
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local root one two commit archive other anew=false
  only_options --python -- "$@"
  if [ "${1:-}" = --python ]; then anew=true; fi
  root=$(repo_root)
  cd "$root"
  unset CARGO_TARGET_DIR
  if [ -n "$(git status --porcelain)" ]; then warn "uncommitted changes are not in the clones"; fi
  make_scratch reproduce
  one=$scratch/one
  two="$scratch/another ö/clone"
  commit=$(git rev-parse HEAD) # fixed here, since somebody may commit meanwhile
  build "$one" "$commit" "$anew"
  build "$two" "$commit" "$anew"
  for archive in "$one"/archives/*.tar.*; do
    case $archive in *.sha256) continue ;; esac
    other=$two/archives/${archive##*/}
    if ! cmp -s "$archive" "$other"; then
      cargo pack compare "$archive" "$other" | head -n 20 >&2 || true # exits 1 because the archives differ
      die "\`${archive##*/}\` differs between two clones" "the first differences are above" "scripts/dist/reproduce.sh"
    fi
    printf 'the same twice: %s\n' "$(cat "$archive.sha256")"
  done
}

build() {
  local clone=$1 commit=$2 anew=$3 part
  say "building in $clone"
  git clone --quiet . "$clone"
  git -C "$clone" checkout --quiet --detach "$commit"
  mkdir -p "$clone/.local/cache"
  for part in uv cache/cpython; do
    if [ -d ".local/$part" ] && { [ "$part" = uv ] || [ "$anew" = false ]; }; then cp -a ".local/$part" "$clone/.local/$part"; fi
  done
  (
    cd "$clone"
    scripts/dist/package-linux.sh --slim >/dev/null
    cargo pack archive dist-slim --out archives >/dev/null
  )
}

main "$@"
