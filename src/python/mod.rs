//! Python code in the program: the program's own sources, their imports, and the session in the place of CPython's.
//! `pyo3-bundle` starts the interpreter. Knows nothing about the program around it.

mod console;
mod imports;
pub mod source;
#[cfg(test)]
pub mod testing;

pub use console::Console;
