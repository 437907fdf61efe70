#!/usr/bin/env bash
# Makes what package-all.sh makes, for old systems too: Python and program are built, and tested, in a Debian whose glibc is
# the floor. `cargo pack verify --max-glibc` holds the floor. Leaves dist, dist-slim and archives of HEAD in `baseline`.
#
# The Debian is made once and used again, with a clone in which what was built stays. It gets this machine's toolchain and crates, by
# mounts, and its network settings. The mounts and processes of a run are in namespaces that end with it.
#
# Requires: Linux, root, debootstrap, util-linux, git, a Rust toolchain.
# Usage: scripts/dist/baseline-linux.sh [--here] [--strict]
#   --here     builds on this system, into the checkout: for a container with an old glibc, such as manylinux_2_28
#   --strict   only the Python that is pinned
set -euo pipefail
scripts=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$scripts/lib/common.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$scripts/python/lib/apt.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$scripts/python/lib/debian.sh"
# shellcheck source=scripts/dev/lib/job.sh
. "$scripts/dev/lib/job.sh"
# shellcheck source=scripts/dev/lib/debian-root.sh
. "$scripts/dev/lib/debian-root.sh"
# shellcheck source=scripts/dev/lib/pass-in.sh
. "$scripts/dev/lib/pass-in.sh"

# The oldest suite that Debian's mirrors carry.
readonly SUITE=bullseye
# Not `/src`, the neutral name of sources in what is built, nor `/checkout`, which Rust's own libraries name: `build-path` would take
# both for this folder.
readonly CHECKOUT=/baseline TOOLCHAIN=/opt/rust

main() {
  local strict=() option place=root
  # `inside` is called outside of an AND/OR list, in which `set -e` has no effect.
  if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
    return
  fi
  for option in "$@"; do
    case $option in
      --here) place=here ;;
      --strict) strict=(--strict) ;;
      *) only_options --here --strict -- "$option" ;;
    esac
  done
  cd "$(repo_root)"
  if [ "$place" = here ]; then
    build ${strict[@]+"${strict[@]}"}
  else
    build_in_root ${strict[@]+"${strict[@]}"}
  fi
}

# Builds and tests on this system, whose glibc is the floor.
build() {
  local dist floor
  floor=$(getconf GNU_LIBC_VERSION)
  scripts/dist/package-all.sh "$@"
  for dist in dist dist-slim; do cargo pack verify "$dist" --max-glibc "${floor#glibc }"; done
}

build_in_root() {
  local kept=$PWD/.local/cache/baseline rust
  if ! can_bootstrap; then
    die_env "a Debian $SUITE cannot be made" "it takes root and debootstrap" "sudo apt-get install -y debootstrap"
  fi
  rust=$(rustc --print sysroot)
  if [ ! -x "$rust/bin/cargo" ]; then
    die_env "\`$rust/bin/cargo\` is missing" "wanted a toolchain with rustc and cargo in one folder" "curl -sSf https://sh.rustup.rs | sh"
  fi
  if [ -e baseline ] && [ ! -f baseline/dist/metadata.json ]; then
    die "\`baseline\` is in the way" "wanted what an earlier run left there, found something else" "mv baseline baseline.mine"
  fi
  if [ -n "$(git status --porcelain)" ]; then warn "uncommitted changes are not in the clone"; fi
  make_scratch baseline
  # shellcheck disable=SC2086  # words
  suite_root "$SUITE" "$kept/$SUITE" $BUILD_PACKAGES git ca-certificates python3-venv zstd
  update_clone "$kept/checkout"
  say "building in Debian $SUITE"
  run_job unshare --mount --pid --fork --kill-child bash "$scripts/dist/baseline-linux.sh" --inside "$kept" "$rust" "$@" ||
    die "the dist cannot be built in Debian $SUITE" "the lines above say why" "rm -rf $(quoted "$kept") && $(quoted "$0")"
  collect "$kept/checkout" baseline
}

# Leaves HEAD in the clone; what was built of an earlier one stays, as in any checkout.
update_clone() {
  local clone=$1
  if [ ! -d "$clone/.git" ]; then git clone --quiet --no-hardlinks --no-checkout . "$clone"; fi
  git -C "$clone" fetch --quiet origin HEAD
  git -C "$clone" checkout --quiet --detach "$(git rev-parse HEAD)"
  # Fetching uv again would take the network.
  if [ -d .local/uv ] && [ ! -d "$clone/.local/uv" ]; then mkdir -p "$clone/.local" && cp -a .local/uv "$clone/.local/uv"; fi
}

inside() {
  local kept=$1 rust=$2 system=$1/$SUITE settings=()
  shift 2
  # The root has to be a mount point, so that programs in it can also make namespaces.
  mount --rbind "$system" "$system"
  mount -t proc proc "$system/proc"
  mount --rbind /dev "$system/dev"
  mkdir -p "$system$TOOLCHAIN" "$system$CHECKOUT" "$system$GUEST_HOME/.cargo/registry"
  bind_read_only "$rust" "$system$TOOLCHAIN"
  mount --bind "$kept/checkout" "$system$CHECKOUT"
  if [ -d "${CARGO_HOME:-$HOME/.cargo}/registry" ]; then
    mount --bind "${CARGO_HOME:-$HOME/.cargo}/registry" "$system$GUEST_HOME/.cargo/registry"
  fi
  # The keys of the suite that CPython's source is from are newer than this Debian.
  pass_in "$DEBIAN_KEYRING" "$DEBIAN_KEYRING"
  network_files
  network_variables
  env -i HOME="$GUEST_HOME" LANG=C.UTF-8 TERM=dumb PATH="$TOOLCHAIN/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    ${settings[@]+"${settings[@]}"} /usr/sbin/chroot "$system" "$CHECKOUT/scripts/dist/baseline-linux.sh" --here "$@"
}

# collect CLONE FOLDER: puts copies of the results into a new FOLDER.
collect() {
  local clone=$1 folder=$2
  rm -rf -- "$folder.partial"
  mkdir "$folder.partial"
  cp -a "$clone/dist" "$clone/dist-slim" "$clone/archives" "$folder.partial/"
  rm -rf -- "$folder"
  mv -- "$folder.partial" "$folder"
}

main "$@"
