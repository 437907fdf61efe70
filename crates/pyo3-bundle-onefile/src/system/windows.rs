//! Windows: the program is a child, whose status this process ends with. The user's folders are nobody else's.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::core::BOOL;

pub type Status = i32;

/// The command line is read when the child is started.
pub struct Words;

pub const TEMPORARY: &str = "TEMP";
pub const SHARED: Option<&str> = None;

pub fn cache(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    variable("LOCALAPPDATA")
}

/// Users have folders of their own for temporary files.
pub fn name_for_user(application: &str) -> String {
    application.to_owned()
}

pub fn own_file(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub fn distrust(_found: &Metadata, _is_shared: bool) -> Option<String> {
    None
}

pub fn create_private(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

pub fn create_file(path: &Path, _is_program: bool) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

/// Links need a privilege, and no dist for Windows has one.
pub fn symlink(_target: &str, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub fn is_noexec(_folder: &Path) -> bool {
    false
}

/// Windows writes what it keeps in memory by itself, and offers a program of a user no call for a whole folder.
pub fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// A folder cannot be renamed while a program of it runs, so it stays.
pub fn is_in_use(_folder: &Path) -> bool {
    false
}

/// Runs the program, and ends with its status. Returns only if it could not be started.
pub fn become_program(program: &Path, _words: &Words) -> io::Error {
    // Keys such as Ctrl-C reach both processes, and what they do is for the program to decide.
    // SAFETY: the function lives as long as the process.
    unsafe { SetConsoleCtrlHandler(Some(ignore), 1) };
    match Command::new(program).args(std::env::args_os().skip(1)).status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

unsafe extern "system" fn ignore(_event: u32) -> BOOL {
    1
}
