//! Tests of `native`: what becomes of the packages, and this machine's own one.

use super::*;
use crate::platform::testing;

#[test]
fn a_package_becomes_a_component_with_its_source() {
    let package = Package {
        kind: "deb",
        namespace: "debian".into(),
        distro: "debian-12".into(),
        name: "zlib1g".into(),
        version: "1:1.2-1+b1".into(),
        architecture: "amd64".into(),
        source: "zlib".into(),
        source_version: "1:1.2-1".into(),
        ..Package::default()
    };
    let found = package.component(&["libz.so.1"], testing()).unwrap();
    assert_eq!(found.reference(), "pkg:deb/debian/zlib1g@1:1.2-1%2Bb1?arch=amd64&distro=debian-12");
    assert_eq!(found.license, License::Concluded("Zlib".into()));
    assert_eq!(found.files, ["python/runtime/lib/libz.so.1"]);
    let (name, _, source) = found.source_package.unwrap();
    assert_eq!((name.as_str(), source.as_str()), ("zlib", "pkg:deb/debian/zlib@1:1.2-1?arch=source&distro=debian-12"));
    let other = package.component(&["libz.so.1", "libnew.so.1"], testing()).unwrap();
    assert_eq!(other.license, License::Unknown, "one library of the table does not speak for the other");
}

#[test]
fn a_package_that_declares_a_licence_is_taken_at_its_word() {
    let package = Package { license: "Apache-2.0".into(), ..Package::default() };
    assert_eq!(package.license(&["libother.so"]).unwrap(), License::Declared("Apache-2.0".into()));
}

#[test]
fn a_library_that_no_package_has_is_named_without_a_text() {
    let stray = [("libstray.so.1".to_owned(), PathBuf::from("/nowhere/libstray.so.1"))];
    let found = packages(&stray.into(), testing()).unwrap();
    assert_eq!(found, [unpackaged("libstray.so.1", testing())]);
    assert_eq!((found[0].purl.as_ref(), found[0].texts.len()), (None, 0));
}

#[test]
fn this_machines_own_library_is_owned_and_both_its_names_are() {
    if which::which("dpkg-query").is_err() {
        // The integration tests note it the same way, for the list at the end of scripts/dev/test.sh.
        if let Some(list) = std::env::var_os("LEFT_OUT_LIST") {
            let mut list = std::fs::OpenOptions::new().append(true).open(list).unwrap();
            std::io::Write::write_all(&mut list, b"the packages of this machine's libraries: no dpkg-query\n").unwrap();
        }
        return;
    }
    let libc = std::fs::read_to_string("/proc/self/maps").unwrap();
    let libc = libc.split_whitespace().find(|word| word.ends_with("/libc.so.6")).unwrap();
    let two = [("libc.so.6", libc), ("libtwin.so", libc)].map(|(name, path)| (name.to_owned(), PathBuf::from(path)));
    let found = packages(&two.into(), testing()).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].name, "libc6");
    assert_eq!(found[0].files.len(), 2);
    assert!(found[0].texts.iter().any(|text| text.name == Path::new("copyright")), "{:?}", found[0].texts);
}

#[test]
fn a_copyright_file_names_its_licences_and_those_it_refers_to() {
    let text = "Format: x\n\nFiles: *\nCopyright: me\nLicense: BSD-3-clause\n text\n\nFiles: debian/*\nLicense: GPL-2+\n\n\
        License: GPL-2+\n see /usr/share/common-licenses/GPL-2.\n or common-licenses/{GPL-3,../../../etc/passwd}\n";
    assert_eq!(names_in_copyright(text), ["BSD-3-clause".to_owned()].into());
    if Path::new(SHARED_LICENSES).is_dir() {
        let names: Vec<_> = referred(text).into_iter().map(|text| text.name).collect();
        assert_eq!(names, ["GPL-2", "GPL-3"].map(PathBuf::from));
    }
}
