#!/usr/bin/env bash
# Installs a release as a newcomer does: from a server on this machine, by the installer, into a new home. Starts what was
# installed from there, gives it a line to run at its prompt, and uninstalls it again.
# Requires: python3 (it serves the files), curl or wget. Usage: scripts/dist/try-release.sh FOLDER
#   FOLDER   what `cargo pack formats` has written
set -euo pipefail
# shellcheck source=scripts/lib/common.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib/common.sh"

main() {
  local release=${1:-} installer name url answer
  case $release in -*) only_options -- "$release" ;; esac
  if [ -d "$release" ]; then release=$(cd "$release" && pwd -P); fi
  installer=$(find "$release" -name '*-installer.sh' 2>/dev/null | head -n 1)
  if [ -z "$installer" ]; then die_env "\`$release\` has no installer" 'wanted a folder of a release' scripts/dist/release.sh; fi
  need_cmd python3 'sudo apt-get install -y python3'
  name=$(cd "$(repo_root)" && package_name)
  make_scratch try-release
  home="$scratch/a new home é"
  mkdir "$home"
  serve "$release"
  url=http://127.0.0.1:$port

  as_newcomer sh "$installer" --base-url "$url"
  as_newcomer "$home/.local/bin/$name" --verify
  as_newcomer "$home/.local/bin/$name" --smoke-python
  answer=$(printf 'print(6 * 7)\n' | as_newcomer "$home/.local/bin/$name" -q -i 2>&1)
  case $answer in
    *42*) ;;
    *) die "the prompt of \`$name\` does not answer" "wanted 42, found: $answer" "$(quoted "$0") $(quoted "$release")" ;;
  esac
  as_newcomer sh "$installer" --uninstall
  if [ -e "$home/.local/bin/$name" ]; then die "\`$name\` is still installed" 'wanted nothing of it after --uninstall'; fi
  printf 'ok %s\n' "${installer##*/}"
}

# serve FOLDER: sets `port`; the server ends with this script.
serve() {
  python3 -I - "$1" "$scratch/port" <<'PYTHON' &
import functools, http.server, os, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
http.server.SimpleHTTPRequestHandler.log_message = lambda *_: None
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
with open(sys.argv[2] + ".partial", "w") as file:
    file.write(str(server.server_port))
os.rename(sys.argv[2] + ".partial", sys.argv[2])
server.serve_forever()
PYTHON
  server=$!
  trap 'kill "$server" 2>/dev/null; remove_scratch' EXIT
  while [ ! -f "$scratch/port" ]; do
    if ! kill -0 "$server" 2>/dev/null; then die "\`$1\` cannot be served" 'python3 printed the lines above'; fi
    sleep 0.1
  done
  port=$(cat "$scratch/port")
}

# as_newcomer COMMAND…: with nothing of this environment but the folders of the system.
as_newcomer() {
  (cd "$home" && exec env -i HOME="$home" PATH=/usr/local/bin:/usr/bin:/bin TERM=dumb LANG=C.UTF-8 "$@")
}

main "$@"
