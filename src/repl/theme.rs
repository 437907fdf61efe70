//! What each kind of text looks like on the terminal.

use nu_ansi_term::{Color, Style};

/// The kinds of text that have a style of their own; `theme.styles` of the configuration names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    Prompt,
    Continuation,
    Hint,
    Keyword,
    Builtin,
    Function,
    Class,
    Decorator,
    String,
    Escape,
    Number,
    Constant,
    Comment,
    Operator,
    Command,
    Bracket,
    BracketMatch,
    Error,
    MenuText,
    MenuSelected,
    MenuDescription,
}

#[derive(Clone, Debug, Default)]
pub struct Theme {}

impl Theme {
    pub fn style(&self, token: Token) -> Style {
        match token {
            Token::Keyword => Color::Blue.bold(),
            _ => Style::new(),
        }
    }
}
