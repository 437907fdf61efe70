//! The interactive session on a terminal: reads an input, has it run in `__main__`, shows what came of it.

pub mod commands;
mod complete;
pub mod config;
pub mod directories;
mod editor;
mod engine;
pub mod highlight;
mod history;
pub mod indent;
mod input;
pub mod keys;
mod prompt;
mod session;
mod terminal;
pub mod theme;

pub use session::run;
pub use terminal::can_edit;
