//! Programs that are no components: core modules of WASI 0.1, adapted as they are loaded.

use um_runtime::action::Kind;
use um_runtime::{End, Stdin};

use crate::runs::{host, text};
use crate::support::guests::core_module;
use crate::support::run::run_of;

#[tokio::test]
async fn a_core_module_of_wasi_0_1_runs_as_its_component_does() {
    let host = host();
    let action = host.load(core_module("plain")).await.unwrap();
    assert_eq!((action.kind(), action.uses_secrets()), (Kind::Command, false));
    let run = run_of(&host, &action).args(["one", "two"]).env("GREETING", "hello");
    let outcome = run.stdin(Stdin::Bytes(b"three words here".to_vec())).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    let expected = "arguments: one two\nGREETING: hello\ninput: 16 bytes\nslept: true\nafter 2020: true\nwords: 3\n";
    assert!(text(&outcome.stdout).starts_with(expected), "{}", text(&outcome.stdout));
}

#[tokio::test]
async fn a_core_module_gets_secrets_and_is_filtered() {
    let host = host();
    let action = host.load(core_module("prints_a_secret")).await.unwrap();
    assert!(action.uses_secrets());
    let outcome = run_of(&host, &action).start().await.unwrap();
    assert_eq!((text(&outcome.stdout), text(&outcome.stderr)), ("out [***] end\n", "err [***] end\n"));
}
