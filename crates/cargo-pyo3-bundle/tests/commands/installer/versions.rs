//! Several versions: upgrades, older ones, the way back, what stays, and files that are somebody else's.

use super::{Home, NAME, Release, names};
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn an_upgrade_keeps_the_version_before_and_removes_older_ones() {
    let releases = ["1.0.0", "1.1.0", "1.2.0"].map(Release::of);
    let home = Home::new();
    for release in &releases {
        home.install(release, &[]).fine();
    }
    home.has("1.2.0", Some("1.1.0"));
    // An installer of an older version installs that version.
    home.install(&releases[0], &[]).fine();
    home.has("1.0.0", Some("1.2.0"));
}

#[test]
fn the_way_back_leads_to_and_fro_without_a_download() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    let text = home.install(&old, &["--rollback"]).refused(1);
    assert!(text.contains("\n  wanted two versions in `") && text.contains("found 1.0.0"), "{text}");
    home.install(&new, &[]).fine();
    for (version, before) in [("1.0.0", "1.1.0"), ("1.1.0", "1.0.0")] {
        home.install(&new, &["--base-url", "file:///nowhere", "--rollback"]).fine();
        home.has(version, Some(before));
    }
    home.install(&new, &["--base-url", "file:///nowhere", "--version", "1.0.0"]).fine();
    home.has("1.0.0", Some("1.1.0"));
    for version in ["0.9.0", "../an-app/1.0.0", "previous", "", "."] {
        let text = home.install(&new, &["--version", version]).refused(2);
        let wanted = [" is not installed\n", " is not a version\n", " has no value\n"];
        assert!(wanted.iter().any(|wanted| text.contains(wanted)), "{text}");
    }
    home.has("1.0.0", Some("1.1.0"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_session_goes_on_with_its_version_however_old_it_gets() {
    let releases = ["1.0.0", "1.1.0", "1.2.0"].map(Release::of);
    let home = Home::installed(&releases[0]);
    let program = home.root().join("1.0.0/session");
    // By another process: see `write_program`.
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg(which::which("sleep").unwrap()).arg(&program).status().unwrap().success());
    let mut session = std::process::Command::new(&program).arg("600").spawn().unwrap();
    for release in &releases[1..] {
        home.install(release, &[]);
    }
    let names = home.names();
    session.kill().unwrap();
    session.wait().unwrap();
    assert_eq!(names, ["1.0.0", "1.1.0", "1.2.0", "previous"]);
    home.install(&releases[2], &[]).fine();
    home.has("1.2.0", Some("1.1.0"));
}

#[test]
fn removing_leaves_what_was_not_installed_and_says_where_it_is() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    home.install(&new, &[]).fine();
    let own = [".config", ".local/state", ".local/share"].map(|place| home.at("me").join(place).join(NAME));
    own.iter().for_each(|place| fs::create_dir_all(place).unwrap());
    let other = home.root().join("2.0.0");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("metadata.json"), r#"{"name": "another"}"#).unwrap();
    fs::write(home.root().join("notes"), "mine").unwrap();
    let text = home.install(&new, &["--uninstall"]).fine();
    let root = home.root();
    let lines: Vec<String> = own.iter().map(|place| format!("your own files stay: {}\n", place.display())).collect();
    let stays = format!("`{}` has other files, and stays\nan-app is not installed any more\n", root.display());
    assert_eq!(text, stays + &lines.concat());
    assert_eq!(home.names(), ["2.0.0", "notes"]);
    assert!(home.link().symlink_metadata().is_err());
    // Once more, with nothing there.
    home.install(&new, &["--uninstall"]).fine();
    assert_eq!(home.names(), ["2.0.0", "notes"]);
}

#[test]
fn what_is_somebody_elses_stays_where_the_link_should_be() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    home.install(&new, &[]).fine();
    fs::remove_file(home.link()).unwrap();
    let check = |home: &Home| {
        for arguments in [&[][..], &["--rollback"], &["--version", "1.0.0"]] {
            let text = home.install(&new, arguments).refused(1);
            let wanted = format!("error: `{}` is not a link of this installer\n", home.link().display());
            assert!(text.starts_with(&wanted), "{arguments:?}: {text}");
            assert!(text.ends_with(&format!("\nhint: ls -l '{}'\n", home.link().display())), "{text}");
        }
        assert_eq!(home.names(), ["1.0.0", "1.1.0", "previous"]);
        assert_eq!(names(&home.at("me/.local/bin")), [NAME]);
    };
    fs::write(home.link(), "mine").unwrap();
    check(&home);
    assert_eq!(fs::read_to_string(home.link()).unwrap(), "mine");
    fs::remove_file(home.link()).unwrap();
    fs::create_dir(home.link()).unwrap();
    check(&home);
    fs::remove_dir(home.link()).unwrap();
    for target in ["/usr/bin/true", "/nowhere"] {
        symlink(target, home.link()).unwrap();
        check(&home);
        assert_eq!(fs::read_link(home.link()).unwrap().to_str(), Some(target));
        fs::remove_file(home.link()).unwrap();
    }
    symlink("/usr/bin/true", home.link()).unwrap();
    home.install(&new, &["--uninstall"]).fine();
    assert!(!home.root().exists());
    assert_eq!(fs::read_link(home.link()).unwrap().to_str(), Some("/usr/bin/true"));
}

#[test]
fn a_folder_of_the_version_that_is_something_else_stays() {
    let release = Release::of("1.1.0");
    let home = Home::new();
    let place = home.root().join("1.1.0");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("notes"), "mine").unwrap();
    let text = home.install(&release, &[]).refused(1);
    assert!(text.contains(&format!("`{}` is not a version of an-app", place.display())), "{text}");
    assert_eq!(names(&place), ["notes"]);
    assert_eq!(home.names(), ["1.1.0"]);
}
