//! The flags of rustc in the user's own `build.rustflags`. Cargo takes flags from one kind of place only, and those of
//! this crate are in `target.'cfg(all())'`, which cargo prefers: so they carry the user's along.
//! <https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>

use super::settings::Settings;
use super::{host, rustc};
use cargo_platform::{Cfg, Platform};
use std::path::Path;
use std::str::FromStr;

/// Returns the flags of `build.rustflags`, unless cargo would not use them either because a table of the user's for this
/// target has flags. `folder` is that of the package.
pub fn of_user(folder: &Path) -> Vec<String> {
    let variable = |name: &str| std::env::var(name).ok();
    let settings = Settings::of(folder);
    let flags = settings.build_flags(variable("CARGO_BUILD_RUSTFLAGS"));
    if flags.is_empty() {
        return flags;
    }
    let Some(target) = settings.target(variable("CARGO_BUILD_TARGET")).or_else(|| host(folder)) else { return flags };
    let name = target.to_uppercase().replace('-', "_");
    let has_variable = variable(&format!("CARGO_TARGET_{name}_RUSTFLAGS")).is_some_and(|flags| !flags.is_empty());
    let cfgs = cfgs(&target, folder);
    let fits = |key: &str| Platform::from_str(key).is_ok_and(|platform| platform.matches(&target, &cfgs));
    if has_variable || settings.targets_with_flags().any(fits) { Vec::new() } else { flags }
}

/// What the compiler sets for that target.
fn cfgs(target: &str, folder: &Path) -> Vec<Cfg> {
    let printed = rustc(&["--print", "cfg", "--target", target], folder).unwrap_or_default();
    printed.lines().filter_map(|line| Cfg::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn flags_of_build_count_unless_a_table_that_fits_has_flags() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".cargo")).unwrap();
        let host = host(folder.path()).unwrap();
        let flags = |text: &str| {
            fs::write(folder.path().join(".cargo/config.toml"), text).unwrap();
            of_user(folder.path())
        };
        let build = "[build]\nrustflags = [\"-C\", \"target-cpu=native\"]\n";
        assert_eq!(flags("[env]\n"), Vec::<String>::new());
        for (table, counts) in [
            ("", true),
            ("[target.wasm32-unknown-unknown]\nrustflags = [\"-O\"]\n", true),
            ("[target.'cfg(windows)']\nrustflags = [\"-O\"]\n", true),
            ("[target.'cfg(unix)']\nlinker = \"cc\"\n", true),
            ("[target.'cfg(unix)']\nrustflags = [\"-O\"]\n", false),
            ("[target.'cfg(all(unix, panic = \"unwind\"))']\nrustflags = \"-O\"\n", false),
            (&format!("[target.{host}]\nrustflags = [\"-O\"]\n"), false),
        ] {
            let found = flags(&format!("{build}{table}"));
            assert_eq!(found == ["-C", "target-cpu=native"], counts, "{table}: {found:?}");
        }
    }
}
