//! Has a program of the user sign the native files of a staged dist, before their sums are recorded. The order and what is
//! a program are decided here, the signing is the other program's, and its result is read again.

use crate::object::macho::FileType;
use crate::object::macho::signature::Signature;
use crate::object::{Format, Native};
use crate::platform::{Files, Platform};
use crate::problem::{About, Problem};
use crate::shown::{shown, word};
use anyhow::Result;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Gives the program a line for each file: `library` or `program`, a tab, the path. Libraries come first and the
/// application's own programs last, because a signature counts from the inside out.
pub fn sign(tool: &Path, files: &Files, own: &[PathBuf], platform: &dyn Platform) -> Result<()> {
    if platform.format() != Format::MachO {
        let what = format!("files for {} are not signed by `--sign`", platform.target());
        return Err(Problem::without_hint(what, "wanted a dist for macOS").into());
    }
    let mut lines = Vec::new();
    for path in files.keys() {
        let is_program = parts(path)?.iter().any(|part| part.kind == FileType::Program);
        lines.push((own.contains(path), is_program, path));
    }
    lines.sort();
    let text = |(_, is_program, path): &(bool, bool, &PathBuf)| {
        let kind = if *is_program { "program" } else { "library" };
        format!("{kind}\t{}\n", path.display())
    };
    run(tool, &lines.iter().map(text).collect::<String>())?;
    lines.iter().try_for_each(|(_, _, path)| require_signature(path, tool))
}

fn run(tool: &Path, lines: &str) -> Result<()> {
    let mut child = Command::new(tool).stdin(Stdio::piped()).spawn().about("cannot run", tool)?;
    // If the program ends before it has read all, its own message says why.
    let sent = child.stdin.take().expect("it is piped").write_all(lines.as_bytes());
    let status = child.wait().about("cannot wait for", tool)?;
    if !status.success() {
        let why = format!("it ended with {status}, and what it printed is above");
        return Err(Problem::without_hint(format!("`{}` has not signed the dist", shown(tool)), why).into());
    }
    Ok(sent.about("cannot send the files to", tool)?)
}

fn require_signature(path: &Path, tool: &Path) -> Result<()> {
    for part in parts(path)? {
        let found = match &part.signature {
            Signature::Whole(_) => continue,
            Signature::Absent => "none".to_owned(),
            Signature::Broken(why) => format!("one that does not fit: {why}"),
        };
        let what = format!("`{}` has left `{}` without a signature", shown(tool), shown(path));
        let why = format!("wanted one for {}, found {found}", part.architecture());
        return Err(Problem::new(what, why, format!("file {}", word(path))).into());
    }
    Ok(())
}

fn parts(path: &Path) -> Result<Vec<crate::object::macho::MachO>> {
    Ok(match Native::of(&std::fs::read(path).about("cannot read", path)?) {
        Native::MachO(parts) => parts,
        _ => Vec::new(),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::object::fixture;
    use crate::platform::{self, Needs, testing};
    use std::fs;

    /// Signs a dist of three files with a script, and returns what it was told.
    fn signed(script: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let file = |program, signed| fixture::MachO { program, signed, ..fixture::MachO::default() }.bytes();
        let mut files = Files::new();
        for (name, program) in [("app-bin", true), ("python3", true), ("z.so", false)] {
            fs::write(at(name), file(program, false)).unwrap();
            fs::write(at(name).with_extension("signed"), file(program, true)).unwrap();
            files.insert(at(name), Needs::default());
        }
        let tool = at("tool");
        crate::system::write_program(&tool, &format!("#!/bin/sh\ncd {}\n{script}\n", folder.path().display()));
        let arm64 = platform::of("aarch64-apple-darwin").unwrap();
        sign(&tool, &files, &[at("app-bin")], arm64).map_err(|error| error.to_string())?;
        Ok(fs::read_to_string(at("told")).unwrap().replace(&format!("{}/", folder.path().display()), ""))
    }

    const SIGN: &str = "tee told | while read -r kind file; do cp \"${file%.so}.signed\" \"$file\"; done";

    #[test]
    fn libraries_are_signed_first_and_the_applications_program_last() {
        assert_eq!(signed(SIGN).unwrap(), "library\tz.so\nprogram\tpython3\nprogram\tapp-bin\n");
    }

    #[test]
    fn a_file_that_the_tool_forgot_and_a_tool_that_fails_are_told() {
        let forgot = signed("cat >told").unwrap_err();
        assert!(forgot.contains("/tool` has left `") && forgot.contains("/z.so` without a signature\n"), "{forgot}");
        assert!(forgot.contains("wanted one for arm64, found none\nhint: file "), "{forgot}");
        let broke = signed(&format!("{SIGN}\nprintf '\\001' | dd of=z.so bs=1 seek=44 conv=notrunc 2>&1 >told"));
        assert!(broke.unwrap_err().contains("found one that does not fit: page 0"));
        let failed = signed("exit 3").unwrap_err();
        assert!(failed.contains("/tool` has not signed the dist\n  it ended with exit status: 3"), "{failed}");
        let linux = sign(Path::new("x"), &Files::new(), &[], testing()).unwrap_err().to_string();
        assert!(linux.contains("files for x86_64-unknown-linux-gnu are not signed"), "{linux}");
    }
}
