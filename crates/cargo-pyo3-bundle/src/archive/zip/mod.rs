//! The `.zip` of a dist for Windows, in the one form that depends on nothing but the dist: written here, and nothing else
//! is read. Entries come in order, without gaps, and each is said twice in the same words.

mod header;
mod names;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use header::{MAGIC, time};
pub use read::Reader;
pub use write::write;
