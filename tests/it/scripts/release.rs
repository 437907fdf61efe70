//! The scripts of a release and of the workflows, with stand-ins for what takes long or needs an account.

use super::Fake;
use crate::support::{stderr, stdout};
use std::fs;
use std::process::{Command, Output};

/// Runs a script with one variable, and with no tag unless that is the variable.
fn run_with(fake: &Fake, script: &str, arguments: &[&str], (name, value): (&str, &str)) -> Output {
    fake.command(script).args(arguments).env("TAG", "").env(name, value).output().unwrap()
}

#[test]
fn only_the_success_of_every_job_is_success() {
    let fake = Fake::new();
    let passed = |results: &str| run_with(&fake, "scripts/dev/all-passed.sh", &[], ("RESULTS", results)).status.code();
    assert_eq!(passed("success success"), Some(0));
    for results in ["success skipped", "cancelled", "success failure success"] {
        assert_eq!(passed(results), Some(1), "{results}");
    }
    assert_eq!(passed(""), Some(2));
}

/// A checkout whose baseline says, or does not say, of which commit it is.
fn with_baseline(sha: &str) -> Fake {
    let fake = Fake::new();
    let metadata = format!("mkdir -p baseline/dist-slim && echo '{sha}' >baseline/dist-slim/metadata.json");
    fake.stand_in("scripts/dist/baseline-linux.sh", &format!("echo baseline \"$@\" && {metadata}"));
    fake.stand_in("uname", "echo Linux");
    fake.stand_in("dpkg-query", "");
    fake.stand_in("cargo", "echo cargo \"$@\"");
    fake
}

#[test]
fn a_release_is_made_form_by_form_and_of_a_commit() {
    let fake = with_baseline("    \"sha\": \"0123\",");
    let output = run_with(&fake, "scripts/dist/release.sh", &[], ("TAG", ""));
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("baseline\ncargo pack formats baseline/dist-slim --only archive "), "{text}");
    for form in ["onefile", "deb", "rpm", "arch", "oci", "installer", "homebrew"] {
        assert!(text.contains(&format!(" --only {form}")), "{form}: {text}");
    }
    let tagged = stdout(&run_with(&fake, "scripts/dist/release.sh", &[], ("TAG", "v1.0.0")));
    assert!(tagged.starts_with("baseline --strict\n"), "{tagged}");
    let output = run_with(&with_baseline("{}"), "scripts/dist/release.sh", &[], ("TAG", ""));
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(
        stderr(&output).contains("does not say of which commit it is\n  git does not answer"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn releases_are_joined_with_their_notes() {
    let fake = Fake::new();
    fake.stand_in("cargo", "echo cargo \"$@\"");
    let join = |tag: &str| run_with(&fake, "scripts/dist/join-release.sh", &["parts"], ("TAG", tag));
    let output = join("");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("`parts` has no folder of a release"), "{}", stderr(&output));
    for part in ["linux", "a windows"] {
        fake.write(&format!("parts/{part}/dist-manifest.json"), "{}");
    }
    let output = join("v1.0.0");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "cargo pack formats --join parts/a windows --join parts/linux\n");
    assert_eq!(fake.read("release-notes.md"), "cargo pack notes release --tag v1.0.0\n");
}

/// A checkout with a release, and a `gh` that knows one release in that state and writes down what it is told.
fn with_github(state: &str) -> Fake {
    let fake = Fake::new();
    fake.write("release/app.tar.gz", "");
    let answers = format!("'release list') echo {state} ;;\n'release view') printf 'app.tar.gz\\nold.tar.gz\\n' ;;");
    let fetch = "'release download') mkdir release.partial && echo x >release.partial/x
        (cd release.partial && sha256sum x >sha256.sum) ;;";
    let log = "*) echo \"$*\" >>told ;;";
    fake.stand_in("gh", &format!("case \"$1 $2\" in\n{answers}\n{fetch}\n{log}\nesac"));
    fake
}

#[test]
fn a_draft_is_made_or_made_anew_and_a_release_is_never_changed() {
    let step =
        |fake: &Fake, step: &str| run_with(fake, "scripts/dist/github-release.sh", &[step], ("TAG", "v1.0.0-rc.1"));
    let fake = with_github("");
    assert!(step(&fake, "draft").status.success());
    let told = fake.read("told");
    assert!(
        told.starts_with("release create v1.0.0-rc.1 --draft --verify-tag ") && told.contains(" --prerelease\n"),
        "{told}"
    );
    assert!(told.ends_with("release upload v1.0.0-rc.1 --clobber release/app.tar.gz\n"), "{told}");
    let fake = with_github("true");
    assert!(step(&fake, "draft").status.success());
    let told = fake.read("told");
    assert!(told.starts_with("release edit v1.0.0-rc.1 --draft --notes-file release-notes.md\n"), "{told}");
    assert!(told.contains("release delete-asset v1.0.0-rc.1 old.tar.gz --yes\nrelease upload "), "{told}");
    let fake = with_github("false");
    let output = step(&fake, "draft");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("is published already") && !fake.path().join("told").exists());
    let output = step(&fake, "fetch");
    assert!(stderr(&output).contains("`release` is in the way"), "{}", stderr(&output));
    fs::remove_dir_all(fake.path().join("release")).unwrap();
    assert!(step(&fake, "fetch").status.success() && fake.read("release/x") == "x\n");
    assert_eq!(run_with(&fake, "scripts/dist/github-release.sh", &["publish"], ("TAG", "")).status.code(), Some(2));
}

#[test]
fn crates_that_a_registry_has_are_not_published_again() {
    let fake = Fake::new();
    for name in ["one", "two"] {
        fake.write(&format!("crates/{name}/Cargo.toml"), &format!("[package]\nname = \"{name}\"\n"));
    }
    let version = fake.read("Cargo.toml");
    let version = version.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"')).unwrap();
    fake.stand_in("cargo", &format!("case \"$*\" in *one@{version}) ;; info*) exit 1 ;; *) echo cargo \"$@\" ;; esac"));
    let output = fake.run("scripts/dist/publish-crates.sh", &[]);
    assert_eq!(stdout(&output), "cargo publish --locked --no-verify --package two\n", "{}", stderr(&output));
    fake.stand_in("cargo", "case $1 in info) ;; *) echo cargo \"$@\" ;; esac");
    assert_eq!(stdout(&fake.run("scripts/dist/publish-crates.sh", &[])), "");
}

#[test]
fn a_container_of_another_distribution_gets_the_dist_alone() {
    let fake = Fake::new();
    fake.stand_in("docker", "echo \"$@\"");
    let run = |image: &str, folder: &str| run_with(&fake, "scripts/dev/distro.sh", &[folder], ("IMAGE", image));
    assert_eq!(run("", "archives").status.code(), Some(2));
    fs::create_dir(fake.path().join("archives")).unwrap();
    let folder = fake.path().join("archives");
    let output = run("debian", folder.to_str().unwrap());
    assert!(output.status.code() == Some(2) && stderr(&output).contains("has no archive"), "{}", stderr(&output));
    fake.write("dist/app/metadata.json", "{\n  \"binary\": \"bin/app-bin\",\n}\n");
    let mut pack = Command::new("tar");
    pack.args(["-czf", "../archives/app.tar.gz", "app"]).current_dir(fake.path().join("dist"));
    assert!(pack.status().unwrap().success());
    let output = run("debian:12", folder.to_str().unwrap());
    let text = stdout(&output);
    assert!(output.status.success() && text.lines().count() == 3, "{text}{}", stderr(&output));
    assert!(
        text.lines().all(|line| line.starts_with("run --rm --network none --read-only --user 12345:12345 ")),
        "{text}"
    );
    assert!(
        text.lines().next().unwrap().ends_with("--entrypoint /opt/moved disté/bin/app-bin debian:12 --verify"),
        "{text}"
    );
}

#[test]
fn the_linkage_of_each_native_file_is_written_down() {
    let fake = Fake::new();
    let report = |dist: &str| {
        fake.command("scripts/dist/linkage-report.sh").args([dist, "linkage.txt"]).current_dir(fake.path()).output()
    };
    assert_eq!(report("dist").unwrap().status.code(), Some(2));
    fake.write("dist/metadata.json", "{}");
    fake.write("dist/bin/script", "#!/bin/sh\n");
    let output = report("dist").unwrap();
    assert!(output.status.code() == Some(1) && stderr(&output).contains("has no native file"), "{}", stderr(&output));
    fs::copy("/bin/true", fake.path().join("dist/bin/app-bin")).unwrap();
    assert!(report("dist").unwrap().status.success());
    let text = fake.read("linkage.txt");
    assert!(
        text.starts_with("== bin/app-bin\n") && text.contains("(NEEDED)") && text.contains("libc.so.6 => "),
        "{text}"
    );
}
