//! `/pip`: packages go into a folder of the user's, from wheels made here, without a network; the dist stays as it was.

use super::Session;
use crate::support::{Copy, runtime_python, stderr, stdout};
use crate::terminal::Home;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Makes the wheel of a package `tiny` with a module and a console script.
const MAKE: &str = r#"
import sys, zipfile
folder, version = sys.argv[1:]
info = f"tiny-{version}.dist-info"
files = {
    "tiny.py": f"version = {version!r}\ndef main(): print('tiny', version)\n",
    f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{info}/entry_points.txt": "[console_scripts]\ntiny = tiny:main\n",
}
files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
with zipfile.ZipFile(f"{folder}/tiny-{version}-py3-none-any.whl", "w") as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
"#;

fn make_wheel(folder: &Path, version: &str) {
    let output = Command::new(runtime_python()).args(["-I", "-c", MAKE]).arg(folder).arg(version).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "__pycache__");
    names.sort();
    names
}

/// Makes a home with wheels in a folder with spaces, and a `pip.py` that must not be taken for pip.
fn home() -> Home {
    let home = Home::new();
    fs::create_dir(home.path("the wheels")).unwrap();
    make_wheel(&home.path("the wheels"), "1.0");
    make_wheel(&home.path("the wheels"), "2.0");
    fs::write(home.path("pip.py"), "raise SystemExit('this is not pip')\n").unwrap();
    home
}

fn start(program: &Path, home: Home) -> Session {
    let mut command = home.command(program);
    command.env("PIP_NO_INDEX", "1").env("NO_COLOR", "1").env("PIP_NO_COLOR", "1");
    command.env("PIP_TARGET", home.path("elsewhere")).env("PIP_USER", "0").env("PYTHONPATH", "/nowhere");
    let session = Session { terminal: crate::terminal::Terminal::spawn(command, 24, 80), home };
    session.wait_for_prompt(">>> ");
    session
}

#[test]
fn packages_are_installed_for_the_user_and_the_dist_stays_as_it_was() {
    let copy = Copy::new();
    let before = tree(&copy.root);
    let home = home();
    let python: String = stdout(
        &Command::new(runtime_python())
            .args(["-Ic", "import sys; print('%d.%d' % sys.version_info[:2])"])
            .output()
            .unwrap(),
    );
    let series = home.data().join(python.trim());
    let site = series.join("site-packages");
    let mut session = start(&copy.launcher(), home);
    session.tell("/pip install './the wheels/tiny-1.0-py3-none-any.whl'");
    session.wait_for_text("Successfully installed tiny-1.0");
    session.converse(&[("import tiny; tiny.version", &["'1.0'"])]);
    assert_eq!(names(&site), ["README.txt", "tiny-1.0.dist-info", "tiny.py"]);
    assert!(series.join("bin/tiny").is_file());
    session.tell("/pip list");
    session.wait_for_text("tiny");
    session.tell("/pip install --upgrade './the wheels/tiny-2.0-py3-none-any.whl'");
    session.wait_for_text("Successfully installed tiny-2.0");
    assert_eq!(names(&site), ["README.txt", "tiny-2.0.dist-info", "tiny.py"]);
    for refused in ["/pip uninstall -y pip", "/pip --quiet uninstall -y pip", "/pip uninstall -y -rpip.txt"] {
        let shown = session.answer(refused);
        assert_eq!(shown.last().map(String::as_str), Some("hint: /pip list"), "{refused}: {shown:?}");
    }

    let home = session.leave();
    assert!(!home.path("elsewhere").exists());
    fs::write(home.path("uses.py"), "import tiny\ntiny.main()\n").unwrap();
    let output = home.command(copy.launcher()).arg("uses.py").output().unwrap();
    assert_eq!(stdout(&output), "tiny 2.0\n", "{output:?}");
    // Packages in the folder of another series are not seen.
    fs::create_dir_all(home.data().join("3.1/site-packages")).unwrap();
    fs::write(home.data().join("3.1/site-packages/other.py"), "").unwrap();
    let mut session = start(&copy.launcher(), home);
    session.converse(&[("import tiny; tiny.version", &["'2.0'"])]);
    let shown = session.answer("import other");
    assert_eq!(shown.last().unwrap(), "ModuleNotFoundError: No module named 'other'");
    session.tell("/pip uninstall -y tiny");
    session.wait_for_text("Successfully uninstalled tiny-2.0");
    assert_eq!(names(&site), ["README.txt"]);
    assert!(!series.join("bin/tiny").exists());
    session.leave();
    assert_eq!(tree(&copy.root), before, "the dist has changed");
}

#[test]
fn what_pip_says_no_to_is_told() {
    let mut session = start(&super::program(), home());
    session.tell("/pip install no-such-package");
    session.wait_for_line("exit status: 1");
    session.tell("/pip 'open");
    session.wait_for_text("No closing quotation");
    session.converse(&[("1", &["1"])]);
}

/// Returns every path with its size and its change time, which also a copy made of hard links shows.
fn tree(folder: &Path) -> Vec<(std::path::PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.symlink_metadata().unwrap();
            found.push((path.clone(), kind.len(), kind.modified().unwrap()));
            if kind.is_dir() {
                waiting.push(path);
            }
        }
    }
    found.sort();
    found
}
