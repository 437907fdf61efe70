#!/bin/sh
# Starts @NAME@ with the Python of this folder, wherever the folder is and whatever the environment says.
# POSIX sh; uses no tool but readlink, and @SUM@ for --verify. The program also works without the launcher.
set -eu

fail() {
  printf 'error: %s\n  %s\n' "$1" "$2" >&2
  [ -z "$3" ] || printf 'hint: %s\n' "$3" >&2
  exit 1
}

# Tells whether a text has characters that a terminal obeys or does not show: controls, marks that turn the direction of
# the text, characters without a width. Not every shell knows UTF-8, so they are compared as bytes.
misleads() {
  LC_ALL=C
  for bytes in '[[:cntrl:]]' '\0302[\0200-\0237\0255]' '\0330\0234' '\0342\0200' '\0342\0201' '\0357\0273\0277' \
    '\0357\0277[\0271-\0273]' '\0363\0240'; do
    bytes=$(printf %b "$bytes")
    # shellcheck disable=SC2254  # a pattern
    case $1 in
      *$bytes*) return 0 ;;
    esac
  done
  return 1
}

start() {
  # The loader opens these files before the program runs.
  for file in '@BINARY@' @NEEDED@; do
    if [ ! -f "$here/$file" ]; then
      place=$here/$file hint="'$here/@NAME@' --verify"
      case $here in
        *\'*) hint='' ;;
      esac
      if misleads "$here"; then place=$file hint=''; fi
      fail "\`$place\` is missing" 'this folder is not whole: its archive has to be unpacked again' "$hint"
    fi
  done
  PYTHONHOME=$here/@RUNTIME@
  PYTHONNOUSERSITE=1
  export PYTHONHOME PYTHONNOUSERSITE
  exec "$here/@BINARY@" "$@"
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
# `$(cd … && pwd)` would be another process, a good part of what a start costs. The program finds its real path itself.
here=${self%/*}
case $here in
  /* | '') ;;
  *) here=$PWD/$here ;;
esac

#@linux
if [ ! -e /proc/self/exe ]; then
  fail '/proc is not mounted' 'the loader finds the libraries of this program through it' 'mount -t proc proc /proc'
fi
#@end
case "${1-} ${2-}" in
  '--verify ') report=text ;;
  '--verify --json' | '--json --verify') report=json ;;
  *) start "$@" ;;
esac

# Only --verify gets here; a normal start does not read the rest of this file. The program reports damage itself, unless
# the damage keeps it from starting. The rest of this file looks for such damage.
shown='' json=''

# The files that the loader opens before the program runs, each with the sha256 that it was packed with.
files='
@START@
'

# Adds a finding as the program words it: id, path, reason.
differs() {
  shown="$shown$1: $2: $3
"
  json="$json${json:+,}
    {\"id\": \"$1\", \"path\": \"$2\", \"why\": \"$3\"}"
}

# The system's tools come first, whatever the environment says.
PATH=/usr/bin:/bin${PATH:+:$PATH}
if @SUM@ </dev/null >/dev/null 2>&1; then sums=yes; else
  sums=no
  printf 'note: @SUM@ was not found: the files that the program needs to start were not compared\n' >&2
fi
for entry in $files; do
  file=${entry#*:} packed=${entry%%:*}
  if [ ! -e "$here/$file" ]; then
    differs missing "$file" 'was packed and is not there'
  elif [ ! -f "$here/$file" ]; then
    differs altered "$file" 'is not a file any more'
  elif [ $sums = no ]; then
    :
  elif ! { found=$(@SUM@ <"$here/$file"); } 2>/dev/null; then
    differs unreadable-file "$file" 'cannot be read'
  elif [ "${found%% *}" != "$packed" ]; then
    differs altered "$file" "has sha256 ${found%% *}, packed as $packed"
  fi
done
for file in '@BIN@' '@BINARY@'; do
  [ ! -h "$here/$file" ] || differs altered "$file" 'is a link, packed as none'
done
if [ -f "$here/@BINARY@" ] && [ ! -x "$here/@BINARY@" ]; then
  differs wrong-mode '@BINARY@' 'cannot be executed, packed as 0755'
fi
#@linux
# The loader of an older glibc refuses the program with a line for each version that it does not know. A normal start does
# not look: that would take another process.
floor='@FLOOR@'
if [ -n "$floor" ] && found=$(getconf GNU_LIBC_VERSION 2>/dev/null); then
  found=${found#glibc } minor=${found#*.}
  if [ "${found%%.*}" = "${floor%%.*}" ] && [ "${minor%%.*}" -lt "${floor#*.}" ]; then
    differs glibc-floor '@BINARY@' "needs glibc $floor, this system has $found"
  fi
fi
# The loader prefers a library in this folder to the system's, and one in a subfolder such as `glibc-hwcaps` to both.
system='@SYSTEM@' folders='@FOLDERS@'
for file in $system; do
  [ ! -e "$here/@LIBRARIES@/$file" ] || differs extra "@LIBRARIES@/$file" 'is a file that was not packed'
done
for folder in "$here/@LIBRARIES@"/*/; do
  folder=${folder%/}
  folder=${folder##*/}
  case $folder in
    *[!A-Za-z0-9._+-]*) continue ;;
  esac
  case " $folders " in
    *" $folder "*) ;;
    *) differs extra "@LIBRARIES@/$folder" 'is a folder that was not packed' ;;
  esac
done
#@end

[ -n "$shown" ] || start "$@"
[ "$report" = text ] || printf '{\n  "findings": [%s\n  ],\n  "ok": false\n}\n' "$json"
printf '%snote: the program needs these to start, so nothing else was checked\n' "$shown" >&2
exit 1
