//! `run`, word for word: streams, results, what is said about masked values, and what ends with which status.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::command::{Answer, Home, Transcript, status};
use crate::support::guests::guest;

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

/// A home with a store and one secret.
fn home() -> Home {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", VALUE);
    home
}

fn run<'a>(home: &'a Home, action: &str) -> Transcript<'a> {
    home.um_host(["run"]).arg(guest(action))
}

/// The lines of a stream that two others were written to at once.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// The object of `--json` without what differs from run to run.
fn steady(answer: &Answer) -> Value {
    let mut object = answer.json();
    let fields = object.as_object_mut().unwrap();
    assert_eq!(fields["run"].as_str().unwrap().len(), 32);
    let usage = fields["usage"].as_object().unwrap();
    assert_eq!(usage.keys().collect::<Vec<_>>(), ["wall_ms", "cpu_ms", "memory_bytes", "http"]);
    assert!(usage["memory_bytes"].as_u64().unwrap() > 0);
    fields.shift_remove("run");
    fields.shift_remove("usage");
    object
}

#[test]
fn a_command_talks_on_our_streams() {
    let home = Home::new();
    run(&home, "plain")
        .arg("--env")
        .arg("GREETING=good day")
        .arg("--")
        .arg("a")
        .arg("--b=c")
        .stdin("four words of input")
        .stdout(
            "arguments: a --b=c\n\
             GREETING: good day\n\
             input: 19 bytes\n\
             slept: true\n\
             after 2020: true\n\
             words: 4\n\
             file: Err(NotFound)\n",
        )
        .stderr("done\n")
        .run();
}

#[test]
fn an_action_that_asks_for_no_secrets_needs_no_store_and_makes_none() {
    let home = Home::new();
    run(&home, "exits_1").env("UM_HOST_DATA_DIR", home.path("nowhere")).status(1).stderr("nothing to do\n").run();
    let made: Vec<_> = fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(made, [".cache"]);
}

#[test]
fn a_home_that_cannot_be_written_costs_the_cache_and_nothing_else() {
    let home = Home::new();
    home.write(".cache", "in the way");
    run(&home, "exits_42")
        .status(42)
        .stdout("before")
        .stderr(
            "um-host: the cache directory `[HOME]/.cache/um-host` cannot be made: Not a directory (os error 20); the \
             action is compiled for this run only (XDG_CACHE_HOME names another place)\n",
        )
        .run();
}

#[test]
fn a_cache_that_others_can_write_is_not_used() {
    let home = Home::new();
    run(&home, "exits_42").status(42).stdout("before").run();
    fs::set_permissions(home.path(".cache/um-host"), PermissionsExt::from_mode(0o777)).unwrap();
    run(&home, "exits_42")
        .status(125)
        .stderr(
            "um-host: error: the cache directory `[HOME]/.cache/um-host` is open to others (mode 777); run `chmod 700` \
             on it\n",
        )
        .run();
}

#[test]
fn an_action_sees_none_of_our_environment() {
    let home = Home::new();
    run(&home, "prints_args_and_env")
        .arg("--env")
        .arg("A=1")
        .arg("--env")
        .arg("B=x=y")
        .env("MASTER", "hunter22")
        .stdout("variable A=1\nvariable B=x=y\n")
        .run();
}

#[test]
fn the_result_of_a_typed_action_is_one_line_of_json() {
    let home = Home::new();
    for (input, result) in [
        ("{\"a\": [1, null], \"b\": \"ü\"}", "{\"a\":[1,null],\"b\":\"ü\"}\n"),
        ("null", "null\n"),
        ("\"x\"", "\"x\"\n"),
    ] {
        let answer = run(&home, "echoes").arg("--input").arg(input).answer();
        assert_eq!((answer.status, answer.stdout.as_str()), (0, result));
        assert_eq!(sorted(&answer.stderr), ["on stderr", "on stdout"]);
    }
    assert_eq!(run(&home, "echoes").answer().stdout, "{}\n");
}

#[test]
fn input_comes_from_the_option_a_file_or_stdin() {
    let home = Home::new();
    home.write("input.json", "[1,\n 2]\n");
    assert_eq!(run(&home, "echoes").arg("--input").arg("@input.json").answer().stdout, "[1,2]\n");
    assert_eq!(run(&home, "echoes").arg("--input").arg("-").stdin("{\"a\":1}\n").answer().stdout, "{\"a\":1}\n");
    assert_eq!(run(&home, "echoes").arg("--input").arg("-7").answer().stdout, "-7\n");
}

#[test]
fn input_that_is_no_json_is_told_by_its_place() {
    let home = Home::new();
    let hint = "hint: a text needs quotes of its own: --input '\"text\"'; a file is named with @: --input @FILE";
    home.write("input.json", "{\"a\": hunter22}");
    for (input, message) in [
        ("hunter22", "`--input` is not JSON: unexpected text at line 1, column 1"),
        ("{\"a\": ", "`--input` is not JSON: it ends too early"),
        ("@input.json", "`input.json` is not JSON: unexpected text at line 1, column 7"),
        ("-", "stdin is not JSON: it ends too early"),
    ] {
        let expected = format!("um-host: error: {message}\n  {hint}\n");
        run(&home, "echoes").arg("--input").arg(input).stdin("[1,").status(2).stderr(expected).run();
    }
    run(&home, "echoes")
        .arg("--input")
        .arg("@absent")
        .status(2)
        .stderr(
            "um-host: error: the input `absent` cannot be read\n  because: No such file or directory (os error 2)\n",
        )
        .run();
}

#[test]
fn a_typed_action_takes_no_arguments_and_a_command_no_input() {
    let home = Home::new();
    run(&home, "echoes")
        .arg("--")
        .arg("hunter22")
        .status(2)
        .stderr("um-host: error: a typed action takes an input, not arguments; pass JSON with `--input`\n")
        .run();
    run(&home, "plain")
        .arg("--input")
        .arg("-")
        .status(2)
        .stderr(
            "um-host: error: a compiled command takes arguments and standard input, not an input; pass it after `--` \
             or on stdin\n",
        )
        .run();
}

#[test]
fn the_error_of_a_typed_action_is_told_in_its_own_words() {
    let home = Home::new();
    let answer = run(&home, "fails").arg("--input").arg("\"no contact has an address\"").answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (1, ""));
    assert_eq!(answer.stderr.lines().last(), Some("error: no contact has an address"));
}

#[test]
fn a_typed_action_is_told_to_programs_in_one_object() {
    let home = home();
    let answer = run(&home, "echoes").arg("--json").arg("--input").arg("[1]").answer();
    assert_eq!((answer.status, sorted(&answer.stderr)), (0, vec!["on stderr", "on stdout"]));
    let expected = json!({
        "status": 0, "end": "completed", "blame": null, "limit": null, "result": [1], "error": null,
        "workspace": "default", "leaks": [], "unguarded": [], "secrets": [], "refused": [], "documents": [],
    });
    assert_eq!(steady(&answer), expected);

    let answer = run(&home, "fails_with_a_secret").arg("--json").answer();
    answer.never_says(VALUE);
    assert_eq!(answer.status, 1);
    let leaks = json!([{ "secret": "HUBSPOT_API_KEY", "stream": "error", "form": "raw", "count": 1 }]);
    let expected = json!({
        "status": 1, "end": "failed", "blame": "guest", "limit": null, "result": null,
        "error": "the service did not take ***", "workspace": "default", "leaks": leaks, "unguarded": [],
        "secrets": ["HUBSPOT_API_KEY"], "refused": [], "documents": [],
    });
    assert_eq!(steady(&answer), expected);
}

#[test]
fn a_command_is_told_to_programs_in_one_object_and_talks_on_stderr() {
    let home = Home::new();
    let answer = run(&home, "writes_documents").args(["--json", "--documents", "out", "--", "a.txt", "hello"]).answer();
    assert_eq!((answer.status, answer.stderr.as_str()), (0, "a.txt: written\n"));
    let expected = json!({
        "status": 0, "end": "completed", "blame": null, "limit": null, "result": null, "error": null,
        "workspace": "default", "leaks": [], "unguarded": [], "secrets": [], "refused": [],
        "documents": [{ "name": "a.txt", "path": home.path("out/a.txt"), "bytes": 5 }],
    });
    assert_eq!(steady(&answer), expected);

    let answer = run(&home, "loops_for_ever").args(["--json", "--timeout", "100ms"]).answer();
    assert_eq!(answer.status, 124);
    let expected = json!({
        "status": 124, "end": "limit", "blame": "guest", "limit": "wall", "result": null,
        "error": "the action was stopped at its limit `wall` of 100 ms",
        "workspace": "default", "leaks": [], "unguarded": [], "secrets": [], "refused": [], "documents": [],
    });
    assert_eq!(steady(&answer), expected);
}

#[test]
fn each_way_to_end_has_its_status_and_its_words() {
    let home = Home::new();
    let trapped =
        "um-host: error: the action trapped: the guest gave up (panic or abort); its standard error may say why\n";
    let wall = "um-host: error: the action was stopped at its limit `wall` of 200 ms\n  \
                hint: if it needs longer, raise it: --timeout DURATION\n";
    let cpu = "um-host: error: the action was stopped at its limit `cpu` of 50 ms\n  \
               hint: if it needs more, raise it: --limit cpu=VALUE\n";
    let memory = "um-host: error: the action was stopped at its limit `memory` of 16 MiB\n  \
                  hint: if it needs more, raise it: --memory SIZE\n";
    for (action, options, status, stdout, stderr) in [
        ("exits_42", &[][..], 42, "before", ""),
        ("exits_1", &[], 1, "", "nothing to do\n"),
        ("traps", &[], 134, "before\n", trapped),
        ("loops_for_ever", &["--timeout", "200ms"], 124, "before\n", wall),
        ("loops_for_ever", &["--limit", "cpu=50ms"], 124, "before\n", cpu),
        ("sleeps_for_ever", &["--timeout", "200ms"], 124, "before\n", wall),
        ("sleeps_for_ever", &["--limit", "wall=200ms"], 124, "before\n", wall),
        ("eats_memory", &["--memory", "16MiB"], 137, "before\n", memory),
        ("eats_memory", &["--limit", "memory=16MiB"], 137, "before\n", memory),
    ] {
        run(&home, action).args(options).status(status).stdout(stdout).stderr(stderr).run();
    }
}

#[test]
fn output_is_cut_at_its_limit() {
    let answer = run(&Home::new(), "floods_stdout").args(["--limit", "stdout=1KiB"]).answer();
    assert_eq!((answer.status, answer.stdout.len()), (123, 1024));
    assert_eq!(
        answer.stderr,
        "um-host: error: the action was stopped at its limit `stdout` of 1 KiB\n  \
         hint: if it needs more, raise it: --limit stdout=VALUE\n"
    );
}

#[test]
fn what_is_said_after_an_open_line_begins_a_new_one() {
    let answer = run(&Home::new(), "floods_stderr").args(["--limit", "stderr=100B"]).answer();
    assert_eq!(answer.status, 123);
    let (talk, said) = answer.stderr.split_at(100);
    assert!(!talk.contains("um-host"), "{talk}");
    assert!(said.starts_with("\num-host: error: the action was stopped at its limit `stderr`"), "{said}");
}

#[test]
fn what_cannot_be_run_is_told_by_what_is_in_the_way() {
    let home = Home::new();
    let whole = fs::read(guest("plain")).unwrap();
    home.write("cut.wasm", &whole[..whole.len() / 2]);
    home.write("text.wasm", "this is no action");
    home.write("empty.wasm", "");
    home.write("script.py", "print(1)");
    home.write("nothing.wasm", b"\0asm\x01\0\0\0");
    let unknown = guest("imports_something_unknown").display().to_string();
    let not_wasm = "this is not WebAssembly; build the action with `cargo build --target wasm32-wasip2` and run the .wasm \
                    file";
    for (action, status, message) in [
        ("absent.wasm", 127, "there is no file `absent.wasm`"),
        (".", 126, "`.` is a directory; name the .wasm file in it"),
        ("text.wasm", 126, not_wasm),
        ("empty.wasm", 126, not_wasm),
        (
            "script.py",
            126,
            "this is Python source; Python actions are not built yet, a WebAssembly component is needed",
        ),
        (
            "nothing.wasm",
            126,
            "the action exports neither `wasi:cli/run` nor `run`; give it a `main`, or `um_action::export!`",
        ),
        (
            unknown.as_str(),
            126,
            "the action imports what this host does not offer: acme:metal/smelter@1.0.0\n  \
             hint: build it for WASI 0.2 (wasm32-wasip2), with `um_action` for what um-host offers beyond that",
        ),
    ] {
        home.um_host(["run", action]).status(status).stderr(format!("um-host: error: {message}\n")).run();
    }
    let answer = home.um_host(["run", "cut.wasm"]).answer();
    assert_eq!(answer.status, 126);
    assert!(answer.stderr.starts_with("um-host: error: the WebAssembly is damaged: "), "{answer:?}");
    assert!(answer.stderr.ends_with("; build it again\n"), "{answer:?}");
}

#[test]
fn without_its_store_or_key_an_action_does_not_start() {
    let home = Home::new();
    let no_store = "um-host: error: there is no store in [HOME]/.local/share/um-host; make one with `um-host init`\n";
    run(&home, "prints_a_secret").status(125).stderr(no_store).run();

    let home = Home::with_store();
    run(&home, "prints_a_secret")
        .env("UM_HOST_KEY", "env:MASTER")
        .status(125)
        .stderr("um-host: error: the environment variable MASTER is not set; it should hold the store's key\n")
        .run();
    let foreign = fs::read_to_string(Home::with_store().key_file()).unwrap();
    run(&home, "prints_a_secret")
        .env("UM_HOST_KEY", "env:MASTER")
        .env("MASTER", foreign.trim())
        .status(125)
        .stderr(
            "um-host: error: this is the wrong key: the store is locked with [KEY], the key given is [KEY]; give the \
             store's own key with `--key`\n",
        )
        .run();
    run(&home, "prints_a_secret")
        .env("UM_HOST_WORKSPACE", "nowhere")
        .status(125)
        .stderr("um-host: error: there is no workspace `nowhere`; `um-host workspaces list` shows those there are\n")
        .run();
}

#[test]
fn what_was_masked_is_said_once_a_secret_and_stream() {
    let home = home();
    run(&home, "prints_a_secret")
        .stdout("out [***] end\n")
        .stderr(
            "err [***] end\n\
             um-host: masked HUBSPOT_API_KEY 1 time in stdout (raw)\n\
             um-host: masked HUBSPOT_API_KEY 1 time in stderr (raw)\n",
        )
        .run();
    run(&home, "prints_a_secret").arg("--quiet").stdout("out [***] end\n").stderr("err [***] end\n").run();
    let answer = run(&home, "prints_a_secret_in_every_form").args(["--documents", "out"]).answer();
    answer.never_says(VALUE);
    for stream in ["stdout", "stderr", "document forms.txt"] {
        let counted = |line: &&str| {
            line.starts_with("um-host: masked HUBSPOT_API_KEY ") && line.contains(&format!(" times in {stream} (raw, "))
        };
        assert_eq!(answer.stderr.lines().filter(counted).count(), 1, "{stream}: {answer:?}");
    }
}

#[test]
fn a_value_that_no_filter_can_guard_is_named_after_the_run() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "PIN", "--allow-unmaskable"]).stdin("2026").answer();
    run(&home, "prints_a_secret")
        .args(["--", "PIN"])
        .stdout("out [2026] end\n")
        .stderr(
            "err [2026] end\n\
             um-host: PIN was not masked: its value is too short or too common to be\n",
        )
        .run();
}

#[test]
fn only_secrets_hands_out_no_others() {
    let home = home();
    home.set("OTHER", "another-value-of-it");
    let answer = run(&home, "asks_for_secrets")
        .args(["--only-secrets", "OTHER, THIRD", "--", "OTHER", "HUBSPOT_API_KEY", "NO_SUCH"])
        .answer();
    let lines: Vec<_> = answer.stdout.lines().collect();
    assert_eq!(lines[0], "OTHER: 19 bytes");
    for (line, name) in [(lines[1], "HUBSPOT_API_KEY"), (lines[2], "NO_SUCH")] {
        assert!(line.starts_with(&format!("{name}: this run may not read the secret `{name}`")), "{line}");
    }
    let answer = run(&home, "asks_for_secrets").args(["--only-secrets", "", "--", "OTHER"]).answer();
    assert!(answer.stdout.starts_with("OTHER: this run may not read"), "{answer:?}");
    run(&home, "asks_for_secrets")
        .args(["--only-secrets", "Other Key"])
        .status(2)
        .stderr(
            "um-host: error: `Other Key` is not a valid name (letters, digits and underscores, no digit first); use \
             OTHER_KEY\n",
        )
        .run();
}

#[test]
fn a_run_shows_in_the_last_use_of_its_secrets() {
    let home = home();
    let run = run(&home, "prints_a_secret").arg("--json").answer().json()["run"].clone();
    let used = home.um_host(["secrets", "info", "HUBSPOT_API_KEY", "--json"]).answer().json()["last_use"].clone();
    assert_eq!((&used["run"], &used["reads"]), (&run, &json!(1)));
    home.um_host(["secrets", "delete", "HUBSPOT_API_KEY", "--yes"])
        .stderr(
            "um-host: deleted HUBSPOT_API_KEY from workspace `default`\n\
             um-host: it was last used: [TIME] by run [ID], read 1 time\n",
        )
        .run();
}

#[test]
fn verbose_tells_what_the_run_used() {
    let home = home();
    let answer = run(&home, "asks_for_secrets").args(["-v", "--", "HUBSPOT_API_KEY"]).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "HUBSPOT_API_KEY: 18 bytes\n"));
    let lines: Vec<_> = answer.stderr.lines().collect();
    assert!(lines[0].starts_with("um-host: run ") && lines[0].ends_with(" in workspace `default`"), "{lines:?}");
    assert!(lines[1].starts_with("um-host: used ") && lines[1].ends_with(" MiB of memory"), "{lines:?}");
    assert_eq!(lines[2..], ["um-host: got the secrets HUBSPOT_API_KEY"]);
    let answer = run(&home, "writes_documents").args(["-v", "--documents", "out", "--", "a.txt", "hello"]).answer();
    let published = format!("um-host: published `{}` (5 bytes)", home.path("out/a.txt").display());
    assert_eq!(answer.stderr.lines().last(), Some(published.as_str()));
}

#[test]
fn documents_are_published_into_a_directory_that_was_empty() {
    let home = Home::new();
    let publish = || run(&home, "writes_documents").args(["--documents", "out", "--", "a.txt", "hello"]);
    publish().stdout("a.txt: written\n").run();
    assert_eq!(fs::read_to_string(home.path("out/a.txt")).unwrap(), "hello");
    publish()
        .status(2)
        .stderr(
            "um-host: error: the documents directory `[HOME]/out` is not empty; name a new one, so that nothing is overwritten\n",
        )
        .run();
    run(&home, "writes_a_document_then_fails")
        .args(["--documents", "failed"])
        .status(1)
        .stderr("the other half failed\n")
        .run();
    assert_eq!(entries(&home), [".cache", "out"]);
}

#[test]
fn a_directory_is_read_and_never_written() {
    let home = Home::new();
    fs::create_dir(home.path("in")).unwrap();
    home.write("in/a.txt", "from outside");
    let answer = run(&home, "reads_a_directory").args(["--dir", "in::/data", "--", "/data"]).answer();
    assert!(answer.stdout.starts_with("a.txt: from outside\nwrite: refused"), "{answer:?}");
    assert!(!answer.stdout.contains(": done"), "{answer:?}");
    assert_eq!(fs::read_dir(home.path("in")).unwrap().count(), 1);
}

#[test]
fn an_option_that_is_wrong_is_named_with_what_it_takes() {
    let home = Home::new();
    for (options, message) in [
        (["--timeout", "3"], "--timeout: `3` is not a duration; write for example 500ms, 30s, 2m or 1h"),
        (["--timeout", "0s"], "--timeout: the limit `wall` must be more than nothing"),
        (["--memory", "1kb"], "--memory: `1kb` is not a size; write for example 4096, 64KiB, 256MiB or 2GiB"),
        (["--limit", "stdout=-1"], "--limit: `-1` is not a size; write for example 4096, 64KiB, 256MiB or 2GiB"),
        (["--limit", "http-calls=many"], "--limit: `many` is not a whole number"),
        (
            ["--limit", "stdout"],
            "`--limit` needs a name and a value, for example --limit stdout=1MiB\n  \
             hint: `um-host run --help` lists the limits",
        ),
        (
            ["--allow-host", "*.com"],
            "--allow-host: `*.com` cannot be allowed: the names below `com` belong to different owners; name a domain \
             below it, as in *.example.com",
        ),
        (
            ["--allow-private", "10.0.0"],
            "--allow-private: the host is a number but no plain address; write four decimal numbers, as in 192.0.2.1",
        ),
        (["--dir", "in"], "`--dir` needs a directory of ours and its name in the action, for example --dir ./in::/in"),
        (["--dir", "absent::/in"], "the directory `absent` cannot be mounted: No such file or directory (os error 2)"),
        (
            ["--env", "MONTH"],
            "`--env` needs a name and a value, for example --env MONTH=2026-10\n  \
             hint: secrets do not belong there: the action asks for them by name",
        ),
    ] {
        run(&home, "plain").args(options).status(2).stderr(format!("um-host: error: {message}\n")).run();
    }
    let answer = run(&home, "plain").args(["--limit", "ram=1"]).answer();
    assert_eq!(answer.status, 2);
    assert!(answer.stderr.starts_with("um-host: error: --limit: there is no limit `ram`; the limits are wall, "));
}

#[test]
fn the_help_lists_every_limit_with_its_default() {
    let help = Home::new().um_host(["run", "--help"]).answer().stdout;
    for row in [
        "wall            30 s",
        "memory          256 MiB",
        "stdout          10 MiB",
        "result          8 MiB",
        "documents       100",
        "http-calls      100",
    ] {
        assert!(help.contains(&format!("\n  {row}\n")), "{row}: {help}");
    }
}

#[test]
fn a_refused_request_is_told_with_the_option_that_allows_it() {
    let home = Home::new();
    let call =
        |options: &[&str]| run(&home, "calls_http").args(options).args(["--", "GET", "http://localhost:9/"]).answer();
    let answer = call(&[]);
    assert_eq!(answer.stderr, "um-host: host `localhost` is not allowed; add --allow-host http://localhost:9\n");
    assert!(answer.stdout.starts_with("error "), "{answer:?}");
    let answer = call(&["--allow-host", "http://localhost:9"]);
    assert!(answer.stderr.contains("add --allow-private localhost if that is meant"), "{answer:?}");
    assert_eq!(call(&["--quiet"]).stderr, "");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let home = Home::new();
    let mut child = run(&home, "floods_stdout").spawn();
    let mut first = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert!(first.starts_with("line 0000000000 "), "{first}");
    assert_eq!((status(output.status), String::from_utf8(output.stderr).unwrap().as_str()), (141, ""));
}

#[test]
fn an_output_that_cannot_be_written_is_the_hosts_failure() {
    let home = Home::new();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = run(&home, "exits_42").command().stdout(full()).output().unwrap();
    assert_eq!(status(output.status), 125);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "um-host: error: the guest's stdout could not be written: No space left on device (os error 28)\n"
    );
    let output = home.um_host(["--help"]).command().stdout(full()).output().unwrap();
    assert_eq!(status(output.status), 125);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "um-host: error: stdout could not be written\n  because: No space left on device (os error 28)\n"
    );
}

#[test]
fn a_result_that_nobody_reads_ends_quietly() {
    let home = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = run(&home, "echoes").command().stdout(writer).output().unwrap();
    assert_eq!(status(output.status), 141);
    assert_eq!(sorted(&String::from_utf8(output.stderr).unwrap()), ["on stderr", "on stdout"]);
}

#[test]
fn a_signal_ends_the_run_in_order() {
    for (signal, expected) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let home = home();
        let mut child = run(&home, "loops_inside_a_secret").args(["--documents", "out"]).spawn();
        // `begin ` is free to go; what follows is held back, since it may become the value.
        let mut begun = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(status(output.status), expected);
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "um-host: error: the run was interrupted; nothing was published\n"
        );
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "***", "what was held is masked at an end nobody chose");
        let used = home.um_host(["secrets", "info", "HUBSPOT_API_KEY", "--json"]).answer().json();
        assert_eq!(used["last_use"]["reads"], json!(1), "the read is on record");
        assert!(!entries(&home).contains(&"out".to_owned()));
    }
}

#[test]
fn a_signal_ends_the_wait_for_input_too() {
    let home = Home::new();
    let mut child = run(&home, "echoes").args(["--input", "-"]).stdin("").spawn();
    let _open_and_silent = child.stdin.take();
    // The cache is made when the host is, just before.
    while !home.path(".cache/um-host").exists() {
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((status(output.status), output.stdout, output.stderr), (143, Vec::new(), Vec::new()));
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let home = Home::new();
    let mut nohup = std::process::Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$0\" run \"$1\"", env!("CARGO_BIN_EXE_um-host")]);
    nohup.arg(guest("loops_for_ever")).env_clear().env("HOME", home.path(""));
    let mut child = nohup.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut begun = [0; 7];
    child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((status(output.status), &begun[..]), (143, &b"before\n"[..]));
}

#[test]
fn secrets_can_be_changed_beside_a_run_which_keeps_what_it_started_with() {
    let home = home();
    let mut child = run(&home, "reads_a_secret_late").stdin("").spawn();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "started\n");
    home.set("HUBSPOT_API_KEY", "a-value-of-another-length");
    drop(child.stdin.take());
    line.clear();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, "18 bytes\n");
    assert_eq!(status(child.wait().unwrap()), 0);
}

fn entries(home: &Home) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(home.path("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_action_may_have_any_name_that_a_file_may_have() {
    let home = Home::new();
    let odd: PathBuf = home.path("-my action.wasm");
    fs::copy(guest("exits_42"), &odd).unwrap();
    home.um_host(["run"]).arg(&odd).status(42).stdout("before").run();
}
