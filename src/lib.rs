//! The map of the modules.
//!
//! - [`cli`]: the command line
//! - [`integrity`]: is a dist still what was packed
//! - [`layout`]: the dist contract as names and joins
//! - `link`: the link plan, used by build.rs; here for its tests
//! - [`problem`]: errors that say what, why and how to fix it
//! - [`python`]: the embedded interpreter; knows nothing of the program around it
//! - [`repl`]: the interactive session on a terminal
//! - [`shown`]: names and texts from elsewhere as they are shown

pub mod cli;
pub mod integrity;
pub mod layout;
#[cfg(test)]
mod link;
pub mod problem;
pub mod python;
pub mod repl;
pub mod shown;
