//! The fenced blocks of the documents, and the comparison of a block with what was shown.

use crate::support::checkout;
use std::fs;
use std::path::PathBuf;

/// Alone on a line, it stands for any number of lines, also none.
const ANYTHING: &str = "…";

pub struct Block {
    /// `file:line` of the first line in it.
    pub place: String,
    pub lines: Vec<String>,
}

impl Block {
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

pub fn of_kind(kind: &str) -> Vec<Block> {
    let opening = format!("```{kind}");
    let mut found: Vec<Block> = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(checkout().join(&document)).unwrap();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            if line == opening {
                let place = format!("{}:{}", document.display(), number + 2);
                let inside = lines.by_ref().map(|(_, line)| line.to_owned()).take_while(|line| line != "```");
                found.push(Block { place, lines: inside.collect() });
            }
        }
    }
    found
}

fn documents() -> Vec<PathBuf> {
    let entries = fs::read_dir(checkout().join("docs")).unwrap();
    let names = entries.map(|entry| PathBuf::from("docs").join(entry.unwrap().file_name()));
    let mut documents: Vec<PathBuf> = names.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    documents.sort();
    documents.push("README.md".into());
    documents
}

pub fn agree(documented: &[String], shown: &[String]) -> bool {
    match (documented, shown) {
        ([], shown) => shown.is_empty(),
        ([line, rest @ ..], shown) if line == ANYTHING => (0..=shown.len()).any(|from| agree(rest, &shown[from..])),
        ([line, rest @ ..], [first, others @ ..]) => line == first && agree(rest, others),
        _ => false,
    }
}

#[test]
fn only_an_ellipsis_stands_for_other_lines() {
    let lines = |text: &str| text.split_terminator('\n').map(str::to_owned).collect::<Vec<_>>();
    let pairs = [("a\nb", "a\nb", true), ("a\n…\nb", "a\nb", true), ("a\n…", "a\nx\ny", true), ("…", "", true)];
    let others =
        [("a", "a\nb", false), ("a\n…\nb", "a\nx", false), ("a…", "ab", false), ("", "a", false), ("a", "", false)];
    for (documented, shown, agreed) in pairs.into_iter().chain(others) {
        assert_eq!(agree(&lines(documented), &lines(shown)), agreed, "{documented:?} {shown:?}");
    }
}
