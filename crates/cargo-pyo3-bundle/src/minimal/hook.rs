//! Writes the module that tells what was left out, when an import of it fails.

use super::Runtime;
use crate::problem::About;
use anyhow::Result;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// `site` imports it at each start, of the program as of `python3`.
const NAME: &str = "sitecustomize.py";

/// Writes the module for a runtime from which some of `all` its files were removed.
pub fn write(runtime: &Runtime, all: &BTreeSet<PathBuf>) -> Result<()> {
    let stdlib = runtime.platform.stdlib(runtime.place, runtime.series);
    let is_taken = ["sitecustomize.py", "sitecustomize/__init__.py"]
        .iter()
        .any(|name| stdlib.join("site-packages").join(name).exists() || stdlib.join(name).exists());
    if is_taken {
        // A package that brings one wants it to run, and Python imports only the first.
        return Ok(());
    }
    let below = stdlib.strip_prefix(runtime.place).unwrap_or(&stdlib);
    let stays = |path: &PathBuf| runtime.place.join(path).symlink_metadata().is_ok();
    let modules = |stay: bool| -> BTreeSet<String> {
        all.iter()
            .filter(|path| stays(path) == stay)
            .filter_map(|path| module(path.strip_prefix(below).ok()?))
            .collect()
    };
    let (there, gone) = (modules(true), modules(false));
    let names = names(&gone, &there).join(" ");
    let text = include_str!("left_out.py").replace("@NAMES@", &names);
    let path = stdlib.join(NAME);
    Ok(fs::write(&path, text).about("cannot write", &path)?)
}

/// The names that an import asks for: without what is below a package that is not there, because the import of the package
/// fails first.
fn names(gone: &BTreeSet<String>, there: &BTreeSet<String>) -> Vec<String> {
    let parent_is_gone =
        |name: &str| name.match_indices('.').any(|(at, _)| gone.contains(&name[..at]) && !there.contains(&name[..at]));
    gone.iter().filter(|name| !there.contains(*name) && !parent_is_gone(name)).cloned().collect()
}

/// The name of the module in a file of the standard library: `xml/sax/__init__.py` → `xml.sax`.
fn module(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    let name = match text.strip_prefix("lib-dynload/") {
        Some(extension) => extension.split('.').next()?.to_owned(),
        None => {
            let name = text.strip_suffix(".py")?;
            name.strip_suffix("/__init__").unwrap_or(name).replace('/', ".")
        }
    };
    let is_name =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (name.split('.').all(is_name) && !text.starts_with("site-packages/")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_modules_by_their_names() {
        let module = |path: &str| module(Path::new(path));
        assert_eq!(module("ssl.py").as_deref(), Some("ssl"));
        assert_eq!(module("xml/sax/__init__.py").as_deref(), Some("xml.sax"));
        assert_eq!(module("lib-dynload/_ssl.cpython-313-x86_64-linux-gnu.so").as_deref(), Some("_ssl"));
        for other in ["site-packages/pip/__init__.py", "config-3.13/python-config.py", "LICENSE.txt", "venv/scripts/x"]
        {
            assert_eq!(module(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_is_told_once_and_not_below_a_package_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let stdlib = folder.path().join("lib/python3.13");
        fs::create_dir_all(stdlib.join("email")).unwrap();
        for name in ["email/__init__.py", "os.py"] {
            fs::write(stdlib.join(name), "").unwrap();
        }
        let names =
            ["email/__init__.py", "email/mime.py", "os.py", "xml/__init__.py", "xml/sax/__init__.py", "xml/sax/h.py"];
        let all = names.iter().map(|name| Path::new("lib/python3.13").join(name)).collect();
        let platform = crate::platform::testing();
        let runtime = Runtime { place: folder.path(), copied_from: Path::new("/nowhere"), series: "3.13", platform };
        write(&runtime, &all).unwrap();
        let text = fs::read_to_string(stdlib.join(NAME)).unwrap();
        assert!(text.contains("LEFT_OUT = \" email.mime xml \"\n"), "{text}");
        fs::create_dir(stdlib.join("site-packages")).unwrap();
        fs::rename(stdlib.join(NAME), stdlib.join("site-packages").join(NAME)).unwrap();
        write(&runtime, &all).unwrap();
        assert!(!stdlib.join(NAME).exists(), "a package has its own");
    }
}
