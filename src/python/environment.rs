//! Takes variables out of the environment that would rename this Python or reach its children. Sets nothing, least of all a
//! loader variable.

/// The variables, each with the reason why it goes. CPython starts as with `-E`, which ignores its documented variables;
/// these are what the launcher sets, and what CPython obeys all the same.
const SCRUBBED: [(&str, &str); 8] = [
    (
        "PYTHONHOME",
        "set by the launcher: a `python3` of another version would look for its standard library in our home",
    ),
    ("PYTHONNOUSERSITE", "set by the launcher: a child would not find the packages its user installed"),
    ("PYTHONEXECUTABLE", "getpath takes `sys.executable` from it"),
    ("__PYVENV_LAUNCHER__", "getpath takes `sys.executable` from it"),
    ("_PYTHON_SYSCONFIGDATA_NAME", "sysconfig imports the module it names"),
    ("_PYTHON_SYSCONFIGDATA_PATH", "sysconfig runs a file from the folder it names"),
    ("_PYTHON_PROJECT_BASE", "sysconfig takes this Python for a build tree that stands there"),
    ("_PYTHON_HOST_PLATFORM", "sysconfig answers for another platform, and pip installs for that one"),
];

/// Removes them from this process, and so from its children.
///
/// # Safety
///
/// No other thread may use the environment meanwhile: call it first in `main`.
pub unsafe fn scrub() {
    for (name, _) in SCRUBBED {
        // SAFETY: the caller answers for it.
        unsafe { std::env::remove_var(name) };
    }
}
