//! An error in the three parts every message of this project has: what, why and the command that fixes it.
//! std-only, shared by build.rs, the program and the packager.

use std::fmt;

#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    what: String,
    why: String,
    hint: String,
}

impl Problem {
    pub fn new(what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Problem { what: what.into(), why: why.into(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}\nhint: {}", self.what, self.why, self.hint)
    }
}

impl std::error::Error for Problem {}
