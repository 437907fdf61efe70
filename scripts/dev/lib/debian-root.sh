# Makes a root system of Debian once, and keeps it for the next time.
# Sourced after ../../lib/common.sh, ../../python/lib/debian.sh and job.sh; the caller has called `make_scratch`.
# shellcheck shell=bash disable=SC2154  # `scratch` is make_scratch's

# can_bootstrap: succeeds as root with debootstrap, which is on PATH from then on.
can_bootstrap() {
  PATH=$PATH:/usr/sbin:/sbin
  [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null 2>&1
}

# debian_root FOLDER [PACKAGE…]: a minimal Debian of the suite that CPython's source is taken from.
debian_root() {
  suite_root "$DEBIAN_SUITE" "$@"
}

# suite_root SUITE FOLDER [PACKAGE…]: a minimal Debian with these packages, from the mirror that this machine uses. The file
# FOLDER.packages names the packages: a Debian that was kept with others is made again.
suite_root() {
  local suite=$1 system=$2 packages list=$2.packages
  shift 2
  packages=$*
  if [ -d "$system" ] && [ -f "$list" ] && [ "$(cat -- "$list")" = "$packages" ]; then return; fi
  bootstrap "$suite" "$system" "$packages"
  printf '%s\n' "$packages" >"$list"
}

# foreign_root ARCHITECTURE SUITE FOLDER: the packages of a minimal Debian for another machine, unpacked. They are not configured,
# which would take that machine: a shell and the basic tools work without.
foreign_root() {
  if [ -d "$3" ]; then return; fi
  bootstrap "$2" "$3" '' "--arch=$1" --foreign
  # Without its second stage, debootstrap leaves a link to itself.
  if [ -h "$3/proc" ]; then rm -- "$3/proc" && mkdir "$3/proc"; fi
}

# try_root SUITE FOLDER [PACKAGE…]: the same, and fails instead of ending the script.
try_root() {
  (
    # shellcheck disable=SC2034  # make_scratch's
    scratch_folders=() # those of the script stay when the subshell ends
    suite_root "$@" >&2
  )
}

bootstrap() {
  local suite=$1 system=$2 packages=$3 options=--variant=minbase parent=$scratch scratch made log from=''
  shift 3
  options="$options $*"
  # debootstrap cannot work below a path with a space.
  case $parent in *[!A-Za-z0-9/._-]*) parent=/tmp ;; esac
  make_scratch debian-root "$parent"
  made=$scratch/root
  log=$scratch/debootstrap.log
  mkdir "$made"
  if [ -n "$packages" ]; then options="$options --include=${packages// /,}"; fi
  # Without a mirror, debootstrap takes its own.
  if command -v apt-get >/dev/null 2>&1; then from=$(debian_mirror Debian); fi
  # A debootstrap that is older than the suite does not know its name. Its script for sid is that of every suite since 2007.
  if [ -n "$from" ] && [ ! -e "/usr/share/debootstrap/scripts/$suite" ]; then from="$from sid"; fi
  say "bootstrapping Debian $suite"
  # debootstrap mounts /proc and /sys in the folder. Its mounts and processes are in namespaces that end with it.
  # shellcheck disable=SC2086  # lists of words; without a mirror, no word
  if ! run_job unshare --mount --pid --fork --kill-child debootstrap $options "$suite" "$made" $from >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "debootstrap failed" "its last lines are above" "unshare --mount --pid --fork debootstrap $options $suite /tmp/debian-root"
  fi
  mkdir -p "${system%/*}"
  rm -rf -- "$system.partial"
  mv -- "$made" "$system.partial"
  rm -rf -- "$system" "$system.packages"
  mv -- "$system.partial" "$system"
}
