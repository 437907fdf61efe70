//! The native libraries that a Python brings or needs: one table for those inside CPython's own files, which no package
//! manager knows, and for those that are vendored from the machine, whose package speaks of more than the library.

use crate::metadata::Provider;

/// All that is known of a library, wherever it comes from.
pub struct Library {
    pub name: &'static str,
    /// An SPDX expression. The comment above the row says where it is from.
    pub spdx: &'static str,
    /// For a library inside CPython: python-build-standalone carries no licence texts.
    pub text: Option<&'static str>,
    /// `vendor:product`
    pub cpe: Option<&'static str>,
    /// The providers whose CPython has this library inside of its own files, or beside them where `files` says so. `Source`
    /// has been compared with a build; `Uv` has what its documentation says.
    pub inside: &'static [Provider],
    /// If a vendored library has a name that begins so, CPython uses that library instead.
    pub unless: Option<&'static str>,
    /// The start of the names of its own files.
    pub files: Option<&'static str>,
    /// The module of CPython that knows the version, and its attribute.
    pub version: Option<(&'static str, &'static str)>,
    /// The names under which a machine has it. A name changes when a library changes much, and with it a licence may.
    pub sonames: &'static [&'static str],
}

impl Library {
    const NONE: Library = Library {
        name: "",
        spdx: "",
        text: None,
        cpe: None,
        inside: &[],
        unless: None,
        files: None,
        version: None,
        sonames: &[],
    };
}

const ANY: &[Provider] = &[Provider::Source, Provider::Uv, Provider::List, Provider::Archive];

/// The providers of python-build-standalone, which links the libraries into CPython's own files. Those of a
/// list are taken for such.
const STANDALONE: &[Provider] = &[Provider::Uv, Provider::List, Provider::Archive];

/// Finds the licence of a vendored library. Without a row, its packager's words count.
pub fn license_of(soname: &str) -> Option<&'static str> {
    LIBRARIES.iter().find(|library| library.sonames.contains(&soname)).map(|library| library.spdx)
}

pub const LIBRARIES: &[Library] = &[
    // Modules/expat, the parser of `pyexpat`.
    Library {
        name: "expat",
        spdx: "MIT",
        text: Some(include_str!("texts/expat.txt")),
        cpe: Some("libexpat_project:libexpat"),
        inside: ANY,
        unless: Some("libexpat.so"),
        version: Some(("pyexpat", "EXPAT_VERSION")),
        ..Library::NONE
    },
    // Modules/_decimal/libmpdec, the arithmetic of `decimal`.
    Library {
        name: "libmpdec",
        spdx: "BSD-2-Clause",
        text: Some(include_str!("texts/libmpdec.txt")),
        cpe: Some("bytereef:mpdecimal"),
        inside: ANY,
        unless: Some("libmpdec.so"),
        version: Some(("_decimal", "__libmpdec_version__")),
        ..Library::NONE
    },
    // Modules/_hacl, the hashes of `hashlib` that need no OpenSSL.
    Library {
        name: "hacl-star",
        spdx: "MIT",
        text: Some(include_str!("texts/hacl-star.txt")),
        inside: ANY,
        ..Library::NONE
    },
    // Modules/_blake2/impl, which CPython 3.13 has and 3.14 replaced by HACL*.
    Library {
        name: "blake2",
        spdx: "CC0-1.0",
        text: Some(include_str!("texts/blake2.txt")),
        inside: ANY,
        unless: Some("libb2.so"),
        ..Library::NONE
    },
    // Objects/mimalloc, since CPython 3.13.
    Library {
        name: "mimalloc",
        spdx: "MIT",
        text: Some(include_str!("texts/mimalloc.txt")),
        inside: ANY,
        ..Library::NONE
    },
    // Linked into `_ssl` and `_hashlib`.
    // Licence: LICENSE.txt of OpenSSL 3; 1.1 has another licence.
    Library {
        name: "openssl",
        spdx: "Apache-2.0",
        text: Some(include_str!("texts/openssl.txt")),
        cpe: Some("openssl:openssl"),
        inside: STANDALONE,
        version: Some(("_ssl", "OPENSSL_VERSION")),
        sonames: &["libcrypto.so.3", "libssl.so.3"],
        ..Library::NONE
    },
    // Linked into `_sqlite3`.
    // Licence: the blessing in SQLite's sources, which are in the public domain.
    Library {
        name: "sqlite",
        spdx: "blessing",
        text: Some(include_str!("texts/sqlite.txt")),
        cpe: Some("sqlite:sqlite"),
        inside: STANDALONE,
        version: Some(("_sqlite3", "sqlite_version")),
        sonames: &["libsqlite3.so.0"],
        ..Library::NONE
    },
    // Linked into `zlib`.
    // Licence: LICENSE of zlib.
    Library {
        name: "zlib",
        spdx: "Zlib",
        text: Some(include_str!("texts/zlib.txt")),
        cpe: Some("zlib:zlib"),
        inside: STANDALONE,
        version: Some(("zlib", "ZLIB_RUNTIME_VERSION")),
        sonames: &["libz.so.1"],
        ..Library::NONE
    },
    // Linked into `_bz2`.
    // Licence: LICENSE of bzip2.
    Library {
        name: "bzip2",
        spdx: "bzip2-1.0.6",
        text: Some(include_str!("texts/bzip2.txt")),
        cpe: Some("bzip:bzip2"),
        inside: STANDALONE,
        sonames: &["libbz2.so.1.0", "libbz2.so.1"],
        ..Library::NONE
    },
    // Liblzma, linked into `_lzma`.
    // Licence: COPYING of XZ: the library is in the public domain before 5.6, and under 0BSD since; the GPL is for the tools.
    Library {
        name: "xz",
        spdx: "0BSD OR LicenseRef-public-domain",
        text: Some(include_str!("texts/xz.txt")),
        cpe: Some("tukaani:xz"),
        inside: STANDALONE,
        sonames: &["liblzma.so.5"],
        ..Library::NONE
    },
    // Linked into `_ctypes`.
    // Licence: LICENSE of libffi; the GPL in its copyright file is for its tests.
    Library {
        name: "libffi",
        spdx: "MIT",
        text: Some(include_str!("texts/libffi.txt")),
        cpe: Some("libffi_project:libffi"),
        inside: STANDALONE,
        sonames: &["libffi.so.7", "libffi.so.8"],
        ..Library::NONE
    },
    // Linked into `readline`.
    // Licence: COPYING of editline.
    Library {
        name: "libedit",
        spdx: "BSD-3-Clause",
        text: Some(include_str!("texts/libedit.txt")),
        inside: STANDALONE,
        sonames: &["libedit.so.2"],
        ..Library::NONE
    },
    // Linked into `_curses` and `readline`.
    // Licence: COPYING of ncurses.
    Library {
        name: "ncurses",
        spdx: "X11-distribute-modifications-variant",
        text: Some(include_str!("texts/ncurses.txt")),
        cpe: Some("gnu:ncurses"),
        inside: STANDALONE,
        version: Some(("_curses", "ncurses_version")),
        sonames: &["libncursesw.so.6", "libpanelw.so.6", "libtinfo.so.6"],
        ..Library::NONE
    },
    // Of util-linux, linked into `_uuid`.
    // Licence: COPYING of libuuid; the copyright file speaks of all of util-linux.
    Library {
        name: "libuuid",
        spdx: "BSD-3-Clause",
        text: Some(include_str!("texts/libuuid.txt")),
        inside: STANDALONE,
        sonames: &["libuuid.so.1"],
        ..Library::NONE
    },
    // Linked into `_dbm`.
    Library {
        name: "berkeley-db",
        spdx: "Sleepycat AND BSD-3-Clause",
        text: Some(include_str!("texts/berkeley-db.txt")),
        cpe: Some("oracle:berkeley_db"),
        inside: STANDALONE,
        ..Library::NONE
    },
    // `_tkinter` loads it.
    Library {
        name: "tcl",
        spdx: "TCL",
        text: Some(include_str!("texts/tcl.txt")),
        inside: STANDALONE,
        files: Some("libtcl"),
        ..Library::NONE
    },
    // `_tkinter` loads it.
    Library {
        name: "tk",
        spdx: "TCL",
        text: Some(include_str!("texts/tk.txt")),
        inside: STANDALONE,
        files: Some("libtk"),
        ..Library::NONE
    },
    // Licence: headers of libgcc and libstdc++; the copyright file speaks of all of GCC.
    Library {
        name: "gcc",
        spdx: "GPL-3.0-or-later WITH GCC-exception-3.1",
        sonames: &["libgcc_s.so.1", "libstdc++.so.6"],
        ..Library::NONE
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_row_has_a_licence_of_spdx_and_what_it_takes_to_document_it() {
        for library in LIBRARIES {
            let Library { name, spdx, text, inside, sonames, .. } = library;
            spdx::Expression::parse(spdx).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!inside.is_empty() || !sonames.is_empty(), "{name} is nowhere");
            assert_eq!(!inside.is_empty(), text.is_some_and(|text| text.len() > 200), "{name}: its text");
        }
    }

    #[test]
    fn a_name_stands_in_one_row() {
        let names = || LIBRARIES.iter().flat_map(|library| library.sonames.iter().chain([&library.name]));
        assert_eq!(names().collect::<BTreeSet<_>>().len(), names().count());
        assert_eq!(license_of("libz.so.1"), Some("Zlib"));
        assert_eq!(license_of("libnew.so.1"), None);
    }
}
