//! Scripts through the library: what an embedder is told.

use std::fs;
use std::sync::{Arc, Mutex};

use um_host::{Action, Host, LoadError, MapVault, RunError};
use um_runtime::End;
use um_runtime::action::{Kind, Script};
use um_secret::MapSecret;

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

/// A script was read anew by each run: what had been looked at and loaded was not what ran.
#[tokio::test]
async fn what_was_loaded_is_what_runs_until_it_is_loaded_again() {
    let (host, folder) = (host(), tempfile::tempdir().unwrap());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    fs::create_dir(folder.path().join("lib")).unwrap();
    let source = |word: &str| format!("import words\nfrom lib import deep\nprint('{word}', words.WORD, deep.WORD)\n");
    let put = |word: &str| {
        write("script.py", &source(word));
        write("words.py", &format!("WORD = '{word}'\n"));
        write("lib/deep.py", &format!("WORD = '{word}'\n"));
    };
    let path = folder.path().join("script.py");
    put("first");
    let first = host.load(&path).await.unwrap();
    put("second");
    // Python would take a package before the module of that name.
    fs::create_dir(folder.path().join("words")).unwrap();
    write("words/__init__.py", "WORD = 'planted'\n");
    assert_eq!(printed(&host, &first).await, "first first first\n");
    fs::remove_dir_all(folder.path().join("words")).unwrap();
    let second = host.load(&path).await.unwrap();
    assert_eq!(printed(&host, &second).await, "second second second\n");
    assert_eq!(printed(&host, &first).await, "first first first\n");
    assert_ne!(first.digest(), second.digest());
    fs::remove_dir_all(folder.path()).unwrap();
    assert_eq!(printed(&host, &first).await, "first first first\n");
    assert_eq!(printed(&host, &second).await, "second second second\n");
    assert!(matches!(host.load(&path).await, Err(LoadError::NotFound { .. })));
}

#[tokio::test]
async fn what_is_no_code_is_read_as_it_is_when_the_script_runs() {
    let (host, folder) = (host(), tempfile::tempdir().unwrap());
    let path = folder.path().join("script.py");
    fs::write(&path, "import os\nprint(open('a.txt').read(), sorted(os.listdir('.')))\n").unwrap();
    fs::write(folder.path().join("a.txt"), "first").unwrap();
    let action = host.load(&path).await.unwrap();
    assert_eq!(printed(&host, &action).await, "first ['a.txt', 'script.py']\n");
    fs::write(folder.path().join("a.txt"), "second").unwrap();
    fs::write(folder.path().join("b.txt"), "").unwrap();
    fs::write(folder.path().join("b.py"), "").unwrap();
    assert_eq!(printed(&host, &action).await, "second ['a.txt', 'b.txt', 'script.py']\n");
    assert_eq!(host.load(&folder.path().join("script.py")).await.unwrap().digest().len(), 64);
}

#[tokio::test]
async fn a_script_that_is_on_no_disk_runs() {
    let host = host();
    let source = "import os, inspect\nfrom lib import words\nprint(words.WORD, open('lib/a.txt').read())\n\
                  print(sorted(os.listdir('.')), inspect.getsource(words))\n";
    let files = [("main.py", source), ("lib/words.py", "WORD = 'deep'"), ("lib/a.txt", "text")];
    let script = Script::of_files("main.py", files).unwrap();
    let action = host.load_source(script).await.unwrap();
    assert_eq!(printed(&host, &action).await, "deep text\n['lib', 'main.py'] WORD = 'deep'\n\n");
    // The same on a disk is the same action, but for what is no code there.
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("lib")).unwrap();
    let on_disk = async |files: &[(&str, &str)]| {
        files.iter().for_each(|(name, text)| fs::write(folder.path().join(name), text).unwrap());
        host.load(folder.path()).await.unwrap().digest().to_owned()
    };
    let without_text = Script::of_files("main.py", files[..2].to_vec()).unwrap();
    assert_eq!(on_disk(&files).await, host.load_source(without_text).await.unwrap().digest());
}

async fn printed(host: &Host, action: &Action) -> String {
    let outcome = run_of(host, action).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    text(&outcome.stdout).to_owned()
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
    let own = ["um:runner/script@0.1.0", "um:runner/compression@0.1.0"];
    assert!(matches!(&refused, LoadError::Imports { names } if names == &own), "{refused}");
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
