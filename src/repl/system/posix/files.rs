//! Files and folders that only the user can read, and the folders of the XDG base directory specification.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::Path;

/// The variable with the user's home.
pub const HOME: &str = "HOME";

/// The variable of each of a user's folders, and the folder below the home where it is otherwise.
pub const CONFIG: (&str, &str) = ("XDG_CONFIG_HOME", ".config");
pub const STATE: (&str, &str) = ("XDG_STATE_HOME", ".local/state");
pub const DATA: (&str, &str) = ("XDG_DATA_HOME", ".local/share");

/// Where `tempfile` and editors put their files.
pub const TEMPORARY: &str = "TMPDIR";

/// Makes a new file one that only the user can read.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Makes new folders ones that only the user can list.
pub fn private_folder(builder: &mut DirBuilder) -> &mut DirBuilder {
    builder.mode(0o700)
}

/// An input that shows the rights and the free space of a folder, which is quoted.
pub fn look_at(folder: &str) -> String {
    format!("!ls -ld {folder} && df -h {folder}")
}

/// Where the packages of a user are, in the folder of a series.
pub fn packages(_series: &str) -> String {
    "site-packages".into()
}

/// Has pip find the packages in the folder of a series. It puts them into `lib/python3.X/site-packages`, which becomes a
/// link to where they are.
pub fn show_packages_to_pip(base: &Path, series: &str) -> io::Result<()> {
    let library = base.join("lib").join(format!("python{series}"));
    std::fs::create_dir_all(&library)?;
    let packages = packages(series);
    match symlink(format!("../../{packages}"), library.join(packages)) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
