//! Secrets and documents as scripts have them.

use std::fs;

use super::run;
use crate::support::command::Home;

const VALUE: &str = "pat-na1-7Hq2Lx9vTz";

fn home() -> Home {
    let home = Home::with_store();
    home.set("HUBSPOT_API_KEY", VALUE);
    home.set("STRIPE_KEY", "sk_live_4eC39HqLyjWDarjtT1zdp7dc");
    home
}

#[test]
fn a_secret_is_a_text_and_masked_in_all_that_comes_out() {
    let home = home();
    let source = "
import base64, json, sys
token = app.secrets.HUBSPOT_API_KEY
assert type(token) is str and len(token) == 18
print('token', token, repr(token), [token])
print(base64.b64encode(token.encode()).decode(), file=sys.stderr)
print(json.dumps({'t': token}))
print(app.secrets, sorted(app.secrets), 'STRIPE_KEY' in app.secrets, 'NOPE' in app.secrets, app.secrets.get('NOPE', 7))
";
    run(&home, "leaks.py", source)
        .stdout(
            "token *** '***' ['***']\n{\"t\": \"***\"}\n\
             <secrets HUBSPOT_API_KEY, STRIPE_KEY> ['HUBSPOT_API_KEY', 'STRIPE_KEY'] True False 7\n",
        )
        .stderr(
            "***\num-host: masked HUBSPOT_API_KEY 4 times in stdout (raw)\n\
             um-host: masked HUBSPOT_API_KEY 1 time in stderr (base64)\n",
        )
        .run();
}

#[test]
fn an_exception_and_a_result_leak_nothing() {
    let home = home();
    for source in [
        "raise ValueError(app.secrets.HUBSPOT_API_KEY)\n",
        "def run(input): raise ValueError(app.secrets.HUBSPOT_API_KEY)\n",
        "def run(input): return {app.secrets.HUBSPOT_API_KEY: [app.secrets.HUBSPOT_API_KEY]}\n",
        "import sys\nsys.exit(app.secrets.HUBSPOT_API_KEY)\n",
        "x = app.secrets.HUBSPOT_API_KEY\nassert x == 1, x\n",
        "import os, sys\nsys.stdout.write(app.secrets.HUBSPOT_API_KEY)\nsys.stdout.flush()\nos._exit(3)\n",
        "import logging\nlogging.warning('token %s', app.secrets.HUBSPOT_API_KEY)\n",
        "app.log(app.secrets.HUBSPOT_API_KEY)\n",
    ] {
        let answer = run(&home, "leaks.py", source).answer();
        answer.never_says(VALUE);
        assert!(format!("{}{}", answer.stdout, answer.stderr).contains("***"), "{source}: {answer:?}");
    }
}

#[test]
fn a_secret_that_is_not_there_is_told_with_what_to_check() {
    let home = home();
    let advice = "SecretNotFound: workspace `default` has no secret `HUBSPOT_KEY`; did you mean `HUBSPOT_API_KEY`? (names \
                  are case-sensitive; `um-host secrets list --workspace default` shows those there are)\n";
    let answer = run(&home, "typo.py", "token = app.secrets.HUBSPOT_KEY\n").answer();
    assert_eq!(answer.status, 1);
    assert!(answer.stderr.contains("File \"typo.py\", line 1, in <module>\n"), "{answer:?}");
    assert!(answer.stderr.ends_with(advice), "{answer:?}");
    for source in [
        "from um_action import SecretNotFound\ntry: app.secrets.NOPE\nexcept SecretNotFound: print('caught')\n",
        "try: app.secrets.NOPE\nexcept AttributeError: print('caught')\n",
        "if not hasattr(app.secrets, 'NOPE'): print('caught')\n",
    ] {
        run(&home, "caught.py", source).stdout("caught\n").run();
    }
    let answer =
        run(&home, "denied.py", "app.secrets.STRIPE_KEY\n").args(["--only-secrets", "HUBSPOT_API_KEY"]).answer();
    assert!(answer.stderr.contains("SecretDenied") && answer.stderr.contains("--only-secrets"), "{answer:?}");
}

#[test]
fn a_value_made_in_the_run_is_guarded_too() {
    let home = Home::with_store();
    let source = "app.secrets.guard('access-token-4711')\nprint('access-token-4711')\n\
                  from um_action import GuardError\ntry: app.secrets.guard('short')\nexcept GuardError as error: print(error)\n";
    let answer = run(&home, "guards.py", source).answer();
    assert!(answer.stdout.starts_with("***\n") && answer.stdout.contains("at least 8 bytes"), "{answer:?}");
}

#[test]
fn without_a_store_nothing_of_the_script_runs() {
    let home = Home::new();
    let answer = run(&home, "early.py", "print('never')\n").answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (125, ""));
    assert!(answer.stderr.contains("um-host init"), "{answer:?}");
    // Nor is anything made for it.
    let answer = home.um_host(["run"]).arg(home.path("actions/early.py")).answer();
    assert_eq!(answer.status, 125, "{answer:?}");
    assert!(!home.path(".cache").exists());
}

#[test]
fn documents_are_published_together_when_a_script_succeeds() {
    let home = home();
    let source = "
app.documents.write('a.txt', 'token ' + app.secrets.HUBSPOT_API_KEY)
app.documents.write('b.bin', bytes(range(256)))
with app.documents.open('c.csv') as file:
    import csv
    csv.writer(file).writerows([['name', 'ü'], [1, 2]])
";
    run(&home, "writes.py", source)
        .arg("--documents")
        .arg(home.path("out"))
        .stderr("um-host: masked HUBSPOT_API_KEY 1 time in document a.txt (raw)\n")
        .run();
    let document = |name: &str| fs::read(home.path("out").join(name)).unwrap();
    assert_eq!(document("a.txt"), b"token ***");
    assert_eq!(document("b.bin"), (0..=255).collect::<Vec<u8>>());
    assert_eq!(document("c.csv"), "name,ü\r\n1,2\r\n".as_bytes());
    let failing = format!("{source}\nraise ValueError('late')\n");
    let answer = run(&home, "writes.py", &failing).arg("--documents").arg(home.path("other")).answer();
    assert!(answer.status == 1 && !home.path("other").exists(), "{answer:?}");
}

#[test]
fn a_host_that_is_not_allowed_is_told_with_its_flag() {
    let home = home();
    let source = "key = 'hunter' + '22'\napp.http.get('https://api.example.com/x?key=' + key)\n";
    let answer = run(&home, "calls.py", source).answer();
    assert_eq!(answer.status, 1);
    assert!(
        answer.stderr.contains("HostNotAllowed") && answer.stderr.contains("--allow-host api.example.com"),
        "{answer:?}"
    );
    answer.never_says("hunter22");
    let answer = run(&home, "imports.py", "import socket\nsocket.create_connection(('127.0.0.1', 80))\n").answer();
    assert_eq!(answer.status, 1, "{answer:?}");
}
