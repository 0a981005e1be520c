//! How scripts end: statuses, tracebacks, limits.

use super::run;
use crate::support::command::Home;

#[test]
fn a_command_ends_with_its_own_status() {
    let home = Home::with_store();
    for (source, status, stderr) in [
        ("import sys\nprint('x')\nsys.exit(42)\n", 42, ""),
        ("print('x')\nraise SystemExit\n", 0, ""),
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

#[test]
fn what_is_printed_arrives_whole_however_long_it_is() {
    let home = home();
    let source = "import sys\nprint('x' * 300_000)\nprint('y' * 300_000, file=sys.stderr)\nsys.stdout.buffer.write(b'z' * 300_000)\n";
    let answer = run(&home, "prints.py", source).answer();
    assert_eq!((answer.stdout.len(), answer.stderr.len()), (600_001, 300_001));
    // Where a write was cut, a value could be cut as well, and then shown.
    let source = "import sys\nraise ValueError('x' * int(sys.argv[1]) + app.secrets.API_KEY + 'y')\n";
    for length in (65_300..65_500).step_by(7) {
        let answer = run(&home, "raises.py", source).args(["--", &length.to_string()]).answer();
        answer.never_says("pat-na1");
        assert!(answer.stderr.contains("***y\n"), "{length}");
    }
}

#[test]
fn nothing_that_a_script_or_its_input_is_makes_the_runner_itself_throw() {
    let home = Home::with_store();
    let sum = format!("x = 1{}\n", "+1".repeat(3_000));
    let signs = format!("x = {}1\n", "-".repeat(5_000));
    for source in [
        sum.as_str(),
        &signs,
        "import sys\ndel sys.stdout\nraise ValueError('x')\n",
        "def run(input): raise ValueError('\\ud800')\n",
        "import sys\nclass S:\n    __hash__ = None\n    def write(self, text): return 0\n    def flush(self): raise RuntimeError\nsys.stdout = S()\nraise ValueError('x')\n",
    ] {
        let answer = run(&home, "throws.py", source).answer();
        assert_eq!(answer.status, 1, "{answer:?}");
        assert!(!answer.stderr.contains("um_runner") && !answer.stderr.contains("panicked"), "{answer:?}");
    }
    let digits = "9".repeat(5_000);
    run(&home, "echoes.py", "def run(input): return input\n")
        .args(["--input", &digits])
        .stdout(digits.clone() + "\n")
        .run();
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    run(&home, "counts.py", "print(len(str(app.input)))\n").args(["--input", &deep(500)]).stdout("1000\n").run();
    let answer = run(&home, "counts.py", "print(1)\n").args(["--input", &deep(501)]).answer();
    assert_eq!(answer.status, 2, "{answer:?}");
    let answer = run(&home, "echoes.py", "def run(input): return input\n").args(["--input", &deep(130)]).answer();
    assert!(answer.status == 1 && answer.stderr.contains("nested too deeply"), "{answer:?}");
}

#[test]
fn a_typed_script_that_leaves_without_a_result_has_failed() {
    let home = Home::with_store();
    let source = "import os\ndef run(input):\n    app.documents.write('a.txt', 'x')\n    os._exit(0)\n";
    let answer = run(&home, "leaves.py", source).arg("--documents").arg(home.path("out")).answer();
    assert_eq!((answer.status, home.path("out").exists()), (1, false), "{answer:?}");
    run(&home, "leaves.py", "import sys\ndef run(input): sys.exit(256)\n").stdout("null\n").run();
}

#[test]
fn documents_that_are_left_open_are_completed() {
    let home = Home::with_store();
    for (number, source) in [
        "f = app.documents.open('a.csv')\nf.write('a,b\\n')\n",
        "import csv\nw = csv.writer(app.documents.open('a.csv', newline=''))\nw.writerow(['a', 'b'])\nopened = {'w': w}\n",
        "f = app.documents.open('a.csv')\nf.write('a,b\\n')\nimport sys\nsys.exit(0)\n",
        "f = None\ndef run(input):\n    global f\n    f = app.documents.open('a.csv')\n    f.write('a,b\\n')\n",
    ]
    .into_iter()
    .enumerate()
    {
        let out = home.path(&format!("out-{number}"));
        let answer = run(&home, "opens.py", source).arg("--documents").arg(&out).answer();
        assert_eq!(answer.status, 0, "{source}: {answer:?}");
        assert_eq!(std::fs::read_to_string(out.join("a.csv")).unwrap().trim_end(), "a,b", "{source}");
    }
}

/// A home with a secret.
fn home() -> Home {
    let home = Home::with_store();
    home.set("API_KEY", "pat-na1-7Hq2Lx9vTz");
    home
}
