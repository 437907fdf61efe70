//! Tests on streams of headers that `write` never writes: long names that belong to nothing, content where there is
//! none.

use super::*;

/// An entry as it stands in the stream, its content filled up with zeros.
fn entry(kind: EntryType, name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(if kind == EntryType::Directory { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_entry_type(kind);
    set_name(&mut header, name);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn stream(entries: &[Vec<u8>]) -> Vec<u8> {
    let top = entry(EntryType::Directory, b"top/", b"");
    [top, entries.concat(), vec![0; 1024]].concat()
}

fn long(kind: EntryType, text: &[u8]) -> Vec<u8> {
    entry(kind, b"././@LongLink", text)
}

#[test]
fn a_long_name_belongs_to_the_entry_behind_it() {
    let (name, target) = (EntryType::GNULongName, EntryType::GNULongLink);
    let file = entry(EntryType::Regular, b"top/x", b"content");
    let found = read(&stream(&[long(name, b"top/y\0"), file.clone()])).unwrap();
    assert_eq!((found.len(), found[1].0.name.as_str(), found[1].1.as_slice()), (2, "top/y", &b"content"[..]));
    refused(&stream(&[long(name, b"top/y\0"), long(name, b"top/z\0"), file.clone()]), "an entry has two long names");
    refused(&stream(&[long(target, b"a\0"), long(target, b"b\0"), file.clone()]), "an entry has two long names");
    refused(&stream(&[long(name, b"top/y\0")]), "a long name has no entry");
    refused(&stream(&[long(target, b"a\0")]), "a long name has no entry");
    refused(&stream(&[long(name, b"top/y"), file.clone()]), "a long name does not end");
    refused(&stream(&[long(target, b"a\0"), file]), "it has a target and is not a link");
}

#[test]
fn a_name_has_a_length_that_systems_take() {
    let of_length = |length: usize| {
        let name = format!("top/{}", "n".repeat(length - 4));
        read(&List::default().folder("top").file(&name, b"").tar())
    };
    assert_eq!(of_length(4095).unwrap()[1].0.name.len(), 4095);
    assert!(format!("{:#}", of_length(4096).unwrap_err()).contains("a name is 4097 bytes long"));
}

#[test]
fn content_stands_where_it_belongs_and_nowhere_else() {
    refused(&stream(&[entry(EntryType::Directory, b"top/x/", b"text")]), "it has content and is not a file");
    let file = entry(EntryType::Regular, b"top/x", b"1");
    assert!(read(&stream(std::slice::from_ref(&file))).is_ok());
    let mut more = file;
    more[513] = b'2';
    refused(&stream(&[more]), "there is something between two entries");
}

#[test]
fn an_archive_begins_with_its_folder() {
    refused(&List::default().file("top/x", b"").tar(), "does not begin with its folder");
    refused(&List::default().folder("top/x").tar(), "does not begin with its folder");
}

#[test]
fn a_file_that_changes_while_it_is_packed_is_an_error() {
    for (size, found) in [(3, 4), (4, 4), (5, 4)] {
        let mut list = List::default().folder("top");
        list.push("top/x", EntryKind::File(size), 0o644, b"text");
        match write::tar(&mut list, Vec::new()) {
            Ok(_) => assert_eq!(size, found),
            Err(error) => {
                let wanted = format!("it changed meanwhile: wanted {size} bytes, found {found}");
                assert!(size != found && format!("{error:#}").contains(&wanted), "{error:#}");
            }
        }
    }
}

#[test]
fn zeros_fill_a_record_and_no_more() {
    let bytes = stream(&[]);
    for (zeros, fits) in [(0, true), ((64 << 10) - 1, true), (64 << 10, false)] {
        assert_eq!(read(&[bytes.clone(), vec![0; zeros]].concat()).is_ok(), fits, "{zeros}");
    }
}

#[test]
fn every_byte_of_a_header_is_under_its_sum() {
    let bytes = stream(&[entry(EntryType::Regular, b"top/x", b"")]);
    assert!(read(&bytes).is_ok());
    for at in (512..1024).filter(|at| !(512 + 148..512 + 156).contains(at)) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        refused(&changed, "the checksum of a header is wrong");
    }
}
