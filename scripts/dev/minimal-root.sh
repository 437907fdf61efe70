#!/usr/bin/env bash
# Proves a dist in a minimal Debian: no Python, nothing mounted but /proc, an empty environment.
# Requires: root, debootstrap. The root system is kept in .local/cache and used again.
# Usage: scripts/dev/minimal-root.sh [DIST]
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

SUITE=trixie

main() {
  local root system dist name
  case ${1:-} in -*) only_options -- "$1" ;; esac
  root=$(repo_root)
  PATH=$PATH:/usr/sbin
  if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null 2>&1; then
    warn "no minimal Debian on this machine: it takes root and debootstrap (sudo apt-get install debootstrap)"
    return
  fi
  name=$(cd "$root" && package_name)
  dist=${1:-$root/dist}
  system=$root/.local/cache/$SUITE
  bootstrap "$system"
  if [ -n "$(find "$system" -name 'python3*' -print -quit)" ]; then
    die "\`$system\` has a Python of its own" "the run would prove nothing" "rm -rf \"$system\""
  fi
  rm -rf "$system/opt/$name"
  cp -a "$dist" "$system/opt/$name"
  unshare --mount sh -c "mount -t proc proc \"\$1/proc\" && exec env -i /usr/sbin/chroot \"\$1\" \"/opt/$name/$name\" --smoke-python" - "$system"
  # And without /proc, which the loader cannot do without: the launcher says so.
  if answer=$(env -i /usr/sbin/chroot "$system" "/opt/$name/$name" --version 2>&1); then
    die "the launcher runs without /proc" "it answered: $answer" "scripts/dist/package-all.sh"
  fi
  case $answer in
    *'/proc is not mounted'*) ;;
    *) die "the launcher does not say that /proc is missing" "it said: $answer" "scripts/dist/package-all.sh" ;;
  esac
}

bootstrap() {
  local system=$1
  if [ -d "$system" ]; then return; fi
  say "bootstrapping Debian $SUITE"
  # debootstrap cannot work below a path with spaces, so it makes the system elsewhere.
  local partial
  partial=$(mktemp -d "${TMPDIR:-/tmp}/minimal-root.XXXXXX")
  if ! debootstrap --variant=minbase "$SUITE" "$partial" >"$partial.log" 2>&1; then
    tail -n 20 "$partial.log" >&2
    rm -rf "$partial"
    die "debootstrap failed" "its log is \`$partial.log\`" "debootstrap --variant=minbase $SUITE /tmp/minimal"
  fi
  rm -f "$partial.log"
  mv "$partial" "$system.partial"
  mv "$system.partial" "$system"
}

main "$@"
