# Makes `cargo … -Zbuild-std=std,panic_abort --target TARGET` work for any target: a compiler, and its standard library's source.
# Sourced after ../../lib/common.sh and guards.sh, apt.sh and debian.sh of ../../python/lib; the caller has called `make_scratch`.
# The toolchain that is on PATH serves if its component rust-src is installed. Otherwise Debian's is fetched and unpacked once,
# into .local/cache/cross/rust: its security suite follows Firefox, which wants recent compilers, and keeps one build of
# compiler, sources and clippy.
# shellcheck shell=bash disable=SC2154  # `scratch` is make_scratch's

# The oldest release that is still supported: its programs run on every newer glibc.
readonly CROSS_SUITE=bookworm
# Packages of a system that has a C compiler: a second copy on the loader's path would also reach that compiler.
readonly CROSS_SYSTEM='^(libc6|libcrypt1|libgcc-s1|libstdc\+\+6|gcc-.*|debconf.*|cdebconf|perl.*|dpkg|tar)$'

# cross_toolchain ROOT: exports what lets cargo build a standard library. Give cargo a target folder of its own, such as
# target/cross: with another compiler it builds all anew.
clippy=()
cross_toolchain() {
  local rust=$1/.local/cache/cross/rust sysroot
  sysroot=$(rustc --print sysroot)
  export RUSTC_BOOTSTRAP=1
  if [ -f "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ]; then
    clippy=(cargo clippy)
    return
  fi
  mkdir -p "${rust%/*}"
  hold_lock "${rust%/*}/rust.lock" 'another run that fetches the compiler'
  if ! debian_rustc "$rust" -vV >/dev/null 2>&1; then fetch_debian_rust "$rust"; fi
  exec 9>&-
  LD_LIBRARY_PATH=$(library_folder "$rust")
  __CARGO_TESTS_ONLY_SRC_ROOT=$(standard_library "$rust")
  export LD_LIBRARY_PATH __CARGO_TESTS_ONLY_SRC_ROOT RUSTC=$rust/usr/bin/rustc
  # Found on PATH, `cargo clippy` would be rustup's, which takes its own compiler.
  clippy=("$rust/usr/bin/cargo-clippy" clippy)
}

# cross_clippy ARGUMENT…: runs `cargo clippy` with the compiler that `cross_toolchain` has chosen.
cross_clippy() {
  "${clippy[@]}" "$@"
}

debian_rustc() {
  local rust=$1
  shift
  LD_LIBRARY_PATH=$(library_folder "$rust") "$rust/usr/bin/rustc" "$@"
}

library_folder() {
  printf '%s\n' "$1/usr/lib/$(uname -m)-linux-gnu"
}

standard_library() {
  printf '%s\n' "$1"/usr/src/rustc-*/library
}

fetch_debian_rust() {
  local rust=$1 work=$scratch/rust log names hint='rustup component add rust-src'
  log=$scratch/rust.log
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
    die_env "there is no source of Rust's standard library" "rust-src is not installed, and there is no apt-get to fetch Debian's" "$hint"
  fi
  private_deb_sources "$work" "$hint"
  say "fetching the Rust of Debian $CROSS_SUITE"
  mkdir -p "$work/debs" "$work/unpacked"
  if ! private_apt_get "$work" update >>"$log" 2>&1; then fail_with_apt "$log" "the package lists of Debian $CROSS_SUITE cannot be fetched" "$hint"; fi
  names=$(rust_packages "$work")
  # shellcheck disable=SC2086  # a list of names
  if ! (cd "$work/debs" && private_apt_get "$work" download $names >>"$log" 2>&1); then
    fail_with_apt "$log" "the Rust of Debian $CROSS_SUITE cannot be fetched" "$hint"
  fi
  find "$work/debs" -name '*.deb' -exec dpkg-deb -x {} "$work/unpacked" \;
  # Some libraries are where the loader of a merged /usr finds them by a link.
  if [ -d "$work/unpacked/lib" ]; then cp -a "$work/unpacked/lib/." "$work/unpacked/usr/lib/"; fi
  # Of the sources, only the library's are compiled.
  find "$work"/unpacked/usr/src/rustc-* -mindepth 1 -maxdepth 1 ! -name library -exec rm -rf {} +
  rm -rf -- "$work/unpacked/usr/share" "$rust"
  if ! debian_rustc "$work/unpacked" -vV >"$log" 2>&1; then
    cat "$log" >&2
    die "the Rust of Debian $CROSS_SUITE does not run" 'it printed the lines above' "$hint"
  fi
  mv -- "$work/unpacked" "$rust"
}

# private_deb_sources WORK HINT: package sources of binaries, private like those of debian.sh.
private_deb_sources() {
  local work=$1 hint=$2 main security
  main=$(debian_mirror Debian)
  security=$(debian_mirror Debian-Security)
  if [ -z "$main" ] || [ -z "$security" ]; then
    die_env "there is no source of Rust's standard library" "the package lists of apt-get do not name a mirror of Debian and of its security suite" "$hint"
  fi
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  printf 'deb [signed-by=%s] %s %s main\n' "$DEBIAN_KEYRING" "$main" "$CROSS_SUITE" "$DEBIAN_KEYRING" "$security" "$CROSS_SUITE-security" \
    >"$work/apt/sources.list"
}

# rust_packages WORK: prints the names of the packages. The library's name has the version in it.
rust_packages() {
  local library
  library=$(apt_depends "$1" rust-web-clippy | sed -n '/^libstd-rust-web-[0-9]/p' | head -n 1)
  printf '%s\n' rustc-web rust-web-clippy rust-web-src libstd-rust-web-dev
  apt_depends "$1" --recurse "$library" | grep -vE "$CROSS_SYSTEM"
}

# apt_depends WORK ARGUMENT…: prints the names of what a package depends on, and its own.
apt_depends() {
  local apt=$1/apt
  shift
  LC_ALL=C apt-cache -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt/lists" \
    -o Dir::Cache="$apt/cache" depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" |
    sed -nE 's/^( *Pre-?Depends: | *Depends: |)([a-z0-9][a-z0-9.+-]*)$/\2/p' | sort -u
}
