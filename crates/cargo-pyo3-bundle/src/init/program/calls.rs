//! Which functions of a crate Rust code uses, outside comments, texts and tests: by their path, or by a name that a `use`
//! brings. Works on tokens, so code inside of macros counts too.

use super::after_shebang;
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use std::str::FromStr;
use syn::{ItemUse, UseTree};

/// Whether the code uses one of these names of a crate. Code that is not Rust uses none.
pub fn uses(text: &str, package: &str, names: &[&str]) -> bool {
    let Ok(tokens) = TokenStream::from_str(after_shebang(text)) else { return false };
    let mut code = Code::default();
    code.add(tokens);
    let mut crates = code.aliases(|path| path == [package], package);
    crates.push(package.to_owned());
    names.iter().any(|name| {
        let is_it = |path: &[String]| {
            matches!(path, [first, rest @ ..] if crates.contains(first) && (rest == [*name] || rest == ["*"]))
        };
        let brought = code.aliases(is_it, name);
        let by_path = |words: &[String]| crates.contains(&words[0]) && words[1] == "::" && words[2] == *name;
        // `x.init()` is a method, and `fn init()` another function.
        let by_name = |words: &[String]| {
            !matches!(words[0].as_str(), "." | "::" | "fn")
                && brought.contains(&words[1])
                && matches!(words[2].as_str(), "(" | "::")
        };
        code.words.windows(3).any(|words| by_path(words) || by_name(words))
    })
}

/// The code as words, and the names that its `use` items bring, each with its path.
#[derive(Default)]
struct Code {
    words: Vec<String>,
    brought: Vec<(Vec<String>, String)>,
}

impl Code {
    fn add(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) if ident == "use" => {
                    let is_end = |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';');
                    let mut item = TokenStream::from(TokenTree::from(ident));
                    while let Some(token) = tokens.next_if(|token| !is_end(token)) {
                        item.extend([token]);
                    }
                    item.extend(tokens.next());
                    match syn::parse2::<ItemUse>(item.clone()) {
                        Ok(found) => self.bring(&found.tree, &[]),
                        // The list of captured lifetimes of an `impl Trait`.
                        Err(_) => self.add(item.into_iter().skip(1).collect()),
                    }
                }
                TokenTree::Group(group) => {
                    self.words.push(if group.delimiter() == Delimiter::Parenthesis { "(" } else { "{" }.into());
                    self.add(group.stream());
                    self.words.push(")".into());
                }
                TokenTree::Punct(sign) if sign.as_char() == '#' && tokens.next_if(is_of_test).is_some() => {
                    // The item ends with its block, or with a semicolon.
                    tokens.by_ref().find(|token| match token {
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        token => matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';'),
                    });
                }
                TokenTree::Punct(sign) if sign.as_char() == ':' && sign.spacing() == Spacing::Joint => {
                    tokens.next();
                    self.words.push("::".into());
                }
                other => self.words.push(other.to_string()),
            }
        }
    }

    fn bring(&mut self, tree: &UseTree, above: &[String]) {
        let with = |name: &syn::Ident| [above, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.bring(&path.tree, &with(&path.ident)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.bring(tree, above)),
            UseTree::Name(found) if found.ident == "self" => {
                self.brought.extend(above.last().map(|name| (above.to_vec(), name.clone())))
            }
            UseTree::Name(found) => self.brought.push((with(&found.ident), found.ident.to_string())),
            UseTree::Rename(found) if found.ident == "self" => {
                self.brought.push((above.to_vec(), found.rename.to_string()));
            }
            UseTree::Rename(found) => self.brought.push((with(&found.ident), found.rename.to_string())),
            UseTree::Glob(_) => self.brought.push(([above, &["*".to_owned()]].concat(), "*".into())),
        }
    }

    /// The names that a `use` gives to what has such a path; `own` is its name behind a `*`.
    fn aliases(&self, is_it: impl Fn(&[String]) -> bool, own: &str) -> Vec<String> {
        let found = self.brought.iter().filter(|(path, _)| is_it(path)).map(|(_, name)| name);
        found.map(|name| if name == "*" { own.to_owned() } else { name.clone() }).collect()
    }
}

/// Whether the brackets of an attribute make a test of an item.
fn is_of_test(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    matches!(group.stream().to_string().replace(' ', "").as_str(), "test" | "cfg(test)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(text: &str) -> bool {
        uses(text, "pyo3_bundle", &["init", "Interpreter"])
    }

    #[test]
    fn a_path_or_a_name_that_a_use_brings_is_a_use_of_the_crate() {
        for text in [
            "fn start() { if x { let _p = pyo3_bundle::init(); } }",
            "fn f() { ::pyo3_bundle::init().unwrap(); }",
            "fn f() { f(pyo3_bundle::init) }",
            "fn f() { start!(pyo3_bundle::init()); }",
            "use pyo3_bundle::init; fn f() { init(); }",
            "use pyo3_bundle::init as start; fn f() -> impl Sized + use<> { start() }",
            "fn f() { use {std::fs, pyo3_bundle::{root, init}}; let _p = init()?; }",
            "use pyo3_bundle::*; fn f() { init(); }",
            "use pyo3_bundle as python; fn f() { python::init(); }",
            "use pyo3_bundle::{self as python, root}; fn f() { python::init(); }",
            "use pyo3_bundle::{Home, Interpreter}; fn f() { Interpreter::start() }",
            "fn f() { pyo3_bundle::Interpreter::start(&home) }",
        ] {
            assert!(starts(text), "{text}");
        }
    }

    #[test]
    fn a_function_of_the_same_name_is_not_one_of_the_crate() {
        for text in [
            "fn init() {} fn main() { init(); pyo3_bundle::root(); }",
            "fn main() { logger::init(); pyo3_bundle::root(); }",
            "use pyo3_bundle::root; fn main() { env_logger::init(); root(); }",
            "use pyo3_bundle::init; fn main() { x.init(); y::init(); }",
            "use pyo3_bundle::init; fn main() { let init = 1; }",
            "use {env_logger::init, pyo3_bundle::root}; fn main() { init(); root(); }",
            "// pyo3_bundle::init()",
            "fn main() { say(\"pyo3_bundle::init()\") }",
            "pyo3_bundle_build::init()",
            "fn main( {",
        ] {
            assert!(!starts(text), "{text}");
        }
    }

    #[test]
    fn tests_do_not_count_and_what_is_behind_them_does() {
        let test = "{ pyo3_bundle::init(); }";
        assert!(starts(&format!("#[cfg(test)] mod tests; #[cfg( test )] mod t {test} fn f() {test}")));
        for text in
            [&format!("#[test] fn t() -> T<u8> {test} fn f() {{}}"), &format!("mod m {{ #[cfg(test)] mod t {test} }}")]
        {
            assert!(!starts(text), "{text}");
        }
    }
}
