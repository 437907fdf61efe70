#!/bin/sh
# Tries a package in a root system, for packages.sh. Prints what it saw, and in the last line `ok` with versions; exits 0 when the
# claim holds. Usage: packages-claims.sh CLAIM WORK SYSTEM NAME PROGRAM
#   WORK     the folder with the packages    SYSTEM   the root of the system; `/` where this runs inside of it
# POSIX only, and no tool but those of a minimal system.
set -eu

readonly SMOKED='smoke-python: ok ' UNKNOWN_USER=12345

claim=$1 work=$2 system=$3 name=$4 program=$5
home=/usr/lib/$name
floor=$(cat "$work/floor")

main() {
  case $claim in
    deb) deb ;;
    deb-apt) deb_apt ;;
    rpm) rpm_package ;;
    arch) arch_package ;;
    *) fail "no claim is called \`$claim\`" ;;
  esac
}

fail() {
  printf 'claim %s: %s\n' "$claim" "$1" >&2
  exit 1
}

# The package of the system's glibc decides whether the new one is to be installed or refused.
deb() {
  libc=$(dpkg-query --show --showformat '${Version}' libc6)
  dpkg --install "$work/old.deb"
  [ -f "$home/only-in-the-old-version" ] || fail 'the older version is not installed'
  if dpkg --compare-versions "$libc" lt "$floor"; then
    if found=$(dpkg --install "$work/new.deb" 2>&1); then fail "dpkg installs it though glibc is $libc"; fi
    printf '%s\n' "$found"
    case $found in *"depends on libc6 (>= $floor)"*) ;; *) fail 'dpkg does not say that libc6 is too old' ;; esac
    printf 'ok glibc %s is refused: %s is needed\n' "${libc%-*}" "$floor"
    return
  fi
  dpkg --install "$work/new.deb"
  works
  found=$(dpkg --verify "$name")
  [ -z "$found" ] || fail "after it was started, dpkg finds changes: $found"
  dpkg --remove "$name"
  gone
  printf 'ok glibc %s, dpkg %s\n' "${libc%-*}" "$(dpkg-query --show --showformat '${Version}' dpkg)"
}

deb_apt() {
  apt-get --quiet --yes -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null install "$work/new.deb"
  works
  apt-get --quiet --yes purge "$name"
  gone
  printf 'ok %s\n' "$(apt-get --version | sed -n 1p)"
}

# The database of the system is empty, so a package that is called glibc stands for the one of a distribution.
rpm_package() {
  in_root() { rpm --root "$system" --dbpath /var/lib/rpm "$@"; }
  in_root --initdb
  # Debian's rpm wants to be asked twice before it changes a system.
  in_root --install --force-debian "$work/glibc-2.1.rpm" "$work/old.rpm"
  refused in_root --upgrade --force-debian "$work/new.rpm"
  case $found in *"glibc >= $floor is needed by $name"*) ;; *) fail 'rpm does not say that glibc is too old' ;; esac
  in_root --upgrade --force-debian "$work/glibc-99.9.rpm" "$work/new.rpm"
  works
  found=$(in_root --verify "$name" || true) # what it finds decides
  [ -z "$found" ] || fail "after it was started, rpm finds changes: $found"
  in_root --erase --force-debian "$name"
  gone
  printf 'ok %s\n' "$(rpm --version)"
}

arch_package() {
  printf '[options]\nArchitecture = auto\n' >"$system/tmp/pacman.conf"
  mkdir -p "$system/var/lib/pacman" "$system/var/cache/pacman/pkg"
  in_root() { pacman --root "$system" --config "$system/tmp/pacman.conf" --noconfirm "$@"; }
  in_root --upgrade "$work/glibc-2.1.archlinux" "$work/old.archlinux"
  refused in_root --upgrade "$work/new.pkg.tar.zst"
  case $found in *"glibc>=$floor"*) ;; *) fail 'pacman does not say that glibc is too old' ;; esac
  in_root --upgrade "$work/glibc-99.9.archlinux" "$work/new.pkg.tar.zst"
  works
  in_root --query --check --check "$name" || fail 'after it was started, pacman finds changes'
  in_root --remove "$name"
  gone
  printf 'ok pacman %s\n' "$(pacman --version | sed -n 's/.*Pacman v\([0-9.]*\).*/\1/p')"
}

# refused COMMAND…: fails if the command succeeds, and sets `found` to what it printed.
refused() {
  if found=$("$@" 2>&1); then fail "\`$*\` succeeds"; fi
  printf '%s\n' "$found"
}

# run COMMAND…: runs it in the system, as a user whom nobody knows.
run() {
  if [ "$system" = / ]; then
    setpriv --reuid $UNKNOWN_USER --regid $UNKNOWN_USER --clear-groups "$@"
  else
    chroot --userspec $UNKNOWN_USER:$UNKNOWN_USER "$system" "$@"
  fi
}

# The program starts by its name, its dist is the one that was packed, and what only the older version had is gone.
works() {
  found=$(run "/usr/bin/$program" --smoke-python)
  printf '%s\n' "$found"
  case $found in "$SMOKED"*) ;; *) fail 'the smoke gives another answer' ;; esac
  run "/usr/bin/$program" --verify
  found=$(run "/usr/bin/$program" -c 'import sys; print(sys.prefix)')
  [ "$found" = "$home/python/runtime" ] || fail "it runs the Python in: $found"
  cmp "$work/SHA256SUMS" "${system%/}$home/SHA256SUMS" || fail 'its dist is another one'
  (cd "${system%/}$home" && sha256sum --check --quiet --strict SHA256SUMS)
  [ ! -e "${system%/}$home/only-in-the-old-version" ] || fail 'a file of the older version is still there'
  for text in "/usr/share/doc/$name/copyright" "/usr/share/licenses/$name/copyright"; do
    if [ -s "${system%/}$text" ]; then return; fi
  done
  fail 'there is no text about the rights'
}

gone() {
  for path in "$home" "/usr/bin/$program" "/usr/share/doc/$name" "/usr/share/licenses/$name"; do
    if [ -e "${system%/}$path" ] || [ -h "${system%/}$path" ]; then fail "\`$path\` is left behind"; fi
  done
}

main
