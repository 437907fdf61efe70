#!/usr/bin/env bash
# Writes down what each native file of a dist is linked against, as the tools of this system see it: `readelf -d` and `ldd` on
# Linux, `otool -L -l -D` on macOS. For people; `cargo pack verify` judges the same.
# Requires: readelf and ldd, or otool. Usage: scripts/dist/linkage-report.sh DIST FILE
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local dist=${1:-} report=${2:-} reader=(readelf -d)
  case $dist in -*) only_options -- "$dist" ;; esac
  if [ $# != 2 ] || [ ! -f "$dist/metadata.json" ]; then
    die_env "\`$dist\` is not a dist" 'wanted a dist and the file to write' "$(quoted "$0") dist linkage.txt"
  fi
  if [ "$(uname -s)" = Darwin ]; then reader=(otool -L -l -D); fi
  need_cmd "${reader[0]}" 'sudo apt-get install -y binutils'
  native_files "$dist" | while IFS= read -r file; do
    printf '== %s\n' "${file#"$dist/"}"
    LC_ALL=C "${reader[@]}" "$file"
    if [ "${reader[0]}" = readelf ]; then LC_ALL=C ldd "$file" || true; fi # some files are linked statically
  done >"$report.partial"
  if [ ! -s "$report.partial" ]; then die "\`$dist\` has no native file" 'wanted a program and libraries in it' scripts/dist/package-all.sh; fi
  mv -- "$report.partial" "$report"
}

native_files() {
  find "$1" -type f \( -path '*/bin/*' -o -name '*.so' -o -name '*.so.*' -o -name '*.dylib' \) | LC_ALL=C sort |
    while IFS= read -r file; do
      # The magic numbers of ELF, and of Mach-O for 64-bit and for several machines.
      case $(head -c 4 "$file" | od -An -tx1 | tr -d ' \n') in
        7f454c46 | cffaedfe | cafebabe) printf '%s\n' "$file" ;;
      esac
    done
}

main "$@"
