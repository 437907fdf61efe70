//! Which findings of a smoke the policy allows. The program knows no policy, and finds every library of the machine that is
//! not glibc's; a policy leaves some to the system, such as a driver's.

use crate::finding::Id;
use crate::object::elf;
use crate::verify::Policy;
use serde_json::Value;
use std::path::Path;

/// A library of the machine that the program has loaded.
struct Foreign {
    path: String,
    /// The name that other files need it by; the file's own name can have the whole version.
    soname: String,
    needed: Vec<String>,
}

/// Takes the findings out of a report that the policy allows, and returns their paths. Without another finding the report
/// is one of a whole dist.
pub fn take(report: &mut Value, policy: &Policy) -> Vec<String> {
    let Some(findings) = report.get_mut("findings").and_then(Value::as_array_mut) else { return Vec::new() };
    let is_foreign = |finding: &&Value| finding["id"] == Id::ForeignObject.as_str();
    let foreign = findings.iter().filter(is_foreign).filter_map(|finding| Foreign::of(finding["path"].as_str()?));
    let allowed = allowed(foreign.collect(), policy);
    findings.retain(|finding| !allowed.iter().any(|path| is_foreign(&finding) && finding["path"] == path.as_str()));
    if !allowed.is_empty() && findings.is_empty() {
        report["ok"] = true.into();
    }
    allowed
}

impl Foreign {
    fn of(path: &str) -> Option<Foreign> {
        let place = Path::new(path);
        let elf = elf::read(place).ok()??;
        let name = || place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Some(Foreign { soname: elf.soname.unwrap_or_else(name), path: path.to_owned(), needed: elf.needed })
    }
}

/// The libraries that the policy names, and those of the machine that these need in turn.
fn allowed(mut rest: Vec<Foreign>, policy: &Policy) -> Vec<String> {
    let (mut allowed, mut needed) = (Vec::new(), Vec::new());
    while let Some(at) =
        rest.iter().position(|it| policy.leaves_to_any_system(&it.soname) || needed.contains(&it.soname))
    {
        let next = rest.swap_remove(at);
        needed.extend(next.needed);
        allowed.push(next.path);
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::fixture::{NEEDED, elf_of};
    use crate::verify::policy;
    use serde_json::json;
    use std::fs;

    const SONAME: u64 = 14;

    #[test]
    fn a_driver_that_the_policy_names_is_allowed_with_what_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let library = |name: &str, entries: &[(u64, &str)]| {
            let path = folder.path().join(name);
            fs::write(&path, elf_of(entries)).unwrap();
            path.display().to_string()
        };
        let driver = library("libdriver.so.535.1", &[(SONAME, "libdriver.so.1"), (NEEDED, "libhelper.so.2")]);
        let helper = library("libhelper.so.2", &[(NEEDED, "libc.so.6")]);
        let other = library("libother.so", &[]);
        let finding = |id: &str, path: &str| json!({"id": id, "path": path, "why": "is mapped"});
        let report = |paths: &[&String]| {
            let findings: Vec<Value> = paths.iter().map(|path| finding("foreign-object", path)).collect();
            json!({"ok": false, "findings": findings})
        };
        let add = |text: &str| Policy::parse(&(policy::DEFAULT.to_owned() + text), "app").unwrap();
        let of_system = add("[[elf.system]]\nnames = [\"libdriver.so.*\"]\nreason = \"a driver\"\n");
        let of_a_file = add(
            "[[allow]]\nid = \"foreign-needed\"\nfiles = [\"bin/*\"]\ntext = \"libdriver.so.1\"\nreason = \"a driver\"\n",
        );
        for policy in [of_system, of_a_file] {
            let mut whole = report(&[&helper, &driver]);
            assert_eq!(take(&mut whole, &policy), [driver.clone(), helper.clone()]);
            assert_eq!(whole, json!({"ok": true, "findings": []}));
            let mut mixed = report(&[&driver, &other]);
            assert_eq!(take(&mut mixed, &policy), std::slice::from_ref(&driver));
            assert_eq!(mixed, report(&[&other]));
            let mut of_another_kind = json!({"ok": false, "findings": [finding("outside-dist", &driver)]});
            assert!(take(&mut of_another_kind, &policy).is_empty() && of_another_kind["ok"] == false);
        }
        let mut refused = report(&[&helper, &driver]);
        assert!(take(&mut refused, &add("")).is_empty() && refused["ok"] == false);
    }
}
