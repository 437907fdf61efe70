# The rows that the scripts of platforms/ print and platforms.sh collects: a claim, what was done for it, how, with which versions.
# Sourced after ../../lib/common.sh.
# shellcheck shell=bash

failed_rows=''

# row ID run|linked|inspected|left-out|failed HOW-OR-WHY VERSIONS
row() {
  printf '%s\t%s\t%s\t%s\n' "$@"
}

# try PROOF ID HOW VERSIONS COMMAND…: runs a command and prints the row of its claim; the output is shown when it fails.
# Without VERSIONS, they are what follows the first blank in the last line of the output: `ok VERSIONS`.
try() {
  local proof=$1 id=$2 how=$3 versions=$4 output
  shift 4
  # The script's scratch folders stay when the subshell ends, in which `run_job` sets a trap.
  # shellcheck disable=SC2034  # make_scratch's
  if output=$(scratch_folders=() && "$@" 2>&1); then
    row "$id" "$proof" "$how" "${versions:-$(printf '%s\n' "$output" | sed -n '$s/^[^ ]* //p')}"
    return
  fi
  printf '%s\n' "$output" | tail -n 20 >&2
  row "$id" failed "$how" "${versions:--}"
  failed_rows="$failed_rows $id"
}

# finish_rows: fails if a claim has.
finish_rows() {
  if [ -n "$failed_rows" ]; then die "claims fail:$failed_rows" "the output of each is above" "$(quoted "$0")"; fi
}
