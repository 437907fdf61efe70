//! The integration tests. They use the dist that `scripts/dist/package-all.sh` made, or copies of it.
#![cfg(unix)]

mod support;

#[cfg(target_os = "linux")]
mod archive;
#[cfg(target_os = "linux")]
mod as_python;
#[cfg(target_os = "linux")]
mod broken;
#[cfg(target_os = "linux")]
mod certificates;
mod contents;
#[cfg(target_os = "linux")]
mod decoy;
#[cfg(target_os = "linux")]
mod docs;
mod embedding;
#[cfg(target_os = "linux")]
mod launcher;
#[cfg(target_os = "linux")]
mod minimal;
mod openssl;
#[cfg(target_os = "linux")]
mod programs;
mod python_sources;
#[cfg(target_os = "linux")]
mod relocation;
#[cfg(target_os = "linux")]
mod repl;
#[cfg(target_os = "linux")]
mod sbom;
mod scripts;
mod signals;
#[cfg(target_os = "linux")]
mod slim;
#[cfg(target_os = "linux")]
mod stage;
#[cfg(target_os = "linux")]
mod terminal;
mod tidy;
#[cfg(target_os = "linux")]
mod verify;
#[cfg(target_os = "linux")]
mod verify_output;
#[cfg(target_os = "linux")]
mod verify_program;
#[cfg(target_os = "linux")]
mod wait;
