#!/usr/bin/env bash
# Checks the promises of a dist independently of the packager: with readelf, ldd, grep and find.
# Prints every finding as `id: path: what was found`; exits 1 when there is one.
# Requires: Linux, binutils. Usage: scripts/dist/verify-dist.sh [DIST]
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

# shellcheck disable=SC2016  # the loader expands $ORIGIN, not the shell
CONTRACT='$ORIGIN/../python/runtime/lib'
FINDINGS=0

main() {
  local root
  case ${1:-} in -*) only_options -- "$1" ;; esac
  root=$(repo_root)
  need_cmd readelf "sudo apt-get install -y binutils"
  NAME=$(cd "$root" && package_name)
  DIST=${1:-$root/dist}
  if [ ! -d "$DIST" ]; then
    die_env "\`$DIST\` is not a folder" "wanted a staged dist" "scripts/dist/package-all.sh"
  fi
  DIST=$(cd -P -- "$DIST" && pwd -P)
  # ldd obeys them, and `cargo test` sets the first one for whatever its tests start.
  unset LD_LIBRARY_PATH LD_PRELOAD
  LIBRARIES=$DIST/python/runtime/lib
  BINARY=$DIST/bin/$NAME-bin

  check_contract
  check_modes
  check_links
  check_hardening
  check_elf_files "$root"
  if [ "$FINDINGS" -ne 0 ]; then
    die "\`$DIST\` does not keep its promises" "$FINDINGS findings are above" "scripts/dist/package-all.sh"
  fi
}

finding() {
  printf '%s: %s: %s\n' "$1" "${2#"$DIST/"}" "$3" >&2
  FINDINGS=$((FINDINGS + 1))
}

check_contract() {
  local file
  for file in "$NAME" "bin/$NAME-bin" python/runtime/bin/python3 metadata.json; do
    [ -e "$DIST/$file" ] || finding missing-file "$DIST/$file" "the contract requires it"
  done
  set -- "$LIBRARIES"/libpython3.*.so.1.0
  [ -f "$1" ] || finding missing-libpython "$LIBRARIES" "libpython3.*.so.1.0 is missing"
  set -- "$LIBRARIES"/python3.*/encodings/__init__.py
  [ -f "$1" ] || finding missing-stdlib "$LIBRARIES" "python3.*/encodings/__init__.py is missing"
}

check_modes() {
  local path
  while IFS= read -r -d '' path; do
    finding unsafe-mode "$path" "it is setuid, setgid or writable for others"
  done < <(find "$DIST" ! -type l -perm /6022 -print0)
  while IFS= read -r -d '' path; do
    finding unreadable "$path" "not everybody can read it"
  done < <(find "$DIST" \( -type f ! -perm -444 -o -type d ! -perm -555 \) -print0)
}

check_links() {
  local path
  while IFS= read -r -d '' path; do
    finding dangling-link "$path" "to $(readlink -- "$path")"
  done < <(find "$DIST" -type l ! -exec test -e {} \; -print0)
  while IFS= read -r -d '' path; do
    case $(readlink -- "$path") in
      /*) finding absolute-link "$path" "to $(readlink -- "$path")" ;;
    esac
    case $(readlink -f -- "$path") in
      "$DIST"/*) ;;
      *) finding escaping-link "$path" "to $(readlink -f -- "$path")" ;;
    esac
  done < <(find "$DIST" -type l -print0)
}

# Checks that the program has full RELRO, BIND_NOW, PIE and NX, and no TEXTREL.
check_hardening() {
  local facts
  facts=$(LC_ALL=C readelf -Whld "$BINARY" 2>/dev/null) || finding not-elf "$BINARY" "readelf cannot read it"
  grep -q 'Type: *DYN' <<<"$facts" || finding no-pie "$BINARY" "the program is not position-independent"
  grep -q 'GNU_RELRO' <<<"$facts" || finding no-relro "$BINARY" "the program has no GNU_RELRO segment"
  grep -Eq '\(FLAGS(_1)?\).*(BIND_)?NOW' <<<"$facts" || finding no-bind-now "$BINARY" "symbols are bound lazily"
  if grep -q 'TEXTREL' <<<"$facts"; then finding textrel "$BINARY" "the code has relocations"; fi
  if grep -Eq 'GNU_STACK.*E ' <<<"$facts" || ! grep -q GNU_STACK <<<"$facts"; then
    finding executable-stack "$BINARY" "the stack is executable"
  fi
}

check_elf_files() {
  local root=$1 path magic
  local secrets=("$root" "${CARGO_HOME:-$HOME/.cargo}")
  while IFS= read -r -d '' path; do
    magic=
    IFS= read -r -n 4 magic <"$path" || true # a shorter file is not an ELF file
    if [ "$magic" = $'\x7fELF' ]; then
      check_dynamic "$path"
      check_paths "$path" "${secrets[@]}"
    fi
  done < <(find "$DIST" -type f -print0)
  check_loaded
}

# Checks the search paths of one file, and that each library it needs is glibc's or in the dist.
check_dynamic() {
  local path=$1 dynamic value
  dynamic=$(LC_ALL=C readelf -Wd "$path")
  while IFS= read -r value; do
    finding runpath-not-rpath "$path" "$value"
  done < <(sed -n 's/.*(RUNPATH).*\[\(.*\)\]$/\1/p' <<<"$dynamic")
  if [ "$path" = "$BINARY" ] && ! grep -q '(RPATH)' <<<"$dynamic"; then
    finding no-rpath "$path" "wanted RPATH [$CONTRACT]"
  fi
  while IFS= read -r value; do
    check_search_path "$path" "$value"
  done < <(sed -n 's/.*(RPATH).*\[\(.*\)\]$/\1/p' <<<"$dynamic")
  while IFS= read -r value; do
    is_glibc "$value" || [ -e "$LIBRARIES/$value" ] || finding foreign-needed "$path" "$value"
  done < <(sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' <<<"$dynamic")
}

# The program has the contract's search path to the letter; that of any other file has to lead to the same folder.
check_search_path() {
  local path=$1 value=$2 led
  case $value in
    /*) finding absolute-rpath "$path" "$value" ;;
    "$CONTRACT") ;;
    "\$ORIGIN/"*)
      led=$(readlink -m -- "${path%/*}/${value#*/}")
      if [ "$path" = "$BINARY" ] || [ "$led" != "$LIBRARIES" ]; then finding foreign-rpath "$path" "$value"; fi
      ;;
    *) finding foreign-rpath "$path" "$value" ;;
  esac
}

check_paths() {
  local path=$1 secret
  shift
  for secret in "$@"; do
    if LC_ALL=C grep -qaF -- "$secret/" "$path"; then
      finding build-path "$path" "names $secret (strings \"$path\" | grep -F \"$secret/\")"
    fi
  done
}

# Checks where the loader of this machine finds the libraries of the program.
check_loaded() {
  local line file
  while IFS= read -r line; do
    file=${line##*=> }
    file=${file% (0x*}
    case $line in
      *'not found'*) finding not-found "$BINARY" "$line" ;;
      *'=>'*)
        case $file in
          "$DIST"/*) ;;
          *) is_glibc "${file##*/}" || finding foreign-object "$BINARY" "$file" ;;
        esac
        ;;
    esac
  done < <(ldd "$BINARY" 2>&1)
}

main "$@"
