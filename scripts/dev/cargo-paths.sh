#!/usr/bin/env bash
# Writes `.local/cargo.toml`, which `.cargo/config.toml` includes: a plain `cargo build` then embeds no path of this machine.
#
# The checkout, cargo's home, an outside target folder and the standard library's sources get fixed names in the binary.
# Untouched when nothing changed, so cargo does not build again. Requires nothing; without rustc its line is left out.
#
# Usage: scripts/dev/cargo-paths.sh

set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" >/dev/null && pwd -P)
# shellcheck source=scripts/lib/common.sh
. "$here/../lib/common.sh"

main() {
  local root file content
  case ${1:-} in
    '') ;;
    -h | --help) usage_of "$0" && return ;;
    *) die_env "unknown argument \`$1\`" '' "$0 --help" ;;
  esac
  root=$(repo_root)
  file=$root/.local/cargo.toml
  content=$(config "$root")
  if [ -f "$file" ] && [ "$(cat "$file")" = "$content" ]; then return; fi
  mkdir -p "$root/.local"
  printf '%s\n' "$content" >"$file.$$"
  mv -f -- "$file.$$" "$file"
}

# `target.'cfg(all())'` and not `build`: cargo forgets the latter's flags when somebody's own configuration has any for the
# target (a faster linker, say), and adds the former's to them. rustc takes the last mapping that matches.
config() {
  local root=$1 target sysroot
  target=$(target_dir "$root")
  printf '# Written by scripts/dev/cargo-paths.sh.\n'
  printf "[target.'cfg(all())']\nrustflags = [\n"
  remap "$(cargo_home "$root")" /cargo
  remap "$root" /src
  case $target in "$root"/*) ;; *) remap "$target" /target ;; esac
  # Where they are not installed, rustc has their fixed name already.
  if sysroot=$(cd "$root" && rustc --print sysroot 2>/dev/null) && [ -d "$sysroot/lib/rustlib/src/rust" ]; then
    remap "$sysroot/lib/rustlib/src/rust" "/rustc/$(cd "$root" && rustc -vV | sed -n 's/^commit-hash: //p')"
  fi
  printf ']\n'
  # pyo3 asks the interpreter again when this changes; the interpreter's own path stays what it is.
  printf '\n[env]\nPYO3_ENVIRONMENT_SIGNATURE = "%s"\n' "$(readlink "$root/.local/python/runtime" || echo none)"
  # C that crates bring names its files in assertions.
  printf 'CC_SHELL_ESCAPED_FLAGS = "1"\nCFLAGS = "%s"\n' "$(toml "$(prefix_map "$(cargo_home "$root")" /cargo)")"
}

# prefix_map FOLDER NAME: the C compiler's option, quoted as a shell would read it.
prefix_map() {
  local folder=$1
  printf "'-ffile-prefix-map=%s=%s'" "${folder//\'/\'\\\'\'}" "$2"
}

# As cargo finds it: a relative CARGO_HOME counts from where cargo runs, and without HOME the system knows it.
cargo_home() {
  local home=${CARGO_HOME:-}
  case $home in
    '') home=${HOME:-$(cd ~ && pwd)}/.cargo ;;
    /*) ;;
    *) home=$1/$home ;;
  esac
  printf '%s\n' "$home"
}

# remap FOLDER NAME: as written, and with links resolved where that is another path; rustc compares text.
remap() {
  local folder=$1 name=$2 resolved
  flag "$folder" "$name"
  resolved=$(cd -P -- "$folder" 2>/dev/null && pwd -P) || return 0
  if [ "$resolved" != "$folder" ]; then flag "$resolved" "$name"; fi
}

# One line of the list.
flag() {
  printf '  "--remap-path-prefix=%s=%s",\n' "$(toml "$1")" "$2"
}

# Escaped for a TOML basic string.
toml() {
  local text=$1
  text=${text//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

main "$@"
