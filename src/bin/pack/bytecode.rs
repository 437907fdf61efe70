//! Has the staged Python compile its own standard library, so that nothing is compiled or written at run time.
//! What is compiled and how stands in `bytecode.py`.

use crate::layout;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

pub fn compile(dist: &Path, series: &str) -> Result<()> {
    let runtime = layout::runtime(dist).canonicalize()?;
    let interpreter = layout::interpreter(&runtime);
    let output = Command::new(&interpreter)
        .args(["-I", "-B", "-c", include_str!("bytecode.py")])
        .arg(layout::stdlib(&runtime, series))
        .env_clear()
        .output()
        .with_context(|| format!("cannot run `{}`", interpreter.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the standard library does not compile: {}", said.trim());
    Ok(())
}
