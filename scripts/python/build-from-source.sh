#!/usr/bin/env bash
# Builds a relocatable CPython of the pin's series from source, and packs it as a download that uv can install.
#
# The source is the newest that Debian's stable release carries, verified twice (apt's signatures, and the pinned sha256 of
# the upstream file), with the distribution's CVE patches applied; or an upstream archive from disk, without patches.
# No ELF file is edited or stripped after linking: the linker writes the search path and strips.
#
# Requires: Linux with glibc, a C compiler and the libraries' headers (installed through apt when run as root).
#
# Usage: scripts/python/build-from-source.sh [--strict] [--tarball FILE] [--out DIR] | --recipe
#   --recipe        builds nothing, and prints what `recipe` in the record of an installation would be
#   --strict        refuses a source of any version but the pin
#   --tarball FILE  builds upstream's Python-X.Y.Z.tar.xz; its sha256 has to be in scripts/python/cpython-sources.sha256
#   --out DIR       sets where the archive and its records go (default: .local/cache/cpython)
#
# Prints the path of uv's list of downloads. An archive that the same recipe packed before is used again.

set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/python/lib/guards.sh
. "$here/lib/guards.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$here/lib/apt.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$here/lib/debian.sh"
# shellcheck source=scripts/python/lib/cpython.sh
. "$here/lib/cpython.sh"

main() {
  local root pin series recipe base tarball='' strict=false
  parse_arguments "$@"
  root=$(repo_root)
  pin=$(read_pin "$root")
  series=${pin%.*}
  guard_platform
  prepare_out "$root"
  hold_lock "$out/.lock" 'another build of CPython'
  recipe=$(recipe_of "$tarball")
  make_work_dir
  if base=$(packed_before "$series" "$recipe"); then
    unpack "$base"
  else
    take_source "$tarball" "$series"
    if $strict; then refuse_other_than "$pin"; fi
    build_cpython "$work/source" "$work/stage"
    check_build
    base=$out/cpython-$version-linux-$(uname -m)-gnu-$recipe
    pack "$base"
  fi
  if $strict; then refuse_other_than "$pin"; fi
  # The list names the archive by its absolute address, so it is written anew: the checkout may have moved.
  records downloads "$base.tar.gz" "$version" "$base.downloads.json"
  printf '%s\n' "$base.downloads.json"
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --strict) strict=true ;;
      --recipe) recipe_of && exit 0 ;;
      --tarball | --out)
        if [ $# -lt 2 ]; then die_env "\`$1\` needs a value" "wanted a path after it" "$(quoted "$0") --help"; fi
        if [ "$1" = --out ]; then out=$2; else tarball=$2; fi
        shift
        ;;
      -h | --help) usage_of "$0" && exit 0 ;;
      *) die_env "unexpected argument \`$1\`" "${0##*/} knows only: --recipe --strict --tarball --out" "$(quoted "$0") --help" ;;
    esac
    shift
  done
  if [ -n "$tarball" ] && [ ! -r "$tarball" ]; then
    die_env "cannot read \`$tarball\`" 'wanted a source archive of CPython' "ls -l -- $(quoted "$tarball")"
  fi
}

guard_platform() {
  if [ "$(uname -s)" != Linux ]; then
    die_env "CPython cannot be built from source on $(uname -s)" 'wanted Linux; elsewhere the pin has to be downloaded' \
      'scripts/python/install-managed-python.sh --strict'
  fi
}

prepare_out() {
  out=${out:-$1/.local/cache/cpython}
  mkdir -p -- "$out"
  out=$(cd -P -- "$out" && pwd -P)
}

# recipe_of [TARBALL]: prints a digest of what decides about the result: these scripts without their comments, the pins, the
# system that is linked to, and the source if one is given. An installation is compared without its source.
recipe_of() {
  {
    sed '/^ *#/d' "$here/build-from-source.sh" "$here/lib/debian.sh" "$here/lib/cpython.sh" "$RECORDS" "$PINNED_SOURCES"
    cat "$OPENSSL_CONFIG" # a line with `#` is not a comment there
    # Other lines of the file change with every update of the system.
    if [ -r /etc/os-release ]; then sed -nE '/^(ID|VERSION_ID)=/p' /etc/os-release; fi
    if [ -n "${1:-}" ]; then sha256_of "$1"; fi
  } | sha256sum | cut -c 1-12
}

# packed_before SERIES RECIPE: prints the path, without its ending, of an archive that is whole.
packed_before() {
  local record base
  for record in "$out/cpython-$1."*"-$2.provenance.json"; do
    base=${record%.provenance.json}
    if [ ! -f "$record" ] || [ ! -f "$base.tar.gz" ] || [ ! -f "$base.sha256" ]; then continue; fi
    if [ "$(cat -- "$base.sha256")" = "$(sha256_of "$base.tar.gz")" ]; then
      printf '%s\n' "$base"
      return
    fi
    warn "\`$base.tar.gz\` is damaged: building it again"
  done
  return 1
}

unpack() {
  local base=$1
  version=${base##*/cpython-}
  version=${version%%-*}
  say "using the CPython $version that was built before: \`$base.tar.gz\`"
  mkdir "$work/stage"
  run_logged 'unpacking' tar -C "$work/stage" -xzf "$base.tar.gz"
}

refuse_other_than() {
  if [ "$version" != "$1" ]; then
    die "the source is CPython $version" "\`--strict\` wants $1, which \`.python-version\` pins" \
      'scripts/python/install-managed-python.sh --strict'
  fi
}

main "$@"
