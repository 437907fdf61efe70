//! Waits for what another process does where no terminal shows it, and fails with the reason after a bounded time.

use std::time::{Duration, Instant};

/// Far more than anything here needs, even on a busy machine: only a failure takes this long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Repeats the question until the answer is yes.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
