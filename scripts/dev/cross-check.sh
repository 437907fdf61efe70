#!/usr/bin/env bash
# Type-checks and lints the workspace for systems that this machine is not: nothing is linked or run. Prints `ok TARGET` for
# each target, or the compiler's findings, and goes on with the next; exits 1 if one has findings.
# Requires: Rust with the component rust-src, or apt-get, which fetches Debian's; the network, or what an earlier run kept.
# Usage: scripts/dev/cross-check.sh [TARGET…] | --targets     (default: all that --targets prints)
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/python/lib/guards.sh
. "$here/../python/lib/guards.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$here/../python/lib/apt.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$here/../python/lib/debian.sh"
# shellcheck source=scripts/dev/lib/cross-toolchain.sh
. "$here/lib/cross-toolchain.sh"

readonly TARGETS='aarch64-apple-darwin x86_64-apple-darwin x86_64-pc-windows-msvc x86_64-pc-windows-gnu aarch64-unknown-linux-gnu'

main() {
  local target failed=''
  case ${1:-} in
    --targets) printf '%s\n' "$TARGETS" && return ;;
    -*) only_options --targets -- "$1" ;;
  esac
  cd "$(repo_root)"
  clean_build_env
  make_scratch cross-check
  cross_toolchain "$PWD"
  CARGO_TARGET_DIR=$(target_dir "$PWD")/cross
  export CARGO_TARGET_DIR
  # shellcheck disable=SC2086  # a list of names
  if [ $# = 0 ]; then set -- $TARGETS; fi
  for target in "$@"; do
    if check "$target"; then printf 'ok %s, %s\n' "$target" "$("${RUSTC:-rustc}" --version | cut -d ' ' -f 1,2)"; else failed="$failed $target"; fi
  done
  if [ -n "$failed" ]; then die "the workspace has findings for$failed" 'they are above' "$(quoted "$0")$failed"; fi
}

check() {
  local target=$1
  say "checking for $target"
  python_of "$target"
  c_compiler_of "$target"
  # shellcheck disable=SC2046  # one word or none
  cross_clippy $(quiet_in_a_pipe) --workspace --all-targets --locked -Zbuild-std=std,panic_abort --target "$target" -- -D warnings
}

# Describes the Python of another system, which has no interpreter to ask here. Its library is an empty file: build.rs takes
# the sha256, and nothing is linked.
python_of() {
  local series library python
  series=$(cut -d . -f 1,2 .python-version)
  python=$CARGO_TARGET_DIR/python-$series-$1
  case $1 in
    *-windows-*) library=python${series/./} ;;
    *) library=python$series ;;
  esac
  PYO3_CONFIG_FILE=$python/config.txt
  export PYO3_CONFIG_FILE
  # Written anew, the file would make cargo compile everything again.
  if [ -f "$PYO3_CONFIG_FILE" ]; then return; fi
  mkdir -p "$python/libs"
  touch "$python/libs/lib$library.so.1.0" "$python/libs/lib$library.dylib" "$python/$library.dll"
  printf '%s\n' implementation=CPython "version=$series" shared=true "lib_name=$library" "lib_dir=$python/libs" pointer_width=64 >"$PYO3_CONFIG_FILE"
}

# Stands in for a C compiler: what build scripts compile is not looked at, since nothing is linked.
c_compiler_of() {
  local archiver=true
  case $1 in
    *-msvc)
      # Build scripts look for the file that Microsoft's `lib` makes.
      archiver=$CARGO_TARGET_DIR/lib-stand-in
      mkdir -p "$CARGO_TARGET_DIR"
      # shellcheck disable=SC2016  # for the stand-in's own shell
      printf '%s\n' '#!/bin/sh' 'for word; do case $word in [-/][Oo][Uu][Tt]:*) : >"${word#*:}" ;; esac; done' >"$archiver"
      chmod +x "$archiver"
      ;;
  esac
  export "CC_${1//-/_}=true" "AR_${1//-/_}=$archiver"
}

main "$@"
