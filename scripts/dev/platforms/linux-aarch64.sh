#!/usr/bin/env bash
# Links the program for aarch64, stages a dist of it, and tries the claims about it in a Debian for arm64, under qemu-user. Prints a row a
# claim, as linux.sh does; exits 1 when a claim fails, and shows why.
#
# The Python is Debian's own, taken from its packages, since a build under qemu would take hours. So the rows show that program,
# launcher, stage and verify serve this machine, and say nothing about a Python that is built or downloaded for it. The libraries of
# Debian's Python are also in the system, because only its extension modules would find those of the dist.
# Programs for arm64 start by binfmt_misc, registered in a user namespace that ends with the run: this machine's registry stays as it is.
#
# Requires: Linux 6.7 on x86_64, root, debootstrap, util-linux; what cross-toolchain.sh requires. Installs the cross compiler and qemu.
# Usage: scripts/dev/platforms/linux-aarch64.sh
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/dev/lib/systems.sh
. "$here/../lib/systems.sh"

readonly TARGET=aarch64-unknown-linux-gnu SUITE=trixie
readonly QEMU=qemu-aarch64-static
# What apt calls the Python, and the libraries that its modules need and a minimal system lacks.
readonly PYTHON_PACKAGES='python3.13-minimal libpython3.13-minimal libpython3.13-stdlib libpython3.13 libpython3.13-dev
libbz2-1.0 libexpat1 libffi8 liblzma5 libncursesw6 libtinfo6 libreadline8t64 libsqlite3-0 libssl3t64 libuuid1 libzstd1 zlib1g libgcc-s1'
# The header and mask by which the kernel knows a program for arm64, from qemu's scripts/qemu-binfmt-conf.sh.
readonly MAGIC='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
readonly MASK='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

main() {
  local name cache python dist program versions
  if [ "${1:-}" = --inside ]; then
    shift
    inside "$@" # outside of an AND/OR list, in which `set -e` has no effect
    return
  fi
  only_options -- "$@"
  cd "$(repo_root)"
  name=$(package_name) cache=$PWD/.local/cache/cross
  clean_build_env
  if ! can_bootstrap || [ "$(uname -m)" != x86_64 ]; then
    row linux-aarch64 left-out 'it takes root, debootstrap and a machine with x86_64' "$(uname -sm)"
    return
  fi
  make_scratch aarch64
  mkdir -p "$cache"
  # An error ends the subshell, and its lines are on the terminal.
  if ! (ensure_programs); then
    row linux-aarch64 left-out 'a compiler and an emulator for arm64 cannot be had' "$(uname -sm)"
    return
  fi
  if ! with_binfmt true 2>/dev/null; then
    row linux-aarch64 left-out 'the kernel has no binfmt_misc for a user namespace: wanted Linux 6.7' "$(uname -sr)"
    return
  fi
  python=$cache/python-aarch64 dist=$cache/dist-aarch64
  if [ ! -f "$python/provenance.json" ]; then python_of_debian "$python"; fi
  foreign_root arm64 "$SUITE" "$cache/$SUITE-arm64"
  # Debian's python3, which children run, has no search path: it finds only libraries of the system.
  cp -a "$python/libraries/." "$cache/$SUITE-arm64/usr/lib/aarch64-linux-gnu/"
  program=$(target_dir "$PWD")/cross/$TARGET/release/$name
  # In a subshell: the packager is built as always, for this machine and by its compiler.
  (link "$python/runtime" "${program%/"$TARGET"/*}")
  versions="$($QEMU --version | sed -n '1s/^qemu-aarch64 version \([^ ]*\).*/qemu \1/p'), Debian $SUITE, CPython $(sed -n 's/^{"version": "\([^"]*\)".*/\1/p' "$python/provenance.json")"
  try linked aarch64-stage "linked by gcc for $TARGET with a standard library built here, staged from Debian's Python" "$versions" stage
  try inspected aarch64-search-path "the program's only search path is the contract's DT_RPATH, by readelf" "$versions" search_path
  row aarch64-verify left-out "cargo pack verify refuses Debian's Python: its python3 has no search path, its libraries no place in the SBOM" "$versions"
  claim aarch64-starts starts 'smoke, sums, a program and its child, in a system of arm64 that has no Python, but the libraries of one'
  claim aarch64-wrong-python wrong-python 'with a wrong Python on PATH, in PYTHONHOME and in PYTHONPATH'
  claim aarch64-programs programs 'the programs in scripts/dev/platforms/programs'
  finish_rows
}

ensure_programs() {
  local log=$cache/apt.log
  if ! command -v aarch64-linux-gnu-gcc >/dev/null 2>&1 || ! command -v "$QEMU" >/dev/null 2>&1; then
    apt_install "$log" 'a compiler and an emulator for arm64' 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static'
  fi
}

# Staging runs the Python that is packed. Its loader and the system's libraries are below /usr/lib for this command alone.
stage() {
  # shellcheck disable=SC2016  # the shell inside expands them
  with_binfmt bash -ec 'mount -t overlay overlay -o "lowerdir=/usr/lib:$1/usr/lib" /usr/lib && shift && exec "$@"' - "$cache/$SUITE-arm64" \
    cargo pack stage --binary "$program" --python "$python/runtime" --provenance "$python/provenance.json" --out "$dist"
}

search_path() {
  local found
  found=$(LC_ALL=C readelf -Wd "$dist/bin/$name-bin" | sed -nE 's/^.*\((RPATH|RUNPATH)\)[^[]*(\[.*\])$/\1 \2/p')
  printf '%s\n' "$found"
  [ "$found" = "RPATH [\$ORIGIN/../python/runtime/lib]" ]
}

# claim ID CLAIM HOW: tries a claim of claims.sh in a copy of the root.
claim() {
  say "$1"
  try run "$1" "$3" "$versions" run_job unshare --mount bash "$here/linux-aarch64.sh" --inside "$scratch" "$cache/$SUITE-arm64" "$2" "$dist" "$name"
}

# with_binfmt COMMAND…: runs a command that can start programs for arm64.
with_binfmt() {
  # shellcheck disable=SC2016  # the shell inside expands them
  unshare --user --map-root-user --mount --pid --fork --kill-child bash -ec '
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    printf "%s\n" ":aarch64:M::$1:$2:$3:F" >/proc/sys/fs/binfmt_misc/register
    shift 3
    exec "$@"' - "$MAGIC" "$MASK" "$(type -P "$QEMU")" "$@"
}

# python_of_debian FOLDER: makes a runtime of the shape that a build has from Debian's packages for arm64.
python_of_debian() {
  local folder=$1 work=$scratch/python log=$scratch/python.log runtime tree version library
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/debs" "$work/tree"
  printf 'deb [arch=arm64 signed-by=%s] %s %s main\n' "$DEBIAN_KEYRING" "$(debian_mirror Debian)" "$SUITE" >"$work/apt/sources.list"
  say "fetching Debian's Python for arm64"
  # shellcheck disable=SC2086  # a list of names
  if ! { apt_arm64 update && (cd "$work/debs" && apt_arm64 download $PYTHON_PACKAGES); } >"$log" 2>&1; then
    fail_with_apt "$log" "Debian's Python for arm64 cannot be fetched" ''
  fi
  find "$work/debs" -name '*.deb' -exec dpkg-deb -x {} "$work/tree" \;
  tree=$work/tree/usr runtime=$work/python/runtime
  version=$(basename -- "$work"/debs/python3.13-minimal_*.deb)
  version=${version#*_} version=${version%%-*}
  mkdir -p "$runtime/bin" "$runtime/lib" "$runtime/include"
  cp -a "$tree/bin/python3.13" "$runtime/bin/"
  ln -s python3.13 "$runtime/bin/python3"
  cp -a "$tree/lib/python3.13" "$runtime/lib/"
  rm -f -- "$runtime"/lib/python3.13/lib-dynload/_dbm.* # no build of ours has it
  cp -a "$tree/include/python3.13" "$runtime/include/"
  cp -aL "$tree"/lib/aarch64-linux-gnu/lib*.so.* "$runtime/lib/"
  # Each library once, by the name that the loader looks for.
  find "$runtime/lib" -maxdepth 1 -name 'lib*.so.*.*' ! -name 'libpython*' ! -name 'libbz2.so.1.0' -delete
  mkdir "$work/python/libraries"
  cp -a "$runtime"/lib/lib*.so.* "$work/python/libraries/"
  rm -f -- "$work"/python/libraries/libpython*
  find "$runtime" -xtype l -delete # links to files of Debian
  ln -s libpython3.13.so.1.0 "$runtime/lib/libpython3.13.so"
  printf '{"version": "%s", "pinned_version": "%s", "provider": "archive", "patches": []}\n' \
    "$version" "$(cat .python-version)" >"$work/python/provenance.json"
  rm -rf -- "$folder"
  mv -- "$work/python" "$folder"
}

apt_arm64() {
  private_apt_get "$work" -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::status=/dev/null "$@"
}

# link RUNTIME TARGET-DIR: builds the program against a libpython for arm64.
link() {
  local series
  series=$(cut -d . -f 1,2 .python-version)
  cross_toolchain "$PWD"
  CARGO_TARGET_DIR=$2
  PYO3_CONFIG_FILE=${1%/*}/pyo3.txt
  if [ ! -f "$PYO3_CONFIG_FILE" ]; then # written anew, it would make cargo compile everything again
    printf '%s\n' implementation=CPython "version=$series" shared=true "lib_name=python$series" "lib_dir=$1/lib" pointer_width=64 >"$PYO3_CONFIG_FILE"
  fi
  # Debian's libpython needs other libraries, and may need a newer glibc than the compiler has: the loader will find both.
  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=${1%/*}/cc
  printf '#!/bin/sh\nexec aarch64-linux-gnu-gcc -Wl,--allow-shlib-undefined "$@"\n' >"$CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER"
  chmod +x "$CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER"
  export CARGO_TARGET_DIR PYO3_CONFIG_FILE CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER
  say "linking for $TARGET"
  cargo build --release --locked --quiet -Zbuild-std=std,panic_abort --target "$TARGET"
}

# inside SCRATCH ROOT CLAIM DIST NAME: makes the system that the claim is about, and runs claims.sh in it.
inside() {
  local scratch=$1 root=$2 what=$3 dist=$4 name=$5 device
  overlay_root "$scratch" "$root" "$dist"
  # The packages are not configured, so nothing has made devices.
  for device in null zero random urandom; do
    touch "$system/dev/$device"
    mount --bind "/dev/$device" "$system/dev/$device"
  done
  # shellcheck disable=SC2016  # the shell inside expands it
  with_binfmt bash -ec 'mount -t proc proc "$1/proc" && shift && exec "$@"' - "$system" \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /usr/sbin/chroot "$system" /bin/sh /tmp/claims.sh "$what" "$GUEST_FOLDER/$name"
}

main "$@"
