//! `cargo pyo3-bundle python`: what it installs, keeps, records and refuses.

use crate::archives::ABC;
use crate::support::{App, Said, json, namespace};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

/// Stands in for a uv that installs a Python which only prints its version. Notes each call that is not for its version.
pub const UV: &str = r#"if [ "$1" = --version ]; then echo "uv 99.0.0 (stand-in)"; exit; fi
echo "$* mirror=${UV_PYTHON_INSTALL_MIRROR-} python=${UV_PYTHON-}" >>called
case "$3" in
  install)
    for version do :; done
    tree=$5/cpython-$version-linux-x86_64-gnu
    mkdir -p "$tree/bin" "$tree/lib" "$5/.temp" "$UV_PYTHON_CACHE_DIR"
    printf '#!/bin/sh\necho %s\n' "$version" >"$tree/bin/python3" && chmod +x "$tree/bin/python3"
    ln -s "$tree" "$5/cpython-${version%.*}-linux-x86_64-gnu"
    printf abc >"$UV_PYTHON_CACHE_DIR/ba7816bf-cpython-$version-1-x.tar.gz" ;;
  list)
    for version do :; done
    echo '[{"version": "'$version'", "variant": "freethreaded", "url": "https://host/other"},
      {"version": "'$version'", "variant": "default", "url": "https://me:secret@host/cpython-'$version'%2B1-x.tar.gz"}]' ;;
esac"#;

/// Stands in for a uv that cannot reach what it should download.
const NO_NETWORK: &str = r#"if [ "$1" = --version ]; then echo "uv 99.0.0"; exit; fi
printf 'error: Failed to install\n  cause: Request failed after 3 retries\n  cause: dns error\n' >&2
exit 2"#;

fn app() -> App {
    let app = App::new();
    app.stand_in("uv", UV);
    app
}

#[test]
fn the_pin_is_installed_once_with_its_names_and_its_record() {
    let app = app();
    let mut first = app.command(&["python", "--json"]);
    let output = first.env("UV_PYTHON", "2.7").env("UV_PYTHON_INSTALL_MIRROR", "file:///m").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(
        (&report["installed"], &report["version"], &report["provider"]),
        (&true.into(), &"3.13.5".into(), &"uv".into())
    );
    let record = json(&app.read(".local/python/provenance.json"));
    assert_eq!(record["source_url"], "https://host/cpython-3.13.5%2B1-x.tar.gz");
    assert_eq!((&record["source_sha256"], &record["pinned_version"]), (&ABC.into(), &"3.13.5".into()));
    assert_eq!(app.names(".local/python"), ["bin", "cpython-3.13.5-linux-x86_64-gnu", "provenance.json", "runtime"]);
    assert_eq!(fs::read_link(app.at("target/python/runtime")).unwrap().to_str(), Some("../../.local/python/runtime"));
    assert!(app.at("target/python/runtime/bin/python3").is_file());
    let calls = app.read("called");
    let (install, list) = calls.split_once('\n').unwrap();
    assert!(install.contains("--no-bin --reinstall 3.13.5 mirror=file:///m python="), "{calls}");
    assert!(install.ends_with("python=") && list.contains("mirror= "), "{calls}");
    // With the pin installed, uv is not even looked for, and the links are made again.
    app.stand_in("uv", "exit 1");
    fs::remove_dir_all(app.at("target")).unwrap();
    let report = json(&app.run(&["python", "--json"]).fine());
    assert_eq!((&report["installed"], app.read("called")), (&false.into(), calls));
    assert!(app.exists("target/python/runtime"));
    assert_eq!(app.run(&["python"]).fine(), "");
}

#[test]
fn a_python_from_a_list_of_the_users_says_so() {
    let app = app();
    let list = "https://host/list.json";
    let output = app.command(&["python", "--json"]).env("UV_PYTHON_DOWNLOADS_JSON_URL", list).output().unwrap();
    let report = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!((&report["provider"], &report["source_sha256"]), (&"list".into(), &ABC.into()));
    assert_eq!(report["source_url"], "https://host/cpython-3.13.5%2B1-x.tar.gz");
}

#[test]
fn cargo_reads_flags_that_keep_this_machines_paths_out() {
    let app = app();
    app.run(&["python"]).fine();
    let config: toml::Table = toml::from_str(&app.read(".local/cargo.toml")).unwrap();
    let flags = format!("{:?}", config["target"]["cfg(all())"]["rustflags"]);
    assert!(flags.contains(&format!("--remap-path-prefix={}=/src", app.path().display())), "{flags}");
    assert_eq!(config["env"]["PYO3_ENVIRONMENT_SIGNATURE"].as_str(), Some("cpython-3.13.5-linux-x86_64-gnu"));
    let written = fs::metadata(app.at(".local/cargo.toml")).unwrap().modified().unwrap();
    app.run(&["python"]).fine();
    assert_eq!(fs::metadata(app.at(".local/cargo.toml")).unwrap().modified().unwrap(), written);
}

#[test]
fn another_pin_replaces_the_python_and_a_failure_keeps_it() {
    let app = app();
    app.run(&["python"]).fine();
    app.write(".python-version", "3.13.6\n");
    app.stand_in("uv", NO_NETWORK);
    let text = app.run(&["python"]).refused(1);
    assert!(text.contains("  cause: dns error\nerror: CPython 3.13.6 cannot be downloaded\n"), "{text}");
    assert!(text.contains("obeys UV_PYTHON_INSTALL_MIRROR"), "{text}");
    assert!(app.read(".local/cache/uv-download.log").ends_with("cause: dns error\n"));
    assert_eq!(json(&app.read(".local/python/provenance.json"))["version"], "3.13.5");
    assert_eq!(app.names(".local/python"), ["bin", "cpython-3.13.5-linux-x86_64-gnu", "provenance.json", "runtime"]);
    app.stand_in("uv", UV);
    app.run(&["python"]).fine();
    assert_eq!(app.names(".local/python"), ["bin", "cpython-3.13.6-linux-x86_64-gnu", "provenance.json", "runtime"]);
    assert!(!app.exists(".local/cache/uv-download.log"));
}

#[test]
fn a_wrong_sum_is_not_out_of_reach() {
    let app = app();
    app.stand_in("uv", &NO_NETWORK.replace("dns error", "Hash mismatch for x"));
    let text = app.run(&["python"]).refused(1);
    assert!(text.contains("CPython 3.13.5 cannot be installed"), "{text}");
    assert!(!app.exists(".local/cache/uv-download.log"));
}

/// Without a network, an archive that was fetched before is worth keeping.
#[test]
fn a_failure_removes_only_damaged_archives_from_the_cache() {
    let app = app();
    app.run(&["python"]).fine();
    app.write(".python-version", "3.13.6\n");
    app.write(".local/cache/python/00000000-cpython-3.13.6-1-x.tar.gz", "abc");
    app.stand_in("uv", &NO_NETWORK.replace("dns error", "Hash mismatch for x"));
    app.run(&["python"]).refused(1);
    assert_eq!(app.names(".local/cache/python"), ["ba7816bf-cpython-3.13.5-1-x.tar.gz"]);
}

#[test]
fn a_python_that_does_not_run_is_installed_again() {
    let app = app();
    app.run(&["python"]).fine();
    app.stand_in(".local/python/cpython-3.13.5-linux-x86_64-gnu/bin/python3", "exit 1");
    app.run(&["python"]).fine();
    assert_eq!(app.read("called").matches(" install ").count(), 2);
}

/// A build that stands in for the pin, as `build-from-source.sh` of this repository makes one.
#[test]
fn a_build_is_installed_with_its_record_and_a_warning() {
    let app = app();
    app.write("build.json", r#"{"provider": "source", "version": "3.13.4", "recipe": "r", "patches": ["one", "two"]}"#);
    let said = app.run(&["python", "--record", "build.json"]);
    assert_eq!(said.status, Some(0), "{}", said.error);
    let wanted = "warning: installed CPython 3.13.4, built from source, instead of the pinned 3.13.5: not for releases \
        (`--strict` refuses it)\n";
    assert_eq!(said.error, wanted);
    let record = json(&app.read(".local/python/provenance.json"));
    assert_eq!((&record["provider"], &record["pinned_version"]), (&"source".into(), &"3.13.5".into()));
    assert_eq!((&record["recipe"], &record["patches"][1]), (&"r".into(), &"two".into()));
    // It is what is wanted from now on, with its record and without.
    app.run(&["python", "--record", "build.json"]).fine();
    app.run(&["python"]).fine();
    assert_eq!(app.read("called").lines().count(), 1);
    app.write("build.json", r#"{"provider": "source", "version": "3.13.4", "recipe": "s", "patches": []}"#);
    assert_eq!(app.run(&["python", "--record", "build.json"]).status, Some(0));
    assert_eq!(app.read("called").lines().count(), 2);
    // One of another recipe is not, for who names a recipe.
    app.run(&["python", "--recipe", "s"]).fine();
    assert_eq!(app.read("called").lines().count(), 2);
    app.run(&["python", "--recipe", "t"]).fine();
    assert_eq!(json(&app.read(".local/python/provenance.json"))["provider"], "uv");
    app.write("build.json", r#"{"provider": "source", "version": "3.13.4", "recipe": "s", "patches": []}"#);
    let text = app.run(&["python", "--strict", "--record", "build.json"]).refused(2);
    assert!(text.contains("the build is CPython 3.13.4") && text.contains("wanted 3.13.5"), "{text}");
    app.run(&["python", "--strict"]).fine();
    assert_eq!(json(&app.read(".local/python/provenance.json"))["version"], "3.13.5");
}

/// Stands in for a python3 with a pip that makes a uv where it is told to.
const PIP: &str = r#"case "$*" in
  *"pip "*--version*) exit ;;
  *"pip "*install*)
    while [ "$1" != --target ]; do shift; done
    mkdir -p "$2/bin" "$2/uv-VERSION.dist-info" && cp uv-of-the-wheel "$2/bin/uv" && chmod +x "$2/bin/uv"
    echo "$*" >>pip-called
    cp "$4" requirements ;;
  *) exit 1 ;;
esac"#;

#[test]
fn a_uv_that_is_too_old_is_not_used_and_the_pinned_one_is_fetched_once() {
    let app = App::new();
    app.stand_in("uv", "echo uv 0.1.0");
    let pinned = include_str!("../../src/managed/uv/requirements.txt");
    let version = pinned.strip_prefix("uv==").unwrap().split(' ').next().unwrap();
    app.stand_in("python3", &PIP.replace("VERSION", version));
    app.write("uv-of-the-wheel", &format!("#!/bin/sh\n{UV}\n"));
    app.run(&["python"]).fine();
    assert_eq!(app.read("requirements"), pinned);
    assert_eq!(app.names(".local"), [".gitignore", "cache", "cargo.toml", "python", "python.lock", "uv"]);
    app.write(".python-version", "3.13.6\n");
    app.run(&["python"]).fine();
    assert_eq!(app.read("pip-called").lines().count(), 1);
}

#[test]
fn a_uv_that_cannot_be_fetched_says_what_pip_said() {
    let app = App::new();
    app.stand_in("uv", "exit 1");
    app.stand_in("python3", "case \"$*\" in *--version*) exit ;; esac; echo looking; echo 'no route to index'; exit 1");
    let text = app.run(&["python"]).refused(1);
    assert!(text.contains("cannot be fetched") && text.contains("its last line: no route to index"), "{text}");
    assert!(text.contains("\nhint: curl -LsSf https://astral.sh/uv/"), "{text}");
    assert_eq!(app.names(".local"), [".gitignore", "cache", "python", "python.lock"]);
}

#[test]
fn a_second_run_waits_for_the_first() {
    let app = app();
    app.stand_in("uv", &format!("mkfifo gate 2>/dev/null && {{ : >waiting; timeout 20 cat gate; }}\n{UV}"));
    let mut first = app.command(&["python"]);
    // A failed test must not leave a process that holds its output open.
    let first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !app.exists("waiting") {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let mut second = app.command(&["python"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(second.stderr.as_mut().unwrap()), &mut line).unwrap();
    assert_eq!(line, "warning: another run is installing Python or packages: waiting for its end\n");
    fs::write(app.at("gate"), "").unwrap();
    assert!(second.wait().unwrap().success() && first.wait_with_output().unwrap().status.success());
    assert_eq!(app.read("called").matches(" install ").count(), 1);
}

/// One run installs packages while another would replace the Python that they are for.
#[test]
fn a_run_that_installs_packages_is_waited_for() {
    let app = app();
    app.run(&["python"]).fine();
    app.write("lock.txt", "");
    let manifest = app.read("Cargo.toml") + "[package.metadata.pyo3-bundle]\nrequirements = \"lock.txt\"\n";
    app.write("Cargo.toml", &manifest);
    app.stand_in("uv", &format!("[ \"$1\" != pip ] || {{ : >waiting; timeout 20 cat gate; }}\n{UV}"));
    assert!(Command::new("mkfifo").arg(app.at("gate")).status().unwrap().success());
    let mut first = app.command(&["python"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !app.exists("waiting") {
        assert!(first.try_wait().unwrap().is_none(), "it did not ask uv for packages");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    app.write("Cargo.toml", manifest.split_once("[package.metadata").unwrap().0);
    app.write(".python-version", "3.13.6\n");
    let mut second = app.command(&["python"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(second.stderr.as_mut().unwrap()), &mut line).unwrap();
    assert_eq!(line, "warning: another run is installing Python or packages: waiting for its end\n");
    fs::write(app.at("gate"), "").unwrap();
    assert!(second.wait().unwrap().success() && first.wait().unwrap().success());
    assert_eq!(app.read("called").matches(" install ").count(), 3, "two Pythons, and packages once");
    assert_eq!(json(&app.read(".local/python/provenance.json"))["version"], "3.13.6");
}

#[test]
fn what_is_in_the_way_of_a_link_stays() {
    let app = app();
    app.write("target/python/runtime/letters", "dear");
    let text = app.run(&["python"]).refused(1);
    assert!(text.contains("is in the way") && text.contains("\nhint: rm -r -- '"), "{text}");
    assert_eq!(app.read("target/python/runtime/letters"), "dear");
}

#[test]
fn a_target_folder_elsewhere_gets_a_link_by_an_absolute_path() {
    let app = app();
    let elsewhere = tempfile::tempdir().unwrap();
    let output = app.command(&["python"]).env("CARGO_TARGET_DIR", elsewhere.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let link = fs::read_link(elsewhere.path().join("python/runtime")).unwrap();
    assert_eq!(link, app.at(".local/python/runtime"));
    assert!(!app.exists("target"));
    let flag = format!("--remap-path-prefix={}=/target", elsewhere.path().display());
    assert!(app.read(".local/cargo.toml").contains(&flag), "{}", app.read(".local/cargo.toml"));
}

#[test]
fn a_checkout_that_cannot_be_written_to_is_an_error_of_the_environment() {
    let app = app();
    // Also fails for root, who may write into a folder without permissions.
    app.write(".local", "");
    let text = app.run(&["python"]).refused(2);
    assert!(text.contains("/.local/python`\n") && text.contains("\nhint: ls -la '"), "{text}");
    assert!(!app.exists("called"));
}

#[test]
fn a_target_folder_behind_a_link_gets_a_link_that_leads_to_the_python() {
    for (place, wanted) in [("elsewhere/deep/target", ""), ("build/target", "../../../.local/python/runtime")] {
        let app = app();
        let outside = tempfile::tempdir().unwrap();
        let real = if wanted.is_empty() { outside.path().join(place) } else { app.at(place) };
        fs::create_dir_all(&real).unwrap();
        symlink(&real, app.at("target")).unwrap();
        app.run(&["python"]).fine();
        assert!(app.at("target/python/runtime/bin/python3").is_file(), "{place}");
        let link = fs::read_link(real.join("python/runtime")).unwrap();
        let wanted = if wanted.is_empty() { app.at(".local/python/runtime") } else { wanted.into() };
        assert_eq!(link, wanted);
    }
}

/// The whole run ends with the first step that fails, and makes nothing.
#[test]
fn without_a_subcommand_the_python_is_the_first_step() {
    let app = App::new();
    app.stand_in("uv", NO_NETWORK);
    let text = app.run(&["--json"]).refused(1);
    assert!(text.contains("CPython 3.13.5 cannot be downloaded"), "{text}");
    assert!(!app.exists("dist") && !app.exists("target"));
    fs::remove_file(app.at(".python-version")).unwrap();
    assert!(app.run(&[]).refused(2).contains("\nhint: cargo pyo3-bundle init"));
    fs::remove_dir_all(app.at("src")).unwrap();
    app.write("src/lib.rs", "");
    assert!(app.run(&[]).refused(2).contains("the package `app` has no binary"));
}

/// The checkout is mounted again, because root may write where modes forbid it.
#[test]
fn a_checkout_that_is_read_only_is_fine_where_all_is_installed() {
    let app = app();
    app.run(&["python"]).fine();
    let Some(way) = namespace() else { return };
    let remounted = "mount --bind \"$PWD\" \"$PWD\" && mount -o remount,bind,ro \"$PWD\" && cd \"$PWD\" && \
                     ! touch written 2>/dev/null && exec \"$0\" pyo3-bundle python --json";
    let ours = app.command(&[]);
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).args(["sh", "-c", remounted]).arg(ours.get_program()).current_dir(app.path()).env_clear();
    command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let report = json(&Said::of(&command.output().unwrap()).fine());
    assert_eq!(report["installed"], false);
}
