//! `init` in processes of their own: Python starts once in a process, and wants the main thread. This program is its own
//! child: a row of the table has what the child does and what its parent expects.

use pyo3::prelude::*;
use pyo3_bundle::{Guard, Home, Interpreter, init, root};
use pyo3_bundle_layout::development;
use std::error::Error;
use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

type Outcome = Result<(), Box<dyn Error>>;

struct Scenario {
    name: &'static str,
    child: fn() -> Outcome,
    parent: fn(&Child),
}

const SCENARIOS: [Scenario; 14] = [
    Scenario { name: "threads_attach_after_init", child: attach_from_threads, parent: prints_the_threads },
    Scenario { name: "a_second_init_is_an_error", child: start_twice, parent: refuses_the_second },
    Scenario { name: "an_init_after_another_start_is_an_error", child: start_late, parent: says_what_to_do },
    Scenario { name: "a_later_initialize_does_nothing", child: initialize_after, parent: keeps_its_home },
    Scenario { name: "the_guard_flushes_into_a_pipe", child: print_without_end, parent: has_all_output },
    Scenario { name: "a_failed_flush_is_reported", child: print_without_end, parent: reports_the_flush },
    Scenario { name: "a_closed_stdout_is_no_failure", child: close_stdout, parent: says_nothing },
    Scenario { name: "a_missing_stdout_is_no_failure", child: take_stdout_away, parent: says_nothing },
    Scenario { name: "python_is_the_runtimes_own", child: show_identity, parent: has_its_identity },
    Scenario { name: "children_get_no_variable_of_ours", child: show_environments, parent: has_clean_environments },
    Scenario { name: "the_smoke_runs_instead_of_main", child: run_main, parent: smokes },
    Scenario { name: "the_smoke_fails_with_a_finding", child: run_main, parent: finds },
    Scenario { name: "root_is_where_include_is", child: show_root, parent: is_in_the_target_folder },
    Scenario { name: "packages_of_the_dist_can_be_imported", child: import_packages, parent: has_packages },
];

/// The option by which a parent starts its child.
const CHILD: &str = "--child-of";

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [CHILD, name, ..] = arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        thread::spawn(give_up);
        return (SCENARIOS.iter().find(|scenario| scenario.name == name).ok_or("no such scenario")?.child)();
    }
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()));
    for scenario in SCENARIOS.iter().filter(|scenario| is_wanted(scenario.name)) {
        println!("test {} ...", scenario.name);
        (scenario.parent)(&Child(scenario.name)); // a panic ends this program, and cargo reports it
    }
    Ok(())
}

/// Ends a child that hangs, as every thread did that attached while the main thread kept the lock.
fn give_up() {
    thread::sleep(Duration::from_secs(60));
    eprintln!("this child hangs");
    std::process::exit(1);
}

struct Child(&'static str);

impl Child {
    fn run(&self, prepare: impl FnOnce(&mut Command) -> &mut Command) -> Output {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([CHILD, self.0, "a b"]).stdin(Stdio::null());
        prepare(&mut command);
        command.output().unwrap()
    }

    /// What a child prints that succeeds and prints no error.
    fn prints(&self, prepare: impl FnOnce(&mut Command) -> &mut Command) -> String {
        let output = self.run(prepare);
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{}", stdout(&output));
        stdout(&output)
    }
}

fn unchanged(command: &mut Command) -> &mut Command {
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn python(code: &str) -> PyResult<()> {
    Python::attach(|py| py.run(&CString::new(code).unwrap(), None, None))
}

fn runtime() -> PathBuf {
    Home::locate().unwrap().runtime().to_path_buf()
}

fn attach_from_threads() -> Outcome {
    let _python = init()?;
    let work =
        |number: i32| move || Python::attach(|py| py.eval(c"20", None, None)?.extract::<i32>()).map(|n| n + number);
    let threads: Vec<_> = (0..3).map(|number| thread::spawn(work(number))).collect();
    for thread in threads {
        println!("{}", thread.join().unwrap()?);
    }
    python("print('main', flush=True)")?;
    Ok(())
}

fn prints_the_threads(child: &Child) {
    assert_eq!(child.prints(unchanged), "20\n21\n22\nmain\n");
}

fn start_twice() -> Outcome {
    let _python: Guard = init()?;
    println!("{}", init().unwrap_err());
    println!("{}", Interpreter::start(&Home::locate()?).err().unwrap());
    python("print('first goes on')")?;
    Ok(())
}

fn refuses_the_second(child: &Child) {
    let error = "Python was started before in this process\n  CPython can be started only once in a process\n";
    assert_eq!(child.prints(unchanged), format!("{error}{error}first goes on\n"));
}

fn start_late() -> Outcome {
    Python::initialize();
    let _python = init()?;
    Ok(())
}

fn says_what_to_do(child: &Child) {
    let output = child.run(|command| command.env("PYTHONHOME", runtime()));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("Error: other code has started Python in this process, with another home\n"), "{text}");
    assert!(text.contains("call `pyo3_bundle::init()` in the first line of `main`"), "{text}");
}

fn initialize_after() -> Outcome {
    let _python = init()?;
    Python::initialize();
    python("import sys; print(sys.prefix)")?;
    Ok(())
}

fn keeps_its_home(child: &Child) {
    assert_eq!(child.prints(unchanged), format!("{}\n", runtime().display()));
}

fn print_without_end() -> Outcome {
    let _python = init()?;
    python(
        "import sys; print('kept', end=''); sys.stderr = open(2, 'w', closefd=False); print('also', file=sys.stderr, end='')",
    )?;
    Ok(())
}

fn has_all_output(child: &Child) {
    let output = child.run(unchanged);
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), ("kept", "also"));
    assert_eq!(output.status.code(), Some(0));
}

fn reports_the_flush(child: &Child) {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let text = stderr(&child.run(|command| command.stdout(full)));
    assert!(text.contains("Exception ignored in: <_io.TextIOWrapper name='<stdout>'"), "{text}");
    assert!(text.contains("No space left on device"), "{text}");
}

fn close_stdout() -> Outcome {
    let _python = init()?;
    python("import sys; sys.stdout.close()")?;
    Ok(())
}

fn take_stdout_away() -> Outcome {
    let _python = init()?;
    python("import sys; sys.stdout = None")?;
    Ok(())
}

fn says_nothing(child: &Child) {
    assert_eq!(child.prints(unchanged), "");
}

fn show_identity() -> Outcome {
    // SAFETY: plain calls. A shell that starts this in the background ignores the signal for it.
    let interrupt = || unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    interrupt();
    let _python = init()?;
    println!("{}", interrupt() == libc::SIG_DFL);
    python(
        "import sys, signal; print(sys.executable, sys.prefix, sys.argv[1:], sys.flags.utf8_mode, sep='\\n')\n\
         print(signal.getsignal(signal.SIGSEGV) is signal.SIG_DFL)\n\
         print([entry for entry in sys.path if not entry.startswith(sys.prefix)])\n\
         import subprocess; subprocess.run([sys.executable, '-c', 'import sys; print(sys.prefix)'])",
    )?;
    Ok(())
}

fn has_its_identity(child: &Child) {
    let (runtime, arguments) = (runtime(), format!("['{CHILD}', '{}', 'a b']", child.0));
    let text = child.prints(|command| command.env("PYTHONPATH", "/nowhere").env("PYTHONUTF8", "0"));
    // The child of the child prints first: it ends before the buffer of its parent is flushed.
    let wanted = format!(
        "true\n{0}\n{1}\n{0}\n{arguments}\n1\nTrue\n[]\n",
        runtime.display(),
        runtime.join("bin/python3").display()
    );
    assert_eq!(text, wanted);
}

fn show_environments() -> Outcome {
    let _python = init()?;
    python("import os, subprocess; print(*os.environ, sep='\\n', flush=True); subprocess.run(['/usr/bin/env'])")?;
    Command::new("/usr/bin/env").status()?;
    Ok(())
}

fn has_clean_environments(child: &Child) {
    let set = [("PYTHONHOME", "/nowhere"), ("PYTHONNOUSERSITE", "1"), ("PYO3_BUNDLE_SMOKE", "0"), ("KEPT", "yes")];
    let text = child.prints(|command| command.envs(set));
    assert_eq!(text.lines().filter(|line| line.starts_with("KEPT")).count(), 3, "{text}");
    for (name, _) in &set[..3] {
        assert!(!text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
    }
}

fn run_main() -> Outcome {
    let _python = init()?;
    println!("main");
    Ok(())
}

/// Libraries of the system in the process. They are findings outside of a dist, where a Python that was built from source
/// loads them; in a dist there are none.
fn is_of_the_system(finding: &str) -> bool {
    finding.starts_with("foreign-object: /usr/lib") || finding.starts_with("foreign-object: /lib")
}

fn smokes(child: &Child) {
    let asked = |value| child.run(|command| command.env("PYO3_BUNDLE_SMOKE", value));
    let report: serde_json::Value = serde_json::from_slice(&asked("json").stdout).unwrap();
    assert_eq!(report["prefix"], runtime().display().to_string());
    assert!(report["linked"].as_str().unwrap().starts_with("linked-libpython:sha256:"), "{report}");
    assert!(report["imports"]["ssl"].is_null() && report["exercises"]["ctypes"][1].is_null(), "{report}");
    let output = asked("1");
    let findings = stderr(&output);
    assert!(findings.lines().all(is_of_the_system), "{findings}");
    assert_eq!(report["findings"].as_array().unwrap().len(), findings.lines().count());
    if findings.is_empty() {
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).starts_with("smoke-python: ok version='3."), "{}", stdout(&output));
    } else {
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    }
    for value in ["", "0"] {
        assert_eq!(stdout(&asked(value)), "main\n");
    }
}

/// A library from elsewhere in the process is what the smoke must find.
fn finds(child: &Child) {
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("empty.c"), folder.path().join("libforeign.so"));
    std::fs::write(&source, "int foreign(void) { return 42; }\n").unwrap();
    let done = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().unwrap();
    assert!(done.success());
    let output = child.run(|command| command.env("PYO3_BUNDLE_SMOKE", "1").env("LD_PRELOAD", &library));
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""), "{}", stderr(&output));
    let (text, wanted) = (stderr(&output), format!("foreign-object: {}: ", library.display()));
    assert!(text.lines().any(|line| line.starts_with(&wanted)), "{text}");
}

fn show_root() -> Outcome {
    println!("{}", root()?.display()); // before `init` and after
    let _python = init()?;
    println!("{}", root()?.display());
    Ok(())
}

/// Cargo's target folder, in which this program is as well.
fn target() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR")).canonicalize().unwrap();
    temporary.parent().unwrap().to_path_buf()
}

/// The folder in the target folder that the subcommand fills for the package whose test this is, as if it had.
fn folder_of_this_package() -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
    let folder = development::root(&target(), env!("CARGO_PKG_NAME"), &place);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn is_in_the_target_folder(child: &Child) {
    let made = Made(vec![folder_of_this_package()]);
    assert_eq!(child.prints(unchanged), format!("{0}\n{0}\n", made.0[0].display()));
    // Without cargo's variables, the program is of no known package.
    let nowhere = target().join("pyo3-bundle");
    let text = child.prints(|command| command.env_remove("CARGO_MANIFEST_DIR"));
    assert_eq!(text, format!("{0}\n{0}\n", nowhere.display()));
}

fn import_packages() -> Outcome {
    let _python = init()?;
    python("import of_the_dist, of_a_project; print(of_the_dist.__name__, of_a_project.__name__)")?;
    Ok(())
}

/// Takes away what a test has made. A folder stays if it has something else.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.0.iter().rev() {
            let _ = if path.is_dir() { std::fs::remove_dir(path) } else { std::fs::remove_file(path) };
        }
    }
}

fn has_packages(child: &Child) {
    let project = tempfile::tempdir().unwrap();
    let root = folder_of_this_package();
    let packages = development::packages(&root);
    std::fs::create_dir_all(&packages).unwrap();
    let made = [root, packages.clone(), packages.join("of_the_dist.py"), packages.join("project.pth")];
    let _made = Made(made.to_vec());
    std::fs::write(&made[2], "").unwrap();
    std::fs::write(&made[3], project.path().to_str().unwrap()).unwrap();
    std::fs::write(project.path().join("of_a_project.py"), "").unwrap();
    assert_eq!(child.prints(unchanged), "of_the_dist of_a_project\n");
    let report = child.run(|command| command.env("PYO3_BUNDLE_SMOKE", "1"));
    let text = stderr(&report);
    let found: Vec<&str> = text.lines().filter(|line| !is_of_the_system(line)).collect();
    let wanted = format!("outside-dist: sys.path: has `{}`", project.path().display());
    assert_eq!(found, [wanted], "the project is outside of the dist, and its packages are not");
}
