//! Which `main` gets which line, where the line goes, and which `main` is left to the user.

use super::*;

const RETURNED: &str = "let _python = pyo3_bundle::init()?;";
const ENDED: &str = "let _python = pyo3_bundle::init().unwrap_or_else(|error| panic!(\"{error:#}\"));";

fn edit(text: &str) -> Edit {
    super::edit(text, "pyo3_bundle")
}

fn changed(text: &str) -> String {
    match edit(text) {
        Edit::Changed(after) => after,
        other => panic!("{text}: {other:?}"),
    }
}

fn by_hand(text: &str) -> &'static str {
    match edit(text) {
        Edit::ByHand { why, line } => {
            assert!(line.contains("let _python = "), "{line}");
            why
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_line_is_the_first_of_main_and_everything_else_stays() {
    let before = "//! fn main() {}\nuse anyhow::Result;\n\n// fn main() {\nfn main() -> Result<()> {\n  // Says it.\n  \
                  println!(\"fn main() {{\");\n    Ok(( ))\n}\n";
    let after = before.replace("{\n  // Says", &format!("{{\n  {RETURNED}\n  // Says"));
    assert_eq!(changed(before), after);
    assert_eq!(edit(&after), Edit::Done);
    assert_eq!(changed("fn main() {\n}\n"), format!("fn main() {{\n    {ENDED}\n}}\n"));
    assert_eq!(changed("fn main() {}\n"), format!("fn main() {{ {ENDED} }}\n"));
    assert_eq!(changed("fn main() { run() }"), format!("fn main() {{ {ENDED} run() }}"));
    assert_eq!(changed("fn main()\n{ // now\n\trun()\n}"), format!("fn main()\n{{ // now\n\t{ENDED}\n\trun()\n}}"));
    let script = "#!/usr/bin/env run\n#![allow(dead_code)]\nfn main() {\n    ü();\n}\n";
    assert_eq!(changed(script), script.replace("{\n    ü", &format!("{{\n    {ENDED}\n    ü")));
}

#[test]
fn the_form_of_the_line_follows_from_what_main_returns() {
    let form = |head: &str, kind: &str| {
        let after = changed(&format!("{head}fn main(){kind} {{\n    run()\n}}\n"));
        if after.contains(RETURNED) { "?" } else { "panic" }
    };
    for (head, kind, wanted) in [
        ("", "", "panic"),
        ("", " -> std::process::ExitCode", "panic"),
        ("", " -> PyResult<()>", "panic"),
        ("", " -> Result<()>", "panic"),
        ("use eyre::Result;\n", " -> Result<()>", "panic"),
        ("use anyhow::Result as R;\n", " -> Result<()>", "panic"),
        ("", " -> Result<(), String>", "panic"),
        ("", " -> impl std::process::Termination", "panic"),
        ("use anyhow::Result;\n", " -> Result<()>", "?"),
        ("use anyhow::{Context, Result};\n", " -> Result<()>", "?"),
        ("use {anyhow::Result, std::fs};\n", " -> Result<ExitCode>", "?"),
        ("", " -> anyhow::Result<()>", "?"),
        ("", " -> Result<(), anyhow::Error>", "?"),
        ("use anyhow::Error;\n", " -> Result<(), Error>", "?"),
        ("", " -> Result<(), Box<dyn std::error::Error>>", "?"),
        ("", " -> std::result::Result<(), Box<dyn Error + Send + Sync>>", "?"),
    ] {
        assert_eq!(form(head, kind), wanted, "{head}{kind}");
    }
}

#[test]
fn a_main_that_is_not_plain_is_left_to_the_user() {
    assert!(by_hand("fn main( {").contains("parsed"));
    assert!(by_hand("pub fn other() {}").contains("one function `main`"));
    assert!(by_hand("use app::main;").contains("one function `main`"));
    assert!(by_hand("#[cfg(unix)]\nfn main() {}\n#[cfg(windows)]\nfn main() {}").contains("one function `main`"));
    assert!(by_hand("#[tokio::main]\nasync fn main() {}").contains("attribute"));
    assert!(by_hand("#[wrapped]\nfn main() {}").contains("attribute"));
    assert!(by_hand("fn main() { /* of\n   lines */\n    run()\n}").contains("comment"));
    assert!(by_hand("fn main() { /* one */ run() }").contains("comment"));
    assert!(changed("/// Runs.\n#[allow(unused)]\nfn main() {}").contains(ENDED));
}

#[test]
fn an_async_main_keeps_its_attribute_under_another_name() {
    let line = |text: &str| match edit(text) {
        Edit::ByHand { line, .. } => line,
        other => panic!("{other:?}"),
    };
    let returning = "#[tokio::main]\nasync fn main() -> anyhow::Result<()> {\n    Ok(())\n}\n";
    assert_eq!(line(returning), format!("fn main() -> anyhow::Result<()> {{ {RETURNED} run() }}"));
    assert_eq!(line("#[tokio::main]\nasync fn main() {}"), format!("fn main() {{ {ENDED} run() }}"));
    assert_eq!(edit(&format!("{}{}", returning.replace("main()", "run()"), line(returning))), Edit::Done);
}

#[test]
fn the_line_is_behind_what_a_block_has_to_begin_with() {
    for before in [
        "fn main() {\n    //! Runs.\n    //! Ends.\n@    run()\n}",
        "fn main() {\n    /*! Runs\n    it. */\n@    run()\n}",
        "fn main() {\n    #![allow(unused)]\n    #![warn(\n        dead_code\n    )] // why\n@    run()\n}",
        "fn main() {\n    #![allow(unused)]\n\n    //! Runs.\n@\n    // now\n    run()\n}",
        "fn main() {\n    //! Runs.\n@}",
        "#![allow(dead_code)]\n//! A file.\n/// Runs.\n#[inline]\nfn main() {\n@    run()\n}",
    ] {
        assert_eq!(changed(&before.replace('@', "")), before.replace('@', &format!("    {ENDED}\n")));
    }
    let before = "fn main() { #![allow(unused)] run() }";
    assert_eq!(changed(before), before.replace("run", &format!("{ENDED} run")));
}

#[test]
fn a_crate_has_the_name_that_the_manifest_gives_it() {
    let before = "fn main() -> anyhow::Result<()> {\n    run()\n}\n";
    let Edit::Changed(after) = super::edit(before, "bundle") else { panic!() };
    assert_eq!(after, before.replace("    run", "    let _python = bundle::init()?;\n    run"));
    assert_eq!(super::edit(&after, "bundle"), Edit::Done);
    assert!(matches!(edit(&after), Edit::Changed(_)));
    assert!(links(&format!("fn main() {{ {} }}", call("linker")), "linker"));
    assert!(links("use pyo3_bundle_build::link_to; fn main() { link_to(&l); }", "pyo3_bundle_build"));
    assert!(!links("fn main() { link(); }", "pyo3_bundle_build"));
}
