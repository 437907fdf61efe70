//! Tests on files that are made byte by byte. Files of real linkers are judged in `verify::judge::pe`.

use super::super::fixture;
use super::*;

#[test]
fn imports_and_flags_are_read() {
    let data = fixture::Pe { imports: &["KERNEL32.dll", "python313.dll"], ..fixture::Pe::default() }.bytes();
    let wanted = Pe {
        machine: pe::IMAGE_FILE_MACHINE_AMD64.0,
        imports: vec!["KERNEL32.dll".into(), "python313.dll".into()],
        aslr: true,
        nx: true,
        ..Pe::default()
    };
    assert!(is_pe(&data));
    assert_eq!(parse(&data).unwrap(), wanted);
    for length in [20, 64, 100, 300, data.len() - 1] {
        assert!(parse(&data[..length]).is_err(), "{length}");
    }
    let weak = fixture::Pe { flags: 0, ..fixture::Pe::default() }.bytes();
    assert!(matches!(parse(&weak).unwrap(), Pe { aslr: false, nx: false, .. }));
}

#[test]
fn libraries_are_not_without_number() {
    let of_number = |number| parse(&fixture::Pe { imports: &vec!["x.dll"; number], flags: 0 }.bytes());
    assert_eq!(of_number(1000).unwrap().imports.len(), 1000);
    assert!(of_number(5000).unwrap_err().to_string().contains("it imports from more than"));
}

#[test]
fn a_section_lies_inside_of_the_file() {
    let mut data = fixture::Pe { imports: &["KERNEL32.dll"], ..fixture::Pe::default() }.bytes();
    let [inside, outside] = [0, 1].map(|more| (data.len() as u32 - 512 + more).to_le_bytes());
    // Its sizes in memory and in the file, behind all headers: the smaller one counts.
    for size in [8, 16].map(|at| 64 + 24 + 240 + at) {
        assert_eq!(data[size..size + 4], inside);
        assert!(parse(&data).is_ok());
        data[size..size + 4].copy_from_slice(&outside);
    }
    assert!(parse(&data).unwrap_err().to_string().contains("a section lies outside"));
}

#[test]
fn a_text_is_no_program() {
    assert!(!is_pe(b"MZ is a name that starts many a text, one of more than sixty-four letters, too\n\0"));
    assert!(!is_pe(b"MZ") && !is_pe(b""));
}
