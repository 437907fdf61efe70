//! Where the Python of this program stands, and whether it is whole enough to start.
//! Finds and checks; starting it is `init`'s.

use super::SERIES;
use crate::layout;
use crate::problem::Problem;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Without these CPython ends in "No module named 'encodings'" (https://github.com/python/cpython/issues/125873).
const NEEDED_AT_START: [&str; 4] = ["encodings/__init__.py", "encodings/aliases.py", "encodings/utf_8.py", "os.py"];

#[derive(Debug)]
pub struct Home {
    root: PathBuf,
    runtime: PathBuf,
}

impl Home {
    /// Found from the binary's own real path, so links, `PATH` and the current folder do not matter. A debug build
    /// uses the managed Python, because test binaries stand in other folders of cargo's target.
    pub fn locate() -> Result<Self> {
        let binary = std::env::current_exe().and_then(|path| path.canonicalize());
        let binary = binary.map_err(|error| {
            Problem::new(
                "cannot find out where this program stands",
                format!("reading its own path failed: {error}"),
                "mount -t proc proc /proc",
            )
        })?;
        let root = layout::root_of_binary(&binary).context("this program stands in the root folder")?;
        // build.rs sets it in every build, so that the environment of whoever builds has no say.
        let runtime = match env!("DEVELOPMENT_PYTHON") {
            "" => layout::runtime(root),
            managed => PathBuf::from(managed),
        };
        Ok(Home { root: root.to_path_buf(), runtime })
    }

    /// The folder that has `bin/` and `python/runtime/` in it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `sys.prefix`
    pub fn runtime(&self) -> &Path {
        &self.runtime
    }

    /// `sys.executable`
    pub fn interpreter(&self) -> PathBuf {
        layout::interpreter(&self.runtime)
    }

    /// Says what is not right before CPython gets to fail in its own words, and names the first missing file.
    pub fn check(&self) -> Result<(), Problem> {
        if self.runtime.to_str().is_none() {
            return Err(Problem::new(
                format!("the name of `{}` is not UTF-8", self.root.display()),
                "CPython loads no extension module from below such a folder",
                "mv <that folder> <a name in UTF-8>",
            ));
        }
        let stdlib = layout::stdlib(&self.runtime, SERIES);
        let files = NEEDED_AT_START.iter().map(|file| stdlib.join(file));
        match files.chain([self.interpreter()]).find(|path| !path.is_file()) {
            None => Ok(()),
            Some(path) => Err(Problem::new(
                format!("`{}` is missing", path.display()),
                format!("this program carries Python {SERIES} in `{}`, and it is not whole", self.runtime.display()),
                self.repair(),
            )),
        }
    }

    /// A dist, or cargo's target folder, which has the same shape.
    pub fn is_dist(&self) -> bool {
        self.root.join(layout::METADATA).is_file()
    }

    /// The command that brings the runtime back: a dist is unpacked again, a checkout installs its Python.
    pub fn repair(&self) -> &'static str {
        if self.is_dist() {
            "tar -xf <the archive this folder came from>"
        } else {
            "scripts/python/install-managed-python.sh"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(runtime: &Path) -> Home {
        Home { root: runtime.to_path_buf(), runtime: runtime.to_path_buf() }
    }

    fn create(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn the_first_missing_file_is_named_and_a_whole_runtime_passes() {
        let folder = tempfile::tempdir().unwrap();
        let home = home(folder.path());
        let stdlib = layout::stdlib(folder.path(), SERIES);
        let mut needed: Vec<PathBuf> = NEEDED_AT_START.iter().map(|file| stdlib.join(file)).collect();
        needed.push(home.interpreter());
        for path in needed {
            let text = home.check().unwrap_err().to_string();
            assert!(text.starts_with(&format!("`{}` is missing", path.display())), "{text}");
            create(&path);
        }
        assert_eq!(home.check(), Ok(()));
    }

    #[test]
    fn a_dist_is_unpacked_again_and_a_checkout_installs() {
        let folder = tempfile::tempdir().unwrap();
        let home = home(folder.path());
        assert!(home.repair().starts_with("scripts/"));
        create(&folder.path().join(layout::METADATA));
        assert!(home.repair().starts_with("tar "));
    }
}
