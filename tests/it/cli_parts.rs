//! `secrets parts`, word for word: what is known of the parts of a value, and what its owner says of them.

use um_leak::RULES;
use um_secret::{Actor, Door, Part, Parts, SecretName, SecretValue, SetOptions, Verdict, WorkspaceName};
use um_store::{KeySource, Store};

use crate::support::command::Home;

const CONFIG: &str = "DB_PASSWORD=k7x-L0ng.pa55\nREGION=eu-west-1\nPLAN=standard\n";
const PASSWORD: &str = "k7x-L0ng.pa55";

fn home() -> Home {
    let home = Home::with_store();
    home.set("CONFIG", CONFIG);
    home
}

/// Stores a value with parts as another um-host judged them.
fn set_judged(home: &Home, rules: u32, list: &[(&str, Verdict)]) {
    let part = |(path, verdict): &(&str, Verdict)| Part {
        path: (*path).to_owned(),
        verdict: *verdict,
        word: None,
        is_short: false,
    };
    let parts = Some(Parts { rules, list: list.iter().map(part).collect() });
    let store = Store::open(&home.data(), Some(KeySource::File(home.key_file()))).unwrap();
    let (workspace, name) = (WorkspaceName::parse("default").unwrap(), SecretName::parse("CONFIG").unwrap());
    let value = SecretValue::new(CONFIG.to_owned()).unwrap();
    let options = SetOptions { parts, ..SetOptions::default() };
    store.set(&Actor::local(Door::Library), &workspace, &name, &value, options).unwrap();
}

#[test]
fn set_tells_which_parts_are_guarded() {
    let home = Home::with_store();
    home.write("app.env", CONFIG);
    home.um_host(["secrets", "set", "CONFIG", "--from-file", "app.env"])
        .stderr(
            "um-host: kept the newline at the end; it is part of the value now\n\
             um-host: stored CONFIG in workspace `default` (version 1)\n\
             um-host: guards 1 part: DB_PASSWORD; leaves 2: REGION, PLAN\n",
        )
        .run();
    home.um_host(["secrets", "parts", "CONFIG"])
        .stdout(
            "PATH         JUDGED   SAID  MASKED\n\
             DB_PASSWORD  certain  -     everywhere\n\
             REGION       plain    -     nowhere\n\
             PLAN         plain    -     nowhere\n",
        )
        .run();
    let told = home.um_host(["secrets", "info", "CONFIG"]).answer().stdout;
    let line =
        "\nparts        guards 1, doubtful 0, leaves 2; `um-host secrets parts CONFIG`\n             lists them\n";
    assert!(told.contains(line), "{told}");
}

#[test]
fn a_word_of_the_owners_stands_without_the_value_being_given_again() {
    let home = home();
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "PLAN", "--leave", "DB_PASSWORD"])
        .stderr(
            "um-host: guards PLAN of CONFIG from the next run on\n\
             um-host: leaves DB_PASSWORD of CONFIG from the next run on\n",
        )
        .run();
    home.um_host(["secrets", "parts", "CONFIG"])
        .stdout(
            "PATH         JUDGED   SAID   MASKED\n\
             DB_PASSWORD  certain  leave  nowhere\n\
             REGION       plain    -      nowhere\n\
             PLAN         plain    guard  everywhere\n",
        )
        .run();
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "PLAN"])
        .stderr("um-host: that is what was said before; nothing was changed\n")
        .run();
    home.um_host(["secrets", "parts", "CONFIG", "--forget", "PLAN", "--json"])
        .stdout(
            "{\"workspace\":\"default\",\"name\":\"CONFIG\",\"version\":1,\"current\":true,\"parts\":[\
             {\"path\":\"DB_PASSWORD\",\"verdict\":\"certain\",\"word\":\"leave\",\"stands\":\"plain\",\"is_short\":false},\
             {\"path\":\"REGION\",\"verdict\":\"plain\",\"word\":null,\"stands\":\"plain\",\"is_short\":false},\
             {\"path\":\"PLAN\",\"verdict\":\"plain\",\"word\":null,\"stands\":\"plain\",\"is_short\":false}]}\n",
        )
        .run();
}

#[test]
fn words_stay_when_the_value_is_set_anew_as_far_as_their_paths_are_there() {
    let home = home();
    home.um_host(["secrets", "parts", "CONFIG", "--leave", "DB_PASSWORD", "--guard", "PLAN"]).answer();
    home.um_host(["secrets", "set", "CONFIG"])
        .stdin("REGION=eu-west-1\nDB_PASSWORD=an0ther-L0ng.one")
        .stderr(
            "um-host: replaced CONFIG in workspace `default` (version 2)\n\
             um-host: guards no part; leaves 2: REGION, DB_PASSWORD\n\
             um-host: what was said of parts before stands: DB_PASSWORD (leave)\n\
             um-host: dropped what was said of parts that this value has not: PLAN\n",
        )
        .run();
    home.um_host(["secrets", "set", "CONFIG", "--json"])
        .stdin("pat-na1-7Hq2Lx9vTz")
        .stdout(
            "{\"workspace\":\"default\",\"name\":\"CONFIG\",\"version\":3,\"created\":false,\
             \"masking\":\"every-form\",\"exposure\":\"revealed\",\"bindings\":[],\
             \"parts\":{\"guards\":0,\"doubtful\":0,\"leaves\":0,\"current\":true},\"words_gone\":[\"DB_PASSWORD\"]}\n",
        )
        .run();
}

#[test]
fn a_path_that_is_not_there_is_refused_without_being_repeated() {
    let home = home();
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "db_password"])
        .status(1)
        .stderr(
            "um-host: error: --guard: CONFIG has no part at this path (not repeated here: it could be a secret)\n  \
             hint: did you mean `DB_PASSWORD`? `um-host secrets parts CONFIG` lists those there are\n",
        )
        .run();
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "PLAN", "--leave", PASSWORD])
        .status(1)
        .stderr(
            "um-host: error: --leave: CONFIG has no part at this path (not repeated here: it could be a secret)\n  \
             hint: `um-host secrets parts CONFIG` lists those there are\n",
        )
        .run();
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "PLAN", "--forget", "PLAN"])
        .status(2)
        .stderr("um-host: error: `PLAN` is named twice\n  hint: say one thing of it\n")
        .run();
    let told = home.um_host(["secrets", "parts", "CONFIG", "--json"]).answer().json();
    assert!(told["parts"].as_array().unwrap().iter().all(|part| part["word"].is_null()), "all or nothing: {told}");
    home.um_host(["secrets", "parts", "CONFIGS"])
        .status(1)
        .stderr(
            "um-host: error: there is no secret `CONFIGS` in workspace `default` (case matters)\n  \
             hint: did you mean `CONFIG`? `um-host secrets list` shows those there are\n",
        )
        .run();
}

#[test]
fn a_part_that_is_too_short_is_told_and_cannot_be_guarded() {
    let home = Home::with_store();
    home.um_host(["secrets", "set", "CONFIG"])
        .stdin("SMTP_PASS=hunter2\nREGION=eu-west-1\nPORT=25")
        .stderr(
            "um-host: stored CONFIG in workspace `default` (version 1)\n\
             um-host: guards no part; leaves 2: REGION, PORT\n\
             um-host: too short to be masked without the rest, with under 8 bytes: SMTP_PASS\n",
        )
        .run();
    home.um_host(["secrets", "parts", "CONFIG"])
        .stdout(
            "PATH       JUDGED   SAID  MASKED\n\
             SMTP_PASS  certain  -     nowhere (under 8 bytes)\n\
             REGION     plain    -     nowhere\n\
             PORT       plain    -     nowhere (under 8 bytes)\n",
        )
        .run();
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "SMTP_PASS"])
        .status(1)
        .stderr(
            "um-host: error: --guard: what stands at `SMTP_PASS` has under 8 bytes, and cannot be masked by itself\n  \
             hint: the whole value is masked; give the service a longer one, or keep this one in a secret of its own\n",
        )
        .run();
}

#[test]
fn a_value_without_parts_says_so() {
    let home = Home::with_store();
    home.set("CONFIG", "pat-na1-7Hq2Lx9vTz");
    home.um_host(["secrets", "parts", "CONFIG"]).stderr("um-host: no part of CONFIG is looked for by itself\n").run();
    home.um_host(["secrets", "parts", "CONFIG", "--guard", "x"])
        .status(1)
        .stderr(
            "um-host: error: --guard: CONFIG has no part at this path (not repeated here: it could be a secret)\n  \
             hint: no part of its value is looked for by itself\n",
        )
        .run();
    set_judged(&home, 0, &[]);
    home.um_host(["secrets", "parts", "CONFIG"])
        .stderr(
            "um-host: the parts of CONFIG were not judged when it was set, so each run judges for itself; set the value \
             again to have them listed here\n",
        )
        .run();
}

#[test]
fn what_another_um_host_judged_is_marked() {
    let home = Home::with_store();
    let note = "judged by other rules than today's: runs guard what was shown then and what they find now; set the value \
                again to have that shown\n";
    set_judged(&home, RULES + 1, &[("a", Verdict::Certain), ("b", Verdict::Doubtful)]);
    home.um_host(["secrets", "list"])
        .stdout(
            "NAME    VERSION  CHANGED               EXPOSURE  BOUND TO  MASKED  DESCRIPTION\n\
             CONFIG  1        [TIME]  revealed  -         yes *\n",
        )
        .stderr(format!("um-host: * {note}"))
        .run();
    home.um_host(["secrets", "parts", "CONFIG"])
        .stdout(
            "PATH  JUDGED    SAID  MASKED\n\
             a     certain   -     everywhere\n\
             b     doubtful  -     in logs\n",
        )
        .stderr(format!("um-host: CONFIG was {note}"))
        .run();
    assert_eq!(home.um_host(["secrets", "info", "CONFIG"]).answer().stderr, format!("um-host: CONFIG was {note}"));
    let listed = home.um_host(["secrets", "list", "--json"]).answer().json();
    let parts = serde_json::json!({"guards": 1, "doubtful": 1, "leaves": 0, "current": false});
    assert_eq!(listed["secrets"][0]["parts"], parts);
    set_judged(&home, RULES, &[("a", Verdict::Certain)]);
    assert_eq!(home.um_host(["secrets", "list"]).answer().stderr, "");
}

#[test]
fn of_a_sealed_secret_nothing_is_said_when_it_is_set_and_its_parts_are_kept() {
    let home = Home::with_store();
    let value = "DB_PASSWORD=k7x-L0ng.pa55";
    let answer = home.um_host(["secrets", "set", "CONFIG", "--bind", "a.example.com"]).stdin(value).answer();
    assert!(answer.status == 0 && !answer.stderr.contains("guards"), "{answer:?}");
    home.um_host(["secrets", "parts", "CONFIG"])
        .stdout("PATH         JUDGED   SAID  MASKED\nDB_PASSWORD  certain  -     everywhere\n")
        .stderr("um-host: CONFIG is sealed, so no action has its value: all of this counts once it is revealed\n")
        .run();
}
