//! The managed Python: the one that a workspace builds with and packs.

mod places;

pub use places::Places;
