//! Windows has no signals of threads: a console's event comes in a thread of its own.

/// Does nothing.
pub struct Blocked(());

impl Blocked {
    pub fn all() -> Self {
        Blocked(())
    }
}

/// Does nothing: Python does not fork.
pub mod kernel {
    pub type Number = ();

    pub fn number() -> Number {}

    pub fn wait_until_gone((): Number) {}
}
