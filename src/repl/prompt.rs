//! What stands left of the input: `sys.ps1` and `sys.ps2`, and the search through the history.

use super::ahead::Ahead;
use super::theme::{Theme, Token};
use reedline::{Color, Prompt, PromptEditMode, PromptHistorySearch, PromptHistorySearchStatus};
use std::borrow::Cow;
use std::sync::Arc;

pub struct SessionPrompt {
    pub primary: String,
    pub continuation: String,
    theme: Arc<Theme>,
    ahead: Ahead,
}

impl SessionPrompt {
    pub fn new(theme: Arc<Theme>, ahead: Ahead) -> Self {
        SessionPrompt { primary: String::new(), continuation: String::new(), theme, ahead }
    }
}

impl Prompt for SessionPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Owned(self.theme.style(Token::Prompt).paint(&self.primary).to_string())
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        self.ahead.set_searching(false);
        Cow::Borrowed("")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Owned(self.theme.style(Token::Continuation).paint(&self.continuation).to_string())
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        self.ahead.set_searching(true);
        let failing = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "failing ",
        };
        Cow::Owned(format!("({failing}reverse search: {}) ", search.term))
    }

    /// Styled by the theme, not by reedline.
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
