//! Files and folders that only the user can read, and the folders of a user's profile.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// The variable with the user's home.
pub const HOME: &str = "USERPROFILE";

/// The variable of each of a user's folders, and the folder below the home where it is otherwise.
pub const CONFIG: (&str, &str) = ("APPDATA", r"AppData\Roaming");
pub const STATE: (&str, &str) = ("LOCALAPPDATA", r"AppData\Local");
pub const DATA: (&str, &str) = STATE;

/// Where `tempfile` and editors put their files.
pub const TEMPORARY: &str = "TEMP";

/// The folders of a profile give their files rights that are the user's alone.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

pub fn private_folder(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder
}

/// An input that shows the rights and the free space of a folder, which is quoted.
pub fn look_at(folder: &str) -> String {
    format!("!icacls {folder} & dir {folder}")
}

/// Where the packages of a user are, in the folder of a series: where pip puts them.
pub fn packages(series: &str) -> String {
    format!(r"Python{}\site-packages", series.replace('.', ""))
}

pub fn show_packages_to_pip(_base: &Path, _series: &str) -> io::Result<()> {
    Ok(())
}
