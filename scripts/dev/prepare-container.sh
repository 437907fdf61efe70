#!/usr/bin/env bash
# Prepares a container of CI: git answers in the checkout, whose owner is another user there, and the oldest Rust that Cargo.toml
# promises is on the PATH of the steps that follow, where there is none.
# Requires: git, curl, network. Usage: scripts/dev/prepare-container.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local oldest home
  only_options -- "$@"
  cd "$(repo_root)"
  if ! git rev-parse --quiet --verify HEAD >/dev/null 2>&1; then git config --global --add safe.directory "$PWD"; fi
  if command -v cargo >/dev/null 2>&1; then return; fi
  need_cmd curl 'sudo apt-get install -y curl'
  oldest=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
  home=${CARGO_HOME:-$HOME/.cargo}
  make_scratch rustup
  curl --proto '=https' --tlsv1.2 -sSf --retry 3 -o "$scratch/rustup.sh" https://sh.rustup.rs
  sh "$scratch/rustup.sh" -y --quiet --no-modify-path --profile minimal --default-toolchain "$oldest"
  if [ -n "${GITHUB_PATH:-}" ]; then printf '%s\n' "$home/bin" >>"$GITHUB_PATH"; fi
}

main "$@"
