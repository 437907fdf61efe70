//! `cargo pyo3-bundle notes`: the text of a release, and what has to agree before there is one.

use crate::formats::{LINUX, app, archives};

const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n- soon\n\n## 1.2.3 - 2026-01-01\n\n- it runs\n";

#[test]
fn notes_are_the_changelog_and_a_row_for_each_file() {
    let app = app(LINUX);
    app.write("CHANGELOG.md", CHANGELOG);
    assert_eq!(app.run(&["notes", "--tag", "v1.2.3"]).fine(), "- it runs\n");
    archives(&app, &[]).fine();
    let text = app.run(&["notes", "release"]).fine();
    let rows: Vec<_> = text.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(text.starts_with("- it runs\n\n| file | for | needs | MB | sha256 |\n") && rows.len() == 3, "{text}");
    for row in rows {
        assert!(row.contains(&format!("` | {LINUX} | glibc 2.31 | 0.0 | `")) && !row.contains(".sha256"), "{row}");
    }
    // Without a tag it is a trial, of what may be without a version yet.
    app.write("CHANGELOG.md", "## Unreleased\n- soon\n");
    assert_eq!(app.run(&["notes"]).fine(), "- soon\n");
}

#[test]
fn a_tag_a_version_and_a_changelog_that_disagree_are_usage_errors() {
    let app = app(LINUX);
    let refused = |arguments: &[&str], words: &str| {
        let said = app.run(&[&["notes"], arguments].concat());
        assert!(said.status == Some(2) && said.out.is_empty() && said.error.contains(words), "{}", said.error);
    };
    refused(&[], "cannot read `CHANGELOG.md`");
    app.write("CHANGELOG.md", CHANGELOG);
    refused(&["--tag", "v1.2.4"], "wanted `v1.2.3`");
    refused(&["nothing"], "`nothing` is not the folder of a release");
    app.write("CHANGELOG.md", "## Unreleased\n- soon\n");
    refused(&["--tag", "v1.2.3"], "wanted lines below `## 1.2.3`, found the headings `## Unreleased`");
}
