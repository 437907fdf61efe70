#!/bin/sh
# Installs @APP@ @VERSION@ for the user who runs it: downloads and checks the archive, unpacks it into
# ~/.local/share/@APP@/@VERSION@, tries it there, and links ~/.local/bin/@PROGRAM@ to it. Uses no sudo and edits no file
# of a shell. If it is stopped, the version that was there goes on to work, and the next run cleans up.
# Requires: tar with gzip or zstd; curl or wget; sha256sum or shasum. Usage: sh @APP@-installer.sh --help
set -eu

app='@APP@' package='@PACKAGE@' program='@PROGRAM@' version='@VERSION@' base='@URL@'
# The program in the folder of a version, and the file that the link leads to.
binary='@BINARY@' start='@START@'
# A line for each archive: system, machine, oldest glibc or macOS, size in MB, sha256, name.
archives='@ARCHIVES@'

main() {
  action=install wanted=$version prefix='' quiet='' locked=''
  read_options "$@"
  find_places
  trap finish EXIT
  trap 'exit 130' HUP INT TERM
  case $action in
    install) install ;;
    rollback) rollback ;;
    uninstall) uninstall ;;
  esac
}

usage() {
  cat <<END
Installs $app $version.

Usage: sh $app-installer.sh [OPTIONS]

  --prefix DIR      Install into DIR/share/$app and DIR/bin
                    [default: ~/.local, with \$XDG_DATA_HOME in place of its share]
  --base-url URL    Download from https://…, file:///folder, or http:// on this machine
                    [default: $base]
  --version NUMBER  Go to another version that is still installed
  --rollback        Go back to the version before this one
  --uninstall       Remove what was installed; your own files stay
  --quiet           Print nothing but errors
  -h, --help        Print this help
END
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --prefix | --base-url | --version) [ -n "${2-}" ] || misuse "\`$1\` has no value" 'wanted one behind it' ;;
    esac
    case $1 in
      --prefix) prefix=${2%"${2##*[!/]}"} prefix=${prefix:-/.} && shift ;; # without the slashes at its end
      --base-url) base=${2%/} && shift ;;
      --version)
        wanted=$2 && shift
        case $wanted in
          */*) misuse "\`$wanted\` is not a version" "wanted one such as $version" ;;
        esac
        ;;
      --rollback | --uninstall) action=${1#--} ;;
      --quiet) quiet=yes ;;
      -h | --help) usage && exit 0 ;;
      *) misuse "unexpected argument \`$1\`" 'there is no such option' ;;
    esac
    shift
  done
}

find_places() {
  # A relative path in an XDG variable has to be ignored: https://specifications.freedesktop.org/basedir-spec/latest/
  case $prefix,${XDG_DATA_HOME-},${HOME-} in
    ,/*,/*) share=$XDG_DATA_HOME prefix=$HOME/.local ;;
    ,*,/*) share=$HOME/.local/share prefix=$HOME/.local ;;
    ,*) misuse "\`HOME\` does not name a folder" "wanted a path that starts with \`/\`, or \`--prefix DIR\`" ;;
    /*) share=$prefix/share ;;
    *) share=$PWD/$prefix/share prefix=$PWD/$prefix ;;
  esac
  bin=$prefix/bin root=$share/$app
  link=$bin/$program previous=$root/previous lock=$root/.lock work=$root/.partial
}

install() {
  if [ "$wanted" = "$version" ]; then find_archive; fi
  take_lock
  refuse_other_link
  if [ "$wanted" != "$version" ]; then
    is_ours "$root/$wanted" || misuse "$app $wanted is not installed" "this is the installer of $version alone"
  elif [ -e "$root/$version" ] && ! is_ours "$root/$version"; then
    fail 1 "\`$root/$version\` is not a version of $app" 'it stays; wanted no such folder' "ls -la $(quoted "$root/$version")"
  elif ! { is_ours "$root/$version" && works "$root/$version"; }; then
    download
    works "$dist" || fail 1 "$app $version does not work on this system" "$said"
    # What may be there already has just failed the same check.
    if [ -e "$root/$version" ]; then said=$(mv "$root/$version" "$work/old" 2>&1) || unwritten "$root" "$said"; fi
    said=$(mv "$dist" "$root/$version" 2>&1) || unwritten "$root" "$said"
  fi
  if [ "$wanted" != "$current" ] && is_ours "$root/$current"; then lead "$previous" "$current"; fi
  lead "$link" "$wanted"
  before=$(version_of "$previous")
  for folder in "$root"/*/; do
    case $folder in
      "$root/$wanted/" | "$root/$before/") ;;
      *) is_in_use "$folder" || remove "$folder" ;;
    esac
  done
  say "installed $app $wanted: $link"
  help_with_path
}

rollback() {
  take_lock
  refuse_other_link
  wanted=$(version_of "$previous")
  if [ "$wanted" = "$current" ] || ! is_ours "$root/$wanted"; then
    fail 1 "there is no version of $app to go back to" "wanted two versions in \`$root\`, found ${current:-none}"
  fi
  lead "$link" "$wanted"
  if is_ours "$root/$current"; then lead "$previous" "$current"; fi
  say "back at $app $wanted: $link"
}

uninstall() {
  take_lock
  [ -z "$current" ] || rm -f "$link"
  for folder in "$root"/*/; do remove "$folder"; done
  rm -f "$previous" "$root/.previous.new" "$bin/.$program.new"
  finish
  [ ! -d "$root" ] || say "\`$root\` has other files, and stays"
  say "$app is not installed any more"
  for place in "${XDG_CONFIG_HOME:-${HOME-}/.config}" "${XDG_STATE_HOME:-${HOME-}/.local/state}" "${XDG_DATA_HOME:-${HOME-}/.local/share}"; do
    [ ! -e "$place/$package" ] || say "your own files stay: $place/$package"
  done
}

# A link to elsewhere, or a file, is somebody else's. Also tells before a download whether a link can be made.
refuse_other_link() {
  if [ -z "$current" ] && { [ -e "$link" ] || [ -h "$link" ]; }; then
    fail 1 "\`$link\` is not a link of this installer" "wanted no file there, or a link into \`$root\`" "ls -l $(quoted "$link")"
  fi
  if ! said=$(mkdir -p "$bin" 2>&1) || [ ! -w "$bin" ]; then unwritten "$bin" "$said"; fi
}

# Finds the archive for this system. What would fail after a download is refused here.
find_archive() {
  case $base in
    http://*@*) misuse "\`$base\` is not a place to download from" 'wanted an address without @' ;;
    https://?* | file:///?* | http://127.0.0.1 | http://127.0.0.1[:/]* | http://localhost | http://localhost[:/]*) ;;
    *) misuse "\`$base\` is not a place to download from" 'wanted https://, file:///, or http:// with localhost' ;;
  esac
  has tar || lacks tar
  if has sha256sum; then sha=sha256sum; elif has shasum; then sha='shasum -a 256'; else lacks sha256sum; fi
  if has curl; then get=curl; elif has wget; then get=wget; else get=''; fi
  case $base,$get in http*,) lacks curl ;; esac
  system="$(uname -s) $(uname -m)"
  while read -r kernel machine floor size sha256 archive; do
    case $archive in
      *.zst) has zstd || continue ;;
    esac
    [ "$kernel $machine" != "$system" ] || break
  done <<END
$archives
END
  [ -n "$archive" ] || fail 2 "there is no $app $version for $system" "wanted one of: $(printf '%s\n' "$archives" | cut -d' ' -f1,2 | uniq | tr '\n' ';')"
  case $kernel in
    Linux) needs=glibc found=$(glibc) ;;
    *) needs=macOS found=$(sw_vers -productVersion) ;;
  esac
  case $found in
    [0-9]*.[0-9]*) ;;
    musl) fail 2 "$app needs glibc $floor, found musl" 'wanted a system such as Debian, Fedora or openSUSE' ;;
    *) return 0 ;; # Starting the program tells.
  esac
  rest=${found#*.}
  if [ "${found%%.*}" -lt "${floor%%.*}" ] || { [ "${found%%.*}" = "${floor%%.*}" ] && [ "${rest%%.*}" -lt "${floor#*.}" ]; }; then
    fail 2 "$app needs $needs $floor, found $found" 'wanted a newer system'
  fi
}

# Prints the version of glibc, `musl`, or neither.
glibc() {
  if found=$(getconf GNU_LIBC_VERSION 2>/dev/null); then echo "${found#glibc }" && return; fi
  found=$(ldd --version 2>&1 | head -n 1)
  case $found in
    *musl*) echo musl ;;
    *) echo "${found##* }" ;;
  esac
}

# Unpacks the archive into the working folder, if it is the one that this installer was made for.
download() {
  fetch "$archive.sha256"
  read -r found rest <"$work/$archive.sha256" || found=''
  [ "$found" = "$sha256" ] || fail 1 "\`$base/$archive.sha256\` is of another release" "wanted the sum $sha256"
  say "downloading $archive ($size MB)"
  fetch "$archive"
  found=$($sha <"$work/$archive")
  [ "$found" = "$sha256  -" ] || fail 1 "\`$base/$archive\` is another file or damaged" "wanted sha256 $sha256, found ${found%% *}"
  dist=$work/${archive%.tar.*}
  # With `-o` the files belong to the user who runs this, also if that is root.
  case $archive in
    *.zst) said=$({ zstd -dcq "$work/$archive" | tar -xof - -C "$work"; } 2>&1) ;;
    *) said=$(tar -xzof "$work/$archive" -C "$work" 2>&1) ;;
  esac || unwritten "$dist" "$said"
}

# fetch NAME: puts a file of the release into the working folder. `wget` gets no timeout, because the one of busybox 1.35
# crashes at `-T`; an issue there is not known.
fetch() {
  case $base,$get in
    file:*) said=$(cp "${base#file://}/$1" "$work/$1" 2>&1) ;;
    *,curl) said=$(curl -fsSLg --proto "=${base%%:*}" --proto-redir =https --retry 3 -o "$work/$1" "$base/$1" 2>&1) ;;
    *,wget) said=$(wget -t 3 -O "$work/$1" "$base/$1" 2>&1) ;;
  esac || fail 1 "cannot download \`$base/$1\`" "$(printf '%s\n' "$said" | grep . | tail -n 1)"
}

# Tells whether a version is whole and works on this system. A program that can check its Python has this text in it.
works() {
  if ! said=$(cd "$1" && $sha -c SHA256SUMS 2>&1); then
    said=$(printf '%s\n' "$said" | grep -v ': OK$')
    return 1
  fi
  ! grep -q linked-libpython:sha256: "$1/$binary" || said=$(PYO3_BUNDLE_SMOKE=1 "$1/$start" 2>&1 </dev/null)
}

# Lets one run at a time change the folder. The lock is a link because that is made in one step and names its owner.
take_lock() {
  me=$(uname -n):$$
  for _ in 1 2 3; do
    if said=$(mkdir -p "$root" 2>&1 && ln -s "$me" "$lock" 2>&1); then
      locked=yes
      said=$(rm -rf "$work" 2>&1 && mkdir "$work" 2>&1) || unwritten "$work" "$said"
      current=$(version_of "$link")
      mend
      return
    fi
    owner=$(readlink "$lock") || continue
    if [ "${owner%:*}" != "${me%:*}" ] || kill -0 "${owner##*:}" 2>/dev/null; then
      fail 1 "another installer is at work in \`$root\`" "\`$lock\` is of process ${owner##*:} on ${owner%:*}" "ps -p ${owner##*:}"
    fi
    # Its owner was killed. Whoever takes a lock away that was made since then puts it back.
    mv "$lock" "$lock.$$" 2>/dev/null || continue
    if [ "$(readlink "$lock.$$")" = "$owner" ]; then rm "$lock.$$"; else mv "$lock.$$" "$lock"; fi
  done
  unwritten "$root" "$said"
}

# A run that was stopped between the two links can leave both at one version. Then the other one is the one before.
mend() {
  [ -n "$current" ] || return 0
  for folder in "$root"/*/; do
    folder=${folder%/}
    if is_ours "$folder" && [ "$current" = "$(version_of "$previous")" ] && [ "${folder##*/}" != "$current" ]; then
      lead "$previous" "${folder##*/}"
    fi
  done
}

finish() {
  [ -n "$locked" ] || return 0
  locked=''
  rm -rf "$work" "$lock"
  rmdir "$root" 2>/dev/null || : # not if there is something in it
}

# lead LINK VERSION: has a link lead to a version, by one rename.
lead() {
  new=${1%/*}/.${1##*/}.new
  said=$(rm -f "$new" 2>&1 && ln -s "$root/$2/$start" "$new" 2>&1 && mv -f "$new" "$1" 2>&1) || unwritten "$1" "$said"
}

# The version that a link of this installer leads to.
version_of() {
  leads=$(readlink "$1") || return 0
  case $leads in
    "$root"/*) leads=${leads#"$root"/} && echo "${leads%%/*}" ;;
  esac
}

# Tells whether a folder is a version of this application.
is_ours() {
  [ ! -h "$1" ] && grep -q "\"name\": \"$package\"" "$1/metadata.json" 2>/dev/null
}

# Tells whether a session runs from a folder. Only Linux tells.
is_in_use() {
  # shellcheck disable=SC2010  # a loop would start a process for each process
  ls -l /proc/[0-9]*/exe 2>/dev/null | grep -qF -e "-> $(cd "$1" && pwd -P)/"
}

# Removes a version. It leaves its place at once, so that a run that is stopped leaves no half of it there.
remove() {
  is_ours "${1%/}" || return 0
  said=$(rm -rf "$work/old" 2>&1 && mv "${1%/}" "$work/old" 2>&1 && rm -rf "$work/old" 2>&1) || unwritten "$root" "$said"
}

help_with_path() {
  case :$PATH:,${SHELL-} in
    *:"$bin":*)
      [ "$(command -v "$program")" = "$link" ] || say "note: PATH has another one before it: $(command -v "$program")"
      return
      ;;
    */fish) say "$bin is not on PATH; run this once:" && say "  fish_add_path $(quoted "$bin")" && return ;;
    */bash) file=.bashrc ;;
    */zsh) file=.zshrc ;;
    *) file=.profile ;;
  esac
  say "$bin is not on PATH; add this line to \`$file\` in your home folder:"
  say "  export PATH=$(quoted "$bin"):\"\$PATH\""
}

has() { command -v "$1" >/dev/null 2>&1; }
say() { [ -n "$quiet" ] || printf '%s\n' "$1"; }
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }
lacks() { fail 2 "\`$1\` is not on PATH" 'the installer cannot work without it'; }
misuse() { fail 2 "$1" "$2" "sh $app-installer.sh --help"; }
unwritten() { fail 1 "cannot write \`$1\`" "${2:-wanted a folder that can be written to}" "df -h $(quoted "$share")"; }

# fail STATUS WHAT WHY [HINT]
fail() {
  printf 'error: %s\n' "$2" >&2
  printf '%s\n' "$3" | head -n 5 | sed 's/^/  /' >&2
  [ -z "${4-}" ] || printf 'hint: %s\n' "$4" >&2
  exit "$1"
}

{ main "$@"; exit; } # on one line, so that a part of this file runs nothing
