#!/usr/bin/env bash
# Unpacks the image of `release/` with umoci, and starts its program in it as the image's own user. skopeo reads it as well. Prints
# a row a check; exits 1 when one fails, and shows why.
# Requires: Linux, root, util-linux, apt-get; `release/`. Usage: scripts/dev/release-check/image.sh [ID…]
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../../lib/common.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$here/../../python/lib/apt.sh"
# shellcheck source=scripts/dev/lib/job.sh
. "$here/../lib/job.sh"
# shellcheck source=scripts/dev/lib/rows.sh
. "$here/../lib/rows.sh"

main() {
  local root image
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
  image=$(find release -name '*.oci.tar' | head -n 1)
  if [ "$(id -u)" != 0 ] || ! unshare --mount true 2>/dev/null || ! command -v apt-get >/dev/null 2>&1; then
    row image left-out 'it takes root, apt-get and mount namespaces' "$(uname -sm)"
    return
  fi
  if [ -z "$image" ]; then
    row image left-out 'the release has no image: it was not made on a Debian' -
    return
  fi
  make_scratch image
  if ! command -v umoci >/dev/null 2>&1 || ! command -v skopeo >/dev/null 2>&1; then
    apt_install "$scratch/apt.log" 'tools that read images' 'umoci skopeo'
  fi
  version=$(sed -n 's/.*"app_version": "\(.*\)".*/\1/p' release/dist-manifest.json | head -n 1)
  mkdir "$scratch/layout"
  tar -C "$scratch/layout" -xf "$image"
  umoci unpack --image "$scratch/layout:${version//+/-}" "$scratch/bundle" >&2
  check image-size "$(size_of "$image")" run_job true
  check image-skopeo 'read by skopeo, which copies it to a folder with every sum checked' run_job skopeo --insecure-policy copy \
    --quiet "oci-archive:$image" "dir:$scratch/copy"
  check image-starts 'unpacked by umoci, started as its own user: smoke, sums, certificates, terminals, names' \
    run_job unshare --mount --pid --fork --kill-child bash "$here/image.sh" --inside "$scratch/bundle" "$program"
  finish_rows
}

size_of() {
  awk -v packed="$(wc -c <"$1")" -v unpacked="$(du -sk "$scratch/bundle/rootfs" | cut -f 1)" -v dist="$(du -sk "$(dirname -- "$(find "$scratch/bundle/rootfs" -name SHA256SUMS)")" | cut -f 1)" \
    'BEGIN { printf "%.1f MB packed, %.1f MB unpacked, of which the dist has %.1f MB", packed / 1e6, unpacked * 1.024 / 1e3, dist * 1.024 / 1e3 }'
}

# check ID HOW COMMAND…
check() {
  local id=$1 how=$2
  shift 2
  case $wanted in '  ' | *" $id "*) ;; *) return ;; esac
  say "$id"
  try run "$id" "$how" "$(umoci --version | head -n 1)" "$@"
}

# inside BUNDLE PROGRAM: in namespaces of its own, starts the program as the bundle's configuration says.
inside() {
  local system=$1/rootfs program=$2 user home found
  user=$(sed -n 's/^nonroot:x:\([0-9]*\):\([0-9]*\):.*/\1:\2/p' "$system/etc/passwd")
  home=$(sed -n 's/^nonroot:.*:\(.*\):.*/\1/p' "$system/etc/passwd")
  # As in a container that may write to /tmp alone.
  mount --bind "$system" "$system"
  mount -t proc none "$system/proc"
  mount -t tmpfs none "$system/tmp"
  mount -o remount,bind,ro "$system"
  if [ -e "$system/bin/sh" ]; then die 'the image has a shell' 'wanted only the dist and what it needs'; fi
  as_user "/usr/bin/$program" --smoke-python
  as_user "/usr/bin/$program" --verify
  found=$(as_user "/usr/bin/$program" -c 'import curses, getpass, locale, os, pwd, ssl
curses.setupterm("xterm-256color", 1)
print(os.getuid() != 0, getpass.getuser(), locale.getencoding(), len(ssl.create_default_context().get_ca_certs()) > 50)')
  printf '%s\n' "$found"
  if [ "$found" != 'True nonroot UTF-8 True' ]; then die 'the image lacks something' 'wanted: True nonroot UTF-8 True'; fi
}

as_user() {
  env -i PATH=/usr/bin LANG=C.UTF-8 HOME="$home" /usr/sbin/chroot --userspec="$user" "$system" "$@"
}

main "$@"
