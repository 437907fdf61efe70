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

main() {
  local root target name option profile=full dist=dist strict=() requirements=()
  for option in "$@"; do
    case $option in
      --strict) strict=(--strict) ;;
      --slim) profile=slim dist=dist-slim ;;
      --requirements=?*) requirements=(--requirements "$(absolute "${option#*=}")") ;;
      *) only_options --strict --slim --requirements=FILE -- "$option" ;;
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
  # shellcheck disable=SC2046  # one word or none
  cargo build --release --locked $(quiet_in_a_pipe)
  say "staging $dist"
  cargo pack stage --binary "$target/release/$name" --python "$target/python/runtime" \
    --provenance .local/python/provenance.json --profile "$profile" --out "$dist" \
    ${requirements[@]+"${requirements[@]}"} >/dev/null
  say "verifying"
  cargo pack verify "$dist" >/dev/null
  scripts/dist/verify-dist.sh "$dist"
  if ! "$dist/$name" --smoke-python; then
    readelf -d "$dist/bin/$name-bin" >&2
    ldd "$dist/bin/$name-bin" >&2
    die "\`$dist/$name --smoke-python\` failed" "its findings and the linkage of the program are above" "scripts/dist/verify-dist.sh"
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
  if [ "$(uname -s)" != Linux ]; then
    die_env "this machine runs $(uname -s)" "wanted Linux, since package-linux.sh makes a dist of ELF files" "scripts/dist/package-all.sh"
  fi
  need_cmd cargo "curl -sSf https://sh.rustup.rs | sh"
  need_cmd cc "sudo apt-get install -y gcc libc6-dev"
  need_cmd readelf "sudo apt-get install -y binutils"
}

main "$@"
