//! Makes the paths relative that a Python keeps of its own build: `sysconfig`, the Makefile, python-config and the
//! scripts of `bin` answer with their current place. Edits text files only; the profile decides which files there are.

use crate::layout;
use crate::object::Native;
use crate::problem::About;
use crate::tree;
use anyhow::Result;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

/// Stands for the runtime's path in a packed file.
const PLACE: &str = "@runtime@";

/// Puts the path in when the module is loaded. The module is in lib/python3.X of the runtime.
const WHERE_IT_STANDS: &str = r#"
# The runtime is where this file is now.
def _here():
    from os.path import abspath, dirname

    return dirname(dirname(dirname(abspath(__file__))))


_runtime = _here()
build_time_vars = {
    key: value.replace("@runtime@", _runtime) if isinstance(value, str) else value for key, value in build_time_vars.items()
}
"#;

/// The prefix with which python-build-standalone and `build-from-source.sh` build CPython. An installer may replace it.
const BUILD_PREFIX: &str = "/install";

/// Rewrites a staged runtime that was installed at `installed`.
pub fn relocate(runtime: &Path, stdlib: &Path, installed: &Path) -> Result<()> {
    let installed = installed.to_string_lossy();
    for path in named(stdlib, |name| name.starts_with("_sysconfigdata_") && name.ends_with(".py"))? {
        edit(&path, |text| relocate_variables(text, &installed))?;
    }
    for folder in named(stdlib, |name| name.starts_with("config-"))? {
        edit(&folder.join("Makefile"), relocate_makefile)?;
        edit(&folder.join("python-config.py"), |text| text.replacen("#!/install/bin/", "#!/usr/bin/env ", 1))?;
    }
    for path in named(&runtime.join("bin"), |_| true)? {
        if path.is_symlink() || is_native(&path)? {
            continue;
        }
        edit(&path, |text| relocate_script(&quote_python_config(text)))?;
    }
    Ok(())
}

/// Tells `sysconfig` of an unpacked runtime that it will be at `place`, as uv does: PyO3 asks it where libpython is.
pub fn install(runtime: &Path, series: &str, place: &Path) -> Result<()> {
    let place = place.to_string_lossy();
    let stdlib = layout::stdlib(runtime, series);
    for path in named(&stdlib, |name| name.starts_with("_sysconfigdata_") && name.ends_with(".py"))? {
        edit(&path, |text| replace_path(text, BUILD_PREFIX, &place))?;
    }
    Ok(())
}

fn relocate_variables(text: &str, installed: &str) -> String {
    replace_path(text, installed, PLACE) + WHERE_IT_STANDS
}

/// Puts `new` where the text names that path or one below it. Other paths that contain its letters stay.
fn replace_path(text: &str, path: &str, new: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let (before, after) = (&rest[..at], &rest[at + path.len()..]);
        out.push_str(before);
        out.push_str(if begins_after(before) && ends_before(after) { new } else { path });
        rest = after;
    }
    out + rest
}

/// Whether a path can begin here: at the start of a word or after an option (`-I/x`), not within `/opt/x` or `tree/x`.
fn begins_after(before: &str) -> bool {
    let delimits = |c: char| c.is_whitespace() || "\"'`=:;,|<>()[]{}".contains(c);
    let word = before.rsplit(delimits).next().unwrap_or_default();
    word.is_empty() || word.starts_with('-') && !word.contains('/')
}

/// Whether the path ends here: before a slash or at the end of a word. `/x-old`, `/x.2` and `/x2` are other paths.
fn ends_before(after: &str) -> bool {
    !after.starts_with(|c: char| c.is_alphanumeric() || "_-.+~@%#$".contains(c))
}

/// Derives the prefix from the Makefile's own path. `:=` does so at once, because make may read another file later.
fn relocate_makefile(text: &str) -> String {
    let here = "$(abspath $(dir $(lastword $(MAKEFILE_LIST)))/../../..)";
    let line = |line: &str| match line.strip_prefix("prefix=").map(str::trim) {
        Some(BUILD_PREFIX) => format!("prefix:=\t{here}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Quotes the path in CPython's script, which finds its own place unless there is a space in it. No upstream issue is
/// known.
fn quote_python_config(text: &str) -> String {
    text.replace(
        "RESULT=$(dirname $(cd $(dirname \"$1\") && pwd -P))",
        "RESULT=$(dirname \"$(cd \"$(dirname \"$1\")\" && pwd -P)\")",
    )
}

/// Makes a script that names its interpreter by a path start the one beside it, as pip and uv do: for sh the second
/// line is a command, for Python the second and third line are a string.
fn relocate_script(text: &str) -> String {
    let Some((first, rest)) = text.split_once('\n') else { return text.to_owned() };
    let interpreter = first.strip_prefix("#!").map(|path| path.trim().rsplit('/').next().unwrap_or_default());
    match interpreter {
        Some(name) if name.starts_with("python") && !first.contains("/usr/bin/env") => {
            format!(
                "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")/{name}\" \"$0\" \"$@\"\n' '''\n{rest}"
            )
        }
        _ => text.to_owned(),
    }
}

fn named(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let entries = tree::entries(folder)?.into_iter();
    let is_wanted = |entry: &DirEntry| entry.file_name().to_str().is_some_and(&wanted);
    Ok(entries.filter(is_wanted).map(|entry| entry.path()).collect())
}

/// Whether the file is native code of any system, by its first bytes.
fn is_native(path: &Path) -> Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    read.about("cannot read", path)?;
    Ok(Native::of(&start).format().is_some())
}

/// Edits a file, whose time and mode stay. An unchanged file is not written; an absent one was slimmed away.
fn edit(path: &Path, change: impl Fn(&str) -> String) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let text = fs::read_to_string(path).about("cannot read", path)?;
    let changed = change(&text);
    if changed == text {
        return Ok(());
    }
    let write = || {
        let metadata = fs::metadata(path)?;
        fs::write(path, &changed)?;
        fs::set_permissions(path, metadata.permissions())?;
        fs::File::options().write(true).open(path)?.set_modified(metadata.modified()?)
    };
    Ok(write().about("cannot write", path)?)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn variables_lose_the_installed_path_and_gain_their_place() {
        let text = relocate_variables("build_time_vars = {\n \"LIBDIR\": \"/home/me/py/lib\",\n}\n", "/home/me/py");
        assert!(text.contains("\"@runtime@/lib\"") && !text.contains("/home/me"), "{text}");
        assert!(text.ends_with(WHERE_IT_STANDS), "{text}");
    }

    #[test]
    fn a_path_is_replaced_whole_or_not_at_all() {
        let same = |text: &str| assert_eq!(replace_path(text, "/x/py", PLACE), text);
        for other in
            ["/x/py-old/lib", "/x/py.2", "/x/py2", "/x/py_", "/opt/x/py/lib", "tree/x/py", "-I/opt/x/py", "/x/pyü"]
        {
            same(&format!("'{other}'"));
        }
        for (before, after) in [
            ("'/x/py'", "'@runtime@'"),
            ("-I/x/py/include -L/x/py/lib", "-I@runtime@/include -L@runtime@/lib"),
            ("-Wl,-rpath,/x/py/lib:/x/py-old/lib", "-Wl,-rpath,@runtime@/lib:/x/py-old/lib"),
            ("--prefix=/x/py /x/py", "--prefix=@runtime@ @runtime@"),
            ("/x/py\n", "@runtime@\n"),
        ] {
            assert_eq!(replace_path(before, "/x/py", PLACE), after);
        }
    }

    #[test]
    fn the_makefile_finds_its_own_prefix() {
        let text = relocate_makefile("INSTALL=\t/usr/bin/install -c\nprefix=\t\t/install\nx=1\n");
        assert!(text.starts_with("INSTALL=\t/usr/bin/install -c\nprefix:=\t$(abspath "), "{text}");
        assert!(text.ends_with("\nx=1\n"), "{text}");
    }

    #[test]
    fn scripts_start_the_interpreter_beside_them() {
        let text = relocate_script("#!/home/me/py/bin/python3.13\nimport sys\n");
        assert!(text.starts_with("#!/bin/sh\n'''exec' \"$(dirname"), "{text}");
        assert!(text.contains("/python3.13\" \"$0\"") && text.ends_with("' '''\nimport sys\n"), "{text}");
        for other in ["#!/bin/sh\necho\n", "#!/usr/bin/env python3\nx\n", "no script", ""] {
            assert_eq!(relocate_script(other), other);
        }
    }
}
