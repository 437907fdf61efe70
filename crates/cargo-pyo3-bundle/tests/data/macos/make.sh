#!/usr/bin/env bash
# Makes the Mach-O files of this folder, each with one thing that `verify` finds. The tests only read them.
# Requires: zig 0.17.1 and apple-codesign, which `python3 -m pip install ziglang==0.17.1 apple-platform-py==0.1.0` brings.
# Usage: ./make.sh
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

main() {
  local work
  work=$(mktemp -d)
  printf 'int f(void) { return 1; }\n' >"$work/f.c"
  printf 'int f(void); int g(void) { return f(); }\n' >"$work/g.c"
  printf 'int main(void) { return 0; }\n' >"$work/main.c"

  # Without a finding. zig signs for arm64 as Apple's linker does, and does not sign for x86_64.
  zig aarch64 11.0 libpython3.13.dylib "$work/f.c" -shared -Wl,-install_name,@rpath/libpython3.13.dylib
  zig aarch64 11.0 program "$work/main.c" libpython3.13.dylib -Wl,-rpath,@executable_path/../python/runtime/lib
  # The name that python-build-standalone's library has; uv puts the place of its installation there.
  zig aarch64 11.0 installed.dylib "$work/f.c" -shared -Wl,-install_name,/install/lib/libpython3.13.dylib

  zig x86_64 11.0 no-rpath "$work/main.c"
  zig x86_64 11.0 absolute-name.dylib "$work/f.c" -shared -Wl,-install_name,/home/me/.local/python/lib/libpython3.13.dylib
  zig x86_64 11.0 other-name.dylib "$work/f.c" -shared -Wl,-install_name,@rpath/libother.dylib
  zig x86_64 11.0 absolute-rpath.dylib "$work/f.c" -shared -Wl,-install_name,@rpath/absolute-rpath.dylib -Wl,-rpath,/opt/homebrew/lib
  zig x86_64 11.0 foreign-rpath.dylib "$work/f.c" -shared -Wl,-install_name,@rpath/foreign-rpath.dylib -Wl,-rpath,@loader_path/../../../..
  zig x86_64 14.2 newer.dylib "$work/f.c" -shared -Wl,-install_name,@rpath/newer.dylib
  needing "$work" homebrew.dylib /opt/homebrew/lib/libssl.3.dylib
  needing "$work" framework.dylib /Library/Frameworks/Python.framework/Versions/3.13/Python
  needing "$work" unresolved.dylib @rpath/libnowhere.dylib

  certified program certified-program
  certified libpython3.13.dylib certified.dylib
  chmod 644 program certified-program no-rpath ./*.dylib
  rm -r -- "$work"
}

# zig ARCHITECTURE MACOS FILE ARGUMENT…
zig() {
  local target=$1-macos.$2 out=$3
  shift 3
  python3 -m ziglang cc -target "$target" -s -o "$out" "$@"
}

# needing WORK FILE LIBRARY: makes a file that needs a library of that install name.
needing() {
  zig x86_64 11.0 "$1/needed.dylib" "$1/f.c" -shared "-Wl,-install_name,$3"
  zig x86_64 11.0 "$2" "$1/g.c" "$1/needed.dylib" -shared "-Wl,-install_name,@rpath/$2"
}

# certified FROM FILE: signs a copy with the hardened runtime, for the team `TEAM000001`. The certificate is made for this and thrown
# away, so each run makes another file.
certified() {
  cp "$1" "$2"
  python3 - "$2" <<'PYTHON'
import sys, tempfile
from apple_platform import certificates, models, signing

made = certificates.generate_self_signed("A Test", team_id="TEAM000001", profile="developer-id-application")
with tempfile.NamedTemporaryFile(suffix=".p12") as key:
    key.write(made.to_p12("for tests"))
    key.flush()
    who = models.Signer(p12=models.P12Key(key.name, password="for tests"))
    signing.sign(sys.argv[1], signer=who, team_name="TEAM000001", code_signature_flags=["runtime"], timestamp_url="none")
PYTHON
}

main "$@"
