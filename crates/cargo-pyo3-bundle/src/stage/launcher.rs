//! The text of the launcher, which names the files that the program needs to start.

use crate::config::LauncherStyle;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::{closure, integrity, layout};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The line of the script behind which more is exported.
const LAST_EXPORT: &str = "  export PYTHONHOME PYTHONNOUSERSITE\n";

/// For a Python that is started without a configuration: what an isolated one ignores is removed, and what it is told is
/// exported. Without `PYTHONEXECUTABLE`, `sys.executable` would be the program, and `multiprocessing` would start it again.
const ENVIRONMENT: &str = "  # A dependency starts Python before `main`, so the environment has to say all that the program would.
  unset PYTHONPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONINSPECT PYTHONUSERBASE PYTHONCASEOK PYTHONPYCACHEPREFIX
  unset __PYVENV_LAUNCHER__ _PYTHON_SYSCONFIGDATA_NAME _PYTHON_SYSCONFIGDATA_PATH _PYTHON_PROJECT_BASE _PYTHON_HOST_PLATFORM
  PYTHONEXECUTABLE=$PYTHONHOME/bin/python3
  PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1
  export PYTHONEXECUTABLE PYTHONDONTWRITEBYTECODE PYTHONSAFEPATH
";

/// What differs between the systems whose launcher is a script of `sh`.
pub struct System {
    /// The name by which the lines for one system only are marked.
    pub name: &'static str,
    /// Prints the sha256 of its input.
    pub sum: &'static str,
}

/// Leaves the lines out that are between the marks of another system, and the marks.
fn lines_for(system: &System, script: &str) -> String {
    let mut of = system.name;
    let mut kept = String::new();
    for line in script.split_inclusive('\n') {
        match line.trim_end().strip_prefix("#@") {
            Some("end") => of = system.name,
            Some(name) => of = name,
            None if of == system.name => kept += line,
            None => {}
        }
    }
    kept
}

/// Fills the launcher with the files that the program needs to start: the program cannot report damage to them itself.
pub fn text(dist: &Path, name: &str, style: LauncherStyle, script: &System, platform: &dyn Platform) -> Result<String> {
    let (binary, libraries) = (platform.binary(dist, name), platform.libraries(&layout::runtime(dist)));
    let start = closure::needed_to_start(dist, &binary, platform)?;
    let relative = |path: &Path| path.strip_prefix(dist).unwrap_or(path).to_string_lossy().into_owned();
    let entry = |path: &PathBuf| Ok(format!("{}:{}", integrity::digest(path)?, relative(path)));
    let entries = start.files.iter().map(entry).collect::<io::Result<Vec<_>>>()?;
    let needed: Vec<_> = start.files.iter().skip(1).map(|path| relative(path)).collect();
    let system: Vec<_> = start.system.into_iter().collect();
    let more = if style == LauncherStyle::Environment { ENVIRONMENT } else { "" };
    Ok(lines_for(script, include_str!("launcher.sh"))
        .replace(LAST_EXPORT, &format!("{LAST_EXPORT}{more}"))
        .replace("@SUM@", script.sum)
        .replace("@NAME@", name)
        .replace("@BINARY@", &relative(&binary))
        .replace("@BIN@", layout::BIN)
        .replace("@RUNTIME@", layout::RUNTIME)
        .replace("@LIBRARIES@", &relative(&libraries))
        .replace("@NEEDED@", &words(&needed, " ")?)
        .replace("@FLOOR@", &start.floor.map(|(major, minor)| format!("{major}.{minor}")).unwrap_or_default())
        .replace("@START@", &words(&entries, "\n")?)
        .replace("@SYSTEM@", &words(&system, " ")?)
        .replace("@FOLDERS@", &words(&folders_of(&libraries)?, " ")?))
}

/// The folders whose names the launcher can compare. The loader looks into no folder with another kind of name.
fn folders_of(libraries: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(libraries)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && is_plain(&name) {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// Joins names for the launcher, where they are in quotes and separated by blanks.
fn words(words: &[String], between: &str) -> Result<String> {
    match words.iter().find(|word| !is_plain(word)) {
        None => Ok(words.join(between)),
        Some(word) => Err(Problem::without_hint(
            format!("the launcher cannot name `{}`", word.escape_debug()),
            "wanted a name of ASCII letters, digits and `/.:_+-`",
        )
        .into()),
    }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_alphanumeric() || "/.:_+-".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_launcher_has_no_placeholder_left() {
        let dist = tempfile::tempdir().unwrap();
        let (binary, libraries) = (layout::binary(dist.path(), "app"), layout::runtime(dist.path()).join("lib"));
        fs::create_dir_all(binary.parent().unwrap()).unwrap();
        for folder in ["python3.13", "a b"] {
            fs::create_dir_all(libraries.join(folder)).unwrap();
        }
        let own = std::env::current_exe().unwrap();
        fs::copy(&own, &binary).unwrap();
        fs::copy(&own, libraries.join("libgcc_s.so.1")).unwrap();
        let linux = System { name: "linux", sum: "sha256sum" };
        let text = |style| super::text(dist.path(), "app", style, &linux, crate::platform::testing()).unwrap();
        let (text, environment) = (text(LauncherStyle::Script), text(LauncherStyle::Environment));
        assert_eq!(environment.replace(ENVIRONMENT, ""), text);
        assert!(!text.contains("PYTHONEXECUTABLE") && environment.contains("\n  export PYTHONEXECUTABLE "));
        assert!(text.contains("exec \"$here/bin/app-bin\" \"$@\""), "{text}");
        assert!(text.contains("\nfloor='2.") && !text.contains("\nfloor=''"), "{text}");
        let digest = integrity::digest(&own).unwrap();
        for file in ["bin/app-bin", "python/runtime/lib/libgcc_s.so.1"] {
            assert!(text.contains(&format!("\n{digest}:{file}\n")), "{file}: {text}");
        }
        assert!(text.contains("for file in 'bin/app-bin' python/runtime/lib/libgcc_s.so.1; do\n"), "{text}");
        assert!(text.contains("libc.so.6' folders='python3.13'\n"), "{text}");
        let parts: Vec<&str> = text.split('@').collect();
        let placeholder = |part: &&&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_uppercase());
        assert_eq!(parts.iter().find(placeholder), None, "{text}");
    }

    #[test]
    fn the_launcher_asks_of_each_system_only_what_it_has() {
        let script = include_str!("launcher.sh");
        let lines = |name| lines_for(&System { name, sum: "" }, script);
        assert_eq!(lines("linux"), script.replace("#@linux\n", "").replace("#@end\n", ""));
        for text in ["/proc", "not mounted", "was not packed'", "'@SYSTEM@'", "@FOLDERS@"] {
            assert!(lines("linux").contains(text) && !lines("macos").contains(text), "{text}");
        }
        assert!(lines("macos").contains("start \"$@\"") && lines("macos").ends_with("exit 1\n"));
    }

    #[test]
    fn a_name_that_the_shell_would_take_apart_is_refused() {
        let one = |word: &str| words(&[word.to_owned()], " ");
        assert_eq!(one("libstdc++.so.6_a-b:c/d").unwrap(), "libstdc++.so.6_a-b:c/d");
        for word in ["a b", "a'b", "a\nb", "$a", "*"] {
            assert!(one(word).is_err(), "{word}");
        }
    }
}
