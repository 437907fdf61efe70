//! What is refused before anything is downloaded or written: the system, its glibc, its tools, arguments and addresses.

use super::{Home, Release, names};
use crate::support::Said;

/// Runs the installer with an address at which nobody listens, so a download would fail in other words.
fn run(home: &Home, release: &Release, arguments: &[&str]) -> Said {
    let arguments = [&["--base-url", "http://127.0.0.1:9/release"], arguments].concat();
    Said::of(&home.command(&["sh"], release, &arguments).output().unwrap())
}

fn refused(home: &Home, release: &Release, arguments: &[&str]) -> String {
    let text = run(home, release, arguments).refused(2);
    assert_eq!(names(&home.at("me")), [""; 0], "{text}");
    text
}

#[test]
fn a_system_below_the_floor_is_named_with_both_versions() {
    let release = Release::of("1.1.0");
    let home = Home::new();
    let ldd = |line: &str| {
        home.stand_in("getconf", "exit 1");
        home.stand_in("ldd", &format!("echo '{line}'"));
    };
    home.stand_in("getconf", "echo glibc 2.27");
    assert!(refused(&home, &release, &[]).starts_with("error: an-app needs glibc 2.28, found 2.27\n"));
    home.stand_in("getconf", "echo glibc 1.99");
    assert!(refused(&home, &release, &[]).contains("needs glibc 2.28, found 1.99\n"));
    ldd("ldd (Debian GLIBC 2.5-1) 2.5");
    assert!(refused(&home, &release, &[]).contains("needs glibc 2.28, found 2.5\n"));
    home.stand_in("ldd", "echo 'musl libc (x86_64)' >&2; exit 1");
    assert!(refused(&home, &release, &[]).contains("needs glibc 2.28, found musl\n"));
    // Enough, or unknown: then the download is tried.
    home.stand_in("getconf", "echo glibc 2.28");
    assert!(run(&home, &release, &[]).refused(1).contains("cannot download"));
    for line in ["ldd (GNU libc) 2.41.9000", "ldd (x) 3.0", "something else"] {
        ldd(line);
        assert!(run(&home, &release, &[]).refused(1).contains("cannot download"), "{line}");
    }
}

#[test]
fn a_system_without_an_archive_hears_which_ones_have_one() {
    let release = Release::of("1.1.0");
    let home = Home::new();
    for (system, machine) in [("Linux", "riscv64"), ("FreeBSD", "x86_64"), ("Darwin", "arm64")] {
        home.stand_in("uname", &format!("case $1 in -s) echo {system} ;; *) echo {machine} ;; esac"));
        let text = refused(&home, &release, &[]);
        let wanted =
            format!("error: there is no an-app 1.1.0 for {system} {machine}\n  wanted one of: Linux x86_64;\n");
        assert_eq!(text, wanted);
    }
}

#[test]
fn a_tool_that_is_missing_is_named() {
    let release = Release::of("1.1.0");
    for (missing, programs) in [
        ("tar", "sh head sed readlink cut sha256sum"),
        ("sha256sum", "sh head sed readlink cut tar"),
        ("curl", "sh head sed readlink cut tar sha256sum"),
    ] {
        let home = Home::new();
        let path = home.only(&programs.split(' ').collect::<Vec<_>>());
        let mut command = home.command(&["sh"], &release, &[]);
        let text = Said::of(&command.env("PATH", path).output().unwrap()).refused(2);
        assert!(text.starts_with(&format!("error: `{missing}` is not on PATH\n")), "{text}");
        assert_eq!(names(&home.at("me")), [""; 0]);
    }
}

#[test]
fn arguments_that_cannot_be_meant_are_refused() {
    let release = Release::of("1.1.0");
    let home = Home::new();
    for (arguments, wanted) in [
        (&["--nonsense"][..], "unexpected argument `--nonsense`"),
        (&["here"], "unexpected argument `here`"),
        (&["--prefix"], "`--prefix` has no value"),
        (&["--prefix", ""], "`--prefix` has no value"),
        (&["--version"], "`--version` has no value"),
        (&["--version", "a/b"], "`a/b` is not a version"),
    ] {
        let text = refused(&home, &release, arguments);
        assert!(text.starts_with(&format!("error: {wanted}\n")), "{text}");
        assert!(text.ends_with("\nhint: sh an-app-installer.sh --help\n"), "{text}");
    }
    let help = run(&home, &release, &["--help"]).fine();
    for option in ["--prefix DIR", "--base-url URL", "--version NUMBER", "--rollback", "--uninstall", "--quiet"] {
        assert!(help.contains(&format!("\n  {option} ")), "{help}");
    }
    let mut homeless = home.command(&["sh"], &release, &[]);
    let text = Said::of(&homeless.env_remove("HOME").output().unwrap()).refused(2);
    assert!(text.starts_with("error: `HOME` does not name a folder\n"), "{text}");
}

#[test]
fn an_address_that_others_can_change_on_the_way_is_refused() {
    let release = Release::of("1.1.0");
    let home = Home::new();
    for address in [
        "http://example.org/release",
        "http://localhost.example.org/release",
        "http://127.0.0.1:80@example.org/release",
        "http://127.0.0.1.example.org",
        "ftp://example.org",
        "https:",
        "file://relative",
        "/a/folder",
    ] {
        let text = refused(&home, &release, &["--base-url", address]);
        assert!(text.starts_with(&format!("error: `{address}` is not a place to download from\n")), "{text}");
    }
}
