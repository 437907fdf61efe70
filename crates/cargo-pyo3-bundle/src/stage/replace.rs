//! Tells whether a folder is a dist and nothing else, so that a new dist may replace it.

use super::include;
use crate::metadata;
use crate::place::Replaceable;
use crate::shown::shown;
use std::fs;
use std::path::Path;

/// A dist replaces another dist, of any application, in whose folder there is nothing else.
pub const DIST: Replaceable = Replaceable { name: "a dist", check: is_dist };

fn is_dist(folder: &Path) -> Result<(), String> {
    let claims = metadata::claims_of(folder)?;
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name();
        let own = include::CONTRACT.into_iter().chain([claims.launcher.as_str()]);
        let own = own.chain(claims.others.iter().map(|program| program.launcher.as_str()));
        if !own.chain(claims.included.iter().map(String::as_str)).any(|own| name == *own) {
            return Err(format!("`{}` does not belong to a dist", shown(Path::new(&name))));
        }
    }
    // These folders have names that other folders also have, so each file in them has to be known.
    include::recorded(folder, &claims.included, &claims.links.unwrap_or_default().into_keys().collect())
}

#[cfg(all(test, unix))]
pub mod tests {
    use super::*;
    use crate::place::Place;

    const METADATA: &str = r#"{"schema_version": 1, "name": "app", "version": "1", "target": "x", "launcher": "app",
        "binary": "bin/app-bin", "platform": {"os": "linux", "arch": "x86_64"}, "python": {"version": "3.13.1"},
        "executables": [], "links": {}}"#;

    pub fn old_dist(place: &Path) {
        fs::create_dir(place).unwrap();
        fs::write(place.join("metadata.json"), METADATA).unwrap();
        fs::write(place.join("app"), "old").unwrap();
    }

    #[test]
    fn an_old_dist_goes_only_for_a_whole_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("dist");
        old_dist(&out);
        assert!(Place::open(&out, DIST).unwrap().publish().is_err(), "nothing was made");
        assert!(out.join("app").exists());
        let place = Place::open(&out, DIST).unwrap();
        fs::create_dir(place.new_folder()).unwrap();
        fs::write(place.new_folder().join("new"), "").unwrap();
        place.publish().unwrap();
        assert!(out.join("new").exists() && !out.join("app").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_a_dist_and_nothing_else_is_not_replaced() {
        let refused = |change: &dyn Fn(&Path)| {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("dist");
            old_dist(&out);
            change(&out);
            Place::open(&out, DIST).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let write = |name: &'static str, text: &'static str| move |out: &Path| fs::write(out.join(name), text).unwrap();
        assert_eq!(refused(&|_| ()), "");
        assert!(refused(&write("letters", "dear")).contains("`letters` does not belong to a dist"));
        assert!(refused(&|out| fs::remove_file(out.join("metadata.json")).unwrap()).contains("metadata.json"));
        assert!(refused(&write("metadata.json", r#"{"name": "letters"}"#)).contains("metadata.json"));
        assert!(refused(&write("metadata.json", "{")).contains("metadata.json"));
        let linked = |out: &Path| {
            fs::rename(out.join("metadata.json"), out.with_file_name("m")).unwrap();
            std::os::unix::fs::symlink("../m", out.join("metadata.json")).unwrap();
        };
        assert!(refused(&linked).contains("metadata.json"));
    }

    #[test]
    fn a_dist_with_included_files_is_replaced_and_one_with_others_in_their_folders_is_not() {
        let refused = |change: &dyn Fn(&Path)| {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("dist");
            old_dist(&out);
            let text =
                METADATA.replace("\"links\": {}", "\"links\": {\"share/alias\": \"a\"}, \"included\": [\"share\"]");
            fs::write(out.join("metadata.json"), text).unwrap();
            fs::create_dir_all(out.join("share/empty")).unwrap();
            fs::write(out.join("share/a"), "").unwrap();
            std::os::unix::fs::symlink("a", out.join("share/alias")).unwrap();
            fs::write(out.join("SHA256SUMS"), format!("{}  share/a\n", "0".repeat(64))).unwrap();
            change(&out);
            Place::open(&out, DIST).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let write = |name: &'static str| move |out: &Path| fs::write(out.join(name), "dear").unwrap();
        assert_eq!(refused(&|_| ()), "");
        assert!(refused(&write("share/letters")).contains("`share/letters` was not packed with it"));
        assert!(refused(&write("letters")).contains("`letters` does not belong to a dist"));
        assert!(
            refused(&|out| fs::remove_file(out.join("SHA256SUMS")).unwrap()).contains("`SHA256SUMS` cannot be read")
        );
    }
}
