# How build-from-source.sh turns a source archive of CPython into a packed, relocatable tree.
# Sourced after debian.sh. The globals below hold what one step finds out for a later one.
# shellcheck shell=bash

# The prefix that uv expects in an archive and replaces by the real one.
readonly PREFIX=/install
# The build has no `_gdbm` (GPL), `_dbm` and `_tkinter`, like python-build-standalone's.
readonly EXPECTED_MODULES='_asyncio _bz2 _contextvars _ctypes _curses _curses_panel _datetime _decimal _elementtree _hashlib
_json _lzma _multiprocessing _posixshmem _queue _socket _sqlite3 _ssl _struct _uuid _zoneinfo array binascii cmath ensurepip
fcntl math mmap pip pyexpat readline resource select termios unicodedata zlib'
# Flags that harden and strip what is linked here. They stay out of sysconfig: extension modules that are built later
# decide for themselves.
readonly OWN_CFLAGS='-fstack-protector-strong -D_FORTIFY_SOURCE=2'
readonly OWN_LDFLAGS='-Wl,-s -Wl,--disable-new-dtags -Wl,-z,relro,-z,now -Wl,-z,noexecstack'

RECORDS=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." >/dev/null && pwd -P)/records.py
PINNED_SOURCES=${RECORDS%/*}/cpython-sources.sha256
OPENSSL_CONFIG=${RECORDS%/*}/openssl-config.c
out='' work='' log='' partial=''
version='' source_name='' source_sha256='' patches='' patches_source='' epoch=''

# Sets `work`, a new folder whose path has no space: CPython cannot be built below one.
make_work_dir() {
  local parent
  for parent in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
    case $parent in *[!A-Za-z0-9/._-]*) continue ;; esac
    if [ -d "$parent" ] && [ -w "$parent" ]; then break; fi
  done
  umask 022
  trap 'rm -rf -- "$work" "$partial"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  work=$(mktemp -d "$parent/cpython-build.XXXXXX") || die "cannot work in \`$parent\`" 'mktemp printed the line above'
  log=$work/build.log
}

# need_room FOLDER MEGABYTES: fails before the work starts, and before apt, which waits for ever on a full disk.
need_room() {
  local folder=$1 megabytes=$2 free
  free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt "$megabytes" ]; then
    die "there is no room to build CPython in \`$folder\`" "found $free MB, wanted $megabytes MB" "df -h $(quoted "$folder")"
  fi
}

# take_source TARBALL SERIES: leaves the sources, checked and patched, in `$work/source`.
take_source() {
  local tarball=$1 series=$2 packaging=''
  need_room "$work" 500
  need_room "$out" 50
  if [ -n "$tarball" ]; then check_source "$tarball" "$series"; fi
  ensure_build_packages "$log"
  if [ -z "$tarball" ]; then
    fetch_debian_source "$series" "$work" "$log"
    tarball=$(echo "$work/debian/python${series}"_*.orig.tar.xz)
    packaging=$(echo "$work/debian/python${series}"_*.debian.tar.xz)
    check_source "$tarball" "$series"
  fi
  mkdir "$work/source"
  run_logged 'unpacking the sources' tar -C "$work/source" --strip-components=1 --no-same-owner -xJf "$tarball"
  epoch=$(find "$work/source" -type f -printf '%T@\n' | sort -n | tail -n 1 | cut -d . -f 1)
  if [ -n "$packaging" ]; then apply_security_patches "$packaging"; fi
  # Whichever of the two modules is loaded first initializes OpenSSL for the process.
  tee -a "$work/source/Modules/_ssl.c" "$work/source/Modules/_hashopenssl.c" <"$OPENSSL_CONFIG" >/dev/null
}

# check_source TARBALL SERIES: looks the checksum up among those that are pinned. It also tells the version, because a
# file's name proves nothing.
check_source() {
  local tarball=$1 series=$2
  source_sha256=$(sha256_of "$tarball")
  source_name=$(sed -n "s/^$source_sha256  //p" "$PINNED_SOURCES")
  if [ -z "$source_name" ]; then
    die "\`${tarball##*/}\` is not one of the source archives that are pinned" \
      "found sha256 $source_sha256, wanted one of those in \`scripts/python/${PINNED_SOURCES##*/}\`" \
      "sha256sum -- $(quoted "$tarball")"
  fi
  version=${source_name#Python-}
  version=${version%.tar.xz}
  if [ "${version%.*}" != "$series" ]; then
    die "\`${tarball##*/}\` is CPython $version" "wanted the series $series that \`.python-version\` pins" \
      'scripts/python/install-managed-python.sh --from-source'
  fi
}

# Applies only the security fixes: Debian's other patches change where Python looks for things.
apply_security_patches() {
  local archive=$1 debian=$work/packaging/debian name
  mkdir "$work/packaging"
  run_logged 'unpacking the patches' tar -C "$work/packaging" --no-same-owner -xJf "$archive"
  while read -r name _; do
    case $name in CVE-*) ;; *) continue ;; esac
    run_logged "applying \`$name\`" patch -d "$work/source" -p1 --no-backup-if-mismatch -i "$debian/patches/$name"
    patches=$patches,$name
  done <"$debian/patches/series"
  patches=${patches#,}
  patches_source=$(sed -n '1s/^\([^ ]*\) (\([^)]*\)).*/debian:\1=\2/p' "$debian/changelog")
  epoch=$(date -d "$(sed -n 's/^ -- .*>  //p' "$debian/changelog" | head -n 1)" +%s)
}

# build_cpython SOURCE STAGE: leaves STAGE/python. Builds in the source tree, so that `__FILE__` is relative.
build_cpython() {
  local source=$1 stage=$2 jobs
  jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
  say "building CPython $version with $jobs jobs, two to three minutes on two cores"
  cd -- "$source" || exit
  run_logged './configure' clean ./configure --prefix=$PREFIX --enable-shared --without-static-libpython \
    --with-ensurepip=install --with-readline=editline \
    py_cv_module__gdbm=n/a py_cv_module__dbm=n/a py_cv_module__tkinter=n/a
  # The variables are given to make and not to configure, because sysconfig repeats what the Makefile has.
  # `python3` contains libpython, so a copy of it (`venv --copies`) runs from anywhere; programs that embed use the shared
  # libpython. An extension module cannot inherit a search path from such a copy, so each has its own, given in LIBPYTHON,
  # which only the link of modules uses.
  # Bytecode is compiled when the tree is installed or packaged: `--help` makes this step of make do nothing.
  # shellcheck disable=SC2016 # make's and the loader's variables
  set -- LINK_PYTHON_OBJS='$(LIBRARY_OBJS)' LINKFORSHARED='-Wl,-rpath,\$$ORIGIN/../lib -Xlinker -export-dynamic' \
    LIBPYTHON='-Wl,-rpath,\$$ORIGIN/../..' CFLAGS_NODIST="$OWN_CFLAGS" LDFLAGS_NODIST="$OWN_LDFLAGS" \
    EXTRA_CFLAGS="-g0 -ffile-prefix-map=$source=." COMPILEALL_OPTS=--help
  run_logged 'make' clean make -j "$jobs" "$@"
  run_logged 'make install' clean make install DESTDIR="$stage" "$@"
  cd / || exit
  mv "$stage$PREFIX" "$stage/python"
  ln -s "python${version%.*}" "$stage/python/bin/python"
  ln -s pip3 "$stage/python/bin/pip"
  find "$stage/python" -type d -name __pycache__ -prune -exec rm -rf {} +
  records relocate-scripts "$stage/python/bin" $PREFIX
  forget_build_dir "$stage/python" "$source"
}

# Replaces the name of the build's folder in text files (Makefile, sysconfig); no file may contain it afterwards.
forget_build_dir() {
  local tree=$1 source=$2 file left
  # grep exits 1 where no file has the name, which is not an error.
  { grep -rlIF -- "$source" "$tree" || true; } | while IFS= read -r file; do
    sed -i "s|$source|/src/Python-$version|g" "$file"
  done
  if left=$(grep -rlF -- "$work" "$tree"); then die 'the build of CPython names its own folder' "found \`$work\` in: $left"; fi
}

# Imports the modules from a place where the tree was not installed, which also tests the search path.
check_build() {
  local found
  # shellcheck disable=SC2086 # a list of names
  if ! found=$(records expect-modules $EXPECTED_MODULES 2>&1); then
    keep_log
    die "the build of CPython $version is not whole" "$found" "less $(quoted "$out/build.log")"
  fi
}

# pack BASE: makes the same bytes from the same tree. The record is written last: it means that the archive is whole.
pack() {
  local base=$1
  partial=$base.partial.$$
  say "packing \`$base.tar.gz\`"
  if ! tar -C "$work/stage" --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w \
    --mtime="@$epoch" -cf - python 2>>"$log" | gzip -n 2>>"$log" >"$partial"; then
    explain_failure 'packing'
  fi
  sha256_of "$partial" >"$base.sha256"
  mv -f -- "$partial" "$base.tar.gz"
  records built "$base.provenance.json" provider=source version="$version" \
    source_url="https://www.python.org/ftp/python/$version/$source_name" source_sha256="$source_sha256" recipe="$(recipe_of)" \
    patches_source="$patches_source" patches="$patches"
}

# records COMMAND…: runs records.py with the Python that was just built or unpacked, and leaves no bytecode in it.
records() {
  "$work/stage/python/bin/python3" -I -B "$RECORDS" "$@"
}

sha256_of() {
  sha256sum <"$1" | cut -d ' ' -f 1
}

# clean COMMAND…: runs it in a small environment, without the caller's CFLAGS, MAKEFLAGS, CONFIG_SITE or PYTHONHOME.
clean() {
  env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME="$work" TMPDIR="$work" LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH="$epoch" "$@"
}

# run_logged WHAT COMMAND…: runs it with its output in the log, and dies when it fails.
run_logged() {
  local what=$1
  shift
  if ! "$@" </dev/null >>"$log" 2>&1; then explain_failure "$what"; fi
}

explain_failure() {
  local what=$1 why='the last lines of its log are above'
  tail -n 20 "$log" | cut -c 1-200 >&2
  if grep -q 'No space left on device' "$log"; then why="the disk of \`$work\` or \`$out\` is full"; fi
  keep_log
  die "$what failed for CPython $version" "$why" "less $(quoted "$out/build.log")"
}

keep_log() {
  cp -f -- "$log" "$out/build.log" 2>/dev/null || true # the disk may be full; the last lines of the log are shown
}
