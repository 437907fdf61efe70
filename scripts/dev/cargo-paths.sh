#!/usr/bin/env bash
# Writes `.local/cargo.toml`, which `.cargo/config.toml` includes: a plain `cargo build` then embeds no path of this machine.
#
# The checkout, cargo's home, an outside target folder and the standard library's sources get fixed names in the binary.
# The file is not rewritten when nothing changed, so that cargo does not build again. Requires nothing; without rustc the
# line for the standard library is left out.
#
# Usage: scripts/dev/cargo-paths.sh

set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"

main() {
  local root file content
  only_options -- "$@"
  root=$(repo_root)
  file=$root/.local/cargo.toml
  content=$(config "$root")
  if [ -f "$file" ] && [ "$(cat "$file")" = "$content" ]; then return; fi
  mkdir -p "$root/.local"
  printf '%s\n' "$content" >"$file.$$"
  mv -f -- "$file.$$" "$file"
}

# Prints the file. The table is `target.'cfg(all())'` because cargo drops the flags of `build` when the user's own
# configuration has flags for the target (a faster linker, say), but adds those of `target.'cfg(all())'` to them:
# https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags. rustc takes the last mapping that matches.
config() {
  local root=$1 target sysroot
  target=$(target_dir "$root")
  printf '# Written by scripts/dev/cargo-paths.sh.\n'
  printf "[target.'cfg(all())']\nrustflags = [\n"
  remap "$(cargo_home "$root")" /cargo
  remap "$root" /src
  case $target in "$root"/*) ;; *) remap "$target" /target ;; esac
  # Where its sources are not installed, the standard library has this name already.
  if sysroot=$(cd "$root" && rustc --print sysroot 2>/dev/null) && [ -d "$sysroot/lib/rustlib/src/rust" ]; then
    remap "$sysroot/lib/rustlib/src/rust" "/rustc/$(cd "$root" && rustc -vV | sed -n 's/^commit-hash: //p')"
  fi
  printf ']\n'
  # PyO3 asks the interpreter again when this variable changes: the interpreter's own path never does.
  printf '\n[env]\nPYO3_ENVIRONMENT_SIGNATURE = "%s"\n' "$(readlink "$root/.local/python/runtime" || echo none)"
  # Assertions in the C code of crates contain file names.
  printf 'CC_SHELL_ESCAPED_FLAGS = "1"\nCFLAGS = "%s"\n' "$(toml "$(prefix_map "$(cargo_home "$root")" /cargo)")"
}

# prefix_map FOLDER NAME: prints the C compiler's option, quoted for a shell.
prefix_map() {
  local folder=$1
  printf "'-ffile-prefix-map=%s=%s'" "${folder//\'/\'\\\'\'}" "$2"
}

# Prints cargo's home as cargo finds it: a relative CARGO_HOME counts from where cargo runs, and without HOME the system
# knows the user's home.
cargo_home() {
  local home=${CARGO_HOME:-}
  case $home in
    '') home=${HOME:-$(cd ~ && pwd)}/.cargo ;;
    /*) ;;
    *) home=$1/$home ;;
  esac
  printf '%s\n' "$home"
}

# remap FOLDER NAME: prints the flag for the path as written, and for the path with links resolved if that is another:
# rustc compares text.
remap() {
  local folder=$1 name=$2 resolved
  flag "$folder" "$name"
  resolved=$(cd -P -- "$folder" 2>/dev/null && pwd -P) || return 0
  if [ "$resolved" != "$folder" ]; then flag "$resolved" "$name"; fi
}

# flag FOLDER NAME: prints one line of the list.
flag() {
  printf '  "--remap-path-prefix=%s=%s",\n' "$(toml "$1")" "$2"
}

# Prints a text escaped for a TOML basic string.
toml() {
  local text=$1
  text=${text//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

main "$@"
