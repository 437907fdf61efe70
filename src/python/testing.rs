//! The one CPython of the unit tests, which starts once in a process.

use pyo3::Python;
use pyo3_bundle::{Home, Interpreter};
use std::sync::OnceLock;
use std::sync::mpsc::channel;

/// Starts it, in a thread of its own that lives as long as the tests do, unless a test has started it before.
pub fn start() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let (started, wait) = channel();
        std::thread::spawn(move || {
            let _interpreter = Interpreter::start(&Home::locate().unwrap()).unwrap();
            Python::attach(|py| {
                // Tests raise on purpose, and their harness does not see what Python prints.
                py.run(c"import sys; sys.excepthook = lambda *_: None", None, None).unwrap();
                started.send(()).unwrap();
                py.detach(|| {
                    loop {
                        std::thread::park();
                    }
                })
            })
        });
        wait.recv().unwrap();
    });
}
