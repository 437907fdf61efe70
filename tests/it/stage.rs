//! Staging that does not finish: interrupted, killed, out of space, two runs at once. The earlier dist stays.

use crate::support::{checkout, left_out, namespace, packager, scratch, stderr, stdout};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn stage(out: &Path) -> Command {
    let python = checkout().join(".local/python");
    let mut command = Command::new(packager());
    command.arg("stage").arg("--binary").arg(env!("CARGO_BIN_EXE_pychat_ai"));
    command.arg("--python").arg(python.join("runtime")).arg("--provenance").arg(python.join("provenance.json"));
    command.arg("--out").arg(out).stderr(Stdio::piped()).stdout(Stdio::null());
    command
}

const METADATA: &str = r#"{"schema_version": 1, "name": "app", "version": "1", "target": "x", "launcher": "old",
    "binary": "bin/app-bin", "platform": {"os": "linux", "arch": "x86_64"}, "python": {"version": "3.13.1"},
    "executables": [], "links": {}}"#;

/// A folder with an earlier dist in it.
fn folder_with_old_dist() -> tempfile::TempDir {
    let folder = scratch();
    fs::create_dir(folder.path().join("dist")).unwrap();
    fs::write(folder.path().join("dist/metadata.json"), METADATA).unwrap();
    fs::write(folder.path().join("dist/old"), "").unwrap();
    folder
}

/// The names in a folder, sorted, so that all that a run left is compared.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Waits for a file that a run makes on its way. A run that has ended does not make it any more.
#[track_caller]
fn wait_for(run: &mut Child, path: &Path) {
    crate::wait::until(&format!("`{}`", path.display()), || {
        let ended = run.try_wait().unwrap();
        assert!(path.exists() || ended.is_none(), "the run has ended with {ended:?} before `{}`", path.display());
        path.exists()
    });
}

#[test]
fn a_killed_run_leaves_the_old_dist_and_the_next_one_cleans_up() {
    for signal in ["-KILL", "-INT"] {
        let folder = folder_with_old_dist();
        let (dist, partial) = (folder.path().join("dist"), folder.path().join("dist.partial"));
        let mut run = stage(&dist).spawn().unwrap();
        wait_for(&mut run, &partial.join("new/python"));
        assert!(Command::new("kill").arg(signal).arg(run.id().to_string()).status().unwrap().success());
        assert!(!run.wait().unwrap().success());
        assert!(dist.join("old").exists() && partial.exists(), "{signal}");
        // An error that is found when the folder is open already: a list without hashes.
        let lists = scratch();
        fs::write(lists.path().join("list.txt"), "six==1.17.0\n").unwrap();
        let output = stage(&dist).arg("--requirements").arg(lists.path().join("list.txt")).output().unwrap();
        assert!(!output.status.success());
        assert!(dist.join("old").exists(), "{signal}: {}", stderr(&output));
        assert_eq!(names(folder.path()), ["dist"], "{signal}");
    }
}

#[test]
fn a_second_run_at_the_same_time_is_refused() {
    let folder = folder_with_old_dist();
    let dist = folder.path().join("dist");
    let mut first = stage(&dist).spawn().unwrap();
    wait_for(&mut first, &folder.path().join("dist.partial"));
    let second = stage(&dist).output().unwrap();
    assert!(stderr(&second).contains("by another run"), "{}", stderr(&second));
    first.kill().unwrap();
    first.wait().unwrap();
}

/// A folder that is not a dist, such as a home or a source tree, stays as it is. No lock or working folder is left.
#[test]
fn a_folder_that_is_not_a_dist_is_never_replaced() {
    let folder = scratch();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("home/.config")).unwrap();
    fs::write(at("home/letters"), "dear").unwrap();
    fs::write(at("file"), "text").unwrap();
    std::os::unix::fs::symlink("home", at("link")).unwrap();
    fs::create_dir(at("taken.partial")).unwrap();
    fs::write(at("taken.partial/mine"), "").unwrap();
    for (out, found) in [("home", "a folder"), ("file", "a file"), ("link", "a link"), ("taken", "`mine`")] {
        let output = stage(&at(out)).output().unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{out}: {text}");
        assert!(text.contains("is not replaced") && text.contains(found), "{text}");
        assert_eq!(text.contains("\nhint: mv "), out == "taken", "{text}");
    }
    let missing = stderr(&stage(&at("no/such/dist")).output().unwrap());
    assert!(missing.contains("hint: mkdir -p "), "{missing}");
    assert_eq!(names(folder.path()), ["file", "home", "link", "taken.partial"]);
    assert_eq!(names(&at("home")), [".config", "letters"]);
    assert_eq!(names(&at("taken.partial")), ["mine"]);
}

/// The given Python is of the same series as the one that the program was built with, but not that one.
#[test]
fn another_python_than_the_linked_one_is_refused() {
    let folder = folder_with_old_dist();
    let python = folder.path().join("python");
    let own = checkout().join(".local/python/runtime");
    let is_libpython = |name: &String| name.starts_with("libpython3.") && name.ends_with(".so.1.0");
    let library = names(&own.join("lib")).into_iter().find(is_libpython).unwrap();
    let mut bytes = fs::read(own.join("lib").join(&library)).unwrap();
    bytes.push(0);
    fs::create_dir_all(python.join("lib")).unwrap();
    fs::write(python.join("lib").join(&library), bytes).unwrap();
    let run = stage(&folder.path().join("dist"));
    let arguments =
        run.get_args().map(|argument| if argument == own.as_os_str() { python.as_os_str() } else { argument });
    let mut run = Command::new(run.get_program());
    run.args(arguments);
    let text = stderr(&run.output().unwrap());
    assert!(
        text.contains("was not linked against the Python that is to be packed") && text.contains("\nhint: "),
        "{text}"
    );
    assert!(folder.path().join("dist/old").exists());
}

#[test]
fn a_full_disk_leaves_the_old_dist_and_nothing_else() {
    let Some(way) = namespace() else { return };
    let folder = scratch();
    let place = folder.path().to_str().unwrap();
    let before = folder_with_old_dist();
    let before = before.path().to_str().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=20m tmpfs '{place}' && cp -a '{before}/dist' '{place}' && \
         ! \"$@\" && ls -A '{place}' '{place}/dist'"
    );
    let run = stage(&folder.path().join("dist"));
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["sh", "-c", &script, "-"]).arg(run.get_program()).args(run.get_args());
    let output = command.output().unwrap();
    let (listing, text) = (stdout(&output), stderr(&output));
    assert!(text.contains("No space left on device") && text.contains("cannot copy"), "{text}");
    assert!(listing.contains("old") && !listing.contains("partial"), "{listing}");
}

/// A mount point cannot be moved aside, which has to be known before the work and not after it.
#[test]
fn a_mount_point_is_refused_at_once() {
    let Some(way) = namespace() else { return };
    let folder = scratch();
    let dist = folder.path().join("dist");
    fs::create_dir(&dist).unwrap();
    let run = stage(&dist);
    let script = "mount -t tmpfs tmpfs \"$1\" && shift && exec \"$@\"";
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["sh", "-c", script, "-"]).arg(&dist).arg(run.get_program()).args(run.get_args());
    let output = command.output().unwrap();
    let text = stderr(&output);
    assert!(text.contains("/dist` is not replaced") && text.contains("found a mount point"), "{text}");
    assert_eq!(names(folder.path()), ["dist"]);
}

/// With `redirect_dir=off`, which containers may have, an overlay does not rename a folder of its lower layer.
#[test]
fn a_folder_that_its_file_system_does_not_rename_is_refused_at_once() {
    let Some(way) = namespace() else { return };
    let folder = folder_with_old_dist();
    let top = scratch();
    let dist = top.path().join("merged/dist");
    let run = stage(&dist);
    // The upper folder is in a tmpfs, because one overlay does not take a folder of another one for it.
    let script = "lower=$1; shift; cd \"$1\" && shift && mount -t tmpfs tmpfs . && cd \"$PWD\" && \
        mkdir upper work merged || exit
        options=lowerdir=$lower,upperdir=$PWD/upper,workdir=$PWD/work,redirect_dir=off
        mount -t overlay -o \"$options\" overlay merged || exit 77
        ! \"$@\" && ls -A merged merged/dist";
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["sh", "-c", script, "-"]).args([folder.path(), top.path()]);
    command.arg(run.get_program()).args(run.get_args());
    let output = command.output().unwrap();
    let text = stderr(&output);
    if output.status.code() == Some(77) {
        return left_out("a dist from a lower layer of an overlay: this machine mounts no overlay");
    }
    assert!(text.contains("/dist` is not replaced") && text.contains("it cannot be renamed: "), "{text}");
    assert_eq!(stdout(&output), "merged:\ndist\n\nmerged/dist:\nmetadata.json\nold\n", "{text}");
}

#[test]
fn a_dist_has_the_same_modes_under_every_umask() {
    let folder = scratch();
    let dist = folder.path().join("dist");
    let run = stage(&dist);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 002; exec \"$@\"", "-"]).arg(run.get_program()).args(run.get_args());
    command.args(["--profile", "slim"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let mut paths = vec![dist];
    while let Some(path) = paths.pop() {
        let metadata = fs::symlink_metadata(&path).unwrap();
        let mode = metadata.permissions().mode() & 0o7777;
        assert!(metadata.is_symlink() || [0o755, 0o644].contains(&mode), "{mode:o} {path:?}");
        if metadata.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
}

/// pyzmq's wheel brings its own libzmq and libsodium and finds them by its own search path. It does not bring
/// libstdc++.
#[test]
fn locked_packages_are_installed_with_their_native_libraries() {
    let folder = scratch();
    let dist = folder.path().join("dist");
    let requirements = checkout().join("tests/it/data/requirements.txt");
    let mut run = stage(&dist);
    run.args(["--profile", "slim", "--requirements"]).arg(&requirements);
    let output = run.env("UV_CACHE_DIR", checkout().join(".local/cache/uv")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let python = dist.join("python/runtime/bin/python3");
    let answer =
        crate::support::bare(python).args(["-I", "-c", "import zmq; print(zmq.zmq_version())"]).output().unwrap();
    assert!(stdout(&answer).starts_with("4."), "{}", stderr(&answer));
    assert!(dist.join("python/runtime/lib/libstdc++.so.6").is_file());
}

#[test]
fn a_package_whose_hash_is_not_the_locked_one_is_refused() {
    let folder = folder_with_old_dist();
    let requirements = folder.path().join("requirements.txt");
    fs::write(&requirements, format!("pyzmq==27.3.0 --hash=sha256:{}\n", "0".repeat(64))).unwrap();
    fs::write(folder.path().join("requirements.in"), "pyzmq\n").unwrap();
    let mut run = stage(&folder.path().join("dist"));
    run.arg("--requirements").arg(&requirements);
    let output = run.env("UV_CACHE_DIR", checkout().join(".local/cache/uv")).output().unwrap();
    let text = stderr(&output);
    assert!(
        !output.status.success() && text.contains("hash") && text.contains(" pip compile --generate-hashes "),
        "{text}"
    );
    assert!(folder.path().join("dist/old").exists());
}
