#!/usr/bin/env bash
# Runs the checks that need no dist: format, clippy, linters, unit tests. Works on every supported platform.
# Requires: Rust, a C compiler, git, python3. Usage: scripts/dev/check.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  only_options -- "$@"
  cd "$(repo_root)"
  clean_build_env
  scripts/python/install-managed-python.sh
  say "format"
  cargo fmt --all --check
  say "linters"
  scripts/dev/lint.sh
  say "clippy"
  cargo clippy --locked --workspace --all-targets --all-features -- --deny warnings
  say "unit tests"
  # The program of the stub has a `main` that no test harness replaces, and `--bins` would run it.
  cargo test --locked --workspace --exclude pyo3-bundle-onefile --all-features --lib --bins
  say "tests of the crates, doc tests"
  cargo test --locked --package cargo-pyo3-bundle --test commands
  cargo test --locked --package pyo3-bundle --test init
  cargo test --locked --package pyo3-bundle-onefile --lib --test starts
  cargo test --locked --workspace --doc
}

main "$@"
