//! Mach-O files that a linker has made, each with one thing wrong: `verify` names it, wherever it runs.

use crate::python::UV;
use crate::support::App;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const LIBRARIES: &str = "dist/python/runtime/lib";

/// `tests/data/macos/make.sh` has the command that made each file.
fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/macos").join(name)).unwrap()
}

/// A dist with all that the judging of its Mach-O files asks for; it has no records.
fn dist() -> App {
    let app = App::new();
    app.write("dist/metadata.json", "{}");
    app.write(&format!("{LIBRARIES}/python3.13/encodings/__init__.py"), "");
    app.stand_in("dist/app", "true");
    put(&app, "dist/bin/app-bin", &file("program"));
    put(&app, "dist/python/runtime/bin/python3", &file("no-rpath"));
    put(&app, &format!("{LIBRARIES}/libpython3.13.dylib"), &file("libpython3.13.dylib"));
    app
}

fn put(app: &App, relative: &str, data: &[u8]) {
    app.write(relative, "");
    fs::write(app.at(relative), data).unwrap();
    fs::set_permissions(app.at(relative), fs::Permissions::from_mode(0o755)).unwrap();
}

/// The findings about a file, as `id: what was found`.
fn findings(app: &App, path: &str) -> Vec<String> {
    let report: Value = serde_json::from_str(&app.run(&["verify", "dist", "--json"]).out).unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let all = report["findings"].as_array().unwrap();
    let own = all.iter().filter(|finding| text(finding, "path") == path.trim_start_matches("dist/"));
    own.filter(|finding| finding["id"] != "extra")
        .map(|it| format!("{}: {}", text(it, "id"), text(it, "why")))
        .collect()
}

#[test]
fn files_of_a_linker_without_a_fault_have_no_finding() {
    let app = dist();
    let library = format!("{LIBRARIES}/libpython3.13.dylib");
    for path in ["dist/bin/app-bin", "dist/python/runtime/bin/python3", &library] {
        assert_eq!(findings(&app, path), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn what_a_linker_was_told_wrong_is_named() {
    let app = dist();
    for (name, wanted) in [
        ("absolute-name.dylib", "absolute-install-name: /home/me/.local/python/lib/libpython3.13.dylib"),
        ("other-name.dylib", "wrong-install-name: @rpath/libother.dylib is not the place of a library"),
        ("absolute-rpath.dylib", "absolute-rpath: /opt/homebrew/lib"),
        ("foreign-rpath.dylib", "foreign-rpath: @loader_path/../../../.."),
        ("newer.dylib", "macos-floor: it needs macOS 14.2, wanted 11.0 at most"),
        ("homebrew.dylib", "foreign-needed: /opt/homebrew/lib/libssl.3.dylib is neither in the dist nor in the system"),
        (
            "framework.dylib",
            "foreign-needed: /Library/Frameworks/Python.framework/Versions/3.13/Python is another Python",
        ),
        ("unresolved.dylib", "unresolved-needed: @rpath/libnowhere.dylib is not on its search path"),
    ] {
        let path = format!("{LIBRARIES}/{name}");
        put(&app, &path, &file(name));
        let found = findings(&app, &path);
        assert!(matches!(&found[..], [only] if only.starts_with(wanted)), "{name}: {found:#?}");
    }
    put(&app, "dist/bin/app-bin", &file("no-rpath"));
    let found = findings(&app, "dist/bin/app-bin");
    assert_eq!(found, ["no-rpath: wanted LC_RPATH @executable_path/../python/runtime/lib"]);
}

#[test]
fn a_changed_byte_a_cut_file_and_a_lost_signature_are_named() {
    let app = dist();
    let path = format!("{LIBRARIES}/libpython3.13.dylib");
    let found = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut data = file("libpython3.13.dylib");
        change(&mut data);
        put(&app, &path, &data);
        findings(&app, &path)
    };
    assert_eq!(found(&|data| data[0x5000] ^= 1), ["broken-signature: page 1 (bytes 16384 to 32767) has another hash"]);
    // The load command of the signature becomes one that no loader reads.
    let signature = |data: &[u8]| data.windows(8).position(|word| word == [0x1d, 0, 0, 0, 16, 0, 0, 0]).unwrap();
    let unsigned = found(&|data| {
        let at = signature(data);
        data[at] = 0x2b;
    });
    assert_eq!(unsigned, ["unsigned: it has no code signature, which macOS on arm64 asks for"]);
    let cut = found(&|data| data.truncate(data.len() - 1));
    assert!(cut.iter().any(|line| line.starts_with("damaged-macho: ")), "{cut:?}");
}

/// Whatever is linked to a library takes its install name over, so the name has to be right before anything is linked: as
/// long as there is no record, nothing takes the Python for installed.
#[test]
fn the_install_name_of_libpython_goes_back_before_the_python_counts_as_installed() {
    let app = App::new();
    let library = ".local/python/cpython-3.13.5-linux-x86_64-gnu/lib/libpython3.13.dylib";
    let uv = |name: &str| {
        fs::write(app.at("given"), file(name)).unwrap();
        let given = format!("\"$tree/lib\" && cp {:?} \"$tree/lib/libpython3.13.dylib\" && mkdir -p ", app.at("given"));
        let script = UV.replacen("\"$tree/lib\" ", &given, 1);
        assert_ne!(script, UV);
        app.stand_in("uv", &script);
    };
    // Half of a file has no name that could be set.
    uv("installed.dylib");
    let half = app.read_bytes("given").len() / 2;
    fs::write(app.at("given"), &app.read_bytes("given")[..half]).unwrap();
    let text = app.run(&["python"]).refused(1);
    assert!(text.contains("libpython3.13.dylib` is a damaged Mach-O file\n"), "{text}");
    assert!(!app.exists(".local/python/provenance.json"));

    uv("installed.dylib");
    app.run(&["python"]).fine();
    assert!(app.exists(".local/python/provenance.json"));
    let [before, after] = ["given", library].map(|path| app.read_bytes(path));
    assert_eq!(before.len(), after.len(), "nothing is added");
    let dist = dist();
    put(&dist, &format!("{LIBRARIES}/libpython3.13.dylib"), &before);
    let wanted = ["absolute-install-name: /install/lib/libpython3.13.dylib"];
    assert_eq!(findings(&dist, &format!("{LIBRARIES}/libpython3.13.dylib")), wanted);
    put(&dist, &format!("{LIBRARIES}/libpython3.13.dylib"), &after);
    assert_eq!(findings(&dist, &format!("{LIBRARIES}/libpython3.13.dylib")), Vec::<String>::new());
}

/// Changes the flags in the head of a thin file. The file is for x86_64 and has no signature, which would not fit any more.
fn with_flags(name: &str, change: impl Fn(u32) -> u32) -> Vec<u8> {
    let mut data = file(name);
    let flags = u32::from_le_bytes(data[24..28].try_into().unwrap());
    data[24..28].copy_from_slice(&change(flags).to_le_bytes());
    data
}

#[test]
fn what_the_head_of_a_file_allows_is_judged() {
    const PIE: u32 = 0x20_0000;
    const STACK: u32 = 0x2_0000;
    let app = dist();
    let python = "dist/python/runtime/bin/python3";
    put(&app, python, &with_flags("no-rpath", |flags| flags & !PIE));
    assert_eq!(findings(&app, python), ["no-pie: the program is not position-independent"]);
    put(&app, python, &with_flags("no-rpath", |flags| flags | STACK));
    assert_eq!(findings(&app, python), ["executable-stack: it asks for an executable stack"]);
}

/// A universal file of two thin ones, whose head says which machine each is for.
fn universal(parts: [(u32, &[u8]); 2]) -> Vec<u8> {
    const PAGE: usize = 1 << 14;
    let mut data: Vec<u8> = [0xcafe_babe_u32, 2].iter().flat_map(|word| word.to_be_bytes()).collect();
    let mut end = PAGE;
    for (cpu, part) in parts {
        let entry = [cpu, 0, end as u32, part.len() as u32, 14];
        data.extend(entry.iter().flat_map(|word| word.to_be_bytes()));
        end = (end + part.len()).next_multiple_of(PAGE);
    }
    for (_, part) in parts {
        data.resize(data.len().next_multiple_of(PAGE), 0);
        data.extend(part);
    }
    data
}

#[test]
fn each_half_of_a_universal_file_is_judged() {
    const ARM64: u32 = 0x100_000c;
    const X86_64: u32 = 0x100_0007;
    let app = dist();
    let path = format!("{LIBRARIES}/libpython3.13.dylib");
    let (own, other) = (file("libpython3.13.dylib"), file("absolute-rpath.dylib"));
    let found = |data: &[u8]| {
        put(&app, &path, data);
        (findings(&app, &path), findings(&app, "dist/bin/app-bin"))
    };
    let (library, program) = found(&universal([(ARM64, &own), (X86_64, &other)]));
    let wanted =
        ["absolute-rpath: its part for x86_64: /opt/homebrew/lib", "wrong-install-name: its part for x86_64: "];
    assert!(
        library.len() == 2 && library.iter().zip(wanted).all(|(line, start)| line.starts_with(start)),
        "{library:?}"
    );
    assert_eq!(program, Vec::<String>::new());
    let (library, _) = found(&universal([(ARM64, &own), (X86_64, &own)]));
    assert_eq!(library, ["damaged-macho: its part for x86_64 is for arm64"]);
    // Of two halves, the program needs its own.
    let (_, program) = found(&other);
    let wanted = "unresolved-needed: @rpath/libpython3.13.dylib is at python/runtime/lib/libpython3.13.dylib, which is not for arm64";
    assert_eq!(program, [wanted]);
}

#[test]
fn a_library_stands_in_the_dist_once() {
    let app = dist();
    let path = format!("{LIBRARIES}/libz.dylib");
    put(&app, &path, &file("libpython3.13.dylib"));
    let found = findings(&app, &path);
    assert!(matches!(&found[..], [only] if only.starts_with("duplicate-soname: ")), "{found:?}");
}

/// A signature names its team and flags in its code directory, whose own hash only the certificate's signature has.
#[test]
fn each_file_is_signed_as_the_program_is() {
    const DIRECTORY: &[u8] = &[0xfa, 0xde, 0x0c, 0x02];
    let app = dist();
    let (library, python) = (format!("{LIBRARIES}/libpython3.13.dylib"), "dist/python/runtime/bin/python3");
    let found = |path: &str| {
        let mut found = findings(&app, path);
        found.retain(|line| !line.starts_with("foreign-rpath") && !line.starts_with("unresolved-needed"));
        found
    };
    let is_signed = |how: &str| [format!("other-signer: it is signed {how}, the program by the team TEAM000001")];
    let changed = |name: &str, text: &[u8], offset: usize, byte: u8| {
        let mut data = file(name);
        let at = data.windows(text.len()).position(|part| part == text).unwrap() + offset;
        assert_ne!(data[at], byte);
        data[at] = byte;
        data
    };
    put(&app, "dist/bin/app-bin", &file("certified-program"));
    assert_eq!(found(&library), is_signed("ad hoc"));
    assert_eq!(found(python), is_signed("by nobody"));
    put(&app, &library, &changed("certified.dylib", b"TEAM000001", 9, b'2'));
    assert_eq!(found(&library), is_signed("by the team TEAM000002"));
    put(&app, python, &changed("certified-program", DIRECTORY, 13, 0));
    assert_eq!(found(python), is_signed("without the hardened runtime"));
    // Only programs need it.
    put(&app, &library, &changed("certified.dylib", DIRECTORY, 13, 0));
    put(&app, python, &file("certified-program"));
    for path in ["dist/bin/app-bin", &library, python] {
        assert_eq!(found(path), Vec::<String>::new(), "{path}");
    }
}
