//! Styles as people write them: `bold blue`, `#ff8800 underline`, `white on red`, `color 208`, `none`.

use crate::repl::invalid::Invalid;
use nu_ansi_term::{Color, Style};

type Attribute = (&'static str, fn(&Style) -> Style);

const ATTRIBUTES: [Attribute; 6] = [
    ("bold", Style::bold),
    ("dim", Style::dimmed),
    ("italic", Style::italic),
    ("underline", Style::underline),
    ("reverse", Style::reverse),
    ("strikethrough", Style::strikethrough),
];

const COLORS: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::White),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::LightGray),
];

/// Returns every word that a style can have, except `#rrggbb` and numbers.
pub fn words() -> impl Iterator<Item = &'static str> {
    let attributes = ATTRIBUTES.iter().map(|(word, _)| *word);
    attributes.chain(color_words()).chain(["on", "none"])
}

fn color_words() -> impl Iterator<Item = &'static str> {
    COLORS.iter().map(|(word, _)| *word).chain(["color"])
}

pub fn parse(text: &str) -> Result<Style, Invalid> {
    let mut words = text.split_whitespace();
    let mut style = Style::new();
    match words.clone().collect::<Vec<_>>()[..] {
        ["none"] => return Ok(style),
        [] => return Err(Invalid::new("a style has no words", "wanted `none` or a style such as `bold blue`")),
        _ => {}
    }
    while let Some(word) = words.next() {
        if let Some((_, add)) = ATTRIBUTES.iter().find(|(known, _)| *known == word) {
            style = add(&style);
            continue;
        }
        let (ground, color) = match word {
            "on" => (&mut style.background, background(&mut words)?),
            "none" => {
                let what = format!("`none` cannot be combined with the other words of `{text}`");
                return Err(Invalid::new(what, "wanted `none` alone, or a style without it"));
            }
            _ => (
                &mut style.foreground,
                color(word, &mut words)?.ok_or_else(|| Invalid::unknown("style word", word, self::words()))?,
            ),
        };
        if ground.replace(color).is_some() {
            let what = format!("`{text}` has too many colours");
            return Err(Invalid::new(what, "wanted at most `COLOUR on COLOUR`"));
        }
    }
    Ok(style)
}

fn background<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<Color, Invalid> {
    let missing = || Invalid::new("`on` has no colour behind it", "wanted a colour, as in `white on red`");
    let word = words.next().ok_or_else(missing)?;
    color(word, words)?.ok_or_else(|| Invalid::unknown("colour", word, color_words()))
}

/// Returns the colour, or None when the word is not a colour.
fn color<'a>(word: &str, words: &mut impl Iterator<Item = &'a str>) -> Result<Option<Color>, Invalid> {
    if word == "color" {
        return palette_color(words.next()).map(Some);
    }
    if let Some(digits) = word.strip_prefix('#') {
        return true_color(word, digits).map(Some);
    }
    Ok(COLORS.iter().find(|(known, _)| *known == word).map(|(_, color)| *color))
}

fn palette_color(number: Option<&str>) -> Result<Color, Invalid> {
    let found = number.map_or("nothing".into(), |number| format!("`{number}`"));
    number.and_then(|number| number.parse().ok()).map(Color::Fixed).ok_or_else(|| {
        Invalid::new("`color` has no valid number behind it", format!("wanted a number from 0 to 255, found {found}"))
    })
}

fn true_color(word: &str, digits: &str) -> Result<Color, Invalid> {
    let wrong = || Invalid::new(format!("unknown colour `{word}`"), "wanted `#` and six hexadecimal digits");
    if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok(Color::Rgb(red, green, blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_understood() {
        for (text, style) in [
            ("bold blue", Color::Blue.bold()),
            ("#ff8800 underline", Color::Rgb(0xff, 0x88, 0).underline()),
            ("bright-black italic", Color::DarkGray.italic()),
            ("white on red", Color::White.on(Color::Red)),
            ("on #000001 dim", Style::new().on(Color::Rgb(0, 0, 1)).dimmed()),
            ("color 208", Color::Fixed(208).normal()),
            ("reverse on color 7", Style::new().reverse().on(Color::Fixed(7))),
            (" strikethrough ", Style::new().strikethrough()),
            ("none", Style::new()),
        ] {
            assert_eq!(parse(text), Ok(style), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_style_is_refused_with_the_word_and_what_would_do() {
        for (text, what, why) in [
            ("blod blue", "`blod`", "`bold`"),
            ("bold bleu", "`bleu`", "`blue`"),
            ("red on bold", "colour `bold`", "colour is `"),
            ("red on", "`on`", "a colour"),
            ("color", "`color`", "nothing"),
            ("color 256", "`color`", "`256`"),
            ("#ff88", "`#ff88`", "six"),
            ("#+12345", "`#+12345`", "six"),
            ("red blue", "`red blue`", "at most"),
            ("on red on blue", "`on red on blue`", "at most"),
            ("none bold", "`none`", "alone"),
            ("bold none", "`none`", "alone"),
            (" ", "no words", "`none`"),
        ] {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.what.contains(what) && wrong.why.contains(why), "{text}: {wrong:?}");
        }
    }

    #[test]
    fn the_colours_are_the_terminals_own_in_its_order() {
        for (at, (word, color)) in COLORS.into_iter().enumerate() {
            let code = if at < 8 { 30 + at } else { 90 + at - 8 };
            assert_eq!(color.normal().prefix().to_string(), format!("\x1b[{code}m"), "{word}");
        }
    }
}
