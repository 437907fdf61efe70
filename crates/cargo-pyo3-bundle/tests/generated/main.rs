//! Applications that are made here, outside the checkout, and go the whole way from nothing to a moved dist. They need
//! the managed Python, so this target has a feature of its own: `--features generated-crates`. An argument that is not an
//! option chooses cases by their names.

mod applications;
mod place;

use place::Place;
use std::process::ExitCode;
use std::time::Instant;

struct Case {
    name: &'static str,
    run: fn(&Place),
}

const CASES: [Case; 2] = [
    Case { name: "pyo3_0_30", run: applications::pyo3_0_30 },
    Case { name: "try_on_an_untouched_one", run: applications::try_on_an_untouched_one },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|word| name.contains(word.as_str()));
    let place = match Place::new() {
        Ok(place) => place,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::FAILURE;
        }
    };
    // One after the other: they share cargo's target folder, and a machine of two cores is busy with one.
    for case in CASES.iter().filter(|case| is_wanted(case.name)) {
        let start = Instant::now();
        (case.run)(&place); // a panic ends this program, and cargo reports it
        println!("test {} ... ok in {:.0} s", case.name, start.elapsed().as_secs_f64());
    }
    ExitCode::SUCCESS
}
