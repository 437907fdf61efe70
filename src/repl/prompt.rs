//! The prompt on the left of the input: `sys.ps1` and `sys.ps2`, or the label of a search through the history.

use super::line_state::LineState;
use super::theme::{Theme, Token};
use reedline::{Color, Prompt, PromptEditMode, PromptHistorySearch};
use std::borrow::Cow;
use std::sync::Arc;

/// An invisible indicator. Reedline counts the rows of an input that is taller than the screen by the lines of the
/// prompt's indicator. An empty indicator has no line, so reedline would paint a row too many and scroll each time. No
/// upstream issue is known.
pub const INDICATOR: &str = "\x1b[0m";

pub struct SessionPrompt {
    pub primary: String,
    pub continuation: String,
    theme: Arc<Theme>,
    shared: LineState,
}

impl SessionPrompt {
    pub fn new(theme: Arc<Theme>, shared: LineState) -> Self {
        SessionPrompt { primary: String::new(), continuation: String::new(), theme, shared }
    }
}

impl Prompt for SessionPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        match &self.shared.state().search {
            Some(search) => Cow::Owned(search.label.clone()),
            None => Cow::Owned(self.theme.style(Token::Prompt).paint(&self.primary).to_string()),
        }
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed(INDICATOR)
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Owned(self.theme.style(Token::Continuation).paint(&self.continuation).to_string())
    }

    /// Is never shown: `search` replaces reedline's own search.
    fn render_prompt_history_search_indicator(&self, _: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    /// Returns reedline's neutral colour, because the theme has already styled the prompt.
    fn get_prompt_color(&self) -> Color {
        Color::Default
    }

    fn get_prompt_multiline_color(&self) -> nu_ansi_term::Color {
        Color::Default
    }

    fn get_indicator_color(&self) -> Color {
        Color::Default
    }
}
