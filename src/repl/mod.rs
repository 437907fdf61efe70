//! The interactive session on a terminal: reads an input, has it run in `__main__`, shows what came of it.

pub mod brackets;
pub mod grammar;
pub mod highlight;
pub mod indent;
pub mod theme;
