//! `fresh-root.sh` and what it passes into its Debian, with stand-ins for the programs that take long.

use super::Fake;
use crate::support::{checkout, namespace, scratch, stderr, stdout};
use std::fs;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Stands in for `unshare` where that runs debootstrap, which has a stand-in of its own.
const DEBOOTSTRAP: &str = "case \" $* \" in *' debootstrap '*)
  while [ \"$1\" != debootstrap ]; do shift; done
  exec \"$@\" ;;
esac";

/// A checkout in which making a Debian takes no time, and `unshare` stands in for all that is run in it.
fn fresh_root(unshare: &str) -> Fake {
    let unshare = format!("{DEBOOTSTRAP}\n{unshare}");
    let fake = Fake::new();
    fake.write(
        "README.md",
        "# It\n\n```console\n$ one\n```\n\n```console\n$ two --all   # why\n$ scripts/dev/test.sh\n```\n",
    );
    fake.write("toolchain/bin/cargo", "");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(fake.path().join("toolchain/bin/cargo"), executable).unwrap();
    let programs = [
        ("id", "echo 0"),
        ("rustc", "echo toolchain"),
        ("apt-get", ""),
        ("debootstrap", "mkdir \"$4/root\""),
        ("git", "[ \"$1\" != clone ] || mkdir \"$5\""),
        ("unshare", &unshare),
    ];
    programs.iter().for_each(|(name, script)| fake.stand_in(name, script));
    fake
}

/// The names that a finished run left in `.local`.
fn left_behind(fake: &Fake) -> Vec<String> {
    let entries = fs::read_dir(fake.path().join(".local")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).filter(|name| name != "cache").collect()
}

#[test]
fn a_fresh_debian_runs_the_commands_of_the_readme_and_ends_with_their_status() {
    let fake = fresh_root("for last do :; done; echo \"$last\" >commands; exit 7");
    let output = fake.run("scripts/dev/fresh-root.sh", &[]);
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert_eq!(fake.read("commands"), "two --all   # why\nscripts/dev/test.sh\n");
    assert_eq!(left_behind(&fake), [""; 0]);
    assert!(fake.path().join(".local/cache/trixie-fresh/root").is_dir());
    // The path by which the script is called need not hold for the folder in which it works.
    fake.stand_in("unshare", "[ -f \"$6\" ]");
    fake.stand_in("by-a-relative-path", "cd \"${0%/*}/../scripts\" && exec dev/fresh-root.sh");
    let output = fake.run("on-path/by-a-relative-path", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    fake.write("README.md", "nothing\n");
    assert!(stderr(&fake.run("scripts/dev/fresh-root.sh", &[])).contains("README.md has no block"));
}

/// Sends a signal to a script that has written `started` to descriptor 3. Returns only if no process of it is left.
pub fn stop(fake: &Fake, script: &str, arguments: &[&str], signal: libc::c_int) {
    let mut command = fake.command("on-path/with-descriptor-3");
    fake.stand_in("with-descriptor-3", "exec \"$@\" 3>&1");
    command.arg(fake.path().join(script)).args(arguments).current_dir(fake.path()).env("TMPDIR", "/tmp");
    let mut run = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut output = run.stdout.take().unwrap();
    output.read_exact(&mut [0; "started\n".len()]).unwrap();
    // SAFETY: no memory is passed, and the child is not reaped yet.
    assert_eq!(unsafe { libc::kill(run.id() as libc::pid_t, signal) }, 0);
    assert!(!run.wait().unwrap().success());
    // The pipe hangs up when no process has it open any more.
    let mut pipe = libc::pollfd { fd: output.as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: the descriptor is open, and the one entry lives as long as the call.
    let changed = unsafe { libc::poll(&mut pipe, 1, 20_000) };
    assert!(changed == 1 && pipe.revents & libc::POLLHUP != 0, "a process is left");
}

const SIGNALS: [libc::c_int; 3] = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP];

#[test]
fn a_fresh_debian_that_is_stopped_leaves_no_process_and_no_folder() {
    for signal in SIGNALS {
        let fake = fresh_root("echo started >&3; sleep 100");
        stop(&fake, "scripts/dev/fresh-root.sh", &[], signal);
        assert_eq!(left_behind(&fake), [""; 0]);
    }
}

/// The signal may come when the command has started and the script does not yet wait for it.
#[test]
fn a_run_that_is_stopped_as_it_starts_leaves_no_process_and_no_folder() {
    let fake = fresh_root("");
    // The Debian is made before, so that the run is the only command of its kind.
    assert!(fake.run("scripts/dev/fresh-root.sh", &[]).status.success());
    fake.stand_in("unshare", "echo started >&3; sleep 100");
    let job = fake.read("scripts/dev/lib/job.sh");
    fake.write("scripts/dev/lib/job.sh", &job.replacen("  set +m\n", "  set +m\n  sleep 0.5\n", 1));
    assert_ne!(fake.read("scripts/dev/lib/job.sh"), job);
    stop(&fake, "scripts/dev/fresh-root.sh", &[], libc::SIGTERM);
    assert_eq!(left_behind(&fake), [""; 0]);
}

#[test]
fn a_debian_is_kept_as_long_as_its_packages_are_wanted() {
    let fake = fresh_root("");
    fake.stand_in("debootstrap", "echo made >>log; mkdir \"$4/root\"");
    let runs = |fake: &Fake| {
        let output = fake.run("scripts/dev/fresh-root.sh", &[]);
        assert!(output.status.success(), "{}", stderr(&output));
        fake.read("log").lines().count()
    };
    assert_eq!((runs(&fake), runs(&fake)), (1, 1));
    let script = fake.read("scripts/dev/fresh-root.sh");
    fake.write("scripts/dev/fresh-root.sh", &script.replace("ca-certificates'", "ca-certificates xz-utils'"));
    assert_eq!((runs(&fake), runs(&fake)), (2, 2));
}

#[test]
fn a_debian_that_is_stopped_while_it_is_made_leaves_nothing() {
    for script in ["scripts/dev/fresh-root.sh", "scripts/dev/minimal-root.sh"] {
        for signal in SIGNALS {
            let fake = fresh_root("");
            fs::create_dir(fake.path().join(".local")).unwrap();
            fake.stand_in("debootstrap", "for last do :; done; echo \"$last\" >made; echo started >&3; sleep 100");
            stop(&fake, script, &[], signal);
            // It is below /tmp, because the checkout's path has a space.
            let made = fake.read("made");
            let top: PathBuf = Path::new(made.trim()).components().take(3).collect();
            assert!(made.starts_with("/tmp/") && !top.exists(), "{script}: {made}");
            assert_eq!(left_behind(&fake), [""; 0], "{script}");
        }
    }
}

/// Makes `system` from this machine's programs. In it `/etc/certificates` is a link by an absolute path to a folder that
/// this machine also has.
const SYSTEM: &str = r#"
cd "$1"
system=$1/system
mkdir -p "$system/etc" "$system$1/there" there folder
for folder in bin lib lib64 usr; do
  if [ -L "/$folder" ]; then cp -P "/$folder" "$system"; elif [ -d "/$folder" ]; then
    mkdir "$system/$folder"
    mount --rbind "/$folder" "$system/$folder"
  fi
done
ln -s "$1/there" "$system/etc/certificates"
echo "the machine's" >there/bundle.crt
echo passed >bundle.crt
echo passed >folder/file
. "$2/scripts/dev/lib/pass-in.sh"
pass_in "$1/bundle.crt" /etc/certificates/bundle.crt
pass_in "$1/folder" /etc/certificates/folder
pass_in "$1/folder/file" /etc/certificates/folder/file
cat there/bundle.crt "$system$1/there/bundle.crt" "$system$1/there/folder/file"
ls there
"#;

#[test]
fn what_is_passed_in_stays_inside() {
    let Some(way) = namespace() else { return };
    let folder = scratch();
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["bash", "-euo", "pipefail", "-c", SYSTEM, "-"]).arg(folder.path()).arg(checkout());
    let output = command.output().unwrap();
    let wanted = "the machine's\npassed\npassed\nbundle.crt\n";
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), (wanted, ""));
}

#[test]
fn no_secret_that_publishes_is_passed_in() {
    let code = ". scripts/dev/lib/pass-in.sh; pass_in() { :; }; settings=(); network_variables; printf '%s\n' \"${settings[@]}\"";
    let mut bash = Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", code]).current_dir(checkout()).env_clear().env("PATH", "/usr/bin:/bin");
    // What reads from a private index goes in, and what publishes stays out.
    let wanted = [
        "CARGO_HTTP_CAINFO",
        "CARGO_REGISTRIES_MINE_INDEX",
        "UV_INDEX_MINE_PASSWORD",
        "UV_INDEX_MINE_USERNAME",
        "UV_INDEX_URL",
        "https_proxy",
    ];
    let secret = [
        "CARGO_REGISTRIES_MINE_CREDENTIAL_PROVIDER",
        "CARGO_REGISTRIES_MINE_SECRET_KEY",
        "CARGO_REGISTRIES_MINE_TOKEN",
        "CARGO_REGISTRY_CREDENTIAL_PROVIDER",
        "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS",
        "CARGO_REGISTRY_SECRET_KEY",
        "CARGO_REGISTRY_TOKEN",
        "UV_PUBLISH_PASSWORD",
        "UV_PUBLISH_TOKEN",
        "UV_PUBLISH_URL",
        "UV_PUBLISH_USERNAME",
    ];
    bash.envs(wanted.iter().chain(&secret).map(|name| (name, "x")));
    let output = bash.output().unwrap();
    let text = stdout(&output);
    let mut passed: Vec<&str> = text.lines().collect();
    passed.sort_unstable();
    assert_eq!(passed, wanted.map(|name| format!("{name}=x")), "{}", stderr(&output));
}
