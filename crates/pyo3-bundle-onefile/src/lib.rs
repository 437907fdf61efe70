//! Starts the program of a one-file program. It looks for its unpacked folder in the user's cache, unpacks it there if it
//! is missing, and becomes the program. Orders the steps; each is a module of its own.

mod cache;
mod carrier;
mod places;
mod system;
mod unpack;

use cache::{Cache, Failure};
use carrier::Carrier;
use pyo3_bundle_layout::onefile::{CACHE_VARIABLE, CLEAN_VARIABLE};
use pyo3_bundle_layout::problem::Problem;
use pyo3_bundle_layout::shown::{shown, word};
use std::io::{self, ErrorKind, Write};
pub use system::{Status, Words};

/// Becomes the program. Returns a status only if that failed.
pub fn start(words: &Words) -> Status {
    let problem = run(words);
    // Nothing is left to do where nobody can be told.
    let _ = writeln!(io::stderr(), "error: {problem}");
    1
}

/// Returns only what keeps the program from starting.
fn run(words: &Words) -> Problem {
    let carrier = match Carrier::open() {
        Ok(carrier) => carrier,
        Err(problem) => return problem,
    };
    let places = places::all(&carrier.trailer.application, |name| std::env::var_os(name));
    let caches: Vec<_> = places.into_iter().map(|place| Cache::new(place, &carrier.trailer)).collect();
    let (mut usable, mut reasons) = (Vec::new(), Vec::new());
    for cache in &caches {
        match cache.is_whole() {
            Ok(false) => usable.push(cache),
            Ok(true) => match become_program(cache, words) {
                Stopped::Removed => usable.push(cache),
                Stopped::Place(why) => reasons.push(why),
                Stopped::Program(problem) => return problem,
            },
            Err(why) => reasons.push(why),
        }
    }
    for cache in usable {
        match cache.make(&carrier) {
            Ok(()) => match become_program(cache, words) {
                Stopped::Removed => reasons.push(format!("`{}` is not there", shown(&cache.program))),
                Stopped::Place(why) => reasons.push(why),
                Stopped::Program(problem) => return problem,
            },
            Err(Failure::Place(why)) => reasons.push(why),
            Err(Failure::Payload(problem)) => return problem,
        }
    }
    let what = format!("`{}` has no place to unpack its program to and start it", shown(&carrier.path));
    if reasons.is_empty() {
        return Problem::without_hint(what, "wanted a variable that names one, such as HOME");
    }
    Problem::new(what, reasons.join("\n  "), format!("{CACHE_VARIABLE}=\"$PWD\" {}", word(&carrier.path)))
}

/// Why a whole program did not start: another place may do, or none can.
enum Stopped {
    Removed,
    Place(String),
    Program(Problem),
}

fn become_program(cache: &Cache, words: &Words) -> Stopped {
    if std::env::var_os(CLEAN_VARIABLE).is_some_and(|value| !value.is_empty()) {
        cache.clean();
    }
    let error = system::become_program(&cache.program, words);
    let program = format!("`{}`", shown(&cache.program));
    match error.kind() {
        ErrorKind::NotFound if !cache.program.is_file() => Stopped::Removed,
        ErrorKind::PermissionDenied => Stopped::Place(format!("{program}: no program may run there (noexec?)")),
        kind => {
            // The system names the program when it means the program's loader.
            let is_loader = kind == ErrorKind::NotFound;
            let why = if is_loader {
                "its loader is not there: it needs a system with glibc".into()
            } else {
                error.to_string()
            };
            Stopped::Program(Problem::without_hint(format!("{program} cannot be started"), why))
        }
    }
}
