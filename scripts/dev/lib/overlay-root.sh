# Makes the system that a claim of platforms/claims.sh is tried in: an overlay over a root that is kept, with a dist in it.
# Sourced after ../../lib/common.sh, by what runs as root in a mount namespace of its own.
# shellcheck shell=bash

# The folder has a space and a letter that is not ASCII.
readonly GUEST_DIST='/opt/moved disté'

# overlay_root SCRATCH ROOT DIST: sets `system` to a root whose changes are in memory. /proc is the caller's.
system=''
overlay_root() {
  local layer=$1/layer root=$2 dist=$3
  mkdir -p "$layer"
  mount -t tmpfs tmpfs "$layer"
  mkdir "$layer/changes" "$layer/work" "$layer/root"
  if ! mount -t overlay overlay -o "lowerdir=$root,upperdir=$layer/changes,workdir=$layer/work" "$layer/root"; then
    die_env "\`$root\` cannot be mounted as a root" 'mount printed the line above; it takes a kernel with overlayfs'
  fi
  system=$layer/root
  mkdir -p "$system$GUEST_DIST" "$system/dev/shm"
  mount --bind "$dist" "$system$GUEST_DIST"
  mount -o remount,bind,ro "$system$GUEST_DIST"
  mount -t tmpfs tmpfs "$system/dev/shm"
  mount -t tmpfs tmpfs "$system/tmp"
  cp -a "$(repo_root)/scripts/dev/platforms/claims.sh" "$(repo_root)/scripts/dev/platforms/programs" "$system/tmp/"
}
