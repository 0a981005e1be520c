//! Runs of real guests through the library: how each ends, what each limit does, what gets out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use um_host::errors::Coded;
use um_host::{LoadError, MapSecret, MapVault, SecretName, SecretValue, WorkspaceName};
use um_runtime::{Action, Blame, End, Host, Limit, Limits, Output, RunError, SecretRead, Stdin};

use crate::support::guests::guest;
use crate::support::json::result;
use crate::support::python;
use crate::support::run::{Outcome, Run, run_of};

/// A value that every encoding changes: spaces, quotes, a slash, a percent sign, letters beyond ASCII.
pub const TOKEN: &str = "pat-na1 \"Zürich\"/100% \\o/ <&> 4f8c9e7d";

/// A host with one workspace that has one secret, and the cache that all tests share.
pub fn host() -> Host {
    host_with([("HUBSPOT_API_KEY", TOKEN)])
}

pub fn host_with<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Host {
    let secrets = secrets.into_iter().map(|(name, value)| {
        let Ok(value) = SecretValue::new(value.to_owned()) else { panic!("the value of {name} is not valid") };
        (SecretName::parse(name).unwrap(), "for tests", value)
    });
    let secrets = MapVault::new().workspace(workspace("default"), secrets);
    Host::builder().secrets(Arc::new(secrets)).cache_dir(cache()).build().unwrap()
}

/// Compiled guests, kept between runs of the tests.
pub fn cache() -> PathBuf {
    python::cache()
}

pub fn workspace(name: &str) -> WorkspaceName {
    WorkspaceName::parse(name).unwrap()
}

pub async fn load(host: &Host, name: &str) -> Action {
    host.load(guest(name)).await.unwrap()
}

async fn outcome(name: &str, configure: impl FnOnce(Run) -> Run) -> Outcome {
    let host = host();
    let action = load(&host, name).await;
    configure(run_of(&host, &action)).start().await.unwrap()
}

fn limits(name: &str, value: &str) -> Limits {
    let mut limits = Limits::default();
    limits.set(name, value).unwrap();
    limits
}

pub fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_program_that_knows_nothing_of_us_runs_unchanged() {
    let outcome = outcome("plain", |run| {
        run.args(["one", "two"]).env("GREETING", "hello").stdin(Stdin::Bytes(b"three words here".to_vec()))
    })
    .await;
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    let expected = "arguments: one two\nGREETING: hello\ninput: 16 bytes\nslept: true\nafter 2020: true\nwords: 3\n";
    assert!(text(&outcome.stdout).starts_with(expected), "{}", text(&outcome.stdout));
    assert_eq!(text(&outcome.stderr), "done\n");
}

#[tokio::test]
async fn a_guest_finds_nothing_that_it_was_not_given() {
    let outcome = outcome("prints_args_and_env", |run| run).await;
    assert_eq!(text(&outcome.stdout), "variable HOME=/home/action\nvariable TMPDIR=/tmp\n");
}

#[tokio::test]
async fn standard_input_reaches_the_guest_byte_for_byte() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let given = bytes.clone();
    let outcome = outcome("copies_stdin_to_stdout", |run| run.stdin(Stdin::Bytes(given))).await;
    assert_eq!(outcome.stdout, bytes);
}

#[tokio::test]
async fn a_guest_that_fails_is_an_outcome_with_its_own_status() {
    for (name, end, status) in [
        ("exits_1", End::Exited { code: 1 }, 1),
        ("exits_42", End::Exited { code: 42 }, 42),
        ("fails_without_its_secret", End::Exited { code: 1 }, 1),
    ] {
        let outcome = outcome(name, |run| run).await;
        assert_eq!((&outcome.end, outcome.status()), (&end, status), "{name}");
        assert_eq!(outcome.blame, Some(Blame::Guest), "{name}");
    }
}

#[tokio::test]
async fn a_guest_that_breaks_off_is_a_trap() {
    for name in ["traps", "panics_with_a_secret", "panics_in_a_typed_action"] {
        let outcome = outcome(name, |run| run).await;
        assert!(matches!(outcome.end, End::Trapped { .. }), "{name}: {:?}", outcome.end);
        assert_eq!(outcome.status(), 134, "{name}");
        assert!(!text(&outcome.stderr).contains(TOKEN), "{name}");
    }
}

#[tokio::test]
async fn a_guest_whose_calls_go_too_deep_is_at_a_limit() {
    let outcome = outcome("overflows_the_stack", |run| run).await;
    assert_eq!(outcome.end, End::Limit { limit: Limit::Stack, allowed: "4 MiB".to_owned() });
    assert_eq!((outcome.status(), outcome.blame), (123, Some(Blame::Guest)));
}

#[tokio::test]
async fn time_ends_a_run_that_computes_or_sleeps_for_ever() {
    for name in ["loops_for_ever", "sleeps_for_ever"] {
        let outcome = outcome(name, |run| run.limits(limits("wall", "300ms"))).await;
        assert_eq!(outcome.end, End::Limit { limit: Limit::Wall, allowed: "300 ms".to_owned() }, "{name}");
        assert_eq!((outcome.status(), text(&outcome.stdout)), (124, "before\n"), "{name}");
    }
    let outcome = outcome("loops_for_ever", |run| run.limits(limits("cpu", "50ms"))).await;
    assert!(matches!(outcome.end, End::Limit { limit: Limit::Cpu, .. }));
}

#[tokio::test]
async fn sleeping_uses_no_processor_time() {
    let host = host();
    let action = load(&host, "sleeps").await;
    let outcome = run_of(&host, &action).input("300").limits(limits("cpu", "200ms")).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed);
}

#[tokio::test]
async fn memory_over_the_limit_ends_the_run() {
    for name in ["eats_memory", "grows_memory"] {
        let outcome = outcome(name, |run| run.limits(limits("memory", "8MiB"))).await;
        assert_eq!(outcome.end, End::Limit { limit: Limit::Memory, allowed: "8 MiB".to_owned() }, "{name}");
        assert_eq!(outcome.status(), 137, "{name}");
        assert!(outcome.usage.memory <= 8 << 20, "{name}");
    }
}

#[tokio::test]
async fn output_up_to_the_limit_passes_and_the_next_byte_ends_the_run() {
    for (name, limit, option) in
        [("floods_stdout", Limit::Stdout, "stdout"), ("floods_stderr", Limit::Stderr, "stderr")]
    {
        let written = |outcome: &Outcome| outcome.stdout.len() + outcome.stderr.len();
        let within = outcome(name, |run| run.args(["100000"]).limits(limits(option, "100000"))).await;
        assert_eq!((within.end.clone(), written(&within)), (End::Completed, 100_000), "{name}");
        let over = outcome(name, |run| run.limits(limits(option, "100000"))).await;
        assert!(matches!(over.end, End::Limit { limit: hit, .. } if hit == limit), "{name}: {:?}", over.end);
        assert_eq!((over.status(), written(&over)), (123, 100_000), "{name}");
    }
}

#[tokio::test]
async fn a_result_up_to_the_limit_passes_and_one_byte_more_ends_the_run() {
    let bounded = |run: Run| run.limits(limits("result", "1002"));
    let within = outcome("returns_much", |run| bounded(run).input("1000")).await;
    assert_eq!(within.end, End::Completed);
    let over = outcome("returns_much", |run| bounded(run).input("1001")).await;
    assert!(matches!(over.end, End::Limit { limit: Limit::Result, .. }));
}

#[tokio::test]
async fn a_typed_action_gets_json_and_returns_json() {
    let input = r#"{"a":[true,null,-1.5,18446744073709551615],"text":"ü","z":1}"#;
    let outcome = outcome("echoes", |run| run.input(input)).await;
    assert_eq!(outcome.result.as_ref().unwrap().to_string(), input);
    assert_eq!((text(&outcome.stdout), text(&outcome.stderr)), ("on stdout\n", "on stderr\n"));
}

#[tokio::test]
async fn a_typed_actions_error_is_its_message() {
    let outcome = outcome("fails", |run| run.input("\"no contacts\"")).await;
    assert_eq!(outcome.end, End::Failed { message: "no contacts".to_owned() });
    assert_eq!(outcome.status(), 1);
}

#[tokio::test]
async fn a_result_that_is_not_json_is_the_guests_failure() {
    let outcome = outcome("returns_invalid_json", |run| run).await;
    let End::Failed { message } = &outcome.end else { panic!("{:?}", outcome.end) };
    assert!(message.contains("not JSON"), "{message}");
    assert_eq!(outcome.blame, Some(Blame::Guest));
}

#[tokio::test]
async fn what_cannot_be_given_is_refused_before_anything_runs() {
    let host = host();
    let (command, typed) = (load(&host, "plain").await, load(&host, "echoes").await);
    let refusal = run_of(&host, &command).input("1").start().await.err().unwrap();
    assert!(matches!(refusal, RunError::InputForCommand), "{refusal}");
    let refusal = run_of(&host, &typed).args(["x"]).start().await.err().unwrap();
    assert!(matches!(refusal, RunError::ArgsForTyped), "{refusal}");
    let refusal = run_of(&host, &typed).input("{\"a\": ").start().await.err().unwrap();
    assert!(matches!(refusal, RunError::Input { line: 1, .. }), "{refusal}");
    let refusal = run_of(&host, &command).dir("/no/such/directory", "/data").start().await.err().unwrap();
    assert!(matches!(refusal, RunError::Directory { .. }), "{refusal}");
}

#[tokio::test]
async fn secrets_are_masked_on_every_way_out() {
    let prints = outcome("prints_a_secret", |run| run).await;
    assert_eq!((text(&prints.stdout), text(&prints.stderr)), ("out [***] end\n", "err [***] end\n"));
    let read = SecretRead { name: SecretName::parse("HUBSPOT_API_KEY").unwrap(), version: 1 };
    assert_eq!(prints.secrets, [read]);

    let dribbles = outcome("prints_a_secret_byte_by_byte", |run| run).await;
    assert_eq!((text(&dribbles.stdout), text(&dribbles.stderr)), ("begin *** end\n", "begin *** end\n"));

    let panics = outcome("panics_with_a_secret", |run| run).await;
    assert!(text(&panics.stderr).contains("the service did not take ***"), "{}", text(&panics.stderr));

    let fails = outcome("fails_with_a_secret", |run| run).await;
    assert_eq!(fails.end, End::Failed { message: "the service did not take ***".to_owned() });

    let returns = outcome("returns_a_secret", |run| run).await;
    let result = result(&returns).unwrap();
    assert_eq!(result["text"], "begin *** end");
    assert_eq!(result["***"], "as a key");
    assert_eq!(result["nested"][0]["deep"][0], "***");
    assert!(!result.to_string().contains("4f8c9e7d"), "{result}");
}

#[tokio::test]
async fn every_form_of_a_secret_is_masked() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let outcome = outcome("prints_a_secret_in_every_form", |run| run.documents(&target)).await;
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    let document = std::fs::read_to_string(target.join("forms.txt")).unwrap();
    for (way, shown) in [("stdout", text(&outcome.stdout)), ("stderr", text(&outcome.stderr)), ("document", &document)]
    {
        for line in shown.lines() {
            let (label, form) = line.split_once(": ").unwrap();
            assert!(form.contains("***"), "{way}: {label} is not masked");
            // Base64 shares its first and last characters with what stands beside the value.
            assert!(form.replace("***", "").len() <= 12, "{way}: {label}: {form}");
        }
        assert!(shown.lines().count() > 20, "{way}");
    }
}

#[tokio::test]
async fn a_value_made_in_the_run_is_masked_once_it_is_guarded() {
    let outcome_of_one = outcome("guards_a_value", |run| run).await;
    let shown = text(&outcome_of_one.stdout);
    assert!(
        shown.contains("before [session-") && shown.contains("after [***]") && shown.contains("hex [***]"),
        "{shown}"
    );
    assert_eq!(text(&outcome_of_one.stderr), "after [***]\n");
    for refused in ["7 bytes: a guarded value has at least 8 bytes", "20 bytes: a guarded value has at least 8 bytes"] {
        assert!(shown.contains(refused) && shown.contains("no `***` in it"), "{shown}");
    }

    let half_written = outcome("guards_a_value_half_written", |run| run).await;
    assert_eq!(text(&half_written.stdout), "*** end\n");

    let many = outcome("guards_too_many_values", |run| run).await;
    let shown = text(&many.stdout);
    assert!(shown.contains("guarded 1000, then:") && shown.ends_with("last [***]\n"), "{shown}");
    assert!(shown.contains("the first again: Ok(())"), "what is guarded already needs no room: {shown}");
}

#[tokio::test]
async fn what_is_held_at_an_end_that_the_guest_did_not_choose_is_masked() {
    for name in ["traps_inside_a_secret", "loops_inside_a_secret"] {
        let cut = outcome(name, |run| run.limits(limits("wall", "500ms"))).await;
        assert_eq!(text(&cut.stdout), "begin ***", "{name}");
    }
    let chosen = outcome("ends_inside_a_secret", |run| run).await;
    assert_eq!(text(&chosen.stdout).as_bytes(), &TOKEN.as_bytes()[..TOKEN.len() / 2]);
}

#[tokio::test]
async fn a_guest_learns_names_but_only_those_it_may_ask_for() {
    let host = host_with([("HUBSPOT_API_KEY", TOKEN), ("SLACK_TOKEN", "xoxb-1234-5678")]);
    let lists = load(&host, "lists_secrets").await;
    let all = run_of(&host, &lists).start().await.unwrap();
    assert_eq!(text(&all.stdout).lines().count(), 3, "{}", text(&all.stdout));
    let name = SecretName::parse("SLACK_TOKEN").unwrap();
    let narrowed = run_of(&host, &lists).only_secrets([name.clone()]).start().await.unwrap();
    let shown = text(&narrowed.stdout);
    assert!(shown.contains("SLACK_TOKEN") && !shown.contains("HUBSPOT"), "{shown}");

    let asks = load(&host, "asks_for_secrets").await;
    let run = run_of(&host, &asks).args(["SLACK_TOKEN", "HUBSPOT_API_KEY", "NOTHING"]).only_secrets([name]);
    let outcome = run.start().await.unwrap();
    let lines: Vec<&str> = text(&outcome.stdout).lines().collect();
    assert_eq!(lines[0], "SLACK_TOKEN: 14 bytes");
    let denied = |line: &str| line.split_once(": ").unwrap().1.replace("HUBSPOT_API_KEY", "X").replace("NOTHING", "X");
    assert_eq!(denied(lines[1]), denied(lines[2]), "denied alike, whether or not it exists");
}

#[tokio::test]
async fn an_unknown_secret_is_told_with_what_to_check() {
    let outcome = outcome("asks_for_secrets", |run| run.args(["hubspot_api_key", "HUBSPOT_API_KEY"])).await;
    let shown = text(&outcome.stdout);
    assert!(shown.contains("HUBSPOT_API_KEY") && shown.contains("default") && shown.contains("case"), "{shown}");
}

#[tokio::test]
async fn a_host_without_secrets_ends_a_run_that_asks_for_one() {
    let host = Host::builder().cache_dir(cache()).build().unwrap();
    for action in ["lists_secrets", "plain"] {
        assert!(run_of(&host, &load(&host, action).await).start().await.unwrap().completed(), "{action}");
    }
    let action = load(&host, "asks_for_secrets").await;
    let error = run_of(&host, &action).args(["TOKEN"]).start().await.err().unwrap();
    let said = "the action asks for the secret `TOKEN`, and this host was given none to hand out";
    assert_eq!((error.code(), error.to_string().as_str()), ("no-store", said));
}

#[tokio::test]
async fn a_run_may_be_given_secrets_of_its_own() {
    let host = host();
    let action = load(&host, "asks_for_secrets").await;
    let secret = |name: &str| {
        let value = SecretValue::new("a value of this run".to_owned()).unwrap();
        MapSecret::new(SecretName::parse(name).unwrap(), value)
    };
    let ended = run_of(&host, &action).secret(secret("OWN")).args(["OWN", "HUBSPOT_API_KEY"]).start().await.unwrap();
    assert_eq!(ended.outcome.secrets.len(), 2, "{}", text(&ended.stdout));
    assert!(text(&ended.stdout).starts_with("OWN: 19 bytes\n"));
    // Masked though nobody asked for it, by an action that could not; not where it was left out.
    let (echoes, input) = (load(&host, "echoes").await, "\"a value of this run\"");
    let echoed = run_of(&host, &echoes).secret(secret("OWN")).input(input).start().await.unwrap();
    assert_eq!(echoed.outcome.result.as_ref().unwrap().as_str(), "\"***\"");
    assert!(echoed.outcome.secrets.is_empty() && echoed.outcome.leaks[0].secret == "OWN");
    let others = [SecretName::parse("HUBSPOT_API_KEY").unwrap()];
    let left_out = run_of(&host, &echoes).secret(secret("OWN")).input(input).only_secrets(others);
    assert_eq!(left_out.start().await.unwrap().outcome.result.as_ref().unwrap().as_str(), input);
    for (names, code) in [(["OWN", "OWN"], "secret-given-twice"), (["OWN", "HUBSPOT_API_KEY"], "secret-given-and-kept")]
    {
        let run = names.into_iter().fold(run_of(&host, &action), |run, name| run.secret(secret(name)));
        assert_eq!(run.start().await.err().unwrap().code(), code);
    }
}

#[tokio::test]
async fn documents_appear_together_when_the_run_has_succeeded() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let written = outcome("writes_documents", |run| {
        let pairs = ["a.txt", "one", "b.txt", "two", "a.txt", "again", "../escape", "no", ".hidden", "no", "", "no"];
        let odd = ["-rf", "no", "cod\u{202e}fdp.exe", "no", "c\u{200b}.txt", "no"];
        let pairs = [&pairs[..], &odd].concat();
        run.documents(&target).args(pairs)
    })
    .await;
    assert_eq!(text(&written.stdout).matches(": written").count(), 2, "{}", text(&written.stdout));
    let names: Vec<_> = written.documents.iter().map(|document| (document.name.as_str(), document.bytes)).collect();
    assert_eq!(names, [("a.txt", 3), ("b.txt", 3)]);
    assert_eq!(std::fs::read_to_string(target.join("a.txt")).unwrap(), "one");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left of the staging");

    let host = host();
    let action = load(&host, "writes_documents").await;
    std::fs::write(target.join("mine.txt"), "not a run's").unwrap();
    let refusal = run_of(&host, &action).documents(&target).args(["c.txt", "three"]).start().await.err().unwrap();
    assert!(refusal.to_string().contains("`mine.txt`"), "{refusal}");
    assert!(!target.join("c.txt").exists());
}

#[tokio::test]
async fn documents_of_a_run_that_fails_are_discarded() {
    let folder = tempfile::tempdir().unwrap();
    let outcome = outcome("writes_a_document_then_fails", |run| run.documents(folder.path().join("out"))).await;
    assert_eq!(outcome.status(), 1);
    assert!(outcome.documents.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn documents_are_bounded_in_number_and_size() {
    let folder = tempfile::tempdir().unwrap();
    let target = |name: &str| folder.path().join(name);
    let many = outcome("writes_many_documents", |run| run.documents(target("many"))).await;
    assert!(text(&many.stdout).starts_with("100 documents, then:"), "{}", text(&many.stdout));
    assert_eq!(many.documents.len(), 100);
    let bounded = |run: Run, megabytes: &str, name: &str| {
        run.documents(target(name)).args([megabytes]).limits(limits("document-bytes", "2MiB"))
    };
    let within = outcome("writes_a_large_document", |run| bounded(run, "2", "within")).await;
    assert_eq!(within.end, End::Completed);
    assert_eq!(within.documents[0].bytes, 2 << 20);
    let over = outcome("writes_a_large_document", |run| bounded(run, "3", "over")).await;
    assert!(matches!(over.end, End::Limit { limit: Limit::DocumentBytes, .. }), "{:?}", over.end);
    assert!(!target("over").exists());
}

#[tokio::test]
async fn documents_are_filtered_as_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let outcome = outcome("leaks_into_documents", |run| run.documents(&target)).await;
    for name in ["whole.txt", "dribbled.txt"] {
        assert_eq!(std::fs::read_to_string(target.join(name)).unwrap(), "begin *** end\n", "{name}");
    }
    assert_eq!(std::fs::read_dir(&target).unwrap().count(), 3, "two documents and the manifest");
    assert!(!text(&outcome.stdout).contains("name: taken"), "{}", text(&outcome.stdout));
}

#[tokio::test]
async fn a_secret_in_a_document_that_is_no_text_keeps_all_documents_in() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let leaking = outcome("leaks_into_a_binary_document", |run| run.documents(&target).args(["leak"])).await;
    let End::Withheld { document, reason } = &leaking.end else { panic!("{:?}", leaking.end) };
    assert_eq!(document, "picture.bin");
    assert_eq!(reason, "it holds HUBSPOT_API_KEY, and a binary document cannot be masked without damage");
    assert_eq!((leaking.status(), leaking.blame, leaking.completed()), (1, Some(Blame::Guest), false));
    let counted: Vec<_> = leaking.leaks.iter().map(|leak| (leak.stream.to_string(), leak.count)).collect();
    assert_eq!(counted, [("document notes.txt".to_owned(), 1), ("document picture.bin".to_owned(), 1)]);
    assert!(leaking.documents.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of the staging");

    // What cannot be looked through within the run's memory is not let out either.
    let narrow = |run: Run| run.documents(&target).limits(limits("host-memory", "4MiB"));
    let over = outcome("leaks_into_a_binary_document", narrow).await;
    assert!(matches!(over.end, End::Limit { limit: Limit::HostMemory, .. }), "{:?}", over.end);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of the staging");

    let harmless = outcome("leaks_into_a_binary_document", |run| run.documents(&target)).await;
    assert_eq!(harmless.end, End::Completed);
    assert_eq!(std::fs::read(target.join("picture.bin")).unwrap(), b"\0\xff begin harmless end");
    assert_eq!(std::fs::read_to_string(target.join("notes.txt")).unwrap(), "begin *** end\n");
}

#[tokio::test]
async fn directories_can_be_read_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = folder.path().join("data");
    std::fs::create_dir(&mounted).unwrap();
    std::fs::write(mounted.join("a.csv"), "1,2\n").unwrap();
    std::fs::write(folder.path().join("outside"), "not yours").unwrap();
    let outcome = outcome("reads_a_directory", |run| run.dir(&mounted, "/data").args(["/data"])).await;
    let shown = text(&outcome.stdout);
    assert!(shown.contains("a.csv: 1,2"), "{shown}");
    assert_eq!(shown.matches("refused").count(), 7, "{shown}");
    assert_eq!(std::fs::read_to_string(mounted.join("a.csv")).unwrap(), "1,2\n");
    assert_eq!(std::fs::read_dir(&mounted).unwrap().count(), 1);
}

#[tokio::test]
async fn sockets_refuse_everything() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let outcome = outcome("tries_sockets", |run| run.args([address])).await;
    assert_eq!(text(&outcome.stdout).matches("refused").count(), 4, "{}", text(&outcome.stdout));
    let told = ["a socket to localhost was refused; actions have none", "a socket was refused; actions have none"];
    let messages: Vec<_> = outcome.refused.iter().map(|refusal| refusal.message.as_str()).collect();
    assert_eq!(messages, told);
    assert!(outcome.refused.iter().all(|refusal| refusal.code == "socket-refused"));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "nothing connected");
}

#[tokio::test]
async fn an_import_that_is_not_offered_is_named() {
    let refusal = host().load(guest("imports_something_unknown")).await.err().unwrap();
    let LoadError::Imports { names } = &refusal else { panic!("{refusal}") };
    assert_eq!(names, &["acme:metal/smelter@1.0.0"]);
}

#[tokio::test]
async fn an_interrupted_run_ends_with_everything_settled() {
    let outcome = outcome("sleeps_for_ever", |run| run.interrupt(tokio::time::sleep(Duration::from_millis(100)))).await;
    assert_eq!((outcome.end.clone(), outcome.status()), (End::Interrupted, 130));
    assert_eq!(text(&outcome.stdout), "before\n");
    assert_eq!(outcome.blame, None);
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_the_run_quietly() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let outcome = outcome("floods_stdout", |run| run.stdout(Output::Writer(Box::new(Gone)))).await;
    assert_eq!((outcome.end.clone(), outcome.status()), (End::OutputClosed, 141));
}

#[tokio::test]
async fn a_late_read_still_sees_the_snapshot_of_the_start() {
    let outcome = outcome("reads_a_secret_late", |run| run).await;
    assert_eq!(text(&outcome.stdout), format!("started\n{} bytes\n", TOKEN.len()));
}
