//! Where it is unpacked to, and what is said where that cannot be.

use crate::support::{Case, give_to, is_superuser, leave_out, said};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The one name in the folder for temporary files, below which it was unpacked.
fn in_tmp(case: &Case) -> Vec<String> {
    let names = case.names("tmp");
    let [name] = &names[..] else { panic!("{names:?}") };
    assert!(name.starts_with("app-"), "{name}");
    case.names(&format!("tmp/{name}"))
}

#[test]
fn variables_say_where() {
    let case = Case::new();
    said(case.command("true").env("XDG_CACHE_HOME", case.at("xdg"))).fine();
    assert_eq!((case.names("xdg/app").len(), case.names("home")), (2, vec![]));
    said(case.command("true").env("PYO3_BUNDLE_CACHE", "mine").env("XDG_CACHE_HOME", case.at("none"))).fine();
    assert_eq!((case.names("mine/app").len(), case.names("none")), (2, vec![]));
    said(case.command("true").env_remove("HOME")).fine();
    assert_eq!((in_tmp(&case).len(), case.names("home")), (2, vec![]));
}

#[test]
fn where_the_cache_cannot_be_written_to_the_folder_for_temporary_files_does() {
    let case = Case::new();
    chmod(&case.at("home"), 0o500);
    case.run_as_user("echo started", |_| {}).fine();
    let before = in_tmp(&case);
    assert_eq!((before.len(), case.names("home")), (2, vec![]));
    case.run_as_user("echo started", |_| {}).fine();
    assert_eq!(in_tmp(&case), before);
}

#[test]
fn a_cache_that_was_filled_before_it_became_read_only_is_used() {
    let case = Case::new();
    case.run_as_user("true", |_| {}).fine();
    for folder in ["home/.cache/app", "home/.cache", "home", "tmp"] {
        chmod(&case.at(folder), 0o500);
    }
    assert_eq!(case.run_as_user("echo started", |_| {}).fine(), "started\n");
}

#[test]
fn a_named_folder_that_cannot_be_written_to_is_told() {
    let case = Case::new();
    fs::create_dir(case.at("mine")).unwrap();
    chmod(&case.at("mine"), 0o500);
    let named = |command: &mut Command| {
        command.env("PYO3_BUNDLE_CACHE", "mine");
    };
    let text = case.run_as_user("echo started", named).refused();
    assert!(text.contains("/app` has no place to unpack its program to and start it\n  `"), "{text}");
    assert!(text.contains("/mine/app`: Permission denied"), "{text}");
    assert!(text.contains("\nhint: PYO3_BUNDLE_CACHE=\"$PWD\" '") && text.ends_with("/app'\n"), "{text}");
    assert_eq!(case.names("tmp"), [""; 0], "no other folder than the named one is used");
}

#[test]
fn a_full_disk_is_survived_or_told_and_nothing_is_left_on_it() {
    let case = Case::new();
    fs::create_dir(case.at("home/.cache")).unwrap();
    let full = "mount -t tmpfs -o size=2m,mode=0700 none home/.cache";
    let script = "ls -A \"$HOME/.cache/app\"; ls \"$TMPDIR\"";
    let Some(said) = case.run_after(full, &[], script) else { return };
    let user = said.out.lines().nth(1).unwrap_or_default().to_owned();
    assert!(said.out == format!("lock\n{user}\n") && user.starts_with("app-"), "{} {}", said.out, said.error);
    let prepare = format!("{full} && mount -t tmpfs -o size=2m,mode=0700 none tmp");
    let text = case.run_after(&prepare, &[], "true").unwrap().refused();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[1].contains("/home/.cache/app/") && lines[1].ends_with("No space left on device (os error 28)"),
        "{text}"
    );
    assert!(lines[2].contains("/tmp/app-") && lines[2].ends_with("No space left on device (os error 28)"), "{text}");
    let named = [("PYO3_BUNDLE_CACHE", Path::new("home/.cache"))];
    let text = case.run_after(full, &named, "true").unwrap().refused();
    assert!(text.contains("No space left") && text.lines().count() == 3, "{text}");
}

#[test]
fn where_no_program_may_run_another_place_is_taken() {
    let case = Case::new();
    fs::create_dir(case.at("home/.cache")).unwrap();
    let noexec = "mount -t tmpfs -o noexec,mode=0700 none home/.cache";
    let Some(said) = case.run_after(noexec, &[], "ls \"$HOME/.cache/app\"; echo started") else { return };
    assert_eq!(said.fine(), "started\n");
    assert_eq!(in_tmp(&case).len(), 2);
    // One that became so with the program in it.
    let case = Case::new();
    case.run("true").fine();
    let later = "mount --bind home/.cache home/.cache && mount -o remount,bind,noexec home/.cache";
    assert_eq!(case.run_after(later, &[], "echo started").unwrap().fine(), "started\n");
    let named = [("PYO3_BUNDLE_CACHE", Path::new("home/.cache"))];
    let text = case.run_after(later, &named, "true").unwrap().refused();
    assert!(text.contains("/bin/app-bin`: no program may run there (noexec?)"), "{text}");
}

#[test]
fn a_folder_that_others_can_change_is_not_used() {
    let case = Case::new();
    case.run("true").fine();
    let unpacked = case.unpacked();
    for (path, shown) in [
        (unpacked, "/home/.cache/app/"),
        (case.at("home/.cache/app"), "app`"),
        (case.at("home/.cache"), "home/.cache`"),
    ] {
        for mode in [0o777, 0o770, 0o1777] {
            // Owners alone remove what is in a folder of everybody's.
            if mode == 0o1777 && path.ends_with(".cache") {
                continue;
            }
            chmod(&path, mode);
            let text = said(case.command("echo started").env("PYO3_BUNDLE_CACHE", "home/.cache")).refused();
            assert!(text.contains(&format!("can be changed by other users (mode {mode:04o})")), "{text}");
            assert!(text.contains(shown), "{text}");
        }
        // Without such an order, another place does.
        assert_eq!(case.run("echo started").fine(), "started\n");
        in_tmp(&case);
        chmod(&path, 0o700);
    }
    chmod(&case.at("home/.cache"), 0o1777);
    said(case.command("true").env("PYO3_BUNDLE_CACHE", "home/.cache")).fine();
}

#[test]
fn a_folder_of_another_user_is_not_used() {
    if !is_superuser() {
        return leave_out("only the superuser can make a folder of another user");
    }
    let case = Case::new();
    case.run("true").fine();
    let unpacked = case.unpacked();
    for path in [unpacked, case.at("home/.cache/app"), case.at("home/.cache")] {
        give_to(&path, 4321);
        let text = said(case.command("echo started").env("PYO3_BUNDLE_CACHE", "home/.cache")).refused();
        assert!(text.contains("belongs to another user (uid 4321)"), "{text}");
        give_to(&path, 0);
    }
    said(case.command("true").env("PYO3_BUNDLE_CACHE", "home/.cache")).fine();
}

#[test]
fn a_link_in_the_place_of_the_folder_is_not_followed_but_one_above_it_is() {
    let case = Case::new();
    fs::create_dir_all(case.at("home/.cache")).unwrap();
    fs::create_dir(case.at("elsewhere")).unwrap();
    symlink(case.at("elsewhere"), case.at("home/.cache/app")).unwrap();
    let text = said(case.command("true").env("PYO3_BUNDLE_CACHE", "home/.cache")).refused();
    assert!(text.contains("/home/.cache/app` is not a folder"), "{text}");
    assert_eq!(case.names("elsewhere"), [""; 0]);
    chmod(&case.at("elsewhere"), 0o700);
    symlink(case.at("elsewhere"), case.at("link")).unwrap();
    said(case.command("true").env("PYO3_BUNDLE_CACHE", "link")).fine();
    assert_eq!(case.names("elsewhere/app").len(), 2);
}

/// As on a system with another C library.
#[test]
fn a_program_whose_loader_is_missing_is_told_and_not_unpacked_twice() {
    let case = Case::new();
    case.pack_program("app", "#!/no/such/loader\n");
    let said = case.run("true");
    assert_eq!((said.status, said.out.as_str()), (Some(1), ""));
    let wanted = "/bin/app-bin` cannot be started\n  its loader is not there: it needs a system with glibc\n";
    assert!(said.error.starts_with("error: `") && said.error.ends_with(wanted), "{}", said.error);
    assert_eq!(case.names("tmp"), [""; 0]);
}
