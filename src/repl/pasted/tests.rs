//! Tests with texts copied from documents and other prompts. A stand-in for the compiler knows what these texts need.

use super::*;

/// Judges a text: prompts, an indented first line, special characters and `?` are wrong; an open bracket is open.
fn compiler(text: &str) -> Verdict {
    let scan = brackets::scan(text);
    let code: String = text.char_indices().filter(|(at, _)| is_code(&scan, *at)).map(|(_, letter)| letter).collect();
    let mut lines = code.lines().filter(|line| !line.trim().is_empty());
    let (mut opens, mut levels) = (false, vec![0]);
    let is_indented = lines.any(|line| {
        let width = indent(line).len();
        if opens {
            levels.push(width);
        }
        levels.retain(|level| *level <= width);
        opens = line.trim_end().ends_with(':');
        levels.last() != Some(&width)
    });
    let is_wrong =
        ["?", ">>>", "...:", "= =", "In [", "\u{a0}", "\u{200b}", "“"].iter().any(|part| code.contains(part))
            || code.lines().any(|line| line.starts_with("..."))
            || is_indented;
    match scan.end {
        _ if is_wrong => Verdict::Invalid,
        brackets::End::Code if !opens => Verdict::Whole,
        _ => Verdict::Open,
    }
}

#[track_caller]
fn check(text: &str, code: &str, done: &str) {
    let cleaned = clean(text, compiler).unwrap_or_else(|| panic!("{text:?} stays"));
    assert_eq!((cleaned.code.as_str(), cleaned.done.as_str()), (code, done), "{text:?}");
}

#[track_caller]
fn check_stays(text: &str) {
    assert_eq!(clean(text, compiler), None, "{text:?}");
}

#[test]
fn prompts_are_taken_off_and_output_is_left_out() {
    check(">>> 1 + 1", "1 + 1", "prompts taken off");
    check(
        ">>> def f(n):\n...     if n:\n...         return 1\n...     return 2\n...\n>>> f(0)\n2\n>>> f(1)\n1\n",
        "def f(n):\n    if n:\n        return 1\n    return 2\n\nf(0)\nf(1)",
        "prompts taken off, 2 lines of output left out",
    );
    check(
        "    >>> import math\n    >>> math.sqrt(\n    ...     4)\n    2.0\n",
        "import math\nmath.sqrt(\n    4)",
        "prompts taken off, 1 line of output left out",
    );
    check("\n\n>>> x = 1\r\n>>> x\r\n1\r\n", "x = 1\nx", "prompts taken off, 1 line of output left out");
    check(">>>\u{a0}x\u{a0}= 1", "x = 1", "prompts taken off, special spaces replaced");
}

#[test]
fn a_traceback_among_the_output_is_output() {
    check(
        ">>> 1 / 0\nTraceback (most recent call last):\n    ...\nZeroDivisionError: division by zero\n>>> 'on'\n'on'",
        "1 / 0\n'on'",
        "prompts taken off, 4 lines of output left out",
    );
    check(
        ">>> 1 / 0\nTraceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\n    1 / 0\n    ~~^~~\nZeroDivisionError: division by zero",
        "1 / 0",
        "prompts taken off, 5 lines of output left out",
    );
}

#[test]
fn transcripts_of_ipython_are_read_too() {
    check(
        "In [3]: def f(x):\n   ...:     for y in x:\n   ...:         print(y)\n   ...: \n   ...:     return x\n   ...: \n\n\
         In [4]: f([1])\n1\nOut[4]: [1]\n\nIn [10]: _\nOut[10]: [1]\n",
        "def f(x):\n    for y in x:\n        print(y)\n\n    return x\n\nf([1])\n_",
        "prompts taken off, 3 lines of output left out",
    );
    check("In [1]: len?", "len?", "prompts taken off");
    check("In [12]: %timeit f()", "%timeit f()", "prompts taken off");
    // The continuation prompt of one style is output in the other.
    check("In [1]: x\nOut[1]: \n... more", "x", "prompts taken off, 2 lines of output left out");
}

#[test]
fn the_first_line_may_lack_its_prompt() {
    check("x = 1\n>>> x\n1", "x = 1\nx", "prompts taken off, 1 line of output left out");
    check(
        "for x in y:\n...     print(x)\n...\n0\n1",
        "for x in y:\n    print(x)",
        "prompts taken off, 2 lines of output left out",
    );
    check_stays("x = = 1\n>>> x");
}

#[test]
fn dots_behind_a_whole_line_are_a_prompt_only_before_all_others() {
    check_stays("x = load()\n...\nprint x = = 1");
    check_stays("x = 1\n... # more\ny = 2\nprint x");
    check("x = 1\n   ...: y = 2\n   ...: x + y", "x = 1\ny = 2\nx + y", "prompts taken off");
    check("x = 1\n   ...: \n   ...: x + 1", "x = 1\n\nx + 1", "prompts taken off");
    check("x = 1\n... y = 2\n... x + y", "x = 1\ny = 2\nx + y", "prompts taken off");
    check("for x in y:\n...\n...     print(x)", "for x in y:\n\n    print(x)", "prompts taken off");
}

#[test]
fn a_transcript_that_is_wrong_itself_is_run_all_the_same() {
    check(">>> x = = 1", "x = = 1", "prompts taken off");
    check(">>> f(", "f(", "prompts taken off");
}

#[test]
fn what_is_python_stays() {
    for text in [
        "x = 1",
        "s = '''\n>>> x\n'''",
        "def f():\n    '''Doc.\n\n    >>> f()\n    1\n    '''",
        "f(\n... \n)",
        "text = 'a\u{a0}b'",
        "x >> y",
        "len?",
        "/help",
        "!ls",
        "",
        "\n",
    ] {
        check_stays(text);
    }
}

#[test]
fn what_merely_contains_prompts_is_not_a_transcript() {
    check_stays("def f():\n    '''Doc.\n\n    >>> f()\n    1\n    '''\n    return = = 1");
    check_stays("x = '''\n>>> f()\n'''; y = = 1");
    check_stays("Example:\n\n>>> f()");
}

#[test]
fn indentation_of_all_lines_is_taken_off() {
    for (text, code) in [
        (" x = 1", "x = 1"),
        ("    if x:\n        y = 1\n    z = 2", "if x:\n    y = 1\nz = 2"),
        ("\tif x:\n\t\ty = 1", "if x:\n\ty = 1"),
        ("    x = '''\n  text\n    more'''\n    y = 1", "x = '''\n  text\n    more'''\ny = 1"),
        ("    f(\n  1)", "  f(\n1)"),
        (" def f():\n    return 1", "def f():\n   return 1"),
        (" x = = 1", "x = = 1"),
        ("    x = 1\n# note\n  # note\n    y = 2", "x = 1\n# note\n# note\ny = 2"),
        ("# note\n    x = 1\n    y = 2", "# note\nx = 1\ny = 2"),
        ("    def f(", "def f("),
    ] {
        check(text, code, "indentation taken off");
    }
}

#[test]
fn a_selection_that_starts_within_the_indentation_is_evened() {
    for (text, code) in [
        (" x = 1\ny = 2", "x = 1\ny = 2"),
        ("x = 1\n    y = 2\n    z = 3", "x = 1\ny = 2\nz = 3"),
        ("def f():\n        return 1\n    f()", "def f():\n    return 1\nf()"),
    ] {
        check(text, code, "indentation taken off");
    }
    check_stays("x = = 1\n    y = 2");
}

#[test]
fn lines_that_were_moved_against_each_other_are_a_guess() {
    for (text, is_guess) in [
        ("if ok:\n    backup()\n   delete()", true),
        (">>> if ok:\n...     backup()\n...    delete()", true),
        (" x = 1\ny = 2", true),
        ("    if ok:\n        backup()\n    delete()", false),
        (">>> x", false),
    ] {
        assert_eq!(clean(text, compiler).unwrap().is_guess, is_guess, "{text:?}");
    }
}

#[test]
fn special_spaces_become_plain_ones_but_in_strings_and_comments() {
    check(
        "if x:\n\u{a0}\u{a0}y\u{a0}= 'a\u{a0}b'\u{200b}  # c\u{a0}d",
        "if x:\n  y = 'a\u{a0}b'  # c\u{a0}d",
        "special spaces replaced",
    );
    check("\u{a0}x = 1", "x = 1", "special spaces replaced, indentation taken off");
}

#[test]
fn typographic_characters_are_named_and_the_line_is_offered_in_ascii() {
    for (source, character, form, line) in [
        ("print(“hello”)", '“', "\"", "print(\"hello\")"),
        ("x = 1\ny = ‘it’", '‘', "'", "y = 'it'"),
        ("x =\u{a0}3 – 2  # – no", '–', "-", "x = 3 - 2  # – no"),
        ("f('“', «b»)", '«', "\"", "f('“', \"b\")"),
    ] {
        assert_eq!(typographic(source), Some((character, form, line.to_owned())), "{source}");
    }
    for source in ["x = '“'", "# “", "x = = 1"] {
        assert_eq!(typographic(source), None, "{source}");
    }
}
