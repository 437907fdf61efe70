#!/usr/bin/env bash
# Runs the steps of a job of a workflow here, as the workflow has them, in a new clone of HEAD: what is checked out, run,
# kept and downloaded. What only GitHub has (caches, attestations, drafts, containers) is left out, and listed at the end.
# Requires: uv, git, and what the job's scripts require.
# Usage: scripts/dev/ci-local.sh [WORKFLOW/]JOB [NAME=VALUE…]     such as `package-linux`, `release/linux`, `release`
#   JOB          a job of ci.yml, or of the named workflow; the name of a workflow alone runs its jobs that can be run here
#   NAME=VALUE   a value of the job's matrix; the first of each list otherwise
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"
# shellcheck source=scripts/lib/tools.sh
. "$here/../lib/tools.sh"

main() {
  local root tools
  case ${1:-} in '' | -*) only_options WORKFLOW/JOB -- "${1:-}" ;; esac
  root=$(repo_root)
  cd "$root"
  need_cmd git 'sudo apt-get install -y git'
  if [ -n "$(git status --porcelain)" ]; then warn "uncommitted changes are not in the clone"; fi
  tools=$root/.local/cache/ci-local-tools
  install_tools_into "$tools" "$here/ci-local-requirements.txt"
  make_scratch ci-local
  PYTHONPATH=$tools "$(tools_python "$root")" -B -s "$here/ci_local.py" "$root" "$scratch" "$@"
}

main "$@"
