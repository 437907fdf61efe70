//! Checks that the Python to pack is the one that the program was linked against: by the library that the loader will
//! look for, and by the record that build.rs leaves in the program. Reads the files, runs nothing.

use crate::platform::Platform;
use crate::problem::{About, Problem};
use crate::shown::{name, shown};
use crate::{integrity, layout};
use anyhow::Result;
use memchr::memmem;
use std::fs;
use std::path::Path;

/// Has the build scripts look again, because cargo compares times only and misses a Python that was replaced by an older
/// file. An application without a record may have no `pyo3-bundle`, and cargo refuses to clean what is not there.
const BUILD_ALL: &str = "cargo clean --release && cargo pyo3-bundle build";
const BUILD: &str = "cargo clean --release -p pyo3-bundle && cargo pyo3-bundle build";

/// Fails if the staged program would not start, or would start with another Python than it was built for.
pub fn check(binary: &Path, python: &Path, series: &str, platform: &dyn Platform) -> Result<()> {
    let data = fs::read(binary).about("cannot read", binary)?;
    let what = || format!("`{}` was not linked against the Python that is to be packed", shown(binary));
    let wanted = platform.libpython(series);
    let library = platform.libraries(python).join(&wanted);
    let needed = platform.needs(binary)?.unwrap_or_default().libraries;
    // On macOS the program has taken the library's install name over, which was a place of one machine.
    if let Some(fixed) = needed.iter().find(|needed| needed.starts_with('/') && needed.ends_with(&wanted)) {
        let why =
            format!("wanted `@rpath/{wanted}`, which libpython has after `cargo pyo3-bundle python`, found `{fixed}`");
        let hint = format!("rm -r .local/python && cargo pyo3-bundle python && {BUILD}");
        return Err(Problem::new(what(), why, hint).into());
    }
    if let Some(needed) = needed.iter().find(|needed| platform.is_libpython(needed))
        && *needed != wanted
    {
        let why = format!("the Python has {wanted}, the program needs {needed}");
        return Err(Problem::new(what(), why, BUILD_ALL).into());
    }
    // Another application may have been built without a record.
    let Some(recorded) = recorded(&data) else { return Ok(()) };
    let found = integrity::digest(&library).about("cannot read", &library)?;
    if recorded != found.as_bytes() {
        let linked = name(recorded);
        let why = format!("`{}` has sha256 {found}, the program was linked against {linked}", shown(&library));
        return Err(Problem::new(what(), why, BUILD).into());
    }
    Ok(())
}

/// Tells whether a program calls `pyo3_bundle::init()`: its record is there, which only that function uses.
pub fn calls_init(binary: &Path) -> Result<bool, Problem> {
    let data = fs::read(binary).about("cannot read", binary)?;
    Ok(memmem::find(&data, layout::LINKED_LIBRARY.as_bytes()).is_some())
}

/// The sha256 of the libpython that the linker took.
fn recorded(binary: &[u8]) -> Option<&[u8]> {
    let starts = memmem::find_iter(binary, layout::LINKED_LIBRARY).map(|at| at + layout::LINKED_LIBRARY.len());
    let digests = starts.filter_map(|start| binary.get(start..start + 64));
    digests.into_iter().find(|digest| digest.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::fixture;
    use crate::platform::{self, testing};

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn checked(record: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let (binary, library) = (folder.path().join("binary"), folder.path().join("lib/libpython3.13.so.1.0"));
        fs::create_dir(folder.path().join("lib")).unwrap();
        fs::write(&library, "abc").unwrap();
        fs::write(&binary, format!("\0code{record}\0data")).unwrap();
        check(&binary, folder.path(), "3.13", testing()).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_damaged_program_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("cut");
        fs::write(&binary, b"\x7fELF\x02\x01").unwrap();
        let text = check(&binary, folder.path(), "3.13", testing()).unwrap_err().to_string();
        assert!(text.contains("/cut` is a damaged ELF file") && text.contains("\nhint: readelf -hld "), "{text}");
    }

    #[test]
    fn a_program_of_another_series_needs_no_crate_of_ours_to_be_built_anew() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("app");
        fs::write(&binary, fixture::elf(fixture::NEEDED, 1, "libpython3.11.so.1.0")).unwrap();
        let text = check(&binary, folder.path(), "3.13", testing()).unwrap_err().to_string();
        assert!(text.contains("the Python has libpython3.13.so.1.0, the program needs libpython3.11.so.1.0"), "{text}");
        assert!(text.ends_with("\nhint: cargo clean --release && cargo pyo3-bundle build"), "{text}");
    }

    #[test]
    fn a_program_that_was_linked_by_an_absolute_install_name_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("binary");
        let fixed = ["/home/me/.local/python/lib/libpython3.13.dylib"];
        fs::write(&binary, fixture::MachO { needed: &fixed, ..fixture::MachO::default() }.bytes()).unwrap();
        let macos = platform::of("aarch64-apple-darwin").unwrap();
        let text = check(&binary, folder.path(), "3.13", macos).unwrap_err().to_string();
        assert!(
            text.contains("was not linked against the Python that is to be packed\n  wanted `@rpath/lib"),
            "{text}"
        );
        assert!(text.contains(fixed[0]) && text.contains("\nhint: rm -r .local/python && "), "{text}");
    }

    #[test]
    fn another_library_than_the_linked_one_is_refused() {
        let marker = layout::LINKED_LIBRARY;
        assert_eq!(checked(&format!("{marker}{ABC}")), "");
        assert_eq!(checked(&format!("{marker}none {marker}{ABC}")), "");
        assert_eq!(checked(""), "");
        let other = checked(&format!("{marker}{}", ABC.replace('b', "c")));
        assert!(other.contains("was not linked against") && other.contains("libpython3.13.so.1.0"), "{other}");
        assert!(other.contains(ABC) && other.ends_with(&format!("\nhint: {BUILD}")), "{other}");
    }
}
