#!/usr/bin/env bash
# Publishes the crates of this version that the registry does not have yet, so that a run that failed can be started again.
# release-gate.sh has compiled them as a registry does, so nothing is compiled here, where the token is.
# Requires: Rust, network, CARGO_REGISTRY_TOKEN. Usage: scripts/dist/publish-crates.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local manifest crate version missing=()
  only_options -- "$@"
  cd "$(repo_root)"
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
  for manifest in crates/*/Cargo.toml; do
    crate=$(sed -n 's/^name = "\(.*\)"$/\1/p' "$manifest" | head -n 1)
    # From another folder, or cargo would describe the crate of this one.
    if ! (cd / && cargo info --quiet --registry crates-io "$crate@$version") >/dev/null 2>&1; then missing+=(--package "$crate"); fi
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  cargo publish --locked --no-verify "${missing[@]}"
}

main "$@"
