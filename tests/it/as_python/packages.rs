//! Packages that the user installed, as scripts see them.

use super::{Outcome, outcome};
use crate::repl;
use crate::terminal::Home;
use std::fs;
use std::path::PathBuf;

const SERIES: &str = "import sys; print('%d.%d' % sys.version_info[:2], end='')";

fn run(home: &Home, arguments: &[&str]) -> Outcome {
    outcome(home.command(repl::program()).args(arguments), "")
}

/// A home with a package, and the package's folder.
fn furnished() -> (Home, PathBuf) {
    let home = Home::new();
    let series = run(&home, &["-c", SERIES]).stdout;
    let site = home.data().join(series).join("site-packages");
    fs::create_dir_all(site.join("elsewhere")).unwrap();
    fs::write(site.join("theirs.py"), "print('theirs')").unwrap();
    fs::write(site.join("json.py"), "print('shadows')").unwrap();
    fs::write(site.join("paths.pth"), "elsewhere\nimport builtins; builtins.from_pth = True\n").unwrap();
    fs::write(site.join("elsewhere/farther.py"), "print('farther', from_pth)").unwrap();
    (home, site)
}

#[test]
fn they_come_last_on_the_path_of_every_program() {
    let (home, site) = furnished();
    fs::write(home.path("script.py"), "import theirs, farther, json, sys; print(sys.path[-2:], json.dumps(1))")
        .unwrap();
    let wanted = format!("theirs\nfarther True\n['{0}', '{0}/elsewhere'] 1\n", site.display());
    let code = fs::read_to_string(home.path("script.py")).unwrap();
    for arguments in [&["script.py"][..], &["-c", &code], &["-m", "script"], &["-E", "script.py"]] {
        assert_eq!(run(&home, arguments).stdout, wanted, "{arguments:?}");
    }
    assert_eq!(outcome(&mut home.command(repl::program()), &code).stdout, wanted);
    assert_eq!(run(&home, &["-m", "theirs"]).stdout, "theirs\n");
}

#[test]
fn what_stands_beside_the_script_comes_first() {
    let (home, _) = furnished();
    fs::write(home.path("theirs.py"), "print('mine')").unwrap();
    fs::write(home.path("script.py"), "import theirs").unwrap();
    assert_eq!(run(&home, &["script.py"]).stdout, "mine\n");
}

#[test]
fn isolated_programs_do_not_see_them() {
    let (home, site) = furnished();
    for option in ["-I", "-s", "-S", "-uI"] {
        let found = run(&home, &[option, "-c", "import sys; print(sys.path); import theirs"]);
        assert_eq!(found.status.code(), Some(1), "{option}: {found:?}");
        assert!(found.stderr.contains("No module named 'theirs'"), "{option}: {found:?}");
        assert!(!found.stdout.contains(site.to_str().unwrap()), "{option}: {found:?}");
    }
}

#[test]
fn another_series_and_a_missing_folder_change_nothing() {
    let code = "import sys; print(sys.path)";
    let home = Home::new();
    let bare = run(&home, &["-c", code]);
    assert!(bare.status.success() && bare.stdout.starts_with("['', '"), "{bare:?}");
    assert!(!bare.stdout.contains(home.data().to_str().unwrap()), "{bare:?}");
    assert!(!home.data().exists());
    fs::create_dir_all(home.data().join("3.99/site-packages")).unwrap();
    assert_eq!(run(&home, &["-c", code]), bare);
    let isolated = run(&home, &["-I", "-c", code]);
    assert_eq!(bare.stdout.replace("['', ", "["), isolated.stdout);
}

/// A child process is a `python3`, which does not have the user's folder on its path; a worker of multiprocessing gets
/// the path of its parent.
#[test]
fn workers_find_them_and_a_plain_python_does_not() {
    let (home, _) = furnished();
    let code = "import multiprocessing, subprocess, sys\ndef work():\n    import theirs\n\
                if __name__ == '__main__':\n    for kind in ('spawn', 'forkserver', 'fork'):\n        \
                p = multiprocessing.get_context(kind).Process(target=work)\n        p.start(); p.join()\n        \
                print(kind, p.exitcode, flush=True)\n    \
                print(subprocess.run([sys.executable, '-c', 'import theirs'], stderr=-3).returncode)\n";
    fs::write(home.path("script.py"), code).unwrap();
    let found = run(&home, &["script.py"]);
    assert_eq!(found.stdout, "theirs\nspawn 0\ntheirs\nforkserver 0\ntheirs\nfork 0\n1\n", "{found:?}");
}

#[test]
fn a_broken_pth_file_is_told_and_the_program_runs() {
    let (home, site) = furnished();
    fs::write(site.join("broken.pth"), "import no_such_module_at_all\n").unwrap();
    let found = run(&home, &["-c", "print('ran')"]);
    assert_eq!((found.status.code(), found.stdout.as_str()), (Some(0), "ran\n"), "{found:?}");
    assert!(found.stderr.contains("broken.pth"), "{found:?}");
}
