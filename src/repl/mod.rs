//! The interactive session on a terminal: reads an input, has it run in `__main__`, shows what came of it.

mod above;
mod ahead;
mod brackets;
mod child;
pub mod commands;
mod complete;
pub mod config;
mod directories;
mod editor;
mod engine;
mod fault;
mod grammar;
mod habits;
mod highlight;
mod history;
mod indent;
mod input;
mod input_hook;
pub mod keys;
mod menu;
mod painted;
mod pasted;
mod prompt;
mod search;
mod session;
mod signature;
mod stretch;
mod terminal;
#[cfg(test)]
mod testing;
pub mod theme;
mod thread;
mod vi;
mod words;

pub use commands::packages;
pub use session::run;
pub use terminal::can_edit;
