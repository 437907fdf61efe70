//! Parses the command line into a command and carries nothing out.
//! CPython's own options are only told apart from this program's; CPython parses them itself.

use crate::problem::Problem;
use crate::shown::visible;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

pub const HELP: &str = concat!(
    env!("CARGO_PKG_DESCRIPTION"),
    "

Usage: ",
    env!("CARGO_PKG_NAME"),
    " [OPTIONS] [-c CODE | -m MODULE | FILE | -] [ARGUMENTS]

Without a program, start the interactive session on a terminal, else run the program on standard input.

Program:
  FILE, -             Run the program in a file (or a folder or zip file with a __main__.py), or on standard input
  -c CODE             Run CODE as a program
  -m MODULE           Run a module as a program
  -i                  Start the interactive session when the program has ended

Options:
      --config FILE   Read the configuration of the session from FILE
      --print-config  Print the configuration in force, and where each value comes from
      --smoke-python  Check the Python that this program carries: start it, import every extension module, start
                      child processes and look at every mapped object; exit with 1 if there are findings
      --verify        Check that every installed file is as it was packed; exit with 1 if a file differs
          --json      With --smoke-python or --verify: print the whole report as JSON
  -V, --version       Print the versions of this program and its Python
  -h, --help          Print this help

Options of Python, as python3 has them:
  -b -B -d -E -I -O -OO -P -q -R -s -S -u -v -x, -W ARG, -X OPT, --check-hash-based-pycs MODE
  Python's environment variables are ignored, as with python3 -E."
);

#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    Python(Invocation),
    PrintConfig { config: Option<PathBuf> },
    Smoke { json: bool },
    Verify { json: bool },
    Version,
    Help,
}

/// What CPython should run, and what of it this program needs to know.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The arguments for CPython, without the program's name and without this program's own options.
    pub arguments: Vec<OsString>,
    /// Whether a terminal gets the interactive session: no program was named, or `-i` was given.
    pub session: bool,
    /// Whether a program to run was named.
    pub program: bool,
    /// Whether the packages that the user installed can be imported: not with `-I`, `-s` or `-S`.
    pub user_packages: bool,
    pub quiet: bool,
    pub config: Option<PathBuf>,
}

/// This program's own options, as far as they have been seen.
#[derive(Default)]
struct Own {
    smoke: bool,
    verify: bool,
    json: bool,
    print_config: bool,
    config: Option<PathBuf>,
}

enum Target {
    /// `-c`, `-m`, a file or `-`. The arguments that follow belong to the program.
    Named,
    None,
}

pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Command, Problem> {
    let mut words = arguments;
    let mut own = Own::default();
    let mut python = Invocation { user_packages: true, ..Invocation::default() };
    let mut interactive = false;
    let mut target = Target::None;
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("-h" | "--help") => return Ok(Command::Help),
            Some("-V" | "-VV" | "--version") => return Ok(Command::Version),
            Some("--smoke-python") => own.smoke = true,
            Some("--verify") => own.verify = true,
            Some("--json") => own.json = true,
            Some("--print-config") => own.print_config = true,
            Some("--config") => own.config = Some(value_of("--config", words.next())?.into()),
            Some(text) if text.starts_with("--config=") => own.config = Some(text["--config=".len()..].into()),
            Some("--check-hash-based-pycs") => {
                let value = value_of("--check-hash-based-pycs", words.next())?;
                python.arguments.extend([word, value]);
            }
            Some("--") => {
                python.arguments.push(word);
                target = words.next().map_or(Target::None, |file| {
                    python.arguments.push(file);
                    Target::Named
                });
                break;
            }
            _ if word.as_encoded_bytes().starts_with(b"--") => return Err(unknown(&word)),
            _ if word.as_encoded_bytes().starts_with(b"-") && word.len() > 1 => {
                let (ends, value) = cluster(&word, &mut python, &mut interactive)?;
                python.arguments.push(word);
                if let Some(option) = value {
                    python.arguments.push(value_of(option, words.next())?);
                }
                if ends {
                    target = Target::Named;
                    break;
                }
            }
            _ => {
                python.arguments.push(word);
                target = Target::Named;
                break;
            }
        }
    }
    python.arguments.extend(words);
    python.program = matches!(target, Target::Named);
    python.session = interactive || !python.program;
    own.command(python)
}

impl Own {
    fn command(self, python: Invocation) -> Result<Command, Problem> {
        let alone = python.arguments.is_empty() && self.config.is_none();
        match (self.smoke, self.verify, self.print_config, self.json) {
            (true, false, false, json) if alone => Ok(Command::Smoke { json }),
            (false, true, false, json) if alone => Ok(Command::Verify { json }),
            (false, false, true, false) if python.arguments.is_empty() => {
                Ok(Command::PrintConfig { config: self.config })
            }
            (false, false, false, false) => Ok(Command::Python(Invocation { config: self.config, ..python })),
            (false, false, false, true) => Err(Problem::new(
                "`--json` has no report to print",
                "wanted `--smoke-python` or `--verify` with it",
                concat!(env!("CARGO_PKG_NAME"), " --verify --json"),
            )),
            _ => Err(Problem::new(
                "these options cannot be combined",
                "`--smoke-python`, `--verify` and `--print-config` each stand alone, without a program",
                HELP_COMMAND,
            )),
        }
    }
}

/// Reads a cluster such as `-uBc`. Returns whether it names the program, and the option whose value is the next
/// argument.
fn cluster(
    word: &OsStr,
    python: &mut Invocation,
    interactive: &mut bool,
) -> Result<(bool, Option<&'static str>), Problem> {
    let letters = &word.as_encoded_bytes()[1..];
    for (at, letter) in letters.iter().enumerate() {
        let last = at + 1 == letters.len();
        match letter {
            b'c' => return Ok((true, last.then_some("-c"))),
            b'm' => return Ok((true, last.then_some("-m"))),
            b'W' => return Ok((false, last.then_some("-W"))),
            b'X' => return Ok((false, last.then_some("-X"))),
            b'i' => *interactive = true,
            b'q' => python.quiet = true,
            b'I' | b's' | b'S' => python.user_packages = false,
            b'b' | b'B' | b'd' | b'E' | b'O' | b'P' | b'R' | b'u' | b'v' | b'x' => {}
            _ => return Err(unknown(word)),
        }
    }
    Ok((false, None))
}

const HELP_COMMAND: &str = concat!(env!("CARGO_PKG_NAME"), " --help");

fn value_of(option: &str, value: Option<OsString>) -> Result<OsString, Problem> {
    value.ok_or_else(|| Problem::new(format!("`{option}` has no value"), "wanted a value after it", HELP_COMMAND))
}

fn unknown(word: &OsStr) -> Problem {
    Problem::new(
        format!("unexpected argument `{}`", visible(&word.to_string_lossy())),
        "there is no such option",
        HELP_COMMAND,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, Problem> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn python(line: &str) -> Invocation {
        match parsed(line) {
            Ok(Command::Python(invocation)) => invocation,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn each_command_is_recognized() {
        assert!(python("").session);
        assert_eq!(parsed("--smoke-python"), Ok(Command::Smoke { json: false }));
        assert_eq!(parsed("--json --smoke-python"), Ok(Command::Smoke { json: true }));
        assert_eq!(parsed("--verify --json"), Ok(Command::Verify { json: true }));
        assert_eq!(parsed("--print-config"), Ok(Command::PrintConfig { config: None }));
        assert_eq!(parsed("--config=x --print-config"), Ok(Command::PrintConfig { config: Some("x".into()) }));
        assert_eq!(parsed("-V"), Ok(Command::Version));
        assert_eq!(parsed("--help"), Ok(Command::Help));
    }

    #[test]
    fn what_is_unknown_or_does_not_fit_is_named() {
        for (line, named) in [
            ("--smoke-pyton", "--smoke-pyton"),
            ("-uz", "-uz"),
            ("--json", "--json"),
            ("-c", "-c"),
            ("-X", "-X"),
            ("--config", "--config"),
            ("--verify --smoke-python", "--verify"),
            ("--verify file.py", "--verify"),
            ("--print-config -c pass", "--print-config"),
        ] {
            let text = parsed(line).unwrap_err().to_string();
            assert!(text.contains(&format!("`{named}`")), "{line}: {text}");
        }
        assert!(parsed("--\x1b[2K").unwrap_err().to_string().starts_with("unexpected argument `--\\u{1b}[2K`\n"));
    }

    #[test]
    fn what_follows_the_program_is_the_programs() {
        for line in
            ["x.py --verify -i -h", "-c code --help", "-m mod -V", "- --json", "-- file --verify", "-Wx -um m -i"]
        {
            let invocation = python(line);
            assert_eq!(invocation.arguments.join(OsStr::new(" ")), OsString::from(line));
            assert!(!invocation.session && invocation.program, "{line}");
        }
    }

    #[test]
    fn the_session_comes_without_a_program_or_with_i() {
        for line in ["", "-q", "-i", "-i x.py", "-ic pass", "-X dev", "-X i", "--config f"] {
            assert!(python(line).session, "{line}");
            assert_eq!(python(line).program, line.contains("x.py") || line.contains("pass"), "{line}");
        }
        assert!(!python("-W i x.py").session);
        assert!(python("-q").quiet);
    }

    #[test]
    fn isolation_hides_the_users_packages() {
        assert!(python("-u x").user_packages);
        for line in ["-I x", "-s x", "-uS x"] {
            assert!(!python(line).user_packages, "{line}");
        }
    }
}
