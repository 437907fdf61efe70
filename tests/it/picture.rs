//! Draws the screen of a terminal as an SVG picture. The same screen gives the same text, and each run of characters is
//! stretched to its columns, so that it looks the same in every font.

use crate::support::{bare, python, runtime_python, scratch, stderr, stdout};
use std::fmt::Write;
use std::fs;
use vt100::{Cell, Color, Screen};

const CELL: usize = 9;
const LINE: usize = 20;
const FONT: usize = 15;
/// Distance from the top of a row to its baseline.
const BASELINE: usize = 15;
const BAR: usize = 36;
const PADDING: usize = 16;

const FONTS: &str = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const FOREGROUND: &str = "#d4d4d4";
const BACKGROUND: &str = "#1e1e1e";
const BAR_FILL: &str = "#323233";
const DOTS: [&str; 3] = ["#ff5f57", "#febc2e", "#28c840"];
const PALETTE: [&str; 16] = [
    "#1e1e1e", "#f14c4c", "#23d18b", "#e5c07b", "#3b8eea", "#d670d6", "#29b8db", "#d4d4d4", "#808080", "#ff7b7b",
    "#5af0a8", "#f5f543", "#6cb2ff", "#e697e6", "#6fd8f0", "#ffffff",
];

/// Draws the visible screen.
pub fn svg(screen: &Screen, title: &str) -> String {
    draw(&visible(screen), screen, title)
}

/// Draws the scrollback and the visible screen.
pub fn svg_with_scrollback(screen: &Screen, title: &str) -> String {
    let mut screen = screen.clone();
    let mut rows = Vec::new();
    for offset in (1..=screen.scrollback_len()).rev() {
        screen.set_scrollback(offset);
        rows.push(row(&screen, 0));
    }
    screen.set_scrollback(0);
    rows.extend(visible(&screen));
    draw(&rows, &screen, title)
}

fn visible(screen: &Screen) -> Vec<Vec<Cell>> {
    (0..screen.size().0.get()).map(|number| row(screen, number)).collect()
}

fn row(screen: &Screen, number: u16) -> Vec<Cell> {
    (0..screen.size().1.get()).filter_map(|column| screen.cell(number, column).cloned()).collect()
}

fn draw(rows: &[Vec<Cell>], screen: &Screen, title: &str) -> String {
    let rows: Vec<Vec<Run>> = rows.iter().map(|row| runs(row)).collect();
    let used = rows.iter().rposition(|row| !row.is_empty()).map_or(1, |last| last + 1);
    let width = usize::from(screen.size().1.get()) * CELL + 2 * PADDING;
    let mut svg = frame(width, BAR + used * LINE + 2 * PADDING, title);
    for (number, row) in rows.iter().take(used).enumerate() {
        for run in row {
            run.draw(&mut svg, BAR + PADDING + number * LINE);
        }
    }
    svg + "</g>\n</svg>\n"
}

fn frame(width: usize, height: usize, title: &str) -> String {
    let title = escape(title);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"{BACKGROUND}\"/>\n\
         <path d=\"M0 {BAR}V10A10 10 0 0 1 10 0H{right}A10 10 0 0 1 {width} 10V{BAR}Z\" fill=\"{BAR_FILL}\"/>\n",
        right = width - 10,
    );
    for (number, fill) in DOTS.iter().enumerate() {
        let (x, y) = (20 + number * 20, BAR / 2);
        writeln!(svg, "<circle cx=\"{x}\" cy=\"{y}\" r=\"6\" fill=\"{fill}\"/>").unwrap();
    }
    let (middle, y) = (width / 2, BAR / 2 + 5);
    writeln!(svg, "<g font-family=\"{FONTS}\" font-size=\"{FONT}\" font-variant-ligatures=\"none\">").unwrap();
    writeln!(svg, "<text x=\"{middle}\" y=\"{y}\" text-anchor=\"middle\" fill=\"{FOREGROUND}\">{title}</text>")
        .unwrap();
    svg
}

/// The style that the cells of a run share. Wide characters have their own runs, because another font draws them and
/// its widths need their own stretching.
#[derive(PartialEq)]
struct Style {
    foreground: String,
    background: String,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    wide: bool,
}

impl Style {
    fn of(cell: &Cell) -> Self {
        let mut foreground = hex(cell.fgcolor(), FOREGROUND);
        let mut background = hex(cell.bgcolor(), BACKGROUND);
        if cell.inverse() {
            std::mem::swap(&mut foreground, &mut background);
        }
        let (bold, dim, italic, underline) = (cell.bold(), cell.dim(), cell.italic(), cell.underline());
        Style { foreground, background, bold, dim, italic, underline, wide: cell.is_wide() }
    }

    fn attributes(&self) -> String {
        let mut attributes = format!(" fill=\"{}\"", self.foreground);
        for (set, attribute) in [
            (self.bold, " font-weight=\"bold\""),
            (self.dim, " fill-opacity=\"0.6\""),
            (self.italic, " font-style=\"italic\""),
            (self.underline, " text-decoration=\"underline\""),
        ] {
            if set {
                attributes += attribute;
            }
        }
        attributes
    }
}

/// Neighbouring cells of one style in a row.
struct Run {
    column: usize,
    columns: usize,
    text: String,
    style: Style,
}

impl Run {
    fn is_seen(&self) -> bool {
        self.style.background != BACKGROUND || self.has_text()
    }

    fn has_text(&self) -> bool {
        self.style.underline || !self.text.trim().is_empty()
    }

    /// Removes blanks around text: they need no stretching, and those at the end of rows would be most of a picture.
    fn trim(&mut self) {
        if self.style.background == BACKGROUND && !self.style.underline {
            self.columns -= self.text.len() - self.text.trim_end_matches(' ').len();
            self.text.truncate(self.text.trim_end_matches(' ').len());
            let blanks = self.text.len() - self.text.trim_start_matches(' ').len();
            self.text.drain(..blanks);
            self.column += blanks;
            self.columns -= blanks;
        }
    }

    fn draw(&self, svg: &mut String, top: usize) {
        let (x, width) = (PADDING + self.column * CELL, self.columns * CELL);
        if self.style.background != BACKGROUND {
            let fill = &self.style.background;
            writeln!(svg, "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{LINE}\" fill=\"{fill}\"/>").unwrap();
        }
        if self.has_text() {
            let (y, attributes, text) = (top + BASELINE, self.style.attributes(), escape(&self.text));
            writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\"{attributes} \
                 xml:space=\"preserve\">{text}</text>",
            )
            .unwrap();
        }
    }
}

fn runs(row: &[Cell]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_wide_continuation()) {
        let (style, columns) = (Style::of(cell), if cell.is_wide() { 2 } else { 1 });
        let text = if cell.has_contents() { cell.contents() } else { " " };
        match runs.last_mut() {
            Some(run) if run.style == style => {
                run.columns += columns;
                run.text += text;
            }
            _ => runs.push(Run { column, columns, text: text.to_owned(), style }),
        }
    }
    runs.retain(Run::is_seen);
    runs.iter_mut().for_each(Run::trim);
    runs
}

fn hex(color: Color, default: &str) -> String {
    match color {
        Color::Default => default.to_owned(),
        Color::Idx(index @ 0..16) => PALETTE[usize::from(index)].to_owned(),
        Color::Idx(index @ 16..232) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let index = index - 16;
            rgb(level(index / 36), level(index / 6 % 6), level(index % 6))
        }
        Color::Idx(index) => {
            let gray = 8 + 10 * (index - 232);
            rgb(gray, gray, gray)
        }
        Color::Rgb(red, green, blue) => rgb(red, green, blue),
    }
}

fn rgb(red: u8, green: u8, blue: u8) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            '"' => escaped += "&quot;",
            // XML cannot represent these characters.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn screen(output: &str) -> Screen {
    let mut parser = vt100::Parser::new(3.try_into().unwrap(), 20.try_into().unwrap(), 10);
    parser.process(output.as_bytes());
    parser.screen().clone()
}

/// The elements as Python's XML parser sees them: name, attributes, text.
fn elements(svg: &str) -> String {
    let folder = scratch();
    let file = folder.path().join("picture.svg");
    fs::write(&file, svg).unwrap();
    let code = "import sys, xml.etree.ElementTree as tree\n\
        for element in tree.parse(sys.argv[1]).iter():\n    \
            print(element.tag.split('}')[1], *sorted(element.attrib.items()), repr(element.text))\n";
    let output = python(bare(runtime_python()).args(["-I", "-X", "utf8", "-"]).arg(&file), code);
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

fn drawn(output: &str) -> Vec<String> {
    let svg = svg(&screen(output), "T");
    let (_, body) = svg.split_once(">T</text>\n").unwrap();
    body.lines().filter(|line| !line.starts_with("</")).map(str::to_owned).collect()
}

#[test]
fn a_picture_is_well_formed_whatever_is_on_the_screen() {
    let svg = svg(&screen("<a href=\"&\">\u{ffff}'\x1b[41m]]>"), "a <title> & \"more\"");
    let seen = elements(&svg);
    assert!(seen.starts_with("svg ") && seen.contains("('role', 'img')"), "{seen}");
    assert!(seen.contains("\ntitle 'a <title> & \"more\"'\n"), "{seen}");
    assert!(seen.contains("<a href=\"&\">\u{fffd}\\'"), "{seen}");
    assert!(seen.contains("']]>'"), "{seen}");
}

#[test]
fn neighbours_of_one_style_are_one_run_that_fills_its_columns() {
    let text = "<text x=\"34\" y=\"67\" textLength=\"27\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#d4d4d4\" \
        xml:space=\"preserve\">a b</text>";
    assert_eq!(drawn("  \x1b[1ma\x1b[0m\x1b[3G\x1b[Ka b"), [text]);
    let two = drawn("a\x1b[31mb\x1b[32m \x1b[31mc");
    assert_eq!(two.len(), 3, "{two:?}");
    assert!(two[2].contains("x=\"43\"") && two[2].ends_with(">c</text>"), "{two:?}");
}

#[test]
fn wide_characters_stand_on_their_columns() {
    let runs = drawn("a你好b");
    assert!(runs[1].contains("x=\"25\" y=\"67\" textLength=\"36\"") && runs[1].contains(">你好<"), "{runs:?}");
    assert!(runs[2].contains("x=\"61\" y=\"67\" textLength=\"9\"") && runs[2].contains(">b<"), "{runs:?}");
}

#[test]
fn each_kind_of_color_and_style_is_drawn() {
    let wanted = [
        ("31", "fill=\"#f14c4c\""),
        ("97", "fill=\"#ffffff\""),
        ("38;5;9", "fill=\"#ff7b7b\""),
        ("38;5;16", "fill=\"#000000\""),
        ("38;5;208", "fill=\"#ff8700\""),
        ("38;5;255", "fill=\"#eeeeee\""),
        ("38;2;1;2;3", "fill=\"#010203\""),
        ("1", "font-weight=\"bold\""),
        ("2", "fill-opacity=\"0.6\""),
        ("3", "font-style=\"italic\""),
        ("4", "text-decoration=\"underline\""),
    ];
    for (code, attribute) in wanted {
        let runs = drawn(&format!("\x1b[{code}mx"));
        assert!(runs.len() == 1 && runs[0].contains(attribute), "{code}: {runs:?}");
    }
    let ground = "<rect x=\"16\" y=\"52\" width=\"9\" height=\"20\" fill=";
    assert_eq!(drawn("\x1b[44m "), [format!("{ground}\"#3b8eea\"/>")]);
    let inverse = drawn("\x1b[31;7mx");
    assert!(inverse[0] == format!("{ground}\"#f14c4c\"/>") && inverse[1].contains("fill=\"#1e1e1e\""), "{inverse:?}");
}

#[test]
fn blank_rows_at_the_end_are_cut_and_scrollback_is_drawn_when_asked() {
    assert!(svg(&screen("x"), "").contains("height=\"88\""));
    assert!(svg(&screen(""), "").contains("height=\"88\""));
    let long = screen("1\r\n2\r\n3\r\n4\r\n5");
    assert!(svg(&long, "").contains("height=\"128\""));
    let all = svg_with_scrollback(&long, "");
    assert!(all.contains("height=\"168\""), "{all}");
    assert!(all.find(">1<").unwrap() < all.find(">5<").unwrap(), "{all}");
    assert_eq!(all, svg_with_scrollback(&long, ""));
}
