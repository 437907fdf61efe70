# Passes this machine's network settings into another root system.
# Sourced by fresh-root.sh, which sets `system`, the folder of that system, and `settings`, variables for its programs. Runs
# as root in a mount namespace of its own.
# shellcheck shell=bash disable=SC2154  # `system` and `settings` are the caller's

# The home of root in the Debian that is made.
readonly GUEST_HOME=/root

bind_read_only() {
  mount --bind "$1" "$2"
  mount -o remount,bind,ro "$2"
}

# Passes in the files that say how this machine reaches the network, each to the same place.
network_files() {
  local file home=${HOME:-/root}
  for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt /etc/pip.conf /etc/uv/uv.toml; do pass_in "$file" "$file"; done
  for file in .pip/pip.conf .config/pip/pip.conf .config/uv/uv.toml; do pass_in "$home/$file" "$GUEST_HOME/$file"; done
  for file in config.toml config; do pass_in "${CARGO_HOME:-$home/.cargo}/$file" "$GUEST_HOME/.cargo/$file"; done
  for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
    if grep -qs Acquire "$file"; then pass_in "$file" "$file"; fi
  done
}

# Passes in the variables that say how this machine reaches the network, and the files and folders that they name.
network_variables() {
  local name
  for name in $(compgen -e); do
    case $name in
      # The run publishes nothing, so it gets none of the secrets for that. A cargo token is left out though a private
      # registry may ask for one to read: the same token publishes.
      UV_PUBLISH_* | *_TOKEN | *_SECRET_KEY | *_CREDENTIAL_PROVIDER*) continue ;;
      *_proxy | *_PROXY | PIP_* | UV_*) ;;
      CARGO_HTTP_* | CARGO_NET_* | CARGO_REGISTR* | CARGO_SOURCE_*) ;;
      SSL_CERT_* | *_CA_BUNDLE | *_CAINFO | *_CA_CERTS) ;;
      *) continue ;;
    esac
    settings+=("$name=${!name}")
    case ${!name} in /*) pass_in "${!name}" "${!name}" ;; esac
  done
}

# pass_in HERE THERE: copies a file, or mounts a folder that the system does not have.
# shellcheck disable=SC2016  # the shell inside expands them
pass_in() {
  local from=$1 to=$2 place
  if [ -f "$from" ]; then
    # The file can be in a folder that was mounted read-only.
    if in_system 'cmp -s -- - "$1"' "$to" <"$from"; then return; fi
    in_system 'mkdir -p -- "${1%/*}" && rm -f -- "$1" && cat >"$1"' "$to" <"$from"
  elif [ -d "$from" ] && ! in_system '[ -e "$1" ]' "$to"; then
    # `mount` follows links out of the system, so it gets the place without them.
    place=$(in_system 'mkdir -p -- "$1" && cd -P -- "$1" && pwd' "$to")
    bind_read_only "$from" "$system$place"
  fi
}

# in_system SCRIPT ARGUMENT: runs a script of sh in the system, where an absolute link leads into the system, not to this
# machine.
in_system() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /usr/sbin/chroot "$system" sh -c "$1" - "$2"
}
