//! The embedded interpreter, as the packaged program runs it: its environment, its exits, its errors.

use crate::support::{Copy, NAME, bare, dist, python, scratch, stderr, stdout};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Output;

fn run(code: &str) -> Output {
    python(&mut bare(dist().join(NAME)), code)
}

#[test]
fn nothing_of_ours_reaches_the_children() {
    let mut command = bare(dist().join(crate::support::NAME));
    let output = python(command.env("KEPT", "yes"), "import subprocess; subprocess.run(['/usr/bin/env'])");
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.lines().any(|line| line == "KEPT=yes"), "{text}");
    for name in ["PYTHONHOME", "PYTHONNOUSERSITE", "LD_"] {
        assert!(!text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
    }
}

/// CPython obeys these variables even when it is told to ignore the environment.
#[test]
fn variables_that_lead_this_python_elsewhere_are_taken_out() {
    let code = r"
import os, subprocess, sys, sysconfig
print(sys.executable == sysconfig.get_config_var('BINDIR') + '/python3')
print(sysconfig.get_config_var('projectbase') == os.path.dirname(sys.executable), sysconfig.get_platform())
print(sorted(name for name in os.environ if 'PY' in name.upper()))
print(subprocess.run(['/usr/bin/env'], capture_output=True, text=True).stdout.count('evil'))
";
    let folder = scratch();
    fs::write(folder.path().join("evil.py"), "raise SystemExit('evil ran')").unwrap();
    let mut command = bare(dist().join(NAME));
    for name in ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "_PYTHON_SYSCONFIGDATA_NAME", "_PYTHON_HOST_PLATFORM"] {
        command.env(name, "evil");
    }
    for name in ["_PYTHON_SYSCONFIGDATA_PATH", "_PYTHON_PROJECT_BASE"] {
        command.env(name, folder.path().join("evil"));
    }
    let output = python(command.current_dir(folder.path()), code);
    let platform = format!("linux-{}", std::env::consts::ARCH);
    assert_eq!(stdout(&output), format!("True\nTrue {platform}\n[]\n0\n"), "{}", stderr(&output));
}

/// CPython's own error message and exit status reach the user, and the program ends normally.
#[test]
fn an_argument_that_cpython_refuses_gives_its_status() {
    let output = bare(dist().join(NAME)).args(["--check-hash-based-pycs", "no", "x.py"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).starts_with("--check-hash-based-pycs must be one of"), "{}", stderr(&output));
}

#[test]
fn what_was_printed_into_a_pipe_is_kept() {
    let output = run("print('kept', end='')");
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "kept"));
}

#[test]
fn a_failed_last_flush_exits_120() {
    let mut command = bare(dist().join(NAME));
    command.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
    let output = python(&mut command, "print('lost')");
    assert_eq!(output.status.code(), Some(120), "{}", stderr(&output));
}

#[test]
fn exits_are_those_of_python() {
    assert_eq!(run("import sys; sys.exit(3)").status.code(), Some(3));
    assert_eq!(run("raise SystemExit('in words')").status.code(), Some(1));
    let output = run("1 / 0");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("ZeroDivisionError"), "{}", stderr(&output));
}

#[test]
fn the_environment_is_ignored_and_no_bytecode_is_written() {
    let run = |code| {
        let mut command = bare(dist().join(crate::support::NAME));
        python(command.env("PYTHONPATH", "/nowhere").env("PYTHONPLATLIBDIR", "nowhere"), code)
    };
    let output = run(
        "import sys; print(sys.flags.ignore_environment, sys.flags.no_user_site, sys.flags.dont_write_bytecode, sys.flags.utf8_mode)",
    );
    assert_eq!(stdout(&output), "1 1 1 1\n");
    let output = run("import sys; print(sys.executable, *sys.path, sep='\\n')");
    let (text, runtime) = (stdout(&output), dist().join("python/runtime").canonicalize().unwrap());
    let lines: Vec<&str> = text.lines().collect();
    let [executable, own, path @ ..] = &lines[..] else { panic!("{text}") };
    // For code from standard input, `sys.path` begins with the current folder.
    assert_eq!((*executable, *own), (runtime.join("bin/python3").to_str().unwrap(), ""), "{text}");
    let ends = ["zip", "", "/lib-dynload", "/site-packages"];
    assert_eq!(path.len(), ends.len(), "{text}");
    for (folder, end) in path.iter().zip(ends) {
        assert!(folder.starts_with(&format!("{}/lib/python3", runtime.display())) && folder.ends_with(end), "{text}");
    }
}

#[test]
fn a_missing_file_of_the_runtime_is_named_before_python_speaks() {
    let copy = Copy::new();
    let file = copy.stdlib().join("encodings/__init__.py");
    fs::remove_file(&file).unwrap();
    for program in [copy.launcher(), copy.binary()] {
        let output = bare(program).output().unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(
            text.starts_with(&format!(
                "error: `{}` is missing\n",
                file.canonicalize().unwrap_or(file.clone()).display()
            )),
            "{text}"
        );
        assert!(text.contains("-bin' --verify\n") && !text.contains("Fatal Python error"), "{text}");
    }
}

#[test]
fn a_damaged_standard_library_is_our_error() {
    let copy = Copy::new();
    fs::remove_dir_all(copy.stdlib().join("encodings/__pycache__")).unwrap();
    copy.replace(&copy.stdlib().join("encodings/__init__.py"), b"not python at all");
    let output = bare(copy.binary()).output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("error: Python does not start in `"), "{text}");
}

#[test]
fn usage_errors_exit_2_and_name_the_argument() {
    let output = bare(dist().join(NAME)).arg("--no-such").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("`--no-such`"), "{}", stderr(&output));
}

#[test]
fn help_and_version_answer() {
    let answer = |argument| stdout(&bare(dist().join(NAME)).arg(argument).output().unwrap());
    assert!(answer("--help").contains("--smoke-python"));
    assert!(answer("--version").starts_with(concat!(
        env!("CARGO_PKG_NAME"),
        " ",
        env!("CARGO_PKG_VERSION"),
        " (Python 3."
    )));
}

/// The program that cargo links runs in an empty environment, as with `cargo run` in a checkout.
#[test]
fn the_debug_binary_runs_without_an_environment() {
    let output = python(&mut bare(env!("CARGO_BIN_EXE_pychat_ai")), "import ssl, sqlite3; print('ran')");
    assert_eq!(stdout(&output), "ran\n", "{}", stderr(&output));
}

#[test]
fn the_packaged_binary_is_the_one_that_cargo_linked() {
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let linked = fs::read(target.join("release").join(NAME)).unwrap();
    let packaged = fs::read(dist().join(format!("bin/{}-bin", NAME))).unwrap();
    assert!(linked == packaged, "dist/bin differs from target/release; hint: scripts/dist/package-all.sh");
}

/// Copies the dist to a folder of that name.
fn moved_to(name: impl AsRef<OsStr>) -> (Copy, PathBuf) {
    let copy = Copy::new();
    let odd = copy.root.with_file_name(name);
    fs::rename(&copy.root, &odd).unwrap();
    (copy, odd)
}

#[test]
fn a_folder_may_have_any_name_in_utf_8() {
    for name in ["d,:;$HOME\"' \\x", "two\nlines\n", r"a\012b", "$ORIGINAL", "$LIB_", "{LIB}", "-n"] {
        let (_copy, odd) = moved_to(name);
        for arguments in [&["--smoke-python"][..], &["--smoke-python", "--json"], &["--verify"]] {
            let output = bare(odd.join(NAME)).args(arguments).output().unwrap();
            assert!(output.status.success(), "{name:?} {arguments:?}: {}", stderr(&output));
        }
    }
}

/// The error is a sentence and not a traceback of CPython, and `--verify` works in such a folder all the same.
#[test]
fn a_folder_whose_name_cannot_be_is_refused_in_words() {
    let names: [(&[u8], &str); 7] = [
        (b"d\xff", "is not UTF-8"),
        (b"$ORIGIN", "contains `$ORIGIN`"),
        (b"a${ORIGIN}b", "contains `${ORIGIN}`"),
        (b"a$LIB-1", "contains `$LIB`"),
        (b"${LIB}64", "contains `${LIB}`"),
        (b"$PLATFORM", "contains `$PLATFORM`"),
        (b"${PLATFORM}", "contains `${PLATFORM}`"),
    ];
    for (name, why) in names {
        let (_copy, odd) = moved_to(OsStr::from_bytes(name));
        for program in [odd.join(NAME), odd.join(format!("bin/{NAME}-bin"))] {
            for arguments in [&["--smoke-python"][..], &["-c", "import ssl"]] {
                let output = bare(&program).args(arguments).output().unwrap();
                let text = stderr(&output);
                assert_eq!(output.status.code(), Some(1), "{why}: {text}");
                assert!(text.starts_with("error: ") && text.contains(why), "{why}: {text}");
                assert!(!text.contains("Traceback") && !text.contains("hint:"), "{why}: {text}");
            }
            let output = bare(&program).arg("--verify").output().unwrap();
            assert!(output.status.success(), "{why}: {}", stderr(&output));
        }
    }
}

#[test]
fn the_current_folder_may_be_gone() {
    let folder = scratch();
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$1\" --smoke-python";
    let launcher = dist().join(NAME);
    let output = bare("sh").args(["-c", script, "-"]).arg(launcher).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}
