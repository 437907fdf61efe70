//! `cargo pyo3-bundle python --archive` with an address: what a server sends, well or badly.

use crate::archives::{ABC, archive};
use crate::support::{App, json, sum};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// A server on this machine that answers every request with the same bytes, until the test's process ends.
fn serve(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().for_each(|stream| send(stream.unwrap(), &answer)));
    format!("http://127.0.0.1:{port}/cpython.tar.gz")
}

fn send(mut stream: TcpStream, answer: &[u8]) {
    let request = BufReader::new(stream.try_clone().unwrap()).lines();
    request.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
    // A client that has read enough may be gone.
    let _sent = stream.write_all(answer);
}

fn answer(status: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

#[test]
fn an_archive_is_fetched_once() {
    let app = App::new();
    let name = archive(&app, "3.13.5", ".tar.gz");
    let (body, sha256) = (fs::read(app.at(&name)).unwrap(), sum(&app.at(&name)));
    let address = serve(answer("200 OK", body.len(), &body));
    app.run(&["python", "--archive", &address, "--sha256", &sha256]).fine();
    let record = json(&app.read(".local/python/provenance.json"));
    assert_eq!((&record["provider"], &record["source_url"]), (&"archive".into(), &address.into()));
    assert_eq!(app.names(".local/cache/archives"), [sha256.as_str()]);
    // Nobody listens there any more, and what was fetched is known by its sum.
    fs::remove_dir_all(app.at(".local/python")).unwrap();
    let gone = "http://127.0.0.1:9/cpython.tar.gz";
    app.run(&["python", "--archive", gone, "--sha256", &sha256]).fine();
    assert!(app.exists(".local/python/runtime/bin/python3"));
    let text = app.run(&["python", "--archive", gone, "--sha256", ABC]).refused(1);
    assert!(text.contains(&format!("error: cannot fetch `{gone}`\n")), "{text}");
    assert!(app.exists(".local/python/runtime/bin/python3"), "a failure keeps the Python");
}

#[test]
fn what_is_not_the_archive_is_refused_and_not_kept() {
    let app = App::new();
    let name = archive(&app, "3.13.5", ".tar.gz");
    let (body, sha256) = (fs::read(app.at(&name)).unwrap(), sum(&app.at(&name)));
    let page = b"<html>sign in first</html>";
    let damaged = "` is another archive or damaged\n  found sha256 ";
    for (what, answer, sha256, wanted) in [
        ("a wrong sum", answer("200 OK", body.len(), &body), ABC, damaged),
        ("a page", answer("200 OK", page.len(), page), &sha256, damaged),
        ("no such page", answer("404 Not Found", page.len(), page), &sha256, "returned error: 404\nhint: curl "),
        ("a part", answer("200 OK", body.len(), &body[..body.len() / 2]), &sha256, "bytes remaining to read\nhint: "),
    ] {
        let address = serve(answer);
        let text = app.run(&["python", "--archive", &address, "--sha256", sha256]).refused(1);
        assert!(text.contains(&address) && text.contains(wanted), "{what}: {text}");
        assert_eq!(app.names(".local/python"), [""; 0], "{what}");
        assert!(!app.exists(&format!(".local/cache/archives/{sha256}")), "{what}");
    }
}
