# The links to the managed Python: made where they are missing or stale, left alone where they are right.
# Sourced after ../../lib/common.sh.
# shellcheck shell=bash

# link_runtime ROOT: `python/runtime` in cargo's target folder.
# Relative in the checkout, so that it can be moved; somebody's `cargo clean` takes it away.
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

# link_to TARGET LINK: untouched when it is right.
link_to() {
  local target=$1 link=$2
  if [ -L "$link" ]; then
    if [ "$(readlink "$link")" = "$target" ]; then return; fi
  elif [ -e "$link" ]; then
    die "\`$link\` is in the way" 'wanted a link to the installed Python, found something else' "rm -r '$link'"
  fi
  mkdir -p -- "${link%/*}"
  ln -sfn -- "$target" "$link"
}
