//! Turns actions into events of the line editor, and all bindings into its edit modes. An action that the line editor
//! cannot do by itself is a host command with the action's name, which `editor` carries out.

use super::{Action, Binding, standard};
use crate::repl::config::EditMode;
use crate::repl::stretch::{WORD_LEFT, WORD_RIGHT};
use reedline::{
    EditCommand, Emacs, KeyCode, KeyModifiers, Keybindings, ReedlineEvent, Vi, default_vi_insert_keybindings,
    default_vi_normal_keybindings, default_vi_visual_keybindings,
};

/// Actions that are bound in vi's normal mode although the line editor leaves their chords unbound there.
const EVERYWHERE: [Action; 8] = [
    Action::Submit,
    Action::Newline,
    Action::Complete,
    Action::Dedent,
    Action::HistorySearchForward,
    Action::Undo,
    Action::Edit,
    Action::Suspend,
];

pub fn edit_mode(mode: EditMode, configured: &[Binding]) -> Box<dyn reedline::EditMode> {
    match mode {
        EditMode::Emacs => Box::new(Emacs::new(emacs(configured))),
        EditMode::Vi => {
            Box::new(Vi::new(vi_insert(configured), vi_normal(configured), default_vi_visual_keybindings()))
        }
    }
}

fn emacs(configured: &[Binding]) -> Keybindings {
    bound(Keybindings::empty(), standard(), configured)
}

/// Returns the bindings of vi's insert mode, without Alt and a letter: terminals send these as Escape and the letter.
fn vi_insert(configured: &[Binding]) -> Keybindings {
    let is_escape = |modifiers, code| {
        modifiers == KeyModifiers::ALT && matches!(code, KeyCode::Char(character) if character.is_alphabetic())
    };
    let added = standard().filter(|(modifiers, code, _)| !is_escape(*modifiers, *code));
    bound(default_vi_insert_keybindings(), added, configured)
}

/// Returns the bindings of vi's normal mode. A chord that the line editor binds there has its meaning of Emacs mode,
/// except for keys that delete: in normal mode Backspace moves.
fn vi_normal(configured: &[Binding]) -> Keybindings {
    let bindings = default_vi_normal_keybindings();
    let deletes = |action| matches!(action, Action::DeleteCharLeft | Action::DeleteChar);
    let taken: Vec<Binding> = standard()
        .filter(|&(modifiers, code, action)| {
            let is_bound = bindings.find_binding(modifiers, code).is_some();
            EVERYWHERE.contains(&action) || is_bound && !deletes(action)
        })
        .collect();
    bound(bindings, taken.into_iter(), configured)
}

fn bound(mut bindings: Keybindings, added: impl Iterator<Item = Binding>, configured: &[Binding]) -> Keybindings {
    for (modifiers, code, action) in added.chain(configured.iter().copied()) {
        bindings.add_binding(modifiers, code, action.event());
    }
    bindings
}

impl Action {
    pub fn event(self) -> ReedlineEvent {
        use EditCommand::*;
        let first = ReedlineEvent::UntilFound;
        let edit = |command| ReedlineEvent::Edit(vec![command]);
        match self {
            // An open menu handles these keys first.
            Action::Submit => first(vec![ReedlineEvent::MenuAccept, self.host_command()]),
            Action::Dedent => first(vec![ReedlineEvent::MenuPrevious, self.host_command()]),
            Action::Complete => {
                first(vec![ReedlineEvent::Menu(crate::repl::editor::MENU.into()), ReedlineEvent::MenuNext])
            }
            Action::Up => first(vec![ReedlineEvent::MenuUp, ReedlineEvent::Up]),
            Action::Down => first(vec![ReedlineEvent::MenuDown, ReedlineEvent::Down]),
            Action::CharLeft => first(vec![ReedlineEvent::MenuLeft, ReedlineEvent::Left]),
            Action::AcceptHint => {
                first(vec![ReedlineEvent::HistoryHintComplete, ReedlineEvent::MenuRight, ReedlineEvent::Right])
            }
            Action::AcceptHintWord => first(vec![ReedlineEvent::HistoryHintWordComplete, edit(Move(WORD_RIGHT))]),
            Action::LineEnd => first(vec![ReedlineEvent::HistoryHintComplete, edit(MoveToLineEnd { select: false })]),
            Action::Close => ReedlineEvent::Esc,
            Action::PreviousHistory => ReedlineEvent::PreviousHistory,
            Action::NextHistory => ReedlineEvent::NextHistory,
            Action::ClearScreen => ReedlineEvent::ClearScreen,
            Action::Cancel => ReedlineEvent::CtrlC,
            Action::Leave => ReedlineEvent::CtrlD,
            Action::Undo => edit(Undo),
            Action::Redo => edit(Redo),
            Action::WordLeft => edit(Move(WORD_LEFT)),
            Action::WordRight => edit(Move(WORD_RIGHT)),
            Action::LineStart => edit(MoveToLineStart { select: false }),
            Action::InputStart => edit(MoveToStart { select: false }),
            Action::InputEnd => edit(MoveToEnd { select: false }),
            Action::DeleteCharLeft => edit(Backspace),
            Action::DeleteChar => edit(Delete),
            Action::Yank => edit(PasteCutBufferBefore),
            Action::Transpose => edit(SwapGraphemes),
            Action::SelectLeft => edit(MoveLeft { select: true }),
            Action::SelectRight => edit(MoveRight { select: true }),
            Action::SelectUp => edit(MoveLineUp { select: true }),
            Action::SelectDown => edit(MoveLineDown { select: true }),
            Action::SelectWordLeft => edit(Extend(WORD_LEFT)),
            Action::SelectWordRight => edit(Extend(WORD_RIGHT)),
            Action::SelectLineStart => edit(MoveToLineStart { select: true }),
            Action::SelectLineEnd => edit(MoveToLineEnd { select: true }),
            Action::SelectInputStart => edit(MoveToStart { select: true }),
            Action::SelectInputEnd => edit(MoveToEnd { select: true }),
            Action::SelectAll => edit(SelectAll),
            Action::None => ReedlineEvent::None,
            Action::Newline
            | Action::Edit
            | Action::Suspend
            | Action::HistorySearch
            | Action::HistorySearchForward
            | Action::DeleteWordLeft
            | Action::DeleteWordRight
            | Action::DeleteLongWordLeft
            | Action::KillLine
            | Action::KillLineLeft
            | Action::UppercaseWord
            | Action::LowercaseWord
            | Action::Capitalize => self.host_command(),
        }
    }

    pub fn host_command(self) -> ReedlineEvent {
        ReedlineEvent::ExecuteHostCommand(self.name().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reedline::default_emacs_keybindings;

    /// Chords of the line editor that this program leaves free: another one for Alt-Backspace, and those of kitty's
    /// keyboard protocol, which is not switched on.
    const LEFT_OUT: [(KeyModifiers, KeyCode); 3] = [
        (KeyModifiers::ALT, KeyCode::Char('m')),
        (KeyModifiers::ALT.union(KeyModifiers::SHIFT), KeyCode::Char(',')),
        (KeyModifiers::ALT.union(KeyModifiers::SHIFT), KeyCode::Char('.')),
    ];

    #[test]
    fn every_chord_of_the_line_editor_is_in_the_table() {
        let ours = emacs(&[]);
        for (combination, event) in default_emacs_keybindings().get_keybindings() {
            let chord = (combination.modifier, combination.key_code);
            let is_bound = ours.find_binding(chord.0, chord.1).is_some();
            assert_eq!(is_bound, !LEFT_OUT.contains(&chord), "{chord:?} does {event:?}");
        }
    }

    #[test]
    fn vi_keeps_its_own_keys_and_gets_those_of_the_program() {
        let normal = vi_normal(&[]);
        let (none, control) = (KeyModifiers::NONE, KeyModifiers::CONTROL);
        for (code, modifiers, event) in [
            (KeyCode::Enter, none, Some(Action::Submit.event())),
            (KeyCode::Char('r'), control, Some(Action::HistorySearch.event())),
            (KeyCode::Char('s'), control, Some(Action::HistorySearchForward.event())),
            (KeyCode::Char('o'), control, Some(Action::Edit.event())),
            (KeyCode::Backspace, none, Some(ReedlineEvent::Edit(vec![EditCommand::MoveLeft { select: false }]))),
            (KeyCode::Char('k'), control, None),
        ] {
            assert_eq!(normal.find_binding(modifiers, code), event, "{code:?}");
        }
        let insert = vi_insert(&[(KeyModifiers::ALT, KeyCode::Char('e'), Action::Edit)]);
        for (modifiers, letter, action) in [
            (control, 'w', Some(Action::DeleteLongWordLeft)),
            (control, 'k', Some(Action::KillLine)),
            (KeyModifiers::ALT, '<', Some(Action::InputStart)),
            (KeyModifiers::ALT, 'b', None),
            (KeyModifiers::ALT, 'e', Some(Action::Edit)),
        ] {
            let expected = action.map(Action::event);
            assert_eq!(insert.find_binding(modifiers, KeyCode::Char(letter)), expected, "{letter}");
        }
    }
}
