//! Commands and typed scripts: what each is given, and where its words go.

use super::run;
use crate::support::command::Home;

#[test]
fn top_level_code_is_a_command() {
    let home = Home::with_store();
    let source = "import sys, os\nprint(__name__, sys.argv, app.input, os.getcwd())\nprint('aside', file=sys.stderr)\n";
    run(&home, "hello.py", source)
        .args(["--", "one", "--two=ü"])
        .stdout("__main__ ['hello.py', 'one', '--two=ü'] {} /action\n")
        .stderr("aside\n")
        .run();
}

#[test]
fn a_command_reads_our_stdin_and_may_have_an_input_as_well() {
    let home = Home::with_store();
    let source = "import sys\nprint(app.input['a'], len(sys.stdin.read()))\n";
    run(&home, "read.py", source).args(["--input", r#"{"a": 1}"#]).stdin("four words of input").stdout("1 19\n").run();
    run(&home, "read.py", source).args(["--input", "-"]).stdin(r#"{"a": 2}"#).stdout("2 0\n").run();
}

#[test]
fn a_script_that_defines_run_is_typed() {
    let home = Home::with_store();
    let source = "print('imported as', __name__)\n\ndef run(input):\n    print('running')\n    return {'got': input, 'ü': [1, 2.5, None, True]}\n";
    run(&home, "typed.py", source)
        .args(["--input", r#"{"b": [], "a": 12345678901234567890}"#])
        .stdout("{\"got\":{\"b\":[],\"a\":12345678901234567890},\"ü\":[1,2.5,null,true]}\n")
        .stderr("imported as typed\nrunning\n")
        .run();
    for (source, result) in [
        ("def run(): return 'no parameter'\n", "\"no parameter\"\n"),
        ("async def run(input): return input\n", "{}\n"),
        ("run = lambda input: 1\n", "1\n"),
        ("if True:\n    def run(input=7): return input\n", "{}\n"),
        ("def run(input): return None\n", "null\n"),
    ] {
        run(&home, "typed.py", source).stdout(result).run();
    }
}

#[test]
fn a_script_that_calls_its_own_run_does_its_work_once() {
    let home = Home::with_store();
    for (source, stdout) in [
        ("def run(): print('work')\nrun()\n", "work\n"),
        ("import asyncio\nasync def run(): print('work')\nasyncio.run(run())\n", "work\n"),
        ("def run(a): print('work')\ndef main(): run(1)\nmain()\n", "work\n"),
        (
            "from asyncio import run\nasync def main(): print('work')\nif __name__ == '__main__': run(main())\n",
            "work\n",
        ),
        ("def run(input): return 1\nif __name__ == '__main__':\n    print(run({}))\n", "1\n"),
    ] {
        run(&home, "once.py", source).stdout(stdout).run();
    }
}

#[test]
fn a_typed_script_is_given_no_arguments_and_no_stdin() {
    let home = Home::with_store();
    let source = "import sys\nprint('never')\ndef run(input): return sys.stdin.read()\n";
    run(&home, "typed.py", source)
        .args(["--", "one"])
        .status(2)
        .stderr(
            "um-host: error: a typed action takes an input, not arguments\n  \
             hint: pass JSON with `--input`; a script is typed that defines `run` at its top level, or a `main` \
             that it never calls: if it is a program, give `run` another name, or call `main`\n",
        )
        .run();
    let source = source.replace("print('never')\n", "");
    run(&home, "typed.py", &source).stdin("words").stdout("\"\"\n").run();
}

#[test]
fn a_script_sees_the_environment_that_it_was_given_and_no_other() {
    let home = Home::with_store();
    let source = "import os\nprint(dict(os.environ))\nassert not os.path.exists(os.path.expanduser('~'))\n";
    run(&home, "env.py", source).env("MASTER", "hunter22").stdout("{'TMPDIR': '/tmp', 'HOME': '/home/action'}\n").run();
    let given = ["--env", "A=1", "--env", "HOME=/h"];
    run(&home, "env.py", source).args(given).stdout("{'TMPDIR': '/tmp', 'A': '1', 'HOME': '/h'}\n").run();
}

#[test]
fn with_json_the_kind_is_still_told_apart() {
    let home = Home::with_store();
    let answer = run(&home, "both.py", "print('talk')\n").arg("--json").answer();
    assert_eq!((answer.json()["end"]["code"].as_str(), answer.stderr.as_str()), (Some("completed"), "talk\n"));
    let answer = run(&home, "both.py", "def run(input): return [input]\n").arg("--json").answer();
    assert_eq!(answer.json()["result"].to_string(), "[{}]");
}

#[test]
fn each_run_starts_anew() {
    let home = Home::with_store();
    let source = "import random, uuid, secrets, math\nprint(hasattr(math, 'left'), random.random(), uuid.uuid4(), secrets.token_hex())\nmath.left = 1\n";
    let first = run(&home, "anew.py", source).answer();
    let second = run(&home, "anew.py", source).answer();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (first, second) = (words(&first.stdout), words(&second.stdout));
    assert_eq!((first[0].as_str(), second[0].as_str()), ("False", "False"));
    for (one, other) in first.iter().zip(&second).skip(1) {
        assert_ne!(one, other);
    }
}
