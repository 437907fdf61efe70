# Installs the Debian packages that a script needs, or names the command where installing needs root.
# Sourced after ../../lib/common.sh.
# shellcheck shell=bash

# apt_install LOG PURPOSE "PACKAGE…"
apt_install() {
  local log=$1 purpose=$2 packages=$3
  local command="apt-get install -y --no-install-recommends $packages"
  if ! command -v apt-get >/dev/null 2>&1; then
    die_env "missing $purpose: \`$packages\` (Debian's names)" "there is no \`apt-get\` to install them with"
  fi
  if [ "$(id -u)" -ne 0 ]; then
    die_env "missing $purpose: \`$packages\`" 'installing packages needs root' "sudo $command"
  fi
  say "installing $packages"
  if apt_add "$log" "$packages"; then return; fi
  # The package lists may be old or absent. A third party's broken source must not stop the rest: the second try decides.
  apt_get_logged "$log" update || warn "\`apt-get update\` failed in part: going on with the lists that were fetched"
  if apt_add "$log" "$packages"; then return; fi
  tail -n 15 "$log" >&2
  die_env "cannot install $purpose: \`$packages\`" 'apt-get printed the lines above' "apt-get update && $command"
}

apt_add() {
  # shellcheck disable=SC2086 # a list of names
  apt_get_logged "$1" install -y --no-install-recommends $2
}

apt_get_logged() {
  local log=$1
  shift
  DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
