#!/usr/bin/env bash
# Tests the archives as a user who downloads them would: sums, plain tar, then every check of an unpacked dist.
# Requires: tar, gzip, sha256sum, and zstd for its archives.
# Usage: scripts/dist/smoke-archives.sh [DIR]     (default: archives)
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local root folder archive
  case ${1:-} in -*) only_options -- "$1" ;; esac
  root=$(repo_root)
  cd "$root"
  folder=${1:-$root/archives}
  if [ ! -f "$folder/SHA256SUMS" ]; then
    die_env "\`$folder/SHA256SUMS\` is missing" "wanted the archives of a dist" "scripts/dist/package-all.sh"
  fi
  make_scratch 'unpacked disté'
  (cd "$folder" && sha256sum --quiet -c SHA256SUMS)
  for archive in "$folder"/*.tar.gz "$folder"/*.tar.zst; do
    if [ "${archive%.zst}" != "$archive" ] && ! command -v zstd >/dev/null 2>&1; then
      left_out "zstd is not installed: \`${archive##*/}\` is not unpacked here (\`cargo pack archive\` has read it back)"
      continue
    fi
    say "unpacking ${archive##*/}"
    (cd "$folder" && sha256sum --quiet -c "${archive##*/}.sha256")
    unpack "$archive" "$scratch/out"
    check "$scratch/out/$(ls "$scratch/out")"
    rm -rf "$scratch/out"
  done
}

# Unpacks with plain tar; zstd is called by itself because not every tar supports it.
unpack() {
  mkdir "$2"
  case $1 in
    *.zst) zstd -dcq "$1" | tar -C "$2" -xf - ;;
    *) tar -C "$2" -xzf "$1" ;;
  esac
}

check() {
  local dist=$1 name
  name=$(package_name)
  (cd "$dist" && sha256sum --quiet -c SHA256SUMS)
  cargo pack verify "$dist" >/dev/null
  env -i "$dist/$name" --verify >/dev/null
  env -i "$dist/$name" --smoke-python
}

main "$@"
