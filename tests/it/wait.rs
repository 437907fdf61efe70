//! Waiting for what another process does, where no terminal tells of it: bounded, and with the reason when it is in vain.

use std::time::{Duration, Instant};

/// Far more than anything here needs on a busy machine: only a failure takes this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks until the answer is yes.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
