//! The interactive session on a terminal: reads an input, has it run in `__main__`, shows what came of it.

pub mod config;
pub mod directories;
pub mod keys;
pub mod theme;
pub mod words;
