//! Applications that are made here, outside the checkout, and go the whole way from nothing to a moved dist. They need
//! the managed Python, so this target has a feature of its own: `--features generated-crates`. An argument that is not an
//! option chooses cases by their names.

mod applications;
mod offline;
mod place;
mod sources;
mod walk;
mod workspace;

use place::Place;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Instant;

struct Case {
    name: &'static str,
    run: fn(&Place),
}

const CASES: [Case; 15] = [
    Case { name: "the_walk_of_the_document", run: walk::the_walk_of_the_document },
    Case { name: "pyo3_0_30", run: applications::pyo3_0_30 },
    Case { name: "try_on_an_untouched_one", run: applications::try_on_an_untouched_one },
    Case { name: "threads_that_attach", run: applications::threads_that_attach },
    Case { name: "a_binary_named_otherwise", run: applications::a_binary_named_otherwise },
    Case { name: "two_binaries", run: applications::two_binaries },
    Case { name: "include", run: applications::include },
    Case { name: "minimal", run: applications::minimal },
    Case { name: "a_project_and_a_requirement", run: applications::a_project_and_a_requirement },
    Case { name: "a_member_with_a_feature", run: workspace::a_member_with_a_feature },
    Case { name: "members_with_packages_of_their_own", run: workspace::members_with_packages_of_their_own },
    Case { name: "a_python_that_was_fetched_before", run: offline::a_python_that_was_fetched_before },
    Case { name: "pyo3_0_28", run: applications::pyo3_0_28 },
    Case { name: "pyo3_0_25", run: applications::pyo3_0_25 },
    Case { name: "pyo3_0_23", run: applications::pyo3_0_23 },
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
    let mut failed = false;
    // One after the other: they share cargo's target folder, and a machine of two cores is busy with one.
    for case in CASES.iter().filter(|case| is_wanted(case.name)) {
        let start = Instant::now();
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| (case.run)(&place)));
        let word = if result.is_ok() { "ok" } else { "FAILED" };
        println!("test {} ... {word} in {:.0} s", case.name, start.elapsed().as_secs_f64());
        failed |= result.is_err();
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
