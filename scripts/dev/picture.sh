#!/usr/bin/env bash
# Draws docs/session.svg, the picture in the README, from a real session of the packaged program.
# Requires: a dist/ (scripts/dist/package-all.sh) and what the tests require. Usage: scripts/dev/picture.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  only_options -- "$@"
  cd "$(repo_root)"
  if [ ! -x "dist/$(package_name)" ]; then
    die_env "there is no dist" "wanted \`dist/\`, whose session the picture shows" "scripts/dist/package-all.sh"
  fi
  # With the variable, the test writes the picture before it compares.
  WRITE_PICTURE=1 cargo test --quiet --locked --test it docs::picture::
}

main "$@"
