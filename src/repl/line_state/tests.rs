//! Tests of the queue of keys, with keys as the terminal reports them.

use super::*;
use crate::repl::vi::{ModeMenu, is_change};
use reedline::{Emacs, KeyCode, KeyModifiers, Keybindings, Menu, MenuEvent, Vi};

fn keys() -> Keybindings {
    let mut keys = reedline::default_emacs_keybindings();
    keys.add_binding(KeyModifiers::NONE, KeyCode::Enter, ReedlineEvent::ExecuteHostCommand("submit".into()));
    keys
}

fn press(mode: &mut Box<dyn EditMode>, code: KeyCode) -> ReedlineEvent {
    let event = crossterm::event::KeyEvent::new(code, KeyModifiers::NONE);
    mode.parse_event(ReedlineRawEvent::try_from(crossterm::event::Event::Key(event)).unwrap())
}

fn inserted(character: char) -> ReedlineEvent {
    ReedlineEvent::Edit(vec![EditCommand::InsertChar(character)])
}

#[test]
fn what_follows_a_key_that_leaves_waits() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Emacs::new(keys())));
    assert_eq!(press(&mut mode, KeyCode::Char('a')), inserted('a'));
    press(&mut mode, KeyCode::Enter);
    assert_eq!(press(&mut mode, KeyCode::Char('b')), ReedlineEvent::None);
    assert_eq!((shared.next(), shared.next()), (Some(inserted('b')), None));
    assert_eq!(press(&mut mode, KeyCode::Char('c')), inserted('c'));
}

#[test]
fn backspace_goes_back_one_level_of_what_was_painted_and_only_of_that() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Emacs::new(keys())));
    let mut backspaces = || match press(&mut mode, KeyCode::Backspace) {
        ReedlineEvent::Edit(commands) => commands.len(),
        other => panic!("{other:?}"),
    };
    for (line, cursor, expected) in [
        ("if x:\n    y", 10, [4, 1, 1]),
        ("if x:\n    y", 11, [1, 1, 1]),
        ("if x:\n    y", 5, [1, 1, 1]),
        ("if x:\n    if y:\n        ", 24, [4, 4, 1]),
    ] {
        shared.state().painted(Some(&line[..cursor]));
        assert_eq!([backspaces(), backspaces(), backspaces()], expected, "{line:?} at {cursor}");
    }
}

#[test]
fn backspace_takes_no_more_than_what_is_selected() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Emacs::new(keys())));
    let left = crossterm::event::KeyEvent::new(KeyCode::Left, KeyModifiers::SHIFT);
    mode.parse_event(ReedlineRawEvent::try_from(crossterm::event::Event::Key(left)).unwrap());
    shared.state().painted(Some("   "));
    assert_eq!(press(&mut mode, KeyCode::Backspace), ReedlineEvent::Edit(vec![EditCommand::Backspace]));
}

#[test]
fn what_follows_a_key_that_a_menu_took_comes_with_the_next() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Emacs::new(keys())));
    press(&mut mode, KeyCode::Enter);
    press(&mut mode, KeyCode::Char('a'));
    shared.state().painted(Some(""));
    assert_eq!(press(&mut mode, KeyCode::Char('b')), ReedlineEvent::Multiple(vec![inserted('a'), inserted('b')]));
}

#[test]
fn what_is_left_to_reedline_comes_with_the_next_key_or_resizing_up_to_a_key_that_leaves() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Emacs::new(keys())));
    let resize = || ReedlineRawEvent::try_from(crossterm::event::Event::Resize(80, 24)).unwrap();
    let queue = || {
        let submit = ReedlineEvent::ExecuteHostCommand("submit".into());
        shared.put_back(vec![inserted('a'), submit, inserted('b')]);
        shared.leave_to_reedline(ReedlineEvent::Up);
    };
    let closed = with_menu_closed(ReedlineEvent::ExecuteHostCommand("submit".into()));
    queue();
    assert_eq!(shared.next(), None);
    assert!(shared.state().painted(Some("")));
    let events = vec![ReedlineEvent::Resize(80, 24), ReedlineEvent::Up, inserted('a'), closed.clone()];
    assert_eq!(mode.parse_event(resize()), ReedlineEvent::Multiple(events));
    assert_eq!(mode.parse_event(resize()), ReedlineEvent::Resize(80, 24));
    assert_eq!((shared.next(), shared.next()), (Some(inserted('b')), None));
    queue();
    shared.state().painted(Some(""));
    let events = vec![ReedlineEvent::Up, inserted('a'), closed];
    assert_eq!(press(&mut mode, KeyCode::Char('c')), ReedlineEvent::Multiple(events));
    assert_eq!([shared.next(), shared.next()], [Some(inserted('b')), Some(inserted('c'))]);
    assert!(!shared.state().painted(Some("")));
}

#[test]
fn every_command_of_the_session_closes_an_open_menu_first() {
    let shared = LineState::default();
    let mut keys = Keybindings::empty();
    keys.add_binding(KeyModifiers::NONE, KeyCode::F(1), Action::KillLineLeft.host_command());
    let mut mode = shared.mode(Box::new(Emacs::new(keys)));
    let expected = vec![ReedlineEvent::Esc, Action::KillLineLeft.host_command()];
    assert_eq!(press(&mut mode, KeyCode::F(1)), ReedlineEvent::Multiple(expected));
}

#[test]
fn while_searching_all_keys_wait_but_those_that_need_no_search() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Emacs::new(keys())));
    shared.show_search(Some(Shown { label: String::new(), found: 0..0 }));
    let queued = ReedlineEvent::ExecuteHostCommand(QUEUED.into());
    assert_eq!([press(&mut mode, KeyCode::Char('a')), press(&mut mode, KeyCode::Up)], [queued, ReedlineEvent::None]);
    assert_eq!(shared.next(), Some(inserted('a')));
    shared.put_back(vec![inserted('b'), inserted('c')]);
    assert_eq!((shared.next(), shared.next()), (Some(inserted('b')), Some(inserted('c'))));
    assert!(shared.next().is_some_and(|event| walks(&event)));
    let cancel = crossterm::event::KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let cancel = ReedlineRawEvent::try_from(crossterm::event::Event::Key(cancel)).unwrap();
    assert_eq!(mode.parse_event(cancel), ReedlineEvent::CtrlC);
}

#[test]
fn the_mode_of_vi_changes_with_the_key_that_changes_it() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Vi::default()));
    let mut menu = ModeMenu::new(shared.clone());
    let (insert, normal) = (PromptEditMode::Vi(PromptViMode::Insert), PromptEditMode::Vi(PromptViMode::Normal));
    press(&mut mode, KeyCode::Char('a'));
    for key in [KeyCode::Esc, KeyCode::Char('i'), KeyCode::Esc] {
        let ReedlineEvent::Multiple(events) = press(&mut mode, key) else { panic!("a change of the mode") };
        assert!(is_change(&events[1]), "{events:?}");
    }
    for expected in [insert.clone(), normal.clone(), insert.clone(), normal] {
        assert_eq!(mode.edit_mode(), expected);
        menu.menu_event(MenuEvent::Activate(true));
    }
    shared.state().painted(Some(""));
    press(&mut mode, KeyCode::Char('i'));
    assert_eq!(mode.edit_mode(), insert, "a key alone is the line editor's");
}

#[test]
fn a_key_of_visual_mode_that_names_another_mode_leads_to_it() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Vi::default()));
    for (key, expected) in [
        (KeyCode::Esc, PromptViMode::Normal),
        (KeyCode::Char('v'), PromptViMode::Visual),
        (KeyCode::Delete, PromptViMode::Normal),
    ] {
        press(&mut mode, key);
        shared.state().painted(Some(""));
        assert_eq!(mode.edit_mode(), PromptEditMode::Vi(expected), "{key:?}");
    }
}

#[test]
fn a_walk_goes_by_what_was_painted_until_another_key_comes() {
    let shared = LineState::default();
    let mut mode = shared.mode(Box::new(Emacs::new(keys())));
    shared.state().painted(Some("imp"));
    press(&mut mode, KeyCode::Up);
    assert_eq!(shared.beginning(), "imp");
    press(&mut mode, KeyCode::Char('a'));
    assert_eq!(shared.beginning(), "");
}
