#!/usr/bin/env bash
# Proves a dist in a minimal Debian: no Python, nothing mounted but /proc, an empty environment.
# Requires: root, debootstrap. The root system is kept in .local/cache and used again.
# Usage: scripts/dev/minimal-root.sh [DIST]
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../python/lib/apt.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../python/lib/debian.sh"
# shellcheck source=scripts/dev/lib/job.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/job.sh"
# shellcheck source=scripts/dev/lib/debian-root.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/debian-root.sh"

main() {
  local root system dist name
  case ${1:-} in -*) only_options -- "$1" ;; esac
  root=$(repo_root)
  if ! can_bootstrap || ! unshare --mount true 2>/dev/null; then
    left_out "the dist in a minimal Debian: it takes root, debootstrap and mount namespaces"
    return
  fi
  name=$(cd "$root" && package_name)
  dist=${1:-$root/dist}
  system=$root/.local/cache/$DEBIAN_SUITE
  make_scratch minimal-root
  debian_root "$system"
  if [ -n "$(find "$system" -name 'python3*' -print -quit)" ]; then
    die "\`$system\` has a Python of its own" "the run would prove nothing" "rm -rf $(quoted "$system")"
  fi
  rm -rf "$system/opt/$name"
  cp -a "$dist" "$system/opt/$name"
  unshare --mount sh -c "mount -t proc proc \"\$1/proc\" && exec env -i /usr/sbin/chroot \"\$1\" \"/opt/$name/$name\" --smoke-python" - "$system"
  # Without /proc the loader does not find the libraries, and the launcher has to say so.
  if answer=$(env -i /usr/sbin/chroot "$system" "/opt/$name/$name" --version 2>&1); then
    die "the launcher runs without /proc" "wanted an error, found: $answer" "scripts/dist/package-all.sh"
  fi
  case $answer in
    *'/proc is not mounted'*) ;;
    *) die "the launcher does not say that /proc is missing" "its error is: $answer" "scripts/dist/package-all.sh" ;;
  esac
}

main "$@"
