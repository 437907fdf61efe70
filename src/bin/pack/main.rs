//! `cargo pack`: makes a dist out of a linked binary and an installed Python.
//! Arguments → work → exit status; what a dist is made of is decided in the modules. Never imports the application.

mod bytecode;
mod closure;
mod copy;
mod elf;
#[allow(dead_code)] // each of the crates that share these two uses its part of them
#[path = "../../layout.rs"]
mod layout;
mod metadata;
#[allow(dead_code)]
#[path = "../../problem.rs"]
mod problem;
mod stage;

use anyhow::Result;
use problem::Problem;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Makes a relocatable dist out of a linked binary and an installed Python.

Usage: cargo pack stage --binary FILE --python DIR --provenance FILE --out DIR

Options:
      --binary FILE      The release binary, as cargo linked it
      --python DIR       The installed Python, copied to python/runtime
      --provenance FILE  What the installer of that Python wrote of where it comes from (JSON)
      --out DIR          The dist; replaced only by a whole new one";

const FAILURE: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let is = |word: &str| arguments.iter().any(|argument| argument == word);
    if is("-h") || is("--help") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let order = match parse(&arguments) {
        Ok(order) => order,
        Err(problem) => {
            eprintln!("error: {problem}");
            return USAGE.into();
        }
    };
    match stage::stage(&order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            FAILURE.into()
        }
    }
}

fn parse(arguments: &[OsString]) -> Result<stage::Order, Problem> {
    let usage = |what: String, why: &str| Problem::new(what, why, "cargo pack --help");
    match arguments.first() {
        Some(command) if command == "stage" => {}
        Some(other) => return Err(usage(format!("unknown command {other:?}"), "the one command is `stage`")),
        None => return Err(usage("no command given".into(), "the one command is `stage`")),
    }
    let mut values = ["--binary", "--python", "--provenance", "--out"].map(|option| (option, None));
    for pair in arguments[1..].chunks(2) {
        let slot = values.iter_mut().find(|(option, _)| pair[0] == *option);
        let (_, slot) =
            slot.ok_or_else(|| usage(format!("unexpected argument {:?}", pair[0]), "there is no such option"))?;
        let value =
            pair.get(1).ok_or_else(|| usage(format!("{:?} has no value", pair[0]), "it names a file or folder"))?;
        *slot = Some(PathBuf::from(value));
    }
    let mut take = |index: usize| {
        let (option, value) = &mut values[index];
        value.take().ok_or_else(|| usage(format!("`{option}` is missing"), "every option is needed"))
    };
    Ok(stage::Order {
        binary: take(0)?,
        python: take(1)?,
        provenance: take(2)?,
        out: take(3)?,
        application: metadata::Application::of_cargo()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<stage::Order, Problem> {
        parse(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_whole_order_is_taken_in_any_order_of_options() {
        let order = parsed("stage --out d --python p --binary b --provenance j").unwrap();
        assert_eq!([order.binary, order.python, order.provenance, order.out], ["b", "p", "j", "d"].map(PathBuf::from));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for (line, named) in [
            ("", "no command"),
            ("stag", "\"stag\""),
            ("stage --binary b", "`--python` is missing"),
            ("stage --binary", "\"--binary\" has no value"),
            ("stage --force x", "\"--force\""),
        ] {
            let text = parsed(line).expect_err(line).to_string();
            assert!(text.contains(named), "{text}");
        }
    }
}
