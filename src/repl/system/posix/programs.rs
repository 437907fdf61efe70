//! Programs that the session starts on its terminal: while one runs, Ctrl-C and Ctrl-\ end it and not the session.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// How the shell that runs `!COMMAND` can be found again.
pub const SHELL_HINT: &str = concat!("env PATH=/usr/bin:/bin ", env!("CARGO_PKG_NAME"));

/// The editor that is opened where the user has chosen none.
pub const EDITOR: &str = "vi";

/// The signals that the terminal sends to the session and the program alike, as `system(3)` treats them.
const OF_THE_KEYBOARD: [c_int; 2] = [libc::SIGINT, libc::SIGQUIT];

pub fn shell(line: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]);
    shell
}

/// Opens a file in the user's editor. The variables may hold a command with options, as for git and sudoedit.
pub fn editor(file: &Path) -> Command {
    let mut shell = Command::new("sh");
    let line = format!("eval \"${{VISUAL:-${{EDITOR:-{EDITOR}}}}} \\\"\\$1\\\"\"");
    shell.args(["-c", &line, "sh"]).arg(file);
    shell
}

/// Gives the keyboard's signals to a program, until the value is dropped.
pub fn give_keyboard(command: &mut Command) -> impl Drop + use<> {
    let ours = Ignored::all();
    // SAFETY: `signal` may be called between fork and exec.
    unsafe {
        command.pre_exec(|| {
            for signal in OF_THE_KEYBOARD {
                libc::signal(signal, libc::SIG_DFL);
            }
            Ok(())
        });
    }
    ours
}

/// The signals that this process ignores until the value is dropped. Otherwise SIGINT would be raised in Python after the
/// program has ended, and SIGQUIT would also end the session.
struct Ignored([(c_int, libc::sigaction); 2]);

impl Ignored {
    fn all() -> Self {
        Ignored(OF_THE_KEYBOARD.map(|signal| {
            // SAFETY: plain calls with structures that live as long as the calls.
            unsafe {
                let mut ignore = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
                ignore.sa_sigaction = libc::SIG_IGN;
                let mut before = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
                libc::sigaction(signal, &ignore, &mut before);
                (signal, before)
            }
        }))
    }
}

impl Drop for Ignored {
    fn drop(&mut self) {
        for (signal, before) in &self.0 {
            // SAFETY: restores the action that `all` got.
            unsafe { libc::sigaction(*signal, before, std::ptr::null_mut()) };
        }
    }
}
