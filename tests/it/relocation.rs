//! Checks what a moved runtime says about itself, and that pip and a compiler can work with it.

use crate::support::{Copy, bare, compile, stdout};
use std::path::Path;
use std::process::Command;

fn answer(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", crate::support::stderr(&output));
    stdout(&output).trim_end().to_owned()
}

fn ask(copy: &Copy, code: &str) -> String {
    answer(bare(copy.path("python/runtime/bin/python3")).args(["-I", "-c", code]))
}

#[test]
fn sysconfig_answers_with_the_place_where_it_stands() {
    let copy = Copy::new();
    let runtime = copy.path("python/runtime").canonicalize().unwrap();
    for (name, place) in [("LIBDIR", "lib"), ("INCLUDEPY", "include"), ("BINDIR", "bin"), ("prefix", "")] {
        let found = ask(&copy, &format!("import sysconfig; print(sysconfig.get_config_var('{name}'))"));
        assert!(Path::new(&found).starts_with(runtime.join(place)), "{name} is {found}");
        assert!(Path::new(&found).is_dir(), "{name} is {found}");
    }
    let every = ask(&copy, "import sysconfig; print(sysconfig.get_config_vars())");
    assert!(!every.contains("@runtime@") && !every.contains("/.local/python"), "{every}");
}

#[test]
fn pip_runs_by_its_script_and_writes_nothing() {
    let copy = Copy::new();
    let version = answer(bare(copy.path("python/runtime/bin/pip")).arg("--version").env("PATH", "/usr/bin:/bin"));
    assert!(version.starts_with("pip ") && version.contains(copy.root.to_str().unwrap()), "{version}");
    let verify = answer(bare(copy.launcher()).arg("--verify"));
    assert!(verify.starts_with("verify: ok "), "{verify}");
}

#[test]
fn python_config_and_the_makefile_know_their_place_even_with_a_space_in_it() {
    let copy = Copy::new();
    let runtime = copy.path("python/runtime").canonicalize().unwrap();
    let prefix =
        answer(bare(copy.path("python/runtime/bin/python3-config")).arg("--prefix").env("PATH", "/usr/bin:/bin"));
    assert_eq!(Path::new(&prefix), runtime);
}

/// GNU make cannot work below a path with spaces (<https://savannah.gnu.org/bugs/?712>), so this copy is elsewhere.
#[test]
fn the_makefile_knows_its_place() {
    let folder = tempfile::Builder::new().prefix("make").tempdir().unwrap();
    let dist = folder.path().join("dist");
    assert!(Command::new("cp").arg("-a").arg(crate::support::dist()).arg(&dist).status().unwrap().success());
    let code = "import sysconfig; print(sysconfig.get_makefile_filename())";
    let makefile = answer(bare(dist.join("python/runtime/bin/python3")).args(["-I", "-B", "-c", code]));
    let outer = folder.path().join("outer.mk");
    std::fs::write(&outer, format!("include {makefile}\n.DEFAULT_GOAL := show\nshow:\n\t@echo $(LIBDIR)\n")).unwrap();
    let found = answer(Command::new("make").arg("-sf").arg(outer));
    assert_eq!(Path::new(&found), dist.canonicalize().unwrap().join("python/runtime/lib"));
}

#[test]
fn a_c_extension_builds_with_the_moved_runtime() {
    let copy = Copy::new();
    let include = ask(&copy, "import sysconfig; print(sysconfig.get_path('include'))");
    let suffix = ask(&copy, "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))");
    let source = r#"
        #include <Python.h>
        static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "answer", NULL, -1, NULL};
        PyMODINIT_FUNC PyInit_answer(void) {
            PyObject *module = PyModule_Create(&definition);
            PyModule_AddIntConstant(module, "value", 42);
            return module;
        }
    "#;
    let folder = crate::support::scratch();
    compile(source, &folder.path().join(format!("answer{suffix}")), &["-shared", "-fPIC", &format!("-I{include}")]);
    let code = "import sys; sys.path.insert(0, sys.argv[1]); import answer; print(answer.value)";
    let python = copy.path("python/runtime/bin/python3");
    assert_eq!(answer(bare(python).args(["-I", "-c", code]).arg(folder.path())), "42");
}

#[test]
fn bytecode_is_unchecked_relative_and_for_every_module() {
    let copy = Copy::new();
    let code = r#"
import importlib.util, marshal, os, sys
stdlib = os.path.dirname(os.__file__)
looked = 0
for place, folders, names in os.walk(stdlib):
    for name in names:
        path = os.path.join(place, name)
        if not name.endswith('.py') or os.sep + 'test' + os.sep in path:
            continue
        looked += 1
        cached = importlib.util.cache_from_source(path)
        if not os.path.exists(cached):
            print('no bytecode for', path)
            continue
        with open(cached, 'rb') as file:
            data = file.read()
        if data[4:8] != b'\x01\0\0\0':
            print('not of the unchecked kind:', cached)
        name = marshal.loads(data[16:]).co_filename
        if os.path.isabs(name):
            print('names a place:', cached, name)
print('looked at', 'many' if looked > 500 else looked)
"#;
    assert_eq!(ask(&copy, code), "looked at many");
}
