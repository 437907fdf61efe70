//! The interactive session on a terminal: reads inputs, runs them in `__main__` and shows their results.

mod above;
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
mod invalid;
pub mod keys;
mod line_state;
mod menu;
mod painted;
mod pasted;
mod prompt;
mod search;
mod session;
mod side_thread;
mod signature;
mod stretch;
mod system;
mod terminal;
#[cfg(test)]
mod testing;
pub mod theme;
mod vi;

pub use commands::packages;
pub use session::run;
pub use terminal::can_edit;
