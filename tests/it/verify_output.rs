//! Where `cargo pack verify` writes its findings, and what happens when nobody reads them.

use crate::support::{dist, stderr, stdout};
use crate::verify::{findings, pack};
use std::collections::BTreeSet;
use std::fs;

#[test]
fn each_finding_is_a_line_on_stderr_and_their_number_on_stdout() {
    let found = findings(&pack(&["--json", "--max-glibc", "2.1"], &dist()).output().unwrap());
    let words = pack(&["--max-glibc", "2.1"], &dist()).output().unwrap();
    assert_eq!(words.status.code(), Some(1));
    assert_eq!(stderr(&words).lines().map(str::to_owned).collect::<BTreeSet<_>>(), found);
    assert!(stdout(&words).starts_with(&format!("verify: {} findings: ", found.len())), "{}", stdout(&words));
}

#[test]
fn a_reader_that_goes_away_is_not_an_error_and_a_full_disk_is() {
    for arguments in [&[][..], &["--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = pack(arguments, &dist()).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = pack(arguments, &dist()).stdout(full).output().unwrap();
        assert!(stderr(&output).contains("No space left on device"), "{arguments:?}: {}", stderr(&output));
        assert!(!output.status.success(), "{arguments:?}");
    }
}
