# Programs from PyPI that only one script needs: pinned with hashes, installed by uv into a folder of the checkout.
# Sourced after common.sh.
# shellcheck shell=bash

# install_tools_into FOLDER REQUIREMENTS: installs them once, and again when the requirements change.
install_tools_into() {
  local folder=$1 requirements=$2 root uv
  if cmp -s "$requirements" "$folder/requirements.txt"; then return; fi
  root=$(repo_root)
  uv=$(type -P uv) || uv=$root/.local/uv/bin/uv
  if [ ! -x "$uv" ]; then
    die_env "\`uv\` is not on PATH" "${0##*/} installs what ${requirements##*/} names with it" scripts/python/install-managed-python.sh
  fi
  say "installing what ${requirements##*/} names"
  rm -rf -- "$folder"
  mkdir -p "$folder"
  if ! UV_CACHE_DIR=$root/.local/cache/uv UV_PYTHON_DOWNLOADS=never NO_COLOR=1 "$uv" --no-progress --quiet pip install \
    --python "$(tools_python "$root")" --target "$folder" --no-deps --require-hashes --only-binary :all: -r "$requirements" >&2; then
    die "what ${requirements##*/} names cannot be installed" 'uv printed the lines above'
  fi
  cp "$requirements" "$folder/requirements.txt"
}

# tools_python ROOT: the Python that runs them. Any will do, and the managed one is sure to run.
tools_python() {
  if [ -x "$1/.local/python/bin/python3" ]; then printf '%s\n' "$1/.local/python/bin/python3"; else type -P python3; fi
}
