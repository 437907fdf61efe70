//! OpenSSL reads the user's configuration or none. In a mount namespace, the tests put a poisonous configuration where the
//! distribution that the dist was built on keeps its own.

use crate::support::{Copy, NAME, bare, compile, dist, namespace, python, scratch, stderr, stdout};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const PROVIDER: &str = r#"
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) { write(2, "poisoned\n", 9); }
"#;

/// `ENTER CONFIGURATION FOLDER COMMAND…` runs a command with the configuration as `openssl.cnf` in the folder.
const ENTER: &str = r#"
set -eu
mount -t tmpfs tmpfs "$2"
cp "$1" "$2/openssl.cnf"
shift 2
exec "$@"
"#;

/// Each text loads OpenSSL, in its own process. No code may see the variable that the program sets meanwhile.
const USES: [&str; 5] = [
    "import _hashlib; _hashlib.new('sha256')",
    "import _ssl; _ssl.RAND_status()",
    "import hmac; hmac.new(b'', b'', 'sha256')",
    "import ssl; ssl.create_default_context()",
    "import ssl, hashlib; hashlib.new('sha256')",
];

/// A configuration that names a provider, as on a system with FIPS, and that provider.
struct Poison(TempDir);

impl Poison {
    fn new() -> Self {
        let folder = scratch();
        let provider = folder.path().join("provider.so");
        compile(PROVIDER, &provider, &["-shared", "-fPIC"]);
        let text = format!(
            "openssl_conf = start\n[start]\nproviders = all\n[all]\none = poison\n[poison]\nmodule = {}\nactivate = 1\n",
            provider.display()
        );
        fs::write(folder.path().join("poison.cnf"), text).unwrap();
        Poison(folder)
    }

    fn configuration(&self) -> PathBuf {
        self.0.path().join("poison.cnf")
    }
}

/// The folder in which OpenSSL was built to look, by its own account.
fn built_in_folder() -> PathBuf {
    let code = "import _ssl, os; print(os.path.dirname(_ssl.get_default_verify_paths()[3]))";
    let output = bare(dist().join("python/runtime/bin/python3")).args(["-I", "-B", "-c", code]).output().unwrap();
    let folder = PathBuf::from(stdout(&output).trim());
    assert!(folder.is_dir(), "there is no `{}`; hint: sudo apt-get install -y openssl", folder.display());
    folder
}

fn environment_of(code: &str) -> String {
    format!(
        "import os, subprocess, sys\n{code}\nprint('OPENSSL_CONF' in os.environ)\nsys.stdout.flush()\nsubprocess.run(['env'])\n"
    )
}

/// Returns the output of a program that is started on a machine with that configuration, or `None` where nothing can be
/// mounted.
fn on_a_poisoned_machine(poison: &Poison, program: &Path, code: &str) -> Option<(String, String)> {
    let way = namespace()?;
    let mut command = bare(way[0]);
    command.args(&way[1..]).args(["sh", "-c", ENTER, "sh"]).arg(poison.configuration()).arg(built_in_folder());
    command.arg(program).args(["-c", &environment_of(code)]).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{code}: {}", stderr(&output));
    Some((stdout(&output), stderr(&output)))
}

#[test]
fn the_machines_configuration_is_not_read() {
    let (poison, moved) = (Poison::new(), Copy::new());
    let metadata = fs::read_to_string(moved.path("metadata.json")).unwrap();
    let mut programs = vec![moved.launcher()];
    // The interpreter of python-build-standalone has an OpenSSL that reads the configuration.
    if metadata.contains(r#""provider": "source""#) {
        programs.push(moved.path("python/runtime/bin/python3"));
    }
    for program in programs {
        for code in USES {
            let Some((printed, said)) = on_a_poisoned_machine(&poison, &program, code) else { return };
            assert_eq!(said, "", "{code}");
            assert!(printed.starts_with("False\n") && !printed.contains("OPENSSL_CONF"), "{code}: {printed}");
        }
    }
}

/// The test also shows that the configuration has the effect that the other tests look for.
#[test]
fn the_users_own_configuration_counts() {
    let (poison, moved) = (Poison::new(), Copy::new());
    for program in [moved.launcher(), moved.path("python/runtime/bin/python3")] {
        for code in USES.iter().filter(|code| !code.contains("context")) {
            let mut command = Command::new(&program);
            command.env_clear().env("OPENSSL_CONF", poison.configuration()).args(["-B", "-c", code]);
            let said = stderr(&command.output().unwrap());
            assert!(said.contains("poisoned"), "{code}: {said}");
        }
    }
}

/// In python-build-standalone's CPython these modules are part of libpython; here they are made to seem so. The variable
/// says that there is no configuration while such a module initializes OpenSSL, and is removed afterwards.
#[test]
fn there_is_no_configuration_while_built_in_modules_initialize_openssl() {
    let code = "
import ctypes, importlib.util, os, sys
from importlib.machinery import BuiltinImporter, ModuleSpec, PathFinder
getenv = ctypes.CDLL(None).getenv
getenv.restype = ctypes.c_char_p
seen = []
real = BuiltinImporter.find_spec('NAME') or PathFinder.find_spec('NAME')
def exec_module(module, own=real.loader.exec_module):
    seen.append(getenv(b'OPENSSL_CONF'))
    own(module)
def create_module(spec, own=real.loader.create_module):
    return own(real)
def find_spec(name, path=None, target=None, own=BuiltinImporter.find_spec):
    return ModuleSpec(name, BuiltinImporter, origin='built-in') if name == 'NAME' else own(name, path, target)
BuiltinImporter.exec_module, BuiltinImporter.create_module = map(staticmethod, (exec_module, create_module))
BuiltinImporter.find_spec = staticmethod(find_spec)
sys.builtin_module_names += ('NAME',)
SEARCH
import NAME
print(seen, getenv(b'OPENSSL_CONF'), 'OPENSSL_CONF' in os.environ)
module = sys.modules['NAME']
print(module.__loader__ is module.__spec__.loader is BuiltinImporter, module.__spec__.name)
";
    // A program may look for the module before it imports it.
    let searches = ["", "importlib.util.find_spec('NAME')"];
    for (name, search) in ["_hashlib", "_ssl"].into_iter().flat_map(|name| searches.map(|search| (name, search))) {
        let code = code.replace("SEARCH", search).replace("NAME", name);
        let output = python(&mut bare(dist().join(NAME)), &code);
        let wanted = format!("[b''] None False\nTrue {name}\n");
        assert_eq!((stdout(&output), stderr(&output)), (wanted, String::new()), "{name} {search}");
        let users = python(bare(dist().join(NAME)).env("OPENSSL_CONF", "/nowhere"), &code);
        let wanted = format!("[b'/nowhere'] b'/nowhere' True\nTrue {name}\n");
        assert_eq!((stdout(&users), stderr(&users)), (wanted, String::new()), "{name} {search}");
    }
}
