//! Completion with Tab: what it offers, how the menu is used, and that it runs nothing of the user's.

use super::Session;
use crate::terminal::Home;
use crate::terminal::keys::{CTRL_C, DOWN, ENTER, ESC, RIGHT, TAB, UP};
use crate::wait::until;
use std::fs;

/// Types a text, presses Tab, and waits for the text that the only candidate makes of it. `‸` marks a signature's
/// start.
#[track_caller]
fn check(session: &mut Session, typed: &str, completed: &str) {
    session.type_text(typed);
    session.send(TAB);
    let cursor = if completed.contains('‸') { "" } else { "‸" };
    session.wait_for_row(&format!(">>> {completed}{cursor}"));
    session.drop_input();
}

#[test]
fn a_single_candidate_is_inserted() {
    let home = Home::new();
    fs::write(home.path("some file.txt"), "").unwrap();
    fs::create_dir(home.path("folder")).unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.run("import array; table = {'key one': 1}; unique_name = 2");
    session.send("def call(*, needle=1):\rpass\r\r");
    session.wait_for_result("...     pass");
    for (typed, completed) in [
        ("unique_n", "unique_name"),
        ("array.arr", "array.array"),
        ("''.casef", "''.casefold‸()"),
        ("import ctyp", "import ctypes"),
        ("from os.path import basen", "from os.path import basename"),
        ("table[", "table['key one']"),
        ("table['k", "table['key one']"),
        ("open('some", "open('some file.txt"),
        ("open('fol", "open('folder/"),
        ("call(nee", "call(needle="),
        ("/vers", "/version"),
        ("  /vers", "  /version"),
        ("  /help vers", "  /help version"),
        ("  /inspect uniq", "  /inspect unique_name"),
        ("/inspect uniq", "/inspect unique_name"),
        ("/run some", "/run some\\ file.txt"),
        ("/include ./fol", "/include ./folder/"),
        ("/save fol", "/save folder/"),
        ("/help vers", "/help version"),
        ("nichts_é = 'ü'; unique_n", "nichts_é = 'ü'; unique_name"),
    ] {
        check(&mut session, typed, completed);
    }
}

#[test]
fn where_nothing_of_python_belongs_nothing_of_it_is_offered() {
    let mut session = Session::start();
    session.run("unique_name = 2");
    for typed in ["!echo uniq", "  !echo uniq", "/version uniq", "/pip uniq", "# uniq"] {
        session.type_text(typed);
        session.send(TAB);
        session.type_text("X");
        session.wait_for_row(&format!(">>> {typed}X‸"));
        session.drop_input();
    }
}

fn start_with_names() -> Session {
    let mut session = Session::start_configured("hints = false\n");
    session.run("alpha_one = 1; alpha_two = 2; alpha_zoo = lambda item, count=3: 0");
    session.type_text("alp");
    session.send(TAB);
    session.wait_for("the menu", |screen| selected(screen) == "alpha_one");
    session
}

#[test]
fn several_candidates_open_a_menu_and_their_common_start_is_inserted() {
    let session = start_with_names();
    let (row, column) = session.cursor();
    assert_eq!((session.rows()[usize::from(row)].as_str(), column), (">>> alpha_", 10));
    let text = session.screen_text();
    assert!(["alpha_one", "alpha_two", "alpha_zoo"].iter().all(|name| text.contains(name)), "{text}");
    assert_eq!(selected(&session.screen()), "alpha_one");
}

/// Returns the text in reverse on the screen.
fn selected(screen: &vt100::Screen) -> String {
    let (rows, columns) = screen.size();
    let cells = (0..rows.get()).flat_map(|row| (0..columns.get()).filter_map(move |column| screen.cell(row, column)));
    cells.filter(|cell| cell.inverse()).map(|cell| cell.contents().to_owned()).collect::<String>().trim().to_owned()
}

#[test]
fn the_menu_goes_by_arrows_and_tab_and_enter_takes_the_entry() {
    let mut session = start_with_names();
    for (key, name) in
        [(DOWN, "alpha_two"), (TAB, "alpha_zoo"), (UP, "alpha_two"), ("\x1b[Z", "alpha_one"), (DOWN, "alpha_two")]
    {
        session.send(key);
        session.wait_for(name, |screen| selected(screen) == name);
    }
    session.send(ENTER);
    session.wait_for_row(">>> alpha_two‸");
    session.send(ENTER);
    session.wait_for_result("2");
}

#[test]
fn a_function_is_described_by_its_signature() {
    let mut session = start_with_names();
    session.send("z");
    session.wait_for("the last entry", |screen| selected(screen) == "alpha_zoo");
    session.wait_for_text("function (item, count=3)");
}

#[test]
fn a_signature_stands_behind_an_open_bracket_and_behind_a_completed_name() {
    let mut session = Session::start();
    session.run("pick = lambda zoo, alpha=2, *, beta: 0");
    session.type_text("pick(");
    session.wait_for_row(">>> pick(‸zoo, alpha=2, *, beta)");
    // The signature is not a text that Right could take.
    session.send(RIGHT);
    session.send("1");
    session.wait_for_row(">>> pick(1‸");
    session.send(", ");
    session.send(TAB);
    session.wait_for("the menu in the order of the signature", |screen| selected(screen) == "zoo=");
    session.send(DOWN);
    session.wait_for("the next parameter", |screen| selected(screen) == "alpha=");
    session.send(CTRL_C);
    session.wait_for_prompt(">>> ");
    check(&mut session, "pic", "pick‸(zoo, alpha=2, *, beta)");
}

/// Starts a thread that keeps Python to itself for a second when the file `go` appears.
const BUSY: &str = "import os, sys, threading, time\n\
    def busy():\n    while not os.path.exists('go'): time.sleep(0.001)\n    sys.setswitchinterval(100)\n    \
    end = time.monotonic() + 1\n    open('begun', 'w').close()\n    while time.monotonic() < end: pass\n    \
    sys.setswitchinterval(0.005)\n\
    threading.Thread(target=busy).start()\n";

#[test]
fn a_signature_that_comes_late_is_shown_without_another_key() {
    let mut session = Session::start();
    fs::write(session.home.path("busy.py"), BUSY).unwrap();
    session.tell("/include busy.py");
    session.type_text("x = sorted");
    fs::write(session.home.path("go"), "").unwrap();
    until("a busy thread", || session.home.path("begun").exists());
    session.send("(");
    session.wait_for_row(">>> x = sorted(‸iterable, /, *, key=None, reverse=False)");
}

#[test]
fn the_menu_is_left_with_esc_and_the_input_with_ctrl_c() {
    let mut session = start_with_names();
    session.send(ESC);
    session.wait_for_row(">>> alpha_‸");
    session.send(TAB);
    session.wait_for("the menu", |screen| selected(screen) == "alpha_one");
    session.send(CTRL_C);
    session.wait_for_view(&[">>> alpha_", "KeyboardInterrupt", ">>> ‸"]);
    session.run("'ali' + 've'");
    session.wait_for_line("'alive'");
}

const HOSTILE: &str = r#"
import time
class Meta(type):
    def __getattribute__(cls, name): print('TOUCHED'); raise SystemExit
    def __instancecheck__(cls, other): print('TOUCHED'); raise SystemExit
    def __eq__(cls, other): print('TOUCHED'); raise SystemExit
    def __hash__(cls): print('TOUCHED'); raise SystemExit
class Hostile(metaclass=Meta):
    value = 1
    def __getattribute__(self, name): print('TOUCHED'); raise SystemExit
    def __dir__(self): print('TOUCHED'); raise SystemExit
    def __repr__(self): print('TOUCHED'); raise SystemExit
    def __iter__(self): print('TOUCHED'); raise SystemExit
    def __getitem__(self, key): print('TOUCHED'); raise SystemExit
    def keys(self): print('TOUCHED'); raise SystemExit
    @property
    def prop(self): print('TOUCHED'); raise SystemExit
    @property
    def slow(self):
        while True: pass
class Table(dict):
    def __iter__(self): print('TOUCHED'); raise SystemExit
    def keys(self): print('TOUCHED'); raise SystemExit
    def items(self): print('TOUCHED'); raise SystemExit
hostile = Hostile(); hostile_table = Table(entry=1)
def __getattr__(name): print('TOUCHED'); raise SystemExit
"#;

#[test]
fn a_hostile_namespace_is_not_touched() {
    let home = Home::new();
    fs::write(home.path("hostile.py"), HOSTILE).unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.run("/include hostile.py");
    for (typed, completed) in [
        ("hostile.val", "hostile.value"),
        ("hostile.slo", "hostile.slow"),
        ("hostile.pro", "hostile.prop"),
        ("Hostile.val", "Hostile.value"),
        ("hostile_table['e", "hostile_table['entry']"),
        ("hostile_t", "hostile_table"),
    ] {
        check(&mut session, typed, completed);
    }
    session.type_text("hostile.");
    session.send(TAB);
    session.wait_for_text("slow");
    session.send(CTRL_C);
    session.wait_for_prompt(">>> ");
    session.type_text("hostile[");
    session.send(TAB);
    session.drop_input();
    session.run("'ali' + 've'");
    session.wait_for_line("'alive'");
    assert!(!String::from_utf8_lossy(&session.transcript()).contains("TOUCHED"), "{}", session.screen_text());
}

#[test]
fn replaced_builtins_are_not_used() {
    let home = Home::new();
    let code = "import builtins\nunique_name = 1\ndef touched(*_, **__): print('TOUCHED'); raise SystemExit\n\
        builtins.sorted = builtins.next = builtins.zip = builtins.any = builtins.type = touched\n";
    fs::write(home.path("replace.py"), code).unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.run("/include replace.py");
    check(&mut session, "unique_n", "unique_name");
    check(&mut session, "import ctyp", "import ctypes");
    assert!(!String::from_utf8_lossy(&session.transcript()).contains("TOUCHED"), "{}", session.screen_text());
}

#[test]
fn typing_goes_on_while_another_thread_holds_the_interpreter() {
    let home = Home::new();
    let code = "import threading, os, time\n\
        def hold():\n    while not os.path.exists('go'): time.sleep(0.01)\n    os.rename('go', 'gone'); sum(range(10**12))\n\
        threading.Thread(target=hold, daemon=True).start()\n";
    fs::write(home.path("hold.py"), code).unwrap();
    let mut session = Session::start_in(home, |_| {});
    session.run("/include hold.py");
    session.type_text("import o");
    let (go, gone) = (session.home.path("go"), session.home.path("gone"));
    fs::write(go, "").unwrap();
    crate::wait::until("the thread that holds the interpreter", || gone.exists());
    session.send(TAB);
    session.type_text("s, sys");
    session.send(TAB);
    session.type_text(", re");
    session.wait_for_row(">>> import os, sys, re‸");
}

#[test]
fn a_menu_finds_room_in_any_terminal_and_leaves_nothing_behind() {
    let mut session = Session::start_configured("hints = false\n");
    session.run("import os; print('line\\n' * 40)");
    for (rows, columns) in [(24, 80), (10, 40), (24, 80)] {
        session.resize(rows, columns);
        session.send("\x0c");
        session.wait_for("a clear screen", |screen| screen.cursor_position() == (0, 4));
        session.send("os.path.is");
        session.wait_for("the input", |screen| screen.contents().ends_with("os.path.is"));
        session.send(TAB);
        session.wait_for("the menu", |screen| selected(screen) == "isabs");
        session.send(DOWN);
        session.wait_for("the next entry", |screen| selected(screen) == "isdevdrive");
        session.send(ESC);
        session.wait_for("no menu", |screen| screen.contents().ends_with("os.path.is"));
        session.drop_input();
    }
}
