//! The scripts of the systems on machines that lack what they take: each says it in a row and in the three parts of an error. What a
//! machine has is a PATH made of chosen programs, so nothing is fetched.

use super::Fake;
use crate::support::{stderr, stdout};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Output;

/// What the scripts use of any machine.
const USUAL: &str = "awk basename bash cat chmod cp cut date dirname env find grep head ls mkdir mktemp mv rm sed sh sha256sum sort \
    tail tar touch tr true xargs";

/// A machine with the usual programs and these.
fn machine(programs: &[(&str, &str)]) -> Fake {
    let fake = Fake::new();
    let folder = fake.path().join("usual");
    fs::create_dir(&folder).unwrap();
    for name in USUAL.split_whitespace() {
        let place = ["/usr/bin", "/bin"].map(|folder| format!("{folder}/{name}"));
        let place = place.iter().find(|place| fs::exists(place).unwrap());
        symlink(place.unwrap_or_else(|| panic!("no `{name}`")), folder.join(name)).unwrap();
    }
    let any = [
        ("id", "echo 0"),
        ("uname", "case $1 in -s) echo Linux ;; -m) echo x86_64 ;; *) echo Linux x86_64 ;; esac"),
        ("debootstrap", NO_SUITE),
    ];
    any.iter().chain(programs).for_each(|(name, script)| fake.stand_in(name, script));
    fake
}

const NO_SUITE: &str = "echo no such suite; exit 1";

/// Stands in for `unshare`, which here makes no namespace and runs the command.
const UNSHARE: &str = "while [ \"${1#-}\" != \"$1\" ]; do shift; done; exec \"$@\"";

/// Runs a script of a system.
fn run(fake: &Fake, system: &str, arguments: &[&str]) -> Output {
    run_script(fake, &format!("scripts/dev/platforms/{system}.sh"), arguments)
}

fn run_script(fake: &Fake, script: &str, arguments: &[&str]) -> Output {
    let mut command = fake.command(script);
    let path = ["on-path", "usual"].map(|folder| fake.path().join(folder).display().to_string()).join(":");
    command.args(arguments).env("PATH", path).output().unwrap()
}

/// Runs a script that leaves something out, and returns its rows.
fn rows(fake: &Fake, script: &str, arguments: &[&str]) -> String {
    let output = run(fake, script, arguments);
    assert!(output.status.success(), "{script}: {}", stderr(&output));
    stdout(&output)
}

#[test]
fn a_machine_that_cannot_try_a_system_leaves_it_out_with_the_reason() {
    let fake = machine(&[]);
    let mingw = |tool: &str| {
        format!("windows\tleft-out\tit takes {tool} (apt-get install mingw-w64 python3-pip)\tLinux x86_64\n")
    };
    for tool in ["x86_64-w64-mingw32-gcc", "x86_64-w64-mingw32-dlltool", "x86_64-w64-mingw32-objdump", "python3"] {
        assert_eq!(rows(&fake, "windows", &[]), mingw(tool));
        fake.stand_in(tool, "exit 1");
    }
    let all = [
        ("linux", "linux\tleft-out\tit takes root, debootstrap and namespaces\tLinux x86_64\n"),
        ("windows", "windows\tleft-out\tit takes Linux on x86_64, root, debootstrap and namespaces\tLinux x86_64\n"),
        (
            "linux-aarch64",
            "linux-aarch64\tleft-out\tit takes root, debootstrap and a machine with x86_64\tLinux x86_64\n",
        ),
    ];
    // There is no `unshare` on this machine, then one that may do nothing, then a user who is not root.
    assert_eq!(["linux", "windows"].map(|system| rows(&fake, system, &[])), [all[0].1, all[1].1]);
    fake.stand_in("unshare", "exit 1");
    assert_eq!(["linux", "windows"].map(|system| rows(&fake, system, &[])), [all[0].1, all[1].1]);
    fake.stand_in("unshare", UNSHARE);
    fake.stand_in("id", "echo 1000");
    for (system, wanted) in all {
        assert_eq!(rows(&fake, system, &[]), wanted);
    }
    fake.stand_in("uname", "echo Darwin arm64");
    let mac = rows(&fake, "macos", &[]);
    assert_eq!(mac, "macos\tleft-out\tpackage-macos.sh and smoke-macos.sh are the proof on a Mac\tDarwin arm64\n");
}

#[test]
fn a_machine_without_an_emulator_names_the_packages() {
    let fake = machine(&[("unshare", UNSHARE)]);
    let row = "linux-aarch64\tleft-out\ta compiler and an emulator for arm64 cannot be had\tLinux x86_64\n";
    let packages =
        "a compiler and an emulator for arm64: `gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static`";
    let said = |wanted: &str| {
        let output = run(&fake, "linux-aarch64", &[]);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), row), "{}", stderr(&output));
        assert!(stderr(&output).ends_with(wanted), "{}", stderr(&output));
    };
    said(&format!("error: missing {packages} (Debian's names)\n  there is no `apt-get` to install them with\n"));
    fake.stand_in("apt-get", "echo no network; exit 100");
    // One of the two is not enough.
    fake.stand_in("aarch64-linux-gnu-gcc", "");
    let hint = "hint: apt-get update && apt-get install -y --no-install-recommends gcc-aarch64-linux-gnu";
    let output = run(&fake, "linux-aarch64", &[]);
    let text = stderr(&output);
    assert_eq!(stdout(&output), row);
    assert!(
        text.contains(&format!("error: cannot install {packages}\n  apt-get printed the lines above\n{hint}")),
        "{text}"
    );
    fake.stand_in("qemu-aarch64-static", "");
    fake.stand_in("unshare", "exit 1");
    let kernel = "the kernel has no binfmt_misc for a user namespace: wanted Linux 6.7";
    assert_eq!(rows(&fake, "linux-aarch64", &[]), format!("linux-aarch64\tleft-out\t{kernel}\tLinux x86_64\n"));
}

/// A machine that has all for Windows but Wine, with a Python for it and a packager that makes a small dist.
fn without_wine() -> Fake {
    let fake = machine(&[
        ("unshare", UNSHARE),
        ("apt-get", ""),
        ("x86_64-w64-mingw32-gcc", "echo 12"),
        ("x86_64-w64-mingw32-ld", "echo GNU ld 2.40"),
        ("x86_64-w64-mingw32-dlltool", ""),
        ("x86_64-w64-mingw32-objdump", "echo '\tDLL Name: python313.dll'"),
        ("python3", "exit 1"),
        ("cargo", "case $2 in stage) for last do :; done; mkdir -p \"$last/bin\" ;; esac"),
    ]);
    fake.write(".local/cache/windows/python/include/patchlevel.h", "");
    fake.write(".local/cache/windows/python.tar.gz", "");
    fake.write("program.exe", "");
    fake
}

#[test]
fn a_machine_without_wine_tries_what_needs_none() {
    let fake = without_wine();
    let program = fake.path().join("program.exe");
    let arguments = [&format!("--program={}", program.display()), "windows-judged", "windows-imports", "windows-smoke"];
    let output = run(&fake, "windows", &arguments);
    let text = stderr(&output);
    assert!(output.status.success(), "{text}");
    let wanted = "windows-program\tlinked\timports python313.dll, which stands beside it\tgcc 12, GNU ld 2.40\n\
        windows-judged\tinspected\tcargo pack verify of the dist, staged from an archive on this machine\t-\n\
        windows-wine\tleft-out\tWine cannot be had from this machine's mirror: nothing is started, and no import looked up\t-\n";
    assert_eq!(stdout(&output), wanted, "{text}");
    let error =
        "error: debootstrap failed\n  its last lines are above\nhint: unshare --mount --pid --fork debootstrap ";
    assert!(
        text.contains(&format!("no such suite\n{error}")) && text.contains("--include=wine,wine64 trixie"),
        "{text}"
    );
    // What was made before the Debian failed is still there for the claims that need none.
    assert!(fake.path().join(".local/cache/windows/dist/bin").is_dir());
}

#[test]
fn a_python_for_windows_that_cannot_be_fetched_is_left_out() {
    let fake = without_wine();
    fs::remove_file(fake.path().join(".local/cache/windows/python.tar.gz")).unwrap();
    let wanted = "windows\tleft-out\tthe Python for Windows cannot be had from the registry\twinpython-embed\n";
    assert_eq!(rows(&fake, "windows", &[]), wanted);
}

#[test]
fn a_root_that_cannot_be_mounted_is_named() {
    let refused = "case \"$*\" in *lowerdir=*) echo 'mount: unknown filesystem type' >&2; exit 32 ;; esac";
    let fake = machine(&[("mount", refused)]);
    fs::create_dir(fake.path().join("root")).unwrap();
    let place = |name: &str| fake.path().join(name).display().to_string();
    let (scratch, root) = (place("scratch"), place("root"));
    for system in ["linux", "linux-aarch64", "windows"] {
        let output = run(&fake, system, &["--inside", &scratch, &root, "starts", "dist", "app"]);
        let why = "mount printed the line above; it takes a kernel with overlayfs";
        let wanted = format!(
            "mount: unknown filesystem type\nerror: `{root}` cannot be mounted as a root\n  {why}\nhint: modprobe overlay\n"
        );
        assert_eq!((output.status.code(), stderr(&output)), (Some(2), wanted), "{system}");
        fs::remove_dir_all(&scratch).unwrap();
    }
}

#[test]
fn a_baseline_that_cannot_be_made_says_why() {
    let fake = machine(&[("rustc", "echo /no/toolchain"), ("git", "")]);
    let refused = || {
        let output = run_script(&fake, "scripts/dist/baseline-linux.sh", &[]);
        assert!(!output.status.success() && stdout(&output).is_empty(), "{}", stdout(&output));
        (output.status.code(), stderr(&output))
    };
    let (status, text) = refused();
    assert_eq!(status, Some(2), "{text}");
    assert!(text.starts_with("error: `/no/toolchain/bin/cargo` is missing\n  wanted a toolchain "), "{text}");
    assert!(text.contains("\nhint: "), "{text}");
    fake.stand_in("toolchain/bin/cargo", "");
    fake.stand_in("rustc", &format!("echo '{}'", fake.path().join("toolchain").display()));
    fake.write("baseline/mine.txt", "mine");
    let (status, text) = refused();
    let wanted = "error: `baseline` is in the way\n  wanted what an earlier run left there, found something else\n\
        hint: mv baseline baseline.mine\n";
    assert_eq!((status, text.as_str(), fake.read("baseline/mine.txt").as_str()), (Some(1), wanted, "mine"));
    fs::remove_dir_all(fake.path().join("baseline")).unwrap();
    fake.stand_in("unshare", UNSHARE);
    let (status, text) = refused();
    assert!(status == Some(1) && text.contains("no such suite\nerror: debootstrap failed\n"), "{text}");
    fake.stand_in("id", "echo 1000");
    let wanted = "error: a Debian bullseye cannot be made\n  it takes root and debootstrap\n\
        hint: sudo apt-get install -y debootstrap\n";
    assert_eq!(refused(), (Some(2), wanted.to_owned()));
}
