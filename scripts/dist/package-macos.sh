#!/usr/bin/env bash
# Makes dist/ on macOS: installs the pinned Python if need be, builds the program, stages, verifies and starts the dist.
# Requires: macOS, cargo, Xcode's command line tools (they link).
# Usage: scripts/dist/package-macos.sh [--strict] [--slim] [--sign] [--requirements=FILE]
#   --strict             only the Python that is pinned
#   --slim               makes dist-slim/, without what crates/cargo-pyo3-bundle/src/slim.toml names
#   --sign               signs every native file with the hardened runtime: sign-macos.sh says with which certificate
#   --requirements=FILE  adds the Python packages that FILE locks
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"
# shellcheck source=scripts/dist/lib/package.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/lib/package.sh"

main() {
  local option sign=()
  for option in "$@"; do
    case $option in
      --sign) sign=(--sign scripts/dist/sign-macos.sh) ;;
      *) package_option "$option" || only_options --strict --slim --sign --requirements=FILE -- "$option" ;;
    esac
  done
  cd "$(repo_root)"
  guard
  # The floor of the policy, which is also that of the pinned Python.
  export MACOSX_DEPLOYMENT_TARGET=11.0
  make_dist ${sign[@]+"${sign[@]}"}
  if ! "$dist/$name" --smoke-python; then
    otool -L "$dist/bin/$name-bin" >&2
    die "\`$dist/$name --smoke-python\` failed" "its findings and the libraries of the program are above" "cargo pack verify"
  fi
}

guard() {
  if [ "$(uname -s)" != Darwin ]; then
    die_env "this machine runs $(uname -s)" "wanted macOS, whose tools link and sign the program" "scripts/dist/package-all.sh"
  fi
  need_cmd cargo "curl -sSf https://sh.rustup.rs | sh"
  need_cmd cc "xcode-select --install"
}

main "$@"
