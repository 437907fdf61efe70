//! Removes variables from the environment that would lead this Python elsewhere or confuse its children. Sets no
//! variable, least of all one of the loader's.

use crate::system::remove_variable;

/// The variables, each with the reason for its removal. CPython starts as with `-E`, which ignores its documented
/// variables; these are the variables that the launcher sets, and those that CPython obeys all the same.
const SCRUBBED: [(&str, &str); 8] = [
    (
        "PYTHONHOME",
        "set by the launcher: a child `python3` of another version would look for its standard library in this home",
    ),
    ("PYTHONNOUSERSITE", "set by the launcher: a child would not find the packages its user installed"),
    ("PYTHONEXECUTABLE", "getpath takes `sys.executable` from it"),
    ("__PYVENV_LAUNCHER__", "getpath takes `sys.executable` from it"),
    ("_PYTHON_SYSCONFIGDATA_NAME", "sysconfig imports the module it names"),
    ("_PYTHON_SYSCONFIGDATA_PATH", "sysconfig runs a file from the folder it names"),
    ("_PYTHON_PROJECT_BASE", "sysconfig takes this Python for a build tree in that folder"),
    ("_PYTHON_HOST_PLATFORM", "sysconfig answers for another platform, and pip installs for that one"),
];

/// Removes the variables from this process, and so from its children.
///
/// # Safety
///
/// No other thread may use the environment during the call: call it first in `main`.
pub unsafe fn scrub() {
    for (name, _) in SCRUBBED {
        // SAFETY: the caller guarantees that no other thread uses the environment.
        unsafe { remove_variable(name) };
    }
}
