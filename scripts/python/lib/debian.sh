# Fetches from Debian what build-from-source.sh needs: build packages, and CPython's source with its security patches.
# Sourced after apt.sh. The mirror is read from the host's apt configuration; its package lists are fetched only as root, and
# only where they name no mirror.
# shellcheck shell=bash

readonly DEBIAN_SUITE=trixie
readonly DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# readline and gdbm are not among them: both are under the GPL, and everything that is linked here ends up in a dist.
readonly BUILD_PACKAGES='gcc libc6-dev make patch pkg-config xz-utils libbz2-dev libedit-dev libffi-dev liblzma-dev
libncurses-dev libsqlite3-dev libssl-dev uuid-dev zlib1g-dev'

# Without dpkg only the programs are looked for; the check of the build names the modules whose headers were missing.
ensure_build_packages() {
  local log=$1 name missing=''
  if ! command -v dpkg-query >/dev/null 2>&1; then
    for name in cc make patch xz pkg-config; do need_cmd "$name"; done
    return
  fi
  for name in $BUILD_PACKAGES; do
    # shellcheck disable=SC2016 # dpkg's variable
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then missing="$missing $name"; fi
  done
  if [ -n "$missing" ]; then apt_install "$log" 'packages to build CPython with' "${missing# }"; fi
}

# tarball_hint SERIES: prints a command that builds from upstream's archive instead, if one of that series is pinned.
tarball_hint() {
  local archive version
  archive=$(sed -n "s/^[0-9a-f]*  \(Python-$1\.[0-9.]*\.tar\.xz\)$/\1/p" "$PINNED_SOURCES" | tail -n 1)
  if [ -z "$archive" ]; then return; fi
  version=${archive#Python-}
  version=${version%.tar.xz}
  printf '%s\n' "curl -O https://www.python.org/ftp/python/$version/$archive &&" \
    "scripts/python/install-managed-python.sh --tarball $archive" | paste -s -d ' ' -
}

# fetch_debian_source SERIES WORK LOG: leaves python3.X_*.orig.tar.xz and *.debian.tar.xz in WORK/debian, verified by apt.
fetch_debian_source() {
  local series=$1 work=$2 log=$3 hint
  hint=$(tarball_hint "$series")
  if ! command -v apt-get >/dev/null 2>&1; then
    die_env "there is no source of CPython $series" "\`apt-get\`, which fetches Debian's source package, is not on PATH" "$hint"
  fi
  if [ ! -r "$DEBIAN_KEYRING" ]; then apt_install "$log" "Debian's keys" debian-archive-keyring; fi
  write_private_apt_sources "$work" "$log" "$hint"
  say "fetching the source of CPython $series from Debian $DEBIAN_SUITE"
  if ! private_apt_get "$work" update >>"$log" 2>&1; then
    # A mirror need not carry the updates and the security suite.
    if ! only_main_suite "$work" || ! private_apt_get "$work" update >>"$log" 2>&1; then
      fail_with_apt "$log" "the package lists of Debian $DEBIAN_SUITE cannot be fetched" "$hint"
    fi
    warn "only Debian $DEBIAN_SUITE itself can be fetched: fixes since its last point release are not included"
  fi
  mkdir "$work/debian"
  if ! (cd "$work/debian" && private_apt_get "$work" source --download-only "python$series" >>"$log" 2>&1); then
    fail_with_apt "$log" "the source package \`python$series\` of Debian $DEBIAN_SUITE cannot be fetched" "$hint"
  fi
}

fail_with_apt() {
  tail -n 8 "$1" >&2
  die "$2" 'apt-get printed the lines above' "$3"
}

# Writes package sources for private lists and a private cache; proxies, credentials and certificates stay the host's.
write_private_apt_sources() {
  local work=$1 log=$2 hint=$3 main security
  main=$(debian_mirror Debian)
  if [ -z "$main" ] && [ "$(id -u)" -eq 0 ]; then
    # A container image comes without package lists, and only they tell which mirror is Debian's.
    apt_get_logged "$log" update || true # a third party's source may fail; what counts is whether a mirror is known then
    main=$(debian_mirror Debian)
  fi
  if [ -z "$main" ]; then
    die_env "there is no source of CPython" "the package lists of \`apt-get\` do not name a mirror of Debian" "$hint"
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

# debian_mirror LABEL: prints the first repository with that label that the host's apt uses.
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
