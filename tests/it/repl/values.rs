//! Big values are cut where the session shows them. A `repr` of the user's that fails or never ends stays the user's.

use super::Session;
use crate::terminal::{Home, keys};

#[test]
fn big_values_are_cut_with_a_hint_and_shown_whole_on_demand() {
    let mut session = Session::start();
    for input in ["list(range(100_000))", "{n: n for n in range(100_000)}", "set(range(100_000))", "'x' * 10**6"] {
        let shown = session.tail(input);
        assert!(shown.starts_with("… ") && shown.ends_with("; /show prints all of it"), "{input}: {shown}");
    }
    for (input, cut) in [
        ("list(range(9000))", "500 of 9,000 items of a list"),
        ("{1: list(range(9000))}", "499 of 9,000 items of a list inside"),
        ("[list(range(400)), list(range(400)), 3]", "2 of 3 items of a list"),
    ] {
        assert_eq!(session.tail(input), format!("… {cut}; /show prints all of it"), "{input}");
    }
    session.tell("class Wide: __repr__ = lambda self: 'wide ' * 10**6");
    assert!(session.tail("Wide()").ends_with("of 5,000,000 characters; /show prints all of it"));
    assert_eq!(session.tail("print('y' * 70_000 + '\\nend')"), "end");
    session.tell("/clear");
    session.tell("list(range(3000))");
    session.tell("/show");
    session.wait_for_text("2998, 2999]");
}

#[test]
fn the_display_of_the_session_is_what_resetting_the_hook_restores() {
    let mut session = Session::start();
    session.converse(&[
        ("import sys; sys.displayhook = lambda value: print('mine')", &[]),
        ("1", &["mine"]),
        ("sys.displayhook = sys.__displayhook__", &[]),
    ]);
    assert!(session.tail("list(range(9000))").ends_with("/show prints all of it"));
    // Output that is collected is not cut.
    session.tell("import contextlib, io; out = io.StringIO()");
    session.tell(
        "with contextlib.redirect_stdout(out): sys.displayhook(list(range(9000)))
",
    );
    session.converse(&[("out.getvalue()[-8:]", &["', 8999]\\n'"])]);
}

impl Session {
    /// Returns the last row of an input's answer, which may be longer than the screen.
    #[track_caller]
    fn tail(&mut self, input: &str) -> String {
        self.tell(input);
        let row = usize::from(self.cursor().0);
        self.rows()[row - 1].clone()
    }
}

#[test]
fn a_repr_that_fails_is_shown_as_cpython_shows_it() {
    let mut session = Session::start_in(Home::new(), |command| {
        command.env("NO_COLOR", "1");
    });
    session.tell("class R: __repr__ = lambda self: [][0]");
    session.tell("'before'");
    for input in ["R()", "[R()]", "{1: (R(),)}"] {
        assert_eq!(session.tail(input), "IndexError: list index out of range");
    }
    session.tell("'before'");
    session.tell("10 ** 5000");
    session.wait_for_text("ValueError: Exceeds the limit (4300 digits) for integer string conversion");
    session.converse(&[("a = [1]; a.append(a); a", &["[1, [...]]"]), ("d = {}; d[0] = d; d", &["{0: {...}}"])]);
}

#[test]
fn a_repr_that_takes_for_ever_is_interrupted() {
    let mut session = Session::start();
    session.tell("class R:\n    def __repr__(self):\n        print('begun')\n        while True: pass\n");
    for input in ["R()", "[R()]", "/show R()", "/inspect R()"] {
        session.tell("/clear");
        session.enter(input);
        session.wait_for_line("begun");
        session.send(keys::CTRL_C);
        session.wait_for_line("KeyboardInterrupt");
        session.wait_for_prompt(">>> ");
    }
    session.converse(&[("1", &["1"])]);
}
