//! Writes `licenses/`: the licence texts of the components of a dist, a folder for each. `components` finds the texts.

use crate::components::{Component, Content};
use crate::problem::About;
use crate::{copy, layout, system};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Folder of the texts that several copyright files of a Linux distribution refer to. They call it by this name.
const SHARED: &str = "common-licenses";

/// The folder of a component: `licenses/anyhow-1.0.104`.
pub fn folder(name: &str, version: Option<&str>) -> PathBuf {
    let name = version.map_or_else(|| name.to_owned(), |version| format!("{name}-{version}"));
    // Not every file system takes the colon of a Debian epoch.
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-._+~".contains(c) { c } else { '_' };
    Path::new(layout::LICENSES).join(name.chars().map(plain).collect::<String>())
}

/// Writes the texts of all components. `sbom::check` finds a component without one.
pub fn write(dist: &Path, components: &[Component]) -> Result<()> {
    for component in components {
        let own = dist.join(folder(&component.name, component.version.as_deref()));
        let shared = dist.join(layout::LICENSES).join(SHARED);
        for text in &component.texts {
            let path = if text.shared { &shared } else { &own }.join(&text.name);
            copy::create_folder(path.parent().context("a text stands in a folder")?)?;
            let content = match &text.content {
                Content::File(from) => fs::read(from).about("cannot read", from)?,
                Content::Known(text) => text.as_bytes().to_vec(),
            };
            let written = fs::write(&path, content);
            let written = written.and_then(|()| system::set_mode(&path, 0o644));
            written.about("cannot write", &path)?;
        }
    }
    Ok(())
}

/// Whether the folder, or one below it, has a file that is not empty. Follows no link.
pub fn has_text(folder: &Path) -> bool {
    // Deeper than any package's own folder of licences.
    has_text_below(folder, 8)
}

fn has_text_below(folder: &Path, depth: usize) -> bool {
    let mut entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => depth > 0 && has_text_below(&entry.path(), depth - 1),
        Ok(found) => found.is_file() && found.len() > 0,
        Err(_) => false,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::components::Text;

    #[test]
    fn a_folder_is_named_after_its_component_for_any_file_system() {
        assert_eq!(folder("zlib1g", Some("1:1.2.13+b1")), Path::new("licenses/zlib1g-1_1.2.13+b1"));
        assert_eq!(folder("../up", None), Path::new("licenses/.._up"));
    }

    #[test]
    fn texts_are_written_and_an_empty_or_shared_one_is_none() {
        let dist = tempfile::tempdir().unwrap();
        let text = |name: &str, shared, text| Text { name: name.into(), shared, content: Content::Known(text) };
        let component = |name: &str, texts| Component { name: name.into(), texts, ..Component::default() };
        let components = [
            component("good", vec![text("LICENSES/MIT.txt", false, "words"), text("GPL-2", true, "words")]),
            component("empty", vec![text("LICENSE", false, "")]),
            component("shared", vec![text("GPL-2", true, "words")]),
            component("none", vec![]),
        ];
        write(dist.path(), &components).unwrap();
        let documented = components.iter().filter(|it| has_text(&dist.path().join(folder(&it.name, None))));
        assert_eq!(documented.map(|it| it.name.as_str()).collect::<Vec<_>>(), ["good"]);
        assert!(dist.path().join("licenses/good/LICENSES/MIT.txt").is_file());
        assert!(dist.path().join("licenses/common-licenses/GPL-2").is_file());
    }

    #[test]
    fn a_folder_of_links_in_a_circle_has_no_text() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(".", folder.path().join("again")).unwrap();
        assert!(!has_text(folder.path()));
    }
}
