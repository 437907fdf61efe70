//! A formula for Homebrew, which is a program in Ruby. <https://docs.brew.sh/Formula-Cookbook>

use super::{Archive, Program};
use crate::formats::Release;
use crate::formats::packages::about::About;
use crate::shown::visible;
use anyhow::Result;
use spdx::expression::{ExprNode, Operator};
use std::fmt::Write;

/// How Homebrew names systems and machines.
const SYSTEMS: [(&str, &str); 2] = [("macos", "on_macos"), ("linux", "on_linux")];
const MACHINES: [(&str, &str, &str); 2] = [("aarch64", "on_arm", "arm64"), ("x86_64", "on_intel", "x86_64")];

pub fn text(release: &Release, about: &About, archives: &[Archive], programs: &[Program]) -> Result<String> {
    let mut text = format!("class {} < Formula\n", class(&about.name));
    write!(
        text,
        "  desc {}\n  homepage {}\n  version {}\n  license {}\n",
        quoted(&about.description),
        quoted(about.homepage.unwrap_or(release.url)),
        quoted(&release.application.version),
        license(about.license),
    )?;
    for (os, block) in SYSTEMS {
        let own: Vec<&Archive> = archives.iter().filter(|archive| archive.os == os).collect();
        if !own.is_empty() {
            writeln!(text, "\n  {block} do\n{}  end", machines(&own)?)?;
        }
        if own.len() == archives.len() {
            writeln!(text, "\n  depends_on :{os}")?;
        }
    }
    // Homebrew would write absolute install names into libraries, remove files, and put its own name into the records of
    // installed packages. The dist is whole and relocatable as it is, and `--verify` compares its files with their sums.
    text += "\n  # The files stay as they are: the program checks their sums.\n  preserve_rpath\n  skip_clean \"libexec\"\n";
    text += "\n  def install\n    libexec.install Dir[\"*\"]\n";
    for Program { command, place } in programs {
        writeln!(text, "    bin.install_symlink libexec/{} => {}", quoted(place), quoted(command))?;
    }
    text += "  end\n\n  test do\n";
    for Program { command, .. } in programs {
        writeln!(text, "    assert_predicate bin/{}, :executable?", quoted(command))?;
    }
    Ok(text + "  end\nend\n")
}

fn machines(archives: &[&Archive]) -> Result<String> {
    let mut text = String::new();
    for (arch, block, name) in MACHINES {
        let Some(Archive { url, sha256, .. }) = archives.iter().find(|archive| archive.arch == arch) else { continue };
        let (url, sha256) = (quoted(url), quoted(sha256));
        write!(text, "    {block} do\n      url {url}\n      sha256 {sha256}\n    end\n")?;
        if archives.len() == 1 {
            writeln!(text, "\n    depends_on arch: :{name}")?;
        }
    }
    Ok(text)
}

/// `an-app` is in the class `AnApp`.
fn class(name: &str) -> String {
    let parts = name.split(['-', '_', '.']);
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    parts.filter(|part| !part.is_empty()).map(capital).collect::<String>().replace('+', "x")
}

/// A text of Ruby in which nothing is expanded.
fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text).replace('\\', "\\\\").replace('"', "\\\"").replace('#', "\\#"))
}

/// A licence as Homebrew writes it. <https://docs.brew.sh/License-Guidelines>
enum License {
    One(String),
    With(String),
    Several(&'static str, Vec<License>),
}

impl License {
    fn inside(&self) -> String {
        match self {
            License::One(text) => text.clone(),
            License::With(_) | License::Several(..) => format!("{{ {} }}", self.outside()),
        }
    }

    fn outside(&self) -> String {
        match self {
            License::One(text) | License::With(text) => text.clone(),
            License::Several(how, all) => {
                format!("{how}: [{}]", all.iter().map(License::inside).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Translates an SPDX expression. What is none is quoted as it stands.
fn license(text: &str) -> String {
    let as_it_stands = || quoted(text);
    let canonical = spdx::Expression::canonicalize(text).ok().flatten();
    let Ok(expression) = spdx::Expression::parse(canonical.as_deref().unwrap_or(text)) else { return as_it_stands() };
    let mut stack: Vec<License> = Vec::new();
    // The operators come after what they join.
    for node in expression.iter() {
        let next = match node {
            ExprNode::Req(found) => {
                let license = quoted(&found.req.license.to_string());
                match &found.req.addition {
                    Some(addition) => {
                        License::With(format!("{license} => {{ with: {} }}", quoted(&addition.to_string())))
                    }
                    None => License::One(license),
                }
            }
            ExprNode::Op(operator) => {
                let how = if *operator == Operator::And { "all_of" } else { "any_of" };
                let (Some(second), Some(first)) = (stack.pop(), stack.pop()) else { return as_it_stands() };
                let parts = |license| match license {
                    License::Several(inner, all) if inner == how => all,
                    other => vec![other],
                };
                License::Several(how, parts(first).into_iter().chain(parts(second)).collect())
            }
        };
        stack.push(next);
    }
    stack.pop().map_or_else(as_it_stands, |license| license.outside())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_class_and_a_text_has_no_code() {
        assert_eq!([class("app"), class("an-app"), class("a_b.c"), class("g++")], ["App", "AnApp", "ABC", "Gxx"]);
        assert_eq!(quoted("a \"b\" #{exit} \\"), r##""a \"b\" \#{exit} \\""##);
        assert_eq!(quoted("a\nb"), r#""a\\nb""#);
    }

    #[test]
    fn licences_are_homebrews() {
        assert_eq!(license("MIT"), "\"MIT\"");
        assert_eq!(license("MIT OR Apache-2.0"), "any_of: [\"MIT\", \"Apache-2.0\"]");
        assert_eq!(license("MIT/Apache-2.0 OR Zlib"), "any_of: [\"MIT\", \"Apache-2.0\", \"Zlib\"]");
        assert_eq!(
            license("(MIT OR Apache-2.0 WITH LLVM-exception) AND Zlib"),
            "all_of: [{ any_of: [\"MIT\", { \"Apache-2.0\" => { with: \"LLVM-exception\" } }] }, \"Zlib\"]"
        );
        assert_eq!(license("Apache-2.0 WITH LLVM-exception"), "\"Apache-2.0\" => { with: \"LLVM-exception\" }");
        assert_eq!(license("my own words"), "\"my own words\"");
    }
}
