# Messages, guards and places that all scripts share. Sourced, never run; every decision is the caller's.
# Bash 3.2 is the floor (macOS), so no associative arrays, no `mapfile`, no `${x,,}`.
# shellcheck shell=bash

# The checkout, links resolved: scripts/lib/common.sh is two folders below it.
repo_root() {
  cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." >/dev/null && pwd -P
}

# Where cargo puts its output; a relative CARGO_TARGET_DIR counts from where cargo runs, which here is the checkout.
target_dir() {
  local root=$1 dir=${CARGO_TARGET_DIR:-target}
  case $dir in
    /*) printf '%s\n' "$dir" ;;
    *) printf '%s\n' "$root/$dir" ;;
  esac
}

# say TEXT: prints progress to a terminal, and nothing into a pipe.
say() {
  if [ -t 2 ]; then printf '%s\n' "$*" >&2; fi
}

# Prints `--quiet` where `say` prints nothing: `cargo build $(quiet_in_a_pipe)`.
quiet_in_a_pipe() {
  if [ ! -t 2 ]; then printf '%s\n' --quiet; fi
}

warn() {
  printf 'warning: %s\n' "$*" >&2
}

# left_out WHAT: warns that this run goes on without something. test.sh lists these warnings at its end.
left_out() {
  warn "$*"
  if [ -n "${LEFT_OUT_LIST:-}" ]; then printf '%s\n' "$*" >>"$LEFT_OUT_LIST"; fi
}

# die WHAT [WHY [HINT]]: the three parts of an error; the hint is one command that can be run.
die() {
  fail_with 1 "$@"
}

# die_env WHAT [WHY [HINT]]: the same for a usage error or a machine that lacks something.
die_env() {
  fail_with 2 "$@"
}

fail_with() {
  local status=$1 what=$2 why=${3:-} hint=${4:-}
  printf 'error: %s\n' "$what" >&2
  if [ -n "$why" ]; then printf '  %s\n' "$why" >&2; fi
  if [ -n "$hint" ]; then printf 'hint: %s\n' "$hint" >&2; fi
  exit "$status"
}

# quoted TEXT: prints it as one word of a command line, for hints.
quoted() {
  printf '%q' "$1"
}

# need_cmd NAME [HINT]
need_cmd() {
  if ! command -v "$1" >/dev/null 2>&1; then
    die_env "\`$1\` is not on PATH" "${0##*/} cannot work without it" "${2:-}"
  fi
}

# make_scratch PREFIX [PARENT]: sets `scratch` to a new folder, which is removed when the script ends.
scratch_folders=()
make_scratch() {
  local parent=${2:-${TMPDIR:-/tmp}}
  scratch=$(mktemp -d "$parent/$1.XXXXXX") || die_env "cannot work in \`$parent\`" 'mktemp printed the line above' "TMPDIR=/tmp $(quoted "$0")"
  scratch_folders+=("$scratch")
  trap remove_scratch EXIT
}

# Removes every folder that `make_scratch` made. A folder without permissions cannot be emptied, so each gets them, before
# `find` enters it.
remove_scratch() {
  local folder status=0
  for folder in ${scratch_folders[@]+"${scratch_folders[@]}"}; do
    find "$folder" -type d ! -perm -u+rwx -exec chmod u+rwx {} \; 2>/dev/null || true # `rm` says what stays
    # A process that is about to end may add a file while `rm` empties its folder.
    rm -rf -- "$folder" 2>/dev/null || rm -rf -- "$folder" || status=$?
  done
  return "$status"
}

# Prints the comment block that opens a script: its purpose, requirements and usage.
usage_of() {
  sed -n -e '1d' -e '/^#/!q' -e 's/^# \{0,1\}//p' "$1"
}

# only_options KNOWN… -- ARGUMENT…: answers --help and refuses every argument that is not known.
only_options() {
  local known=" " argument why
  while [ "$1" != -- ]; do
    known="$known$1 "
    shift
  done
  shift
  why="${0##*/} knows only:${known% }"
  if [ "$known" = ' ' ]; then why="${0##*/} takes no arguments"; fi
  for argument in "$@"; do
    case $argument in
      -h | --help) usage_of "$0" && exit 0 ;;
    esac
    case $known in
      *" $argument "*) ;;
      *) die_env "unexpected argument \`$argument\`" "$why" "$(quoted "$0") --help" ;;
    esac
  done
}

# The name in Cargo.toml: the one place it is written.
package_name() {
  sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | head -n 1
}

# A dist must not depend on its builder's environment: variables that change the link or the interpreter are unset.
clean_build_env() {
  local name
  for name in RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CFLAGS; do
    if [ -n "${!name:-}" ]; then
      warn "\`$name\` is ignored: a dist is built with the flags of the checkout"
      unset "$name"
    fi
  done
  unset PYTHONHOME PYTHONPATH PYO3_PYTHON PYO3_CONFIG_FILE PYO3_NO_PYTHON PYO3_BUILD_EXTENSION_MODULE PYO3_PRINT_CONFIG
}

# is_glibc NAME: knows the sonames of glibc and its loader, which are all that a dist takes from the machine it runs on.
is_glibc() {
  case $1 in
    ld-linux-*.so.* | libanl.so.1 | libc.so.6 | libdl.so.2 | libm.so.6 | libmvec.so.1) ;;
    libnss_files.so.2 | libpthread.so.0 | libresolv.so.2 | librt.so.1 | libutil.so.1) ;;
    *) return 1 ;;
  esac
}
