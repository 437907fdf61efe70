//! The embedded CPython: where it is, how it starts and ends, and how it is checked.
//! Knows nothing about the program around it, so another PyO3 application can use this folder as it is.

mod certificates;
mod console;
mod environment;
mod home;
mod imports;
mod init;
mod openssl;
pub mod smoke;
pub mod source;
#[cfg(test)]
pub mod testing;

pub use environment::scrub;
pub use home::Home;
pub use init::{Interpreter, Start, library_version};

/// The series, such as `3.13`, that this program is compiled for.
pub const SERIES: &str = env!("PYTHON_SERIES");

/// The sha256 of the libpython that was linked. The packager compares it with the libpython that it stages.
pub const LINKED: &str = env!("LINKED_LIBPYTHON");
