//! The command line: arguments → what is asked for. Carries nothing out.

use crate::problem::Problem;
use std::ffi::OsString;

pub const HELP: &str = concat!(
    env!("CARGO_PKG_DESCRIPTION"),
    "

Usage: ",
    env!("CARGO_PKG_NAME"),
    " [OPTIONS]

Without options: the interactive session on a terminal, else the program on standard input.

Options:
      --smoke-python  Check the Python that this program carries: starts it, imports every extension module,
                      starts children, and looks at every mapped object; exits 1 with the findings
      --verify        Check that every installed file is as it was packed; exits 1 and names what differs
          --json      With --smoke-python or --verify: the whole report as JSON
  -V, --version       Print the versions of this program and its Python
  -h, --help          Print this help"
);

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Session,
    Smoke { json: bool },
    Verify { json: bool },
    Version,
    Help,
}

pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Problem> {
    let arguments: Vec<String> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        [] => Ok(Command::Session),
        ["--smoke-python"] => Ok(Command::Smoke { json: false }),
        ["--smoke-python", "--json"] | ["--json", "--smoke-python"] => Ok(Command::Smoke { json: true }),
        ["--verify"] => Ok(Command::Verify { json: false }),
        ["--verify", "--json"] | ["--json", "--verify"] => Ok(Command::Verify { json: true }),
        ["-V" | "--version"] => Ok(Command::Version),
        ["-h" | "--help"] => Ok(Command::Help),
        _ => Err(refuse(&words)),
    }
}

fn refuse(words: &[&str]) -> Problem {
    let known = ["--smoke-python", "--verify", "--json", "-V", "--version", "-h", "--help"];
    let (what, why) = match words.iter().find(|word| !known.contains(word)) {
        Some(word) => (format!("unexpected argument `{word}`"), "there is no such option"),
        None => (format!("`{}` do not go together", words.join(" ")), "each option is for itself"),
    };
    Problem::new(what, why, concat!(env!("CARGO_PKG_NAME"), " --help"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Problem> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn each_command_is_recognized() {
        assert_eq!(parsed(""), Ok(Command::Session));
        assert_eq!(parsed("--smoke-python"), Ok(Command::Smoke { json: false }));
        assert_eq!(parsed("--json --smoke-python"), Ok(Command::Smoke { json: true }));
        assert_eq!(parsed("--verify --json"), Ok(Command::Verify { json: true }));
        assert_eq!(parsed("-V"), Ok(Command::Version));
        assert_eq!(parsed("--help"), Ok(Command::Help));
    }

    #[test]
    fn what_is_unknown_or_does_not_fit_is_named() {
        for (line, named) in [("--smoke-pyton", "--smoke-pyton"), ("--json", "--json"), ("-V -h", "-V -h"), ("x", "x")]
        {
            let text = parsed(line).unwrap_err().to_string();
            assert!(text.contains(&format!("`{named}`")), "{text}");
        }
    }
}
