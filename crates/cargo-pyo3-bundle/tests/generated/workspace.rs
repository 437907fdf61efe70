//! A member of a workspace, with an inherited version, inherited dependencies and an optional feature.

use crate::applications::MOST_LINES;
use crate::place::{Place, done};
use crate::sources::{self, Files};

const ROOT: &str = "\
[workspace]
members = [\"apps/*\"]
resolver = \"3\"

[workspace.package]
version = \"4.5.6\"
edition = \"2024\"

[workspace.dependencies]
pyo3 = { version = \"=0.30.1\", default-features = false }
";

const MEMBER: &str = "\
[package]
name = \"member\"
version.workspace = true
edition.workspace = true

[features]
loud = [\"dep:libc\"]

[dependencies]
libc = { version = \"0.2\", optional = true }
pyo3.workspace = true

[package.metadata.pyo3-bundle]
features = [\"loud\"]
";

const MAIN: &str = "\
use pyo3::prelude::*;

fn main() {
    let text: String = Python::attach(|py| py.import(\"json\").unwrap().name().unwrap().to_string());
    println!(\"{}\", if cfg!(feature = \"loud\") { text.to_uppercase() } else { text });
}
";

pub fn a_member_with_a_feature(place: &Place) {
    let file = |name, text: &str| (name, text.to_owned());
    let files: Files = vec![
        file("Cargo.toml", ROOT),
        file("apps/member/Cargo.toml", MEMBER),
        file("apps/member/src/main.rs", MAIN),
        file("apps/member/LICENSE", "Do what you like with it.\n"),
        file("apps/other/Cargo.toml", &MEMBER.replace("\"member\"", "\"other\"")),
        file("apps/other/src/lib.rs", ""),
        file(".gitignore", "/target\n"),
    ];
    let mut application = place.application(&files);
    application.package = Some("member");
    let lines = application.init();
    assert!(lines <= MOST_LINES, "{lines} lines");
    let dist = application.moved_dist();
    assert_eq!(dist.run("member", &[]), "JSON\n");
    let metadata = std::fs::read_to_string(dist.root.join("metadata.json")).unwrap();
    assert!(metadata.contains("\"version\": \"4.5.6\""), "{metadata}");
    let materials = std::fs::read_to_string(dist.root.join("sbom.cdx.json")).unwrap();
    assert!(materials.contains("pkg:cargo/libc@"), "the optional dependency is in the bill of materials");
}

/// A member with an include and a project of its own.
const OF_A_MEMBER: &str = "\
[package]
name = \"MEMBER\"
version.workspace = true
edition.workspace = true

[dependencies]
pyo3.workspace = true

[package.metadata.pyo3-bundle]
include = [{ from = \"data\", to = \"share\" }]
projects = [\"python\"]
";

const SAYS_WHAT_IT_HAS: &str = "\
use pyo3::prelude::*;

fn said() -> Result<String, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(pyo3_bundle::root()?.join(\"share\"))?;
    let module: String = Python::attach(|py| py.import(\"of_ours\")?.getattr(\"NAME\")?.extract())?;
    Ok(format!(\"{text} {module}\"))
}

fn main() {
    println!(\"{}\", said().unwrap());
}

#[test]
fn a_test_has_the_same() {
    let _python = pyo3_bundle::init().unwrap();
    assert_eq!(said().unwrap(), \"MEMBER MEMBER\");
}
";

/// The files of a member in that folder.
macro_rules! member {
    ($folder:literal) => {
        [
            (concat!($folder, "/Cargo.toml"), OF_A_MEMBER),
            (concat!($folder, "/src/main.rs"), SAYS_WHAT_IT_HAS),
            (concat!($folder, "/data"), "MEMBER"),
            (concat!($folder, "/python/pyproject.toml"), sources::PYPROJECT),
            (concat!($folder, "/python/LICENSE"), "Do what you like with it.\n"),
            (concat!($folder, "/python/src/of_ours/__init__.py"), "NAME = 'MEMBER'\n"),
        ]
    };
}

/// `cargo run` of a member has what its own manifest names, whichever member `python` ran for last.
pub fn members_with_packages_of_their_own(place: &Place) {
    let mut files: Files = vec![("Cargo.toml", ROOT.to_owned()), (".gitignore", "/target\n".to_owned())];
    for (name, texts) in [("one", member!("apps/one")), ("two", member!("apps/two"))] {
        files.extend(texts.map(|(path, text)| (path, text.replace("MEMBER", name))));
    }
    let mut application = place.application(&files);
    for name in ["one", "two"] {
        application.package = Some(name);
        application.init();
    }
    for name in ["one", "two"] {
        application.package = Some(name);
        done(application.bundle(&["python"]));
    }
    for name in ["one", "two"] {
        let wanted = format!("{name} {name}\n");
        assert_eq!(done(application.cargo(&["run", "--quiet", "--package", name])), wanted, "cargo run");
        let program = place.target().join("debug").join(name);
        assert_eq!(done(application.command(program).output().unwrap()), wanted, "by hand");
        done(application.cargo(&["test", "--quiet", "--package", name]));
    }
}
