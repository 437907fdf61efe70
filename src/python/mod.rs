//! The embedded CPython: where it stands, how it starts and ends, what it reports of itself.
//! Knows nothing of the program around it, so another PyO3 application can take this folder as it is.

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

/// The series (`3.13`) this program is compiled for.
pub const SERIES: &str = env!("PYTHON_SERIES");

/// The libpython that build.rs found and the linker took, which the packager compares with the one that it stages.
pub const LINKED: &str = env!("LINKED_LIBPYTHON");
