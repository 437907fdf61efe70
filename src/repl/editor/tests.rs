//! Tests of the editor's decisions, with a script in the place of the terminal.

use super::*;
use crate::repl::testing::{Step, accept, editor, engine, key, look, signal};
use reedline::ReedlineEvent;
use std::sync::Mutex;

/// Returns the line after these keys, the first of which is pressed on the typed text.
#[track_caller]
fn line_after(typed: &str, commands: &[&str]) -> String {
    let seen = Arc::default();
    let mut steps: Vec<Step> = Vec::new();
    for (number, command) in commands.iter().enumerate() {
        steps.push(key(if number == 0 { typed } else { "" }, command));
    }
    steps.push(look(&seen));
    assert!(matches!(editor(engine(), steps).0.read(), Ok(Read::End)));
    let text: &Mutex<String> = &seen;
    text.lock().unwrap().clone()
}

fn panics() -> Step {
    Box::new(|_| panic!("a fault made by a test"))
}

#[test]
fn enter_runs_what_is_whole_and_breaks_the_line_of_everything_else() {
    for (typed, input) in [
        ("1 + 1", Some("1 + 1")),
        ("", Some("")),
        ("if x:", None),
        ("if x:\n    y", None),
        // The empty line that ends a block is not part of it.
        ("if x:\n    y\n", Some("if x:\n    y")),
        ("if x:\n    y\n    ", Some("if x:\n    y")),
        ("print(", None),
        ("x = = 1", Some("x = = 1")),
        ("'''a", None),
        // Enter in the middle of several lines.
        ("a = 1‸\nb = 2", None),
        ("a = ‸1", Some("a = 1")),
        // A command, whatever its text.
        ("/run (", Some("/run (")),
        ("!echo '", Some("!echo '")),
        ("len?", Some("len?")),
        // Code that was copied with its prompt.
        (">>> 1 + ‸1", Some("1 + 1")),
        (">>> if x:\n...     y\n0\n>>> z", Some("if x:\n    y\nz")),
        ("    if x:\n        y", Some("if x:\n    y")),
        (">>> def f():", None),
        (">>> x\n1‸\n>>> y", None),
    ] {
        let (mut editor, _) = editor(engine(), [key(typed, "submit"), accept()]);
        match (editor.read().unwrap(), input) {
            (Read::Input(text), Some(input)) => assert_eq!(text, input, "{typed:?}"),
            (Read::Input(text), None) => assert_eq!(text.matches('\n').count(), typed.matches('\n').count() + 1),
            _ => panic!("{typed:?} is not an input"),
        }
    }
}

#[test]
fn code_that_is_only_guessed_is_shown_first_and_run_by_the_next_enter() {
    let (seen, typed) = (Arc::default(), "if ok:\n    backup()\n   delete()");
    let (mut editor, _) = editor(engine(), [key(typed, "submit"), look(&seen)]);
    assert!(matches!(editor.read(), Ok(Read::End)));
    assert_eq!(*seen.lock().unwrap(), "if ok:\n backup()\ndelete()\n‸");
    let note = editor.shared.state().note.clone().unwrap();
    assert_eq!(note.0, "if ok:\n backup()\ndelete()\n");
    assert!(note.1.contains("… indentation taken off; Enter runs this"), "{note:?}");
    let (mut editor, _) = self::editor(engine(), [key(typed, "submit"), key("", "submit"), accept()]);
    assert!(matches!(editor.read(), Ok(Read::Input(text)) if text == note.0.trim_end()));
}

/// Returns the outcome of reading with these events typed ahead, and the line where the terminal is read.
fn typed_ahead(events: Vec<ReedlineEvent>) -> (Editor, String) {
    let seen = Arc::default();
    let (mut editor, mut history) = editor(engine(), [look(&seen)]);
    history.save(HistoryItem::from_command_line("earlier")).unwrap();
    editor.shared.put_back(events);
    assert!(matches!(editor.read(), Ok(Read::End)));
    let text: &Mutex<String> = &seen;
    let text = text.lock().unwrap().clone();
    (editor, text)
}

fn insert(text: &str) -> ReedlineEvent {
    ReedlineEvent::Edit(vec![EditCommand::InsertString(text.into())])
}

#[test]
fn keys_behind_a_cut_do_what_they_do_alone() {
    let cut = || Action::KillLineLeft.host_command();
    let (_, line) = typed_ahead(vec![insert("ab"), cut(), ReedlineEvent::CtrlD]);
    assert_eq!(line, "", "Ctrl-D on an empty line leaves before the terminal is read");
    let to_start = ReedlineEvent::Edit(vec![EditCommand::MoveToStart { select: false }]);
    let (_, line) = typed_ahead(vec![insert("ab"), to_start, ReedlineEvent::CtrlD]);
    assert_eq!(line, "‸b");
    let up = ReedlineEvent::UntilFound(vec![ReedlineEvent::MenuUp, ReedlineEvent::Up]);
    for event in [up, Action::Complete.event(), ReedlineEvent::ClearScreen] {
        let (editor, line) = typed_ahead(vec![insert("ab"), cut(), event.clone(), insert("x")]);
        assert_eq!(line, "‸");
        // Reedline gets them in their order.
        let mut state = editor.shared.state();
        let ReedlineEvent::Multiple(events) = state.behind(ReedlineEvent::Resize(1, 1)) else { panic!("{event:?}") };
        assert_eq!(events, [ReedlineEvent::Resize(1, 1), event, insert("x")]);
    }
}

#[test]
fn a_key_that_leaves_a_search_without_result_keeps_the_line() {
    let search = || Action::HistorySearch.host_command();
    for (key, expected) in [
        (ReedlineEvent::Left, "dra‸ft"),
        (ReedlineEvent::CtrlD, "draf‸"),
        (ReedlineEvent::Edit(vec![EditCommand::MoveToStart { select: false }]), "‸draft"),
    ] {
        let left = ReedlineEvent::Left;
        let events = vec![insert("draft"), left.clone(), search(), insert("no such"), key.clone()];
        let (_, line) = typed_ahead(events);
        assert_eq!(line, expected, "{key:?}");
    }
}

#[test]
fn an_earlier_input_that_is_shown_with_the_cursor_in_its_first_line_runs() {
    const BLOCK: &str = "for i in x:‸\n    i";
    let (mut editor, mut history) = editor(engine(), [key(BLOCK, "submit"), accept()]);
    history.save(HistoryItem::from_command_line(BLOCK.replace('‸', ""))).unwrap();
    assert!(matches!(editor.read(), Ok(Read::Input(text)) if text == "for i in x:\n    i"));
}

#[test]
fn keys_of_lines_indent_by_levels() {
    for (typed, commands, expected) in [
        ("if x:", &["newline"][..], "if x:\n    ‸"),
        ("if x:", &["submit"], "if x:\n    ‸"),
        ("if x:\n    y", &["newline", "dedent"], "if x:\n    y\n‸"),
        ("if x:\n    y", &["dedent"], "if x:\n    y‸"),
        ("try:\n    x\n    except E:", &["submit"], "try:\n    x\nexcept E:\n    ‸"),
        ("    try:\n        x\n        finally:‸", &["newline"], "    try:\n        x\n    finally:\n        ‸"),
        ("é = [‸1]", &["newline"], "é = [\n    ‸1]"),
    ] {
        assert_eq!(line_after(typed, commands), expected, "{typed:?} {commands:?}");
    }
}

#[test]
fn the_key_of_the_editor_gives_away_the_line_as_it_is_and_leaves_it_empty() {
    let seen = Arc::default();
    let (mut editor, _) = editor(engine(), [key("if x:‸ pass", "edit"), look(&seen)]);
    assert!(matches!(editor.read(), Ok(Read::Edit(text)) if text == "if x: pass"));
    assert!(matches!(editor.read(), Ok(Read::End)));
    assert_eq!(*seen.lock().unwrap(), "‸");
}

#[test]
fn what_is_filled_in_is_the_next_line_in_place_of_what_was_there() {
    let seen = Arc::default();
    let (mut editor, _) = editor(engine(), [look(&seen)]);
    editor.prefill("before");
    editor.prefill("if x:\n    y");
    assert!(matches!(editor.read(), Ok(Read::End)));
    assert_eq!(*seen.lock().unwrap(), "if x:\n    y‸");
}

#[test]
fn ctrl_c_drops_the_line_and_ctrl_d_ends() {
    let seen = Arc::default();
    let typed = |line: &mut Reedline| {
        line.run_edit_commands(&[EditCommand::InsertString("typed".into())]);
        Ok(Signal::CtrlC)
    };
    let (mut editor, _) = editor(engine(), [Box::new(typed) as Step, look(&seen), signal(Signal::CtrlD)]);
    assert!(matches!(editor.read(), Ok(Read::Dropped)));
    assert!(matches!(editor.read(), Ok(Read::End)));
    assert_eq!(*seen.lock().unwrap(), "‸");
    assert!(matches!(editor.read(), Ok(Read::End)));
}

#[test]
fn a_terminal_that_cannot_be_read_is_an_error() {
    let gone = |_: &mut Reedline| Err(io::Error::other("gone"));
    let (mut editor, _) = editor(engine(), [Box::new(gone) as Step]);
    assert_eq!(editor.read().err().unwrap().to_string(), "gone");
}

#[test]
fn a_panic_is_followed_by_a_new_editor_with_the_history_and_what_was_typed() {
    let typed = |line: &mut Reedline| -> io::Result<Signal> {
        line.run_edit_commands(&[EditCommand::InsertString("half a line".into())]);
        panic!("a fault made by a test")
    };
    let seen = Arc::default();
    let steps = [Box::new(typed) as Step, panics(), key("1 + 1", "submit"), accept(), panics(), look(&seen)];
    let (mut editor, mut history) = editor(engine(), steps);
    history.save(HistoryItem::from_command_line("earlier")).unwrap();
    editor.set_prompts(("in: ".into(), "more: ".into()));
    assert!(matches!(editor.read(), Ok(Read::Failed(1))));
    assert!(matches!(editor.read(), Ok(Read::Failed(2))));
    assert_eq!((editor.prompt.primary.as_str(), editor.prompt.continuation.as_str()), ("in: ", "more: "));
    assert!(matches!(editor.read(), Ok(Read::Input(text)) if text == "1 + 1"));
    // An input that was read in between restarts the count.
    assert!(matches!(editor.read(), Ok(Read::Failed(1))));
    assert!(matches!(editor.read(), Ok(Read::End)));
    assert_eq!(*seen.lock().unwrap(), "‸");
    assert_eq!(history::newest(editor.history(), 10, None), ["earlier", "half a line"]);
}

#[test]
fn a_panic_while_a_line_is_accepted_leaves_the_next_one_to_be_edited() {
    let seen = Arc::default();
    let (mut editor, _) = editor(engine(), [key("1", "submit"), panics(), key("if x:", "newline"), look(&seen)]);
    assert!(matches!(editor.read(), Ok(Read::Failed(1))));
    assert!(matches!(editor.read(), Ok(Read::End)));
    assert_eq!(*seen.lock().unwrap(), "if x:\n    ‸");
}
