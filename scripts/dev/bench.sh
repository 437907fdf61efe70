#!/usr/bin/env bash
# Measures speed and size of the packager, of a packaged start, of the one file and of the first prompt, each against a plain
# tool in the same run. Requires: a dist/ (scripts/dist/package-all.sh), tar, sha256sum, objdump; pip downloads IPython and
# PyInstaller to compare with.
# Usage: scripts/dev/bench.sh [--json]
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local root python
  only_options --json -- "$@"
  root=$(repo_root)
  cd "$root"
  python=$(scripts/python/resolve-python.sh 2>/dev/null)
  if [ ! -x "dist/$(package_name)" ]; then
    die_env "there is no dist" "wanted \`dist/\`, whose speed and size are measured" "scripts/dist/package-all.sh"
  fi
  cargo build --quiet --locked --profile pack --package cargo-pyo3-bundle
  "$python" -I -B scripts/dev/bench.py "$(target_dir "$root")" "$(package_name)" "$@"
}

main "$@"
