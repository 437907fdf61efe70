#!/usr/bin/env bash
# Runs the README's two commands as they stand there, in a fresh clone of HEAD in a fresh Debian that has what the README
# asks for and nothing else. Takes half an hour; exits with the status of the first command that fails.
#
# The Debian is made once and copied for each run. The mounts and processes of a run are in namespaces that end with it. A
# run gets this machine's toolchain, by a mount, and its network settings: proxies, mirrors, certificates.
#
# Requires: Linux, root, debootstrap, util-linux, git, a Rust toolchain. Usage: scripts/dev/fresh-root.sh
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$here/../python/lib/apt.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$here/../python/lib/debian.sh"
# shellcheck source=scripts/dev/lib/job.sh
. "$here/lib/job.sh"
# shellcheck source=scripts/dev/lib/debian-root.sh
. "$here/lib/debian-root.sh"
# shellcheck source=scripts/dev/lib/pass-in.sh
. "$here/lib/pass-in.sh"

readonly PACKAGES='gcc libc6-dev git python3 ca-certificates' # and Rust: "Two commands" in the README
readonly CLONE="$GUEST_HOME/fresh clone" TOOLCHAIN=/opt/rust

main() {
  local root rust kept commands system status=0
  if [ "${1:-}" = --inside ]; then
    shift
    inside "$@" # outside of an AND/OR list, in which `set -e` has no effect
    return
  fi
  only_options -- "$@"
  root=$(repo_root)
  cd "$root"
  if ! can_bootstrap; then
    die_env "a fresh Debian cannot be made" "it takes root and debootstrap" "sudo apt-get install -y debootstrap"
  fi
  rust=$(rustc --print sysroot)
  if [ ! -x "$rust/bin/cargo" ]; then
    die_env "\`$rust/bin/cargo\` is missing" "wanted a toolchain with rustc and cargo in one folder" "curl -sSf https://sh.rustup.rs | sh"
  fi
  commands=$(readme_commands)
  if [ -n "$(git status --porcelain)" ]; then warn "uncommitted changes are not in the clone"; fi

  mkdir -p "$root/.local/cache"
  make_scratch fresh-root "$root/.local"
  kept=$root/.local/cache/$DEBIAN_SUITE-fresh
  # shellcheck disable=SC2086  # words
  debian_root "$kept" $PACKAGES
  system=$scratch/root
  say "copying it"
  cp -a -- "$kept" "$system"
  git clone --quiet --no-hardlinks . "$system$CLONE"
  git -C "$system$CLONE" checkout --quiet --detach "$(git rev-parse HEAD)"

  # Nothing of this machine is in the folder any more when it is removed: the mounts end with the run.
  run_job unshare --mount --pid --fork --kill-child bash "$here/fresh-root.sh" --inside "$system" "$rust" "$commands" || status=$?
  if [ "$status" != 0 ]; then
    printf 'error: the README does not hold in a fresh Debian %s\n' "$DEBIAN_SUITE" >&2
    exit "$status"
  fi
  printf 'the README holds in a fresh Debian %s:\n%s\n' "$DEBIAN_SUITE" "$commands"
}

# Prints the command lines of the README's block that has `scripts/dev/test.sh`.
readme_commands() {
  local found
  found=$(awk '
    /^```/ { if (block ~ /scripts\/dev\/test\.sh/) { printf "%s", block; exit } inside = $0 == "```console"; block = ""; next }
    inside && sub(/^\$ /, "") { block = block $0 "\n" }' README.md)
  if [ -z "$found" ]; then die "README.md has no block with scripts/dev/test.sh" "wanted a \`console\` block with the commands to try"; fi
  printf '%s\n' "$found"
}

inside() {
  local system=$1 rust=$2 commands=$3 settings=()
  # The root has to be a mount point, so that programs in it can also make namespaces.
  mount --rbind "$system" "$system"
  mount -t proc proc "$system/proc"
  mount --rbind /dev "$system/dev"
  mkdir "$system$TOOLCHAIN"
  bind_read_only "$rust" "$system$TOOLCHAIN"
  network_files
  network_variables
  # shellcheck disable=SC2016  # the shell inside expands it
  env -i HOME="$GUEST_HOME" LANG=C.UTF-8 TERM=dumb PATH="$TOOLCHAIN/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    ${settings[@]+"${settings[@]}"} /usr/sbin/chroot "$system" bash -c '
      cd -- "$1" || exit
      while IFS= read -r line; do
        printf "\$ %s\n" "$line"
        bash -c "$line" </dev/null
        status=$?
        if [ "$status" != 0 ]; then printf "exit status: %s\n" "$status"; exit "$status"; fi
      done <<<"$2"
      exit 0' - "$CLONE" "$commands"
}

main "$@"
