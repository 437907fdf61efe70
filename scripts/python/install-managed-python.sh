#!/usr/bin/env bash
# Installs the Python that `.python-version` pins into `.local/python`, with uv. Does nothing when it is installed.
#
# Where the pin cannot be downloaded, CPython of the same series is built from source (build-from-source.sh) and installed
# through uv all the same. A warning says so, and `.local/python/provenance.json` records it.
#
# Leaves  .local/python/bin/python3 and .local/python/runtime (stable names), .local/python/provenance.json,
#         .local/cargo.toml, and the link python/runtime in cargo's target folder.
# Requires: uv, or a python3 with pip or venv to fetch it with; the network, or what an earlier run kept.
#
# Usage: scripts/python/install-managed-python.sh [--strict] [--from-source] [--tarball FILE]
#   --strict        accepts only the version that is pinned
#   --from-source   builds CPython, even where the pin could be downloaded
#   --tarball FILE  builds CPython from this source archive
#
# Honours UV_PYTHON_INSTALL_MIRROR and UV_PYTHON_DOWNLOADS_JSON_URL.

set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/python/lib/guards.sh
. "$here/lib/guards.sh"
# shellcheck source=scripts/python/lib/links.sh
. "$here/lib/links.sh"
# shellcheck source=scripts/python/lib/apt.sh
. "$here/lib/apt.sh"
# shellcheck source=scripts/python/lib/uv.sh
. "$here/lib/uv.sh"

strict=false from_source=false tarball='' python='' uv_said=''

main() {
  parse_arguments "$@"
  root=$(repo_root)
  pin=$(read_pin "$root")
  home=$root/.local/python
  record=$home/provenance.json
  mkdir -p "$home"
  if ! installed; then
    hold_lock "$root/.local/python.lock" 'another installation of Python'
    if ! installed; then install; fi
  fi
  "$here/../dev/cargo-paths.sh"
  link_runtime "$root"
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --strict) strict=true ;;
      --from-source) from_source=true ;;
      --tarball)
        if [ $# -lt 2 ]; then die_env "\`$1\` needs a value" "wanted \`$1 FILE\`" "$(quoted "$0") --help"; fi
        if [ ! -r "$2" ]; then die_env "cannot read \`$2\`" 'wanted a source archive of CPython' "ls -l -- $(quoted "$2")"; fi
        tarball=$2
        from_source=true
        shift
        ;;
      -h | --help) usage_of "$0" && exit 0 ;;
      *) die_env "unexpected argument \`$1\`" "${0##*/} knows only: --strict --from-source --tarball" "$(quoted "$0") --help" ;;
    esac
    shift
  done
}

# Tells whether what the arguments ask for is installed and runs. The record is written last, so a Python without one does
# not count.
installed() {
  local fields provider version pinned sha256='' recipe='' patches='' # `read` fails at an empty last line
  if [ ! -f "$record" ]; then return 1; fi
  fields=$(records fields "$record" provider version pinned_version source_sha256 recipe patches 2>/dev/null) || return 1
  { read -r provider && read -r version && read -r pinned && read -r sha256 && read -r recipe && read -r patches; } <<<"$fields" || true
  if [ "$pinned" != "$pin" ]; then return 1; fi
  if $strict && [ "$version" != "$pin" ]; then return 1; fi
  if $from_source && [ "$provider" != source ]; then return 1; fi
  # A build of an older checkout may lack what this checkout relies on.
  if [ "$provider" = source ] && [ "$recipe" != "$("$here/build-from-source.sh" --recipe)" ]; then return 1; fi
  if [ -n "$tarball" ]; then
    [ -z "$patches" ] && [ "$sha256" = "$(records print-sha256 "$tarball")" ]
  fi
}

install() {
  find_uv
  if ! $from_source; then
    say "installing CPython $pin"
    if uv_install "$pin"; then
      finish "$pin"
      record_download
      return
    fi
    if ! out_of_reach; then die_of_uv "CPython $pin cannot be installed" 'uv printed the lines above'; fi
    if $strict; then
      die_of_uv "CPython $pin cannot be downloaded" \
        "uv, which obeys UV_PYTHON_INSTALL_MIRROR, printed the lines above, and \`--strict\` accepts no other version" \
        'scripts/python/install-managed-python.sh'
    fi
    mkdir -p "$root/.local/cache"
    printf '%s\n' "$uv_said" >"$root/.local/cache/uv-download.log"
    warn "CPython $pin, which \`.python-version\` pins, cannot be downloaded: \`.local/cache/uv-download.log\` says why"
    warn "taking the newest CPython ${pin%.*} that can be built from source instead"
  fi
  install_from_source
}

# Records the download. The address is that of uv's own list, even where a mirror was used: the file is the same.
record_download() {
  local version what="the download that calls itself CPython $pin"
  (unset UV_PYTHON_INSTALL_MIRROR && run_uv python list --only-downloads --output-format json "$pin") |
    records downloaded "$root/.local/cache/python" "$record" "$pin"
  version=$(records fields "$record" version)
  if [ "$version" = "$pin" ]; then return; fi
  if $strict; then die "$what is CPython $version" "\`--strict\` wants $pin" 'scripts/python/install-managed-python.sh'; fi
  warn "$what is CPython $version"
}

install_from_source() {
  local downloads version
  set --
  if [ -n "$tarball" ]; then set -- --tarball "$tarball"; fi
  if $strict; then set -- "$@" --strict; fi
  downloads=$("$here/build-from-source.sh" "$@")
  version=$(sed -n 's/^ *"cpython-\([0-9.]*\)-.*/\1/p' "$downloads")
  # With a mirror set, uv refuses every address that the mirror does not replace.
  if ! (unset UV_PYTHON_INSTALL_MIRROR && UV_PYTHON_DOWNLOADS_JSON_URL=$downloads uv_install "$version"); then
    die_of_uv "CPython $version cannot be installed from \`$downloads\`" 'uv printed the lines above'
  fi
  finish "$version"
  records adopted "${downloads%.downloads.json}.provenance.json" "$record" "$pin"
  if [ "$version" != "$pin" ]; then
    warn "installed CPython $version, built from source, instead of the pinned $pin: not for releases (\`--strict\` refuses it)"
  fi
}

# die_of_uv WHAT WHY [HINT]: prints the words of uv first.
die_of_uv() {
  printf '%s\n' "$uv_said" >&2
  die "$@"
}

# uv_install VERSION; on failure uv's words are in `$uv_said`.
# The present installation stays until the new one is whole. It has no record meanwhile, because uv may be replacing its
# very folder.
uv_install() {
  rm -f -- "$record.before"
  if [ -f "$record" ]; then mv -- "$record" "$record.before"; fi
  if uv_said=$(run_uv python install --install-dir "$home" --no-bin --reinstall "$1" 2>&1); then
    rm -f -- "$record.before" "$home/cpython-${1%.*}-"*
    return
  fi
  if [ -f "$record.before" ]; then mv -- "$record.before" "$record"; fi
  # uv keeps what it fetched even where the checksum was wrong, and would find it again.
  rm -rf -- "$root/.local/cache/python" "$home/cpython-${1%.*}-"*
  return 1
}

# Tells whether uv could not reach the download: only then is CPython built from source, never after a wrong checksum or on
# a full disk.
out_of_reach() {
  case $uv_said in
    *'Hash mismatch'* | *'No space left'* | *'ermission denied'* | *'Read-only file system'*) return 1 ;;
    *'No download found'* | *'Failed to download'* | *'Request failed'* | *'Network connectivity is disabled'*) ;;
    *'failed to query metadata of file'*) ;;
    *) return 1 ;;
  esac
}

# Makes the stable names, then removes other installations and what an interrupted uv left.
finish() {
  local version=$1 tree other
  for tree in "$home/cpython-$version-"*/; do tree=${tree%/}; done
  python=$tree/bin/python3
  link_to "${tree##*/}" "$home/runtime"
  link_to "../${tree##*/}/bin/python3" "$home/bin/python3"
  for other in "$home"/cpython-*; do
    if [ "$other" != "$tree" ]; then rm -rf -- "$other"; fi
  done
  rm -rf -- "$home/.temp"
}

# records COMMAND…: runs records.py with the installed Python.
records() {
  "${python:-$home/bin/python3}" -I -S "$here/records.py" "$@"
}

main "$@"
