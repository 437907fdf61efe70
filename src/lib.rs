//! The map of the modules.
//!
//! - [`cli`]: the command line
//! - [`integrity`]: whether a dist is still as it was packed
//! - [`layout`]: the dist contract as names and joins
//! - `link`: the link plan, which build.rs uses; a module here only for its tests
//! - [`problem`]: errors that say what is wrong, why, and how to fix it
//! - [`python`]: the embedded interpreter; knows nothing of the program around it
//! - [`repl`]: the interactive session on a terminal
//! - [`shown`]: makes names and texts from elsewhere safe to show

pub mod cli;
pub mod integrity;
pub mod layout;
#[cfg(test)]
mod link;
pub mod problem;
pub mod python;
pub mod repl;
pub mod shown;
