# Makes the links to the managed Python where they are missing or stale.
# Sourced after ../../lib/common.sh.
# shellcheck shell=bash

# link_runtime ROOT: `python/runtime` in cargo's target folder.
# The link is relative inside the checkout, so that the checkout can be moved. `cargo clean` removes it.
link_runtime() {
  local root=$1 link rest up=''
  link=$(target_dir "$root")/python/runtime
  case $link in
    "$root"/*)
      rest=${link#"$root"/}
      while [ "${rest%/*}" != "$rest" ]; do
        rest=${rest%/*}
        up=../$up
      done
      link_to "$up.local/python/runtime" "$link"
      ;;
    *) link_to "$root/.local/python/runtime" "$link" ;;
  esac
}

# link_to TARGET LINK: leaves a link alone that is right.
link_to() {
  local target=$1 link=$2
  if [ -L "$link" ]; then
    if [ "$(readlink "$link")" = "$target" ]; then return; fi
  elif [ -e "$link" ]; then
    die "\`$link\` is in the way" 'wanted a link to the installed Python, found something else' "rm -r -- $(quoted "$link")"
  fi
  mkdir -p -- "${link%/*}"
  ln -sfn -- "$target" "$link"
}
