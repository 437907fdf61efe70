# What build-from-source.sh takes from Debian: build packages, and the CPython source package with its security patches.
# Sourced after ../../lib/common.sh; the host's own apt lists are read for the mirror in use and never changed.
# shellcheck shell=bash

readonly DEBIAN_SUITE=trixie
readonly DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# No readline and no gdbm: both are under the GPL, and everything linked here ends up in dist.
readonly DEBIAN_BUILD_PACKAGES='gcc libc6-dev make patch pkg-config xz-utils
  libbz2-dev libedit-dev libffi-dev liblzma-dev libncurses-dev libsqlite3-dev libssl-dev uuid-dev zlib1g-dev'

# Installs what is missing when it may, names the command otherwise. Elsewhere than on Debian the compiler has to be there.
ensure_build_packages() {
  local log=$1 name missing=
  if ! command -v dpkg-query >/dev/null 2>&1; then
    need_cmd cc 'install a C compiler, make, patch, xz and the headers of OpenSSL, SQLite, libffi, libedit, ncurses, bzip2, xz, zlib and libuuid'
    need_cmd make 'install make'
    return
  fi
  for name in $DEBIAN_BUILD_PACKAGES; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then missing="$missing $name"; fi
  done
  if [ -n "$missing" ]; then apt_install "$log" "$missing"; fi
}

# apt_install LOG "PACKAGE…"
apt_install() {
  local log=$1 packages=${2# }
  local install="apt-get install -y --no-install-recommends $packages"
  if ! command -v apt-get >/dev/null 2>&1; then
    die_env "packages are missing: \`$packages\`" 'there is no `apt-get` to install them with'
  fi
  if [ "$(id -u)" -ne 0 ]; then
    die_env "packages are missing: \`$packages\`" 'installing them needs root' "sudo $install"
  fi
  say "installing $packages"
  # Lists may be old or absent: only then are they fetched. A third party's broken source must not stop the rest.
  # shellcheck disable=SC2086 # a list of package names
  if ! apt_get_quietly "$log" install -y --no-install-recommends $packages; then
    apt_get_quietly "$log" update || warn '`apt-get update` had failures, trying with the lists that it could fetch'
    # shellcheck disable=SC2086
    if ! apt_get_quietly "$log" install -y --no-install-recommends $packages; then
      tail -n 15 "$log" >&2
      die_env "packages could not be installed: \`$packages\`" 'apt-get said the lines above' "apt-get update && $install"
    fi
  fi
}

apt_get_quietly() {
  local log=$1
  shift
  DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}

# fetch_debian_source SERIES WORK LOG: leaves python3.X_*.orig.tar.xz and *.debian.tar.xz, verified by apt, in WORK/debian.
fetch_debian_source() {
  local series=$1 work=$2 log=$3
  if ! command -v apt-get >/dev/null 2>&1; then
    die_env "no source of CPython $series" 'Debian'\''s source package needs `apt-get`, which is not on PATH' \
      "scripts/python/build-from-source.sh --tarball Python-$series.N.tar.xz"
  fi
  if [ ! -r "$DEBIAN_KEYRING" ]; then
    apt_install "$log" debian-archive-keyring
  fi
  write_private_apt_config "$work" "$log"
  say "fetching the source package python$series from Debian $DEBIAN_SUITE"
  if ! private_apt_get "$work" update >>"$log" 2>&1; then
    # A mirror need not carry the updates and the security suite.
    sed -i.all -n 1p "$work/apt/sources.list"
    if ! private_apt_get "$work" update >>"$log" 2>&1; then
      tail -n 8 "$log" >&2
      die "the package lists of Debian $DEBIAN_SUITE cannot be fetched" 'apt-get said the lines above' \
        "scripts/python/build-from-source.sh --tarball Python-$series.N.tar.xz"
    fi
    warn "only Debian $DEBIAN_SUITE itself can be fetched: security fixes newer than its last point release are missing"
  fi
  mkdir "$work/debian"
  if ! (cd "$work/debian" && private_apt_get "$work" source --download-only "python$series" >>"$log" 2>&1); then
    tail -n 8 "$log" >&2
    die "the source package \`python$series\` cannot be fetched from Debian $DEBIAN_SUITE" 'apt-get said the lines above' \
      "scripts/python/build-from-source.sh --tarball Python-$series.N.tar.xz"
  fi
}

# Lists, cache and sources of its own; proxies, credentials and certificates stay those of the host.
write_private_apt_config() {
  local work=$1 log=$2 main security deb_src="deb-src [signed-by=$DEBIAN_KEYRING]"
  main=$(debian_mirror Debian)
  if [ -z "$main" ] && [ "$(id -u)" -eq 0 ]; then
    # A container image comes without lists, and only they tell whose mirror it is.
    apt_get_quietly "$log" update || true
    main=$(debian_mirror Debian)
  fi
  if [ -z "$main" ]; then
    die_env 'apt uses no Debian mirror' 'the package lists on this machine name none with the label `Debian`' 'sudo apt-get update'
  fi
  security=$(debian_mirror Debian-Security)
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  {
    printf '%s %s %s main\n' "$deb_src" "$main" "$DEBIAN_SUITE"
    printf '%s %s %s-updates main\n' "$deb_src" "$main" "$DEBIAN_SUITE"
    if [ -n "$security" ]; then printf '%s %s %s-security main\n' "$deb_src" "$security" "$DEBIAN_SUITE"; fi
  } >"$work/apt/sources.list"
}

# debian_mirror LABEL: the first repository of that label that the host's apt uses.
debian_mirror() {
  apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n "s|^$1 ||p" | head -n 1
}

private_apt_get() {
  local apt=$1/apt user=_apt
  shift
  # As root, apt would drop to a user that cannot write into our private folder.
  if [ "$(id -u)" -eq 0 ]; then user=root; fi
  LC_ALL=C apt-get -q -o APT::Sandbox::User="$user" -o APT::Default-Release= -o APT::Update::Error-Mode=any \
    -o Acquire::Retries=2 -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" "$@" </dev/null
}
