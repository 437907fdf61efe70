//! Programs that the session starts on its console: while one runs, Ctrl-C and Ctrl-Break end it and not the session.

use std::env::var_os;
use std::ffi::OsString;
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::Command;
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};
use windows_sys::core::BOOL;

/// How the shell that runs `!COMMAND` can be found again.
pub const SHELL_HINT: &str = r"import os; os.environ['COMSPEC'] = r'C:\Windows\System32\cmd.exe'";

/// The editor that is opened where the user has chosen none.
pub const EDITOR: &str = "notepad";

/// Runs a line as it would be typed: `cmd` takes away the outer quotation marks and leaves the others as they are.
pub fn shell(line: &str) -> Command {
    command(line.into())
}

/// Opens a file in the user's editor. The variables may hold a command with options.
pub fn editor(file: &Path) -> Command {
    let chosen = ["VISUAL", "EDITOR"].into_iter().filter_map(var_os).find(|text| !text.is_empty());
    let mut line = chosen.unwrap_or_else(|| EDITOR.into());
    for part in [" \"".as_ref(), file.as_os_str(), "\"".as_ref()] {
        line.push(part);
    }
    command(line)
}

fn command(line: OsString) -> Command {
    let mut shell = Command::new(var_os("COMSPEC").unwrap_or_else(|| "cmd.exe".into()));
    let mut argument = OsString::from("/S /C \"");
    argument.push(line);
    argument.push("\"");
    shell.raw_arg(argument);
    shell
}

/// Leaves the keyboard's events to a program, until the value is dropped. Every process on the console gets them, and a
/// handler is not inherited.
pub fn give_keyboard(_command: &mut Command) -> impl Drop + use<> {
    // SAFETY: the handler may be called in any thread: it only answers.
    unsafe { SetConsoleCtrlHandler(Some(take), 1) };
    Handler
}

struct Handler;

impl Drop for Handler {
    fn drop(&mut self) {
        // SAFETY: removes the handler of `give_keyboard`.
        unsafe { SetConsoleCtrlHandler(Some(take), 0) };
    }
}

/// Takes an event that CPython's handler, which is older, would make a `KeyboardInterrupt` of.
unsafe extern "system" fn take(event: u32) -> BOOL {
    matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT).into()
}
