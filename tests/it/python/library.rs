//! Scripts through the library: what an embedder is told.

use std::fs;
use std::sync::{Arc, Mutex};

use um_host::action::Kind;
use um_host::runtime::End;
use um_host::secret::MapSecret;
use um_host::{Host, LoadError, MapVault, RunError};

use crate::runs::{text, workspace};
use crate::support::python;
use crate::support::run::run_of;

fn host() -> Host {
    python::install();
    let secrets = MapVault::new().workspace(workspace("default"), Vec::<MapSecret>::new());
    Host::builder().secrets(Arc::new(secrets)).cache_dir(python::cache()).build().unwrap()
}

#[tokio::test]
async fn the_kind_of_a_script_is_known_when_it_runs() {
    let (host, folder) = (host(), tempfile::tempdir().unwrap());
    for (source, kind) in [("print(1)\n", Kind::Command), ("def run(input): return input\n", Kind::Typed)] {
        let path = folder.path().join("script.py");
        fs::write(&path, source).unwrap();
        let action = host.load(&path).await.unwrap();
        assert_eq!((action.kind(), action.name(), action.uses_secrets()), (Kind::Script, "script", true));
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        let run = run_of(&host, &action).on_kind(move |kind| listener.lock().unwrap().push(kind));
        let outcome = run.input(r#"{"a":1}"#).start().await.unwrap();
        assert_eq!((&outcome.end, outcome.kind), (&End::Completed, kind), "{}", text(&outcome.stderr));
        assert_eq!(*told.lock().unwrap(), [kind]);
    }
}

#[tokio::test]
async fn a_loaded_script_is_read_anew_by_each_run() {
    let (host, folder) = (host(), tempfile::tempdir().unwrap());
    let path = folder.path().join("script.py");
    fs::write(&path, "print('first')\n").unwrap();
    let action = host.load(&path).await.unwrap();
    for word in ["first", "second"] {
        fs::write(&path, format!("print('{word}')\n")).unwrap();
        assert_eq!(text(&run_of(&host, &action).start().await.unwrap().stdout), format!("{word}\n"));
    }
    fs::remove_file(&path).unwrap();
    let outcome = run_of(&host, &action).start().await.unwrap();
    assert_eq!(outcome.end, End::Exited { code: 1 });
    assert!(text(&outcome.stderr).contains("script.py"), "{}", text(&outcome.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_scripts_run_at_once_and_none_sees_another() {
    let (host, folder) = (host(), tempfile::tempdir().unwrap());
    let path = folder.path().join("script.py");
    let source = "import builtins, time\ndef run(input):\n    assert not hasattr(builtins, 'left')\n    \
                  builtins.left = input\n    time.sleep(0.05)\n    return builtins.left\n";
    fs::write(&path, source).unwrap();
    let action = host.load(&path).await.unwrap();
    let runs = (0..40).map(|number| tokio::spawn(run_of(&host, &action).input(number.to_string()).start()));
    for (number, run) in runs.collect::<Vec<_>>().into_iter().enumerate() {
        let outcome = run.await.unwrap().unwrap();
        assert_eq!(
            outcome.result,
            Some(number.to_string().parse().unwrap()),
            "{:?} {}",
            outcome.end,
            text(&outcome.stderr)
        );
    }
}

#[tokio::test]
async fn arguments_of_a_typed_script_are_the_callers_mistake() {
    let (host, folder) = (host(), tempfile::tempdir().unwrap());
    let path = folder.path().join("script.py");
    fs::write(&path, "def run(input): return 1\n").unwrap();
    let action = host.load(&path).await.unwrap();
    let refused = run_of(&host, &action).args(["one"]).start().await.unwrap_err();
    assert!(matches!(refused, RunError::ArgsForTyped), "{refused:?}");
    let refused = run_of(&host, &action).input("{").start().await.unwrap_err();
    assert!(matches!(refused, RunError::Input { .. }), "{refused:?}");
}

#[tokio::test]
async fn what_runs_scripts_is_no_action_itself() {
    let host = host();
    let runner = host.install_python().await.unwrap();
    let refused = host.load(&runner).await.err().unwrap();
    assert!(matches!(&refused, LoadError::Imports { names } if names == &["um:runner/script@0.1.0"]), "{refused}");
    // It still runs scripts afterwards.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.py");
    fs::write(&path, "print('still')\n").unwrap();
    let action = host.load(&path).await.unwrap();
    assert_eq!(text(&run_of(&host, &action).start().await.unwrap().stdout), "still\n");
}

#[tokio::test]
async fn without_a_cache_directory_there_is_no_python() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("script.py");
    fs::write(&path, "print(1)\n").unwrap();
    let refused = Host::builder().build().unwrap().load(&path).await.err().unwrap();
    assert!(matches!(refused, LoadError::NoPythonCache), "{refused}");
}
