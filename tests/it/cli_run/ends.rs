//! How a run ends, and what keeps one from starting: the status and the words of each.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{entries, home, run};
use crate::support::bound::Bounded;
use crate::support::command::{Home, status};
use crate::support::guests::guest;

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
            "um-host: error: the cache directory `[HOME]/.cache/um-host` is open to others (mode 777)\n  \
             hint: run `chmod 700` on it\n",
        )
        .run();
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
fn what_cannot_be_run_is_told_by_what_is_in_the_way() {
    let home = Home::new();
    let whole = fs::read(guest("plain")).unwrap();
    home.write("cut.wasm", &whole[..whole.len() / 2]);
    home.write("text.wasm", "this is no action");
    home.write("binary.txt", b"text\0and more");
    home.write("empty.wasm", "");
    for (name, text) in [
        ("nothing.wasm", "(module)"),
        ("component.wasm", "(component)"),
        ("emscripten.wasm", r#"(module (import "env" "abort" (func)) (func (export "_start")))"#),
        ("old.wasm", r#"(module (import "wasi_unstable" "fd_close" (func)) (func (export "_start")))"#),
        ("server.wasm", r#"(component (instance $i) (export "wasi:http/incoming-handler@0.2.0" (instance $i)))"#),
    ] {
        home.write(name, wat::parse_str(text).unwrap());
    }
    let unknown = guest("imports_something_unknown").display().to_string();
    let not_wasm = "this is neither WebAssembly nor a Python script, whose name ends in .py\n  \
                    hint: build a program with `cargo build --target wasm32-wasip2` and run the .wasm file";
    for (action, status, message) in [
        (
            "absent.wasm",
            127,
            "there is no file `absent.wasm`\n  hint: the path counts from the current directory; look at both",
        ),
        (".", 126, "`.` is a directory without a main.py\n  hint: name the script or the .wasm file that is meant"),
        (
            "text.wasm",
            126,
            "this is neither WebAssembly nor a Python script, whose name ends in .py\n  \
             hint: if it is Python, name it text.py: a script is known by its ending; of a program the .wasm file is run, \
             which `cargo build --target wasm32-wasip2` makes",
        ),
        ("binary.txt", 126, not_wasm),
        (
            "empty.wasm",
            126,
            "this is neither WebAssembly nor a Python script, whose name ends in .py\n  \
             hint: the file is empty: save the script, or build the program again",
        ),
        (
            "nothing.wasm",
            126,
            "the module is a library: it exports no function `_start` without parameters, which a program has\n  hint: build it as a program, with a \
             `main`, for wasm32-wasip2 or wasm32-wasip1",
        ),
        (
            "component.wasm",
            126,
            "the action exports neither `wasi:cli/run` nor `run`\n  hint: give it a `main`, or `um_action::export!`",
        ),
        (
            "emscripten.wasm",
            126,
            "the action imports what this host does not offer: env\n  hint: it is built for another host, such as \
             Emscripten's, or misses a library; build it as a program for wasm32-wasip2 or wasm32-wasip1",
        ),
        (
            "old.wasm",
            126,
            "the action imports what this host does not offer: wasi_unstable\n  hint: it is built for WASI before 0.1; build \
             it with a toolchain since 2020",
        ),
        (
            "server.wasm",
            126,
            "the action answers HTTP requests (it exports `wasi:http/incoming-handler`), and nothing of it can be run\n  \
             hint: um-host runs programs that come to an end: give it a `main`, or `um_action::export!`; it can call HTTP \
             services itself",
        ),
        (
            unknown.as_str(),
            126,
            "the action imports what this host does not offer: acme:metal/smelter@1.0.0\n  \
             hint: um-host offers WASI 0.2, and `um_action` beyond that; build it without what needs more",
        ),
    ] {
        home.um_host(["run", action]).status(status).stderr(format!("um-host: error: {message}\n")).run();
    }
    let answer = home.um_host(["run", "cut.wasm"]).answer();
    assert_eq!(answer.status, 126);
    assert!(answer.stderr.starts_with("um-host: error: the WebAssembly is damaged: "), "{answer:?}");
    assert!(answer.stderr.ends_with("\n  hint: build it again\n"), "{answer:?}");
}

#[test]
fn without_the_key_of_its_store_an_action_does_not_start() {
    let home = Home::with_store();
    run(&home, "prints_a_secret")
        .env("UM_HOST_KEY", "env:MASTER")
        .status(125)
        .stderr("um-host: error: the environment variable MASTER is not set\n  hint: it should hold the store's key\n")
        .run();
    let foreign = fs::read_to_string(Home::with_store().key_file()).unwrap();
    run(&home, "prints_a_secret")
        .env("UM_HOST_KEY", "env:MASTER")
        .env("MASTER", foreign.trim())
        .status(125)
        .stderr(
            "um-host: error: this is the wrong key: the store is locked with [KEY], the key given is [KEY]\n  \
             hint: give the store's own key with `--key`\n",
        )
        .run();
    run(&home, "prints_a_secret")
        .env("UM_HOST_WORKSPACE", "nowhere")
        .status(1)
        .stderr(
            "um-host: error: there is no workspace `nowhere`\n  \
                 hint: `um-host workspaces list` shows those there are\n",
        )
        .run();
}

#[test]
fn a_signal_ends_the_run_in_order() {
    for (signal, expected) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let home = home();
        let mut child = run(&home, "loops_inside_a_secret").args(["--documents", "out"]).start();
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

/// The object said 130, whatever the signal was.
#[test]
fn a_signal_is_told_to_programs_as_the_status_that_we_end_with() {
    for (signal, expected) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let home = Home::new();
        let mut child = run(&home, "loops_for_ever").arg("--json").start();
        let mut begun = [0; 7];
        child.stderr.as_mut().unwrap().read_exact(&mut begun).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((status(output.status), &told["end"]["status"]), (expected, &json!(expected)));
        let fields: Vec<_> = told["end"].as_object().unwrap().keys().collect();
        assert_eq!(fields[..2], ["code", "status"]);
        assert!(told.as_object().unwrap().keys().next().is_some_and(|first| first == "schema"));
    }
}

#[test]
fn a_signal_ends_the_wait_for_input_too() {
    let home = Home::new();
    let mut child = run(&home, "echoes").args(["--input", "-"]).stdin("").start();
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
    let mut child = nohup.stdout(Stdio::piped()).stderr(Stdio::piped()).start().unwrap();
    let mut begun = [0; 7];
    child.stdout.as_mut().unwrap().read_exact(&mut begun).unwrap();
    kill_process(Pid::from_child(&child), Signal::HUP).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((status(output.status), &begun[..]), (143, &b"before\n"[..]));
}
