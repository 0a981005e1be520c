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

/// Without a store it ended the run: for Python a dictionary begins with its `keys`, and such a secret was asked for.
#[test]
fn secrets_are_no_dictionary_and_say_what_to_write() {
    let source = "
for attempt in (lambda: dict(app.secrets), lambda: app.secrets.items(), lambda: app.secrets('CRM_TOKEN')):
    try: attempt()
    except TypeError as error: print(error)
try: app.secrets.list()
except AttributeError as error: print(error)
print(len(app.secrets), list(app.secrets), app.secrets)
";
    run(&Home::new(), "whole.py", source)
        .args(["--secret", "CRM_TOKEN=env:A"])
        .env("A", VALUE)
        .stdout(
            "app.secrets is no dict, and is not read as a whole: list(app.secrets) has the names; ask for one by its name, \
             as in app.secrets.NAME or app.secrets[\"NAME\"]\n\
             app.secrets is no dict, and is not read as a whole: list(app.secrets) has the names; ask for one by its name, \
             as in app.secrets.NAME or app.secrets[\"NAME\"]\n\
             app.secrets is not called: ask for one by its name, as in app.secrets.NAME or app.secrets[\"NAME\"]\n\
             app.secrets has no `list`: list(app.secrets) has the names\n\
             1 ['CRM_TOKEN'] <secrets CRM_TOKEN>\n",
        )
        .run();
}

/// A value that a script comes by without asking, in its input for instance.
#[test]
fn what_a_script_is_given_is_masked_though_it_does_not_ask() {
    let source = "
import sys
def run(input):
    print(input['token'], file=sys.stderr)
    app.documents.write('notes.txt', input['token'])
    if input['fails']:
        raise ValueError(input['token'])
    return input
";
    let home = Home::new();
    let given = |fails: bool| {
        let input = format!("{{\"token\": \"{VALUE}\", \"fails\": {fails}}}");
        let answer = run(&home, "knows.py", source)
            .args(["--secret", "CRM_TOKEN=env:A", "--documents", "out", "--input", &input])
            .env("A", VALUE)
            .answer();
        answer.never_says(VALUE);
        answer
    };
    let answer = given(false);
    assert_eq!((answer.status, answer.stdout.as_str()), (0, "{\"token\":\"***\",\"fails\":false}\n"), "{answer:?}");
    assert!(answer.stderr.starts_with("***\n"), "{answer:?}");
    assert_eq!(fs::read_to_string(home.path("out/notes.txt")).unwrap(), "***");
    let answer = given(true);
    assert!(answer.status == 1 && answer.stderr.contains("ValueError: ***\n"), "{answer:?}");
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
fn a_script_that_asks_for_no_secret_runs_without_a_store() {
    let home = Home::new();
    let source = "
print('hello', app.secrets.workspace, list(app.secrets), len(app.secrets), app.secrets.entries(), app.secrets)
print('TOKEN' in app.secrets, 'TOKEN' in dir(app.secrets), 'entries' in dir(app.secrets))
app.secrets.guard('made-in-the-run')
print('made-in-the-run')
";
    run(&home, "early.py", source)
        .args(["--workspace", "mk"])
        .stdout("hello mk [] 0 [] <secrets>\nFalse False True\n***\n")
        .stderr("um-host: masked guarded value 1 time in stdout (raw)\n")
        .run();
    run(&home, "typed.py", "def run(input): return input\n").args(["--input", "[7]"]).stdout("[7]\n").run();
}

#[test]
fn a_script_that_asks_for_a_secret_without_a_store_ends_there() {
    let home = Home::new();
    let said = "um-host: error: the action asks for the secret `TOKEN`, and there is no store in \
                [HOME]/.local/share/um-host\n  \
                hint: give it to this run, as in --secret TOKEN=env:TOKEN; or make a store with `um-host init`, and keep \
                it there: `um-host secrets set TOKEN`\n";
    for ask in [
        "app.secrets.TOKEN",
        "app.secrets['TOKEN']",
        "app.secrets.get('TOKEN')",
        "app.secrets.get('TOKEN', 'a default')",
        "getattr(app.secrets, 'TOKEN', None)",
        "hasattr(app.secrets, 'TOKEN')",
    ] {
        let caught = format!("print('begun')\ntry: {ask}\nexcept BaseException: print('caught')\nprint('never')\n");
        run(&home, "asks.py", &caught).status(125).stdout("begun\n").stderr(said).run();
    }
    let typed = "def run(input):\n    try: return app.secrets.TOKEN\n    finally: print('never')\n";
    let answer = run(&home, "typed.py", typed).arg("--json").answer();
    let end = &answer.json()["end"];
    assert_eq!((answer.status, &end["code"], &end["reason"]), (125, &"host-failed".into(), &"no-store".into()));
}

#[test]
fn a_script_is_given_a_secret_that_no_store_keeps() {
    let home = Home::new();
    let source = "
import os
print(app.secrets.CRM_TOKEN, app.secrets.entries()[0].sealed, dict(os.environ).get('CRM_TOKEN'))
print(sorted(app.secrets), 'CRM_TOKEN' in app.secrets, 'OTHER' in app.secrets)
";
    run(&home, "given.py", source)
        .args(["--secret", "CRM_TOKEN=env:CRM_TOKEN"])
        .env("CRM_TOKEN", VALUE)
        .stdout("*** False None\n['CRM_TOKEN'] True False\n")
        .stderr("um-host: masked CRM_TOKEN 1 time in stdout (raw)\n")
        .run();
    let sealed = "print(app.secrets.CRM_TOKEN[:10], len(app.secrets.CRM_TOKEN), app.secrets.entries()[0].sealed)\n";
    run(&home, "sealed.py", sealed)
        .args(["--secret", "CRM_TOKEN=env:CRM_TOKEN", "--bind", "CRM_TOKEN=api.example.com"])
        .env("CRM_TOKEN", VALUE)
        .stdout("um_sealed_ 42 True\n")
        .run();
    // What could be read beside the script is not to be seen.
    std::fs::create_dir_all(home.path("actions")).unwrap();
    home.write("actions/token.txt", VALUE);
    let beside = "import os\nprint(os.listdir('.'), len(app.secrets.CRM_TOKEN))\nopen('token.txt')\n";
    let answer = run(&home, "beside.py", beside).args(["--secret", "CRM_TOKEN=file:actions/token.txt"]).answer();
    assert!(answer.status == 1 && !answer.stdout.contains("token.txt"), "{answer:?}");
    assert!(answer.stdout.ends_with(" 18\n") && answer.stderr.contains("FileNotFoundError"), "{answer:?}");
}

/// One that is there and cannot be opened is told before anything of the script runs, or is made for it.
#[test]
fn a_store_that_cannot_be_opened_keeps_a_script_from_starting() {
    let home = home();
    std::fs::remove_file(home.key_file()).unwrap();
    let path = home.write("early.py", "print('never')\n");
    let answer = home.um_host(["run"]).arg(path).answer();
    assert_eq!((answer.status, answer.stdout.as_str()), (125, ""), "{answer:?}");
    assert!(answer.stderr.contains("does not exist"), "{answer:?}");
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
    let source = "import urllib.request\nkey = 'hunter' + '22'\n\
                  urllib.request.urlopen('https://api.example.com/x?key=' + key)\n";
    let answer = run(&home, "opens.py", source).answer();
    assert_eq!(answer.status, 1);
    assert!(
        answer.stderr.contains("HostNotAllowed: GET https://api.example.com/x: this run may not call"),
        "{answer:?}"
    );
    answer.never_says("hunter22");
}

#[test]
fn an_owners_word_changes_what_runs_mask_in_every_way_out() {
    let home = Home::with_store();
    home.set("CONFIG", "DB_PASSWORD=k7x-L0ng.pa55\nREGION=eu-west-1\nPLAN=standard-9x\n");
    let source = "
def run(input):
    settings = dict(line.split('=') for line in app.secrets.CONFIG.splitlines())
    print(*settings.values())
    app.documents.write('settings.txt', '\\n'.join(settings.values()))
    return settings
";
    let runs = |printed: &str, returned: &str| {
        let answer = run(&home, "settings.py", source).args(["--documents", "out"]).answer();
        assert_eq!((answer.stderr.lines().next(), answer.stdout.trim_end()), (Some(printed), returned), "{answer:?}");
        let written = fs::read_to_string(home.path("out/settings.txt")).unwrap();
        assert_eq!(written, printed.replace(' ', "\n"));
    };
    runs("*** eu-west-1 standard-9x", r#"{"DB_PASSWORD":"***","REGION":"eu-west-1","PLAN":"standard-9x"}"#);
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "PLAN", "--leave", "DB_PASSWORD"]).answer();
    runs("k7x-L0ng.pa55 eu-west-1 ***", r#"{"DB_PASSWORD":"k7x-L0ng.pa55","REGION":"eu-west-1","PLAN":"***"}"#);
    home.um_host(["secrets", "parts", "CONFIG", "--forget", "PLAN", "--forget", "DB_PASSWORD"]).answer();
    runs("*** eu-west-1 standard-9x", r#"{"DB_PASSWORD":"***","REGION":"eu-west-1","PLAN":"standard-9x"}"#);
}
