//! `platforms.sh` and the scripts of the systems, with stand-ins for what takes long.

use super::Fake;
use crate::support::{checkout, stderr, stdout};
use std::fs;

const ROWS: &str = "printf 'one\\trun\\tby hand | or not\\t1.0\\ntwo\\tleft-out\\tno such thing\\t-\\n'";

fn platforms() -> Fake {
    let fake = Fake::new();
    fs::create_dir(fake.path().join("docs")).unwrap();
    fs::copy(checkout().join("docs/platform-support.md"), fake.path().join("docs/platform-support.md")).unwrap();
    for system in ["cross", "linux", "linux-aarch64", "macos", "windows"] {
        fake.stand_in(&format!("scripts/dev/platforms/{system}.sh"), ROWS);
    }
    fake
}

/// The lines of a system in the page.
fn table(fake: &Fake, system: &str) -> String {
    let page = fake.read("docs/platform-support.md");
    let (_, rest) = page.split_once(&format!("<!-- rows of {system} -->\n")).unwrap();
    rest.split_once(&format!("<!-- end of {system} -->\n")).unwrap().0.to_owned()
}

#[test]
fn the_rows_of_a_system_replace_those_in_the_page_and_no_others() {
    let fake = platforms();
    let output = fake.run("scripts/dev/platforms.sh", &["macos"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "macos: 1 run 1 left-out\n  - left out: two: no such thing\n");
    let first = "| `one` | run | by hand \\| or not | 1.0 |\n";
    assert!(table(&fake, "macos").ends_with(&format!("{first}| `two` | **left-out** | no such thing | - |\n")));
    let linux = table(&fake, "linux");
    fake.stand_in("scripts/dev/platforms/macos.sh", "printf 'three\\tlinked\\tso\\t2\\n'");
    let output = fake.run("scripts/dev/platforms.sh", &["macos"]);
    assert!(output.status.success() && stdout(&output) == "macos: 1 linked\n", "{}", stdout(&output));
    let own = table(&fake, "macos");
    assert!(own.ends_with("|---|---|---|---|\n| `three` | linked | so | 2 |\n") && own.lines().count() == 3, "{own}");
    assert_eq!(table(&fake, "linux"), linux);
}

#[test]
fn a_claim_that_fails_is_in_the_table_and_the_others_are_tried() {
    let fake = platforms();
    fake.stand_in("scripts/dev/platforms/linux.sh", "printf 'x\\tfailed\\tso\\t2\\n'; exit 1");
    let output = fake.run("scripts/dev/platforms.sh", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("linux: 1 failed\n  - FAILED: x: so\n"), "{}", stdout(&output));
    assert!(stderr(&output).contains("claims fail: linux\n") && stderr(&output).contains("platforms.sh linux\n"));
    assert!(table(&fake, "linux").contains("**failed**") && table(&fake, "windows").contains("`one`"));
}

#[test]
fn what_is_not_a_system_or_has_no_place_is_refused() {
    let fake = platforms();
    let output = fake.run("scripts/dev/platforms.sh", &["amiga"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("no system `amiga`\n  wanted one of: cross linux "), "{}", stderr(&output));
    fake.write("docs/platform-support.md", "# No table\n");
    let output = fake.run("scripts/dev/platforms.sh", &["macos"]);
    assert!(stderr(&output).contains("has no place for the rows of macos"), "{}", stderr(&output));
    assert_eq!(fake.read("docs/platform-support.md"), "# No table\n");
}

/// Stands in for `unshare`: debootstrap has a stand-in of its own, one claim fails, and all need the scratch folder.
const UNSHARE: &str = r#"for word do
  case $word in
    debootstrap) exec "$@" ;;
    --inside) echo inside; [ -d "$2" ] || exit 2; case "$*" in *'trixie read-only'*) exit 1 ;; *) exit ;; esac ;;
  esac
  shift
done"#;

/// A checkout with dists, as root of a machine where every namespace works, and debootstrap as given.
fn with_dists(debootstrap: &str) -> Fake {
    let fake = Fake::new();
    let name = env!("CARGO_PKG_NAME");
    for dist in ["dist", "baseline/dist"] {
        fake.stand_in(&format!("{dist}/{name}"), "");
        fake.write(&format!("{dist}/metadata.json"), "  \"libc_floor\": \"2.31\"\n");
    }
    let programs = [("id", "echo 0"), ("cc", ""), ("apt-get", ""), ("unshare", UNSHARE), ("debootstrap", debootstrap)];
    programs.iter().for_each(|(name, script)| fake.stand_in(name, script));
    fake
}

#[test]
fn a_release_that_cannot_be_had_is_left_out_and_said() {
    let fake = with_dists("echo no such suite; exit 1");
    let output = fake.run("scripts/dev/platforms/linux.sh", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(
        text.lines().count() > 20 && text.lines().all(|row| row.contains("\tleft-out\tits system cannot be had")),
        "{text}"
    );
    assert!(stderr(&output).contains("no such suite\nerror: debootstrap failed\n"), "{}", stderr(&output));
}

#[test]
fn a_claim_that_does_not_hold_is_a_row_and_an_error() {
    let made = "for folder do case $folder in */root) break ;; esac; done
        mkdir -p \"$folder/var/lib/dpkg\" \"$folder/etc\" && echo 13.1 >\"$folder/etc/debian_version\"";
    let fake = with_dists(made);
    fake.stand_in("dpkg-query", "echo 2.41-12");
    let output = fake.run("scripts/dev/platforms/linux.sh", &["linux-read-only", "linux-no-home"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let versions = "Debian 13.1, glibc 2.41; the dist needs 2.31";
    let rows: Vec<_> = stdout(&output).lines().map(str::to_owned).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].starts_with("linux-read-only\tfailed\t") && rows[0].ends_with(versions), "{rows:?}");
    assert!(rows[1].starts_with("linux-no-home\trun\t") && rows[1].ends_with(versions), "{rows:?}");
    assert!(stderr(&output).contains("inside\nerror: claims fail: linux-read-only\n"), "{}", stderr(&output));
}

/// Without the source of a standard library there is nothing to check with.
#[test]
fn a_machine_that_cannot_have_the_compiler_names_the_component() {
    let fake = Fake::new();
    fake.stand_in("rustc", "echo /no/sysroot");
    fake.stand_in("apt-get", "");
    let output = fake.run("scripts/dev/cross-check.sh", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).ends_with("hint: rustup component add rust-src\n"), "{}", stderr(&output));
    assert_eq!(stdout(&fake.run("scripts/dev/cross-check.sh", &["--targets"])).split_whitespace().count(), 5);
}
