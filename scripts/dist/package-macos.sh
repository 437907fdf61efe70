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

main() {
  local root target name option profile=full dist=dist strict=() requirements=() sign=()
  for option in "$@"; do
    case $option in
      --strict) strict=(--strict) ;;
      --slim) profile=slim dist=dist-slim ;;
      --sign) sign=(--sign scripts/dist/sign-macos.sh) ;;
      --requirements=?*) requirements=(--requirements "$(absolute "${option#*=}")") ;;
      *) only_options --strict --slim --sign --requirements=FILE -- "$option" ;;
    esac
  done
  root=$(repo_root)
  cd "$root"
  guard
  clean_build_env
  scripts/python/install-managed-python.sh ${strict[@]+"${strict[@]}"}
  scripts/python/resolve-python.sh >/dev/null

  target=$(target_dir "$root")
  name=$(package_name)
  dist=$root/$dist
  say "building the release binary"
  # The floor of the policy, which is also that of the pinned Python.
  export MACOSX_DEPLOYMENT_TARGET=11.0
  # shellcheck disable=SC2046  # one word or none
  cargo build --release --locked $(quiet_in_a_pipe)
  say "staging $dist"
  cargo pack stage --binary "$target/release/$name" --python "$target/python/runtime" \
    --provenance .local/python/provenance.json --profile "$profile" --out "$dist" \
    ${requirements[@]+"${requirements[@]}"} ${sign[@]+"${sign[@]}"} >/dev/null
  say "verifying"
  cargo pack verify "$dist" >/dev/null
  if ! "$dist/$name" --smoke-python; then
    otool -L "$dist/bin/$name-bin" >&2
    die "\`$dist/$name --smoke-python\` failed" "its findings and the libraries of the program are above" "cargo pack verify"
  fi
}

# absolute PATH: prints it as seen from the folder where the script was started.
absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

guard() {
  if [ "$(uname -s)" != Darwin ]; then
    die_env "this machine runs $(uname -s)" "wanted macOS, whose tools link and sign the program" "scripts/dist/package-all.sh"
  fi
  need_cmd cargo "curl -sSf https://sh.rustup.rs | sh"
  need_cmd cc "xcode-select --install"
}

main "$@"
