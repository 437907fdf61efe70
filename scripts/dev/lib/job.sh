# Runs a command that ends with the script, whatever ends that.
# Sourced after ../../lib/common.sh, whose `make_scratch` may have made folders that the command works in.
# shellcheck shell=bash

# run_job COMMAND…: runs a command without input, and returns its status. If a signal ends the script, the command is
# killed before the scratch folders are removed.
run_job() {
  # The trap comes first, so that no signal finds a command that runs without it.
  trap 'end_job; remove_scratch' EXIT
  # The command is in the background because a signal has to wait for one in the foreground. It is a job, which has a
  # process group of its own, because bash makes other background commands ignore SIGINT.
  set -m
  "$@" </dev/null &
  set +m
  wait "$!"
}

# Kills the command with all processes of its group, and waits for it.
end_job() {
  local group
  for group in $(jobs -p); do
    kill -KILL -- "-$group" 2>/dev/null || true # it may have ended
    wait "$group" 2>/dev/null || true # it was killed
  done
}
