//! The look of each kind of text on the terminal.

pub mod style;

use crate::repl::invalid::Invalid;
use nu_ansi_term::Style;
use std::collections::BTreeMap;

/// A kind of text that has a style of its own; `theme.styles` of the configuration names it.
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

/// One token: its name in the configuration, its meaning, and its style in each of `Theme::NAMES`.
pub struct Row {
    pub token: Token,
    pub name: &'static str,
    pub meaning: &'static str,
    pub styles: [&'static str; Theme::NAMES.len()],
}

/// The colours are the 16 that a terminal lets its user choose. `light` keeps to the dark colours among them;
/// `high-contrast` sets words apart by weight and line, so it is readable on any background and by the colour-blind.
#[rustfmt::skip]
pub const TOKENS: [Row; 21] = {
    use Token::*;
    [
        row(Prompt, "prompt", "`>>>`", ["bold green", "bold green", "bold"]),
        row(Continuation, "continuation", "`...`, where an input goes on", ["green", "green", "none"]),
        row(Hint, "hint", "the rest of an earlier input, offered behind the cursor", ["bright-black", "bright-black", "italic"]),
        row(Keyword, "keyword", "`def`, `if`, `return`", ["bold blue", "bold blue", "bold"]),
        row(Builtin, "builtin", "Python's builtin names: `print`, `len`", ["cyan", "magenta", "none"]),
        row(Function, "function", "the name of a function where it is defined or called", ["bright-blue", "blue", "none"]),
        row(Class, "class", "the name of a class", ["bold yellow", "bold magenta", "bold"]),
        row(Decorator, "decorator", "`@name` above a definition", ["magenta", "magenta", "none"]),
        row(String, "string", "text and bytes", ["green", "green", "none"]),
        row(Escape, "escape", "`\\n` and the braces inside of a string", ["bright-green", "bold green", "bold"]),
        row(Number, "number", "`42`, `1.5`, `2j`", ["yellow", "red", "none"]),
        row(Constant, "constant", "`True`, `False`, `None`", ["bold yellow", "bold red", "bold"]),
        row(Comment, "comment", "from `#` to the end of the line", ["bright-black italic", "bright-black italic", "italic"]),
        row(Operator, "operator", "`+`, `==`, `:=`", ["none", "none", "none"]),
        row(Command, "command", "a command of the session itself", ["bold cyan", "bold cyan", "bold underline"]),
        row(Bracket, "bracket", "`(`, `[`, `{` and their closing partners", ["none", "none", "none"]),
        row(BracketMatch, "bracket-match", "the partner of the bracket at the cursor, and the term that a search has found", ["bold underline", "bold underline", "bold reverse"]),
        row(Error, "error", "text that cannot be Python, and error messages", ["bold red", "bold red", "bold reverse"]),
        row(MenuText, "menu-text", "an entry of the completion menu", ["none", "none", "none"]),
        row(MenuSelected, "menu-selected", "the entry that is chosen", ["reverse", "reverse", "bold reverse"]),
        row(MenuDescription, "menu-description", "the description of an entry", ["bright-black", "bright-black", "italic"]),
    ]
};

const fn row(
    token: Token,
    name: &'static str,
    meaning: &'static str,
    styles: [&'static str; Theme::NAMES.len()],
) -> Row {
    Row { token, name, meaning, styles }
}

impl Token {
    pub fn named(name: &str) -> Result<Token, Invalid> {
        let found = TOKENS.iter().find(|row| row.name == name).map(|row| row.token);
        found.ok_or_else(|| Invalid::unknown("token", name, TOKENS.iter().map(|row| row.name)))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// The styles; a token without an entry is plain text.
    styles: BTreeMap<Token, Style>,
}

impl Theme {
    pub const NAMES: [&str; 3] = ["default", "light", "high-contrast"];

    pub fn named(name: &str) -> Option<Theme> {
        let column = Theme::NAMES.iter().position(|known| *known == name)?;
        let parsed = |text| style::parse(text).expect("every style of the table is parsed by a test");
        Some(Theme { styles: TOKENS.iter().map(|row| (row.token, parsed(row.styles[column]))).collect() })
    }

    /// Returns the theme without any style.
    pub fn plain() -> Theme {
        Theme { styles: BTreeMap::new() }
    }

    pub fn style(&self, token: Token) -> Style {
        self.styles.get(&token).copied().unwrap_or_default()
    }

    pub fn set_style(&mut self, token: Token, style: Style) {
        self.styles.insert(token, style);
    }
}

impl Default for Theme {
    fn default() -> Self {
        Theme::named(Theme::NAMES[0]).expect("the first of the names is a name")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nu_ansi_term::Color;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_a_theme_and_every_style_of_the_table_parses() {
        for name in Theme::NAMES {
            assert!(Theme::named(name).is_some(), "{name}");
        }
        assert_eq!(Theme::named("drak"), None);
        assert_eq!(Theme::default(), Theme::named("default").unwrap());
    }

    #[test]
    fn every_token_has_one_row() {
        let tokens: BTreeSet<Token> = TOKENS.iter().map(|row| row.token).collect();
        let names: BTreeSet<&str> = TOKENS.iter().map(|row| row.name).collect();
        let last = Token::MenuDescription as usize;
        assert_eq!((tokens.len(), names.len()), (last + 1, last + 1));
    }

    #[test]
    fn a_name_in_the_configuration_is_that_of_the_variant() {
        for row in &TOKENS {
            let variant = format!("{:?}", row.token).to_lowercase();
            assert_eq!(row.name.replace('-', ""), variant);
        }
    }

    #[test]
    fn a_token_is_found_by_its_name_and_an_unknown_one_refused_with_the_nearest() {
        assert_eq!(Token::named("bracket-match"), Ok(Token::BracketMatch));
        assert_eq!(Token::named("key-word").unwrap_err().why, "the nearest known token is `keyword`");
    }

    #[test]
    fn a_style_can_be_set_and_plain_has_none() {
        let mut theme = Theme::default();
        assert_eq!(theme.style(Token::Keyword), Color::Blue.bold());
        theme.set_style(Token::Keyword, Color::Red.underline());
        assert_eq!(theme.style(Token::Keyword), Color::Red.underline());
        assert!(TOKENS.iter().all(|row| Theme::plain().style(row.token) == Style::new()));
    }

    #[test]
    fn the_light_theme_has_no_light_colour() {
        for row in &TOKENS {
            let light = |word: &str| ["yellow", "white"].contains(&word) || word.starts_with("bright-");
            assert!(!row.styles[1].split(' ').any(|word| light(word) && word != "bright-black"), "{}", row.name);
        }
    }
}
