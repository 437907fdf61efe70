//! Finds the Python of this program and checks that it is complete enough to start.
//! Starting it is the job of `init`.

use crate::{SERIES, system};
use anyhow::Result;
use pyo3_bundle_layout::problem::Problem;
use pyo3_bundle_layout::shown::{shown, word};
use pyo3_bundle_layout::{development, layout};
use std::path::{Path, PathBuf};

/// Files without which CPython ends with "No module named 'encodings'"
/// (<https://github.com/python/cpython/issues/125873>).
const NEEDED_AT_START: [&str; 4] = ["encodings/__init__.py", "encodings/aliases.py", "encodings/utf_8.py", "os.py"];

#[derive(Debug)]
pub struct Home {
    binary: PathBuf,
    root: PathBuf,
    runtime: PathBuf,
    /// The folder with packages and includes, for a program that is not in a dist.
    development: Option<PathBuf>,
    /// The option of this program that calls `verify`, if there is one.
    verify_option: Option<&'static str>,
}

/// The folder for an application's data files: the dist's root. For a program that is not in a dist it is its package's
/// folder in `target/pyo3-bundle`, where the files of the manifest's `include` are at the same places as in the dist.
pub fn root() -> Result<PathBuf> {
    let home = Home::locate()?;
    Ok(home.development.unwrap_or(home.root))
}

impl Home {
    /// Finds the home from the program's own path, so links, `PATH` and the current folder do not matter. A debug build
    /// uses the managed Python, because test programs are in other folders of cargo's target.
    pub fn locate() -> Result<Self> {
        let binary = system::program().map_err(|error| {
            system::lost("cannot find the place of this program", format!("reading its own path failed: {error}"))
        })?;
        let root = layout::root_of_binary(&binary).map(Path::to_path_buf).ok_or_else(|| {
            Problem::without_hint(
                format!("`{}` is in the root folder", shown(&binary)),
                "wanted a folder above the program's own, with the Python in it",
            )
        })?;
        let mut home = Home { runtime: layout::runtime(&root), binary, root, development: None, verify_option: None };
        // build.rs sets both variables in every build, so they never come from the environment.
        match (env!("PYO3_BUNDLE_DEVELOPMENT_PYTHON"), env!("PYO3_BUNDLE_DEVELOPMENT_TARGET")) {
            ("", _) if home.is_dist() => {}
            ("", _) => {
                let target = home.find_target();
                home.develop(target.as_deref());
            }
            (managed, target) => {
                home.runtime = managed.into();
                home.develop(Some(Path::new(target)).filter(|_| !home.is_dist()));
            }
        }
        Ok(home)
    }

    /// Names the option of this program that calls [`verify`](crate::verify), for the hints of errors. Without it they
    /// call `sha256sum`.
    pub fn verified_by(mut self, option: &'static str) -> Self {
        self.verify_option = Some(option);
        self
    }

    /// Finds the target folder of a release build. It has the shape of a dist, except for what cargo itself runs: the
    /// test programs are elsewhere, and find libpython by the link that the build script has made.
    fn find_target(&mut self) -> Option<PathBuf> {
        let Some(library) = system::loaded_library() else { return Some(self.root.clone()) };
        let Some(out_dir) = development::out_dir_of_library(&library) else { return Some(self.root.clone()) };
        let real = library.canonicalize().ok();
        if let (false, Some(prefix)) = (self.runtime.is_dir(), real.as_deref().and_then(layout::root_of_binary)) {
            self.runtime = prefix.to_path_buf();
        }
        development::target_of_out_dir(out_dir, env!("PYO3_BUNDLE_TRIPLE")).map(Path::to_path_buf)
    }

    /// Finds the folder of this program's package in cargo's target folder.
    fn develop(&mut self, target: Option<&Path>) {
        self.development =
            target.map(|target| crate::development::folder(target, &self.binary, |name| std::env::var_os(name)));
    }

    /// The folder with `bin/` and `python/runtime/`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `sys.prefix`
    pub fn runtime(&self) -> &Path {
        &self.runtime
    }

    /// The folder with the packages that the dist gets, for a program that is not in a dist.
    pub fn packages(&self) -> Option<PathBuf> {
        Some(development::packages(self.development.as_ref()?))
    }

    /// `sys.executable`
    pub fn interpreter(&self) -> PathBuf {
        system::interpreter(&self.runtime)
    }

    /// Checks the home before CPython would fail in its own words, and names the first missing file.
    pub fn check(&self) -> Result<(), Problem> {
        system::check_name(&self.root, &self.runtime)?;
        let stdlib = system::stdlib(&self.runtime, SERIES);
        let files = NEEDED_AT_START.iter().map(|file| stdlib.join(file));
        match files.chain([self.interpreter()]).find(|path| !path.is_file()) {
            None => Ok(()),
            Some(path) => Err(self.damaged(
                format!("`{}` is missing", shown(&path)),
                format!("the Python {SERIES} of this program in `{}` is not complete", shown(&self.runtime)),
            )),
        }
    }

    /// Whether this is a dist and not cargo's target folder, which has the same shape. A dist that lost one of its two
    /// records is still a dist.
    pub fn is_dist(&self) -> bool {
        [layout::METADATA, layout::SUMS].iter().any(|name| self.root.join(name).symlink_metadata().is_ok())
    }

    /// Makes an error that a damaged runtime may have caused. The hint verifies a dist, or installs the Python of a
    /// checkout.
    pub fn damaged(&self, what: impl Into<String>, why: impl Into<String>) -> Problem {
        if !self.is_dist() {
            return Problem::new(what, why, layout::INSTALL_PYTHON);
        }
        let hint = match self.verify_option {
            Some(option) => format!("{} {option}", word(&self.binary)),
            None if cfg!(windows) => return Problem::without_hint(what, why),
            None => format!("cd {} && sha256sum --check --quiet {}", word(&self.root), layout::SUMS),
        };
        Problem::new(what, why, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn home(folder: &Path) -> Home {
        let [root, runtime] = [folder, folder].map(Path::to_path_buf);
        Home { binary: folder.join("bin/app-bin"), root, runtime, development: None, verify_option: None }
    }

    pub fn create(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn the_first_missing_file_is_named_and_a_whole_runtime_passes() {
        let folder = tempfile::tempdir().unwrap();
        let home = home(folder.path());
        let stdlib = system::stdlib(folder.path(), SERIES);
        let mut needed: Vec<PathBuf> = NEEDED_AT_START.iter().map(|file| stdlib.join(file)).collect();
        needed.push(home.interpreter());
        for path in needed {
            let text = home.check().unwrap_err().to_string();
            assert!(text.starts_with(&format!("`{}` is missing", path.display())), "{text}");
            create(&path);
        }
        assert_eq!(home.check(), Ok(()));
    }
}

#[cfg(all(test, unix))]
mod tests_with_hints_for_sh {
    use super::tests::{create, home};
    use super::*;

    #[test]
    fn a_dist_tells_what_is_damaged_and_a_checkout_installs() {
        for record in [layout::METADATA, layout::SUMS] {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("a 'b'");
            let hint = |home: Home| home.damaged("x", "y").to_string().split_once("hint: ").unwrap().1.to_owned();
            assert_eq!(hint(home(&place)), layout::INSTALL_PYTHON);
            create(&place.join(record));
            let quoted = |after| format!("'{}/a '\\''b'\\''{after}'", folder.path().display());
            assert_eq!(hint(home(&place).verified_by("--check")), format!("{} --check", quoted("/bin/app-bin")));
            assert_eq!(hint(home(&place)), format!("cd {} && sha256sum --check --quiet SHA256SUMS", quoted("")));
        }
    }
}
