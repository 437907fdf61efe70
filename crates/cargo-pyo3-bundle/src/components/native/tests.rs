//! Tests of `native` on what package managers print.

use super::*;

#[test]
fn dpkg_is_understood() {
    let search = "libssl3:amd64: /usr/lib/libssl.so.3\ndiversion by dash from: /bin/sh\n\
        liba:amd64, liba:i386: /usr/lib/liba.so.1\n";
    let wanted = [("/usr/lib/libssl.so.3", "libssl3:amd64"), ("/usr/lib/liba.so.1", "liba:amd64")];
    assert_eq!(owners(search), wanted.map(|(path, name)| (PathBuf::from(path), name.to_owned())));
    let (full, package) = told("libssl3:amd64|libssl3|3.0.15-1|amd64|openssl|3.0.15-1").unwrap();
    assert_eq!(
        (full.as_str(), package.name.as_str(), package.source.as_str()),
        ("libssl3:amd64", "libssl3", "openssl")
    );
    assert_eq!(told("cut|short"), None);
    let names = |path: &str| both_names(Path::new(path)).into_iter().map(|path| path.display().to_string());
    assert!(names("/usr/lib/x").eq(["/usr/lib/x", "/lib/x"]));
    assert!(names("/lib/x").eq(["/lib/x", "/usr/lib/x"]));
}

#[test]
fn rpm_is_understood() {
    let said = "openssl-libs|3.0.7-1.fc38|x86_64|openssl-3.0.7-1.fc38.src.rpm|Apache-2.0\n";
    let package = rpm_package(said).unwrap();
    assert_eq!((package.source.as_str(), package.source_version.as_str()), ("openssl", "3.0.7-1.fc38"));
    assert_eq!(package.license(&["libother.so"]).unwrap(), License::Declared("Apache-2.0".into()));
    assert_eq!(rpm_package("file /opt/x is not owned by any package\n"), None);
}

#[test]
fn a_package_becomes_a_component_with_its_source() {
    let (_, package) = told("z:amd64|zlib1g|1:1.2-1+b1|amd64|zlib|1:1.2-1").unwrap();
    let system = System::parse("NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n");
    let found = package.component(&["libz.so.1"], &system).unwrap();
    assert_eq!(found.reference(), "pkg:deb/debian/zlib1g@1:1.2-1%2Bb1?arch=amd64&distro=debian-12");
    assert_eq!(found.license, License::Concluded("Zlib".into()));
    assert_eq!(found.files, ["python/runtime/lib/libz.so.1"]);
    let (name, _, source) = found.source_package.unwrap();
    assert_eq!((name.as_str(), source.as_str()), ("zlib", "pkg:deb/debian/zlib@1:1.2-1?arch=source&distro=debian-12"));
    let other = package.component(&["libz.so.1", "libnew.so.1"], &system).unwrap();
    assert_eq!(other.license, License::Unknown, "one library of the table does not speak for the other");
}

#[test]
fn a_library_that_no_package_has_is_named_without_a_text() {
    let stray = [("libstray.so.1".to_owned(), PathBuf::from("/nowhere/libstray.so.1"))];
    let found = packages(&stray.into()).unwrap();
    assert_eq!(found, [unpackaged("libstray.so.1")]);
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
    let found = packages(&two.into()).unwrap();
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
