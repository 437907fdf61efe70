//! Finds the system's certificates if the bundled OpenSSL's default place has none. That place is the build
//! distribution's; Fedora, SUSE and Alpine use others. OpenSSL's own variable carries the answer. Other projects have
//! the same problem: <https://github.com/astral-sh/python-build-standalone/issues/259>. On Windows `ssl` itself takes the
//! certificates of the system's store. The keychain of macOS is not OpenSSL's: there, Apple's own file is taken.

use crate::object::{Attached, Result};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// The bundles of the distributions, in the order of <https://go.dev/src/crypto/x509/root_linux.go>.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/etc/pki/tls/cacert.pem",                           // OpenELEC
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS, RHEL 7 and later
    "/etc/ssl/cert.pem",                                 // Alpine, macOS
];

/// Sets OpenSSL's variable, unless the user has set it. Must be called before an SSL context is made.
pub(crate) fn use_system_store(py: Attached<'_>) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    let ssl = match py.import(c"_ssl") {
        Err(raised) if raised.is_import_error() => {
            raised.forget(); // `import ssl` reports it better
            return Ok(());
        }
        found => found?,
    };
    let paths = ssl.call_method(c"get_default_verify_paths", &[])?;
    let [file_variable, file, directory_variable, directory] = paths.unpack()?;
    let environment = py.import(c"os")?.get(c"environ")?;
    if environment.contains(&file_variable)? || environment.contains(&directory_variable)? {
        return Ok(());
    }
    let (file, directory) = (file.os_string()?, directory.os_string()?);
    match elsewhere(Path::new(&file), Path::new(&directory), &BUNDLES) {
        Some(bundle) => environment.set_item(&file_variable, &py.text(OsStr::new(bundle))?),
        None => Ok(()),
    }
}

/// The first bundle that exists, if OpenSSL's own places are empty. Its folder is listed only if its file is missing.
fn elsewhere<'a>(file: &Path, directory: &Path, bundles: &[&'a str]) -> Option<&'a str> {
    if is_bundle(file) || has_hashed_names(directory) {
        return None;
    }
    bundles.iter().copied().find(|bundle| is_bundle(Path::new(bundle)))
}

fn is_bundle(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() > 0)
}

/// Whether a folder has a certificate that OpenSSL can find: one named `<8 hex digits>.<number>`.
fn has_hashed_names(directory: &Path) -> bool {
    let is_hashed = |name: &str| {
        let (stem, number) = name.split_once('.').unwrap_or_default();
        let is_hex = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
        stem.len() == 8
            && stem.bytes().all(is_hex)
            && !number.is_empty()
            && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).any(|name| name.to_str().is_some_and(is_hashed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bundle_counts_where_the_default_places_have_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (file, hashed, bundles) = (at("cert.pem"), at("certs"), [at("empty"), at("first"), at("second")]);
        let bundles = bundles.each_ref().map(|path| path.to_str().unwrap());
        let found = || elsewhere(&file, &hashed, &bundles);
        assert_eq!(found(), None);
        fs::write(bundles[0], "").unwrap();
        fs::write(bundles[2], "certificates").unwrap();
        assert_eq!(found(), Some(bundles[2]), "an empty file is not a bundle");
        fs::write(bundles[1], "certificates").unwrap();
        assert_eq!(found(), Some(bundles[1]));

        fs::create_dir(&hashed).unwrap();
        for name in ["readme", "0123abcd", "0123abcd.", "0123abcd.x", "0123abcg.0", "0123ABCD.0", "123.0"] {
            fs::write(hashed.join(name), "").unwrap();
        }
        assert_eq!(found(), Some(bundles[1]), "OpenSSL sees none of these names");
        fs::write(hashed.join("0123abcd.0"), "").unwrap();
        assert_eq!(found(), None);
        fs::remove_dir_all(&hashed).unwrap();
        fs::write(&file, "certificates").unwrap();
        assert_eq!(found(), None);
    }
}
