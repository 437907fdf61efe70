//! The kernel's side: the two ends of a pseudo-terminal, its size and modes, and the processes that live on it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};

/// Returns the terminal's end and the program's end. A child of another test can inherit neither.
pub fn open() -> io::Result<(File, File)> {
    let master = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NOCTTY).open("/dev/ptmx")?;
    // SAFETY: the descriptor is open, and no memory is passed.
    checked(unsafe { libc::unlockpt(master.as_raw_fd()) })?;
    let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
    // SAFETY: as above; this request takes its flags by value.
    let slave = checked(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags) })?;
    // SAFETY: the descriptor is new, so nobody else owns it.
    Ok((master, unsafe { File::from_raw_fd(slave) }))
}

/// Starts a program as the leader of a session whose controlling terminal is the given one.
pub fn start(mut command: Command, slave: File) -> io::Result<Child> {
    command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
    // SAFETY: between fork and exec only calls that are safe in a signal handler are made.
    unsafe { command.pre_exec(lead_session) };
    command.spawn()
}

fn lead_session() -> io::Result<()> {
    // SAFETY: no memory is passed; standard input is the terminal by now.
    unsafe {
        checked(libc::setsid())?;
        checked(libc::ioctl(libc::STDIN_FILENO, libc::TIOCSCTTY, 0))?;
    }
    Ok(())
}

pub fn set_size(master: &File, rows: u16, columns: u16) -> io::Result<()> {
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the request reads one `winsize`, which lives until the call is over.
    checked(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ, &size) }).map(drop)
}

/// The modes that a program has put its terminal in.
pub struct Termios(libc::termios);

impl Termios {
    pub fn of(master: &File) -> io::Result<Self> {
        let mut modes = std::mem::MaybeUninit::uninit();
        // SAFETY: the call writes one `termios`, which is read only when it succeeded.
        unsafe {
            checked(libc::tcgetattr(master.as_raw_fd(), modes.as_mut_ptr()))?;
            Ok(Termios(modes.assume_init()))
        }
    }

    /// Whether the kernel handles neither lines nor the keys of signals.
    pub fn is_raw(&self) -> bool {
        self.0.c_lflag & (libc::ICANON | libc::ISIG) == 0
    }

    pub fn echoes(&self) -> bool {
        self.0.c_lflag & libc::ECHO != 0
    }
}

pub fn foreground_group(master: &File) -> io::Result<libc::pid_t> {
    // SAFETY: no memory is passed.
    checked(unsafe { libc::tcgetpgrp(master.as_raw_fd()) })
}

pub fn signal(process: libc::pid_t, signal: libc::c_int) -> io::Result<()> {
    // SAFETY: no memory is passed.
    checked(unsafe { libc::kill(process, signal) }).map(drop)
}

/// The state of a child.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Life {
    Running,
    Stopped,
    Ended(ExitStatus),
}

/// Blocks until the child's state changes. An ended child is not reaped: its id must not be reused while tests use it.
pub fn wait_for_change(process: libc::pid_t) -> io::Result<Life> {
    let all = libc::WEXITED | libc::WSTOPPED | libc::WCONTINUED;
    let change = wait(process, all | libc::WNOWAIT)?;
    // SAFETY: `waitid` succeeded, so this is the part it filled.
    let status = unsafe { change.si_status() };
    Ok(match change.si_code {
        libc::CLD_EXITED => Life::Ended(ExitStatus::from_raw(status << 8)),
        libc::CLD_KILLED | libc::CLD_DUMPED => Life::Ended(ExitStatus::from_raw(status)),
        code => {
            wait(process, libc::WSTOPPED | libc::WCONTINUED | libc::WNOHANG)?;
            if code == libc::CLD_CONTINUED { Life::Running } else { Life::Stopped }
        }
    })
}

fn wait(process: libc::pid_t, options: libc::c_int) -> io::Result<libc::siginfo_t> {
    let mut change = std::mem::MaybeUninit::zeroed();
    // SAFETY: the call writes one `siginfo_t`, all of which may be zero.
    unsafe {
        checked(libc::waitid(libc::P_PID, process as libc::id_t, change.as_mut_ptr(), options))?;
        Ok(change.assume_init())
    }
}

/// Kills all processes of a session: jobs in the background outlive their terminal.
pub fn kill_session(leader: libc::pid_t) {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    for process in names.filter_map(|name| name.to_str()?.parse().ok()) {
        // SAFETY: no memory is passed.
        if unsafe { libc::getsid(process) } == leader {
            let _ended_meanwhile = signal(process, libc::SIGKILL);
        }
    }
}

fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
