//! For build scripts: how a program that embeds Python is linked, so that it finds libpython wherever it is put.
//! std-only; works for any PyO3, because PyO3's answer is read as text.
//!
//! The whole build script of an application is `fn main() { pyo3_bundle_build::link() }`.
//!
//! - [`answer`]: which Python PyO3 links
//! - [`plan`]: the arguments for the linker
//! - [`print`](mod@print): hands the plan to cargo, and makes the link by which cargo's own runs find libpython

pub mod answer;
pub mod plan;
pub mod print;

pub use answer::Answer;
pub use plan::{Library, Profile, Target};
pub use print::{link, link_to, or_exit, reach};
