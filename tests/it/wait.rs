//! Waits for what another process does where no terminal shows it, and fails with the reason after a bounded time.

use std::fs;
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

/// Waits until a program that has shown how far it came is in the call that blocks it, or computes. Python looks at
/// signals between its instructions only: it sees one that comes just before a call blocks when the call has returned.
#[track_caller]
pub fn until_interruptible(process: libc::pid_t) {
    let first = Activity::of(process);
    let (mut before, mut same) = (None, 0);
    until("a program that sleeps or computes", || {
        let now = Activity::of(process);
        same = if before.as_ref() == Some(&now) { same + 1 } else { 0 };
        // The program may also sleep for a moment before that call, for example until it gets a lock.
        let rests = now.sleeps && same >= LOOKS;
        let computes = now.ticks >= first.ticks + TICKS;
        before = Some(now);
        rests || computes
    });
}

/// How often a program looks the same when it rests; there is a millisecond between two looks.
const LOOKS: u32 = 20;

/// What a program computes for in one go where it does not block: hundredths of a second.
const TICKS: u64 = 3;

/// What a process's main thread has done so far.
#[derive(PartialEq)]
struct Activity {
    sleeps: bool,
    ticks: u64,
    switches: String,
}

impl Activity {
    fn of(process: libc::pid_t) -> Self {
        let read = |file| fs::read_to_string(format!("/proc/{process}/task/{process}/{file}")).unwrap();
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
        let ticks = |field: usize| fields[field].parse::<u64>().unwrap();
        let switches = read("status").lines().filter(|line| line.contains("ctxt_switches")).collect();
        // The fields are counted from the state, the third of proc_pid_stat(5): `utime` and `stime` are the 14th and 15th.
        Activity { sleeps: fields[0] == "S", ticks: ticks(11) + ticks(12), switches }
    }
}
