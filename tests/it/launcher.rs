//! The launcher: under several shells, through links, and its errors when a file is missing.

use crate::support::{Copy, NAME, bare, left_out, scratch, stderr, stdout};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// The shells of this machine. `scripts/dev/test.sh` installs missing ones where it can.
fn shells() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for words in [&["sh"][..], &["dash"], &["bash", "--posix"], &["busybox", "sh"]] {
        match which::which(words[0]) {
            Ok(path) => {
                let mut shell = vec![path.to_str().unwrap().to_owned()];
                shell.extend(words[1..].iter().map(|word| word.to_string()));
                found.push(shell);
            }
            Err(_) => left_out(&format!("the launcher under `{}`: it is not installed", words.join(" "))),
        }
    }
    assert!(found.len() >= 2, "{found:?}");
    found
}

fn version(command: &mut std::process::Command) -> String {
    let output = command.arg("--version").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn it_runs_under_every_shell_and_from_everywhere() {
    let copy = Copy::new();
    let wanted = version(&mut bare(copy.launcher()));
    let links = scratch();
    let first = links.path().join("a link");
    let second = links.path().join("second");
    symlink(copy.launcher(), &first).unwrap();
    symlink("a link", &second).unwrap();
    for shell in shells() {
        let start = |launcher: &Path, folder: &Path| {
            version(bare(&shell[0]).args(&shell[1..]).arg(launcher).current_dir(folder))
        };
        assert_eq!(start(&copy.launcher(), Path::new("/")), wanted, "{shell:?}");
        assert_eq!(start(&second, Path::new("/")), wanted, "{shell:?}");
        assert_eq!(start(Path::new(NAME), &copy.root), wanted, "{shell:?}");
        assert_eq!(start(Path::new(&format!("../{NAME}")), &copy.path("bin")), wanted, "{shell:?}");
    }
}

#[test]
fn it_verifies_under_every_shell() {
    let copy = Copy::new();
    let verify = |shell: &[String]| {
        let output =
            bare(&shell[0]).args(&shell[1..]).arg(copy.launcher()).args(["--verify", "--json"]).output().unwrap();
        let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
        (output.status.code(), report["findings"].as_array().unwrap().len())
    };
    for shell in shells() {
        assert_eq!(verify(&shell), (Some(0), 0), "{shell:?}");
    }
    let added = copy.libraries().join("libc.so.6");
    fs::write(&added, "garbage").unwrap();
    copy.replace(&copy.libraries().join("libgcc_s.so.1"), b"garbage");
    for shell in shells() {
        assert_eq!(verify(&shell), (Some(1), 2), "{shell:?}");
    }
}

/// Whoever packs an archive chooses the name of the folder.
#[test]
fn a_folder_is_named_only_if_a_terminal_shows_its_name_as_it_is() {
    let mut copy = Copy::new();
    fs::remove_file(copy.libpython()).unwrap();
    let plain = ["d", "it ü", "À", "ż", "中 €", "a\u{301}"];
    let misleading = [
        "\x1b[2K",
        "\x7f",
        "\u{80}",
        "\u{81}",
        "\u{9b}",
        "\u{9f}",
        "\u{ad}",
        "\u{61c}",
        "\u{200b}",
        "\u{2028}",
        "\u{202e}",
        "\u{2066}",
        "\u{feff}",
        "\u{fff9}",
        "\u{e0001}",
    ];
    let shells = shells();
    for (name, is_plain) in plain.map(|name| (name, true)).into_iter().chain(misleading.map(|name| (name, false))) {
        let root = copy.root.with_file_name(format!("a {name}z"));
        fs::rename(&copy.root, &root).unwrap();
        copy.root = root;
        for (shell, locale) in shells.iter().flat_map(|shell| ["C", "C.UTF-8"].map(|locale| (shell, locale))) {
            let mut command = bare(&shell[0]);
            command.args(&shell[1..]).arg(copy.launcher()).env("LC_ALL", locale);
            let text = stderr(&command.output().unwrap());
            let first = text.lines().next().unwrap();
            let folder = if is_plain { format!("{}/", copy.root.display()) } else { String::new() };
            assert!(
                first.starts_with(&format!("error: `{folder}python/runtime/lib/libpython3")),
                "{shell:?}: {text:?}"
            );
            assert!(first.ends_with("` is missing"), "{shell:?} {text:?}");
            assert_eq!(text.contains("\nhint: "), is_plain, "{shell:?}: {text:?}");
        }
    }
}

#[test]
fn it_is_found_through_path_and_cdpath_does_not_mislead_it() {
    let copy = Copy::new();
    let links = scratch();
    symlink(copy.launcher(), links.path().join(NAME)).unwrap();
    let path = format!("{}:/usr/bin:/bin", links.path().display());
    let command = format!("{NAME} --version");
    let output = bare("sh").args(["-c", &command]).env("PATH", path).env("CDPATH", "/usr:/").output().unwrap();
    assert!(stdout(&output).starts_with(NAME), "{}", stderr(&output));
}

#[test]
fn arguments_arrive_as_they_are() {
    let copy = Copy::new();
    let output = bare(copy.launcher()).args(["--a b * $(x)"]).output().unwrap();
    assert!(stderr(&output).contains("`--a b * $(x)`"), "{}", stderr(&output));
}

#[test]
fn the_contracts_variables_are_set_for_the_binary() {
    let copy = Copy::new();
    copy.replace(&copy.binary(), b"#!/bin/sh\necho \"$PYTHONHOME|$PYTHONNOUSERSITE\"\n");
    let output = bare(copy.launcher()).output().unwrap();
    let runtime = copy.path("python/runtime").canonicalize().unwrap();
    assert_eq!(stdout(&output), format!("{}|1\n", runtime.display()));
}

#[test]
fn each_missing_part_is_named() {
    type Part = fn(&Copy) -> std::path::PathBuf;
    let parts: [Part; 4] = [
        Copy::binary,
        Copy::libpython,
        |copy| copy.libraries().join("libgcc_s.so.1"),
        |copy| copy.path("python/runtime/bin/python3"),
    ];
    for part in parts {
        let copy = Copy::new();
        let path = part(&copy);
        fs::remove_file(&path).unwrap();
        let output = bare(copy.launcher()).output().unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        let name = path.strip_prefix(&copy.root).unwrap();
        assert!(text.starts_with("error: `") && text.contains(&format!("/{}` is missing", name.display())), "{text}");
        // The hint can be pasted, and the command in it also names the file.
        let hint = text.split_once("\nhint: ").unwrap().1;
        let output = bare("sh").args(["-c", hint]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{hint}");
        assert!(stderr(&output).contains(&format!("missing: {}: ", name.display())), "{}", stderr(&output));
    }
}

/// The loader of an older glibc prints a line for each version that it does not know, before any code of the dist runs.
#[test]
fn a_glibc_below_the_floor_is_told_by_verify() {
    let copy = Copy::new();
    let text = fs::read_to_string(copy.launcher()).unwrap();
    let line = text.lines().find(|line| line.starts_with("floor='2.")).expect("the launcher knows the floor");
    let raised = text.replace(line, "floor='2.999'");
    copy.replace(&copy.launcher(), raised.as_bytes());
    for shell in shells() {
        let output = bare(&shell[0]).args(&shell[1..]).arg(copy.launcher()).arg("--verify").output().unwrap();
        let found = stderr(&output) + &stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{shell:?}: {found}");
        let wanted = format!("glibc-floor: bin/{NAME}-bin: needs glibc 2.999, this system has 2.");
        assert!(found.contains(&wanted), "{shell:?}: {found}");
    }
}
