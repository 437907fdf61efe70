//! Compares the documents with the program: each session and each command line in them is run, and the reference has
//! exactly the commands and keys of the program.

mod blocks;
mod picture;
mod reference;
mod run;

use blocks::Block;

/// Runs each block, and shows all that differ at once.
fn compare(blocks: &[Block], run: fn(&Block) -> Vec<String>) {
    assert!(!blocks.is_empty(), "the documents have no such block");
    let differing: Vec<String> = blocks
        .iter()
        .map(|block| (block, run(block)))
        .filter(|(block, shown)| !blocks::agree(&block.lines, shown))
        .map(|(block, shown)| format!("{}\n{}\n--- found\n{}\n", block.place, block.text(), shown.join("\n")))
        .collect();
    assert!(differing.is_empty(), "{} of {} differ\n{}", differing.len(), blocks.len(), differing.join("\n"));
}

#[test]
fn every_session_in_the_documents_is_what_the_screen_shows() {
    compare(&blocks::of_kind("pycon"), run::session);
}

#[test]
fn every_command_line_in_the_documents_prints_what_they_say() {
    let calls = |block: &Block| block.lines.iter().any(|line| line.starts_with(run::CALL));
    let blocks: Vec<Block> = blocks::of_kind("console").into_iter().filter(calls).collect();
    compare(&blocks, run::shell);
}
