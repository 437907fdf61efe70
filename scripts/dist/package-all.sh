#!/usr/bin/env bash
# From a fresh clone to a dist/ that has proved itself, and to archives of a slim one, for the machine it runs on.
# Requires: Rust, a C compiler, git, python3. What else it needs it installs, below the checkout.
# Usage: scripts/dist/package-all.sh [--strict]     --strict: no other Python than the exact pin
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
    *)
      die_env "no packaging for $(uname -s)" "wanted Linux" "docker run -it -v \"\$PWD:/src\" -w /src rust scripts/dist/package-all.sh"
      ;;
  esac
}

# Made again when anything that decides about them is another: the dist, the packager, the names in Cargo.toml, or what
# stands in the folder.
archive() {
  local mark
  mark=$(target_dir "$PWD")/archives.made-of
  if made_of | cmp -s - "$mark"; then return; fi
  rm -f -- "$mark" archives/.made-of # where the mark once stood
  cargo pack archive dist-slim --out archives >/dev/null
  made_of >"$mark"
}

made_of() {
  sha256sum dist-slim/SHA256SUMS Cargo.toml "$(target_dir "$PWD")/pack/pack" archives/SHA256SUMS 2>/dev/null || true
}

main "$@"
