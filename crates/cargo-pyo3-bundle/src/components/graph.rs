//! Connects the components by what the ELF files of the dist need: an edge leads from the component of a file to the
//! component of a library that the file loads.

use super::Component;
use crate::closure::Closed;
use crate::layout;
use crate::platform::Platform;
use anyhow::{Context, Result};
use std::path::Path;

pub fn connect(dist: &Path, closed: &Closed, components: &mut [Component], platform: &dyn Platform) -> Result<()> {
    let libraries = platform.libraries(Path::new(layout::RUNTIME));
    for (path, needs) in &closed.files {
        let path = path.strip_prefix(dist).context("an ELF file of the dist stands outside of it")?;
        let Some(user) = owner(components, path) else { continue };
        for soname in needs.libraries.iter().filter(|soname| !closed.left.contains(*soname)) {
            if let Some(used) = owner(components, &libraries.join(soname))
                && used != user
            {
                let reference = components[used].reference();
                components[user].needs.insert(reference);
            }
        }
    }
    Ok(())
}

/// The component that has this very file, else the one that has the deepest folder above it.
fn owner(components: &[Component], path: &Path) -> Option<usize> {
    let depth = |file: &String| path.starts_with(file).then(|| Path::new(file).components().count());
    let claims = components.iter().enumerate().filter_map(|(index, component)| {
        let depth = component.files.iter().filter_map(depth).max()?;
        Some((depth, index))
    });
    claims.max().map(|(_, index)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Needs, testing};
    use std::path::PathBuf;

    #[test]
    fn edges_follow_what_files_need() {
        let component =
            |name: &str, file: &str| Component { name: name.into(), files: vec![file.into()], ..Component::default() };
        let mut components = [
            component("app", "bin/app-bin"),
            component("cpython", "python/runtime"),
            component("ssl", "python/runtime/lib/libssl.so.3"),
            component("crypto", "python/runtime/lib/libcrypto.so.3"),
        ];
        let needs = |path: &str, libraries: &[&str]| {
            let libraries = libraries.iter().map(|soname| soname.to_string()).collect();
            (PathBuf::from("/d").join(path), Needs { libraries, ..Needs::default() })
        };
        let files = [
            needs("bin/app-bin", &["libpython3.13.so.1.0", "libc.so.6"]),
            needs("python/runtime/lib/python3.13/lib-dynload/_ssl.so", &["libssl.so.3", "libpython3.13.so.1.0"]),
            needs("python/runtime/lib/libssl.so.3", &["libcrypto.so.3"]),
        ];
        let closed = Closed { files: files.into(), ..Closed::default() };
        connect(Path::new("/d"), &closed, &mut components, testing()).unwrap();
        let needs: Vec<Vec<&str>> = components.iter().map(|it| it.needs.iter().map(String::as_str).collect()).collect();
        assert_eq!(needs, [vec!["cpython@"], vec!["ssl@"], vec!["crypto@"], vec![]]);
    }
}
