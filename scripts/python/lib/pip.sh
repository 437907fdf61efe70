# Makes sure that `cargo pack python` finds a uv, or a pip to fetch the pinned one with.
# Sourced after ../../lib/common.sh and apt.sh.
# shellcheck shell=bash

# ensure_uv ROOT: installs the Debian package that pip needs, as root, or names the command.
ensure_uv() {
  local root=$1 python
  if [ -x "$root/.local/uv/bin/uv" ] || command -v uv >/dev/null 2>&1; then return; fi
  # The first python3 on PATH may be a shim that points nowhere, so the system's own is also tried.
  for python in python3 /usr/bin/python3; do
    if "$python" -I -c 'import pip' 2>/dev/null || "$python" -I -c 'import ensurepip' 2>/dev/null; then return; fi
  done
  mkdir -p "$root/.local/cache"
  apt_install "$root/.local/cache/uv.log" 'uv, and a pip to fetch it with' python3-venv
}
