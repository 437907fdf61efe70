//! Dists as facts, for the tests of the judging: sound ones for each system, to be broken one thing at a time.

use super::super::claims::Document;
use super::super::facts::{Content, Entry, Facts, What};
use super::super::policy::{DEFAULT, Policy};
use super::{Expected, judge};
use crate::finding::Id;
use crate::object::elf::{self, Elf};
use crate::object::macho::signature::{Signature, Signer};
use crate::object::macho::{FileType, MachO};
use crate::object::pe::Pe;
use crate::object::{Native, Version};
use pyo3_bundle_layout::metadata::{Metadata, Platform, Python};

const ALLOWANCE: &str =
    "[[allow]]\nid = \"build-path\"\nfiles = [\"bin/*\"]\ntext = \"/zone/app/src/\"\nreason = \"a test\"\n";

pub struct Dist {
    pub facts: Facts,
    pub max_glibc: Option<Version>,
}

impl Elf {
    pub fn sound() -> Self {
        let machine = object::elf::EM_X86_64.0;
        let needed = vec!["libc.so.6".into()];
        Elf { machine, needed, glibc: Some((2, 17)), relro: true, bind_now: true, ..Elf::default() }
    }
}

impl Dist {
    fn empty(target: &str, os: &str, launcher: &str, binary: &str) -> Self {
        let platform =
            Platform { os: os.into(), arch: target.split('-').next().unwrap().into(), ..Platform::default() };
        let claims = Metadata {
            schema_version: 1,
            name: "app".into(),
            version: "1.2.3".into(),
            target: target.into(),
            launcher: launcher.into(),
            binary: binary.into(),
            platform,
            python: Python { version: "3.13.5".into(), ..Python::default() },
            ..Metadata::default()
        };
        let facts = Facts { metadata: Document::Read(Box::new(claims)), ..Facts::default() };
        let mut dist = Dist { facts, max_glibc: None };
        dist.file("metadata.json", Native::None);
        dist.file(launcher, Native::None);
        dist
    }

    pub fn linux() -> Self {
        let mut dist = Dist::empty("x86_64-unknown-linux-gnu", "linux", "app", "bin/app-bin");
        dist.claims().platform.libc_floor = Some("2.17".into());
        let interpreter = Some("/lib64/ld-linux-x86-64.so.2".to_owned());
        let program = |needed: &[&str], rpath: &str| Elf {
            interpreter: interpreter.clone(),
            needed: needed.iter().map(|name| (*name).to_owned()).collect(),
            rpath: Some(vec![rpath.into()]),
            ..Elf::sound()
        };
        let library = |soname: &str| Elf { soname: Some(soname.into()), ..Elf::sound() };
        let binary = program(&["libpython3.13.so.1.0", "libc.so.6"], "$ORIGIN/../python/runtime/lib");
        dist.add_elf("bin/app-bin", binary);
        dist.add_elf("python/runtime/bin/python3.13", program(&["libz.so.1"], "$ORIGIN/../lib"));
        dist.add("python/runtime/bin/python3", What::Link("python3.13".into()));
        dist.add_elf("python/runtime/lib/libpython3.13.so.1.0", library("libpython3.13.so.1.0"));
        dist.add_elf("python/runtime/lib/libz.so.1", library("libz.so.1"));
        let module = Elf { needed: vec!["libz.so.1".into()], ..Elf::sound() };
        dist.add_elf("python/runtime/lib/python3.13/lib-dynload/zlib.so", module);
        dist.file("python/runtime/lib/python3.13/encodings/__init__.py", Native::None);
        dist
    }

    pub fn macos() -> Self {
        let mut dist = Dist::empty("aarch64-apple-darwin", "macos", "app", "bin/app-bin");
        dist.claims().platform.os_floor = Some("11.0".into());
        let cpu = object::macho::CPU_TYPE_ARM64.0;
        let signature = Signature::Whole(Signer { ad_hoc: true, ..Signer::default() });
        let part = MachO { cpu, minos: Some((11, 0)), pie: true, signature, ..MachO::default() };
        let program = MachO {
            kind: FileType::Program,
            needed: vec!["@rpath/libpython3.13.dylib".into(), "/usr/lib/libSystem.B.dylib".into()],
            rpaths: vec!["@executable_path/../python/runtime/lib".into()],
            loader: Some("/usr/lib/dyld".into()),
            ..part.clone()
        };
        let interpreter = MachO { needed: vec![], rpaths: vec!["@loader_path/../lib".into()], ..program.clone() };
        let library = MachO { install_name: Some("@rpath/libpython3.13.dylib".into()), ..part };
        dist.file("bin/app-bin", Native::MachO(vec![program]));
        dist.file("python/runtime/bin/python3", Native::MachO(vec![interpreter]));
        dist.file("python/runtime/lib/libpython3.13.dylib", Native::MachO(vec![library]));
        dist.file("python/runtime/lib/python3.13/encodings/__init__.py", Native::None);
        dist
    }

    pub fn windows() -> Self {
        let mut dist = Dist::empty("x86_64-pc-windows-msvc", "windows", "app.cmd", "bin/app-bin.exe");
        dist.add_pe("bin/app-bin.exe", &["python313.dll", "KERNEL32.dll"]);
        dist.add_pe("python/runtime/python.exe", &["python313.dll", "VCRUNTIME140.dll"]);
        for folder in ["bin", "python/runtime"] {
            dist.add_pe(&format!("{folder}/python3.dll"), &["python313.dll"]);
            dist.add_pe(&format!("{folder}/python313.dll"), &["api-ms-win-crt-runtime-l1-1-0.dll", "VCRUNTIME140.dll"]);
            dist.add_pe(&format!("{folder}/vcruntime140.dll"), &["ntdll.dll"]);
        }
        dist.add_pe("python/runtime/DLLs/_ssl.pyd", &["python313.dll", "libssl-3.dll", "VCRUNTIME140.dll"]);
        dist.add_pe("python/runtime/DLLs/libssl-3.dll", &["libcrypto-3.dll"]);
        dist.add_pe("python/runtime/DLLs/libcrypto-3.dll", &["WS2_32.dll"]);
        dist.file("python/runtime/Lib/encodings/__init__.py", Native::None);
        dist
    }

    pub fn add(&mut self, name: &str, what: What) {
        let folders = name.match_indices('/').map(|(end, _)| &name[..end]);
        for folder in folders {
            let folder_entry = || Entry { mode: 0o755, utf8: true, what: What::Folder };
            self.facts.entries.entry(folder.to_owned()).or_insert_with(folder_entry);
        }
        self.facts.entries.insert(name.to_owned(), Entry { mode: 0o755, utf8: true, what });
    }

    pub fn file(&mut self, name: &str, native: Native) {
        self.add(name, What::File(Content { native, build_paths: Vec::new() }));
    }

    pub fn add_elf(&mut self, name: &str, elf: Elf) {
        self.file(name, Native::Elf(Box::new(elf)));
    }

    /// Adds a file of Windows, a program by its ending or a library.
    pub fn add_pe(&mut self, name: &str, imports: &[&str]) {
        let imports = imports.iter().map(|name| (*name).to_owned()).collect();
        let library = !name.ends_with(".exe");
        let pe = Pe { machine: 0x8664, library, imports, aslr: true, nx: true, ..Pe::default() };
        self.file(name, Native::Pe(Box::new(pe)));
    }

    pub fn entry(&mut self, name: &str) -> &mut Entry {
        self.facts.entries.get_mut(name).unwrap()
    }

    pub fn content(&mut self, name: &str) -> &mut Content {
        let What::File(content) = &mut self.entry(name).what else { panic!("{name} is not a file") };
        content
    }

    pub fn elf(&mut self, name: &str) -> &mut elf::Elf {
        let Native::Elf(elf) = &mut self.content(name).native else { panic!("{name} is not ELF") };
        elf
    }

    pub fn macho(&mut self, name: &str) -> &mut MachO {
        let Native::MachO(parts) = &mut self.content(name).native else { panic!("{name} is not Mach-O") };
        &mut parts[0]
    }

    pub fn pe(&mut self, name: &str) -> &mut Pe {
        let Native::Pe(pe) = &mut self.content(name).native else { panic!("{name} is not PE") };
        pe
    }

    pub fn claims(&mut self) -> &mut Metadata {
        let Document::Read(claims) = &mut self.facts.metadata else { panic!("no metadata") };
        claims
    }

    pub fn with(mut self, change: impl FnOnce(&mut Dist)) -> Self {
        change(&mut self);
        self
    }

    pub fn findings(&self) -> Vec<String> {
        self.findings_with("")
    }

    /// The findings by a policy that has more entries.
    pub fn findings_with(&self, more: &str) -> Vec<String> {
        let policy = Policy::parse(&format!("{ALLOWANCE}{DEFAULT}\n{more}"), "app").unwrap();
        let expected = Expected { name: "app", version: "1.2.3", max_glibc: self.max_glibc };
        judge(&self.facts, &policy, &expected).iter().map(ToString::to_string).collect()
    }

    /// Expects no finding before the change, and that finding after it.
    pub fn trips(self, id: &str, wanted: &str, change: impl FnOnce(&mut Dist)) {
        assert!(Id::ALL.iter().any(|known| known.as_str() == id), "{id}");
        assert_eq!(self.findings(), Vec::<String>::new());
        let found = self.with(change).findings();
        let hit = found.iter().any(|line| line.starts_with(&format!("{id}: ")) && line.contains(wanted));
        assert!(hit, "wanted {id} with `{wanted}`, found: {found:#?}");
    }
}
