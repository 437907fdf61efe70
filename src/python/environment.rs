//! Keeps what the launcher set for us from reaching the programs we start, and what others set from renaming us. Sets
//! nothing, least of all a loader variable.

/// A `python3` of another version, started by the user's code, would look for its standard library in our home.
const OURS: [&str; 2] = ["PYTHONHOME", "PYTHONNOUSERSITE"];

/// CPython takes its `sys.executable` from these even when it is to ignore the environment.
const OVERRULING: [&str; 2] = ["PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__"];

/// Removes them from this process, and so from its children. To be called first in `main`.
pub fn scrub() {
    for name in OURS.into_iter().chain(OVERRULING) {
        // SAFETY: the process has one thread this early, so nothing reads the environment meanwhile.
        unsafe { std::env::remove_var(name) };
    }
}
