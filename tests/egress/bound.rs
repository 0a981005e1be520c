//! A value that is bound goes to the hosts that it is bound to, and no request with it to any other.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use um_base::rule::{Placement, Rule};
use um_egress::{BindingGuard, EgressError};
use um_secret::{Binding, Misdirected, Part, Parts, SecretName, SecretValue, Verdict};

use super::peer::{HELLO, Names, Peer, Pieces, Run, post, read};

const VALUE: &str = "k7x!-Zurich-%-4f8c9e7d";

fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap()
}

fn value(text: &str) -> SecretValue {
    SecretValue::new(text.to_owned()).ok().unwrap()
}

fn to(entry: &str) -> Binding {
    let rule = Rule::parse(entry).unwrap_or_else(|error| panic!("{error}"));
    Binding::new(rule, Placement::default()).unwrap()
}

/// A run that may call a peer under two names, and was given a value that is bound to one of them.
struct Scene {
    peer: Peer,
    names: Arc<Names>,
    run: Run,
    guard: BindingGuard,
}

const HOME: &str = "home.example";
const AWAY: &str = "away.example";

impl Scene {
    async fn new() -> Self {
        Self::of(Peer::answering(HELLO).await, BindingGuard::default())
    }

    fn of(peer: Peer, guard: BindingGuard) -> Self {
        let names = Names::new([(HOME, &[&["127.0.0.1"]]), (AWAY, &[&["127.0.0.1"]])]);
        let entries = [HOME, AWAY].map(|host| format!("http://{host}:{}", peer.port));
        let run = Run::reaching(&[&entries[0], &entries[1]]).resolver(&names);
        let policy = run.policy.clone().bound(guard.clone());
        let scene = Self { names, run: Run { policy, ..run }, guard, peer };
        scene.hold("CRM_TOKEN", VALUE, &scene.url(HOME, ""));
        scene
    }

    fn hold(&self, secret: &str, text: &str, entry: &str) {
        self.guard.hold(&name(secret), &value(text), &[to(entry)]);
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("http://{host}:{}{path}", self.peer.port)
    }

    /// Sends a request away that must be refused before anything is resolved, and home where it must pass.
    async fn is_kept_home<B>(&self, what: &str, request: impl Fn(&str) -> Request<B>)
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
    {
        let (asked, seen) = (self.names.asked().len(), self.peer.requests().len());
        let refused = self.run.send(request(&self.url(AWAY, ""))).await.expect_err(what);
        assert!(is_misdirected(&refused, "CRM_TOKEN", AWAY), "{what}: {refused}");
        assert_eq!((self.names.asked().len(), self.peer.requests().len()), (asked, seen), "{what}");
        read(self.run.send(request(&self.url(HOME, ""))).await.expect(what)).await.unwrap();
    }
}

fn is_misdirected(error: &EgressError, wanted: &str, at: &str) -> bool {
    matches!(error, EgressError::Misdirected { secret, host, .. } if secret.as_str() == wanted && host.to_string() == at)
}

fn get(url: &str) -> Request<Full<Bytes>> {
    Request::get(url).body(Full::default()).unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn base64(text: &str) -> String {
    base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text)
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// Every byte percent-encoded, in digits of changing case: no known writer does so.
fn percent(text: &str) -> String {
    let encode = |(at, byte)| if at % 2 == 0 { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
    text.bytes().enumerate().map(encode).collect()
}

fn base32(text: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
    let digit = |at| bits[at..bits.len().min(at + 5)].to_owned() + &"0".repeat((at + 5).saturating_sub(bits.len()));
    let digits = (0..bits.len()).step_by(5).map(digit);
    digits.map(|digit| char::from(ALPHABET[usize::from_str_radix(&digit, 2).unwrap()])).collect()
}

#[tokio::test]
async fn a_head_with_a_bound_value_goes_home_and_nowhere_else() {
    let scene = Scene::new().await;
    let with_header = |name: &'static str, text: String| {
        move |url: &str| {
            let mut request = get(url);
            request.headers_mut().append(name, text.parse().unwrap());
            request
        }
    };
    for (what, text) in [
        ("raw", VALUE.to_owned()),
        ("bearer", format!("Bearer {VALUE}")),
        ("basic", format!("Basic {}", base64(&format!("user:{VALUE}")))),
        ("hex", hex(VALUE)),
        ("percent", percent(VALUE)),
        ("reversed", VALUE.chars().rev().collect()),
        ("json", format!("{{\"token\":\"{VALUE}\"}}")),
    ] {
        scene.is_kept_home(what, with_header("x-any", text.clone())).await;
        scene.is_kept_home(what, with_header("user-agent", text.clone())).await;
        scene.is_kept_home(what, with_header("cookie", format!("a=b; token={text}"))).await;
        // What is dropped from the request is looked through all the same.
        scene.is_kept_home(what, with_header("proxy-authorization", text)).await;
    }
    for (what, path) in [
        ("path", format!("/users/{}", VALUE.replace('%', "%25"))),
        ("query", format!("/?key={}", VALUE.replace('%', "%25"))),
        ("base64 in a query", format!("/?key={}", base64(VALUE))),
        ("all of it encoded", format!("/{}", percent(VALUE))),
        ("encoded twice", format!("/?u={}", percent(VALUE).replace('%', "%25"))),
        ("encoded three times", format!("/?u={}", percent(&percent(&percent(VALUE))))),
        ("some of it encoded", format!("/?k={}{}", percent(&VALUE[..5]), VALUE[5..].replace('%', "%25"))),
    ] {
        scene.is_kept_home(what, |url| get(&format!("{url}{path}"))).await;
    }
    scene
        .is_kept_home("the name of a header", |url| {
            let mut request = get(url);
            request
                .headers_mut()
                .append(http::HeaderName::try_from(format!("x-{}", hex(VALUE))).unwrap(), "1".parse().unwrap());
            request
        })
        .await;
    scene
        .is_kept_home("base32 in the name of a header", |url| {
            let mut request = get(url);
            request.headers_mut().append(http::HeaderName::try_from(base32(VALUE)).unwrap(), "1".parse().unwrap());
            request
        })
        .await;
    scene
        .is_kept_home("the method", |url| {
            let method = http::Method::from_bytes(hex(VALUE).as_bytes()).unwrap();
            Request::builder().method(method).uri(url).body(Full::<Bytes>::default()).unwrap()
        })
        .await;
}

#[tokio::test]
async fn a_value_with_spaces_is_found_behind_the_plus_signs_of_a_form() {
    let scene = Scene::new().await;
    scene.hold("PHRASE", "correct horse battery", &scene.url(HOME, ""));
    for query in ["c%6Frrect+horse+b%61ttery", "correct%20horse+battery", "correct+horse%20b%61ttery"] {
        let refused = scene.run.fetch(&scene.url(AWAY, &format!("/?q={query}"))).await.expect_err(query);
        assert!(is_misdirected(&refused, "PHRASE", AWAY), "{refused}");
    }
    scene.run.fetch(&scene.url(AWAY, "/?q=correct+horse")).await.unwrap();
}

#[tokio::test]
async fn a_value_in_the_name_of_a_host_is_found_before_it_is_resolved() {
    let peer = Peer::answering(HELLO).await;
    let guard = BindingGuard::default();
    guard.hold(&name("CRM_TOKEN"), &value(VALUE), &[to("api.example.org")]);
    let run = Run::outside(&["*.example.com"]);
    let names = Names::new([]);
    let run = Run { policy: run.policy.clone().bound(guard), ..run.resolver(&names) };
    for label in [hex(VALUE), base32(VALUE)] {
        let refused = run.fetch(&format!("https://{label}.example.com/")).await.unwrap_err();
        assert!(matches!(refused, EgressError::Misdirected { .. }), "{refused}");
    }
    assert!(names.asked().is_empty() && peer.connections() == 0);
    assert!(matches!(run.fetch("https://other.example.com/").await, Err(EgressError::Unresolved { .. })));
}

#[tokio::test]
async fn a_body_with_a_bound_value_is_broken_off_before_the_value() {
    for text in [VALUE.to_owned(), base64(VALUE), hex(VALUE), format!("\"{}\"", VALUE.replace('/', "\\/"))] {
        let scene = Scene::new().await;
        let body = format!("before {text} after");
        let refused = scene.run.send(post(&scene.url(AWAY, ""), body.clone())).await.expect_err(&text);
        assert!(is_misdirected(&refused, "CRM_TOKEN", AWAY), "{refused}");
        // Piece by piece, of a length that is not known before.
        let leaked: &'static str = body.clone().leak();
        let pieces = || Pieces::new((0..leaked.len()).map(|at| &leaked[at..=at]));
        let upload = |url: &str| Request::post(url).body(pieces()).unwrap();
        let refused = scene.run.send(upload(&scene.url(AWAY, ""))).await.expect_err(&text);
        assert!(is_misdirected(&refused, "CRM_TOKEN", AWAY), "{refused}");
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let seen = scene.peer.requests().join("\n");
        assert!(!seen.contains(&text[..2]) && !seen.contains("0\r\n\r\n"), "{seen}");
        // Home it goes, byte for byte.
        read(scene.run.send(post(&scene.url(HOME, "/whole"), body.clone())).await.unwrap()).await.unwrap();
        read(scene.run.send(upload(&scene.url(HOME, "/pieces"))).await.unwrap()).await.unwrap();
        let whole = scene.peer.requests().into_iter().find(|request| request.contains("/whole")).unwrap();
        assert!(whole.ends_with(&body), "{whole}");
    }
}

#[tokio::test]
async fn a_body_without_a_value_arrives_byte_for_byte() {
    let scene = Scene::new().await;
    let near = format!("{} {}{}", &VALUE[..VALUE.len() - 1], &VALUE[1..], &VALUE[..VALUE.len() - 1]);
    read(scene.run.send(post(&scene.url(AWAY, "/whole"), near.clone())).await.unwrap()).await.unwrap();
    let leaked: &'static str = near.clone().leak();
    let pieces = Pieces::new((0..leaked.len()).map(|at| &leaked[at..=at]));
    read(scene.run.send(Request::post(scene.url(AWAY, "/pieces")).body(pieces).unwrap()).await.unwrap()).await.unwrap();
    let requests = scene.peer.requests();
    assert!(requests[0].ends_with(&near), "{requests:?}");
    let chunked = requests[1].split_once("\r\n\r\n").unwrap().1;
    let joined: String = chunked.split("\r\n").skip(1).step_by(2).collect();
    assert_eq!(joined, near);
    assert!(scene.guard.misdirected().is_empty());
}

#[tokio::test]
async fn a_value_that_is_handed_out_while_a_body_is_on_its_way_counts_for_the_rest() {
    // Bound to where another is, and to where none is yet.
    for home in [HOME, "third.example"] {
        let scene = Scene::new().await;
        let pieces = Pieces::new(["before ", "the value", " of another", " secret", " after"])
            .pausing(std::time::Duration::from_millis(30));
        let sending = scene.run.send(Request::post(scene.url(AWAY, "")).body(pieces).unwrap());
        let late = async {
            tokio::time::sleep(std::time::Duration::from_millis(45)).await;
            scene.hold("LATE", "the value of another secret", &scene.url(home, ""));
        };
        let (refused, ()) = tokio::join!(sending, late);
        let refused = refused.expect_err(home);
        assert!(is_misdirected(&refused, "LATE", AWAY), "{refused}");
    }
}

#[tokio::test]
async fn a_binding_is_to_scheme_host_port_methods_and_path() {
    let peer = Peer::answering(HELLO).await;
    let (port, other) = (peer.port, Peer::answering(HELLO).await);
    let run = Run::reaching(&[
        &format!("http://127.0.0.1:{port}"),
        &format!("http://127.0.0.1:{}", other.port),
        &format!("http://localhost:{port}"),
    ]);
    let guard = BindingGuard::default();
    guard.hold(&name("CRM_TOKEN"), &value(VALUE), &[to(&format!("GET,POST http://127.0.0.1:{port}/crm"))]);
    let run = Run { policy: run.policy.clone().bound(guard), ..run };
    for (method, url, passes) in [
        ("GET", format!("http://127.0.0.1:{port}/crm"), true),
        ("POST", format!("http://127.0.0.1:{port}/crm/contacts?limit=1"), true),
        ("DELETE", format!("http://127.0.0.1:{port}/crm"), false),
        ("GET", format!("http://127.0.0.1:{port}/"), false),
        ("GET", format!("http://127.0.0.1:{port}/crm/../admin"), false),
        ("GET", format!("http://127.0.0.1:{port}/crm/%2e%2e/admin"), false),
        ("GET", format!("http://127.0.0.1:{}/crm", other.port), false),
        ("GET", format!("http://localhost:{port}/crm"), false),
    ] {
        let request = Request::builder().method(method).uri(&url).header("x-key", VALUE);
        let sent = run.send(request.body(Full::<Bytes>::default()).unwrap()).await;
        match sent {
            Ok(_) => assert!(passes, "{method} {url}"),
            Err(error) => {
                assert!(!passes && matches!(error, EgressError::Misdirected { .. }), "{method} {url}: {error}")
            }
        }
    }
    // Without the value they all pass.
    for url in [format!("http://127.0.0.1:{port}/"), format!("http://localhost:{port}/crm")] {
        run.fetch(&url).await.unwrap();
    }
}

#[tokio::test]
async fn values_that_are_not_bound_or_too_short_to_tell_go_anywhere() {
    let scene = Scene::new().await;
    scene.guard.hold(&name("FREE"), &value("the value of a free secret"), &[]);
    scene.hold("SHORT", "k7x!k7x", &scene.url(HOME, ""));
    scene.hold("LONG_ENOUGH", "k7x!k7y!", &scene.url(HOME, ""));
    for text in ["the value of a free secret", "k7x!k7x"] {
        scene.run.send(post(&scene.url(AWAY, ""), text)).await.unwrap();
    }
    let refused = scene.run.send(post(&scene.url(AWAY, ""), "k7x!k7y!")).await.unwrap_err();
    assert!(is_misdirected(&refused, "LONG_ENOUGH", AWAY), "{refused}");
}

#[tokio::test]
async fn what_is_refused_is_counted_by_secret_and_host_and_told_without_the_value() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.run.fetch(&scene.url(AWAY, &format!("/?k={}", hex(VALUE)))).await.unwrap_err();
    }
    let refused = scene.run.send(post(&scene.url(AWAY, ""), VALUE)).await.unwrap_err();
    let home = scene.url(HOME, "");
    let away = scene.url(AWAY, "");
    assert_eq!(
        refused.to_string(),
        format!("a request to `{AWAY}` was refused, since it holds the secret CRM_TOKEN, which is bound to {home}")
    );
    assert!(matches!(&refused, EgressError::Misdirected { entry, .. } if *entry == away), "{refused:?}");
    let counted = Misdirected { secret: name("CRM_TOKEN"), host: AWAY.to_owned(), count: 4 };
    assert_eq!(scene.guard.misdirected(), [counted]);
}

#[tokio::test]
async fn a_strict_run_reaches_only_what_its_secrets_are_bound_to_once_it_has_one() {
    let scene = Scene::of(Peer::answering(HELLO).await, BindingGuard::default());
    scene.run.fetch(&scene.url(AWAY, "/")).await.expect("not strict");

    let guard = BindingGuard::strict(true);
    let run = Run { policy: scene.run.policy.clone().bound(guard.clone()), ..scene.run };
    let away = scene.peer.url("/").replace("127.0.0.1", AWAY);
    let home = scene.peer.url("/").replace("127.0.0.1", HOME);
    guard.hold(&name("FREE"), &value("the value of a free secret"), &[]);
    guard.reach(&[to(&scene.peer.url("").replace("127.0.0.1", "third.example"))]);
    run.fetch(&away).await.expect("no bound value was handed out yet");
    guard.hold(&name("CRM_TOKEN"), &value(VALUE), &[to(&home)]);
    run.fetch(&home).await.expect("it is bound to that");
    let asked = scene.names.asked().len();
    let refused = run.fetch(&away).await.unwrap_err();
    assert!(matches!(&refused, EgressError::Strict { secret, .. } if secret.as_str() == "CRM_TOKEN"), "{refused}");
    assert_eq!(scene.names.asked().len(), asked);
    // A second secret that was read, sealed or not, opens the host that it is bound to.
    guard.reach(&[to(&away)]);
    run.fetch(&away).await.expect("a secret that was read is bound to that");
}

#[tokio::test]
async fn strictness_never_widens_what_is_allowed() {
    let guard = BindingGuard::strict(true);
    guard.hold(&name("CRM_TOKEN"), &value(VALUE), &[to("api.example.com")]);
    let run = Run::outside(&[]);
    let run = Run { policy: run.policy.clone().bound(guard), ..run };
    assert!(matches!(run.fetch("https://api.example.com/").await, Err(EgressError::NotAllowed { .. })));
}

#[tokio::test]
async fn an_entry_that_names_methods_lets_no_other_through() {
    let peer = Peer::answering(HELLO).await;
    let entry = format!("GET,HEAD {}", peer.url(""));
    let run = Run::to(&peer);
    let list = [entry.parse().unwrap()].into_iter().collect();
    let policy = um_egress::Policy::new(list).allow_private("127.0.0.1".parse().unwrap());
    let run = Run { policy, ..run };
    run.fetch(&peer.url("/")).await.unwrap();
    let refused = run.send(post(&peer.url("/"), "x")).await.unwrap_err();
    let meant = format!("POST {}", peer.url(""));
    assert!(matches!(&refused, EgressError::MethodNotAllowed { entry, .. } if *entry == meant), "{refused:?}");
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn a_certain_part_of_a_bound_value_is_kept_home_and_a_doubtful_one_is_counted() {
    let scene = Scene::new().await;
    let region = Part { path: "region".to_owned(), verdict: Verdict::Doubtful, word: None, is_short: false };
    let recorded = Parts { rules: 1, list: vec![region] };
    let json = value(r#"{"db": {"password": "k7x-L0ng.pa55-w0rd"}, "region": "frankfurt-blue"}"#);
    scene.guard.watch(&name("JSON"), &json, &[to(&scene.url(HOME, ""))], &recorded, Vec::new());
    let body = |text: &str| post(&scene.url(AWAY, "/frankfurt-blue?in=frankfurt%2Dblue"), text.to_owned());
    for sent in [get(&scene.url(AWAY, "/frankfurt-blue?in=frankfurt%2Dblue")), body("frankfurt-blue, frankfurt-blue")] {
        read(scene.run.send(sent).await.unwrap()).await.unwrap();
    }
    let refused = scene.run.send(body("frankfurt-blue-k7x-L0ng.pa55-w0rd")).await.unwrap_err();
    assert!(is_misdirected(&refused, "JSON", AWAY), "{refused}");
    assert!(refused.to_string().contains("the secret JSON (db.password), which is bound to"), "{refused}");
    let doubtful = scene.guard.doubtful();
    let told: Vec<_> = doubtful.iter().map(|leak| (leak.owner(), leak.stream.to_string(), leak.count)).collect();
    // Three heads, and two places in a body.
    assert_eq!(told, [("JSON (region)".to_owned(), format!("request to {AWAY}"), 5)]);
    read(scene.run.send(get(&scene.url(HOME, "/frankfurt-blue"))).await.unwrap()).await.unwrap();
    assert_eq!(scene.guard.doubtful(), doubtful, "where it is bound to it belongs");
}
