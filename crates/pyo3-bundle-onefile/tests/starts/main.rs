//! One-file programs as their users start them: from anywhere, several at once, and where something is in the way. The
//! packed program is a shell, which shows what it was started with.

#![cfg(target_os = "linux")]

mod clean;
mod damage;
mod passes;
mod places;
mod support;
mod unpacks;
