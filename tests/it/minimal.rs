//! The profile `minimal`: a dist imports what its manifest lists, and says what it left out.

use crate::contents::{Other, python};
use crate::support::{bare, stderr, stdout};
use std::process::Output;

const MODULES: [&str; 10] =
    ["json", "re", "datetime", "collections", "pathlib", "subprocess", "hashlib", "logging", "csv", "dataclasses"];
const LEFT_OUT: &str =
    "the profile \"minimal\" of this dist left it out: add it to \"modules\" in [package.metadata.pyo3-bundle]";

fn keys(more: &str) -> String {
    format!("profile = \"minimal\"\nmodules = {MODULES:?}\n{more}\n")
}

#[test]
fn ten_modules_work_and_the_others_are_named() {
    let other = Other::new(&keys("projects = [\"mine\"]\n"));
    // Only a function of the project imports it.
    other.project("mine", "def fraction():\n    import fractions\n    return fractions.Fraction('0.5')\n");
    let output = other.stage(&["--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let rule_of = |path: &str| {
        let rules = report["slimmed"].as_array().unwrap().iter();
        let named = |rule: &&serde_json::Value| rule["paths"].as_array().unwrap().iter().any(|known| known == path);
        rules.filter(named).map(|rule| rule["reason"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let imported = "modules of the standard library that nothing listed in `modules` imports";
    assert_eq!(rule_of("lib/python3.13/ssl.py"), [imported]);
    assert_eq!(rule_of("lib/python3.13/idlelib/run.py"), ["IDLE, an editor that needs tk and a desktop"]);
    assert!(rule_of("lib/python3.13/json/decoder.py").is_empty());

    std::fs::rename(other.path("dist"), other.path("moved")).unwrap();
    let dist = other.path("moved");
    let findings = other.findings(&dist);
    assert!(findings.starts_with("verify: ok: "), "{findings}");
    let code = format!(
        "import {}\nimport mine\n\
         print(mine.fraction(), subprocess.run([sys.executable, '-I', '-c', 'print(7)'], capture_output=True).stdout)\n\
         print(collections.Counter('aab').most_common(1), datetime.datetime.strptime('2026', '%Y').year)\n\
         print('ü.example'.encode('idna'), 'あ'.encode('shift_jis'), 'a'.encode('cp1252'), hashlib.sha3_256(b'').name)",
        MODULES.join(", ")
    );
    let answer = python(&dist, &format!("import sys\n{code}"));
    let wanted = "1/2 b'7\\n'\n[('a', 2)] 2026\nb'xn--tda.example' b'\\x82\\xa0' b'a' sha3_256\n";
    assert_eq!(stdout(&answer), wanted, "{}", stderr(&answer));

    let program = |code: &str| bare(dist.join("other")).args(["-c", code]).output().unwrap();
    let runs: [&dyn Fn(&str) -> Output; 2] = [&|code| python(&dist, code), &program];
    for run in runs {
        for name in ["ssl", "_ssl", "email.mime", "xml.sax.handler"] {
            let first = if name.starts_with("xml") {
                "xml"
            } else if name.starts_with("email") {
                "email"
            } else {
                name
            };
            let text = stderr(&run(&format!("import {name}")));
            assert!(text.ends_with(&format!("No module named '{first}': {LEFT_OUT}\n")), "{text}");
        }
    }
    // An own mistake is not explained away, and a question gets its usual answer.
    assert!(stderr(&program("import jsn")).ends_with("No module named 'jsn'\n"));
    let code = "import importlib.util as u\nprint(u.find_spec('ssl'))\ntry: import ssl\nexcept ImportError as e: print(e.name)";
    assert_eq!(stdout(&program(code)), "None\nssl\n");
    let text = stderr(&python(&dist, "import json\njson.loads('{')"));
    assert!(text.contains("    return _default_decoder.decode(s)\n"), "a traceback has source lines: {text}");
}

#[test]
fn what_is_listed_is_proven_and_changes_have_the_last_word() {
    let other = Other::new("profile = \"minimal\"\nmodules = [\"jsn\"]\n");
    let error = stderr(&other.stage(&[]));
    assert!(error.contains("`modules` names `jsn`, which this Python cannot import\n"), "{error}");
    assert!(error.contains("the nearest of the standard library is `json`"), "{error}");

    let other = Other::new(&keys("slim.drop = [\"lib/python3.*/encodings/utf_8.py\"]\n"));
    let error = stderr(&other.stage(&[]));
    assert!(error.starts_with("error: the Python to pack cannot tell what modules import\n"), "{error}");

    let keep = "slim = { keep = [\"lib/python3.*/ssl.py\"], drop = [\"lib/python3.*/encodings/cp4*\"] }\n";
    let other = Other::new(&keys(keep));
    let dist = other.staged(&[]);
    let stdlib = dist.join("python/runtime/lib/python3.13");
    assert!(stdlib.join("ssl.py").exists() && !stdlib.join("encodings/cp437.py").exists());
    let text = stderr(&python(&dist, "import ssl"));
    assert!(text.ends_with(&format!("No module named '_ssl': {LEFT_OUT}\n")) || text.contains(LEFT_OUT), "{text}");
}
