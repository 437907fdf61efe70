//! Whether the dist that this program belongs to is as it was packed. Does not start Python, which may be the damaged
//! part.

use crate::home::Home;
use anyhow::{Result, bail};
use pyo3_bundle_layout::finding::Finding;
use pyo3_bundle_layout::integrity;
use pyo3_bundle_layout::layout;
use pyo3_bundle_layout::problem::Problem;
use pyo3_bundle_layout::shown::shown;

/// Compares the dist with its records. Returns everything that differs, so nothing for an undamaged dist.
pub fn verify() -> Result<Vec<Finding>> {
    let home = Home::locate()?;
    if !home.is_dist() {
        bail!(Problem::without_hint(
            format!("`{}` is not a dist", shown(home.root())),
            format!("wanted the files `{}` and `{}` in it, found neither", layout::SUMS, layout::METADATA),
        ));
    }
    integrity::compare(home.root())
}
