//! Tests of output folders: what is replaced, what stays, and what the next run makes of an interrupted one.

use super::*;
use std::os::unix::fs::symlink;

/// For these tests, a folder with a file `result` in it and nothing else.
const RESULT: Replaceable = Replaceable { name: "a result", check: is_result };

fn is_result(folder: &Path) -> Result<(), String> {
    let names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    if names == ["result"] { Ok(()) } else { Err(format!("{names:?}")) }
}

fn make(place: &Place, text: &str) {
    fs::create_dir(place.new_folder()).unwrap();
    fs::write(place.new_folder().join("result"), text).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

fn refused(out: &Path) -> String {
    Place::open(out, RESULT).err().unwrap().to_string()
}

#[test]
fn a_result_is_replaced_by_a_whole_one_and_nothing_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for text in ["one", "two"] {
        let place = Place::open(&out, RESULT).unwrap();
        make(&place, text);
        place.publish().unwrap();
        assert_eq!(fs::read_to_string(out.join("result")).unwrap(), text);
        assert_eq!(names(folder.path()), ["out"]);
    }
    drop(Place::open(&out, RESULT).unwrap());
    assert_eq!(fs::read_to_string(out.join("result")).unwrap(), "two");
    assert_eq!(names(folder.path()), ["out"]);
    assert!(Place::open(&out, RESULT).unwrap().publish().is_err(), "nothing was made");
    assert_eq!(fs::read_to_string(out.join("result")).unwrap(), "two");
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn an_empty_folder_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::open(folder.path(), RESULT).unwrap();
    make(&place, "new");
    place.publish().unwrap();
    assert_eq!(names(folder.path()), ["result"]);
}

#[test]
fn anything_else_is_refused_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("home")).unwrap();
    fs::write(at("home/letters"), "dear").unwrap();
    fs::write(at("file"), "text").unwrap();
    symlink("home", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    for (name, found) in [("home", "letters"), ("file", "a file"), ("link", "a link"), ("dangling", "a link")] {
        let text = refused(&at(name));
        assert!(text.contains("is not replaced") && text.contains(found) && !text.contains("\nhint: "), "{text}");
    }
    assert_eq!(names(folder.path()), ["dangling", "file", "home", "link"]);
    assert_eq!(fs::read_to_string(at("home/letters")).unwrap(), "dear");
}

#[test]
fn what_came_into_the_place_meanwhile_stays() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let place = Place::open(&out, RESULT).unwrap();
    make(&place, "new");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("letters"), "dear").unwrap();
    assert!(place.publish().unwrap_err().to_string().contains("letters"));
    assert_eq!(names(folder.path()), ["out"]);
    assert_eq!(names(&out), ["letters"]);
}

/// The earlier folder was moved aside, and somebody has made another one since.
#[test]
fn what_was_moved_aside_stays_unless_it_is_a_result() {
    for name in ["result", "letters"] {
        let folder = tempfile::tempdir().unwrap();
        let (out, old) = (folder.path().join("out"), folder.path().join("out.partial/old"));
        let place = Place::open(&out, RESULT).unwrap();
        make(&place, "new");
        for (folder, name) in [(&old, name), (&out, "result")] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(name), "").unwrap();
        }
        drop(place);
        assert_eq!(
            (names(&old), names(&folder.path().join("out.partial"))),
            (vec![name.into()], vec![MARK.into(), "old".into()])
        );
        if name == "result" {
            drop(Place::open(&out, RESULT).unwrap());
            assert_eq!(names(folder.path()), ["out"]);
            continue;
        }
        let text = refused(&out);
        assert!(text.contains("letters") && text.contains("out.partial/old` ".trim_end()), "{text}");
        assert!(text.contains("\nhint: mv ") && text.ends_with("out.kept"), "{text}");
        assert_eq!(names(&old), [name]);
    }
}

#[test]
fn a_folder_that_only_has_the_name_of_a_working_folder_is_refused_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (out, work) = (folder.path().join("out"), folder.path().join("out.partial"));
    fs::create_dir(&work).unwrap();
    fs::write(work.join("new"), "of the user").unwrap();
    assert!(refused(&out).contains("`new` in it"), "{}", refused(&out));
    assert_eq!(names(&work), ["new"]);
    fs::remove_dir_all(&work).unwrap();
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    symlink("elsewhere", &work).unwrap();
    assert!(refused(&out).contains("found a link"), "{}", refused(&out));
    assert_eq!(names(&folder.path().join("elsewhere")), Vec::<String>::new());
    fs::remove_file(&work).unwrap();
    fs::create_dir(folder.path().join("out.old")).unwrap();
    let place = Place::open(&out, RESULT).unwrap();
    make(&place, "new");
    place.publish().unwrap();
    assert_eq!(names(folder.path()), ["elsewhere", "out", "out.old"]);
}

/// As if the process had been killed: nothing is cleaned up, and the kernel gives the lock back.
fn kill(place: Place) {
    let Place { _lock, .. } = &place;
    _lock.unlock().unwrap();
    std::mem::forget(place);
}

#[test]
fn the_next_run_cleans_up_after_a_killed_one_whenever_that_was() {
    let folder = tempfile::tempdir().unwrap();
    let (out, work) = (folder.path().join("out"), folder.path().join("out.partial"));
    let place = Place::open(&out, RESULT).unwrap();
    make(&place, "one");
    place.publish().unwrap();
    let place = Place::open(&out, RESULT).unwrap();
    make(&place, "two");
    kill(place);
    assert_eq!(names(folder.path()), ["out", "out.partial"]);
    drop(Place::open(&out, RESULT).unwrap());
    assert_eq!((names(folder.path()), names(&out)), (vec!["out".into()], vec!["result".into()]));
    // Between the two renames, only the working folder has the earlier result.
    let place = Place::open(&out, RESULT).unwrap();
    fs::rename(&out, place.old()).unwrap();
    kill(place);
    drop(Place::open(&out, RESULT).unwrap());
    assert_eq!(fs::read_to_string(out.join("result")).unwrap(), "one");
    // Right after the folder was created, and while the mark was written.
    fs::create_dir(&work).unwrap();
    drop(Place::open(&out, RESULT).unwrap());
    fs::create_dir(&work).unwrap();
    fs::write(work.join(MARK), "The").unwrap();
    drop(Place::open(&out, RESULT).unwrap());
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn two_runs_at_once_exclude_each_other_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let first = Place::open(&out, RESULT).unwrap();
    make(&first, "first");
    let text = refused(&out);
    assert!(text.contains("by another run") && text.contains("hint: fuser"), "{text}");
    assert!(first.new_folder().exists(), "the second must not clean up after the first");
    drop(first);
    assert_eq!(names(folder.path()), Vec::<String>::new());
    drop(Place::open(&out, RESULT).unwrap());
}

/// Each run gets the place or is told of another run. No run locks a removed folder or removes another run's
/// folder.
#[test]
fn many_runs_at_once_never_share_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let inside = std::sync::atomic::AtomicUsize::new(0);
    let run = || {
        let mut done = 0;
        while done < 50 {
            let place = match Place::open(&out, RESULT) {
                Ok(place) => place,
                Err(error) if error.to_string().contains("by another run") => continue,
                Err(error) => panic!("{error:#}"),
            };
            assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
            make(&place, "x");
            inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
            drop(place);
            done += 1;
        }
    };
    std::thread::scope(|threads| (0..4).for_each(|_| drop(threads.spawn(run))));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn a_place_that_cannot_be_is_a_problem_with_its_hint() {
    let text = refused(Path::new("no/such/out"));
    assert!(text.contains("`no/such/out`") && text.ends_with("hint: mkdir -p no/such"), "{text}");
    assert!(refused(Path::new("..")).contains("the name of a folder"));
}
