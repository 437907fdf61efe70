# The steps from the sources to a verified dist, which package-linux.sh and package-macos.sh share.
# Sourced after ../../lib/common.sh.
# shellcheck shell=bash

profile=full dist=dist strict=() requirements=()

# package_option OPTION: takes an option that both scripts have, and fails for another one.
package_option() {
  case $1 in
    --strict) strict=(--strict) ;;
    --slim) profile=slim dist=dist-slim ;;
    --requirements=?*) requirements=(--requirements "$(absolute "${1#*=}")") ;;
    *) return 1 ;;
  esac
}

# absolute PATH: prints it as seen from the folder where the script was started.
absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

# make_dist ARGUMENT…: makes the dist, and sets `dist` to its place and `name` to the program's. The arguments are for `cargo pack stage`.
make_dist() {
  local target
  clean_build_env
  scripts/python/install-managed-python.sh ${strict[@]+"${strict[@]}"}
  scripts/python/resolve-python.sh >/dev/null

  target=$(target_dir "$PWD")
  name=$(package_name)
  dist=$PWD/$dist
  say "building the release binary"
  # shellcheck disable=SC2046  # one word or none
  cargo build --release --locked $(quiet_in_a_pipe)
  say "staging $dist"
  cargo pack stage --binary "$target/release/$name" --python "$target/python/runtime" \
    --provenance .local/python/provenance.json --profile "$profile" --out "$dist" \
    ${requirements[@]+"${requirements[@]}"} "$@" >/dev/null
  say "verifying"
  cargo pack verify "$dist" >/dev/null
}
