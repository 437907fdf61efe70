//! An installer that is killed at any moment, that meets another one, or that cannot write. The version before goes on to
//! work, and the next run leaves the same as one that was never disturbed.

use super::{Home, NAME, Release, names};
use crate::support::{Said, namespace};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The programs by which the installer changes files, and the one that looks at all of them. They run one at a time.
const CHANGING: [&str; 8] = ["mkdir", "ln", "rm", "rmdir", "mv", "cp", "tar", "sha256sum"];

/// Stands in for a program: counts the calls, and at the one with the number `STOP` sends a signal to the installer and
/// all that it has started.
const COUNTED: &str = "echo PROGRAM >>\"$CALLS\"
[ \"$(wc -l <\"$CALLS\")\" -ne \"$STOP\" ] || kill -s \"$SIGNAL\" 0
exec REAL \"$@\"";

struct Disturbed<'a> {
    home: &'a Home,
    release: &'a Release,
}

impl Disturbed<'_> {
    /// Makes the stand-ins.
    fn prepare(&self) {
        for program in CHANGING {
            let real = which::which(program).unwrap();
            let script = COUNTED.replace("PROGRAM", program).replace("REAL", real.to_str().unwrap());
            self.home.stand_in(&format!("counted/{program}"), &script);
        }
    }

    /// Runs the installer until a call. Returns what it said, the signal that ended it, and how many calls there were.
    fn run(&self, arguments: &[&str], stop: usize, signal: &str) -> (Said, Option<i32>, usize) {
        let calls = self.home.at("calls");
        fs::write(&calls, "").unwrap();
        let url = self.release.url();
        let arguments = [&["--base-url", &url], arguments].concat();
        let mut command = self.home.command(&["sh"], self.release, &arguments);
        let path =
            [self.home.at("on-path/counted").display().to_string(), self.home.at("on-path").display().to_string()];
        command.env("PATH", format!("{}:/usr/bin:/bin", path.join(":"))).env("CALLS", &calls);
        let output = command.env("STOP", stop.to_string()).env("SIGNAL", signal).process_group(0).output().unwrap();
        let count = fs::read_to_string(&calls).unwrap().lines().count();
        (Said::of(&output), output.status.signal(), count)
    }
}

const NEVER: usize = usize::MAX >> 1;
const KILLED: Option<i32> = Some(9);

#[test]
fn a_run_that_is_killed_at_any_change_leaves_what_works_and_the_next_one_ends_it() {
    let releases = ["1.0.0", "1.1.0", "1.2.0"].map(Release::of);
    let upgraded = || {
        let home = Home::installed(&releases[0]);
        home.install(&releases[1], &[]).fine();
        home
    };
    let home = upgraded();
    let disturbed = Disturbed { home: &home, release: &releases[2] };
    disturbed.prepare();
    let (_, _, count) = disturbed.run(&[], NEVER, "KILL");
    home.has("1.2.0", Some("1.1.0"));
    assert!(count >= 20, "the installer changes files by {count} calls");
    for stop in 1..=count {
        let home = upgraded();
        let disturbed = Disturbed { home: &home, release: &releases[2] };
        disturbed.prepare();
        let (_, signal, _) = disturbed.run(&[], stop, "KILL");
        assert_eq!(signal, KILLED, "call {stop}");
        let version = home.started();
        assert!(["1.1.0 x", "1.2.0 x"].contains(&version.as_str()), "call {stop}: {version}");
        let complete = |name: &String| name.starts_with('.') || home.root().join(name).join("SHA256SUMS").is_file();
        assert!(home.names().iter().all(|name| name == "previous" || complete(name)), "{stop}: {:?}", home.names());
        home.install(&releases[2], &[]).fine();
        home.has("1.2.0", Some("1.1.0"));
    }
}

#[test]
fn a_first_run_that_is_killed_at_any_change_is_ended_by_the_next_one() {
    let release = Release::of("1.1.0");
    for stop in 1.. {
        let home = Home::new();
        let disturbed = Disturbed { home: &home, release: &release };
        disturbed.prepare();
        let (_, signal, count) = disturbed.run(&[], stop, "KILL");
        let is_linked = home.link().symlink_metadata().is_ok();
        assert!(!is_linked || home.started() == "1.1.0 x", "call {stop}");
        home.install(&release, &[]).fine();
        home.has("1.1.0", None);
        if signal != KILLED {
            assert!(stop > count && count > 10, "{stop} of {count}");
            break;
        }
    }
}

#[test]
fn the_way_back_and_the_removal_can_be_killed_at_any_change() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    for argument in ["--rollback", "--uninstall"] {
        let mut stop = 1;
        loop {
            let home = Home::installed(&old);
            home.install(&new, &[]).fine();
            let disturbed = Disturbed { home: &home, release: &new };
            disturbed.prepare();
            let (_, signal, count) = disturbed.run(&[argument], stop, "KILL");
            if argument == "--rollback" {
                assert!(["1.0.0 x", "1.1.0 x"].contains(&home.started().as_str()), "call {stop}");
                home.install(&new, &["--version", "1.0.0"]).fine();
                home.has("1.0.0", Some("1.1.0"));
            } else {
                home.install(&new, &["--uninstall"]).fine();
                assert!(!home.root().exists() && names(&home.at("me/.local/bin")).is_empty(), "call {stop}");
            }
            if signal != KILLED {
                assert!(stop > count && count > 5, "{argument}: {stop} of {count}");
                break;
            }
            stop += 1;
        }
    }
}

#[test]
fn a_run_that_its_user_stops_cleans_up() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    let disturbed = Disturbed { home: &home, release: &new };
    disturbed.prepare();
    for signal in ["INT", "TERM", "HUP"] {
        // By then the archive is in the working folder.
        let (said, _, _) = disturbed.run(&[], 9, signal);
        assert_eq!(said.status, Some(130), "{signal}: {}", said.error);
        home.has("1.0.0", None);
    }
}

#[test]
fn of_two_at_once_one_waits_for_nobody_and_the_other_is_told() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    let real = which::which("tar").unwrap();
    let script = format!(
        "touch \"$HOME/../in-tar\"; while [ ! -e \"$HOME/../go-on\" ]; do sleep 0.02; done; exec {} \"$@\"",
        real.display()
    );
    home.stand_in("slow/tar", &script);
    let mut first = home.command(&["sh"], &new, &["--base-url", &new.url(), "--quiet"]);
    let path = format!("{}:{}:/usr/bin:/bin", home.at("on-path/slow").display(), home.at("on-path").display());
    let mut first = first.env("PATH", path).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !home.at("in-tar").exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let others = [&[][..], &["--rollback"], &["--uninstall"]].map(|arguments| home.install(&new, arguments));
    fs::write(home.at("go-on"), "").unwrap();
    let first_is_fine = first.wait().unwrap().success();
    for other in others {
        let text = other.refused(1);
        let wanted = format!("error: another installer is at work in `{}`\n  `", home.root().display());
        assert!(text.starts_with(&wanted), "{text}");
        assert!(text.ends_with(&format!("\nhint: ps -p {}\n", first.id())), "{text}");
    }
    assert!(first_is_fine);
    home.has("1.1.0", Some("1.0.0"));
}

/// The number of a process that has ended.
fn dead() -> u32 {
    let mut process = Command::new("true").spawn().unwrap();
    process.wait().unwrap();
    process.id()
}

#[test]
fn many_at_once_leave_a_whole_version() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    // The lock of a process that was killed, on the machine that the stand-in for `uname` names.
    symlink(format!("machine:{}", dead()), home.root().join(".lock")).unwrap();
    let start = || {
        let mut command = home.command(&["sh"], &new, &["--base-url", &new.url()]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let runs: Vec<_> = (0..6).map(|_| start()).collect();
    let said: Vec<_> = runs.into_iter().map(|run| Said::of(&run.wait_with_output().unwrap())).collect();
    assert!(said.iter().any(|said| said.status == Some(0)));
    for said in said.into_iter().filter(|said| said.status != Some(0)) {
        let text = said.refused(1);
        assert!(text.starts_with("error: another installer is at work in `"), "{text}");
    }
    home.has("1.1.0", Some("1.0.0"));
}

#[test]
fn a_lock_of_another_machine_is_not_taken_away() {
    let release = Release::of("1.1.0");
    let home = Home::installed(&release);
    let dead = dead();
    symlink(format!("elsewhere:{dead}"), home.root().join(".lock")).unwrap();
    let text = home.install(&release, &[]).refused(1);
    assert!(text.contains(&format!("/.lock` is of process {dead} on elsewhere\n")), "{text}");
    assert_eq!(home.names(), [".lock", "1.1.0"]);
}

/// Runs a script of `sh` in a mount namespace, with the installer's command line as its arguments.
fn in_namespace(home: &Home, release: &Release, script: &str) -> Option<Said> {
    let way = namespace()?;
    let installer = home.command(&["sh"], release, &["--base-url", &release.url()]);
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["sh", "-c", script, "-", "sh"]).args(installer.get_args()).env_clear();
    command.current_dir(home.at("me")).envs(installer.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(Said::of(&command.output().unwrap()))
}

#[test]
fn a_disk_that_is_full_at_any_step_keeps_the_version_before() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    // Each round has some more room than the one before, until there is enough of it.
    let script = r#"set -e
cp -a "$HOME" "$HOME.before"
for room in 0 1 2 3 4 5 6 8 10 12 16 20 24 28 32 36 40 44 48 52 56 60 64 68 72 76 80 90 100 200; do
  mount -t tmpfs -o size=1m,mode=0755 tmpfs "$HOME"
  cp -a "$HOME.before/." "$HOME"
  free=$(df -k --output=avail "$HOME" | tail -n 1)
  head -c "$(((free - room * 4) * 1024))" /dev/zero >"$HOME/filler"
  status=0
  "$@" >"$HOME.out" 2>&1 || status=$?
  echo "$room $status $("$HOME/.local/bin/an_app") $(ls -A "$HOME/.local/share/an-app" | tr '\n' ' ')$(ls -A "$HOME/.local/bin" | tr '\n' ' ')"
  [ "$status" = 0 ] || grep '^error: ' "$HOME.out"
  if [ "$status" = 0 ]; then exit 0; fi
  umount "$HOME"
done
exit 9"#;
    let Some(said) = in_namespace(&home, &new, script) else { return };
    let text = said.fine();
    let rounds: Vec<&str> = text.lines().filter(|line| !line.starts_with("error: ")).collect();
    let (last, others) = rounds.split_last().unwrap();
    assert!(last.ends_with(&format!(" 0 1.1.0 1.0.0 1.1.0 previous {NAME} ")), "{text}");
    assert!(others.len() > 5, "{text}");
    for round in others {
        let after = round.split_once(' ').unwrap().1;
        assert_eq!(after, format!("1 1.0.0 1.0.0 {NAME} "), "{text}");
    }
    // Each step that writes: the folder, the download, the archive's files.
    for step in ["cannot download `", "cannot write `"] {
        assert!(text.contains(&format!("error: {step}")), "{text}");
    }
}

#[test]
fn folders_that_cannot_be_written_to_are_named() {
    let release = Release::of("1.1.0");
    for (place, named) in [(".local/share", ".local/share/an-app"), (".local/bin", ".local/bin")] {
        let home = Home::new();
        for folder in [".local/share", ".local/bin"] {
            fs::create_dir_all(home.at("me").join(folder)).unwrap();
        }
        let script = format!(
            "mount --bind \"$HOME/{place}\" \"$HOME/{place}\" && mount -o remount,bind,ro \"$HOME/{place}\" && exec \"$@\""
        );
        let Some(said) = in_namespace(&home, &release, &script) else { return };
        let text = said.refused(1);
        assert!(
            text.starts_with(&format!("error: cannot write `{}`\n", home.at("me").join(named).display())),
            "{text}"
        );
        assert_eq!(names(&home.at("me/.local/share")), [""; 0]);
        assert_eq!(names(&home.at("me/.local/bin")), [""; 0]);
    }
}
