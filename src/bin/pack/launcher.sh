#!/bin/sh
# Starts @NAME@ with the Python that stands beside it, wherever this folder is and whatever the environment says.
# POSIX sh, no tool but readlink. The binary works without this file too.
set -eu

fail() {
  printf 'error: %s\n  %s\nhint: %s\n' "$1" "$2" "$3" >&2
  exit 1
}

# Links to the launcher are followed, so it can be linked into a folder of PATH.
self=$0
case $self in
  */*) ;;
  *) self=./$self ;;
esac
while [ -h "$self" ]; do
  target=$(readlink -- "$self")
  case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
  esac
done
# No `$(cd … && pwd)`: a process more is a good part of what starting costs. The binary finds its real place itself.
here=${self%/*}
case $here in
  /* | '') ;;
  *) here=$PWD/$here ;;
esac

if [ ! -e /proc/self/exe ]; then
  fail '/proc is not mounted' 'the loader finds the libraries of this program through it' 'mount -t proc proc /proc'
fi
for file in '@BINARY@' '@RUNTIME@/lib/@LIBPYTHON@' '@RUNTIME@/bin/python3'; do
  if [ ! -f "$here/$file" ]; then
    fail "\`$here/$file\` is missing" 'this folder is not whole' 'tar -xf <the archive this folder came from>'
  fi
done

PYTHONHOME=$here/@RUNTIME@
PYTHONNOUSERSITE=1
export PYTHONHOME PYTHONNOUSERSITE
exec "$here/@BINARY@" "$@"
