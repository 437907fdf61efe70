#!/usr/bin/env bash
# Tests a dist after a move: a copy at another path, the build's Python out of reach, in hostile environments.
# Requires: Linux, util-linux (unshare, mount), binutils. Usage: scripts/dist/smoke-linux.sh [DIST]
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local root dist name
  # `inside` is called outside of an AND/OR list, in which `set -e` has no effect.
  case ${1:-} in
    --inside)
      shift
      inside "$@"
      return
      ;;
    -*) only_options -- "$1" ;;
  esac
  root=$(repo_root)
  dist=${1:-$root/dist}
  name=$(cd "$root" && package_name)
  if [ ! -x "$dist/$name" ]; then
    die_env "\`$dist/$name\` is missing" "wanted a staged dist" "scripts/dist/package-all.sh"
  fi
  make_scratch 'moved disté'
  say "copying the dist to $scratch"
  cp -a "$dist" "$scratch/$name"
  make_decoys "$scratch/decoy" "$scratch/$name"
  run_out_of_reach "$scratch" "$name" "$root" "$dist"
}

# Makes what a stray installation could put in the way of the dist. A decoy that is used fails at once.
make_decoys() {
  local decoy=$1 moved=$2 library
  mkdir -p "$decoy/lib/python3/encodings"
  for library in "$moved"/python/runtime/lib/lib*.so.*; do
    printf 'a decoy, not a library\n' >"$decoy/${library##*/}"
  done
  printf 'raise SystemExit("decoy: the wrong encodings")\n' >"$decoy/lib/python3/encodings/__init__.py"
  printf 'raise SystemExit("decoy: the wrong site")\n' >"$decoy/site.py"
}

# Runs the checks in a mount namespace where the machine allows one, as root or as root of a user namespace.
run_out_of_reach() {
  local scratch=$1 name=$2 root=$3 dist=$4 how
  for how in "unshare --mount" "unshare --mount --user --map-root-user"; do
    if $how true 2>/dev/null; then
      $how bash "$0" --inside "$scratch" "$name" hidden "$root/.local" "$(target_dir "$root")" "$dist"
      return
    fi
  done
  left_out "this machine allows no mount namespace: the build's Python stays in reach, and only the linkage shows that it is not used"
  inside "$scratch" "$name" reachable
}

inside() {
  local scratch=$1 name=$2 reach=$3 hidden
  shift 3
  for hidden in "$@"; do
    if [ -d "$hidden" ]; then
      mount -t tmpfs tmpfs "$hidden"
      [ -z "$(ls -A "$hidden")" ] || die "\`$hidden\` is still in reach" "the mount over it shows files"
    fi
  done
  MOVED=$scratch/$name
  LAUNCHER=$MOVED/$name
  BINARY=$MOVED/bin/$name-bin
  local decoy=$scratch/decoy before
  before=$(inventory)

  search_path
  linkage "$scratch"
  smoke "in an empty environment" env -i "$LAUNCHER"
  smoke "without the launcher" env -i "$BINARY"
  ln -s "$LAUNCHER" "$scratch/link to it"
  ln -s "link to it" "$scratch/link to the link"
  smoke "through two links" env -i "$scratch/link to the link"
  (cd / && smoke "from /" env -i "$LAUNCHER")
  (cd "$MOVED/python" && smoke "from a folder inside, by a relative path" env -i ../"$name")
  smoke "with LD_LIBRARY_PATH at a decoy" env -i LD_LIBRARY_PATH="$decoy" "$LAUNCHER"
  smoke "with PYTHONHOME and PYTHONPATH at a decoy" env -i PYTHONHOME="$decoy" PYTHONPATH="$decoy" "$BINARY"
  smoke "with both and the launcher" env -i LD_LIBRARY_PATH="$decoy" PYTHONHOME="$decoy" PYTHONPATH="$decoy" "$LAUNCHER"
  if [ "$(inventory)" != "$before" ]; then
    die "\`$MOVED\` was written to at run time" "its files differ from those before the runs"
  fi
  make_read_only "$reach"
  smoke "read-only" env -i "$LAUNCHER"
}

# Checks that the program's only search path is the contract's.
search_path() {
  local line
  # A file that is not ELF has no search path.
  line=$({ LC_ALL=C readelf -Wd "$BINARY" || true; } | sed -nE '/\((RPATH|RUNPATH)\)/p')
  # shellcheck disable=SC2016  # the loader expands $ORIGIN
  case $line in
    *'(RPATH)'*'[$ORIGIN/../python/runtime/lib]') ;;
    *) die "\`$BINARY\` has another search path" "found: ${line:-none}" "scripts/dist/verify-dist.sh" ;;
  esac
}

# Checks, by the loader's own account, that each object that the moved program and its children initialize is in the moved
# dist or is glibc's.
linkage() {
  local log=$1/loader file
  env -i LD_DEBUG=libs LD_DEBUG_OUTPUT="$log" "$BINARY" --smoke-python >/dev/null || true # its findings are shown below
  # A program that does not start leaves no log.
  { cat "$log".* 2>/dev/null || true; } | sed -n 's/.*calling init: //p' | sed 's|/bin/\.\./|/|' | LC_ALL=C sort -u >"$log"
  if ! grep -qF "$MOVED/python/runtime/lib/libpython3" "$log"; then
    die "\`$BINARY\` did not load the libpython beside it" "the loader took $(grep -F libpython "$log" || echo none)" "scripts/dist/verify-dist.sh"
  fi
  while IFS= read -r file; do
    case $file in
      "$MOVED"/*) ;;
      *) is_glibc "${file##*/}" || die "the moved dist loads \`$file\`" "it is neither its own nor glibc's" "scripts/dist/verify-dist.sh" ;;
    esac
  done <"$log"
}

smoke() {
  local how=$1 answer
  shift
  if ! answer=$("$@" --smoke-python 2>&1); then
    printf '%s\n' "$answer" >&2
    LC_ALL=C readelf -d "$BINARY" >&2
    ldd "$BINARY" >&2
    die "the moved dist fails $how" "its findings and the linkage of the program are above" "scripts/dist/verify-dist.sh"
  fi
  case $answer in
    "smoke-python: ok version="*"prefix='$MOVED/python/runtime'") say "ok $how" ;;
    *) die "the moved dist gives an unexpected answer $how" "found: $answer" "scripts/dist/verify-dist.sh" ;;
  esac
}

inventory() {
  find "$MOVED" -printf '%p %y %m %s %T@ %l\n' | LC_ALL=C sort
}

make_read_only() {
  if [ "$1" = hidden ]; then
    mount --bind "$MOVED" "$MOVED"
    mount -o remount,bind,ro "$MOVED"
    if touch "$MOVED/probe" 2>/dev/null; then
      die "the read-only mount can be written to" "the run would prove nothing"
    fi
  else
    chmod -R a-w "$MOVED"
  fi
}

main "$@"
