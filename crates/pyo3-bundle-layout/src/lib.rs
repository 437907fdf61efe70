//! What the build script, the program and the packager of a dist have to agree on.
//!
//! - [`cores`]: does the same to many items on every core
//! - [`development`]: the places of an application that is not packed
//! - [`finding`]: what is wrong with a dist, with one table of ids
//! - [`integrity`]: whether a dist is still as it was packed
//! - [`layout`]: the dist contract as names and joins
//! - [`metadata`]: what a dist says of itself
//! - [`onefile`]: the end of a one-file program, and the user's variables for it
//! - [`problem`]: errors that say what is wrong, why, and how to fix it
//! - [`shown`]: makes names and texts from elsewhere safe to show

#[cfg(feature = "integrity")]
pub mod cores;
pub mod development;
#[cfg(feature = "integrity")]
pub mod finding;
#[cfg(feature = "integrity")]
pub mod integrity;
pub mod layout;
#[cfg(feature = "integrity")]
pub mod metadata;
pub mod onefile;
pub mod problem;
pub mod shown;
