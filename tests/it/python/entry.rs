//! What um-host calls of a script: `run` with the whole input, or `run` and `main` with the keys of an object by name.

use super::run;
use crate::support::command::Home;

/// What no error may repeat.
const VALUE: &str = "value-of-the-input-5b1f";

#[test]
fn a_main_that_the_script_never_calls_gets_the_keys_by_name() {
    // Once it was defined, and nothing more: status 0 without a word.
    let home = Home::with_store();
    let source = "print('imported as', __name__)\ndef main(customer: str, limit: int = 10, **rest):\n    \
                  print('running')\n    return [customer, limit, rest]\nif __name__ == '__main__':\n    print('never')\n";
    run(&home, "main.py", source)
        .args(["--input", r#"{"customer": {"id": 7}, "more": true}"#])
        .stdout("[{\"id\":7},10,{\"more\":true}]\n")
        .stderr("imported as main\nrunning\n")
        .run();
    for (source, input, result) in [
        ("def main(): return 'no parameter'\n", "{}", "\"no parameter\"\n"),
        ("def main(n=1, *, m=2): return n + m\n", "null", "3\n"),
        ("async def main(n): return n\n", r#"{"n": "ü"}"#, "\"ü\"\n"),
        ("import functools\ndef f(k, n): return k + n\nmain = functools.partial(f, 1)\n", r#"{"n": 2}"#, "3\n"),
        ("import functools\n@functools.cache\ndef main(n): return n\n", r#"{"n": 2}"#, "2\n"),
        ("def main(a: Unknown): return a\n", r#"{"a": 1}"#, "1\n"),
    ] {
        run(&home, "main.py", source).args(["--input", input]).stdout(result).run();
    }
}

#[test]
fn a_run_of_several_parameters_gets_the_keys_by_name_and_of_one_the_whole_input() {
    // Once `name` was the whole input and `count` was left at 3.
    let home = Home::with_store();
    let input = r#"{"name": "Ada", "count": 2}"#;
    for (source, result) in [
        ("def run(name: str, count: int = 3): return [name, count]\n", "[\"Ada\",2]\n"),
        ("def run(*, name, **rest): return [name, rest]\n", "[\"Ada\",{\"count\":2}]\n"),
        ("def run(name): return name\n", "{\"name\":\"Ada\",\"count\":2}\n"),
        ("def run(input: 'Unknown' = None): return len(input)\n", "2\n"),
        ("def run(): return sorted(app.input)\n", "[\"count\",\"name\"]\n"),
    ] {
        run(&home, "run.py", source).args(["--input", input]).stdout(result).run();
    }
}

#[test]
fn what_is_missing_or_unknown_is_told_with_the_signature_and_without_a_value() {
    let home = Home::with_store();
    let source = "def run(customer, limit=10): return 1\n";
    for (input, words) in [
        (
            None,
            "error: run(customer, limit=10): missing `customer`; pass --input '{\"customer\": …}', or give `run` another \
             name if the script is a program\n",
        ),
        (
            Some(format!(r#"{{"custmer": "{VALUE}"}}"#)),
            "error: run(customer, limit=10): missing `customer`; there is no parameter `custmer` (did you mean `customer`?)\n",
        ),
        (
            Some(format!(r#"["{VALUE}"]"#)),
            "error: run(customer, limit=10): the input is a list, and not an object with parameters by name; pass --input \
             '{\"customer\": …}', or give `run` another name if the script is a program\n",
        ),
        (
            Some(format!(r#"{{"customer": 1, "a\u001b[2J": "{VALUE}"}}"#)),
            "error: run(customer, limit=10): there is no parameter `a\\u001b[2J`\n",
        ),
    ] {
        let input = input.iter().flat_map(|input| ["--input", input]);
        let answer = run(&home, "run.py", source).args(input).answer();
        assert_eq!((answer.status, answer.stdout.as_str(), answer.stderr.as_str()), (1, "", words));
    }
    for (source, words) in [
        ("def main(a, /, b=1): pass\n", "main(a, /, b=1): um-host gives parameters by name, and `a` cannot"),
        ("def main(a, *words): pass\n", "main(a, *words): um-host gives parameters by name, and `*words` takes none"),
    ] {
        let answer = run(&home, "main.py", source).args(["--input", r#"{"a": 1}"#]).answer();
        assert!(answer.status == 1 && answer.stderr.starts_with(&format!("error: {words}")), "{answer:?}");
    }
}

#[test]
fn a_script_that_calls_its_main_stays_a_command() {
    let home = Home::with_store();
    let main =
        "import sys, asyncio\ndef main(limit=1):\n    print('work', __name__, limit, sys.argv[1:])\n    return 3\n";
    for (uses, status) in [
        ("main()\n", 0),
        ("if __name__ == '__main__':\n    sys.exit(main())\n", 3),
        ("def start(f): return f()\nraise SystemExit(start(main))\n", 3),
    ] {
        run(&home, "command.py", &format!("{main}{uses}"))
            .args(["--", "one"])
            .status(status)
            .stdout("work __main__ 1 ['one']\n")
            .run();
    }
    run(&home, "silent.py", "def main(): pass\nmain()\n").run();
    let answer = run(&home, "typed.py", main).args(["--", "one"]).answer();
    assert!(answer.status == 2 && answer.stderr.contains("or call `main`"), "{answer:?}");
}

#[test]
fn a_script_that_defines_neither_and_does_nothing_says_so() {
    let home = Home::with_store();
    let source = "def handler(event): return event\n";
    let said = "um-host: `[HOME]/actions/lazy.py` defines no `run(...)` and printed nothing\n";
    run(&home, "lazy.py", source).stderr(said).run();
    run(&home, "lazy.py", source).arg("--quiet").run();
    let answer = run(&home, "lazy.py", source).arg("--json").answer();
    assert!(answer.status == 0 && answer.stderr.ends_with("printed nothing\n"), "{answer:?}");
    assert_eq!(answer.json()["idle"], true);
    for source in
        ["print('x')\n", "import sys\nprint('x', file=sys.stderr)\n", "raise ValueError\n", "def run(): pass\n"]
    {
        let answer = run(&home, "busy.py", source).arg("--json").answer();
        assert!(!answer.stderr.contains("defines no") && answer.json()["idle"] == false, "{source}: {answer:?}");
    }
    let out = home.path("out");
    run(&home, "writes.py", "app.documents.write('a.txt', 'x')\n").arg("--documents").arg(&out).run();
}
