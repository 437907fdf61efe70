#!/usr/bin/env bash
# Every check and test, the packaging end to end included. What CI calls and what has to pass before anything lands.
# Requires: Linux, Rust, a C compiler, git, python3; as root it installs what else the tests use.
# Usage: scripts/dev/test.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../python/lib/apt.sh"

main() {
  only_options -- "$@"
  cd "$(repo_root)"
  clean_build_env
  install_test_tools
  scripts/dev/check.sh
  scripts/dist/package-all.sh
  say "integration tests"
  cargo test --locked --all-features --test it
  say "a minimal Debian"
  scripts/dev/minimal-root.sh
}

# busybox: the launcher runs under its shell too. debootstrap: a Debian without Python.
install_test_tools() {
  local tool missing=()
  for tool in busybox debootstrap; do
    command -v "$tool" >/dev/null 2>&1 || [ -x "/usr/sbin/$tool" ] || missing+=("$tool")
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    warn "not installed: ${missing[*]}; the tests that use them say so (sudo apt-get install ${missing[*]})"
    return
  fi
  apt_install "$(mktemp)" "tools of the tests" "${missing[*]}"
}

main "$@"
