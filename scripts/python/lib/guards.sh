# Prepares each script of this folder: a clean environment, the pin, and a lock so that only one runs at a time.
# Sourced after ../../lib/common.sh.
# shellcheck shell=bash

# The caller's Python and uv must not steer the managed ones; network settings (proxies, mirrors, certificates) stay.
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONPLATLIBDIR PYTHONWARNINGS PYTHONINSPECT PYTHONOPTIMIZE LD_LIBRARY_PATH
unset VIRTUAL_ENV UV_PROJECT UV_WORKING_DIR UV_PYTHON UV_PYTHON_INSTALL_DIR UV_NO_MANAGED_PYTHON UV_MANAGED_PYTHON UV_PYTHON_PREFERENCE

# read_pin ROOT: prints the exact version that `.python-version` pins.
read_pin() {
  local file=$1/.python-version pin=
  read -r pin <"$file" || true # fails at a last line without its end; the text is checked below
  case $pin in
    3.[0-9]*.[0-9]*) printf '%s\n' "$pin" ;;
    *) die "\`$file\` does not pin a version" "wanted X.Y.Z, found \`$pin\`" "git checkout -- $(quoted "$file")" ;;
  esac
}

# hold_lock FILE WHO: waits for the lock and holds it until this process ends. The kernel releases it then in any case, so a
# lock is never stale.
hold_lock() {
  local file=$1 who=$2
  exec 9>"$file"
  if lock_fd_9 nowait; then return; fi
  warn "$who is running: waiting for its end"
  lock_fd_9 wait || die "cannot lock \`$file\`" 'the line above says why'
}

# Locks the file behind descriptor 9, by flock(1), or by perl on macOS, which has no flock(1).
lock_fd_9() {
  local how=$1
  if command -v flock >/dev/null 2>&1; then
    if [ "$how" = nowait ]; then flock -n 9; else flock 9; fi
  else
    # shellcheck disable=SC2016 # perl's variables
    perl -MFcntl=:flock -e 'open(my $f, ">&=", 9) or exit 2; exit(flock($f, LOCK_EX | ($ARGV[0] eq "nowait" ? LOCK_NB : 0)) ? 0 : 1)' "$how"
  fi
}
