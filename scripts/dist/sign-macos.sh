#!/usr/bin/env bash
# Signs the native files of a dist for macOS, with the hardened runtime: `cargo pack stage --sign scripts/dist/sign-macos.sh` calls
# it and says which files, in which order. With --notarize it has Apple check a dist that was signed so.
#
# MACOS_CERTIFICATE names a PKCS#12 file with a Developer ID, MACOS_CERTIFICATE_PASSWORD a file with its password. Without them
# the signatures are ad hoc: they hold the files together, and nobody vouches for them. MACOS_NOTARY_KEY names the JSON file of an
# App Store Connect key.
#
# Requires: uv, or an earlier run; works on Linux as well as on macOS.
# Usage: scripts/dist/sign-macos.sh               reads lines `library<TAB>FILE` and `program<TAB>FILE`
#        scripts/dist/sign-macos.sh --notarize DIST
#        scripts/dist/sign-macos.sh --inspect FILE…     prints what is wrong with the signature of each, by the signing tool
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$here/../lib/tools.sh"

main() {
  local root tools
  case ${1:-} in
    '' | --notarize | --inspect) ;;
    *) only_options --notarize --inspect -- "$1" ;;
  esac
  root=$(repo_root)
  tools=$root/.local/cache/sign-tools
  install_tools_into "$tools" "$here/sign-requirements.txt"
  if [ $# = 0 ] && [ -z "${MACOS_CERTIFICATE:-}" ]; then
    warn 'MACOS_CERTIFICATE is not set: the signatures are ad hoc, and Gatekeeper refuses a dist that was downloaded'
  fi
  PYTHONPATH=$tools exec "$(tools_python "$root")" -s "$here/sign_macos.py" "$@"
}

main "$@"
