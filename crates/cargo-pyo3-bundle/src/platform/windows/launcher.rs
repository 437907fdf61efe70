//! The text of the launcher, a batch file, which names the files that the program needs to start.

use crate::config::LauncherStyle;
use crate::layout;
use crate::platform::Platform;
use crate::problem::Problem;
use crate::{closure, platform};
use anyhow::Result;
use std::path::Path;

/// For a Python that is started without a configuration: what an isolated one ignores is removed, and what it is told is
/// set.
const ENVIRONMENT: &[&str] = &[
    "rem A dependency starts Python before `main`, so the environment has to say all that the program would.",
    "for %%V in (PYTHONPATH PYTHONPLATLIBDIR PYTHONSTARTUP PYTHONINSPECT PYTHONUSERBASE PYTHONCASEOK) do set \"%%V=\"",
    "for %%V in (PYTHONPYCACHEPREFIX PYTHONEXECUTABLE __PYVENV_LAUNCHER__) do set \"%%V=\"",
    "set \"PYTHONDONTWRITEBYTECODE=1\"",
    "set \"PYTHONSAFEPATH=1\"",
];

/// Fills the launcher. A batch file has lines that end as Windows ends them: `goto` misses labels otherwise.
pub fn text(dist: &Path, name: &str, style: LauncherStyle, platform: &dyn Platform) -> Result<String> {
    let binary = platform.binary(dist, name);
    let start = closure::needed_to_start(dist, &binary, platform)?;
    let relative = |path: &Path| platform::inside(path.strip_prefix(dist).unwrap_or(path)).replace('/', "\\");
    let mut needed = Vec::new();
    for file in start.files.iter().map(|path| relative(path)) {
        check(&file)?;
        needed.push(format!("if not exist \"%~dp0{file}\" set \"missing={file}\" & goto missing"));
    }
    let environment = match style {
        LauncherStyle::Environment => ENVIRONMENT.join("\n") + "\n",
        LauncherStyle::Script | LauncherStyle::None => String::new(),
    };
    let text = include_str!("launcher.cmd")
        .replace("@NAME@", name)
        .replace("@NEEDED@", &needed.join("\n"))
        .replace("@RUNTIME@", &layout::RUNTIME.replace('/', "\\"))
        .replace("@ENVIRONMENT@", &environment)
        .replace("@BINARY@", &relative(&binary));
    Ok(text.replace('\n', "\r\n"))
}

/// Checks that a name means itself in a batch file.
fn check(name: &str) -> Result<(), Problem> {
    if name.chars().all(|letter| letter.is_ascii_alphanumeric() || "\\.:_+-".contains(letter)) {
        return Ok(());
    }
    Err(Problem::without_hint(
        format!("the launcher cannot name `{}`", name.escape_debug()),
        "wanted a name of ASCII letters, digits and `.:_+-`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::fixture;
    use crate::platform::windows::MSVC;
    use std::fs;

    #[test]
    fn the_launcher_names_what_the_program_needs_and_has_no_placeholder_left() {
        let dist = tempfile::tempdir().unwrap();
        let write = |name: &str, imports: &[&str]| {
            fs::create_dir_all(dist.path().join("bin")).unwrap();
            fs::write(dist.path().join(name), fixture::Pe { imports, ..fixture::Pe::default() }.bytes()).unwrap();
        };
        write("bin/app-bin.exe", &["python313.dll", "KERNEL32.dll"]);
        write("bin/python313.dll", &["VCRUNTIME140.dll"]);
        write("bin/vcruntime140.dll", &["ntdll.dll"]);
        let text = |style| super::text(dist.path(), "app", style, &MSVC).unwrap();
        let (text, environment) = (text(LauncherStyle::Script), text(LauncherStyle::Environment));
        for file in ["app-bin.exe", "python313.dll", "vcruntime140.dll"] {
            let line = format!("\r\nif not exist \"%~dp0bin\\{file}\" set \"missing=bin\\{file}\" & goto missing\r\n");
            assert!(text.contains(&line), "{text}");
        }
        assert!(text.contains("\r\n\"%~dp0bin\\app-bin.exe\" %*\r\nexit /b %ERRORLEVEL%\r\n"), "{text}");
        assert!(text.is_ascii() && !text.contains('@') || text.matches('@').count() == 1, "{text}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        assert!(!text.contains("PYTHONPATH") && environment.contains("\r\nset \"PYTHONSAFEPATH=1\"\r\n\"%~dp0bin"));
        write("bin/app 2-bin.exe", &[]);
        let refused = super::text(dist.path(), "app 2", LauncherStyle::Script, &MSVC).unwrap_err().to_string();
        assert!(refused.contains(r"the launcher cannot name `bin\\app 2-bin.exe`"), "{refused}");
    }
}
