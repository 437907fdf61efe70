//! The folders that a program may be unpacked to, the best one first. Decides by the variables alone.

use crate::system;
use pyo3_bundle_layout::onefile::CACHE_VARIABLE;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A folder of an application, below one that is the user's or everybody's.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    pub parent: PathBuf,
    pub folder: PathBuf,
}

impl Place {
    fn new(parent: PathBuf, name: &str) -> Self {
        Place { folder: parent.join(name), parent }
    }
}

/// The folder that the user names is the only one. Otherwise there is the user's cache, and for users without one that
/// can be written to, as in many containers, the folder for temporary files.
pub fn all(application: &str, variable: impl Fn(&str) -> Option<OsString>) -> Vec<Place> {
    let named = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = named(CACHE_VARIABLE) {
        let absolute = std::path::absolute(&folder).unwrap_or(folder);
        return vec![Place::new(absolute, application)];
    }
    let absolute = |name: &str| named(name).filter(|path| path.is_absolute());
    let mut places = Vec::new();
    if let Some(cache) = system::cache(&absolute) {
        places.push(Place::new(cache, application));
    }
    let temporary = absolute(system::TEMPORARY).or_else(|| system::SHARED.map(|path| Path::new(path).to_owned()));
    if let Some(folder) = temporary {
        places.push(Place::new(folder, &system::name_for_user(application)));
    }
    places
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn folders(variables: &[(&str, &str)]) -> Vec<String> {
        let variable = |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.into());
        all("app", variable).into_iter().map(|place| place.folder.display().to_string()).collect()
    }

    #[test]
    fn the_users_variable_wins_then_the_cache_then_the_home() {
        let temporary = format!("/tmp/{}", system::name_for_user("app"));
        let all = [("PYO3_BUNDLE_CACHE", "/named"), ("XDG_CACHE_HOME", "/xdg"), ("HOME", "/home/me"), ("TMPDIR", "/t")];
        assert_eq!(folders(&all), ["/named/app"]);
        assert_eq!(folders(&all[1..]), ["/xdg/app", temporary.replace("/tmp", "/t").as_str()]);
        assert_eq!(folders(&all[2..3]), ["/home/me/.cache/app", temporary.as_str()]);
        assert_eq!(folders(&[]), [temporary.as_str()]);
    }

    #[test]
    fn an_empty_variable_is_unset_and_a_relative_cache_is_ignored() {
        let temporary = format!("/tmp/{}", system::name_for_user("app"));
        let found = folders(&[("PYO3_BUNDLE_CACHE", ""), ("XDG_CACHE_HOME", "rel"), ("HOME", "/h"), ("TMPDIR", "rel")]);
        assert_eq!(found, ["/h/.cache/app", temporary.as_str()]);
        let here = std::env::current_dir().unwrap();
        assert_eq!(folders(&[("PYO3_BUNDLE_CACHE", "rel")]), [here.join("rel/app").display().to_string()]);
    }
}
