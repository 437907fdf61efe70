#!/usr/bin/env bash
# Installs the Python that `.python-version` pins into `.local/python`, by `cargo pack python`. Does nothing when it is
# installed.
#
# Where the pin cannot be downloaded, CPython of the same series is built from source (build-from-source.sh) and installed
# through uv all the same. A warning says so, and `.local/python/provenance.json` records it.
#
# Leaves  .local/python/bin/python3 and .local/python/runtime (stable names), .local/python/provenance.json,
#         .local/cargo.toml, and the link python/runtime in cargo's target folder.
# Requires: cargo and a C compiler; uv, or a python3 with pip or venv to fetch it with; the network, or what an earlier run
# kept.
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
# shellcheck source=scripts/python/lib/apt.sh
. "$here/lib/apt.sh"
# shellcheck source=scripts/python/lib/pip.sh
. "$here/lib/pip.sh"

# `cargo pack python` leaves this file where the download is out of reach, and in no other case.
readonly OUT_OF_REACH=.local/cache/uv-download.log

strict=() from_source=false tarball=()

main() {
  local pin said status=0 recipe=()
  parse_arguments "$@"
  cd "$(repo_root)"
  pin=$(read_pin "$PWD")
  need_cmd cargo 'curl -sSf https://sh.rustup.rs | sh'
  ensure_uv "$PWD"
  ensure_packager
  if $from_source; then
    install_from_source
    return
  fi
  say "installing CPython $pin, unless it is installed"
  # A build of an older checkout may lack what this checkout relies on.
  if [ -f .local/python/provenance.json ]; then recipe=(--recipe "$("$here/build-from-source.sh" --recipe)"); fi
  said=$(cargo pack python ${recipe[@]+"${recipe[@]}"} ${strict[@]+"${strict[@]}"} 2>&1) || status=$?
  if [ "$status" = 0 ] || [ ! -f "$OUT_OF_REACH" ]; then
    if [ -n "$said" ]; then printf '%s\n' "$said" >&2; fi
    exit "$status"
  fi
  if [ ${#strict[@]} -gt 0 ]; then
    cat "$OUT_OF_REACH" >&2
    die "CPython $pin cannot be downloaded" \
      "uv, which obeys UV_PYTHON_INSTALL_MIRROR, printed the lines above, and \`--strict\` accepts no other version" \
      'scripts/python/install-managed-python.sh'
  fi
  warn "CPython $pin, which \`.python-version\` pins, cannot be downloaded: \`$OUT_OF_REACH\` says why"
  warn "taking the newest CPython ${pin%.*} that can be built from source instead"
  install_from_source
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --strict) strict=(--strict) ;;
      --from-source) from_source=true ;;
      --tarball)
        if [ $# -lt 2 ]; then die_env "\`$1\` needs a value" "wanted \`$1 FILE\`" "$(quoted "$0") --help"; fi
        if [ ! -r "$2" ]; then die_env "cannot read \`$2\`" 'wanted a source archive of CPython' "ls -l -- $(quoted "$2")"; fi
        tarball=(--tarball "$(absolute "$2")")
        from_source=true
        shift
        ;;
      -h | --help) usage_of "$0" && exit 0 ;;
      *) die_env "unexpected argument \`$1\`" "${0##*/} knows only: --strict --from-source --tarball" "$(quoted "$0") --help" ;;
    esac
    shift
  done
}

# absolute PATH: prints it as seen from the folder where the script was started.
absolute() {
  case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$PWD/$1" ;;
  esac
}

# Compiles the packager where that takes long, so that it is seen. Later runs of `cargo pack` are quiet.
ensure_packager() {
  if [ -x "$(target_dir "$PWD")/pack/cargo-pyo3-bundle" ]; then return; fi
  say 'compiling the packager'
  # shellcheck disable=SC2046  # one word or none
  cargo build --locked --profile pack --package cargo-pyo3-bundle $(quiet_in_a_pipe)
}

# A build that was made before is used again, and one that is installed is left alone.
install_from_source() {
  local downloads
  downloads=$("$here/build-from-source.sh" ${tarball[@]+"${tarball[@]}"} ${strict[@]+"${strict[@]}"})
  UV_PYTHON_DOWNLOADS_JSON_URL=$downloads cargo pack python ${strict[@]+"${strict[@]}"} \
    --record "${downloads%.downloads.json}.provenance.json"
}

main "$@"
