#!/usr/bin/env bash
# Tries the claims about a dist for macOS on Linux: links the application for both architectures, stages, verifies and signs it, and
# damages it. Prints a row a claim, `id<TAB>linked|inspected|run|left-out|failed<TAB>how or why<TAB>versions`; exits 1 when a claim fails.
#
# No program for macOS is run here. There is no CPython for macOS in a registry either, so the Python is made: the standard library
# of the managed Python, and a libpython that has its symbols and no code.
#
# Requires: Linux, the managed Python, llvm (its otool and lipo are the second reader); the network, or what an earlier run kept.
# Usage: scripts/dev/platforms/macos.sh
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/dev/lib/systems.sh
. "$here/../lib/systems.sh"

readonly FLOOR=11.0

main() {
  # `try` calls functions where `set -e` has no effect: each of their steps returns its own status.
  local arch runner='needs a Mac: see what only a runner can show'
  only_options -- "$@"
  root=$(repo_root)
  cd "$root"
  if [ "$(uname -s)" != Linux ]; then
    row macos left-out 'package-macos.sh and smoke-macos.sh are the proof on a Mac' "$(uname -sm)"
    return
  fi
  series=$(cut -d . -f 1,2 .python-version)
  name=$(package_name)
  tools=$root/.local/cache/macos-tools
  install_tools_into "$tools" "$here/macos-requirements.txt"
  install_tools_into "$root/.local/cache/sign-tools" scripts/dist/sign-requirements.txt
  clean_build_env
  make_scratch 'macos é'
  make_zig
  read_versions

  for arch in aarch64 x86_64; do
    runtime=$scratch/$arch/runtime dist=$scratch/$arch/dist
    make_runtime "$arch"
    try linked "macos-$arch-link" "\`$name\` with the link plan, by zig; the search path, the libraries and the floor are read by llvm-otool" \
      "$linkers" link "$arch"
    if [ ! -f "$(program "$arch")" ]; then continue; fi
    try inspected "macos-$arch-dist" 'staged on Linux with a standard library and a libpython without code; cargo pack verify has no finding' "$linkers" stage_dist "$arch" dist
    if [ "$arch" = aarch64 ]; then
      try inspected macos-changed-byte 'a changed byte of the program and of libpython is named by cargo pack verify, and by apple-codesign' "$signer" damage "$scratch/$arch/dist"
    fi
    try inspected "macos-$arch-ad-hoc" 'signed ad hoc from the inside out with the hardened runtime; cargo pack verify and apple-codesign have no finding' "$signer" ad_hoc "$arch"
    try inspected "macos-$arch-certificate" 'signed with a self-signed certificate: every file has its team' "$signer" certified "$arch"
  done
  try inspected macos-fat 'a universal libpython by llvm-lipo is for both; one wrong half is named' "$linkers" universal
  try run macos-install-name "libpython's install name goes back to @rpath after the installation, before the Python counts as installed" "$linkers" \
    cargo test --quiet --locked -p cargo-pyo3-bundle --test commands -- macos
  row macos-start left-out "no program for macOS can be run here: $runner" -
  row macos-gatekeeper left-out "notarization and Gatekeeper's answer: $runner" -
  finish_rows
}

# llvm TOOL: prints the name of an LLVM program, which Debian gives a version.
llvm() {
  local found version
  for version in '' -22 -21 -20 -19 -18 -17 -16 -15 -14; do
    if found=$(type -P "llvm-$1$version"); then
      printf '%s\n' "$found"
      return
    fi
  done
  die_env "\`llvm-$1\` is not on PATH" "${0##*/} reads its own results with it" 'sudo apt-get install -y llvm'
}

# The wheel has a module and no program.
make_zig() {
  zig=$scratch/zig
  printf '#!/bin/sh\nexport PYTHONPATH=%s\nexec %s -s -m ziglang "$@"\n' "$(quoted "$tools")" "$(quoted "$(tools_python "$root")")" >"$zig"
  chmod 755 "$zig"
  export CARGO_ZIGBUILD_ZIG_PATH=$zig ZIG_GLOBAL_CACHE_DIR=$root/.local/cache/zig
}

read_versions() {
  otool=$(llvm otool) lipo=$(llvm lipo)
  linkers="zig $("$zig" version), cargo-zigbuild $(sed -n 's/^cargo-zigbuild==\([^ ]*\).*/\1/p' "$here/macos-requirements.txt"), $("$otool" --version | sed -n 's/.*\(LLVM version [0-9.]*\).*/\1/p' | head -n 1)"
  signer="apple-platform-py $(sed -n 's/^apple-platform-py==\([^ ]*\).*/\1/p' scripts/dist/sign-requirements.txt)"
}

zig_cc() {
  local arch=$1
  shift
  "$zig" cc -target "$arch-macos.$FLOOR" -s "$@"
}

# The Python that stands in: scripts of the managed one, native files that have names and no code.
make_runtime() {
  local arch=$1 library installed stub=$scratch/stub
  mkdir -p "$runtime/bin" "$runtime/lib" "$stub"
  library=$root/.local/python/runtime/lib/libpython$series.so.1.0
  if [ ! -f "$library" ]; then die_env "\`$library\` is missing" 'wanted the managed Python, whose symbols the stub gets' scripts/python/install-managed-python.sh; fi
  "$(llvm nm)" -D --defined-only "$library" | sed -nE 's/^.* ([A-Za-z_]*Py[A-Za-z0-9_]*)(@.*)?$/char \1[8];/p' | LC_ALL=C sort -u >"$stub/python.c"
  printf 'int main(void) { return 0; }\n' >"$stub/main.c"
  printf 'int PyInit__stub(void) { return 0; }\n' >"$stub/module.c"
  zig_cc "$arch" -shared -o "$runtime/lib/libpython$series.dylib" "$stub/python.c" "-Wl,-install_name,@rpath/libpython$series.dylib"
  zig_cc "$arch" -o "$runtime/bin/python$series" "$stub/main.c" "$runtime/lib/libpython$series.dylib" -Wl,-rpath,@executable_path/../lib
  ln -s "python$series" "$runtime/bin/python3"
  cp -R "$root/.local/python/runtime/lib/python$series" "$runtime/lib/"
  installed=$(readlink -f "$root/.local/python/runtime")
  sed -i "s|$installed|$runtime|g" "$runtime/lib/python$series"/_sysconfigdata_*.py
  find "$runtime/lib/python$series" \( -name '*.so' -o -name '*.a' -o -name '*.o' \) -exec rm -f {} +
  zig_cc "$arch" -shared -o "$runtime/lib/python$series/lib-dynload/_stub.so" "$stub/module.c" -Wl,-install_name,@rpath/_stub.so
  frameworks=$(target_dir "$root")/cross/frameworks # cargo takes flags apart at their blanks, as in `$scratch`
  make_frameworks "$frameworks"
}

# What the linker needs of a framework: a list of its symbols. The time zone of a history entry comes from there.
make_frameworks() {
  mkdir -p "$1/CoreFoundation.framework"
  printf '%s\n' '--- !tapi-tbd' 'tbd-version: 4' 'targets: [ x86_64-macos, arm64-macos ]' \
    "install-name: '/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation'" 'exports:' \
    '  - targets: [ x86_64-macos, arm64-macos ]' \
    '    symbols: [ _CFRelease, _CFStringGetBytes, _CFStringGetCStringPtr, _CFStringGetLength, _CFTimeZoneCopySystem, _CFTimeZoneGetName, _CFTimeZoneResetSystem ]' \
    ... >"$1/CoreFoundation.framework/CoreFoundation.tbd"
}

program() {
  printf '%s\n' "$scratch/$1/program"
}

# link ARCH: links the application, and reads the result by another tool.
link() {
  local arch=$1 found
  printf '%s\n' implementation=CPython "version=$series" shared=true "lib_name=python$series" "lib_dir=$runtime/lib" pointer_width=64 >"$scratch/$arch/config"
  # The compiler for other targets is for this build alone: the packager is compiled by the one on PATH.
  (cross_toolchain "$root" && link_program "$arch") || return
  # The profile strips with a program of Rust's that Debian's compiler lacks; LLVM's is the same.
  "$(llvm strip)" -o "$(program "$arch")" "$(target_dir "$root")/cross/$arch-apple-darwin/release/$name" || return
  found=$("$otool" -l "$(program "$arch")" | awk '$1 == "cmd" { cmd = $2 } cmd == "LC_RPATH" && $1 == "path" { print "rpath", $2 }
    cmd == "LC_LOAD_DYLIB" && $1 == "name" { print "needs", $2 } cmd == "LC_BUILD_VERSION" && $1 == "minos" { print "minos", $2 }' | LC_ALL=C sort)
  printf '%s\n' "$found"
  expect "$(printf '%s\n' "$found" | grep -E '^(rpath|minos)')" "minos $FLOOR
rpath @executable_path/../python/runtime/lib"
  expect "$(printf '%s\n' "$found" | grep -E '^needs' | grep -vE ' (/usr/lib|/System/Library)/')" "needs @rpath/libpython$series.dylib"
}

link_program() {
  local arch=$1 flags
  flags=CARGO_TARGET_$(printf %s "$arch" | tr '[:lower:]' '[:upper:]')_APPLE_DARWIN_RUSTFLAGS
  env "PYO3_CONFIG_FILE=$scratch/$arch/config" "MACOSX_DEPLOYMENT_TARGET=$FLOOR" "$flags=-Lframework=$frameworks" \
    "CARGO_TARGET_DIR=$(target_dir "$root")/cross" CARGO_PROFILE_RELEASE_STRIP=none \
    "$tools/bin/cargo-zigbuild" zigbuild --release --locked --package "$name" -Zbuild-std=std,panic_abort --target "$arch-apple-darwin"
}

# expect FOUND WANTED
expect() {
  if [ "$1" != "$2" ]; then die 'another result than the contract' "wanted: $2; found: $1"; fi
}

# stage_dist ARCH OUT ARGUMENT…
stage_dist() {
  local arch=$1 out=$scratch/$1/$2
  shift 2
  cargo pack stage --target "$arch-apple-darwin" --binary "$(program "$arch")" --python "$runtime" --provenance .local/python/provenance.json \
    --out "$out" "$@" && cargo pack verify "$out"
}

ad_hoc() {
  stage_dist "$1" ad-hoc --sign scripts/dist/sign-macos.sh && signer_accepts "$scratch/$1/ad-hoc"
}

# signer_accepts DIST: asks the signing tool about every file that it has signed.
signer_accepts() {
  scripts/dist/sign-macos.sh --inspect "$1/bin/$name-bin" "$1/python/runtime/bin/python$series" "$1/python/runtime/lib/libpython$series.dylib" \
    "$1/python/runtime/lib/python$series/lib-dynload/_stub.so"
}

certified() {
  PYTHONPATH=$root/.local/cache/sign-tools "$(tools_python "$root")" -s "$here/macos_certificate.py" make "$scratch/$1/key" || return
  MACOS_CERTIFICATE=$scratch/$1/key.p12 MACOS_CERTIFICATE_PASSWORD=$scratch/$1/key.password MACOS_TIMESTAMP=none \
    stage_dist "$1" certified --sign scripts/dist/sign-macos.sh || return
  signer_accepts "$scratch/$1/certified" || return
  PYTHONPATH=$root/.local/cache/sign-tools "$(tools_python "$root")" -s "$here/macos_certificate.py" check "$scratch/$1/certified/bin/$name-bin" \
    "$scratch/$1/certified/python/runtime/lib/libpython$series.dylib"
}

# damage DIST: both readers have to name the file with a changed byte, and only that.
damage() {
  local file path
  for file in "bin/$name-bin" "python/runtime/lib/libpython$series.dylib"; do
    path=$1/$file
    cp "$path" "$scratch/whole" || return
    change_byte "$path" 20000
    names "broken-signature: $file: page " cargo pack verify "$1"
    names "$path: " scripts/dist/sign-macos.sh --inspect "$path"
    cp "$scratch/whole" "$path"
  done
  cargo pack verify "$1"
}

# change_byte FILE PLACE
change_byte() {
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  # shellcheck disable=SC2059  # the number is the format
  printf "\\$(printf %03o $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# names TEXT COMMAND…: the command fails and prints the text.
names() {
  local wanted=$1 said status=0
  shift
  said=$("$@" 2>&1) || status=$?
  printf '%s\n' "$said"
  if [ "$status" = 0 ]; then die "\`$*\` is content" "wanted: $wanted"; fi
  case $said in *"$wanted"*) ;; *) die "\`$*\` does not name the damage" "wanted: $wanted" ;; esac
}

# A universal library in the place of the thin one: the program takes its own half.
universal() {
  local fat=$scratch/fat.dylib dist=$scratch/aarch64/universal library=python/runtime/lib/libpython$series.dylib at
  "$lipo" -create "$scratch/aarch64/runtime/lib/libpython$series.dylib" "$scratch/x86_64/runtime/lib/libpython$series.dylib" -output "$fat" || return
  # The dist was recorded with the thin one, so it is `altered`, and nothing else may be found.
  cp -R "$scratch/aarch64/dist" "$dist" || return
  cp "$fat" "$dist/$library" || return
  names "altered: $library" cargo pack verify "$dist"
  if cargo pack verify "$dist" 2>&1 | grep "$library" | grep -v '^altered'; then die 'a whole universal library has findings'; fi
  at=$("$otool" -f -v "$fat" | sed -n '/architecture arm64/,$s/^ *offset //p' | head -n 1)
  change_byte "$dist/$library" $((at + 20000))
  names "broken-signature: $library: its part for arm64: page " cargo pack verify "$dist"
}

main "$@"
