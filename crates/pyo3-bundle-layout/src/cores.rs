//! Does the same to many items on every core. std-only.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The standard library's default. Without it, a thread would get the size in `RUST_MIN_STACK`.
pub const STACK: usize = 2 << 20;

/// Calls `work` for each item and returns the results in the order of the items. Each thread has a state of its own, for
/// example a buffer. A system that allows no more threads only makes it slower.
pub fn each<T, S, R>(items: &[T], state: impl Fn() -> S + Sync, work: impl Fn(&mut S, &T) -> R + Sync) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    let next = AtomicUsize::new(0);
    let run = || {
        let (mut state, mut done) = (state(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(&mut state, item)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let mut all = thread::scope(|scope| {
        let start = |_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).ok();
        let others: Vec<_> = (1..threads).filter_map(start).collect();
        let mut all = run();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.sort_unstable_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_item_has_one_result_in_its_place() {
        let items: Vec<usize> = (0..100).collect();
        let slow_at_first = |(): &mut (), item: &usize| {
            thread::sleep(Duration::from_micros(if *item < 2 { 5000 } else { 10 }));
            item * 2
        };
        assert_eq!(each(&items, || (), slow_at_first), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!(each(&[], || (), slow_at_first).is_empty());
    }

    #[test]
    fn a_state_is_made_once_for_each_thread() {
        let made = AtomicUsize::new(0);
        let count = |seen: &mut usize, (): &()| {
            *seen += 1;
            *seen
        };
        let state = || {
            made.fetch_add(1, Ordering::Relaxed);
            0
        };
        let seen = each(&[(); 1000], state, count);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        assert!(made.load(Ordering::Relaxed) <= threads && seen.contains(&(1000 / threads)), "{seen:?}");
    }
}
