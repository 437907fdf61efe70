#!/usr/bin/env bash
# Makes the PE files of this folder, each with one thing that `verify` finds. The tests only read them.
# Requires: zig 0.17.1, which `python3 -m pip install ziglang==0.17.1` brings. Usage: ./make.sh
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

main() {
  local work
  work=$(mktemp -d)
  compile x86_64 "$work/library" 'int answer(void) { return 42; } int start(void) { return 1; }'
  compile x86 "$work/narrow" 'int answer(void) { return 42; } int start(void) { return 1; }'
  compile x86_64 "$work/forward" 'int start(void) { return 1; }'
  compile x86_64 "$work/program" 'int answer(void); int start(void) { return answer(); }'
  compile x86_64 "$work/delayed" 'int answer(void); void *__delayLoadHelper2(void *a, void *b) { return 0; } int start(void) { return answer(); }'
  importing "$work/strange" strange.dll
  importing "$work/absolute" 'C:\Python313\python313.dll'

  # Without a finding: the names are those of a dist, the content is not.
  link python313.dll /dll /export:answer "$work/library.obj" "/implib:$work/python313.lib"
  link python3.dll /dll /export:answer=python313.answer "$work/forward.obj" "/implib:$work/python3.lib"
  link program.exe "$work/program.obj" "$work/python313.lib"
  link guarded.exe "$work/program.obj" "$work/python313.lib" /guard:cf

  link database.exe "$work/program.obj" "$work/python313.lib" /debug '/pdbaltpath:D:\build\program.pdb' "/pdb:$work/program.pdb"
  link delayed.exe "$work/delayed.obj" "$work/strange.lib" /delayload:strange.dll
  link nowhere.exe "$work/program.obj" "$work/strange.lib"
  link absolute.exe "$work/program.obj" "$work/absolute.lib"
  link fixed.exe "$work/library.obj" /dynamicbase:no /fixed
  link executable-stack.exe "$work/library.obj" /nxcompat:no
  link narrow.dll /dll /export:answer /safeseh:no "$work/narrow.obj" "/implib:$work/narrow.lib"
  chmod 644 ./*.exe ./*.dll
  rm -r -- "$work"
}

# compile ARCHITECTURE NAME TEXT
compile() {
  printf '%s\n' "$3" >"$2.c"
  python3 -m ziglang cc -target "$1-windows-msvc" -c -Os "$2.c" -o "$2.obj"
}

# link FILE ARGUMENT…: by LLVM's linker, which takes the arguments of Microsoft's.
link() {
  local out=$1
  shift
  python3 -m ziglang lld-link /nologo /Brepro /subsystem:console /entry:start /nodefaultlib "/out:$out" "$@"
}

# importing NAME LIBRARY: makes an import library for a DLL of that name.
importing() {
  printf 'LIBRARY "%s"\nEXPORTS\nanswer\n' "$2" >"$1.def"
  python3 -m ziglang dlltool -m i386:x86-64 -d "$1.def" -l "$1.lib"
}

main "$@"
