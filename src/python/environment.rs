//! Keeps what the launcher set for us from reaching the programs we start. Sets nothing, least of all a loader variable.

/// A `python3` of another version, started by the user's code, would look for its standard library in our home.
const OURS: [&str; 2] = ["PYTHONHOME", "PYTHONNOUSERSITE"];

/// Removes them from this process, and so from its children. To be called first in `main`.
pub fn scrub() {
    for name in OURS {
        // SAFETY: the process has one thread this early, so nothing reads the environment meanwhile.
        unsafe { std::env::remove_var(name) };
    }
}
