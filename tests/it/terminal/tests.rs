//! Tests of the terminal itself, with programs whose behaviour is known: `sh`, `stty`, `cat` and the runtime's Python.

use super::{Home, Terminal, keys};
use crate::support::runtime_python;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::time::Duration;

const PROMPT: &str = ">>> ";

fn shell(home: &Home, script: &str) -> Terminal {
    let mut command = home.command("sh");
    command.args(["-c", script]);
    Terminal::spawn(command, 10, 40)
}

fn python(home: &Home) -> Terminal {
    let mut command = home.command(runtime_python());
    command.arg("-I");
    let terminal = Terminal::spawn(command, 24, 80);
    terminal.wait_for_prompt(PROMPT);
    terminal
}

/// Starts a program that shows each key that it gets; the kernel handles no key.
fn show_keys(home: &Home) -> Terminal {
    let terminal = shell(home, "stty raw -echo; echo ready; exec cat -v");
    terminal.wait_for_text("ready");
    terminal
}

fn failure(wait: impl FnOnce()) -> String {
    *catch_unwind(AssertUnwindSafe(wait)).unwrap_err().downcast::<String>().unwrap()
}

#[test]
fn python_is_at_home_on_it() {
    let home = Home::new();
    let mut terminal = python(&home);
    terminal.enter("1+1");
    terminal.wait_for_line("2");
    terminal.wait_for_prompt(PROMPT);
    terminal.send("half a lin");
    terminal.wait_for_text("half a lin");
    terminal.interrupt();
    terminal.wait_for_line("KeyboardInterrupt");
    terminal.wait_for_prompt(PROMPT);
    terminal.send(keys::CTRL_D);
    assert!(terminal.wait_for_exit().success());
}

#[test]
fn an_interrupt_reaches_what_runs() {
    let home = Home::new();
    let mut terminal = python(&home);
    terminal.enter("import signal; print('wait' + 'ing', flush=True); signal.pause()");
    terminal.wait_for_line("waiting");
    terminal.interrupt();
    terminal.wait_for_line("KeyboardInterrupt");
    terminal.wait_for_prompt(PROMPT);
}

#[test]
fn a_new_size_reaches_the_program() {
    let home = Home::new();
    let mut terminal = python(&home);
    terminal.enter("import os; os.get_terminal_size()");
    terminal.wait_for_line("os.terminal_size(columns=80, lines=24)");
    terminal.wait_for_prompt(PROMPT);
    terminal.resize(30, 100);
    terminal.enter("os.get_terminal_size()");
    terminal.wait_for_line("os.terminal_size(columns=100, lines=30)");
    assert_eq!(terminal.rows().len(), 30);
}

#[test]
fn the_program_is_told_of_a_new_size_while_it_waits() {
    let home = Home::new();
    let mut terminal = shell(&home, "trap 'stty size' WINCH; echo ready; read line");
    terminal.wait_for_text("ready");
    terminal.resize(7, 33);
    terminal.send(keys::ENTER);
    terminal.wait_for_line("7 33");
}

#[test]
fn each_key_arrives() {
    let home = Home::new();
    let mut terminal = show_keys(&home);
    let shown = [
        (keys::ENTER, "^M"),
        (keys::TAB, "\t"),
        (keys::BACKSPACE, "^?"),
        (keys::ESC, "^["),
        (keys::ALT_ENTER, "^[^M"),
        (keys::UP, "^[[A"),
        (keys::DOWN, "^[[B"),
        (keys::RIGHT, "^[[C"),
        (keys::LEFT, "^[[D"),
        (keys::CTRL_C, "^C"),
        (keys::CTRL_D, "^D"),
        (keys::CTRL_R, "^R"),
        (keys::CTRL_Z, "^Z"),
    ];
    let mut wanted = b"ready\n".to_vec();
    for (key, sight) in shown {
        terminal.send(&format!("{key}."));
        wanted.extend(format!("{sight}.").as_bytes());
        terminal.wait(sight, |display| (display.transcript == wanted).then_some(()));
    }
    assert_eq!(terminal.transcript(), wanted);
}

#[test]
fn a_paste_is_marked_where_the_program_asked_for_marks() {
    let home = Home::new();
    let mut terminal = show_keys(&home);
    assert!(failure(|| terminal.paste("text")).contains("bracketed paste is off"));
    let mut terminal = shell(&home, "stty raw -echo; printf '\\033[?2004hready'; exec cat -v");
    terminal.wait_for_text("ready");
    terminal.paste("a\nb");
    terminal.wait_for_text("^[[200~a^Mb^[[201~");
}

#[test]
fn the_modes_are_those_that_the_program_set() {
    let home = Home::new();
    let mut terminal = shell(&home, "echo cooked; read line; stty raw -echo; echo raw; exec cat");
    terminal.wait_for_line("cooked");
    let modes = terminal.termios();
    assert!(modes.echoes() && !modes.is_raw());
    terminal.send(keys::ENTER);
    terminal.wait_for_text("raw");
    let modes = terminal.termios();
    assert!(!modes.echoes() && modes.is_raw());
}

#[test]
fn a_job_is_stopped_and_continued_from_the_keyboard() {
    let home = Home::new();
    let mut command = home.command("sh");
    command.arg("-i").env("PS1", "$ ").env("ENV", "/dev/null");
    let mut terminal = Terminal::spawn(command, 24, 80);
    terminal.wait_for_prompt("$ ");
    assert_eq!(terminal.foreground_group(), terminal.pid());
    terminal.enter("cat");
    terminal.enter("there");
    terminal.wait_for_text("there\nthere");
    assert_ne!(terminal.foreground_group(), terminal.pid());
    terminal.send(keys::CTRL_Z);
    terminal.wait_for_text("Stopped");
    terminal.wait_for_prompt("$ ");
    terminal.enter("fg");
    terminal.wait_for_text("fg\ncat");
    terminal.enter("again");
    terminal.wait_for_text("again\nagain");
    terminal.send(keys::CTRL_D);
    terminal.wait_for_prompt("$ ");
    assert_eq!(terminal.foreground_group(), terminal.pid());
}

#[test]
fn a_stopped_program_is_noticed_and_continues() {
    let home = Home::new();
    let mut terminal = shell(&home, "exec cat");
    terminal.signal(libc::SIGSTOP);
    terminal.wait_for_stopped();
    terminal.signal(libc::SIGCONT);
    terminal.enter("there");
    terminal.wait_for_text("there\nthere");
}

#[test]
fn the_end_is_told_with_all_that_came_before_it() {
    let home = Home::new();
    let terminal = shell(&home, "seq 1000; exit 7");
    assert_eq!(terminal.wait_for_exit().code(), Some(7));
    assert!(terminal.transcript().ends_with(b"\r\n1000\r\n"));
    let terminal = shell(&home, "kill -TERM $$");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&terminal.wait_for_exit()), Some(libc::SIGTERM));
}

#[test]
fn questions_are_answered_at_their_point_of_the_stream() {
    let home = Home::new();
    // The first query arrives in pieces, and more text follows each query.
    let script = "stty raw -echo; printf 'abc\\033['; printf '6nmore'; printf '\\033[3;40Hx\\033[6n'; \
        printf '\\033[?u\\033[c'; exec cat -v";
    let terminal = shell(&home, script);
    terminal.wait_for_text("^[[1;4R^[[3;40R^[[?62;22c");
}

#[test]
fn a_program_that_does_not_read_does_not_hang_its_test_and_gets_all_when_it_does() {
    const TEXT: &str = "much text ";
    const TIMES: usize = 100_000;
    let home = Home::new();
    let size = TEXT.len() * TIMES;
    let mut terminal = shell(&home, &format!("stty raw -echo; echo ready; exec head -c {size} >read"));
    terminal.wait_for_text("ready");
    terminal.signal(libc::SIGSTOP);
    terminal.wait_for_stopped();
    let (sent, done) = channel();
    // The call is in a thread, so that a blocking call makes the test fail instead of hang.
    std::thread::spawn(move || {
        terminal.send(&TEXT.repeat(TIMES));
        drop(sent.send(terminal)); // nobody takes it once the wait has failed
    });
    let terminal = done.recv_timeout(super::PATIENCE).expect("sending waits for a program that does not read");
    terminal.signal(libc::SIGCONT);
    assert!(terminal.wait_for_exit().success());
    assert!(std::fs::read(home.path("read")).unwrap() == TEXT.repeat(TIMES).as_bytes());
}

#[test]
fn a_wait_in_vain_shows_the_screen() {
    let home = Home::new();
    let mut terminal = shell(&home, "stty -echo; printf 'wide 你好 here'; exec cat");
    terminal.wait_for_text("here");
    terminal.patience = Duration::from_millis(100);
    let said = failure(|| terminal.wait_for_line("never"));
    assert!(said.starts_with("waited in vain for the line \"never\"\n┌──"), "{said}");
    let row = format!("│wide 你好 here{}│\n", " ".repeat(26));
    assert!(said.contains(&row) && said.ends_with("cursor: row 0, column 14; child: Running"), "{said}");
    assert_eq!((terminal.screen_text().as_str(), terminal.cursor()), ("wide 你好 here", (0, 14)));
}

#[test]
fn what_the_screen_showed_before_a_key_is_no_answer_to_it() {
    let home = Home::new();
    let mut terminal = shell(&home, "stty -echo; printf '$ '; read line; echo done; exec cat");
    terminal.wait_for_prompt("$ ");
    terminal.signal(libc::SIGSTOP);
    terminal.wait_for_stopped();
    terminal.send(keys::ENTER);
    terminal.patience = Duration::from_millis(100);
    assert!(failure(|| terminal.wait_for_text("$")).starts_with("waited in vain"));
    terminal.patience = super::PATIENCE;
    terminal.signal(libc::SIGCONT);
    terminal.wait_for_text("$ done");
}

#[test]
fn a_prompt_that_is_painted_again_is_not_the_one_after_enter() {
    let home = Home::new();
    let script = "stty -echo; printf '$ '; read line; printf '\\r$ '; read line; printf '\\n$ '; exec cat";
    let mut terminal = shell(&home, script);
    terminal.wait_for_prompt("$ ");
    terminal.send(keys::ENTER);
    terminal.wait("the prompt again", |display| display.transcript.ends_with(b"\r$ ").then_some(()));
    terminal.patience = Duration::from_millis(100);
    assert!(failure(|| terminal.wait_for_prompt("$ ")).starts_with("waited in vain"));
    terminal.patience = super::PATIENCE;
    terminal.send(keys::ENTER);
    terminal.wait_for_prompt("$ ");
}

#[test]
fn a_wait_ends_with_the_program() {
    let home = Home::new();
    let terminal = shell(&home, "echo last words; exit 3");
    let said = failure(|| terminal.wait_for_text("never"));
    assert!(
        said.contains("│last words ") && said.contains("child: Ended(ExitStatus(unix_wait_status(768)))"),
        "{said}"
    );
}

#[test]
fn nothing_of_a_session_outlives_its_terminal() {
    let home = Home::new();
    let fifo = home.path("held open");
    let script = "mkfifo 'held open'; (trap '' HUP; exec sleep 600 3>'held open') & echo ready; exec cat";
    let terminal = shell(&home, script);
    terminal.wait_for_text("ready");
    let mut held = std::fs::File::open(fifo).unwrap();
    drop(terminal);
    assert_eq!(std::io::Read::read(&mut held, &mut [0]).unwrap(), 0);
}

#[test]
fn a_home_is_all_that_a_program_knows() {
    let home = Home::new();
    let terminal = shell(&home, "env | sort; pwd >where");
    terminal.wait_for_exit();
    let shown = String::from_utf8(terminal.transcript()).unwrap();
    assert!(!shown.contains("CARGO") && shown.contains("TERM=xterm-256color"), "{shown}");
    assert!(home.path("where").is_file());
    for file in [home.config_file(), home.data(), home.history_file()] {
        assert!(file.starts_with(home.path("")), "{}", file.display());
    }
}
