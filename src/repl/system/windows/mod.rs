//! Windows: the console and its control events, and the folders of a profile. There are no signals of threads, no job
//! control and no modes of files.

pub mod files;
pub mod input_hook;
pub mod programs;
pub mod terminal;
pub mod threads;
pub mod words;
