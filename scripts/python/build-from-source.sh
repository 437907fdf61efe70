#!/usr/bin/env bash
# Builds a relocatable CPython of the pin's series from source, and packs it as a download that uv can install.
#
# The source is the newest that Debian's stable release carries, verified twice (apt's signatures, and the pinned sha256 of
# the upstream file) and with the distribution's CVE patches applied; or an upstream archive from disk, without patches.
# Nothing is edited or stripped after linking: the search path and the stripping are the linker's.
#
# Requires: Linux with glibc, a C compiler and the libraries' headers (installed through apt when run as root).
#
# Usage: scripts/python/build-from-source.sh [--tarball FILE] [--out DIR]
#   --tarball FILE  upstream's Python-X.Y.Z.tar.xz; its sha256 has to be in scripts/python/cpython-sources.sha256
#   --out DIR       where the archive and its records go (default: .local/cache/cpython)
#
# Prints the path of the downloads list for uv. An archive that was built before by the same recipe is used again.

set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/python/lib/debian.sh
. "$here/lib/debian.sh"
# shellcheck source=scripts/python/lib/cpython.sh
. "$here/lib/cpython.sh"
# shellcheck source=scripts/python/lib/guards.sh
. "$here/lib/guards.sh"

readonly PINNED_SOURCES=$here/cpython-sources.sha256
work=

main() {
  local root pin series tarball='' out='' recipe base
  parse_arguments "$@"
  root=$(repo_root)
  pin=$(read_pin "$root")
  series=${pin%.*}
  out=${out:-$root/.local/cache/cpython}
  guard_platform
  mkdir -p "$out"
  hold_lock "$out/.lock" 'another build of CPython'
  recipe=$(recipe_of "$tarball")
  make_work_dir
  if base=$(packed_before "$out" "$series" "$recipe"); then
    say "using the CPython that was built before: $base.tar.gz"
    mkdir "$work/stage"
    run_logged "unpacking \`$base.tar.gz\`" tar -C "$work/stage" -xzf "$base.tar.gz"
  else
    take_source "$tarball" "$series"
    build_cpython "$work/source" "$work/stage"
    check_build "$work/stage/python"
    base=$out/$(archive_name "$recipe")
    pack "$work/stage" "$base"
  fi
  # It names the archive by its absolute address, so it is written anew: the checkout may have moved.
  version=${base##*/cpython-}
  "$work/stage/python/bin/python3" -I -B "$here/records.py" downloads "$base.tar.gz" "${version%%-*}" "$base.downloads.json"
  printf '%s\n' "$base.downloads.json"
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --tarball | --out)
        if [ $# -lt 2 ]; then die_env "\`$1\` needs a value" '' "$0 --help"; fi
        if [ "$1" = --out ]; then out=$2; else tarball=$2; fi
        shift
        ;;
      -h | --help) usage_of "$0" && exit 0 ;;
      *) die_env "unknown argument \`$1\`" '' "$0 --help" ;;
    esac
    shift
  done
  if [ -n "$tarball" ] && [ ! -r "$tarball" ]; then die_env "cannot read \`$tarball\`" 'wanted a source archive of CPython'; fi
}

guard_platform() {
  if [ "$(uname -s)" != Linux ]; then
    die_env "CPython is built from source on Linux only, this is $(uname -s)" 'elsewhere the pinned Python has to be downloaded' \
      'scripts/python/install-managed-python.sh'
  fi
}

# What decides about the result: these scripts, the pins, the source given and the release of the system that is linked to.
recipe_of() {
  {
    cat "$here/build-from-source.sh" "$here/lib/debian.sh" "$here/lib/cpython.sh" "$here/records.py" "$PINNED_SOURCES"
    if [ -r /etc/os-release ]; then cat /etc/os-release; fi
    if [ -n "$1" ]; then sha256_of "$1"; fi
  } | sha256sum | cut -c 1-12
}

sha256_of() {
  sha256sum <"$1" | cut -d ' ' -f 1
}

archive_name() {
  printf 'cpython-%s-linux-%s-gnu-%s\n' "$version" "$(uname -m)" "$1"
}

# packed_before OUT SERIES RECIPE: the path, less its ending, of a whole archive.
packed_before() {
  local record base
  for record in "$1/cpython-$2."*"-$3.provenance.json"; do
    base=${record%.provenance.json}
    if [ ! -f "$record" ] || [ ! -f "$base.tar.gz" ]; then continue; fi
    if [ "$(cat "$base.sha256")" = "$(sha256_of "$base.tar.gz")" ]; then
      printf '%s\n' "$base"
      return 0
    fi
    warn "\`$base.tar.gz\` is damaged, building it again"
  done
  return 1
}

main "$@"
