//! The integration tests. Those of a dist use the one that `scripts/dist/package-all.sh` made, or copies of it.

mod support;

#[cfg(target_os = "linux")]
mod broken;
#[cfg(target_os = "linux")]
mod certificates;
#[cfg(target_os = "linux")]
mod decoy;
mod embedding;
#[cfg(target_os = "linux")]
mod launcher;
mod scripts;
mod tidy;
