#!/usr/bin/env bash
# Prints the dynamic section of the packaged program, and fails unless its only search path is the contract's RPATH.
# Requires: Linux, readelf, a dist. Usage: scripts/dist/show-rpath.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local binary wanted="RPATH [\$ORIGIN/../python/runtime/lib]" found
  only_options -- "$@"
  cd "$(repo_root)"
  need_cmd readelf 'sudo apt-get install -y binutils'
  binary=dist/bin/$(package_name)-bin
  if [ ! -f "$binary" ]; then die "\`$binary\` is missing" 'wanted the program of a staged dist' scripts/dist/package-all.sh; fi
  LC_ALL=C readelf -d "$binary"
  found=$(LC_ALL=C readelf -d "$binary" | sed -nE 's/^.*\((RPATH|RUNPATH)\)[^[]*(\[.*\])$/\1 \2/p')
  if [ "$found" != "$wanted" ]; then
    die "\`$binary\` has another search path" "wanted $wanted, found ${found:-none}" scripts/dist/verify-dist.sh
  fi
}

main "$@"
