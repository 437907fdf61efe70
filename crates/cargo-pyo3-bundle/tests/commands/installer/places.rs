//! What an installation makes and says: the places, the link, the advice about PATH, in each shell that may be `sh`.

use super::{ARCHIVE, Home, LINUX, NAME, Release, WINDOWS, names};
use crate::support::{Said, json, left_out, sum};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const SHELLS: [&[&str]; 4] = [&["sh"], &["dash"], &["busybox", "sh"], &["bash", "--posix"]];

#[test]
fn every_shell_installs_upgrades_goes_back_and_removes() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    for shell in SHELLS {
        if which::which(shell[0]).is_err() {
            left_out(&format!("`{}` is not on PATH", shell[0]));
            continue;
        }
        let home = Home::new();
        let run = |release: &Release, more: &[&str]| home.install_by(shell, release, more).fine();
        run(&old, &[]);
        home.has("1.0.0", None);
        let text = run(&new, &[]);
        home.has("1.1.0", Some("1.0.0"));
        let link = home.link();
        let (link, bin) = (link.display(), home.at("me/.local/bin"));
        let wanted = format!(
            "downloading {ARCHIVE} (0.0 MB)\ninstalled an-app 1.1.0: {link}\n\
             {bin} is not on PATH; add this line to `.profile` in your home folder:\n  export PATH='{bin}':\"$PATH\"\n",
            bin = bin.display()
        );
        assert_eq!(text, wanted, "{shell:?}");
        // The link leads to the program: the launcher takes half a millisecond more.
        assert_eq!(fs::read_link(home.link()).unwrap(), home.root().join("1.1.0/bin").join(format!("{NAME}-bin")));
        assert_eq!(run(&new, &["--rollback"]), format!("back at an-app 1.0.0: {link}\n"));
        home.has("1.0.0", Some("1.1.0"));
        assert_eq!(run(&new, &["--uninstall"]), "an-app is not installed any more\n");
        assert!(!home.root().exists() && !home.link().exists());
    }
}

#[test]
fn the_manifest_has_the_installers_of_its_systems_and_the_commands_that_run_them() {
    let url = "https://example.org/v1.1.0/an-app-installer";
    let unix = ("sh", format!("curl -fsSL {url}.sh | sh"));
    let windows = ("ps1", format!("powershell -c \"irm {url}.ps1 | iex\""));
    for (system, (made, hint), (other, _)) in [(&LINUX, &unix, &windows), (&WINDOWS, &windows, &unix)] {
        let release = Release::for_system(system, "1.1.0", "");
        let manifest = json(&fs::read_to_string(release.at("dist-manifest.json")).unwrap());
        let installer = &manifest["artifacts"][format!("an-app-installer.{made}")];
        assert_eq!((&installer["kind"], &installer["install_hint"]), (&"installer".into(), &hint.as_str().into()));
        assert!(!release.at(&format!("an-app-installer.{other}")).exists());
        let text = fs::read_to_string(release.at(&format!("an-app-installer.{made}"))).unwrap();
        let archives: Vec<_> =
            names(&release.at("")).into_iter().filter(|name| name.starts_with("an-app-1.1.0-")).collect();
        for archive in archives.iter().filter(|name| !name.ends_with(".sha256")) {
            assert!(text.contains(&format!(" {} {archive}", sum(&release.at(archive)))), "{archive}: {text}");
        }
    }
}

#[test]
fn a_program_that_needs_its_launcher_is_linked_by_it() {
    let release = Release::for_system(&LINUX, "1.1.0", "launcher = \"environment\"");
    let home = Home::installed(&release);
    assert_eq!(fs::read_link(home.link()).unwrap(), home.root().join("1.1.0").join(NAME));
    assert_eq!(home.started(), "the launcher");
}

#[test]
fn a_part_of_the_installer_does_nothing() {
    let release = Release::of("1.1.0");
    let text = fs::read_to_string(release.script()).unwrap();
    let call = text.rfind("\n{ main ").unwrap();
    let whole = call + text[call..].find('}').unwrap();
    let lines = text.match_indices('\n').map(|(at, _)| at).step_by(5);
    let home = Home::new();
    for end in lines.filter(|end| *end < call).chain(call..=whole) {
        fs::write(release.script(), &text[..end]).unwrap();
        home.install(&release, &[]);
        assert_eq!(names(&home.at("me")), [""; 0], "{}", &text[..end]);
    }
}

#[test]
fn a_second_run_needs_nothing_and_a_damaged_version_is_replaced() {
    let release = Release::of("1.1.0");
    let home = Home::installed(&release);
    let again = |url: &str| Said::of(&home.command(&["sh"], &release, &["--base-url", url]).output().unwrap());
    assert!(!again("file:///nowhere").fine().contains("downloading"));
    fs::write(home.root().join("1.1.0/data"), "other data").unwrap();
    let text = again("file:///nowhere").refused(1);
    assert!(text.contains("cannot download `file:///nowhere/"), "{text}");
    assert!(again(&release.url()).fine().contains("downloading"));
    home.has("1.1.0", None);
}

#[test]
fn a_prefix_and_the_variable_for_data_move_everything() {
    let release = Release::of("1.1.0");
    let home = Home::new();
    home.install(&release, &["--prefix", "here 'and'", "--quiet"]).fine();
    assert_eq!(names(&home.at("me")), ["here 'and'"]);
    assert_eq!(names(&home.at("me/here 'and'")), ["bin", "share"]);
    let text = home.install(&release, &["--prefix", "here 'and'"]).fine();
    assert!(text.contains(r"/me/here '\''and'\''/bin':"), "{text}");
    home.install(&release, &["--prefix", "here 'and'", "--uninstall"]).fine();
    fs::remove_dir_all(home.at("me/here 'and'")).unwrap();
    let with_data = |place: &Path| {
        let mut command = home.command(&["sh"], &release, &["--base-url", &release.url()]);
        Said::of(&command.env("XDG_DATA_HOME", place).output().unwrap()).fine()
    };
    with_data(&home.at("data"));
    assert!(home.at("data/an-app/1.1.0").is_dir());
    assert_eq!(home.started(), "1.1.0 x");
    fs::remove_file(home.link()).unwrap();
    // The specification has a relative path ignored.
    with_data(Path::new("data"));
    home.has("1.1.0", None);
}

#[test]
fn quiet_prints_errors_alone() {
    let release = Release::of("1.1.0");
    let home = Home::new();
    assert_eq!(home.install(&release, &["--quiet"]).fine(), "");
    let text = home.install(&release, &["--quiet", "--rollback"]).refused(1);
    assert!(text.starts_with("error: there is no version of an-app to go back to\n"), "{text}");
}

#[test]
fn what_is_said_of_path_fits_the_shell_and_no_file_of_it_is_edited() {
    let release = Release::of("1.1.0");
    let home = Home::installed(&release);
    let said = |shell: &str, path: &[&Path]| {
        let mut command = home.command(&["sh"], &release, &["--base-url", &release.url()]);
        let paths: Vec<_> = path.iter().map(|path| path.display().to_string()).collect();
        let path = [paths.join(":"), "/usr/bin:/bin".into()].join(":");
        Said::of(&command.env("SHELL", shell).env("PATH", path).output().unwrap()).fine()
    };
    let (bin, system) = (home.at("me/.local/bin"), home.at("on-path"));
    for (shell, wanted) in [
        ("/bin/bash", "add this line to `.bashrc` in"),
        ("/usr/bin/zsh", "add this line to `.zshrc` in"),
        ("/usr/bin/fish", &format!("run this once:\n  fish_add_path '{}'\n", bin.display())),
        ("/bin/sh", "add this line to `.profile` in"),
    ] {
        let text = said(shell, &[&system]);
        assert!(text.contains(wanted), "{shell}: {text}");
    }
    assert_eq!(names(&home.at("me")), [".local"]);
    let installed = format!("installed an-app 1.1.0: {}\n", home.link().display());
    assert_eq!(said("/bin/bash", &[&system, &bin]), installed);
    home.stand_in(NAME, "echo another");
    let note = format!("note: PATH has another one before it: {}\n", home.at("on-path").join(NAME).display());
    assert_eq!(said("/bin/bash", &[&system, &bin]), installed + &note);
}

#[test]
fn an_archive_is_the_smallest_that_the_machine_can_unpack() {
    let release = Release::of("1.1.0");
    let tools =
        "sh uname getconf mkdir ln rm rmdir mv readlink tar gzip cp sha256sum cut grep head tail sed cat ls tr uniq";
    let without = Home::new();
    let programs: Vec<&str> = tools.split(' ').filter(|tool| !["uname", "getconf"].contains(tool)).collect();
    let path = without.only(&programs);
    let install = |home: &Home, path: &str| {
        let mut command = home.command(&["sh"], &release, &["--base-url", &release.url()]);
        Said::of(&command.env("PATH", path).output().unwrap()).fine()
    };
    let text = install(&without, &path);
    assert!(text.contains("downloading an-app-1.1.0-x86_64-unknown-linux-gnu.tar.gz ("), "{text}");
    without.has("1.1.0", None);
    symlink(which::which("zstd").unwrap(), without.at("only/zstd")).unwrap();
    without.install(&release, &["--uninstall"]).fine();
    assert!(install(&without, &path).contains("-gnu.tar.zst ("));
}
