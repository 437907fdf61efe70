#!/usr/bin/env bash
# Tests a dist after a move: a copy at another path, the build's Python out of reach, in hostile environments.
# Requires: macOS. Usage: scripts/dist/smoke-macos.sh [DIST]
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local root dist decoy before
  case ${1:-} in -*) only_options -- "$1" ;; esac
  if [ "$(uname -s)" != Darwin ]; then
    die_env "this machine runs $(uname -s)" 'wanted macOS, whose loader starts the dist' scripts/dist/smoke-linux.sh
  fi
  root=$(repo_root)
  dist=${1:-$root/dist}
  name=$(cd "$root" && package_name)
  if [ ! -x "$dist/$name" ]; then
    die_env "\`$dist/$name\` is missing" 'wanted a staged dist' scripts/dist/package-all.sh
  fi
  make_scratch 'moved disté'
  # The loader and Python name the place without links, and /tmp is one.
  scratch=$(cd -P -- "$scratch" && pwd -P)
  moved=$scratch/$name
  say "copying the dist to $scratch"
  cp -Rp "$dist" "$moved"
  decoy=$scratch/decoy
  make_decoys "$decoy"
  before=$(inventory)

  # A Python that is still where it was built would serve a dist that looks for it there.
  hide "$root/.local/python"
  smoke 'in an empty environment' env -i "$moved/$name"
  smoke 'without the launcher' env -i "$moved/bin/$name-bin"
  ln -s "$moved/$name" "$scratch/link to it"
  smoke 'through a link' env -i "$scratch/link to it"
  (cd / && smoke 'from /' env -i "$moved/$name")
  # macOS drops DYLD_* for /bin/sh, so the launcher passes none on.
  smoke 'with DYLD_LIBRARY_PATH at a decoy' env -i DYLD_LIBRARY_PATH="$decoy" "$moved/$name"
  smoke 'with PYTHONHOME and PYTHONPATH at a decoy' env -i PYTHONHOME="$decoy" PYTHONPATH="$decoy" "$moved/bin/$name-bin"
  if [ "$(inventory)" != "$before" ]; then
    die "\`$moved\` was written to at run time" 'its files differ from those before the runs'
  fi
  chmod -R a-w "$moved"
  smoke 'read-only' env -i "$moved/$name"
  "$moved/$name" --verify
  gatekeeper
}

# make_decoys FOLDER: a decoy that is used fails at once.
make_decoys() {
  local library
  mkdir -p "$1/lib/python3/encodings"
  for library in "$moved"/python/runtime/lib/lib*.dylib; do printf 'a decoy, not a library\n' >"$1/${library##*/}"; done
  printf 'raise SystemExit("decoy: the wrong encodings")\n' >"$1/lib/python3/encodings/__init__.py"
  printf 'raise SystemExit("decoy: the wrong site")\n' >"$1/site.py"
}

hidden=''
hide() {
  if [ ! -d "$1" ]; then return; fi
  hidden=$1
  trap 'mv -- "$hidden.hidden" "$hidden"; remove_scratch' EXIT
  mv -- "$1" "$1.hidden"
}

smoke() {
  local how=$1 answer
  shift
  if ! answer=$("$@" --smoke-python 2>&1); then
    printf '%s\n' "$answer" >&2
    otool -L "$moved/bin/$name-bin" >&2
    die "the moved dist fails $how" 'its findings and the libraries of the program are above' 'cargo pack verify'
  fi
  case $answer in
    "smoke-python: ok version="*"prefix='$moved/python/runtime'") say "ok $how" ;;
    *) die "the moved dist gives an unexpected answer $how" "found: $answer" 'cargo pack verify' ;;
  esac
}

inventory() {
  find "$moved" -exec stat -f '%N %HT %Lp %z %m %Y' {} + | LC_ALL=C sort
}

# What Gatekeeper says to a program that was downloaded. Only a notarized one is accepted, so its answer is shown and not judged.
gatekeeper() {
  spctl --assess --type execute -vv "$moved/bin/$name-bin" 2>&1 | sed 's/^/gatekeeper: /' || true # it refuses what is not notarized
}

main "$@"
