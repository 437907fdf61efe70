//! Staging that does not come to its end: interrupted, killed, out of space, two at once. What was there stays.

use crate::support::{checkout, namespace, scratch, stderr};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn stage(out: &Path) -> Command {
    let python = checkout().join(".local/python");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pack"));
    command.arg("stage").arg("--binary").arg(env!("CARGO_BIN_EXE_pychat_ai"));
    command.arg("--python").arg(python.join("runtime")).arg("--provenance").arg(python.join("provenance.json"));
    command.arg("--out").arg(out).env("CARGO_MANIFEST_DIR", checkout()).stderr(Stdio::piped()).stdout(Stdio::null());
    command
}

/// A folder with a dist of before in it.
fn folder_with_old_dist() -> tempfile::TempDir {
    let folder = scratch();
    fs::create_dir(folder.path().join("dist")).unwrap();
    fs::write(folder.path().join("dist/old"), "").unwrap();
    folder
}

/// Waits for what a run makes on its way; one that has ended will not make it any more.
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
        wait_for(&mut run, &partial.join("python"));
        assert!(Command::new("kill").arg(signal).arg(run.id().to_string()).status().unwrap().success());
        assert!(!run.wait().unwrap().success());
        assert!(dist.join("old").exists() && partial.exists(), "{signal}");
        let output = stage(&dist).args(["--requirements", "/no/such/file"]).output().unwrap();
        assert!(!output.status.success());
        assert!(dist.join("old").exists() && !partial.exists(), "{signal}: {}", stderr(&output));
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

#[test]
fn a_full_disk_leaves_the_old_dist_and_nothing_else() {
    let Some(way) = namespace() else {
        eprintln!("no mount namespace on this machine: not tried");
        return;
    };
    let folder = scratch();
    let place = folder.path().to_str().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=20m tmpfs '{place}' && mkdir '{place}/dist' && touch '{place}/dist/old' && \
         ! \"$@\" && ls -A '{place}' '{place}/dist'"
    );
    let run = stage(&folder.path().join("dist"));
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["sh", "-c", &script, "-"]).arg(run.get_program()).args(run.get_args());
    let output = command.env("CARGO_MANIFEST_DIR", checkout()).output().unwrap();
    let (listing, text) = (crate::support::stdout(&output), stderr(&output));
    assert!(text.contains("No space left on device") && text.contains("cannot copy"), "{text}");
    assert!(listing.contains("old") && !listing.contains("partial"), "{listing}");
}

/// pyzmq's wheel brings libzmq and libsodium of its own and finds them by its own search path; libstdc++ it does not bring.
#[test]
fn locked_packages_are_installed_with_their_native_libraries() {
    let folder = scratch();
    let dist = folder.path().join("dist");
    let path = format!("{}:{}", checkout().join(".local/uv/bin").display(), std::env::var("PATH").unwrap());
    let requirements = checkout().join("tests/it/data/requirements.txt");
    let mut run = stage(&dist);
    run.args(["--profile", "slim", "--requirements"]).arg(&requirements).env("PATH", path);
    let output = run.env("UV_CACHE_DIR", checkout().join(".local/cache/uv")).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let python = dist.join("python/runtime/bin/python3");
    let answer =
        crate::support::bare(python).args(["-I", "-c", "import zmq; print(zmq.zmq_version())"]).output().unwrap();
    assert!(crate::support::stdout(&answer).starts_with("4."), "{}", stderr(&answer));
    assert!(dist.join("python/runtime/lib/libstdc++.so.6").is_file());
}

#[test]
fn a_package_whose_hash_is_not_the_locked_one_is_refused() {
    let folder = folder_with_old_dist();
    let requirements = folder.path().join("requirements.txt");
    fs::write(&requirements, format!("pyzmq==27.3.0 --hash=sha256:{}\n", "0".repeat(64))).unwrap();
    let path = format!("{}:{}", checkout().join(".local/uv/bin").display(), std::env::var("PATH").unwrap());
    let mut run = stage(&folder.path().join("dist"));
    run.arg("--requirements").arg(&requirements).env("PATH", path);
    let output = run.env("UV_CACHE_DIR", checkout().join(".local/cache/uv")).output().unwrap();
    let text = stderr(&output);
    assert!(!output.status.success() && text.contains("hash") && text.contains("hint: "), "{text}");
    assert!(folder.path().join("dist/old").exists());
}
