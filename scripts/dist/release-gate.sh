#!/usr/bin/env bash
# Refuses a release whose tag, Cargo.toml, changelog or crates disagree, before anything is built.
# Requires: what package-all.sh requires; TAG, the tag of the release, or empty for a dry run. Usage: scripts/dist/release-gate.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  only_options -- "$@"
  cd "$(repo_root)"
  say 'tag, version and changelog'
  cargo pack notes ${TAG:+--tag "$TAG"} >/dev/null
  say 'the crates, as a registry would take them'
  scripts/python/install-managed-python.sh # a crate is compiled, which asks for it
  # shellcheck disable=SC2046  # one word or none
  cargo publish --workspace --locked --dry-run $(quiet_in_a_pipe)
}

main "$@"
