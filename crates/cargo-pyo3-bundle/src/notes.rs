//! `cargo pyo3-bundle notes`: the text of a release, from the changelog and the files that `formats` has made. Refuses a
//! tag, a version and a changelog that disagree, before anything is published.

use crate::config::Application;
use crate::formats::{Manifest, manifest_of};
use crate::problem::{About, Problem};
use crate::shown::{shown, visible, word};
use crate::{Misuse, Outcome};
use anyhow::Result;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Prints the notes of a release: its part of the changelog, and a table of its files
#[derive(clap::Args)]
pub struct Arguments {
    /// The folder that `formats` has made; without it, there is no table
    release: Option<PathBuf>,
    /// The tag of the release, which has to be `v` and the package's version
    #[arg(long)]
    tag: Option<String>,
    /// The changelog, in the format of Keep a Changelog [default: `CHANGELOG.md` in the package's folder]
    #[arg(long, value_name = "FILE")]
    changelog: Option<PathBuf>,
}

/// The heading of what has no version yet.
const UNRELEASED: &str = "Unreleased";

pub fn run(arguments: &Arguments, application: &Application) -> Result<Outcome> {
    let version = &application.version;
    if let Some(tag) = &arguments.tag {
        check_tag(tag, application).map_err(Misuse::new)?;
    }
    let changelog = arguments.changelog.clone().unwrap_or_else(|| application.output("CHANGELOG.md"));
    let text = fs::read_to_string(&changelog).about("cannot read", &changelog).map_err(Misuse::new)?;
    // What is tried before its tag is set may still be without a version.
    let names: &[&str] = if arguments.tag.is_some() { &[version] } else { &[version, UNRELEASED] };
    let mut notes =
        section(&text, names).ok_or_else(|| without_section(&changelog, &text, version)).map_err(Misuse::new)?;
    if let Some(folder) = &arguments.release {
        let manifest = manifest_of(folder).map_err(|why| {
            let what = format!("`{}` is not the folder of a release", shown(folder));
            Misuse::new(Problem::new(what, why, "cargo pyo3-bundle formats"))
        })?;
        write!(notes, "\n{}", table(&manifest))?;
    }
    print!("{notes}");
    Ok(Outcome::Fine)
}

fn check_tag(tag: &str, application: &Application) -> Result<(), Problem> {
    let wanted = format!("v{}", application.version);
    if tag == wanted {
        return Ok(());
    }
    let manifest = application.root.join("Cargo.toml");
    let what = format!("`{}` is not the tag of this release", visible(tag));
    let why = format!("wanted `{wanted}`, since `{}` has version {}", shown(&manifest), application.version);
    Err(Problem::new(what, why, format!("git tag {wanted}")))
}

fn without_section(changelog: &Path, text: &str, version: &str) -> Problem {
    let found: Vec<_> = headings(text).map(|(_, line)| format!("`{}`", visible(line))).take(3).collect();
    let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    let what = format!("`{}` says nothing of version {version}", shown(changelog));
    let why = format!("wanted lines below `## {version}`, found the headings {found}");
    Problem::new(what, why, format!("grep -n '^## ' {}", word(changelog)))
}

/// The lines that are headings of versions, each with its number.
fn headings(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    text.lines().enumerate().filter(move |(_, line)| {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        !is_code && line.starts_with("## ")
    })
}

/// The text below the heading of the first of these names that has one; `None` if there is nothing.
fn section(text: &str, names: &[&str]) -> Option<String> {
    let headings: Vec<_> = headings(text).collect();
    let is_of = |line: &str, name: &str| version_of(line) == name;
    let at = names.iter().find_map(|name| headings.iter().position(|(_, line)| is_of(line, name)))?;
    let end = headings.get(at + 1).map_or(usize::MAX, |(number, _)| *number);
    let lines: Vec<_> = text.lines().take(end).skip(headings[at].0 + 1).collect();
    let body = lines.join("\n");
    let body = body.trim();
    (!body.is_empty()).then(|| format!("{body}\n"))
}

/// `## [1.2.3] - 2026-01-01` → `1.2.3`
fn version_of(heading: &str) -> &str {
    let word = heading.trim_start_matches('#').split_whitespace().next().unwrap_or_default();
    let word = word.trim_start_matches('[');
    let word = word.split(']').next().unwrap_or_default();
    word.strip_prefix('v').unwrap_or(word)
}

/// The files of a release: for which system, what they need, how large they are, and their sums.
fn table(manifest: &Manifest) -> String {
    let mut text = "| file | for | needs | MB | sha256 |\n|---|---|---|---|---|\n".to_owned();
    for artifact in manifest.files() {
        let needs: Vec<_> = artifact.target_triples.iter().filter_map(|target| needs(manifest, target)).collect();
        let size = artifact.size as f64 / 1e6;
        let (name, targets) = (&artifact.name, artifact.target_triples.join(", "));
        writeln!(text, "| `{name}` | {targets} | {} | {size:.1} | `{}` |", needs.join(", "), artifact.sha256())
            .expect("a String takes all");
    }
    text
}

fn needs(manifest: &Manifest, target: &str) -> Option<String> {
    let platform = &manifest.targets.get(target)?.platform;
    let of_macos = || Some(format!("macOS {}", platform.os_floor.as_ref()?));
    platform.libc_floor.as_ref().map(|floor| format!("glibc {floor}")).or_else(of_macos)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n- new\n\n## [1.2.0] - 2026-01-02\n\n### Added\n\n- two\n\n```\n## 9.9.9\n```\n\n## v1.1.0\n\n## 1.0.0\n- zero\n";

    #[test]
    fn a_section_is_found_by_its_version_and_ends_before_the_next() {
        assert_eq!(section(CHANGELOG, &["1.2.0"]).unwrap(), "### Added\n\n- two\n\n```\n## 9.9.9\n```\n");
        assert_eq!(section(CHANGELOG, &["1.0.0"]).unwrap(), "- zero\n");
        assert_eq!(section(CHANGELOG, &["1.3.0", UNRELEASED]).unwrap(), "- new\n");
        assert_eq!(section(CHANGELOG, &["1.2.0", UNRELEASED]).unwrap().lines().next(), Some("### Added"));
        for missing in ["1.1.0", "9.9.9", "1.2", "1.3.0"] {
            assert_eq!(section(CHANGELOG, &[missing]), None, "{missing}");
        }
    }

    #[test]
    fn a_tag_or_a_changelog_that_disagrees_is_told_in_three_parts() {
        let application = Application { version: "1.2.0".into(), root: "/app".into(), ..Application::default() };
        assert!(check_tag("v1.2.0", &application).is_ok());
        for tag in ["1.2.0", "v1.2.1", "v1.2.0\n", ""] {
            let text = check_tag(tag, &application).unwrap_err().to_string();
            assert!(text.contains("wanted `v1.2.0`") && text.ends_with("\nhint: git tag v1.2.0"), "{text}");
        }
        let text = without_section(Path::new("CHANGELOG.md"), CHANGELOG, "1.3.0").to_string();
        assert!(text.contains("`## 1.3.0`, found the headings `## Unreleased`, `## [1.2.0] - 2026-01-02`"), "{text}");
    }
}
