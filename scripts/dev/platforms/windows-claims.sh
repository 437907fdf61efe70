#!/bin/sh
# Tries one claim about a dist for Windows: windows.sh runs this in a Debian that has Wine. Prints what it saw; exits 0 when the claim
# holds. Usage: windows-claims.sh CLAIM DIST NAME     (DIST: a folder that may be written to)
set -eu

claim=$1 dist=$2 name=$3
work=${dist%/*}
program=$dist/bin/$name-bin.exe

main() {
  case $claim in
    smoke) smoke ;;
    command) command_lines ;;
    pipes) pipes ;;
    statuses) statuses ;;
    modules) modules ;;
    children) children ;;
    venv) venv ;;
    launcher) launcher ;;
    missing-library) missing_library ;;
    slim) slim ;;
    verify) verify ;;
    session) session ;;
    console) console ;;
    *) fail "no claim is called \`$claim\`" ;;
  esac
}

fail() {
  printf 'claim %s: %s\n' "$claim" "$1" >&2
  exit 1
}

# app ARGUMENT…: runs the program, and prints its lines as this system ends them.
app() {
  status=0
  wine "$program" "$@" >"$work/out" 2>"$work/err" || status=$?
  tr -d '\r' <"$work/out"
  if [ "$status" != 0 ]; then tr -d '\r' <"$work/err" >&2; fi
  return "$status"
}

# prints WANTED ARGUMENT…
prints() {
  wanted=$1
  shift
  found=$(app "$@") || fail "\`$*\` ends with $?"
  if [ "$found" != "$wanted" ]; then fail "\`$*\` prints \`$found\`, wanted \`$wanted\`"; fi
}

# ends STATUS ARGUMENT…
ends() {
  wanted=$1 status=0
  shift
  app "$@" >/dev/null 2>&1 || status=$?
  if [ "$status" != "$wanted" ]; then fail "\`$*\` ends with $status, wanted $wanted"; fi
}

# script TEXT: writes a program, and prints its place as Windows has it.
script() {
  printf '%s\n' "$1" >"$work/script é.py"
  printf '%s\n' "Z:$work/script é.py"
}

# The check of the program itself looks at every module that the running process has mapped.
smoke() {
  found=$(app --smoke-python)
  printf '%s\n' "$found"
  case $found in 'smoke-python: ok '*) ;; *) fail 'the smoke gives another answer' ;; esac
  wine "$program" --verify
}

command_lines() {
  prints 42 -c 'print(6 * 7)'
  prints "['a b', '', '\\xe9']" -c 'import sys; print(ascii(sys.argv[1:]))' 'a b' '' é
  prints 'runs Z' "$(script 'import sys; print("runs", __file__[0])')"
  prints 'True True' -c 'import os, sys; home = os.path.dirname(sys.executable); print(home == sys.prefix, os.path.exists(sys.executable))'
  prints '[]' -c 'import os, sys; print([n for n in sys.path if n and not os.path.normcase(n).startswith(os.path.normcase(os.path.dirname(os.path.dirname(sys.prefix))))])'
}

pipes() {
  found=$(printf 'abc\n' | wine "$program" -c 'print(input() * 2)' | tr -d '\r')
  [ "$found" = abcabc ] || fail "a pipe in and out gives \`$found\`"
  found=$(printf 'print(1 + 1)\n' | wine "$program" - | tr -d '\r')
  [ "$found" = 2 ] || fail "a program from a pipe gives \`$found\`"
}

statuses() {
  ends 0 -c pass
  ends 1 -c 'raise ValueError'
  ends 7 -c 'import sys; sys.exit(7)'
  ends 2 --no-such-option
  ends 1 "$(script 'raise SystemExit("text")')"
}

modules() {
  prints '[(1,)] 42 True True' -c 'import ssl, sqlite3, ctypes, lzma, bz2, zlib, decimal, asyncio, hashlib, uuid, xml.etree.ElementTree as tree
rows = sqlite3.connect(":memory:").execute("select 1").fetchall()
packed = all(m.decompress(m.compress(b"x" * 999)) == b"x" * 999 for m in (lzma, bz2, zlib))
print(rows, ctypes.c_int(42).value, packed, ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED)'
}

children() {
  prints "b'42\\r\\n' True" -c 'import subprocess, sys, os
print(subprocess.run([sys.executable, "-c", "print(42)"], capture_output=True, check=True).stdout, "PYTHONHOME" not in os.environ)'
  prints '[0, 1, 4, 9, 16]' "$(script 'import multiprocessing
def square(number):
    return number * number
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(pool.map(square, range(5)))')"
}

venv() {
  rm -rf "$work/environment"
  app -m venv "Z:$work/environment"
  python="$work/environment/Scripts/python.exe"
  wine "$python" -m pip --version
  wheel=$(find "$dist/python/runtime/Lib/ensurepip/_bundled" -name 'pip-*.whl')
  wine "$python" -m pip install --quiet --disable-pip-version-check --no-index --force-reinstall "Z:$wheel"
  wine "$work/environment/Scripts/pip.exe" --version
}

launcher() {
  found=$(wine "$dist/$name.cmd" -c 'import sys; print(sys.argv[1:], "PYTHONHOME" in __import__("os").environ)' 'a b' 100% | tr -d '\r')
  [ "$found" = "['a b', '100%'] False" ] || fail "the launcher's program prints \`$found\`"
  status=0
  wine "$dist/$name.cmd" -c 'import sys; sys.exit(7)' || status=$?
  [ "$status" = 7 ] || fail "the launcher ends with $status"
}

missing_library() {
  library=$(basename "$dist"/bin/python3[0-9]*.dll)
  mv "$dist/bin/$library" "$work/"
  status=0
  found=$(wine "$dist/$name.cmd" -c pass 2>&1 | tr -d '\r')
  wine "$program" -c pass >/dev/null 2>&1 || status=$?
  mv "$work/$library" "$dist/bin/"
  case $found in *"bin\\$library\" is missing"*) ;; *) fail "the launcher says \`$found\`" ;; esac
  [ "$status" != 0 ] || fail "the program starts without \`$library\`, from wherever it has one"
}

slim() {
  smoke
  modules
}

verify() {
  # Wine's server ends after the last program. One that starts in this moment would lose it ("wine client error"), so the server stays.
  # It takes a folder that is there, which the first program would make.
  mkdir -p "$HOME/.wine"
  wineserver -p
  wine "$program" --verify
  printf '#' >>"$dist/python/runtime/Lib/os.py"
  status=0
  found=$(wine "$program" --verify 2>&1 | tr -d '\r')
  wine "$program" --verify >/dev/null 2>&1 || status=$?
  truncate -s -1 "$dist/python/runtime/Lib/os.py"
  case $found in *'altered: python/runtime/Lib/os.py'*) ;; *) fail "a damaged file gives \`$found\`" ;; esac
  [ "$status" = 1 ] || fail "--verify of a damaged dist ends with $status"
  wine "$program" --verify
}

session() {
  found=$(printf '1 + 1\nexit()\n' | wine "$program" -i -q 2>/dev/null | tr -d '\r')
  case $found in *2*) ;; *) fail "an interactive session in a pipe prints \`$found\`" ;; esac
}

# On a pseudo-terminal, for which Wine has a console. Ctrl-C is not pressed at the prompt: Wine's console, in the raw mode of an editor,
# takes its byte for the end of all input.
console() {
  screen=$work/screen status=0
  mkdir -p /dev/pts
  mount -t devpts -o ptmxmode=0666 devpts /dev/pts
  : >"$screen"
  type_in | TERM=xterm command script --quiet --flush --return --command "wine '$program'" "$screen" >/dev/null 2>&1 || status=$?
  if [ "$status" != 5 ]; then fail "the session ends with $status, wanted 5; its screen: $(tr -d '\033' <"$screen" | tail -c 2000)"; fi
}

type_in() {
  shows 'Ctrl-D to leave'
  printf '6 * 7\r'
  shows 42
  printf '!echo shell in %%SystemRoot%%\r'
  shows 'shell in C:'
  printf 'import time; print(7 * 7); time.sleep(600)\r'
  shows 49
  printf '\003'
  shows KeyboardInterrupt
  printf '/quit 5\r'
  # The end of the input would be typed as well.
  while pgrep wineserver >/dev/null 2>&1 && [ "$tries" -gt 0 ]; do tries=$((tries - 1)) && sleep 0.2; done
}

# shows TEXT: waits until it is on the screen.
shows() {
  tries=300
  until grep -aq "$1" "$screen"; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then fail "no \`$1\` on the screen"; fi
    sleep 0.2
  done
}

main
