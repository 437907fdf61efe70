//! The release of CPython that a new `.python-version` names.

use crate::Misuse;
use crate::managed::{Places, Uv, uv};
use crate::problem::Problem;
use crate::shown::visible;
use serde::Deserialize;
use std::process::Stdio;

/// The series that every PyO3 from 0.23 on supports, and that the tests of these crates run with.
const SERIES: (u32, u32) = (3, 13);

/// The release to name where uv is not there to list newer ones.
pub const NEWEST: &str = "3.13.18";

/// A row of `uv python list --output-format json`.
#[derive(Deserialize)]
struct Row {
    version: String,
    implementation: String,
    #[serde(default)]
    variant: String,
}

/// The release that was asked for, else the newest one of the series in uv's list. `again` is the user's command, asking for
/// another release.
pub fn choose(asked: Option<&str>, places: &Places, again: impl Fn(&str) -> String) -> Result<String, Misuse> {
    match asked {
        Some(version) if release(version).is_some() => Ok(version.to_owned()),
        Some(version) => Err(Misuse::new(Problem::new(
            format!("`{}` is not a release of CPython", visible(version)),
            format!("wanted all of its version, such as {NEWEST}"),
            again(NEWEST),
        ))),
        None => Ok(listed(places).and_then(|rows| newest(&rows)).unwrap_or_else(|| NEWEST.to_owned())),
    }
}

/// What the uv that will install can install. It reads `UV_PYTHON_DOWNLOADS_JSON_URL` itself, and needs no network for its
/// own list.
fn listed(places: &Places) -> Option<Vec<Row>> {
    // Not `Uv::command`, which would make its caches: `init` may write nothing yet.
    let mut command = uv::clean(Uv::present(places)?.program);
    command.args(["python", "list", "--only-downloads", "--all-versions", "--output-format", "json"]);
    let output = command.stderr(Stdio::null()).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}

/// The newest release of the series, or where the list has none of the next older series.
fn newest(rows: &[Row]) -> Option<String> {
    let plain =
        rows.iter().filter(|row| row.implementation == "cpython" && matches!(row.variant.as_str(), "" | "default"));
    let known = plain.filter_map(|row| Some((release(&row.version)?, &row.version)));
    let fitting = known.filter(|((major, minor, _), _)| (*major, *minor) <= SERIES);
    fitting.max_by_key(|(release, _)| *release).map(|(_, version)| version.clone())
}

/// The numbers of a release. A version such as `3.14.0a1` is none.
fn release(version: &str) -> Option<(u32, u32, u32)> {
    let mut numbers =
        version.split('.').map(|part| part.parse().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit())));
    let found = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_of_the_series_is_taken() {
        let row = |version: &str, implementation: &str, variant: &str| Row {
            version: version.into(),
            implementation: implementation.into(),
            variant: variant.into(),
        };
        let rows = [
            row("3.15.2", "cpython", "default"),
            row("3.13.9", "cpython", "default"),
            row("3.13.18", "cpython", "default"),
            row("3.13.19rc1", "cpython", "default"),
            row("3.13.20", "cpython", "freethreaded"),
            row("3.13.21", "pypy", "default"),
            row("3.12.30", "cpython", "default"),
        ];
        assert_eq!(newest(&rows).unwrap(), "3.13.18");
        assert_eq!(newest(&rows[5..]).unwrap(), "3.12.30");
        assert_eq!(newest(&rows[..1]), None);
    }

    #[test]
    fn what_is_asked_for_is_a_whole_version() {
        let again = |version: &str| format!("try --python {version}");
        let places = Places { root: "/no/such".into(), target: "/no/such".into() };
        assert_eq!(choose(Some("3.14.10"), &places, again).unwrap(), "3.14.10");
        for version in ["3.13", "3.13.5.1", "3.13.x", "3.14.0a1", "+3.13.5", ""] {
            let error = choose(Some(version), &places, again).unwrap_err().to_string();
            assert!(error.ends_with(&format!("\nhint: try --python {NEWEST}")), "{error}");
        }
    }
}
