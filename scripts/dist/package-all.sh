#!/usr/bin/env bash
# Makes a dist for this machine from a fresh clone, then a slim one and its archives, and tests each of them.
# Requires: Rust, a C compiler, git, python3. Whatever else is needed is installed below the checkout.
# Usage: scripts/dist/package-all.sh [--strict]     --strict: only the Python that is pinned
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  only_options --strict -- "$@"
  cd "$(repo_root)"
  case $(uname -s) in
    Linux)
      scripts/dist/package-linux.sh "$@"
      scripts/dist/smoke-linux.sh
      scripts/dist/package-linux.sh --slim "$@"
      archive
      scripts/dist/smoke-archives.sh
      cargo pack summary dist dist-slim --archives archives
      ;;
    Darwin)
      scripts/dist/package-macos.sh "$@"
      scripts/dist/smoke-macos.sh
      scripts/dist/package-macos.sh --slim "$@"
      archive
      cargo pack summary dist dist-slim --archives archives
      ;;
    *)
      die_env "a dist cannot be made on $(uname -s)" "wanted Linux or macOS" "docker run -it -v \"\$PWD:/src\" -w /src rust scripts/dist/package-all.sh"
      ;;
  esac
}

# Makes the archives again when anything that they depend on changed: the dist, the packager, the names in Cargo.toml, or
# the archives in the folder.
archive() {
  local mark
  mark=$(target_dir "$PWD")/archives.made-of
  if made_of | cmp -s - "$mark" && (cd archives && sha256sum --status -c SHA256SUMS) 2>/dev/null; then return; fi
  rm -f -- "$mark" archives/.made-of # where older checkouts kept the mark
  cargo pack archive dist-slim --out archives >/dev/null
  made_of >"$mark"
}

made_of() {
  local packager
  packager=$(target_dir "$PWD")/pack/cargo-pyo3-bundle
  sha256sum dist-slim/SHA256SUMS Cargo.toml "$packager" archives/SHA256SUMS archives/*.sha256 2>/dev/null || true # before the first run some are missing
}

main "$@"
