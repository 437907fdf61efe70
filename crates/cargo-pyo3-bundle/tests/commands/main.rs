//! The commands as a user meets them: their messages, exit statuses and what they leave alone. Programs on PATH stand in
//! for uv, pip, cargo and Python, so the tests need no network and no Python.

#![cfg(unix)]

mod archives;
mod build;
mod fetched;
mod formats;
mod images;
mod installer;
mod macos;
mod managers;
mod notes;
mod packages;
mod python;
mod refusals;
mod support;
mod windows;
