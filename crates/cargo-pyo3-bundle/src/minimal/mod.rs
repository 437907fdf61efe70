//! The profile `minimal`: keeps of a staged runtime what the listed modules import, and what a start needs. `look` asks the
//! runtime's own interpreter, `minimal.toml` has what no import shows, and `rules.toml` the rules that the report names.
//! docs/minimal.md says what is not found.

mod hook;
mod look;

pub use look::prove;

use crate::components;
use crate::object::elf;
use crate::platform::Platform;
use crate::problem::About;
use crate::slim::{Slimming, WITHIN_A_FOLDER};
use anyhow::{Context, Result};
use glob::Pattern;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The content of `minimal.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    start: Vec<String>,
    skipped: Vec<String>,
    not_followed: Vec<String>,
    always: Vec<String>,
    needs: BTreeMap<String, Vec<String>>,
    data: BTreeMap<String, Vec<String>>,
}

/// A runtime that is being staged, with its packages, and the Python that it was copied from, without them.
pub struct Runtime<'a> {
    pub place: &'a Path,
    pub copied_from: &'a Path,
    pub series: &'a str,
    pub platform: &'static dyn Platform,
}

/// Removes what no listed module needs. `slimming` has the changes of the configuration, and counts.
pub fn reduce(runtime: &Runtime, modules: &[String], slimming: &mut Slimming) -> Result<()> {
    let table: Table = toml::from_str(include_str!("minimal.toml")).context("`minimal.toml` is not as expected")?;
    let all = files_below(runtime.place)?;
    let is_installed = |path: &&PathBuf| runtime.copied_from.join(path).symlink_metadata().is_err();
    let installed: BTreeSet<&PathBuf> = all.iter().filter(is_installed).collect();
    let found = look::look(runtime, modules, &table, &installed)?;
    let reached = table.data.iter().filter(|(module, _)| found.reached.contains(*module)).flat_map(|(_, data)| data);
    let patterns: Vec<Pattern> =
        table.always.iter().chain(reached).map(|text| Pattern::new(text)).collect::<Result<_, _>>()?;
    let is_kept = |path: &&PathBuf| {
        found.files.contains_key(*path)
            || installed.contains(path)
            || patterns.iter().any(|pattern| pattern.matches_path_with(path, WITHIN_A_FOLDER))
    };
    let mut needed: BTreeSet<PathBuf> = all.iter().filter(is_kept).cloned().collect();
    keep_whole_packages(runtime, &all, &mut needed)?;
    keep_libraries(runtime.place, &mut needed)?;
    slimming.need(needed);
    slimming.add_rules(include_str!("../slim.toml"), runtime.copied_from)?;
    slimming.add_rules(include_str!("rules.toml"), runtime.copied_from)?;
    slimming.prune(runtime.place)?;
    hook::write(runtime, &all)
}

/// Lists all files and links, relative to the folder.
fn files_below(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let (mut found, mut folders) = (BTreeSet::new(), vec![PathBuf::new()]);
    while let Some(relative) = folders.pop() {
        let place = folder.join(&relative);
        for entry in fs::read_dir(&place).about("cannot list", &place)? {
            let entry = entry.about("cannot list", &place)?;
            let path = relative.join(entry.file_name());
            if entry.file_type().about("cannot read", &entry.path())?.is_dir() {
                folders.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// Keeps all files of a package of which a module is needed: packages are not taken apart.
fn keep_whole_packages(runtime: &Runtime, all: &BTreeSet<PathBuf>, needed: &mut BTreeSet<PathBuf>) -> Result<()> {
    let site = runtime.platform.stdlib(runtime.place, runtime.series).join("site-packages");
    for folder in components::dist_infos(&site)? {
        let record = fs::read_to_string(folder.join("RECORD")).unwrap_or_default();
        let listed = record.lines().filter_map(|line| Some(line.split(',').next()?.trim_matches('"')));
        let files: Vec<PathBuf> = listed.filter_map(|path| normal(&site.join(path), runtime.place)).collect();
        let own = folder.strip_prefix(runtime.place).unwrap_or(&folder);
        if files.iter().any(|path| needed.contains(path) && !path.starts_with(own)) {
            needed.extend(files.into_iter().filter(|path| all.contains(path)));
            needed.extend(all.iter().filter(|path| path.starts_with(own)).cloned());
        }
    }
    Ok(())
}

/// The path relative to the top, without `..`. None if it leaves the top.
fn normal(path: &Path, top: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for component in path.strip_prefix(top).ok()?.components() {
        match component {
            Component::ParentDir if !out.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            other => out.push(other),
        }
    }
    Some(out)
}

/// Keeps the runtime's native libraries that a needed file needs, directly or not.
fn keep_libraries(runtime: &Path, needed: &mut BTreeSet<PathBuf>) -> Result<()> {
    let mut unseen: Vec<PathBuf> = needed.iter().cloned().collect();
    while let Some(path) = unseen.pop() {
        let place = runtime.join(&path);
        if place.is_symlink() || path.extension().is_some_and(|end| end == "py") {
            continue;
        }
        for soname in elf::read(&place)?.unwrap_or_default().needed {
            let library = Path::new("lib").join(soname);
            if runtime.join(&library).symlink_metadata().is_ok() && needed.insert(library.clone()) {
                // A library can be a link to the file with its full version.
                if let Ok(target) = fs::read_link(runtime.join(&library)) {
                    needed.insert(Path::new("lib").join(&target));
                    unseen.push(Path::new("lib").join(target));
                }
                unseen.push(library);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::testing;

    fn write(folder: &Path, name: &str, text: &str) {
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }

    #[test]
    fn the_tables_parse_and_every_file_has_a_rule() {
        let table: Table = toml::from_str(include_str!("minimal.toml")).unwrap();
        assert!(table.start.contains(&"encodings".to_owned()) && table.data.contains_key("venv"));
        let mut slimming = Slimming::none();
        slimming.add_rules(include_str!("rules.toml"), Path::new("/nowhere")).unwrap();
        slimming.need(BTreeSet::new());
        for path in ["bin/pip", "lib/python3.13/json/tool.py", "lib/libz.so.1", "anything/else", "file"] {
            assert!(slimming.leaves_out(Path::new(path), Path::new("/nowhere")), "{path}");
        }
        assert_eq!(slimming.savings().len(), 0, "files that are not there save nothing");
    }

    #[test]
    fn a_package_stays_whole_if_a_module_of_it_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let site = "lib/python3.13/site-packages";
        for name in ["a/__init__.py", "a/data.txt", "a-1.dist-info/METADATA", "b/__init__.py", "b-1.dist-info/METADATA"]
        {
            write(folder.path(), &format!("{site}/{name}"), "");
        }
        write(folder.path(), "bin/a", "");
        let record = "a/__init__.py,sha256=,1\na/data.txt,,\na-1.dist-info/METADATA,,\n../../../bin/a,,\n../../../../../etc/x,,\n";
        write(folder.path(), &format!("{site}/a-1.dist-info/RECORD"), record);
        write(folder.path(), &format!("{site}/b-1.dist-info/RECORD"), "b/__init__.py,,\nb-1.dist-info/METADATA,,\n");
        let runtime = Runtime { place: folder.path(), copied_from: folder.path(), series: "3.13", platform: testing() };
        let all = files_below(folder.path()).unwrap();
        let at = |name: &str| PathBuf::from(site).join(name);
        let mut needed: BTreeSet<PathBuf> = [at("a/__init__.py"), at("b-1.dist-info/METADATA")].into();
        keep_whole_packages(&runtime, &all, &mut needed).unwrap();
        assert!(needed.contains(&at("a/data.txt")) && needed.contains(&at("a-1.dist-info/RECORD")), "{needed:?}");
        assert!(needed.contains(Path::new("bin/a")) && !needed.contains(&at("b/__init__.py")), "{needed:?}");
    }
}
