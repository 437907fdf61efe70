#!/usr/bin/env bash
# Compiles the whole workspace with the oldest Rust that Cargo.toml promises.
# Requires: that Rust, or rustup to install it. Usage: scripts/dev/msrv.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local oldest here cargo=(cargo)
  only_options -- "$@"
  cd "$(repo_root)"
  clean_build_env
  oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
  here=$(rustc --version | cut -d ' ' -f 2)
  case $here in
    "$oldest" | "$oldest".*) ;;
    *)
      need_cmd rustup 'curl -sSf https://sh.rustup.rs | sh'
      rustup toolchain install --profile minimal "$oldest"
      cargo=(rustup run "$oldest" cargo)
      ;;
  esac
  scripts/python/install-managed-python.sh
  scripts/python/resolve-python.sh >/dev/null
  say "compiling with Rust $oldest"
  # shellcheck disable=SC2046  # one word or none
  "${cargo[@]}" check --locked --workspace --all-targets $(quiet_in_a_pipe)
}

main "$@"
