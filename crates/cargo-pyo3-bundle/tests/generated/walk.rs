//! The walk of docs/adopting.md: its files and its commands, with the output that it shows. `…` stands for any lines, or
//! inside a line for any text.

use crate::place::Place;
use crate::sources::Files;
use std::fs;
use std::path::Path;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/adopting.md");
const ANYTHING: &str = "…";

/// The fenced blocks, each with the words behind its fence.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("```") {
            found.push((words, lines.by_ref().take_while(|line| *line != "```").collect()));
        }
    }
    found
}

pub fn the_walk_of_the_document(place: &Place) {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let blocks = blocks(&text);
    let file = |(words, lines): &(&str, Vec<&str>)| {
        let name =
            ["Cargo.toml", "src/main.rs", "LICENSE"].into_iter().find(|name| words.ends_with(&format!(" {name}")))?;
        Some((name, lines.join("\n") + "\n"))
    };
    let files: Files = blocks.iter().filter_map(file).chain([(".gitignore", "/target\n".to_owned())]).collect();
    assert_eq!(files.len(), 4, "the document shows three files");
    let application = place.application(&files);
    let walk: Vec<_> = blocks.iter().filter(|(words, _)| *words == "console walk").collect();
    assert!(walk.len() > 2, "the document has a walk");
    for (_, lines) in walk {
        let mut script = "exec 2>&1\n".to_owned();
        for command in lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
            script += &format!("cat <<'EOF'\n$ {command}\nEOF\n{command}\n");
        }
        let mut bash = application.command("bash");
        let tools = Path::new(env!("CARGO_BIN_EXE_cargo-pyo3-bundle")).parent().unwrap();
        let path = bash.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap().to_owned();
        bash.env("PATH", format!("{}:{}", tools.display(), path.display()));
        // The document's target folder is the usual one.
        bash.env_remove("CARGO_TARGET_DIR");
        bash.env("CHECKOUT", Path::new(DOCUMENT).parent().unwrap().parent().unwrap());
        bash.env("ELSEWHERE", place.new_folder());
        let output = bash.args(["-c", &script]).output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let shown: Vec<&str> = shown.lines().collect();
        assert!(agree(lines, &shown), "{}\n--- found\n{}", lines.join("\n"), shown.join("\n"));
    }
    assert!(agree(&["a", ANYTHING, "b…d"], &["a", "x", "y", "bcd"]) && !agree(&["a…"], &["b"]) && !agree(&["a"], &[]));
}

fn agree(documented: &[&str], shown: &[&str]) -> bool {
    match (documented, shown) {
        ([], shown) => shown.is_empty(),
        ([ANYTHING, rest @ ..], shown) => (0..=shown.len()).any(|from| agree(rest, &shown[from..])),
        ([line, rest @ ..], [first, others @ ..]) => same(line, first) && agree(rest, others),
        _ => false,
    }
}

/// Whether a line is the documented one, whose parts between `…` it has in their order.
fn same(documented: &str, line: &str) -> bool {
    let mut parts = documented.split(ANYTHING);
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}
