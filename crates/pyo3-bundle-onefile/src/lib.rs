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
use std::io;
pub use system::{Status, Words};

/// Becomes the program. Returns a status only if that failed, or on a system where the program is a child.
pub fn start(words: &Words) -> Status {
    match run(words) {
        Ok(status) => status,
        Err(problem) => {
            eprintln!("error: {problem}");
            1
        }
    }
}

fn run(words: &Words) -> Result<Status, Problem> {
    let carrier = Carrier::open()?;
    let places = places::all(&carrier.trailer.application, |name| std::env::var_os(name));
    let caches: Vec<_> = places.into_iter().map(|place| Cache::new(place, &carrier.trailer)).collect();
    let mut reasons = Vec::new();
    let mut usable = Vec::new();
    for cache in &caches {
        match cache.find() {
            Ok(None) => usable.push(cache),
            Ok(Some(_)) => match become_program(cache, words) {
                Ok(status) => return Ok(status),
                // It was removed meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !cache.program().is_file() => {
                    usable.push(cache);
                }
                Err(error) => reasons.push(refused(cache, &error)),
            },
            Err(why) => reasons.push(why),
        }
    }
    for cache in usable {
        match cache.make(&carrier) {
            Ok(()) => match become_program(cache, words) {
                Ok(status) => return Ok(status),
                Err(error) => reasons.push(refused(cache, &error)),
            },
            Err(Failure::Place(why)) => reasons.push(why),
            Err(Failure::Payload(problem)) => return Err(problem),
        }
    }
    Err(nowhere(&carrier, &reasons))
}

fn become_program(cache: &Cache, words: &Words) -> io::Result<Status> {
    if std::env::var_os(CLEAN_VARIABLE).is_some_and(|value| !value.is_empty()) {
        cache.clean();
    }
    system::become_program(&cache.program(), words)
}

/// Says why a whole program does not start. The system names the program when it means the program's loader.
fn refused(cache: &Cache, error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::NotFound if !cache.program().is_file() => "it is not in the archive".to_owned(),
        io::ErrorKind::NotFound => "its loader is not there: it needs a system with glibc".to_owned(),
        io::ErrorKind::PermissionDenied => "the system does not let programs run from there (noexec?)".to_owned(),
        _ => error.to_string(),
    };
    format!("`{}`: {why}", shown(&cache.program()))
}

fn nowhere(carrier: &Carrier, reasons: &[String]) -> Problem {
    let what = format!("`{}` has no place to unpack its program to and start it", shown(&carrier.path));
    if reasons.is_empty() {
        return Problem::without_hint(what, "wanted a variable that names one, such as HOME");
    }
    let hint = format!("{CACHE_VARIABLE}=\"$PWD\" {}", word(&carrier.path));
    Problem::new(what, reasons.join("\n  "), hint)
}
