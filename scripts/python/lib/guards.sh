# What every script of this folder needs before it starts: the pin, a clean environment, and being the only one at work.
# Sourced after ../../lib/common.sh.
# shellcheck shell=bash

# Nothing of the caller's Python or uv may steer ours; network settings (proxies, mirrors, certificates) stay.
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONPLATLIBDIR PYTHONWARNINGS PYTHONINSPECT PYTHONOPTIMIZE LD_LIBRARY_PATH
unset VIRTUAL_ENV UV_PROJECT UV_WORKING_DIR UV_PYTHON UV_PYTHON_INSTALL_DIR UV_NO_MANAGED_PYTHON UV_MANAGED_PYTHON UV_PYTHON_PREFERENCE

# The exact version that `.python-version` pins.
read_pin() {
  local file=$1/.python-version pin=
  read -r pin <"$file" || true # a last line may lack its end; what was read is judged below
  case $pin in
    3.[0-9]*.[0-9]*) printf '%s\n' "$pin" ;;
    *) die "\`$file\` pins no version" "wanted X.Y.Z, found \`$pin\`" ;;
  esac
}

# hold_lock FILE WHO: one at a time, until this process ends however it ends (the kernel lets go, so no lock is ever stale).
hold_lock() {
  local file=$1 who=$2
  exec 9>"$file"
  if lock_fd_9 nowait; then return; fi
  warn "$who is at work, waiting for it"
  lock_fd_9 wait || die "cannot lock \`$file\`"
}

# flock(1) where there is one, and perl on macOS; both lock what descriptor 9 stands for.
lock_fd_9() {
  local how=$1
  if command -v flock >/dev/null 2>&1; then
    if [ "$how" = nowait ]; then flock -n 9; else flock 9; fi
  else
    # shellcheck disable=SC2016 # perl's variables
    perl -MFcntl=:flock -e 'open(my $f, ">&=", 9) or exit 2; exit(flock($f, LOCK_EX | ($ARGV[0] eq "nowait" ? LOCK_NB : 0)) ? 0 : 1)' "$how"
  fi
}
