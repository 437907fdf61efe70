# How build-from-source.sh turns a CPython source archive into a packed, relocatable tree.
# Sourced after debian.sh; works in `$work`, and leaves in globals what the record of the build needs.
# shellcheck shell=bash

# The prefix that uv expects in an archive and replaces by the real one.
readonly PREFIX=/install
# `_gdbm` and `readline` proper would bring in GPL libraries, `_tkinter` an X client: the same choice as python-build-standalone's.
readonly EXPECTED_MODULES='_asyncio _bz2 _contextvars _ctypes _curses _curses_panel _datetime _decimal _elementtree _hashlib _json
  _lzma _multiprocessing _posixshmem _queue _socket _sqlite3 _ssl _struct _uuid _zoneinfo array binascii cmath fcntl math mmap
  pyexpat readline resource select termios unicodedata zlib ensurepip pip'
# Hardening and stripping for what is linked here, kept out of sysconfig: extension modules built later decide for themselves.
readonly OWN_CFLAGS='-fstack-protector-strong -D_FORTIFY_SOURCE=2'
readonly OWN_LDFLAGS='-Wl,-s -Wl,--disable-new-dtags -Wl,-z,relro,-z,now -Wl,-z,noexecstack'

version= source_sha256= source_name= patches= patches_source= epoch=

# CPython cannot be built in a path with a space, wherever the checkout is.
make_work_dir() {
  local parent
  for parent in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
    case $parent in *[!A-Za-z0-9/._-]*) continue ;; esac
    if [ -w "$parent" ]; then break; fi
  done
  work=$(mktemp -d "$parent/cpython-build.XXXXXX") || die "no room to build in: \`$parent\`"
  log=$work/build.log
  umask 022
  trap 'rm -rf -- "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# take_source TARBALL SERIES: the sources, checked and patched, in `$work/source`.
take_source() {
  local tarball=$1 series=$2 debian=
  ensure_build_packages "$log"
  if [ -z "$tarball" ]; then
    fetch_debian_source "$series" "$work" "$log"
    tarball=$(echo "$work/debian/python${series}"_*.orig.tar.xz)
    debian=$(echo "$work/debian/python${series}"_*.debian.tar.xz)
  fi
  check_source "$tarball" "$series"
  mkdir "$work/source"
  run_logged 'unpacking the sources' tar -C "$work/source" --strip-components=1 --no-same-owner -xJf "$tarball"
  epoch=$(find "$work/source" -type f -printf '%T@\n' | sort -n | tail -n 1 | cut -d . -f 1)
  if [ -n "$debian" ]; then apply_security_patches "$debian"; fi
}

# Sets version, source_name and source_sha256.
check_source() {
  local tarball=$1 series=$2
  source_sha256=$(sha256_of "$tarball")
  source_name=$(sed -n "s/^$source_sha256  //p" "$PINNED_SOURCES")
  version=${source_name#Python-}
  version=${version%.tar.xz}
  case $version in
    "$series".*) ;;
    '') die "\`${tarball##*/}\` is not a pinned source archive" \
      "found sha256 $source_sha256, wanted one of: $(sed -n '/^#/!p' "$PINNED_SOURCES" | tr '\n' ';')" \
      'compare it with the published one, then add its line to scripts/python/cpython-sources.sha256' ;;
    *) die "\`${tarball##*/}\` is CPython $version" "wanted the series $series that .python-version pins" ;;
  esac
}

# Only the security fixes: the other patches make it Debian's Python.
apply_security_patches() {
  local archive=$1 name
  mkdir "$work/packaging"
  run_logged 'unpacking the patches' tar -C "$work/packaging" -xJf "$archive"
  for name in $(grep '^CVE-' "$work/packaging/debian/patches/series"); do
    run_logged "applying $name" patch -d "$work/source" -p1 --no-backup-if-mismatch -i "$work/packaging/debian/patches/$name"
    patches=$patches,$name
  done
  patches=${patches#,}
  patches_source=$(sed -n '1s/^\([^ ]*\) (\([^)]*\)).*/\1 \2/p' "$work/packaging/debian/changelog")
  epoch=$(date -d "$(sed -n 's/^ -- .*>  //p' "$work/packaging/debian/changelog" | head -n 1)" +%s)
}

# build_cpython SOURCE STAGE: leaves STAGE/python. In the source tree, so that `__FILE__` is relative.
build_cpython() {
  local source=$1 stage=$2 jobs
  jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
  say "building CPython $version with $jobs jobs, about two minutes on two cores"
  cd "$source"
  run_logged 'configure' clean ./configure --prefix=$PREFIX --enable-shared --without-static-libpython --with-ensurepip=install \
    --with-readline=editline py_cv_module__gdbm=n/a py_cv_module__dbm=n/a py_cv_module__tkinter=n/a
  # Given to make, not to configure: these are the build's own, and sysconfig is read from the Makefile.
  # Compiling bytecode is left to whoever installs or packages the tree; `--help` is how the step is skipped.
  # shellcheck disable=SC2016 # $ORIGIN is the loader's
  set -- LINKFORSHARED='-Wl,-rpath,\$$ORIGIN/../lib -Xlinker -export-dynamic' CFLAGS_NODIST="$OWN_CFLAGS" \
    LDFLAGS_NODIST="$OWN_LDFLAGS" EXTRA_CFLAGS="-g0 -ffile-prefix-map=$source=." COMPILEALL_OPTS=--help
  run_logged 'make' clean make -j "$jobs" "$@"
  run_logged 'make install' clean make install DESTDIR="$stage" "$@"
  cd /
  mv "$stage$PREFIX" "$stage/python"
  ln -s "python${version%.*}" "$stage/python/bin/python"
  find "$stage/python" -type d -name __pycache__ -prune -exec rm -rf {} +
  "$stage/python/bin/python3" -I -B "$here/records.py" relocate-scripts "$stage/python/bin" $PREFIX
  forget_build_dir "$stage/python" "$source"
}

# The Makefile and sysconfig name the folder that was built in; text only, and nothing may be left.
forget_build_dir() {
  local tree=$1 source=$2 left
  grep -rlIF -- "$work" "$tree" | while IFS= read -r left; do
    sed -i -e "s|$source|/src/Python-$version|g" "$left"
  done
  if left=$(grep -rlF -- "$work" "$tree"); then die 'the build names its own folder' "found \`$work\` in: $left"; fi
}

# Runs from where it was not installed, which tries the search path too.
check_build() {
  local found
  # shellcheck disable=SC2086 # a list of names
  if ! found=$("$1/bin/python3" -I -B "$here/records.py" expect-modules $EXPECTED_MODULES 2>&1); then
    cp -f "$log" "$out/build.log" || true
    die 'the build of CPython lacks modules' "$found" "less '$out/build.log'"
  fi
}

# pack STAGE BASE: the same bytes for the same tree. The record comes last: it tells that the archive is whole.
pack() {
  local stage=$1 base=$2 partial=$2.partial.$$
  say "packing $base.tar.gz"
  trap 'rm -rf -- "$work" "$partial"' EXIT
  if ! tar -C "$stage" --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX,go-w \
    --mtime="@$epoch" -cf - python 2>>"$log" | gzip -n >"$partial" 2>>"$log"; then
    explain_failure 'packing'
  fi
  sha256_of "$partial" >"$base.sha256"
  mv -f "$partial" "$base.tar.gz"
  "$stage/python/bin/python3" -I -B "$here/records.py" provenance "$base.provenance.json" provider=source \
    version="$version" source_url="https://www.python.org/ftp/python/$version/$source_name" source_sha256="$source_sha256" \
    patches="$patches" patches_source="$patches_source"
}

# A small environment: no CFLAGS, MAKEFLAGS or CONFIG_SITE of the caller's.
clean() {
  env -i PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME="$work" TMPDIR="$work" LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH="$epoch" "$@"
}

# run_logged WHAT COMMAND…
run_logged() {
  local what=$1
  shift
  if ! "$@" </dev/null >>"$log" 2>&1; then explain_failure "$what"; fi
}

explain_failure() {
  local what=$1 why='the last lines of its log are above'
  tail -n 20 "$log" >&2
  if grep -q 'No space left on device' "$log" || [ "$(df -Pk "$work" | awk 'NR == 2 { print $4 }')" -lt 1024 ]; then
    why="the disk is full: \`$work\` needs about 1 GB while building"
  fi
  cp -f "$log" "$out/build.log" 2>/dev/null || true
  die "$what failed, building CPython $version" "$why" "less '$out/build.log'"
}
