#!/usr/bin/env bash
# Tries the archives in a container of another distribution, without network and without write access: every file is as it was
# packed, the Python in it works, and a program runs. Nothing of the image is used but its kernel's view and its glibc, so it
# needs neither a Python nor a shell.
# Requires: docker, tar; IMAGE, the name of the image. Usage: IMAGE=debian:12-slim scripts/dev/distro.sh FOLDER
#   FOLDER   what `cargo pack archive` has written
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local archives=${1:-} archive dist binary
  case $archives in -*) only_options -- "$archives" ;; esac
  if [ -z "${IMAGE:-}" ]; then die_env "\`IMAGE\` is empty" 'wanted the name of an image' "IMAGE=debian:12-slim $(quoted "$0") archives"; fi
  archive=$(find "$archives" -name '*.tar.gz' | head -n 1)
  if [ -z "$archive" ]; then die_env "\`$archives\` has no archive" 'wanted a .tar.gz in it' scripts/dist/package-all.sh; fi
  need_cmd docker 'sudo apt-get install -y docker.io'
  make_scratch distro
  mkdir "$scratch/moved disté"
  tar -xf "$archive" -C "$scratch/moved disté"
  dist=$(find "$scratch/moved disté" -mindepth 1 -maxdepth 1)
  binary=$(sed -n 's/^  "binary": "\(.*\)",$/\1/p' "$dist/metadata.json")
  run --verify
  run --smoke-python
  run -I -c 'import ssl, sqlite3, ctypes, json; print(ssl.OPENSSL_VERSION, sqlite3.sqlite_version)'
}

# run ARGUMENT…: runs the program in the image, as a user that the image does not know.
run() {
  docker run --rm --network none --read-only --user 12345:12345 --volume "$dist:/opt/moved disté:ro" \
    --entrypoint "/opt/moved disté/$binary" "$IMAGE" "$@"
}

main "$@"
