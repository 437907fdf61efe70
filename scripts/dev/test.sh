#!/usr/bin/env bash
# Runs every check and test, with the packaging from end to end. CI calls it, and it has to pass before anything lands.
# Requires: Linux, Rust, a C compiler, git, python3; as root it installs what else the tests use (test-tools.txt).
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
  LEFT_OUT_LIST=$(target_dir "$PWD")/left-out.txt
  export LEFT_OUT_LIST
  mkdir -p "${LEFT_OUT_LIST%/*}"
  : >"$LEFT_OUT_LIST"
  install_test_tools
  scripts/dev/check.sh
  scripts/dist/package-all.sh
  say "integration tests"
  cargo test --locked --test it
  say "generated applications"
  # With the profile of `cargo pack`: archives take too long without optimization.
  cargo test --locked --profile pack --package cargo-pyo3-bundle --features generated-crates --test generated
  say "a minimal Debian"
  scripts/dev/minimal-root.sh
  show_left_out
}

install_test_tools() {
  local program package use lacking=() packages=''
  while read -r program package use; do
    case $program in '' | '#'*) continue ;; esac
    # Tests need the program on disk; `kill` is also built into bash.
    if (PATH=$PATH:/usr/sbin:/sbin && type -P "$program" >/dev/null); then continue; fi
    lacking+=("\`$program\` (${use}): sudo apt-get install -y $package")
    packages="$packages $package"
  done <scripts/dev/test-tools.txt
  if [ -z "$packages" ]; then return; fi
  # As root, with apt-get or in CI, a tool that cannot be installed is an error.
  if [ "$(id -u)" = 0 ] && { [ -n "${CI:-}" ] || command -v apt-get >/dev/null 2>&1; }; then
    mkdir -p .local/cache
    apt_install .local/cache/test-tools.log "tools of the tests" "${packages# }"
    return
  fi
  for use in "${lacking[@]}"; do left_out "$use"; done
}

# Prints a result, not progress, so it also prints into a pipe.
show_left_out() {
  if [ ! -s "$LEFT_OUT_LIST" ]; then
    printf 'all checks and tests were run\n'
    return
  fi
  printf 'all that could be run has passed; left out on this machine:\n'
  LC_ALL=C sort -u "$LEFT_OUT_LIST" | sed 's/^/  - /'
}

main "$@"
