//! An error in the three parts every message of this project has: what, why and, where there is one, the command that
//! fixes it.
//! std-only, shared by build.rs, the program and the packager.

use std::fmt;

#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    what: String,
    why: String,
    hint: Option<String>,
}

impl Problem {
    pub fn new(what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Problem { what: what.into(), why: why.into(), hint: Some(hint.into()) }
    }

    /// Where no command that can be pasted as it stands mends it.
    pub fn without_hint(what: impl Into<String>, why: impl Into<String>) -> Self {
        Problem { what: what.into(), why: why.into(), hint: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}", self.what, self.why)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Problem {}
