//! The interactive session on a terminal: reads inputs, runs them in `__main__` and shows their results.

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
