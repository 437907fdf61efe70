//! Judges a dist as a tree of files: the contract's files, modes, names, and where links lead.

use super::Findings;
use crate::finding::Id;
use crate::object::{Format, Native};
use crate::verify::facts::{Entry, Facts, What};
use crate::verify::pattern::any;
use crate::verify::policy::{Contract, Modes, Policy, Role};

/// Limit for the names and links on a way: more than the kernel follows.
const MOST_STEPS: usize = 256;

pub fn judge(facts: &Facts, policy: &Policy, format: Format, findings: &mut Findings) {
    if let Some(folder) = &facts.cut_at {
        let folder = if folder.is_empty() { "." } else { folder };
        let why = format!("only {} entries were looked at: their names fill all that may be held", facts.entries.len());
        findings.add(Id::TooManyFiles, folder, why);
    }
    for (name, entry) in &facts.entries {
        if !entry.utf8 {
            findings.add(Id::NonUtf8Name, name, "its name is not UTF-8");
        }
        match &entry.what {
            What::Special(kind) => findings.add(Id::UnreadableFile, name, format!("{kind}, not a file")),
            What::Unread(why) => findings.add(Id::UnreadableFile, name, why),
            What::Link(target) => link(facts, name, target, findings),
            What::Folder => mode(&policy.modes, name, entry.mode, policy.modes.folder_needs, findings),
            What::File(_) => mode(&policy.modes, name, entry.mode, policy.modes.file_needs, findings),
        }
    }
    for entry in &policy.rules(format).contract {
        contract(facts, entry, format, findings);
    }
    for entry in &policy.rules(format).absent {
        // Windows finds a file by any case of its name.
        let folded = |name: &str| if format == Format::Pe { name.to_lowercase() } else { name.to_owned() };
        for name in facts.entries.keys().filter(|name| any(&entry.files, &folded(name))) {
            findings.add(Id::MisplacedFile, name, &entry.reason);
        }
    }
}

fn mode(modes: &Modes, name: &str, mode: u32, needed: u32, findings: &mut Findings) {
    let bits = [(0o4000, "setuid"), (0o2000, "setgid"), (0o1000, "sticky"), (0o020, "writable for its group")];
    let bits = bits.into_iter().chain([(0o002, "writable for everybody")]);
    let named: Vec<_> = bits.filter(|(bit, _)| mode & modes.forbidden & bit != 0).map(|(_, text)| text).collect();
    if mode & modes.forbidden != 0 {
        findings.add(Id::UnsafeMode, name, format!("{mode:04o}: {}", named.join(", ")));
    }
    if mode & needed != needed {
        findings.add(Id::Unreadable, name, format!("{mode:04o}: wanted {needed:04o} at least, for everybody"));
    }
}

/// Where a way leads, by the entries of the dist alone.
#[derive(Debug, PartialEq, Eq)]
enum End {
    At(String),
    Nowhere,
    Outside,
    Loop,
}

fn link(facts: &Facts, name: &str, target: &str, findings: &mut Findings) {
    let why = format!("leads to {target}");
    if target.starts_with('/') {
        return findings.add(Id::AbsoluteLink, name, why);
    }
    match follow(facts, name) {
        End::At(_) => {}
        End::Nowhere => findings.add(Id::DanglingLink, name, why),
        End::Outside => findings.add(Id::EscapingLink, name, why),
        End::Loop => findings.add(Id::LinkLoop, name, why),
    }
}

/// Walks as the kernel does: a `..` after a link counts from where the link led.
fn follow(facts: &Facts, name: &str) -> End {
    let mut at: Vec<&str> = Vec::new();
    let mut way: Vec<&str> = name.rsplit('/').collect();
    let mut steps = 0;
    while let Some(part) = way.pop() {
        steps += 1;
        if steps > MOST_STEPS {
            return End::Loop;
        }
        match part {
            "" | "." => continue,
            ".." if at.pop().is_none() => return End::Outside,
            ".." => continue,
            part => at.push(part),
        }
        match facts.entries.get(&at.join("/")).map(|entry| &entry.what) {
            None => return End::Nowhere,
            Some(What::Link(target)) if target.starts_with('/') => return End::Outside,
            Some(What::Link(target)) => {
                at.pop();
                way.extend(target.rsplit('/'));
            }
            Some(What::Folder) => {}
            Some(_) if way.is_empty() => {}
            Some(_) => return End::Nowhere,
        }
    }
    End::At(at.join("/"))
}

/// The entry that a name stands for, at the end of its links.
fn entry_at<'a>(facts: &'a Facts, name: &str) -> Option<&'a Entry> {
    match follow(facts, name) {
        End::At(name) => facts.entries.get(&name),
        _ => None,
    }
}

fn contract(facts: &Facts, contract: &Contract, format: Format, findings: &mut Findings) {
    let path = contract.path.as_str();
    let names = facts.entries.keys().filter(|name| contract.path.matches(name));
    let mut reasons = names.map(|name| unfit(entry_at(facts, name), contract.kind, format));
    let first = reasons.next().unwrap_or(Some("it is not there"));
    if let Some(why) = first
        && !reasons.any(|other| other.is_none())
    {
        findings.add(Id::MissingFile, path, format!("{why} ({})", contract.reason));
    }
}

fn unfit(entry: Option<&Entry>, kind: Role, format: Format) -> Option<&'static str> {
    let Some(entry) = entry else { return Some("its link leads nowhere") };
    let What::File(content) = &entry.what else { return Some("it is not a file") };
    let everybody_may_run = format == Format::Pe || entry.mode & 0o111 == 0o111;
    let is_native = content.native.format() == Some(format) && !matches!(content.native, Native::Damaged(..));
    match kind {
        Role::Script if !everybody_may_run => Some("not everybody can run it"),
        Role::Program if is_native && !everybody_may_run => Some("not everybody can run it"),
        Role::Native | Role::Program if !is_native => Some("it is not a program or library of the dist's system"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Dist;
    use super::*;

    #[test]
    fn a_file_of_the_contract_is_missed() {
        let contract = [
            ("app", "app: it is not there"),
            ("bin/app-bin", "bin/app-bin: it is not there"),
            ("metadata.json", "metadata.json: it is not there"),
            ("python/runtime/bin/python3", "python/runtime/bin/python3: it is not there"),
            ("python/runtime/bin/python3.13", "python/runtime/bin/python3: its link leads nowhere"),
            ("python/runtime/lib/libpython3.13.so.1.0", "lib/libpython3.*.so.1.0: it is not there"),
            ("python/runtime/lib/python3.13/encodings/__init__.py", "encodings/__init__.py*: it is not there"),
        ];
        for (name, wanted) in contract {
            Dist::linux().trips("missing-file", wanted, |dist| assert!(dist.facts.entries.remove(name).is_some()));
        }
        Dist::linux().trips("missing-file", "bin/app-bin: it is not a program", |dist| {
            dist.file("bin/app-bin", Native::None);
        });
        for name in ["app", "bin/app-bin"] {
            let wanted = format!("{name}: not everybody can run it");
            Dist::linux().trips("missing-file", &wanted, |dist| dist.entry(name).mode = 0o644);
        }
        // A library needs no such bit, and on Windows nothing has it.
        let library = |dist: &mut Dist| dist.entry("python/runtime/lib/libpython3.13.so.1.0").mode = 0o644;
        assert_eq!(Dist::linux().with(library).findings(), Vec::<String>::new());
        let without = |dist: &mut Dist| {
            let files = dist.facts.entries.values_mut().filter(|entry| matches!(entry.what, What::File(_)));
            files.for_each(|entry| entry.mode = 0o644);
        };
        assert_eq!(Dist::windows().with(without).findings(), Vec::<String>::new());
        Dist::macos().trips("missing-file", "libpython3.*.dylib", |dist| {
            dist.facts.entries.remove("python/runtime/lib/libpython3.13.dylib");
        });
        Dist::windows().trips("missing-file", "app.cmd", |dist| drop(dist.facts.entries.remove("app.cmd")));
    }

    #[test]
    fn modes_that_give_too_much_or_too_little_are_found() {
        let mode = |mode| move |dist: &mut Dist| dist.entry("app").mode = mode;
        Dist::linux().trips("unsafe-mode", "app: 4755: setuid", mode(0o4755));
        Dist::linux().trips("unsafe-mode", "app: 2755: setgid", mode(0o2755));
        Dist::linux().trips("unsafe-mode", "app: 0777: writable for its group, writable for everybody", mode(0o777));
        Dist::linux().trips("unreadable", "app: 0711: wanted 0444", mode(0o711));
        Dist::linux().trips("unreadable", "bin: 0744: wanted 0555", |dist| dist.entry("bin").mode = 0o744);
    }

    #[test]
    fn what_cannot_be_read_is_found() {
        let what = |what| move |dist: &mut Dist| dist.add("bin/x", what);
        Dist::linux().trips("unreadable-file", "bin/x: a FIFO", what(What::Special("a FIFO")));
        Dist::linux().trips("unreadable-file", "bin/x: denied", what(What::Unread("denied".into())));
        Dist::linux().trips("non-utf8-name", "bin/app-bin", |dist| dist.entry("bin/app-bin").utf8 = false);
        Dist::linux().trips("too-many-files", "bin", |dist| dist.facts.cut_at = Some("bin".into()));
    }

    #[test]
    fn links_are_judged_by_where_they_lead() {
        let link = |target: &str| {
            let target = target.to_owned();
            move |dist: &mut Dist| dist.add("bin/x", What::Link(target))
        };
        Dist::linux().trips("dangling-link", "bin/x: leads to nothing", link("nothing"));
        for below_a_file in ["app-bin/below", "app-bin/..", "app-bin/."] {
            Dist::linux().trips("dangling-link", &format!("bin/x: leads to {below_a_file}"), link(below_a_file));
        }
        Dist::linux().trips("absolute-link", "bin/x: leads to /usr", link("/usr"));
        Dist::linux().trips("escaping-link", "bin/x: leads to ../..", link("../.."));
        Dist::linux().trips("escaping-link", "bin/x", link("../../dist/bin/app-bin"));
        Dist::linux().trips("link-loop", "bin/x: leads to x", link("x"));
        Dist::linux().trips("link-loop", "bin/x: leads to y/z", |dist| {
            dist.add("bin/x", What::Link("y/z".into()));
            dist.add("bin/y", What::Link("x/z".into()));
        });
        Dist::linux().trips("escaping-link", "bin/x: leads to y/lib", |dist| {
            dist.add("bin/x", What::Link("y/lib".into()));
            dist.add("bin/y", What::Link("/python/runtime".into()));
        });
        let behind_a_link = |dist: &mut Dist| {
            dist.add("lib", What::Link("python/runtime/lib".into()));
            dist.add("bin/x", What::Link("../lib/../bin/python3".into()));
            dist.add("bin/y", What::Link("../app".into()));
            dist.add("bin/z", What::Link("..".into()));
        };
        assert_eq!(Dist::linux().with(behind_a_link).findings(), Vec::<String>::new());
    }

    #[test]
    fn a_link_of_links_without_end_is_given_up() {
        // Two steps lead to the link, and one to the file behind the dots.
        let dots = |count: usize| {
            let target = format!("{}app-bin", "./".repeat(count));
            move |dist: &mut Dist| dist.add("bin/x", What::Link(target))
        };
        assert_eq!(Dist::linux().with(dots(MOST_STEPS - 3)).findings(), Vec::<String>::new());
        Dist::linux().trips("link-loop", "bin/x", dots(MOST_STEPS - 2));
        Dist::linux().trips("link-loop", "bin/x", dots(5000));
    }
}
