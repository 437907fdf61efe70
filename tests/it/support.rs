//! Helpers that tests share: the dist, copies of it, programs in an empty environment, ELF files made to measure.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

pub const NAME: &str = env!("CARGO_PKG_NAME");

pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder on the checkout's file system, so that a dist can be copied by hard links.
pub fn scratch() -> TempDir {
    tempfile::Builder::new().prefix("it ü ").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The packager, as `cargo pack` builds it.
pub fn packager() -> &'static Path {
    static PACKAGER: LazyLock<PathBuf> = LazyLock::new(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--quiet", "--profile", "pack", "--package", "cargo-pyo3-bundle"]);
        let status = build.arg("--target-dir").arg(target).current_dir(checkout()).status().unwrap();
        assert!(status.success());
        target.join("pack/cargo-pyo3-bundle")
    });
    &PACKAGER
}

/// The program as `scripts/dist/package-all.sh` has linked it for a dist.
pub fn release_binary() -> PathBuf {
    let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("release").join(NAME);
    assert!(binary.is_file(), "there is no release binary; hint: scripts/dist/package-all.sh");
    binary
}

/// The packaged dist. A missing dist is a failure, never a skipped test.
pub fn dist() -> PathBuf {
    let dist = checkout().join("dist");
    assert!(dist.join(NAME).is_file(), "there is no dist; hint: scripts/dist/package-all.sh");
    dist
}

/// The Python that dists are made from, as an interpreter of its own.
pub fn runtime_python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("python/runtime/bin/python3");
    assert!(python.is_file(), "there is no `{}`; hint: scripts/python/install-managed-python.sh", python.display());
    python
}

/// A copy of the dist that a test may break. Its files are hard links, so a test replaces a file and never writes into
/// it.
pub struct Copy {
    pub root: PathBuf,
    _folder: TempDir,
}

impl Copy {
    pub fn new() -> Self {
        let folder = scratch();
        let root = folder.path().join("dist");
        let done = Command::new("cp").arg("-al").arg(dist()).arg(&root).status().unwrap();
        assert!(done.success());
        Copy { root, _folder: folder }
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    pub fn binary(&self) -> PathBuf {
        self.path(&format!("bin/{NAME}-bin"))
    }

    pub fn launcher(&self) -> PathBuf {
        self.path(NAME)
    }

    pub fn libraries(&self) -> PathBuf {
        self.path("python/runtime/lib")
    }

    #[cfg(target_os = "linux")]
    pub fn libpython(&self) -> PathBuf {
        only(&self.libraries(), |name| name.starts_with("libpython3.") && name.ends_with(".so.1.0"))
    }

    pub fn stdlib(&self) -> PathBuf {
        only(&self.libraries(), |name| name.starts_with("python3."))
    }

    /// Replaces a file and so breaks its hard link: the dist keeps its own.
    pub fn replace(&self, path: &Path, content: &[u8]) {
        let mode = fs::metadata(path).unwrap().permissions();
        fs::remove_file(path).unwrap();
        write_program(path, content);
        fs::set_permissions(path, mode).unwrap();
    }
}

/// Writes an executable file. Another process does: a child that another test starts meanwhile would keep a file of this
/// process open for writing, and Linux starts no such file (ETXTBSY).
pub fn write_program(path: &Path, content: impl AsRef<[u8]>) {
    let mut writer = Command::new("sh");
    writer.args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(content.as_ref()).unwrap();
    assert!(writer.wait().unwrap().success(), "{path:?}");
}

fn only(folder: &Path, wanted: impl Fn(&str) -> bool) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: Vec<String> = names.filter(|name| wanted(name)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    folder.join(&found[0])
}

/// Makes a command with an empty environment.
pub fn bare(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null());
    command
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a program with Python code as its standard input.
pub fn python(command: &mut Command, code: &str) -> Output {
    let folder = scratch();
    let script = folder.path().join("script.py");
    fs::write(&script, code).unwrap();
    command.stdin(fs::File::open(script).unwrap()).output().unwrap()
}

/// Compiles C by the compiler that the `cc` crate finds, which also links Rust.
pub fn compile(source: &str, out: &Path, arguments: &[&str]) {
    let folder = scratch();
    let file = folder.path().join("source.c");
    fs::write(&file, source).unwrap();
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut build = cc::Build::new();
    let compiler = build.cargo_metadata(false).opt_level(0).debug(false).target(&triple).host(&triple).get_compiler();
    let output = compiler.to_command().arg("-w").arg("-o").arg(out).arg(&file).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    fs::set_permissions(out, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Makes a socket at a place of any length: bound by its own path it would have to be shorter than 108 bytes.
#[cfg(target_os = "linux")]
pub fn socket(place: &Path) {
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixListener;
    let folder = fs::File::open(place.parent().unwrap()).unwrap();
    let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    drop(UnixListener::bind(short.join(place.file_name().unwrap())).unwrap());
}

/// Makes a command of a script of this checkout.
pub fn script(relative: &str) -> Command {
    let mut command = Command::new(checkout().join(relative));
    command.stdin(Stdio::null());
    command
}

/// Notes that a test goes on without something. `scripts/dev/test.sh` lists all notes at its end.
pub fn left_out(what: &str) {
    eprintln!("left out: {what}");
    if let Some(list) = std::env::var_os("LEFT_OUT_LIST") {
        let list = fs::OpenOptions::new().append(true).create(true).open(list);
        // The line is written in one piece, because other tests also write.
        list.and_then(|mut list| list.write_all(format!("{what}\n").as_bytes())).unwrap();
    }
}

/// The command that runs another in a mount namespace. Where this machine allows none, the test is listed as left out.
pub fn namespace() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "--mount"], vec!["unshare", "--mount", "--user", "--map-root-user"]];
    let works =
        |way: &Vec<&str>| Command::new(way[0]).args(&way[1..]).arg("true").output().is_ok_and(|o| o.status.success());
    let way = ways.into_iter().find(works);
    if way.is_none() {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        left_out(&format!("{test}: this machine allows no mount namespace"));
    }
    way
}
