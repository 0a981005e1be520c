//! How scripts end: statuses, tracebacks, limits.

use super::run;
use crate::support::command::Home;

#[test]
fn a_command_ends_with_its_own_status() {
    let home = Home::with_store();
    for (source, status, stderr) in [
        ("import sys\nprint('x')\nsys.exit(42)\n", 42, ""),
        ("raise SystemExit\n", 0, ""),
        ("import sys\nsys.exit('no contacts')\n", 1, "no contacts\n"),
        ("import sys\nsys.exit(300)\n", 300 & 0xff, ""),
    ] {
        let answer = run(&home, "ends.py", source).answer();
        assert_eq!((answer.status, answer.stderr.as_str()), (status, stderr), "{source}");
    }
}

#[test]
fn an_exception_shows_the_authors_own_lines() {
    let home = Home::with_store();
    std::fs::create_dir_all(home.path("actions")).unwrap();
    home.write("actions/helper.py", "def divide(a, b):\n    return a / b\n");
    let source = "import helper\n\ndef work():\n    return helper.divide(1, 0)\n\nprint('before')\nwork()\n";
    let traceback = "Traceback (most recent call last):\n  \
                     File \"fails.py\", line 7, in <module>\n    work()\n    ~~~~^^\n  \
                     File \"fails.py\", line 4, in work\n    return helper.divide(1, 0)\n           \
                     ~~~~~~~~~~~~~^^^^^^\n  \
                     File \"helper.py\", line 2, in divide\n    return a / b\n           ~~^~~\n\
                     ZeroDivisionError: division by zero\n";
    run(&home, "fails.py", source).status(1).stdout("before\n").stderr(traceback).run();
    let answer = run(&home, "typed.py", "import helper\n\ndef run(input):\n    helper.divide(1, 0)\n").answer();
    assert_eq!(answer.status, 1);
    assert!(answer.stderr.contains("File \"typed.py\", line 4, in run\n"), "{answer:?}");
    assert!(answer.stderr.ends_with("error: ZeroDivisionError: division by zero\n"), "{answer:?}");
    assert!(!answer.stderr.contains("um_runner") && !answer.stderr.contains("/action"), "{answer:?}");
}

#[test]
fn a_syntax_error_shows_its_line() {
    let home = Home::with_store();
    let answer = run(&home, "broken.py", "x = 1\nif x\n    pass\n").answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.contains("File \"broken.py\", line 2\n"), "{answer:?}");
    assert!(answer.stderr.ends_with("SyntaxError: expected ':'\n"), "{answer:?}");
}

#[test]
fn a_result_that_is_no_json_is_told_by_its_place() {
    let home = Home::with_store();
    let source = "import datetime\ndef run(input): return {'rows': [1, {'at': datetime.date(2026, 11, 23)}]}\n";
    let answer = run(&home, "result.py", source).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.contains("date") && answer.stderr.contains("rows[1].at"), "{answer:?}");
}

#[test]
fn limits_end_a_script_and_what_it_said_before_is_there() {
    let home = Home::with_store();
    let forever = "print('before')\nwhile True: pass\n";
    let answer = run(&home, "loops.py", forever).args(["--timeout", "1s"]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (124, "before\n"), "{answer:?}");
    let answer =
        run(&home, "sleeps.py", "import time\nprint('before')\ntime.sleep(60)\n").args(["--timeout", "1s"]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (124, "before\n"), "{answer:?}");
    let answer = run(&home, "eats.py", "print('before')\nx = bytearray(400 << 20)\n").answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (137, "before\n"), "{answer:?}");
    let answer = run(&home, "floods.py", "while True: print('x' * 1000)\n").args(["--limit", "stdout=64KiB"]).answer();
    assert_eq!(answer.status, 123, "{}", answer.stderr);
    let answer = run(
        &home,
        "deep.py",
        "def down(): return down()\ntry:\n    down()\nexcept RecursionError: print('too deep')\n",
    );
    assert_eq!(answer.answer().stdout, "too deep\n");
}
