# Finds uv, or fetches the pinned one into the checkout, and runs it so that it touches nothing outside the checkout.
# Sourced after ../../lib/common.sh, guards.sh and apt.sh; the caller sets `root`, the checkout.
# shellcheck shell=bash

root='' uv='' pip_python=''

# Sets `uv`. The uv on PATH is used when it is at least as new as the pinned one: uv carries the list of Pythons that it can
# install.
find_uv() {
  local requirements=$root/scripts/python/uv-requirements.txt pinned found
  pinned=$(sed -n 's/^uv==\([0-9.]*\).*/\1/p' "$requirements")
  uv=$root/.local/uv/bin/uv
  if found=$(uv --version 2>/dev/null); then
    found=${found#uv }
    if at_least "${found%% *}" "$pinned"; then
      uv=$(command -v uv)
      return
    fi
  fi
  if [ -x "$uv" ] && [ -d "$root/.local/uv/uv-$pinned.dist-info" ]; then return; fi
  fetch_uv "$pinned" "$requirements"
}

# at_least VERSION FLOOR, both X.Y.Z
at_least() {
  local IFS=. a b i
  read -r -a a <<<"$1"
  read -r -a b <<<"$2"
  for i in 0 1 2; do
    case ${a[i]:-} in '' | *[!0-9]*) return 1 ;; esac
    if [ "${a[i]}" -ne "${b[i]}" ]; then
      [ "${a[i]}" -gt "${b[i]}" ]
      return
    fi
  done
}

# Installs uv into a folder beside its place, which is renamed when it is whole.
fetch_uv() {
  local pinned=$1 requirements=$2 stage=$root/.local/uv.partial log=$root/.local/cache/uv.log
  say "fetching uv $pinned"
  mkdir -p "$root/.local/cache"
  rm -rf -- "$stage"
  find_pip "$stage.venv" "$log"
  if ! pip install --quiet --no-deps --only-binary :all: --require-hashes --target "$stage" -r "$requirements" >"$log" 2>&1; then
    rm -rf -- "$stage" "$stage.venv"
    die "uv $pinned cannot be fetched" "\`$log\` has what pip printed; its last line: $(tail -n 1 "$log")" \
      "curl -LsSf https://astral.sh/uv/$pinned/install.sh | sh"
  fi
  rm -rf -- "$root/.local/uv" "$stage.venv"
  mv -- "$stage" "$root/.local/uv"
  rm -f -- "$log"
}

# Sets `pip_python`: an interpreter that has pip, if need be in a new virtual environment.
find_pip() {
  local venv=$1 log=$2
  if try_pip "$venv" "$log"; then return; fi
  apt_install "$log" 'uv, and a pip to fetch it with' python3-venv
  if ! try_pip "$venv" "$log"; then
    tail -n 8 "$log" >&2
    die_env 'there is no uv, and no pip to fetch it with' "neither \`python3 -m pip\` nor \`python3 -m venv\` works" \
      'curl -LsSf https://astral.sh/uv/install.sh | sh'
  fi
}

# The first python3 on PATH may be a shim that points nowhere, so the system's own is also tried.
try_pip() {
  local venv=$1 log=$2 python
  for python in python3 /usr/bin/python3; do
    pip_python=$python
    if pip --version >"$log" 2>&1; then return 0; fi
    rm -rf -- "$venv"
    if "$python" -I -m venv "$venv" >>"$log" 2>&1; then
      pip_python=$venv/bin/python3
      if pip --version >>"$log" 2>&1; then return 0; fi
    fi
  done
  return 1
}

# Runs pip with the user's index, proxy and certificates, but without the user's places to install to.
pip() {
  env -u PIP_USER -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT -u PIP_REQUIRE_VIRTUALENV \
    "$pip_python" -I -m pip --disable-pip-version-check --no-input "$@"
}

# Runs uv with all caches below the checkout, and nothing in the home.
run_uv() {
  UV_CACHE_DIR=$root/.local/cache/uv UV_PYTHON_CACHE_DIR=$root/.local/cache/python UV_PYTHON_DOWNLOADS=manual \
    NO_COLOR=1 "$uv" --no-progress "$@" </dev/null
}
