//! The line in `main` that starts Python, and the call in a build script. Parses Rust to find the place, and changes
//! nothing but that place: what it is not sure of it leaves to the user.

mod calls;

use proc_macro2::{TokenStream, TokenTree};
use std::str::FromStr;
use syn::{AttrStyle, Attribute, Item, ItemFn, ReturnType, Type, UseTree};

/// The line for a `main` that can return the error of the crate, which has that name in the code.
fn returned(runtime: &str) -> String {
    format!("let _python = {runtime}::init()?;")
}

/// The line for any other `main`.
fn ended(runtime: &str) -> String {
    format!("let _python = {runtime}::init().unwrap_or_else(|error| panic!(\"{{error:#}}\"));")
}

/// What is to be done with a file that has a `main`.
#[derive(Debug, PartialEq, Eq)]
pub enum Edit {
    /// It calls the crate already.
    Done,
    /// The text with one line more.
    Changed(String),
    /// Why the user has to edit it, with what to do, and the line to add.
    ByHand { why: &'static str, line: String },
}

/// Whether Rust code starts Python with the crate, by either of its two ways.
pub fn starts(text: &str, runtime: &str) -> bool {
    calls::uses(text, runtime, &["init", "Interpreter"])
}

/// Whether a build script has the linker's arguments from the crate.
pub fn links(text: &str, build: &str) -> bool {
    calls::uses(text, build, &["link", "link_to"])
}

/// The call that a build script needs.
pub fn call(build: &str) -> String {
    format!("{build}::link();")
}

/// Adds the line to `main`, as its first one. The text has `\n` at the ends of its lines.
pub fn edit(text: &str, runtime: &str) -> Edit {
    if starts(text, runtime) {
        return Edit::Done;
    }
    let by_hand = |why| Edit::ByHand { why, line: ended(runtime) };
    let line = |main, items| if returns_any_error(main, items) { returned(runtime) } else { ended(runtime) };
    let code = after_shebang(text);
    let Ok(file) = syn::parse_file(code) else { return by_hand("it cannot be parsed; what `main` has to do first is") };
    let mut mains = file.items.iter().filter_map(|item| match item {
        Item::Fn(function) if function.sig.ident == "main" => Some(function),
        _ => None,
    });
    let (Some(main), None) = (mains.next(), mains.next()) else {
        return by_hand("wanted one function `main` in it; what that has to do first is");
    };
    if main.sig.asyncness.is_some() || !main.attrs.iter().all(is_harmless) {
        let why = "an attribute makes its `main`, and Python has to be started before other threads; call that function \
                   `run`, with its attribute, and add";
        let returns = &code
            [main.sig.paren_token.span.close().byte_range().end..main.block.brace_token.span.open().byte_range().start];
        return Edit::ByHand {
            why,
            line: format!("fn main() {}{{ {} run() }}", returns.trim_start(), line(main, &file.items)),
        };
    }
    let line = line(main, &file.items);
    let shebang = text.len() - code.len();
    // The block begins with its attributes and with comments for its documentation.
    let inner = main.attrs.iter().filter(|attribute| matches!(attribute.style, AttrStyle::Inner(_)));
    let open = inner.map(|attribute| attribute.bracket_token.span.close()).next_back();
    let open = open.unwrap_or(main.block.brace_token.span.open()).byte_range().end;
    let (open, next) = (shebang + open, shebang + next_token(code, main, open));
    match place(text, open, next) {
        Some(Place::Line { at, indent }) => Edit::Changed(format!("{}{indent}{line}\n{}", &text[..at], &text[at..])),
        Some(Place::Within) => {
            let end = if text[open..].starts_with(char::is_whitespace) { "" } else { " " };
            Edit::Changed(format!("{} {line}{end}{}", &text[..open], &text[open..]))
        }
        None => Edit::ByHand { why: "its `main` begins with a comment; what it has to do first is", line },
    }
}

/// Whether an attribute leaves a function what it is: those of the compiler do, and a macro may not.
fn is_harmless(attribute: &Attribute) -> bool {
    let known = ["allow", "cfg", "cold", "deny", "doc", "expect", "inline", "must_use", "warn"];
    known.iter().any(|name| attribute.path().is_ident(name))
}

/// Where the first token behind `open` in a block begins, or its closing brace. The block is that of an item of the file.
fn next_token(code: &str, main: &ItemFn, open: usize) -> usize {
    let brace = main.block.brace_token.span;
    let is_block = |token: TokenTree| match token {
        TokenTree::Group(group) if group.span_open().byte_range() == brace.open().byte_range() => Some(group.stream()),
        _ => None,
    };
    let block = TokenStream::from_str(code).ok().and_then(|tokens| tokens.into_iter().find_map(is_block));
    let starts = block.into_iter().flatten().map(|token| token.span().byte_range().start);
    starts.into_iter().find(|start| *start >= open).unwrap_or(brace.close().byte_range().start)
}

enum Place<'a> {
    Line {
        at: usize,
        indent: &'a str,
    },
    /// The block has its first token in the line of its brace.
    Within,
}

/// Finds the place behind the brace at `open`, where `next` is the first token of the block.
fn place(text: &str, open: usize, next: usize) -> Option<Place<'_>> {
    let between = &text[open..next];
    let Some(end) = between.find('\n') else {
        return if between.trim().is_empty() { Some(Place::Within) } else { None };
    };
    // A comment of several lines could begin here.
    if between[..end].contains("/*") {
        return None;
    }
    let own = |at: usize| {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let indent = text[start..].len() - text[start..].trim_start_matches([' ', '\t']).len();
        &text[start..start + indent]
    };
    let indent = if text[next..].starts_with('}') { "    " } else { own(next) };
    Some(Place::Line { at: open + end + 1, indent })
}

/// Whether `?` turns the error of `init`, an `anyhow::Error`, into what `main` returns.
fn returns_any_error(main: &ItemFn, items: &[Item]) -> bool {
    let ReturnType::Type(_, kind) = &main.sig.output else { return false };
    let Type::Path(path) = &**kind else { return false };
    let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let Some(last) = path.path.segments.last() else { return false };
    let of_anyhow =
        |name: &str| items.iter().any(|item| matches!(item, Item::Use(found) if imports(&found.tree, name)));
    let errors: Vec<&Type> = match &last.arguments {
        syn::PathArguments::AngleBracketed(found) => found.args.iter().skip(1).filter_map(as_type).collect(),
        _ => Vec::new(),
    };
    match (names.last().map(String::as_str), errors.as_slice()) {
        (Some("Result"), []) => names == ["anyhow", "Result"] || (names.len() == 1 && of_anyhow("Result")),
        (Some("Result"), [error]) => is_any_error(error, of_anyhow("Error")),
        _ => false,
    }
}

fn as_type(argument: &syn::GenericArgument) -> Option<&Type> {
    match argument {
        syn::GenericArgument::Type(found) => Some(found),
        _ => None,
    }
}

/// `anyhow::Error` or `Box<dyn Error…>`.
fn is_any_error(error: &Type, imported: bool) -> bool {
    let Type::Path(path) = error else { return false };
    let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let boxed = |segment: &syn::PathSegment| match &segment.arguments {
        syn::PathArguments::AngleBracketed(found) => found.args.iter().filter_map(as_type).any(|kind| {
            let Type::TraitObject(object) = kind else { return false };
            object.bounds.iter().any(|bound| match bound {
                syn::TypeParamBound::Trait(found) => {
                    found.path.segments.last().is_some_and(|segment| segment.ident == "Error")
                }
                _ => false,
            })
        }),
        _ => false,
    };
    match names.last().map(String::as_str) {
        Some("Error") => names == ["anyhow", "Error"] || (names.len() == 1 && imported),
        Some("Box") => path.path.segments.last().is_some_and(boxed),
        _ => false,
    }
}

/// Whether a `use` brings a name of anyhow, under that name.
fn imports(tree: &UseTree, name: &str) -> bool {
    fn brings(tree: &UseTree, name: &str) -> bool {
        match tree {
            UseTree::Name(found) => found.ident == name,
            UseTree::Group(group) => group.items.iter().any(|tree| brings(tree, name)),
            _ => false,
        }
    }
    match tree {
        UseTree::Path(path) => path.ident == "anyhow" && brings(&path.tree, name),
        UseTree::Group(group) => group.items.iter().any(|tree| imports(tree, name)),
        _ => false,
    }
}

/// The text without a first line `#!/usr/bin/env …`, which is not Rust.
fn after_shebang(text: &str) -> &str {
    if !text.starts_with("#!") || text[2..].trim_start().starts_with('[') {
        return text;
    }
    text.find('\n').map_or("", |end| &text[end..])
}

#[cfg(test)]
mod tests;
