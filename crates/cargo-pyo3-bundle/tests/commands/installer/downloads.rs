//! What a server or a medium has in the place of the release. The version that was there goes on to work, and nothing of
//! the other one stays.

use super::{ARCHIVE, Home, Release};
use crate::support::Said;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

/// Serves the files of a folder on this machine until the test's process ends. The status line and the announced length
/// come from files beside them: `NAME.status`, `NAME.length`.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap(), &folder)));
    format!("http://127.0.0.1:{port}")
}

fn answer(mut stream: TcpStream, folder: &std::path::Path) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let name = lines.next().and_then(|line| Some(line.split(' ').nth(1)?.trim_start_matches('/').to_owned()));
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let file = folder.join(name.unwrap_or_default());
    let beside = |what: &str| fs::read_to_string(format!("{}.{what}", file.display()));
    let (body, status) = match fs::read(&file) {
        Ok(body) => (body, beside("status").unwrap_or("200 OK".into())),
        Err(_) => (b"<html>not found</html>".to_vec(), "404 Not Found".into()),
    };
    let length = beside("length").unwrap_or(body.len().to_string());
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // A client that has read enough may be gone.
    let _sent = stream.write_all(&[head.as_bytes(), &body].concat());
}

/// The programs that download, each in an otherwise usual system: `curl`, `wget`, and that of busybox.
fn machines() -> Vec<(&'static str, Home, String)> {
    let tools = "sh mkdir ln rm rmdir mv readlink tar gzip zstd cp sha256sum cut grep head tail sed cat ls tr uniq";
    let machine = |get: &'static str, link: &str| {
        let program = which::which(get).ok()?;
        let home = Home::new();
        let path = home.only(&tools.split(' ').collect::<Vec<_>>());
        std::os::unix::fs::symlink(program, home.at("only").join(link)).unwrap();
        Some((get, home, path))
    };
    [("curl", "curl"), ("wget", "wget"), ("busybox", "wget")]
        .into_iter()
        .filter_map(|(get, link)| {
            let found = machine(get, link);
            if found.is_none() {
                crate::support::left_out(&format!("`{get}` is not on PATH"));
            }
            found
        })
        .collect()
}

#[test]
fn whatever_is_not_the_archive_is_refused_and_the_version_before_goes_on() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let (archive, sum) = (new.at(ARCHIVE), new.at(&format!("{ARCHIVE}.sha256")));
    let beside = |what: &str| PathBuf::from(format!("{}.{what}", archive.display()));
    let (whole, whole_sum) = (fs::read(&archive).unwrap(), fs::read(&sum).unwrap());
    let address = serve(archive.parent().unwrap().to_owned());
    let cut = &whole[..whole.len() / 2];
    let mut altered = whole.clone();
    altered[whole.len() / 2] ^= 1;
    let page = b"<html>sign in first</html>";
    let zeros = format!("{}  {ARCHIVE}\n", "0".repeat(64));
    let damaged = format!("`{address}/{ARCHIVE}` is another file or damaged\n  wanted sha256 ");
    let other = format!("`{address}/{ARCHIVE}.sha256` is of another release\n  wanted the sum ");
    let failed = format!("cannot download `{address}/{ARCHIVE}`\n  ");
    for (get, home, path) in machines() {
        home.install(&old, &[]).fine();
        let run = |address: &str| {
            let mut command = home.command(&["sh"], &new, &["--base-url", address]);
            Said::of(&command.env("PATH", &path).output().unwrap())
        };
        for (what, body, sum_file, wanted) in [
            ("truncated", cut, &whole_sum[..], &damaged),
            ("altered", &altered, &whole_sum, &damaged),
            ("empty", b"", &whole_sum, &damaged),
            ("a page", page, &whole_sum, &damaged),
            ("a wrong sum", &whole, zeros.as_bytes(), &other),
            ("a page for the sum", &whole, page, &other),
            ("an empty sum", &whole, b"", &other),
        ] {
            fs::write(&archive, body).unwrap();
            fs::write(&sum, sum_file).unwrap();
            let text = run(&address).refused(1);
            assert!(text.starts_with(&format!("error: {wanted}")), "{get}, {what}: {text}");
            home.has("1.0.0", None);
        }
        fs::write(&sum, &whole_sum).unwrap();
        fs::write(&archive, cut).unwrap();
        fs::write(beside("length"), whole.len().to_string()).unwrap();
        let text = run(&address).refused(1);
        assert!(text.contains(&failed) || text.contains(&damaged), "{get}, a connection that ends: {text}");
        fs::remove_file(beside("length")).unwrap();
        home.has("1.0.0", None);
        fs::write(beside("status"), "500 Internal Server Error").unwrap();
        // `curl` would try again for half a minute.
        if get != "curl" {
            assert!(run(&address).refused(1).contains(" 500"), "{get}");
        }
        fs::remove_file(beside("status")).unwrap();
        fs::remove_file(&archive).unwrap();
        let text = run(&address).refused(1);
        assert!(text.contains(&failed) && text.contains("404"), "{get}: {text}");
        let text = run("http://127.0.0.1:9").refused(1);
        assert!(text.contains("error: cannot download `http://127.0.0.1:9/"), "{get}: {text}");
        home.has("1.0.0", None);
        fs::write(&archive, &whole).unwrap();
        let text = run(&address).fine();
        assert!(text.contains("installed an-app 1.1.0: "), "{get}: {text}");
        home.has("1.1.0", Some("1.0.0"));
    }
}

#[test]
fn a_folder_serves_without_a_network_also_below_a_name_with_a_blank() {
    let release = Release::of("1.1.0");
    // The folder of the release is in one whose name has a blank and a letter that is not ASCII.
    assert!(release.url().contains("it ü "));
    let home = Home::new();
    let tools = "sh mkdir ln rm rmdir mv readlink tar gzip cp sha256sum cut grep head sed cat ls tr uniq";
    let path = home.only(&tools.split(' ').collect::<Vec<_>>());
    let mut command = home.command(&["sh"], &release, &["--base-url", &release.url()]);
    Said::of(&command.env("PATH", path).output().unwrap()).fine();
    home.has("1.1.0", None);
    let text = home.install(&release, &["--uninstall"]).fine();
    assert_eq!(text, "an-app is not installed any more\n");
    let text = home.install(&release, &["--base-url", "file:///nowhere"]).refused(1);
    assert!(text.starts_with("error: cannot download `file:///nowhere/"), "{text}");
    assert!(!home.root().exists());
}

#[test]
fn a_program_that_does_not_work_here_is_not_linked() {
    let (old, new) = (Release::of("1.0.0"), Release::of("1.1.0"));
    let home = Home::installed(&old);
    let mut command = home.command(&["sh"], &new, &["--base-url", &new.url()]);
    let text = Said::of(&command.env("BROKEN", "1.1.0").output().unwrap()).refused(1);
    assert_eq!(text, "error: an-app 1.1.0 does not work on this system\n  foreign-object: broken\n");
    home.has("1.0.0", None);
}
