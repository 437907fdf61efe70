//! The map of the modules.
//!
//! - [`cli`]: the command line
//! - [`python`]: Python code in the program; knows nothing of the program around it
//! - [`repl`]: the interactive session on a terminal
//!
//! A Python source of the program runs in a dict of its own:
//!
//! ```
//! use pyo3::prelude::*;
//!
//! let _python = pyo3_bundle::init().unwrap();
//! let answer: PyResult<i32> = Python::attach(|py| {
//!     let source = pychat_ai::python::source::load(py, "answer = 6 * 7", "<source>")?;
//!     source.as_any().get_item("answer")?.extract()
//! });
//! assert_eq!(answer.unwrap(), 42);
//! ```

pub mod cli;
pub mod python;
pub mod repl;

use pyo3_bundle_layout::{problem, shown};
