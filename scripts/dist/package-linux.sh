#!/usr/bin/env bash
# Makes dist/ on Linux: installs the pinned Python if need be, builds the program, stages, verifies and starts the dist.
# Requires: Linux with glibc, cargo, a C compiler (it links), readelf.
# Usage: scripts/dist/package-linux.sh [--strict] [--slim] [--requirements=FILE]
#   --strict             only the Python that is pinned
#   --slim               makes dist-slim/, without what crates/cargo-pyo3-bundle/src/slim.toml names
#   --requirements=FILE  adds the Python packages that FILE locks
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=scripts/dist/lib/package.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/package.sh"

main() {
  local option
  for option in "$@"; do
    package_option "$option" || only_options --strict --slim --requirements=FILE -- "$option"
  done
  cd "$(repo_root)"
  guard
  # shellcheck disable=SC2119  # it takes no arguments of this script
  make_dist
  scripts/dist/verify-dist.sh "$dist"
  if ! "$dist/$name" --smoke-python; then
    readelf -d "$dist/bin/$name-bin" >&2
    ldd "$dist/bin/$name-bin" >&2
    die "\`$dist/$name --smoke-python\` failed" "its findings and the linkage of the program are above" "scripts/dist/verify-dist.sh"
  fi
}

guard() {
  if [ "$(uname -s)" != Linux ]; then
    die_env "this machine runs $(uname -s)" "wanted Linux, since package-linux.sh makes a dist of ELF files" "scripts/dist/package-all.sh"
  fi
  need_cmd cargo "curl -sSf https://sh.rustup.rs | sh"
  need_cmd cc "sudo apt-get install -y gcc libc6-dev"
  need_cmd readelf "sudo apt-get install -y binutils"
}

main "$@"
