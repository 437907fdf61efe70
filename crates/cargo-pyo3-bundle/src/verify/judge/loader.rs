//! Finds libraries as loaders do, by the names in a dist alone: resolves search paths and looks libraries up.

use crate::verify::facts::{Facts, What};
use crate::verify::pattern::any;
use crate::verify::policy::SearchPath;
use std::collections::BTreeMap;

/// Resolves a path from a folder of the dist. `None` if it leads out of the dist.
pub fn resolve(folder: &str, relative: &str) -> Option<String> {
    let mut at: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(at.pop()?),
            part => at.push(part),
        }
    }
    Some(at.join("/"))
}

pub fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

pub fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Whether a rule takes an entry of a search path, which leads to that folder.
pub fn takes(rule: Option<&SearchPath>, entry: &str, leads_to: Option<&str>) -> bool {
    rule.is_some_and(|rule| {
        rule.exactly.iter().any(|exact| exact == entry) || leads_to.is_some_and(|folder| any(&rule.inside, folder))
    })
}

/// The files and links of a dist, by the names under which a loader looks for libraries.
pub struct Libraries<'a> {
    by_name: BTreeMap<String, Vec<&'a str>>,
    /// The same by path: a name can be in too many folders to search them all.
    by_path: BTreeMap<String, &'a str>,
    fold_case: bool,
}

impl<'a> Libraries<'a> {
    pub fn of(facts: &'a Facts, fold_case: bool) -> Self {
        let mut libraries = Libraries { by_name: BTreeMap::new(), by_path: BTreeMap::new(), fold_case };
        for (path, entry) in &facts.entries {
            if matches!(entry.what, What::File(_) | What::Link(_)) {
                let name = libraries.folded(name_of(path));
                libraries.by_path.insert(place(folder_of(path), &name), path);
                libraries.by_name.entry(name).or_default().push(path);
            }
        }
        libraries
    }

    fn folded(&self, name: &str) -> String {
        if self.fold_case { name.to_lowercase() } else { name.to_owned() }
    }

    pub fn named(&self, library: &str) -> &[&'a str] {
        self.by_name.get(&self.folded(library)).map_or(&[], Vec::as_slice)
    }

    pub fn in_folder(&self, folder: &str, library: &str) -> Option<&'a str> {
        self.by_path.get(&place(folder, &self.folded(library))).copied()
    }
}

fn place(folder: &str, name: &str) -> String {
    format!("{folder}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_path_is_resolved_and_stays_inside() {
        assert_eq!(resolve("bin", "../python/runtime/lib").as_deref(), Some("python/runtime/lib"));
        assert_eq!(resolve("bin", "./").as_deref(), Some("bin"));
        assert_eq!(resolve("bin", "..").as_deref(), Some(""));
        assert_eq!(resolve("bin", "../../lib"), None);
    }
}
