#!/usr/bin/env bash
# Prints the path of the interpreter that this checkout builds with, after checking that it runs and is of the pinned series.
#
# Requires: an earlier run of scripts/python/install-managed-python.sh. Changes nothing.
#
# Usage: scripts/python/resolve-python.sh

set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/python/lib/guards.sh
. "$here/lib/guards.sh"

readonly INSTALL='scripts/python/install-managed-python.sh'

main() {
  local root pin python version
  only_options -- "$@"
  root=$(repo_root)
  pin=$(read_pin "$root")
  python=$root/.local/python/bin/python3
  if [ ! -f "$root/.local/python/provenance.json" ] || [ ! -x "$python" ]; then
    die_env "there is no managed Python in \`$root/.local/python\`" "wanted CPython $pin" "$INSTALL"
  fi
  if ! version=$("$python" -I -S -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])'); then
    die "\`$python\` does not run" 'what it printed, if anything, is above' "$INSTALL"
  fi
  if [ "${version%.*}" != "${pin%.*}" ]; then
    die "\`$python\` is CPython $version" "wanted the series ${pin%.*} that \`.python-version\` pins" "$INSTALL"
  fi
  if [ "$version" != "$pin" ]; then
    warn "CPython $version stands in for the pinned $pin (\`.local/python/provenance.json\` tells where it is from)"
  fi
  printf '%s\n' "$python"
}

main "$@"
