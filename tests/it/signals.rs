//! Programs under test start with no signal ignored or blocked, however the tests were started.

use std::mem::MaybeUninit;

/// Signals that `nohup`, a shell's `&` and some runners leave ignored, which child processes inherit.
const OFTEN_IGNORED: [libc::c_int; 7] =
    [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU];

/// The loader calls this function, because libtest has no hook that runs before all tests.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static PREPARE: extern "C" fn() = prepare;

/// Replaces ignored signals by a handler that does nothing. The tests still ignore them, but the programs that they start
/// do not: `exec` keeps an ignored signal ignored, and resets a caught one to its default.
extern "C" fn prepare() {
    // SAFETY: each call gets memory that it may write, or that the one before has written.
    unsafe {
        for signal in OFTEN_IGNORED {
            let mut action = MaybeUninit::<libc::sigaction>::zeroed();
            libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
            let mut action = action.assume_init();
            if action.sa_sigaction == libc::SIG_IGN {
                action.sa_sigaction = do_nothing as *const () as libc::sighandler_t;
                action.sa_flags = libc::SA_RESTART;
                libc::sigaction(signal, &action, std::ptr::null_mut());
            }
        }
        let mut none = MaybeUninit::uninit();
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

extern "C" fn do_nothing(_signal: libc::c_int) {}

#[cfg(target_os = "linux")]
mod tests {
    use super::OFTEN_IGNORED;
    use crate::support::{bare, stdout};
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    /// The signals in a line of `/proc/self/status` of a program that a test starts.
    fn signals(line: &str) -> u64 {
        let status = stdout(&bare("cat").arg("/proc/self/status").output().unwrap());
        let mask = status.lines().find_map(|found| found.strip_prefix(line)).unwrap();
        u64::from_str_radix(mask.trim(), 16).unwrap()
    }

    #[test]
    fn a_program_ignores_and_blocks_nothing() {
        let ours = OFTEN_IGNORED.into_iter().chain([libc::SIGPIPE]).fold(0, |mask, signal| mask | 1 << (signal - 1));
        assert_eq!(signals("SigIgn:") & ours, 0);
        assert_eq!(signals("SigBlk:"), 0);
    }

    /// Ignores and blocks signals, as some runners do for all of their child processes.
    fn ignore_and_block() -> std::io::Result<()> {
        // SAFETY: the set is written by the first call that gets it.
        unsafe {
            let mut blocked = std::mem::MaybeUninit::uninit();
            libc::sigemptyset(blocked.as_mut_ptr());
            for signal in OFTEN_IGNORED.into_iter().chain([libc::SIGPIPE]) {
                libc::signal(signal, libc::SIG_IGN);
                libc::sigaddset(blocked.as_mut_ptr(), signal);
            }
            libc::sigprocmask(libc::SIG_BLOCK, blocked.as_ptr(), std::ptr::null_mut());
        }
        Ok(())
    }

    #[test]
    fn nor_does_it_where_the_tests_were_started_with_signals_ignored_and_blocked() {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "signals::tests::a_program_ignores_and_blocks_nothing"]);
        // SAFETY: between fork and exec only calls that are safe in a signal handler are made.
        unsafe { again.pre_exec(ignore_and_block) };
        let output = again.output().unwrap();
        assert!(output.status.success() && stdout(&output).contains("1 passed"), "{}", stdout(&output));
    }
}
