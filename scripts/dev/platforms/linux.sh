#!/usr/bin/env bash
# Tries the claims about a dist for Linux in other root systems: four releases of Debian and older or barer ones. Prints a row a
# claim, `id<TAB>run|left-out|failed<TAB>how or why<TAB>versions`; exits 1 when a claim fails, and shows why.
#
# The roots are made once, by debootstrap, and kept in .local/cache. Each claim (claims.sh) gets a root of its own: an overlay in memory, in
# namespaces that end with it.
#
# Requires: Linux, root, debootstrap, util-linux, a C compiler; a dist that baseline-linux.sh made, which it is called for otherwise.
# Usage: scripts/dev/platforms/linux.sh [ID…]     (default: every claim)
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/dev/lib/systems.sh
. "$here/../lib/systems.sh"

# The releases that the mirrors carry, oldest first.
readonly SUITES='bullseye bookworm trixie forky sid'
readonly UNKNOWN_USER=12345

main() {
  local root name baseline newer cache suite
  if [ "${1:-}" = --inside ]; then
    shift
    inside "$@" # outside of an AND/OR list, in which `set -e` has no effect
    return
  fi
  case ${1:-} in -*) only_options -- "$1" ;; esac
  wanted=" $* "
  root=$(repo_root)
  cd "$root"
  name=$(package_name)
  if ! can_bootstrap || ! unshare --mount --pid --fork true 2>/dev/null; then
    row linux left-out 'it takes root, debootstrap and namespaces' "$(uname -sm)"
    return
  fi
  baseline=$root/baseline/dist newer=$root/dist cache=$root/.local/cache/roots
  if [ ! -x "$baseline/$name" ]; then scripts/dist/baseline-linux.sh >&2; fi
  if [ ! -x "$newer/$name" ]; then scripts/dist/package-linux.sh >&2; fi
  make_scratch platforms
  make_decoy

  make_roots
  for suite in $SUITES; do
    claim "linux-$suite" "$suite" starts "$baseline" 'in its minimal system, without Python: smoke, sums, a program and its child'
    claim "linux-$suite-wrong-python" "$suite" wrong-python "$baseline" 'with a wrong Python on PATH, in PYTHONHOME and in PYTHONPATH'
    claim "linux-$suite-decoy" "$suite" decoy-libpython "$baseline" "with another libpython in the cache of the system's loader"
  done
  claim linux-distribution-python bullseye-python real-wrong-python "$baseline" "with the distribution's Python on PATH and in PYTHONHOME"
  claim linux-programs bullseye programs "$baseline" 'the programs in scripts/dev/platforms/programs'
  claim linux-busybox-sh trixie-busybox busybox-sh "$baseline" 'with busybox as /bin/sh'
  claim linux-no-os-release trixie no-os-release "$baseline" 'without /etc/os-release'
  claim linux-read-only trixie read-only "$baseline" 'with a read-only root and nothing to write to'
  claim linux-noexec-tmp trixie noexec-tmp "$baseline" 'with /tmp mounted noexec'
  claim linux-no-home trixie no-home "$baseline" 'as a user without HOME and without a line in /etc/passwd'
  claim needs-glibc bullseye needs-glibc "$newer" 'below its floor a dist does not start, and --verify names both versions'
  claim needs-proc trixie needs-proc "$baseline" 'without /proc the launcher says so'
  claim needs-terminfo trixie needs-terminfo "$baseline" 'without terminfo only curses fails'
  claim needs-certificates trixie-certificates needs-certificates "$baseline" 'the bundle of the system is found; without one there are none'
  claim needs-shm trixie needs-shm "$baseline" 'without /dev/shm only the locks of multiprocessing fail'
  finish_rows
}

# Makes the systems that are not kept. Claims about one that cannot be had are left out.
make_roots() {
  local suite
  for suite in $SUITES; do
    if try_root "$suite" "$cache/$suite"; then without_python "$cache/$suite"; fi
  done
  try_root bullseye "$cache/bullseye-python" python3 || true # `claim` leaves out what has no root
  try_root trixie "$cache/trixie-busybox" busybox-static || true # `claim` leaves out what has no root
  try_root trixie "$cache/trixie-certificates" ca-certificates || true # `claim` leaves out what has no root
}

# claim ID ROOT NAME DIST HOW: tries a claim of claims.sh in a copy of a root, and prints its row.
claim() {
  local id=$1 system=$2 what=$3 dist=$4 how=$5
  case $wanted in '  ' | *" $id "*) ;; *) return ;; esac
  if [ ! -d "$cache/$system" ]; then
    row "$id" left-out "its system cannot be had from this machine's mirror" -
    return
  fi
  say "$id"
  try run "$id" "$how" "$(versions "$cache/$system" "$dist")" \
    run_job unshare --mount --pid --fork --kill-child bash "$here/linux.sh" --inside "$scratch" "$cache/$system" "$what" "$dist" "$name"
}

# versions ROOT DIST: the release, its glibc, and the oldest that the dist works with.
versions() {
  local root=$1 dist=$2 libc
  libc=$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Version}' libc6)
  printf 'Debian %s, glibc %s; the dist needs %s\n' "$(cat "$root/etc/debian_version")" "${libc%-*}" \
    "$(sed -n 's/.*"libc_floor": "\(.*\)".*/\1/p' "$dist/metadata.json")"
}

without_python() {
  if [ -n "$(find "$1" -name 'python3*' -print -quit)" ]; then
    die "\`$1\` has a Python of its own" "the run would prove nothing" "rm -rf $(quoted "$1")"
  fi
}

# A library that ends whatever loads it.
make_decoy() {
  need_cmd cc 'sudo apt-get install -y gcc libc6-dev'
  printf '#include <unistd.h>\n__attribute__((constructor)) static void end(void) { _exit(99); }\n' >"$scratch/decoy.c"
  cc -shared -fPIC -Wl,-soname,"$(basename -- "$baseline"/python/runtime/lib/libpython3.*.so.1.0)" "$scratch/decoy.c" -o "$scratch/decoy.so"
}

# inside SCRATCH ROOT CLAIM DIST NAME: in namespaces of its own, makes the system that the claim is about and runs claims.sh in it.
inside() {
  local scratch=$1 root=$2 what=$3 dist=$4 name=$5 user=()
  overlay_root "$scratch" "$root" "$dist"
  cp "$scratch/decoy.so" "$system/tmp/"
  if [ "$what" != needs-proc ]; then mount -t proc proc "$system/proc"; fi
  case $what in
    busybox-sh)
      ln -sf busybox "$system/bin/sh"
      [ -x "$system/bin/busybox" ] || ln -sf /usr/bin/busybox "$system/bin/sh"
      ;;
    no-home) user=("--userspec=$UNKNOWN_USER:$UNKNOWN_USER") && chmod 1777 "$system/tmp" ;;
    noexec-tmp) mount -o remount,noexec "$system/tmp" ;;
    read-only)
      mount -o remount,ro "$system/tmp"
      mount -o remount,ro "$system/dev/shm"
      mount -o remount,bind,ro "$system"
      ;;
  esac
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /usr/sbin/chroot ${user[@]+"${user[@]}"} "$system" \
    /bin/sh /tmp/claims.sh "$what" "$GUEST_FOLDER/$name"
}

main "$@"
