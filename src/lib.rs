//! The map of the modules.
//!
//! - [`cli`]: the command line
//! - [`python`]: Python code in the program; knows nothing of the program around it
//! - [`repl`]: the interactive session on a terminal

pub mod cli;
pub mod python;
pub mod repl;

use pyo3_bundle_layout::{problem, shown};
