# Makes the system that a claim is tried in: an overlay over a root that is kept.
# Sourced after ../../lib/common.sh, by what runs as root in a mount namespace of its own.
# shellcheck shell=bash

# Where a dist is in that system: the name has a space and a letter that is not ASCII.
readonly GUEST_FOLDER='/opt/moved disté'

# overlay SCRATCH ROOT: sets `system` to a root whose changes are in memory.
system=''
overlay() {
  local layer=$1/layer root=$2
  mkdir -p "$layer"
  mount -t tmpfs tmpfs "$layer"
  mkdir "$layer/changes" "$layer/work" "$layer/root"
  if ! mount -t overlay overlay -o "lowerdir=$root,upperdir=$layer/changes,workdir=$layer/work" "$layer/root"; then
    die_env "\`$root\` cannot be mounted as a root" 'mount printed the line above; it takes a kernel with overlayfs' 'modprobe overlay'
  fi
  system=$layer/root
}

# overlay_root SCRATCH ROOT DIST: the same, with a dist and the claims of platforms/claims.sh in it. /proc is the caller's.
overlay_root() {
  local dist=$3
  overlay "$1" "$2"
  mkdir -p "$system$GUEST_FOLDER" "$system/dev/shm"
  mount --bind "$dist" "$system$GUEST_FOLDER"
  mount -o remount,bind,ro "$system$GUEST_FOLDER"
  mount -t tmpfs tmpfs "$system/dev/shm"
  mount -t tmpfs tmpfs "$system/tmp"
  cp -a "$(repo_root)/scripts/dev/platforms/claims.sh" "$(repo_root)/scripts/dev/platforms/programs" "$system/tmp/"
}
