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
      ;;
    *)
      die_env "no packaging for $(uname -s)" "wanted Linux" "docker run -it -v \"\$PWD:/src\" -w /src rust scripts/dist/package-all.sh"
      ;;
  esac
}

# The same dist gives the same archives: they are made again when it is another one.
archive() {
  if ! cmp -s dist-slim/SHA256SUMS archives/.made-of; then
    rm -rf archives
    cargo pack archive dist-slim --out archives >/dev/null
    cp dist-slim/SHA256SUMS archives/.made-of
  fi
}

main "$@"
