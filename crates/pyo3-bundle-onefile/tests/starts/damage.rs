//! Files that are not as they were packed: nothing of them is started, and nothing of them stays.

use crate::support::{Case, Said, said};
use sha2::{Digest, Sha256};
use std::fs;

const TRAILER: usize = 512;

fn started(case: &Case, bytes: &[u8]) -> Said {
    case.put("app", bytes);
    case.run("echo started")
}

#[test]
fn a_download_that_was_cut_off_is_told() {
    let case = Case::new();
    let whole = fs::read(case.at("app")).unwrap();
    let stub = fs::metadata(env!("CARGO_BIN_EXE_pyo3-bundle-onefile")).unwrap().len() as usize;
    for length in [whole.len() - 1, whole.len() - TRAILER, whole.len() - TRAILER - 1, stub + 1000, stub] {
        let text = started(&case, &whole[..length]).refused();
        assert!(text.contains("/app` is not whole\n  wanted the mark of a one-file program at its end"), "{text}");
        assert!(text.contains("\nhint: sha256sum '"), "{text}");
    }
    // One whose front is missing is no program at all, but one whose payload is shorter than it says is.
    let mut text = started(&case, &[&whole[..stub], &whole[whole.len() - TRAILER..]].concat()).refused();
    // A stub that is larger than the payload, as with debug information, takes a part of itself for it.
    assert!(text.contains("is not whole") || text.contains("is damaged\n  wanted an archive with sha256 "), "{text}");
    text = started(&case, &[&whole[..stub], &whole[stub + 1..]].concat()).refused();
    assert!(text.contains("is damaged\n  wanted an archive with sha256 "), "{text}");
    assert_eq!(case.names("home/.cache"), ["app"]);
    assert_eq!(case.cached(), ["lock"]);
}

#[test]
fn a_changed_byte_anywhere_in_the_payload_or_behind_it_is_found() {
    let case = Case::new();
    let whole = fs::read(case.at("app")).unwrap();
    let stub = fs::metadata(env!("CARGO_BIN_EXE_pyo3-bundle-onefile")).unwrap().len() as usize;
    let payload = whole.len() - TRAILER - stub;
    let wanted = String::from_utf8(whole[whole.len() - TRAILER..][32..96].to_vec()).unwrap();
    let places = (0..12).map(|part| stub + part * (payload - 1) / 11).chain([stub + 5, whole.len() - TRAILER - 3]);
    for at in places {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        let text = started(&case, &bytes).refused();
        let found = Sha256::digest(&bytes[stub..whole.len() - TRAILER]);
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        let why = format!("/app` is damaged\n  wanted an archive with sha256 {wanted}, found {found}\n");
        assert!(text.contains(&why), "{at}: {text}");
        assert_eq!(case.cached(), ["lock"], "{at}");
    }
    for at in [whole.len() - TRAILER, whole.len() - TRAILER + 30, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert!(started(&case, &bytes).refused().contains("is not whole"), "{at}");
    }
    assert_eq!(started(&case, &whole).fine(), "started\n");
}

#[test]
fn an_archive_without_the_program_is_told() {
    let case = Case::new();
    case.write("app", &zstd::encode_all(&[0; 1024][..], 1).unwrap());
    let text = case.run("true").refused();
    assert!(text.contains("/bin/app-bin` is not there"), "{text}");
}

#[test]
fn an_archive_that_nobody_of_us_has_written_is_refused() {
    let case = Case::new();
    let header = |name: &str, kind: u8| {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..107].copy_from_slice(b"0000755");
        block[124..135].copy_from_slice(b"00000000000");
        block[156] = kind;
        block
    };
    for (block, why) in [
        (header("../outside", b'5'), "a name leads out of the folder"),
        (header("/outside", b'5'), "a name leads out of the folder"),
        (header("a/./b", b'5'), "a name leads out of the folder"),
        (header("device", b'3'), "an entry is neither a file nor a folder nor a link"),
        ([0xff; 512], "a number is not octal"),
    ] {
        case.write("app", &zstd::encode_all(&[block, [0; 512]].concat()[..], 1).unwrap());
        let text = said(&mut case.command("true")).refused();
        assert!(text.contains(&format!("is damaged\n  {why}\n")) || text.contains("not UTF-8"), "{text}");
    }
    case.write("app", b"not an archive");
    assert!(case.run("true").refused().contains("is damaged\n  "));
    case.write("app", b"");
    assert!(case.run("true").refused().contains("is damaged\n  "));
    assert_eq!(case.cached(), ["lock"]);
    assert!(!case.at("home/.cache/outside").exists());
}
