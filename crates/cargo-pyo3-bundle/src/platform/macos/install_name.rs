//! Gives the libpython of an installed runtime the install name `@rpath/…`. uv makes it absolute, and whatever is linked
//! to the library takes that name over, so this comes right after the installation. Only the runtime's own library is
//! changed, never a program.

use crate::object::macho::signature::{self, Signature};
use crate::object::macho::{self, Command};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::Result;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// Sets the name in each architecture of the file, and the hashes of what that changes. A signature without a certificate
/// stays whole in this way; one with a certificate cannot, and is an error.
pub fn restore(library: &Path) -> Result<()> {
    let name = format!("@rpath/{}", library.file_name().unwrap_or_default().to_string_lossy());
    let old = fs::read(library).about("cannot read", library)?;
    let mut data = old.clone();
    let parts = macho::parse(&old).and_then(|_whole| macho::places(&old));
    for part in parts.map_err(|error| macho::damaged(library, &error))? {
        set(&mut data[part], &name).map_err(|why| {
            let hint = format!("install_name_tool -id {name} {0} && codesign --force --sign - {0}", word(library));
            Problem::new(format!("the install name of `{}` cannot be changed", shown(library)), why, hint)
        })?;
    }
    if data == old {
        return Ok(());
    }
    // The kernel keeps what it knows of a signature with the file, so the changed file is a new one.
    let partial = library.with_extension("partial");
    fs::write(&partial, &data).about("cannot write", &partial)?;
    let permissions = library.metadata().about("cannot read", library)?.permissions();
    fs::set_permissions(&partial, permissions).about("cannot write", &partial)?;
    Ok(fs::rename(&partial, library).about("cannot write", library)?)
}

/// Changes one architecture. The new name stands where the old one stood.
fn set(file: &mut [u8], name: &str) -> Result<(), String> {
    let told = |error: anyhow::Error| format!("{error:#}");
    let (mut place, mut signed) = (None, None);
    for command in macho::commands(file).map_err(told)? {
        match command {
            Command::InstallName(at) => place = Some(at),
            Command::Signature(at) => signed = Some(at),
        }
    }
    let place: Range<usize> = place.ok_or("it has none, so it is not a library that programs are linked to")?;
    if file[place.clone()].split(|byte| *byte == 0).next() == Some(name.as_bytes()) {
        return Ok(());
    }
    if place.len() <= name.len() {
        return Err(format!("there is room for {} bytes, wanted `{name}`", place.len() - 1));
    }
    if let Some(signed) = &signed
        && let Signature::Broken(why) = signature::read(file, signed.clone())
    {
        return Err(format!("its signature did not fit before: {why}"));
    }
    file[place.clone()].fill(0);
    file[place.start..place.start + name.len()].copy_from_slice(name.as_bytes());
    match signed {
        None => Ok(()),
        Some(signed) => signature::renew(file, signed, &place).map_err(told),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::object::fixture;
    use crate::object::macho::MachO;
    use std::os::unix::fs::PermissionsExt;

    fn restored(data: &[u8]) -> Result<Vec<MachO>, String> {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libpython3.13.dylib");
        fs::write(&library, data).unwrap();
        fs::set_permissions(&library, fs::Permissions::from_mode(0o555)).unwrap();
        restore(&library).map_err(|error| error.to_string())?;
        assert_eq!(library.metadata().unwrap().permissions().mode() & 0o777, 0o555);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        Ok(macho::read(&library).unwrap().unwrap())
    }

    fn library(install_name: Option<&str>) -> Vec<u8> {
        fixture::MachO { program: false, install_name, ..fixture::MachO::default() }.bytes()
    }

    #[test]
    fn an_absolute_name_is_set_back_in_each_architecture_and_the_signature_fits() {
        let name = "/a/home/.local/python/lib/libpython3.13.dylib";
        for data in [library(Some(name)), fixture::fat(&[&library(Some(name)), &library(Some(name))])] {
            for part in restored(&data).unwrap() {
                assert_eq!(part.install_name.as_deref(), Some("@rpath/libpython3.13.dylib"));
                assert!(matches!(part.signature, Signature::Whole(_)), "{part:?}");
            }
        }
        let own = library(Some("@rpath/libpython3.13.dylib"));
        assert_eq!(restored(&own).unwrap(), macho::parse(&own).unwrap());
    }

    #[test]
    fn what_cannot_be_changed_is_told_in_three_parts() {
        let short = restored(&library(Some("/x.dylib"))).unwrap_err();
        assert!(short.starts_with("the install name of `") && short.contains("\n  there is room for "), "{short}");
        assert!(short.contains("\nhint: install_name_tool -id @rpath/libpython3.13.dylib "), "{short}");
        let none = restored(&library(None)).unwrap_err();
        assert!(none.contains("it has none"), "{none}");
        let mut broken = library(Some("/a/home/.local/python/lib/libpython3.13.dylib"));
        broken[40] ^= 1;
        let broken = restored(&broken).unwrap_err();
        assert!(
            broken.contains("page 0 (bytes 0 to"),
            "a signature is not renewed over what it never fitted: {broken}"
        );
        let cut = restored(&library(Some("/x"))[..40]).unwrap_err();
        assert!(cut.contains("is a damaged Mach-O file") && cut.contains("\nhint: file "), "{cut}");
    }
}
