//! Tests of the offered candidates, and of the life of the worker's thread.

use super::*;
use crate::repl::signature::WithSignatures;
use crate::repl::testing::engine;

fn names(suggestions: &Suggestions) -> Vec<&str> {
    suggestions.iter().map(|suggestion| suggestion.value.as_str()).collect()
}

#[test]
fn what_is_known_at_once_needs_no_python() {
    for (line, expected) in [
        ("", Some(&[INDENT][..])),
        ("if x:\n  ", Some(&[INDENT])),
        ("/hi", Some(&["/history"])),
        ("/show", Some(&["/show", "/show_source"])),
        ("/nothing", Some(&[])),
        ("/help in", Some(&["include", "inspect"])),
        ("  /hi", Some(&["/history"])),
        ("  !ls ", Some(&[])),
        ("!ls ", Some(&[])),
        ("/pip inst", Some(&[])),
        ("/quit 1", Some(&[])),
        ("x.y", None),
        ("/time x", None),
        ("/run x", None),
        ("name?", None),
    ] {
        let found = known(line, line.len());
        assert_eq!(found.as_ref().map(names).as_deref(), expected, "{line:?}");
    }
    let offered = known("/help in", 8).unwrap();
    assert_eq!((offered[0].span.start, offered[0].span.end), (6, 8));
    assert_eq!(known("/hi", 3).unwrap()[0].span.start, 0);
    assert_eq!(known("  /hi", 5).unwrap()[0].span.start, 2);
}

#[test]
fn python_is_asked_by_characters_and_answers_in_bytes() {
    let engine = engine();
    for (line, position, span, value) in [
        ("éé = 'é'; impor", 18, 13, "import"),
        ("/time 'é'; impor", 17, 12, "import"),
        ("print('ü', le", 14, 12, "len"),
        (" ?impor", 7, 2, "import"),
        ("??le", 4, 2, "len"),
    ] {
        assert_eq!(line.len(), position);
        let found = answer(&engine, &(line.to_owned(), position));
        let first = found.iter().find(|found| found.value.starts_with(value)).unwrap_or_else(|| panic!("{found:?}"));
        assert_eq!((first.span.start, first.span.end), (span, position), "{line:?}");
    }
    // The cursor is within the name of a command.
    assert!(answer(&engine, &("/time x".to_owned(), 2)).is_empty());
}

fn one(_: &Engine, (line, position): &Question) -> Suggestions {
    suggestions([(format!("{line}!"), String::new())], 0, *position)
}

/// Asks until an answer comes, as reedline does.
fn answered(completer: &mut SessionCompleter, line: &str) -> Vec<String> {
    loop {
        match completer.complete(line, line.len()) {
            CompletionResult::Pending => {
                while completer.poll_completion() == CompletionStatus::Pending {
                    std::thread::yield_now();
                }
            }
            CompletionResult::Fresh { suggestions, .. } => {
                return suggestions.iter().map(|each| each.value.clone()).collect();
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_worker_that_rests_has_no_thread_and_the_next_question_starts_another() {
    let mut completer = SessionCompleter::answering(engine(), one);
    for line in ["a", "b", "b"] {
        assert_eq!(answered(&mut completer, line), [format!("{line}!")]);
        assert!(completer.state().worker.is_some());
        completer.state().rest(Duration::from_secs(600));
        assert!(completer.state().worker.is_none() && completer.state().left.is_empty());
    }
}

#[test]
fn an_answer_from_before_an_input_is_not_given_after_it() {
    static ANSWERS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    fn counted(_: &Engine, (_, position): &Question) -> Suggestions {
        let count = ANSWERS.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        suggestions([(count.to_string(), String::new())], 0, *position)
    }
    let mut completer = SessionCompleter::answering(engine(), counted);
    assert_eq!((answered(&mut completer, "a"), answered(&mut completer, "a")), (vec!["0".into()], vec!["0".into()]));
    completer.rest();
    assert_eq!(answered(&mut completer, "a"), ["1"]);
}

#[test]
fn a_panic_in_an_answer_is_an_empty_answer_and_the_worker_goes_on() {
    fn some(engine: &Engine, question: &Question) -> Suggestions {
        if question.0 == "bad" { panic!("a fault made by a test") } else { one(engine, question) }
    }
    let mut completer = SessionCompleter::answering(engine(), some);
    assert_eq!(answered(&mut completer, "bad"), [""; 0]);
    assert_eq!(answered(&mut completer, "good"), ["good!"]);
}

#[test]
fn a_worker_that_is_stuck_is_left_and_joined_in_the_end() {
    static GATE: Mutex<()> = Mutex::new(());
    fn stuck(engine: &Engine, question: &Question) -> Suggestions {
        let _gate = GATE.lock();
        one(engine, question)
    }
    let mut completer = SessionCompleter::answering(engine(), stuck);
    let closed = GATE.lock().unwrap();
    assert!(matches!(completer.complete("a", 1), CompletionResult::Pending));
    completer.state().rest(Duration::ZERO);
    assert_eq!(completer.state().left.len(), 1);
    // The thread that is left does not prevent questions: the next worker is another thread, waiting at the same gate.
    assert!(matches!(completer.complete("b", 1), CompletionResult::Pending));
    drop(closed);
    assert_eq!(answered(&mut completer, "b"), ["b!"]);
}

#[test]
fn a_signature_that_nobody_asks_for_any_more_is_collected_all_the_same() {
    static GATE: Mutex<()> = Mutex::new(());
    fn late(engine: &Engine, question: &Question) -> Suggestions {
        drop(GATE.lock().unwrap());
        one(engine, question)
    }
    let gate = GATE.lock().unwrap();
    let signatures = SessionCompleter::answering(engine(), late);
    let mut both =
        WithSignatures { completer: SessionCompleter::answering(engine(), one), signatures: signatures.clone() };
    assert_eq!(answered(&mut both.completer, "x"), ["x!"]);
    assert_eq!(signatures.only("f("), None);
    assert!(signatures.is_waiting());
    assert_eq!(both.poll_completion(), CompletionStatus::Pending);
    drop(gate);
    while both.poll_completion() == CompletionStatus::Pending {
        std::thread::yield_now();
    }
    assert!(!signatures.is_waiting());
    assert_eq!(signatures.only("f("), Some("f(!".to_owned()));
}

#[test]
fn a_text_that_its_only_candidate_made_is_known() {
    let mut completer = SessionCompleter::new(engine());
    answered(&mut completer, "x = impor");
    for (line, expected) in [("x = import", false), ("x = impor", false)] {
        assert_eq!(completer.has_completed(line), expected, "{line}");
    }
    answered(&mut completer, "é = sorte");
    for (line, expected) in [("é = sorted", true), ("é = sorte", false), ("é = sorted(", false), ("sorted", false)] {
        assert_eq!(completer.has_completed(line), expected, "{line}");
    }
    completer.rest();
    assert!(!completer.has_completed("é = sorted"));
}

#[test]
fn the_signature_of_a_call_is_found_where_it_is_opened() {
    let signatures = SessionCompleter::of_signatures(engine());
    let found = |text: &str| loop {
        let found = signatures.only(text);
        if !signatures.is_waiting() {
            return found;
        }
    };
    assert_eq!(found("é = sorted("), Some("sorted(iterable, /, *, key=None, reverse=False)".into()));
    for text in ["sorted", "('sorted(", "nothing(", "# sorted(", "sorted(1", "sorted(key=(", "sorted(not("] {
        assert_eq!(found(text), None, "{text}");
    }
}
