//! Runs of real guests with sealed secrets, against a server that says everything back.

use std::sync::Arc;

use um_base::rule::{HostName, Placement, Rule};
use um_host::{Host, MapVault, SecretName, SecretValue};
use um_runtime::{End, Stdin};
use um_secret::{Binding, MapSecret, SealedUse};

use crate::runs::{cache, load, text, workspace};
use crate::support::peer::{Peer, Visit};
use crate::support::run::{Outcome, Run, run_of};

const TOKEN: &str = "pat-na1-7Hq2Lx9vTz/4f8c9e7d";
const KEY: &str = "key-16C7e42F292c&6912=7710c8";
const FIELD: &str = "field-16C7e42F292c\\6912+7710c8";
/// Of a secret that no run reads.
const OTHER: &str = "other-16C7e42F292c6912E7710c8";
/// Each as a server may say it, the first as it is.
const VALUES: [&str; 8] = [
    TOKEN,
    KEY,
    "key-16C7e42F292c%266912%3D7710c8",
    FIELD,
    "field-16C7e42F292c\\\\6912+7710c8",
    "field-16C7e42F292c%5C6912%2B7710c8",
    OTHER,
    "dXNlcjpwYXQtbmExLTdIcTJMeDl2VHovNGY4YzllN2Q",
];

/// Says each request back, in a field and in the body, and a secret that was not in it.
async fn echo() -> Peer {
    async fn serve(mut visit: Visit) -> std::io::Result<()> {
        loop {
            visit.read_request().await?;
            let request = visit.last_request();
            let line = request.lines().next().unwrap_or_default().to_owned();
            let body = format!("{request}\n{OTHER}");
            let head = format!("HTTP/1.1 200 OK\r\nX-Line: {line}\r\nContent-Length: {}\r\n\r\n", body.len());
            tokio::io::AsyncWriteExt::write_all(&mut visit.stream, (head + &body).as_bytes()).await?;
        }
    }
    Peer::start(serve).await
}

fn entry(name: &str, peer: &Peer) -> Rule {
    Rule::parse(&format!("http://{name}:{}", peer.port)).unwrap()
}

fn host(peer: &Peer) -> Host {
    let secret = |name: &str, value: &str, place: &str| {
        let binding = Binding::new(entry("127.0.0.1", peer), place.parse::<Placement>().unwrap()).unwrap();
        let value = SecretValue::new(value.to_owned()).ok().unwrap();
        MapSecret::new(SecretName::parse(name).unwrap(), value).sealed([binding]).unwrap()
    };
    let secrets = [
        secret("TOKEN", TOKEN, "header:Authorization"),
        secret("KEY", KEY, "query:key"),
        secret("FIELD", FIELD, "body:token"),
        secret("OTHER", OTHER, "header:X-Other"),
    ];
    let secrets = MapVault::new().workspace(workspace("default"), secrets);
    Host::builder().secrets(Arc::new(secrets)).cache_dir(cache()).build().unwrap()
}

/// Runs the guest; it may call the peer by its address and by its name.
async fn outcome(host: &Host, peer: &Peer, told: &[String]) -> Outcome {
    let action = load(host, "shows_echoes_of_secrets").await;
    let run: Run = ["127.0.0.1", "localhost"].into_iter().fold(run_of(host, &action), |run, name| {
        run.allow(entry(name, peer)).allow_private(HostName::parse(name).unwrap())
    });
    let outcome = run.args(told).start().await.unwrap();
    assert_eq!(outcome.end, End::Completed, "{}", text(&outcome.stderr));
    for value in VALUES {
        assert!(!text(&outcome.stdout).contains(value), "{value}: {}", text(&outcome.stdout));
        assert!(!format!("{outcome:?}").contains(value), "{value}");
    }
    outcome
}

/// What the guest holds, the first word behind `held`.
fn held(stdout: &str) -> String {
    stdout.split_once("held ").and_then(|(_, rest)| rest.split(' ').next()).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_server_gets_the_value_and_the_guest_a_placeholder_also_of_what_the_server_says_back() {
    let peer = echo().await;
    let host = host(&peer);
    for (way, name, sent) in [
        ("bearer", "TOKEN", format!("authorization: Bearer {TOKEN}\r\n")),
        ("basic", "TOKEN", "authorization: Basic dXNlcjpwYXQtbmExLTdIcTJMeDl2VHovNGY4YzllN2Q=\r\n".to_owned()),
        ("query", "KEY", "GET /?key=key-16C7e42F292c%266912%3D7710c8 HTTP/1.1\r\n".to_owned()),
        ("json", "FIELD", r#"{"token":"field-16C7e42F292c\\6912+7710c8"}"#.to_owned()),
        ("form", "FIELD", "token=field-16C7e42F292c%5C6912%2B7710c8".to_owned()),
    ] {
        let told = [format!("{way} {name} {}", peer.url("/"))];
        let outcome = outcome(&host, &peer, &told).await;
        let said = text(&outcome.stdout);
        let requests = peer.requests();
        let last = requests.last().unwrap_or_else(|| panic!("{way}: {said}"));
        assert!(last.contains(&sent), "{way}: {last}");
        assert!(!last.contains("um_sealed_"), "{way}: {last}");
        let placeholder = held(said);
        assert!(placeholder.starts_with("um_sealed_") && placeholder.len() == 42, "{way}: {said}");
        let echoes = said.matches(&placeholder).count();
        assert!(echoes >= 2 || way == "basic", "{way}: {said}");
        assert!(said.contains("***"), "{way}: {said}");
        assert!(outcome.refused.is_empty() && outcome.leaks.is_empty(), "{way}: {outcome:?}");
        let name = SecretName::parse(name).unwrap();
        assert_eq!(outcome.sealed, [SealedUse { secret: name, host: "127.0.0.1".to_owned(), count: 1 }], "{way}");
    }
}

#[tokio::test]
async fn a_placeholder_leaves_for_no_other_host_and_in_no_other_field() {
    let peer = echo().await;
    let host = host(&peer);
    let (home, away) = (peer.url("/"), format!("http://localhost:{}/", peer.port));
    for (told, reason) in [
        (format!("bearer TOKEN {away}"), "`TOKEN` is not bound to this scheme, host and port"),
        (format!("query TOKEN {home}"), "`TOKEN` goes into the header Authorization"),
        (format!("json TOKEN {home}"), "request's body"),
        (format!("text TOKEN {home}"), "request's body"),
        (format!("text TOKEN {away}"), "request's body"),
        (format!("json FIELD {away}"), "request's body"),
        (format!("path KEY {home}"), "request's path"),
    ] {
        let refused = outcome(&host, &peer, std::slice::from_ref(&told)).await;
        assert!(text(&refused.stdout).contains(reason), "{told}: {}", text(&refused.stdout));
        assert_eq!(refused.refused.len(), 1, "{told}: {:?}", refused.refused);
        let counted: Vec<_> = refused.misdirected.iter().map(|to| (to.secret.as_str(), &*to.host, to.count)).collect();
        let is_elsewhere = reason.contains("not bound to this");
        assert_eq!(counted, if is_elsewhere { vec![("TOKEN", "localhost", 1)] } else { Vec::new() }, "{told}");
        assert!(refused.sealed.is_empty(), "{told}");
        let sent = peer.requests().join("\n");
        assert!(!sent.contains("um_sealed_") && VALUES.iter().all(|value| !sent.contains(value)), "{told}: {sent}");
    }
}

#[tokio::test]
async fn a_run_has_one_placeholder_of_a_secret_and_the_next_run_another() {
    let peer = echo().await;
    let host = host(&peer);
    let told = [format!("bearer TOKEN {}", peer.url("/")), format!("bearer TOKEN {}", peer.url("/"))];
    let mut seen = Vec::new();
    for _ in 0..2 {
        let outcome = outcome(&host, &peer, &told).await;
        let lines: Vec<String> = text(&outcome.stdout).lines().map(held).collect();
        assert_eq!(lines[0], lines[1]);
        seen.push(lines[0].clone());
    }
    assert_ne!(seen[0], seen[1]);
}

/// How much of an answer a guest has before it breaks off, which ends in `guess` and is otherwise the same.
async fn let_out(guess: &str) -> usize {
    let answer = format!("{}{guess}", "~".repeat(2000 - guess.len()));
    let peer = Peer::start(move |mut visit| {
        let answer = answer.clone();
        async move {
            visit.answer("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n").await?;
            for piece in answer.as_bytes().chunks(100) {
                tokio::io::AsyncWriteExt::write_all(&mut visit.stream, piece).await?;
                tokio::io::AsyncWriteExt::flush(&mut visit.stream).await?;
            }
            Ok(())
        }
    })
    .await;
    let host = host(&peer);
    let action = load(&host, "times_echoes").await;
    let run =
        run_of(&host, &action).allow(entry("127.0.0.1", &peer)).allow_private(HostName::parse("127.0.0.1").unwrap());
    let outcome = run.args([peer.url("/")]).stdin(Stdin::Bytes(b"echo".into())).start().await.unwrap();
    let said = text(&outcome.stdout).strip_suffix("broke off\n").unwrap_or_else(|| panic!("{outcome:?}"));
    said.split_whitespace().map(|word| word.split(':').next().unwrap().parse::<usize>().unwrap()).sum()
}

#[tokio::test]
async fn what_is_held_back_of_an_answer_is_as_much_for_a_right_guess_as_for_a_wrong_one() {
    let nothing = let_out("").await;
    assert!((1000..1900).contains(&nothing), "{nothing}");
    for right in [&TOKEN[..26], &TOKEN[..8], &KEY[..KEY.len() - 1], "dXNlcjpwYXQtbmExLTdIcTJMeDl2VHovNGY4YzllN2"] {
        let wrong = format!("{}#", &right[..right.len() - 1]);
        assert_eq!([let_out(right).await, let_out(&wrong).await], [nothing; 2], "{right}");
    }
}
