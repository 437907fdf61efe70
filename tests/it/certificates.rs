//! The system's certificates are found where OpenSSL's default place has none. The tests make root systems with the
//! layout of each distribution and enter them by chroot in a mount namespace.

use crate::support::{bare, dist, namespace, scratch, stderr, stdout};
use std::fs;
use std::path::Path;

const AUTHORITY: &str = include_str!("data/authority.pem");

/// Enters a root system with only the machine's libraries, the dist, /proc and the /etc of the layout.
const ENTER: &str = r#"
set -eu
cd "$1"
mkdir -p usr dist proc
mount --rbind /usr usr
for folder in lib lib64 bin; do
  if [ -h "/$folder" ]; then ln -s "usr/$folder" "$folder"; elif [ -d "/$folder" ]; then mkdir "$folder"; mount --rbind "/$folder" "$folder"; fi
done
mount --bind "$2" dist
mount --rbind /proc proc
exec chroot . "/dist/$3" <script.py
"#;

const ASK: &str = "import os, ssl
context = ssl.create_default_context()
print(os.environ.get('SSL_CERT_FILE'), context.cert_store_stats()['x509_ca'])
";

/// Returns `SSL_CERT_FILE` and the number of authorities that a context has, with the bundle at that place.
fn ask(bundle: Option<&str>, variable: Option<(&str, &str)>) -> Option<String> {
    let way = namespace()?;
    let root = scratch();
    fs::create_dir(root.path().join("etc")).unwrap();
    fs::write(root.path().join("script.py"), ASK).unwrap();
    if let Some(bundle) = bundle {
        let path = root.path().join(bundle.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, AUTHORITY).unwrap();
    }
    let mut command = bare(way[0]);
    command.args(&way[1..]).args(["sh", "-c", ENTER, "-"]).arg(root.path()).arg(dist()).arg(crate::support::NAME);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(variable);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{bundle:?}: {}", stderr(&output));
    Some(stdout(&output))
}

#[test]
fn the_bundle_of_each_distribution_is_found() {
    let mut by_default = Vec::new();
    for bundle in [
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/cert.pem",
    ] {
        let Some(answer) = ask(Some(bundle), None) else { return };
        if answer == "None 1\n" {
            by_default.push(bundle);
        } else {
            assert_eq!(answer, format!("{bundle} 1\n"), "{bundle}");
        }
    }
    assert!(by_default.len() <= 1, "OpenSSL has one default place: {by_default:?}");
}

#[test]
fn without_any_bundle_nothing_is_set() {
    let Some(answer) = ask(None, None) else { return };
    assert_eq!(answer, "None 0\n");
}

#[test]
fn the_users_own_choice_wins() {
    let Some(answer) = ask(Some("/etc/ssl/cert.pem"), Some(("SSL_CERT_FILE", "/nowhere"))) else { return };
    assert_eq!(answer, "/nowhere 0\n");
}

/// A default place with a file of a hashed name is a store, so no other place is looked for.
#[test]
fn a_filled_default_place_is_left_alone() {
    let output = bare(dist().join("python/runtime/bin/python3"))
        .args(["-I", "-B", "-c", "import ssl; print(ssl.get_default_verify_paths().openssl_capath)"])
        .output()
        .unwrap();
    let folder = stdout(&output);
    let inside = Path::new("/etc/ssl/certs"); // distributions link OpenSSL's own folder to it
    if !folder.trim().ends_with("/ssl/certs") {
        panic!("OpenSSL looks in {folder}, this test knows only …/ssl/certs");
    }
    let Some(answer) = ask(Some(&inside.join("0123abcd.0").to_string_lossy()), None) else { return };
    assert_eq!(answer.split(' ').next(), Some("None"), "{answer}");
}
