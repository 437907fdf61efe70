//! Tests of the loop's decisions, with a script in the place of the user.

use super::*;
use crate::repl::testing::{self, Step, accept, key, signal};
use reedline::Signal;

/// Runs a session with these inputs, and returns it with its result. All tests share one namespace.
fn session(steps: impl IntoIterator<Item = Step>) -> (Session, PyResult<()>) {
    let mut session = testing::session(steps);
    let outcome = Python::attach(|py| session.inputs(py));
    (session, outcome)
}

fn input(text: &str) -> [Step; 2] {
    [key(text, "submit"), accept()]
}

fn panics() -> [Step; 1] {
    [Box::new(|_: &mut reedline::Reedline| panic!("a fault made by a test"))]
}

fn value(session: &Session, name: &str) -> i32 {
    Python::attach(|py| session.engine.namespace(py).unwrap().get_item(name).unwrap().extract().unwrap())
}

#[test]
fn a_panic_of_the_editor_costs_no_value() {
    let steps = input("kept_1 = 1").into_iter().chain(panics()).chain(input("kept_2 = kept_1 + 1"));
    let (session, outcome) = session(steps);
    outcome.unwrap();
    assert_eq!(value(&session, "kept_2"), 2);
}

#[test]
fn a_panic_of_the_editor_beside_the_loop_costs_nothing_either() {
    let steps = input("import asyncio; beside_1 = await asyncio.sleep(0, 1)").into_iter().chain(panics());
    let (session, outcome) = session(steps.chain(input("beside_2 = await asyncio.sleep(0, beside_1 + 1)")));
    outcome.unwrap();
    assert_eq!(value(&session, "beside_2"), 2);
    Python::attach(|py| session.engine.session(py, "close", ()).map(drop)).unwrap();
}

#[test]
fn a_panic_in_an_answer_is_survived() {
    let (mut session, _) = session([]);
    assert_eq!(session.survive(|_| panic!("a fault made by a test")).unwrap(), Next::Input);
    assert_eq!(session.survive(|_| Ok(Next::End)).unwrap(), Next::End);
}

#[test]
fn errors_of_inputs_and_dropped_lines_go_on_and_the_end_ends() {
    let mut steps: Vec<Step> = Vec::new();
    for text in
        ["1 / 0", "raise KeyboardInterrupt", "x = = 1", "raise BaseException", "/no-such-command", "  ", "gone_on = 1"]
    {
        steps.extend(input(text));
    }
    steps.insert(2, signal(Signal::CtrlC));
    steps.push(signal(Signal::CtrlD));
    steps.extend(input("gone_on = 2"));
    let (session, outcome) = session(steps);
    outcome.unwrap();
    assert_eq!(value(&session, "gone_on"), 1);
}

#[test]
fn what_leaves_the_session_leaves_it() {
    for (text, status) in [("raise SystemExit(3)", Some(3)), ("/quit 4", Some(4)), ("/quit", None), ("exit", None)] {
        let (session, outcome) = session(input(text).into_iter().chain(input("left = 'no'")));
        let code = outcome.err().map(|error| {
            Python::attach(|py| error.value(py).getattr("code").and_then(|code| code.extract::<i32>()).unwrap())
        });
        assert_eq!(code, status, "{text}");
        let missed = Python::attach(|py| session.engine.namespace(py).unwrap().contains("left").unwrap());
        assert!(!missed, "{text}");
    }
}

#[test]
fn a_terminal_that_cannot_be_read_ends_the_session_with_its_error() {
    let gone: Step = Box::new(|_| Err(io::Error::other("gone")));
    let (_, outcome) = session([gone]);
    assert!(outcome.unwrap_err().to_string().contains("gone"));
}

/// Gives an input the variables of `session.py` as `s`.
const INSIDE: &str = "import sys; s = sys._getframe(1).f_globals; ";

#[test]
fn an_error_of_python_while_reading_ends_nothing() {
    for (number, breaking) in [
        "s['prompts'] = lambda: 1 / 0",
        "s['prompts'] = lambda: ('\\ud800', '')",
        "s['has_background'] = lambda: 1 / 0",
        "s['has_background'] = lambda: None",
        "s['has_background'] = lambda: True; s['divert'] = lambda send: 1 / 0",
        "s['has_background'] = lambda: True; s['has_loop'] = s['has_tasks'] = lambda: 1 / 0",
        "s['has_background'] = lambda: True; s['restore'] = lambda: 1 / 0",
        "def fail(): raise KeyboardInterrupt\ns['has_background'] = fail\n",
    ]
    .into_iter()
    .enumerate()
    {
        let broken = if breaking.contains('\n') { breaking.to_owned() } else { format!("{INSIDE}{breaking}") };
        let name = format!("read_{number}");
        let steps = input(INSIDE).into_iter().chain(input(&broken)).chain(input(&format!("{name} = 1")));
        let (session, outcome) = session(steps);
        outcome.unwrap();
        assert_eq!(value(&session, &name), 1, "{breaking}");
    }
}

#[test]
fn prompts_that_no_terminal_can_show_are_replaced() {
    let (session, _) = session(input("import sys; sys.ps1, sys.ps2 = '\\ud800', 'two'"));
    let prompts = Python::attach(|py| session.engine.prompts(py).unwrap());
    Python::attach(|py| py.run(c"import sys; del sys.ps1, sys.ps2", None, None).unwrap());
    assert_eq!(prompts, (">>> ".to_owned(), "two".to_owned()));
}

#[test]
fn one_stream_that_fails_leaves_no_other_diverted() {
    let classes = "class Stream:\n    text = ''\n    def write(self, text):\n        self.text += text\n    \
                   def flush(self):\n        pass\nclass Broken(Stream):\n    def write(self, text):\n        1 / 0\n";
    let check = "streams = Broken(), Stream(); s['diverted'] += [s['Above'](each, lambda text: True) for each in streams]; \
                 [each.write('left') for each in streams]";
    let (session, _) = session([INSIDE, classes, check].iter().flat_map(|text| input(text)));
    Python::attach(|py| {
        let failure = session.engine.session(py, "restore", ()).unwrap_err();
        assert!(failure.is_instance_of::<pyo3::exceptions::PyZeroDivisionError>(py), "{failure}");
        let code = c"['write' in vars(each) for each in streams] + [streams[1].text]";
        let left = py.eval(code, Some(session.engine.namespace(py).unwrap().cast().unwrap()), None).unwrap();
        assert_eq!(left.to_string(), "[False, False, 'left']");
        session.engine.session(py, "restore", ()).unwrap();
    });
}

#[test]
fn an_interrupted_restoring_is_done_again() {
    let classes = "class Stream:\n    text = ''\n    def write(self, text):\n        self.text += text\n    \
                   def flush(self):\n        pass\nclass Interrupted(Stream):\n    def flush(self):\n        \
                   del Interrupted.flush\n        raise error\n";
    for (error, ends) in [("KeyboardInterrupt", false), ("SystemExit", true), ("ZeroDivisionError", false)] {
        let set = format!(
            "error = {error}; streams = Interrupted(), Stream(); \
             s['diverted'] += [s['Above'](each, lambda text: True) for each in streams]; [each.write('left') for each in streams]"
        );
        let (session, _) = session([INSIDE, classes, &set].iter().flat_map(|text| input(text)));
        Python::attach(|py| {
            assert_eq!(session.restore(py).is_err(), ends);
            let code = c"['write' in vars(each) for each in streams] + [each.text for each in streams]";
            let left = py.eval(code, Some(session.engine.namespace(py).unwrap().cast().unwrap()), None).unwrap();
            assert_eq!(left.to_string(), "[False, False, 'left', 'left']");
        });
    }
}
