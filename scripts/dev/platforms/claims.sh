#!/bin/sh
# Tries one claim about a dist in another root: linux.sh runs this there, by the root's own /bin/sh. Prints what it saw; exits 0
# when the claim holds. Usage: claims.sh CLAIM LAUNCHER
# POSIX only, and no tool but those of a minimal system: busybox has to run it.
set -eu

readonly DECOY=/opt/wrong SMOKED='smoke-python: ok '

claim=$1 app=$2
dist=${app%/*}
runtime=$dist/python/runtime

main() {
  case $claim in
    starts | busybox-sh | noexec-tmp) all ;;
    no-os-release) rm -f /etc/os-release /usr/lib/os-release && all ;;
    read-only) read_only ;;
    no-home) no_home ;;
    wrong-python) wrong_python ;;
    real-wrong-python) real_wrong_python ;;
    decoy-libpython) decoy_libpython ;;
    programs) programs ;;
    needs-proc) refuses '/proc is not mounted' ;;
    needs-glibc) below_the_floor ;;
    needs-terminfo) terminfo ;;
    needs-certificates) certificates ;;
    needs-shm) shared_memory ;;
    *) fail "no claim is called \`$claim\`" ;;
  esac
}

fail() {
  printf 'claim %s: %s\n' "$claim" "$1" >&2
  exit 1
}

# The smoke, the sums and a program, by the launcher and by the program itself.
all() {
  found=$("$app" --smoke-python)
  printf '%s\n' "$found"
  case $found in "$SMOKED"*) ;; *) fail 'the smoke gives another answer' ;; esac
  "$app" --verify
  for program in "$app" "$dist/bin/${app##*/}-bin"; do
    runs "$program"
  done
}

# runs PROGRAM: the Python and its child are those of the dist. A child obeys the user's PYTHONPATH, as any Python does.
runs() {
  found=$("$1" -c 'import os, subprocess, sys
os.environ.pop("PYTHONPATH", None)
print(sys.prefix)
print(subprocess.check_output([sys.executable, "-c", "import sys; print(sys.prefix)"], text=True), end="")')
  if [ "$found" != "$runtime
$runtime" ]; then fail "\`$1\` runs the Python in: $found"; fi
}

read_only() {
  if (: >/probe) 2>/dev/null; then fail 'the root can be written to'; fi
  all
}

# A user whom the system does not know: no line in /etc/passwd, no HOME.
no_home() {
  unset HOME
  if [ "$(id -u)" = 0 ]; then fail 'wanted a user who is not root'; fi
  all
}

# A Python on PATH that ends with 99, and a standard library by PYTHONHOME and PYTHONPATH that does.
wrong_python() {
  mkdir -p "$DECOY/bin" "$DECOY/lib/python3.13/encodings"
  printf '#!/bin/sh\nexit 99\n' >"$DECOY/bin/python3"
  chmod 755 "$DECOY/bin/python3"
  printf 'raise SystemExit("a wrong standard library")\n' >"$DECOY/lib/python3.13/encodings/__init__.py"
  cp "$DECOY/lib/python3.13/encodings/__init__.py" "$DECOY/lib/python3.13/site.py"
  PATH=$DECOY/bin:$PATH PYTHONHOME=$DECOY PYTHONPATH=$DECOY/lib/python3.13
  export PATH PYTHONHOME PYTHONPATH
  # A Python that obeys the environment shows that the decoys are in its way.
  if "$runtime/bin/python3" -c pass 2>/dev/null || python3 -c pass; then fail 'the decoys do not take effect'; fi
  all
}

# The distribution's Python, of another series, with its home in the environment.
real_wrong_python() {
  wrong=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  printf 'the Python on PATH is %s\n' "$wrong"
  PYTHONHOME=/usr PYTHONPATH=/usr/lib/python$wrong
  export PYTHONHOME PYTHONPATH
  python3 -c pass || fail 'the Python of the system does not run'
  all
}

# A library of that name which ends the process with 99, where the loader of the system finds it.
decoy_libpython() {
  for library in "$runtime"/lib/libpython3.*.so.1.0; do name=${library##*/}; done
  cp /tmp/decoy.so "/usr/lib/$name"
  /sbin/ldconfig
  status=0
  LD_PRELOAD=$name /bin/true || status=$?
  if [ "$status" != 99 ]; then fail "the loader does not find the decoy: the status is $status"; fi
  LD_LIBRARY_PATH=/usr/lib
  export LD_LIBRARY_PATH
  all
}

# Each program ends with 0, and its last line is its name.
programs() {
  count=0
  for program in /tmp/programs/*.py; do
    found=$("$app" "$program") || fail "\`${program##*/}\` fails"
    case $found in *"ok ${program##*/}") ;; *) fail "\`${program##*/}\` prints: $found" ;; esac
    count=$((count + 1))
  done
  printf '%s programs\n' "$count"
  if [ "$count" -lt 10 ]; then fail 'wanted ten programs'; fi
}

# refuses TEXT: the launcher ends with 1, and the reason.
refuses() {
  status=0
  found=$("$app" --version 2>&1) || status=$?
  printf '%s\n' "$found"
  if [ "$status" = 0 ]; then fail 'it starts'; fi
  case $found in *"$1"*) ;; *) fail "wanted an error with: $1" ;; esac
}

# An old glibc: the loader refuses the program, and `--verify` says it in one line.
below_the_floor() {
  refuses 'GLIBC_'
  status=0
  found=$("$app" --verify 2>&1) || status=$?
  printf '%s\n' "$found"
  if [ "$status" = 0 ]; then fail '--verify is content'; fi
  case $found in *'needs glibc '*) ;; *) fail '--verify does not name the glibc that is needed' ;; esac
}

terminfo() {
  "$app" -c 'import curses; curses.setupterm("xterm", 1)' || fail 'curses does not find the terminfo of this system'
  rm -rf /usr/share/terminfo /lib/terminfo /etc/terminfo /usr/lib/terminfo
  if "$app" -c 'import curses; curses.setupterm("xterm", 1)' 2>/dev/null; then fail 'curses needs no terminfo'; fi
  "$app" --smoke-python
}

certificates() {
  count='import ssl; print(len(ssl.create_default_context().get_ca_certs()))'
  found=$("$app" -c "$count")
  printf 'certificates: %s\n' "$found"
  if [ "$found" -lt 50 ]; then fail 'the bundle of this system is not found'; fi
  rm -rf /etc/ssl/certs
  found=$("$app" -c "$count")
  if [ "$found" != 0 ]; then fail "without a bundle there are $found certificates"; fi
  "$app" --smoke-python
}

# Locks of multiprocessing are in /dev/shm; all else does without.
shared_memory() {
  "$app" -c 'import multiprocessing; multiprocessing.Lock()' || fail 'multiprocessing.Lock fails with /dev/shm'
  umount /dev/shm
  rmdir /dev/shm
  if "$app" -c 'import multiprocessing; multiprocessing.Lock()' 2>/dev/null; then fail 'multiprocessing.Lock needs no /dev/shm'; fi
  all
}

main
