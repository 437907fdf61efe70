//! Virtual environments that a full and a slim dist make, with links to the interpreter and with copies of it, after
//! the dist was moved and while it is read-only.

use super::Place;
use crate::repl;
use crate::slim::slim;
use crate::support::{bare, namespace, stderr};
use std::fs;
use std::path::Path;

/// Imports what needs libraries of the dist, and prints every mapped library that is neither the dist's nor glibc's.
const USE: &str = "import bz2, ctypes, curses, lzma, os, readline, sqlite3, ssl, sys, uuid, zlib
assert sys.prefix != sys.base_prefix
assert sys.executable.startswith(sys.prefix + os.sep)
ssl.create_default_context()
lzma.decompress(lzma.compress(bytes(9)))
sqlite3.connect(':memory:').execute('select 1')
for line in open('/proc/self/maps'):
    file = line.rstrip().partition('/')[1] + line.rstrip().partition('/')[2]
    name = os.path.basename(file)
    glibc = name.startswith(('ld-', 'libc.', 'libm.', 'libdl.', 'libpthread.', 'librt.', 'libutil.', 'libresolv.'))
    ours = file.startswith((sys.base_prefix + os.sep, sys.prefix + os.sep))
    if '.so' in name and not glibc and not ours:
        sys.exit('foreign: ' + file)
";

/// Makes an environment with pip, and another one from it. With `read-only`, the dist cannot be written to.
const MAKE: &str = r#"
set -eu
if [ "$1" = read-only ]; then
  mount --bind "$2" "$2"
  mount -o remount,bind,ro "$2"
fi
"$2/python/runtime/bin/python3" -m venv "$3" first
first/bin/python -c "$4"
first/bin/pip --version
first/bin/python -m pip --version
first/bin/python -m venv "$3" second
second/bin/python -c "$4"
second/bin/pip --version
"#;

/// Makes environments in every way, in a dist that was moved, then in the same dist while it is read-only.
fn environments(dist: &Path, how: &str) {
    let mut ways = vec![("moved", vec!["env"])];
    ways.extend(namespace().map(|way| ("read-only", way)));
    for (state, way) in ways {
        let place = Place::new();
        let mut command = bare(way[0]);
        command.args(&way[1..]).args(["sh", "-c", MAKE, "sh", state]).arg(dist).args([how, USE]);
        command.current_dir(place.path("")).env("HOME", place.path("")).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
        assert!(output.status.success(), "{how}, {state}: {}", stderr(&output));
        for environment in ["first", "second"] {
            let interpreter = place.path(&format!("{environment}/bin/python3"));
            let link = fs::symlink_metadata(interpreter).unwrap().is_symlink();
            assert_eq!(link, how == "--symlinks", "{environment}");
        }
    }
}

#[test]
fn environments_of_a_full_dist_have_links() {
    environments(repl::program().parent().unwrap(), "--symlinks");
}

#[test]
fn environments_of_a_full_dist_have_copies() {
    environments(repl::program().parent().unwrap(), "--copies");
}

#[test]
fn environments_of_a_slim_dist_have_links() {
    environments(&slim(), "--symlinks");
}

#[test]
fn environments_of_a_slim_dist_have_copies() {
    environments(&slim(), "--copies");
}
