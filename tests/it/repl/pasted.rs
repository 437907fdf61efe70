//! Text copied from documents and other prompts: the code in it runs, and a line says what was taken off.

use super::Session;
use crate::terminal::Home;
use crate::terminal::keys::{ENTER, UP};

/// Pastes a text, presses Enter, and waits for the rows that the screen then ends with.
#[track_caller]
fn check(session: &mut Session, pasted: &str, view: &[&str]) {
    session.tell("/clear");
    let last = pasted.trim_end().lines().next_back().unwrap().trim();
    session.paste(pasted);
    session.wait_for_text(last);
    session.send(ENTER);
    session.wait_for_view(view);
}

#[test]
fn a_transcript_runs_without_its_prompts_and_output() {
    let mut session = Session::start();
    check(
        &mut session,
        ">>> def f(n):\n...     return n + 1\n...\n>>> f(1)\n2\n>>> f(40)\n41\n",
        &[
            ">>> def f(n):",
            "...     return n + 1",
            "...",
            "... f(1)",
            "... f(40)",
            "… prompts taken off, 2 lines of output left out",
            "41",
            ">>> ‸",
        ],
    );
    check(
        &mut session,
        "In [7]: for x in 'ab':\n   ...:     print(x)\n   ...: \na\nb\n\nIn [8]: f(2)\nOut[8]: 3\n",
        &[
            ">>> for x in 'ab':",
            "...     print(x)",
            "...",
            "... f(2)",
            "… prompts taken off, 3 lines of output left out",
            "a",
            "b",
            "3",
            ">>> ‸",
        ],
    );
    // The history has the text that ran.
    session.send(UP);
    session.wait_for_view(&[">>> for x in 'ab':‸", "...     print(x)", "...", "... f(2)"]);
}

#[test]
fn a_block_that_ends_a_transcript_is_over() {
    let mut session = Session::start();
    check(
        &mut session,
        ">>> for n in 1, 2:\n...     print(n)",
        &[">>> for n in 1, 2:", "...     print(n)", "… prompts taken off", "1", "2", ">>> ‸"],
    );
    check(&mut session, ">>> def g():", &[">>> def g():", "...     ‸"]);
}

#[test]
fn commands_and_questions_are_found_behind_a_prompt() {
    let mut session = Session::start();
    check(
        &mut session,
        "In [1]: f()?",
        &[
            ">>> f()?",
            "… prompts taken off",
            "error: `f()` is not a name",
            "  `?` takes `name` or `name.attribute`, so that asking runs no code; `/inspect`",
            "evaluates an expression",
            "hint: /inspect f()",
            ">>> ‸",
        ],
    );
    check(&mut session, ">>> !echo 'sh''ell'", &[">>> !echo 'sh''ell'", "… prompts taken off", "shell", ">>> ‸"]);
}

#[test]
fn indentation_and_special_spaces_are_taken_off() {
    let mut session = Session::start();
    check(
        &mut session,
        "    if True:\n        x = 'in' + 'dented'\n    x\n",
        &[">>> if True:", "...     x = 'in' + 'dented'", "... x", "… indentation taken off", "'indented'", ">>> ‸"],
    );
    check(&mut session, " 1 + 1", &[">>> 1 + 1", "… indentation taken off", "2", ">>> ‸"]);
    check(
        &mut session,
        "x\u{a0}=\u{a0}'a\u{a0}b'; len(x), x[1] == '\\xa0'",
        &[">>> x = 'a\u{a0}b'; len(x), x[1] == '\\xa0'", "… special spaces replaced", "(3, True)", ">>> ‸"],
    );
}

#[test]
fn code_whose_lines_were_moved_against_each_other_is_shown_before_it_runs() {
    for settings in ["", "hints = false\n"] {
        let mut session = Session::start_configured(settings);
        let note = "  … indentation taken off; Enter runs this";
        check(
            &mut session,
            "x = 'gues'\n    x += 'sed'\n    x",
            &[">>> x = 'gues'", "... x += 'sed'", "... x", &format!("... ‸{note}")],
        );
        session.send(ENTER);
        session.wait_for_result("'guessed'");
        assert!(!session.screen_text().contains(note), "{}", session.screen_text());
    }
}

#[test]
fn what_is_python_is_run_as_it_was_pasted() {
    let mut session = Session::start();
    check(
        &mut session,
        "'''\n>>> f()\n1\n'''.count('>')",
        &[">>> '''", "... >>> f()", "... 1", "... '''.count('>')", "3", ">>> ‸"],
    );
    // With a user's `In` the text is a valid annotation.
    session.tell("In = {}");
    check(&mut session, "In [3]: int", &[">>> In [3]: int", ">>> ‸"]);
}

#[test]
fn typographic_characters_are_named_and_offered_in_ascii() {
    let mut session = Session::start_in(Home::new(), |command| {
        command.env("NO_COLOR", "1");
    });
    check(
        &mut session,
        "print(“hello”)",
        &[
            ">>> print(“hello”)",
            "  File \"<input 1>\", line 1",
            "    print(“hello”)",
            "          ^",
            "SyntaxError: invalid character '“' (U+201C)",
            "note: `“` (U+201C) is typographic; Python's character is `\"`",
            "hint: print(\"hello\")",
            ">>> ‸",
        ],
    );
}
