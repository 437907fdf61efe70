//! Starts the Python that a program carries in its own folder, with nothing of the machine's Python.
//!
//! ```
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let _python = pyo3_bundle::init()?;
//!     // From here on `Python::attach` works in any thread.
//!     println!("Python {} in {}", pyo3_bundle::library_version(), pyo3_bundle::root()?.display());
//!     Ok(())
//! }
//! ```
//!
//! The application's build script calls `pyo3_bundle_build::link()`, so that a release binary finds libpython in its own
//! folder. Without it only `cargo run` and `cargo test` find it.
//!
//! An application that is a Python itself, with its command line, starts an [`Interpreter`] instead.

mod certificates;
mod development;
mod environment;
mod function;
mod home;
mod init;
mod interpreter;
mod object;
mod openssl;
pub mod smoke;
mod start;
mod system;
mod verify;

pub use environment::scrub;
pub use home::{Home, root};
pub use init::{Guard, init};
pub use interpreter::{Interpreter, Start};
pub use start::library_version;
pub use verify::verify;

/// The series, such as `3.13`, that this program is compiled for.
pub const SERIES: &str = env!("PYO3_BUNDLE_SERIES");

/// The sha256 of the libpython that was linked. The packager finds the text in the program, and compares it with the
/// libpython that it stages.
const LINKED: &str = env!("PYO3_BUNDLE_LINKED");
