//! Habits from other prompts (IPython's magics, the shell, a debugger, SQL, vi), and the input that does the same here.
//! Only texts that failed are looked up, so valid Python is never taken for a habit.

use super::commands;

/// How an input failed that may be a habit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure<'a> {
    /// The input itself is not Python.
    Syntax,
    /// This name is missing.
    Name(&'a str),
}

#[derive(Debug, PartialEq, Eq)]
pub enum Advice {
    /// An input that does the same.
    Input(String),
    /// Words, where no input does the same.
    Words(&'static str),
}

struct Habit {
    words: &'static str,
    here: Here,
}

enum Here {
    /// The input for the bare word, and the input for a word with more text behind it. In the second `{}` stands for
    /// that text, `{0}` for its first word, `{:?}` for the text in quotes, and `{word}` for the habit's word.
    Inputs(&'static str, &'static str),
    Words(&'static str),
}

/// All habits. A word before the `|` also counts where it is a missing name; a word behind it is then more likely a
/// forgotten variable.
#[rustfmt::skip]
const ALL: [Habit; 30] = [
    habit("? lsmagic quickref | h commands magic menu", "/help", "/help"),
    habit("bye exit logout q q() quit | q! wq", "/quit", "/quit {}"),
    habit("clear cls", "/clear", "/clear"),
    habit("who who_ls whos | globals locals names vars", "dir()", "dir()"),
    habit("prun timeit | time", "/help time", "/time {}"),
    habit("| run", "/help run", "/run {}"),
    habit("ipython python python3", "/help run", "/run {}"),
    habit("loadpy | load open", "/help include", "/include {}"),
    habit("| edit ed", "/edit", "/edit"),
    habit("hist history | rep", "/history", "/history"),
    habit("logstart | save", "/help save", "/save {0}"),
    habit("| p pp print", "/show", "/show {}"),
    habit("pdef pdoc pinfo | doc info", "/help inspect", "/inspect {}"),
    habit("pfile pinfo2 psource | source src", "/help show_source", "/show_source {}"),
    habit("pdb | debug pm post_mortem", "import pdb; pdb.pm()", "import pdb; pdb.pm()"),
    habit("tb xmode | error traceback", "/last_error", "/last_error"),
    habit("conda mamba pip pip3", "/help pip", "/pip {}"),
    habit("| install", "/help pip", "/pip install {}"),
    habit("| uninstall", "/help pip", "/pip uninstall {}"),
    habit("cd chdir", "import os; os.chdir(os.path.expanduser(\"~\"))", "import os; os.chdir(os.path.expanduser({:?}))"),
    habit("printenv set_env | env export", "import os; os.environ", "import os; os.environ"),
    habit("bash sh zsh", "!{word}", "!{}"),
    habit("! | cmd sc shell sx system", "!sh", "!{}"),
    habit("la ldir ll", "!ls -la", "!ls -la {}"),
    habit("cat grep htop ls mkdir nano ps pwd rm rmdir ssh sudo uname vim wget whoami | cp curl date df du echo find git \
           head kill less make man more mv sed tail tar top touch tree vi wc which", "!{word}", "!{word} {}"),
    habit("matplotlib pylab", "import matplotlib.pyplot as plt; plt.ion()", "import matplotlib.pyplot as plt; plt.ion()"),
    words("| gui", "windows stay responsive while a line is edited; no command is needed"),
    words("cpaste | paste", "paste the text at the prompt: prompts and indentation in front of it are taken off"),
    words("| reset", "names stay until the session ends; leave with `exit` and start again"),
    words("aimport autoreload load_ext reload_ext", "reload modules one by one: `import importlib; importlib.reload(module)`"),
];

const fn habit(words: &'static str, bare: &'static str, with_more: &'static str) -> Habit {
    Habit { words, here: Here::Inputs(bare, with_more) }
}

const fn words(words: &'static str, here: &'static str) -> Habit {
    Habit { words, here: Here::Words(here) }
}

/// Returns what does here what the word does elsewhere.
pub fn find(word: &str, rest: &str) -> Option<Advice> {
    let habit = ALL.iter().find(|habit| habit.words().any(|known| known == word))?;
    let template = match habit.here {
        Here::Words(words) => return Some(Advice::Words(words)),
        Here::Inputs(bare, _) if rest.is_empty() => bare,
        Here::Inputs(_, with_more) => with_more,
    };
    let first = rest.split_whitespace().next().unwrap_or_default();
    let quoted = format!("{:?}", rest.trim_matches(['\'', '"']));
    // The typed text is filled in last, because it may contain braces.
    let input = template.replace("{word}", word).replace("{0}", first).replace("{:?}", &quoted).replace("{}", rest);
    Some(Advice::Input(input))
}

/// Returns advice for an unknown command: what does the same here, or the command or habit with the nearest spelling.
pub fn of_command(name: &str, rest: &str) -> Option<Advice> {
    const MOST_CHANGES: usize = 2;
    find(name, rest).or_else(|| {
        let known = commands::NAMES.iter().copied().chain(ALL.iter().flat_map(Habit::words));
        let distance = |known: &str| strsim::damerau_levenshtein(known, name);
        let (changes, near) = known.map(|known| (distance(known), known)).min_by_key(|(changes, _)| *changes)?;
        let alike = changes <= MOST_CHANGES && 2 * changes <= name.chars().count();
        let here = || match commands::NAMES.contains(&near) {
            true => Some(Advice::Input(format!("/{near} {rest}").trim_end().to_owned())),
            false => find(near, rest),
        };
        if alike { here() } else { None }
    })
}

/// Returns advice for an input that failed.
pub fn of_input(source: &str, failure: Failure<'_>) -> Option<Advice> {
    let source = source.trim();
    let is_magic = |line: &&str| {
        line.trim_start()
            .strip_prefix('%')
            .is_some_and(|rest| rest.trim_start_matches('%').starts_with(char::is_alphabetic))
    };
    let magic = source.lines().find(is_magic);
    match (magic, failure) {
        (Some(line), Failure::Syntax) => Some(of_magic(source, line.trim())),
        _ if source.contains('\n') => None,
        _ => of_line(source, failure),
    }
}

fn of_magic(source: &str, line: &str) -> Advice {
    let (word, rest) = split(line.trim_start_matches('%'));
    // A magic for a whole cell has its code in the lines below; only a single line of code fits into a hint.
    let cell = line.starts_with("%%").then(|| source.split_once('\n')).flatten().map_or("", |(_, cell)| cell.trim());
    let rest = match (rest, cell) {
        ("", cell) if !cell.contains('\n') => cell,
        (_, "") => rest,
        _ => "",
    };
    find(word, rest).unwrap_or_else(|| Advice::Input("/help".to_owned()))
}

fn of_line(line: &str, failure: Failure<'_>) -> Option<Advice> {
    let (word, rest) = split(line);
    let bare = word.strip_prefix([':', '\\', '.']);
    match failure {
        Failure::Syntax if let Some(word) = bare => find(word, rest),
        Failure::Name(missing)
            if word.trim_end_matches("()") != missing || !ALL.iter().any(|habit| habit.has(word)) =>
        {
            None
        }
        _ if is_argument(rest) => find(word, rest),
        _ => None,
    }
}

/// Whether the text looks like the arguments of a shell command. Python that failed for another reason mostly does not.
fn is_argument(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(|first: char| first.is_alphanumeric() || "_-./~\"'$*".contains(first))
}

fn split(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (word, rest.trim())
}

impl Habit {
    fn words(&self) -> impl Iterator<Item = &'static str> {
        self.words.split_whitespace().filter(|word| *word != "|")
    }

    /// Whether the word also counts where it is a missing name.
    fn has(&self, word: &str) -> bool {
        self.words.split('|').next().is_some_and(|plain| plain.split_whitespace().any(|known| known == word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(text: &str) -> Option<Advice> {
        Some(Advice::Input(text.to_owned()))
    }

    #[test]
    fn a_word_stands_in_one_row_and_what_it_leads_to_is_there() {
        let words: Vec<_> = ALL.iter().flat_map(Habit::words).collect();
        for (at, word) in words.iter().enumerate() {
            assert!(!words[..at].contains(word), "{word} is in two rows");
            for rest in ["", "more"] {
                if let Some(Advice::Input(input)) = find(word, rest) {
                    assert!(!input.contains(['{', '}']), "{input}");
                    let mut parts = input.strip_prefix('/').unwrap_or_default().split(' ');
                    let name = parts.next().unwrap();
                    assert!(name.is_empty() || commands::NAMES.contains(&name), "{word}: {input}");
                    let topic = parts.next().filter(|_| name == "help");
                    assert!(topic.is_none_or(|topic| commands::NAMES.contains(&topic)), "{word}: {input}");
                }
            }
        }
    }

    #[test]
    fn a_change_of_folder_is_an_input_of_python() {
        for (folder, expected) in [("", "~"), ("/tmp", "/tmp"), ("'a b'", "a b"), ("~/x", "~/x")] {
            assert_eq!(find("cd", folder), input(&format!("import os; os.chdir(os.path.expanduser({expected:?}))")));
        }
    }

    #[test]
    fn an_unknown_command_leads_to_what_it_is_called_here() {
        for (name, rest, expected) in [
            ("who", "", input("dir()")),
            ("exit", "", input("/quit")),
            ("exit", "3", input("/quit 3")),
            ("exi", "", input("/quit")),
            ("q", "", input("/quit")),
            ("ls", "-l", input("!ls -l")),
            ("tiem", "1", input("/time 1")),
            ("hlep", "", input("/help")),
            ("hsitory", "", input("/history")),
            ("timit", "f()", input("/time f()")),
            ("install", "rich", input("/pip install rich")),
            ("nothing-like-it", "", None),
            ("", "", None),
        ] {
            assert_eq!(of_command(name, rest), expected, "/{name} {rest}");
        }
        assert!(matches!(of_command("reset", ""), Some(Advice::Words(_))));
    }

    #[test]
    fn a_magic_leads_to_what_it_is_called_here() {
        for (source, expected) in [
            ("%timeit f(2)", "/time f(2)"),
            ("%time", "/help time"),
            ("%run a.py x", "/run a.py x"),
            ("%who", "dir()"),
            ("%whos", "dir()"),
            ("%cd /tmp", "import os; os.chdir(os.path.expanduser(\"/tmp\"))"),
            ("%ls", "!ls"),
            ("%pwd", "!pwd"),
            ("%pip install rich", "/pip install rich"),
            ("%history -n 5", "/history"),
            ("%edit f.py", "/edit"),
            ("%debug", "import pdb; pdb.pm()"),
            ("%load a.py", "/include a.py"),
            ("%save a.py 1-5", "/save a.py"),
            ("%matplotlib inline\nimport numpy", "import matplotlib.pyplot as plt; plt.ion()"),
            ("import numpy\n%matplotlib inline", "import matplotlib.pyplot as plt; plt.ion()"),
            ("%env", "import os; os.environ"),
            ("%%time\nf()", "/time f()"),
            ("%%timeit\nf()\ng()", "/help time"),
            ("%%bash\nls -l", "!ls -l"),
            ("%%bash\nls\npwd", "!bash"),
            ("%nothing", "/help"),
        ] {
            assert_eq!(of_input(source, Failure::Syntax), input(expected), "{source}");
        }
        for source in ["%paste", "%reset -f", "%autoreload 2", "%load_ext autoreload", "%gui tk"] {
            assert!(matches!(of_input(source, Failure::Syntax), Some(Advice::Words(_))), "{source}");
        }
    }

    #[test]
    fn words_of_other_prompts_lead_to_what_they_are_called_here() {
        for (source, failure, expected) in [
            ("ls", Failure::Name("ls"), input("!ls")),
            ("ls -l", Failure::Name("ls"), input("!ls -l")),
            ("cd ..", Failure::Syntax, input("import os; os.chdir(os.path.expanduser(\"..\"))")),
            ("cat a.py", Failure::Syntax, input("!cat a.py")),
            ("pwd", Failure::Name("pwd"), input("!pwd")),
            ("pip install rich", Failure::Syntax, input("/pip install rich")),
            ("python a.py", Failure::Syntax, input("/run a.py")),
            ("q", Failure::Name("q"), input("/quit")),
            ("q()", Failure::Name("q"), input("/quit")),
            (":q", Failure::Syntax, input("/quit")),
            (":q!", Failure::Syntax, input("/quit")),
            ("\\q", Failure::Syntax, input("/quit")),
            ("\\?", Failure::Syntax, input("/help")),
            (".exit", Failure::Syntax, input("/quit")),
            ("exit 3", Failure::Syntax, input("/quit 3")),
            ("?", Failure::Syntax, input("/help")),
            ("time f()", Failure::Syntax, input("/time f()")),
            // These are Python that failed for its own reasons.
            ("cat = ls", Failure::Name("ls"), None),
            ("ls(x)", Failure::Name("x"), None),
            ("find = = 3", Failure::Syntax, None),
            ("unknown", Failure::Name("unknown"), None),
            ("p", Failure::Name("p"), None),
            ("run", Failure::Name("run"), None),
            ("ls\nls", Failure::Name("ls"), None),
            ("a %b", Failure::Name("b"), None),
            ("x = (5\n% 2))", Failure::Syntax, None),
        ] {
            assert_eq!(of_input(source, failure), expected, "{source}");
        }
    }
}
