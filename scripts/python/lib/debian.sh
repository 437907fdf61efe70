# What build-from-source.sh takes from Debian: build packages, and CPython's source package with its security patches.
# Sourced after apt.sh; of the host's apt configuration only the mirror in use is read, its lists are never changed.
# shellcheck shell=bash

readonly DEBIAN_SUITE=trixie
readonly DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# No readline and no gdbm: both are under the GPL, and everything linked here ends up in dist.
readonly BUILD_PACKAGES='gcc libc6-dev make patch pkg-config xz-utils libbz2-dev libedit-dev libffi-dev liblzma-dev
libncurses-dev libsqlite3-dev libssl-dev uuid-dev zlib1g-dev'

# Where there is no dpkg, the compiler is looked for and the check of the build tells what else was missing.
ensure_build_packages() {
  local log=$1 name missing=''
  if ! command -v dpkg-query >/dev/null 2>&1; then
    for name in cc make patch xz pkg-config; do need_cmd "$name" "install \`$name\` and the headers that CPython builds with"; done
    return
  fi
  for name in $BUILD_PACKAGES; do
    # shellcheck disable=SC2016 # dpkg's variable
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then missing="$missing $name"; fi
  done
  if [ -n "$missing" ]; then apt_install "$log" 'packages to build CPython with' "${missing# }"; fi
}

# fetch_debian_source SERIES WORK LOG: leaves python3.X_*.orig.tar.xz and *.debian.tar.xz in WORK/debian, verified by apt.
fetch_debian_source() {
  local series=$1 work=$2 log=$3 hint
  hint="scripts/python/install-managed-python.sh --tarball Python-$series.N.tar.xz"
  if ! command -v apt-get >/dev/null 2>&1; then
    die_env "there is no source of CPython $series" "\`apt-get\` is not on PATH, and Debian's source package needs it" "$hint"
  fi
  if [ ! -r "$DEBIAN_KEYRING" ]; then apt_install "$log" "Debian's keys" debian-archive-keyring; fi
  write_private_apt_sources "$work" "$log" "$hint"
  say "fetching the source of CPython $series from Debian $DEBIAN_SUITE"
  if ! private_apt_get "$work" update >>"$log" 2>&1; then
    # A mirror need not carry the updates and the security suite.
    if ! only_main_suite "$work" || ! private_apt_get "$work" update >>"$log" 2>&1; then
      fail_with_apt "$log" "the package lists of Debian $DEBIAN_SUITE cannot be fetched" "$hint"
    fi
    warn "of Debian only $DEBIAN_SUITE itself can be fetched: fixes since its last point release are not included"
  fi
  mkdir "$work/debian"
  if ! (cd "$work/debian" && private_apt_get "$work" source --download-only "python$series" >>"$log" 2>&1); then
    fail_with_apt "$log" "the source package \`python$series\` of Debian $DEBIAN_SUITE cannot be fetched" "$hint"
  fi
}

fail_with_apt() {
  tail -n 8 "$1" >&2
  die "$2" 'apt-get said the lines above' "$3"
}

# Lists, cache and sources of our own; proxies, credentials and certificates stay those of the host.
write_private_apt_sources() {
  local work=$1 log=$2 hint=$3 main security
  main=$(debian_mirror Debian)
  if [ -z "$main" ] && [ "$(id -u)" -eq 0 ]; then
    # A container image comes without lists, and only they tell whose mirror it is.
    apt_get_logged "$log" update || true # a third party's source may fail; whether a mirror is known decides
    main=$(debian_mirror Debian)
  fi
  if [ -z "$main" ]; then
    die_env "there is no source of CPython" "the package lists of \`apt-get\` name no mirror of Debian's" "$hint"
  fi
  security=$(debian_mirror Debian-Security)
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  {
    deb_src "$main" "$DEBIAN_SUITE"
    deb_src "$main" "$DEBIAN_SUITE-updates"
    if [ -n "$security" ]; then deb_src "$security" "$DEBIAN_SUITE-security"; fi
  } >"$work/apt/sources.list"
}

deb_src() {
  printf 'deb-src [signed-by=%s] %s %s main\n' "$DEBIAN_KEYRING" "$1" "$2"
}

only_main_suite() {
  local list=$1/apt/sources.list
  head -n 1 "$list" >"$list.main" && mv -f "$list.main" "$list"
}

# debian_mirror LABEL: the first repository with that label which the host's apt uses.
debian_mirror() {
  # shellcheck disable=SC2016 # apt's variables
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null | sed -n "s|^$1 ||p" | head -n 1
}

private_apt_get() {
  local apt=$1/apt user=_apt
  shift
  # As root, apt would drop to a user that cannot write into a private folder.
  if [ "$(id -u)" -eq 0 ]; then user=root; fi
  LC_ALL=C apt-get -q -o APT::Sandbox::User="$user" -o APT::Default-Release= -o APT::Update::Error-Mode=any \
    -o Acquire::Retries=2 -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" "$@" </dev/null
}
