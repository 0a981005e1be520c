//! Scripts whose calls matter: pages and retries, signatures, an access token, many calls at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use rcgen::KeyPair;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::server::{Answer, Call, Server, assert_fields, fields, header, json as answer, query, status};
use super::{assert_says, barred, home, run};
use crate::support::command::Home;

const TOKEN: &str = "crm-token-9d1e77c0b2";

/// Four pages of at most two contacts; the second is out of reach at first, twice and in two ways.
fn strict_crm() -> Server {
    let refusals = Mutex::new(vec![(503, None), (429, Some("1"))]);
    let refused_at = Mutex::new(None::<Instant>);
    Server::start(move |call| {
        assert_eq!(header(call, "authorization"), format!("Bearer {TOKEN}"));
        assert_eq!(call.uri().path(), "/v1/contacts");
        let fields = query(call);
        let page: usize = fields.iter().find(|(name, _)| name == "page").map_or(1, |(_, page)| page.parse().unwrap());
        assert_eq!(fields[0], ("per_page".to_owned(), "2".to_owned()));
        if let Some(refused_at) = refused_at.lock().unwrap().take() {
            assert!(refused_at.elapsed() >= Duration::from_secs(1), "it came back before Retry-After");
        }
        if page == 2
            && let Some((code, pause)) = refusals.lock().unwrap().pop()
        {
            *refused_at.lock().unwrap() = pause.map(|_| Instant::now());
            let mut refusal = status(code);
            pause.map(|pause| refusal.headers_mut().insert("retry-after", pause.parse().unwrap()));
            return refusal;
        }
        let mut contacts = answer(&(page * 2 - 1..=(page * 2).min(7)).map(contact).collect());
        if page < 4 {
            let link =
                format!(r#"<http://{}/v1/contacts?per_page=2&page={}>; rel="next""#, header(call, "host"), page + 1);
            contacts.headers_mut().insert("link", link.parse().unwrap());
        }
        contacts
    })
}

fn contact(id: usize) -> Value {
    json!({"id": id, "name": format!("Ada {id}")})
}

#[test]
fn paging_follows_the_links_and_comes_back_when_it_is_told_to() {
    let (home, server) = (home("CRM_TOKEN", TOKEN), strict_crm());
    run(&home, "paging.py", &server)
        .args(["--", &server.url, "--page-size", "2"])
        .stdout((1..=7).map(|id| format!("{id}\tAda {id}\n")).collect::<String>())
        .stderr("429 from the CRM, waiting 1 s\n503 from the CRM, waiting 0.2 s\n")
        .run();
    server.satisfied(6);
}

#[test]
fn paging_gives_up_on_a_service_that_stays_busy() {
    let server = Server::start(|_| status(503));
    let answer = run(&home("CRM_TOKEN", TOKEN), "paging.py", &server).args(["--", &server.url]).answer();
    assert_says(&answer, 75, &["503 from the CRM, waiting 0.1 s\n", "giving up: GET http://127.0.0.1:"]);
    assert_says(&answer, 75, &["/v1/contacts: answered 503 service unavailable; try again later\n"]);
    server.satisfied(4);
}

#[test]
fn paging_of_a_host_that_is_not_allowed_tells_the_option() {
    let (home, server) = (home("CRM_TOKEN", TOKEN), Server::start(|_| status(500)));
    let answer = barred(&home, "paging.py").args(["--", &server.url]).answer();
    let advice = format!("allow it with `um-host run --allow-host {}`, or", server.url);
    assert_says(&answer, 1, &["HostNotAllowed: GET http://127.0.0.1:", "this run may not call 127.0.0.1", &advice]);
    assert_says(&answer, 1, &["File \"paging.py\", line 26, in fetch\n"]);
    server.satisfied(0);
}

#[test]
fn paging_without_its_argument_shows_its_usage() {
    let (home, server) = (home("CRM_TOKEN", TOKEN), Server::start(|_| status(500)));
    run(&home, "paging.py", &server)
        .status(2)
        .stderr(
            "usage: paging.py [-h] [--page-size N] base_url\n\
             paging.py: error: the following arguments are required: base_url\n",
        )
        .run();
}

const SIGNING_KEY: &str = "whsec/Zk3+9aPq\"=7%f1";

/// Takes what is signed with the key, in the last five minutes and as a whole.
fn receive(call: &Call) -> Answer {
    assert_eq!((call.method().as_str(), call.uri().path()), ("POST", "/orders"));
    assert_eq!(header(call, "content-type"), "application/json");
    let digest = BASE64_STANDARD.encode(Sha256::digest(call.body()));
    assert_eq!(header(call, "digest"), format!("SHA-256={digest}"));
    let timestamp = header(call, "x-timestamp");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(timestamp.parse::<u64>().unwrap().abs_diff(now) < 300, "{timestamp} at {now}");
    let signed = mac(SIGNING_KEY.as_bytes(), &format!("{timestamp}.{digest}"));
    assert_eq!(header(call, "x-signature"), format!("v1={}", hex(&signed)));
    assert_eq!(&call.body()[..], "{\"name\":\"Gr\\u00f6\\u00dfe\",\"order\":1042,\"type\":\"order.paid\"}".as_bytes());
    answer(&json!({"id": "evt_1"}))
}

pub fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn webhook_signs_what_is_piped_to_it() {
    let (home, server) = (home("WEBHOOK_SIGNING_KEY", SIGNING_KEY), Server::start(receive));
    run(&home, "webhook.py", &server)
        .args(["--", &format!("{}/orders", server.url)])
        .stdin("{\"type\": \"order.paid\",\n \"order\": 1042, \"name\": \"Größe\"}\n")
        .stdout("delivered as evt_1, 59 bytes\n")
        .run();
    server.satisfied(1);
}

#[test]
fn webhook_tells_what_the_receiver_says_with_the_key_masked() {
    let (home, server) = (
        home("WEBHOOK_SIGNING_KEY", SIGNING_KEY),
        Server::start(|_| {
            let words = format!("expected the key {SIGNING_KEY}");
            http::Response::builder().status(403).body(words.into()).unwrap()
        }),
    );
    run(&home, "webhook.py", &server)
        .args(["--", &server.url])
        .stdin("{}")
        .status(1)
        .stderr(
            "the webhook answered 403: expected the key ***\n\
             um-host: masked WEBHOOK_SIGNING_KEY 1 time in stderr (raw)\n",
        )
        .run();
    server.satisfied(1);
}

#[test]
fn webhook_takes_no_event_that_is_not_json() {
    let (home, server) = (home("WEBHOOK_SIGNING_KEY", SIGNING_KEY), Server::start(receive));
    run(&home, "webhook.py", &server)
        .args(["--", &server.url])
        .stdin("order 1042")
        .status(1)
        .stderr("the event is not JSON: Expecting value: line 1 column 1 (char 0)\n")
        .run();
    run(&home, "webhook.py", &server).status(2).stderr("usage: webhook.py URL < event.json\n").run();
    server.satisfied(0);
}

const ACCESS_TOKEN: &str = "ya29.c9f1-6a0b7d3e";

/// A calendar that trades assertions of the account for a token, and a home that has the account.
fn calendar(private_key: &str) -> (Home, Server) {
    let key = private_key.to_owned();
    let server = Server::start(move |call| match call.uri().path() {
        "/token" => trade(call, &key),
        "/events" => events(call),
        path => panic!("there is nothing at {path}"),
    });
    let account = json!({
        "type": "service_account",
        "private_key_id": "4b1c",
        "private_key": private_key,
        "client_email": "reader@example.com",
        "token_uri": format!("{}/token", server.url),
        "calendar_uri": format!("{}/events", server.url),
    });
    (home("CALENDAR_ACCOUNT", &format!("{account:#}\n")), server)
}

fn trade(call: &Call, key: &str) -> Answer {
    assert_eq!(header(call, "content-type"), "application/x-www-form-urlencoded");
    let form = fields(std::str::from_utf8(call.body()).unwrap());
    assert_eq!(form[0], ("grant_type".to_owned(), "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()));
    assert_eq!((form.len(), form[1].0.as_str()), (2, "assertion"));
    let (unsigned, signature) = form[1].1.rsplit_once('.').unwrap();
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap(), mac(key.as_bytes(), unsigned));
    let (head, claims) = unsigned.split_once('.').unwrap();
    assert_eq!(part(head), json!({"alg": "HS256", "typ": "JWT", "kid": "4b1c"}));
    let claims = part(claims);
    assert_eq!(claims["iss"], "reader@example.com");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 600);
    answer(&json!({"access_token": ACCESS_TOKEN, "expires_in": 3600}))
}

fn part(text: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

fn events(call: &Call) -> Answer {
    assert_eq!(header(call, "authorization"), format!("Bearer {ACCESS_TOKEN}"));
    assert_fields(&query(call), &[("day", "2026-11-24")]);
    answer(&json!({"events": [{"start": "09:00", "title": "Stand-up"}, {"start": "13:30", "title": "Café"}]}))
}

/// A real one, in lines of 64 characters (RFC 7468).
fn private_key() -> String {
    let text = BASE64_STANDARD.encode(KeyPair::generate().unwrap().serialize_der());
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

#[test]
fn service_account_trades_an_assertion_for_a_token_and_leaks_neither() {
    let private_key = private_key();
    let (home, server) = calendar(&private_key);
    let answer = run(&home, "service_account.py", &server).args(["--input", "{\"day\": \"2026-11-24\"}"]).answer();
    assert_says(&answer, 0, &["'private_key': '***", "token: ***\n"]);
    assert_eq!(answer.stdout, "[\"09:00 Stand-up\",\"13:30 Café\"]\n");
    let lines = private_key.lines().filter(|line| !line.starts_with("-----"));
    lines.chain([ACCESS_TOKEN]).for_each(|line| answer.never_says(line));
    server.satisfied(2);
}

#[test]
fn service_account_that_is_no_json_is_told_without_its_text() {
    let (home, server) = (home("CALENDAR_ACCOUNT", "not the file itself 7Hq2"), Server::start(|_| status(500)));
    let answer = run(&home, "service_account.py", &server).args(["--input", "{}"]).answer();
    assert_says(
        &answer,
        1,
        &["File \"service_account.py\", line 19, in run\n", "error: json.decoder.JSONDecodeError: Expecting value"],
    );
    answer.never_says("7Hq2");
    server.satisfied(0);
}

/// Holds back its first answers until four calls are there at once, and a moment longer for a fifth, which must not come.
fn crowded_weather() -> Server {
    let (arrivals, all_came, inside) = (Mutex::new(0), Condvar::new(), AtomicUsize::new(0));
    Server::start(move |call| {
        assert!(inside.fetch_add(1, Ordering::SeqCst) < 4, "more than four calls at once");
        let mut arrived = arrivals.lock().unwrap();
        *arrived += 1;
        if *arrived <= 4 {
            all_came.notify_all();
            let patience = Duration::from_secs(15);
            let (arrived, waited) = all_came.wait_timeout_while(arrived, patience, |arrived| *arrived < 4).unwrap();
            drop(arrived);
            assert!(!waited.timed_out(), "never four calls at once");
            std::thread::sleep(Duration::from_millis(200));
        }
        let answer = weather(call);
        inside.fetch_sub(1, Ordering::SeqCst);
        answer
    })
}

fn weather(call: &Call) -> Answer {
    let fields = query(call);
    assert_eq!((fields[0].0.as_str(), &fields[1]), ("city", &("key".to_owned(), "weather&key=3f/a8+".to_owned())));
    match fields[0].1.as_str() {
        "Atlantis" => status(404),
        city => answer(&json!({"city": city, "degrees": city.len() as f64 - 0.5})),
    }
}

const CITIES: [&str; 10] =
    ["Lisbon", "Oslo", "Rome", "São Paulo", "Atlantis", "Kyoto", "Lima", "New York", "Riga", "Zürich"];

#[test]
fn many_calls_makes_four_at_once() {
    let (home, server) = (home("WEATHER_KEY", "weather&key=3f/a8+"), crowded_weather());
    let input = json!({"base_url": server.url, "cities": CITIES}).to_string();
    run(&home, "many_calls.py", &server)
        .args(["--input", &input])
        .stdout(
            "{\"degrees\":{\"Lisbon\":5.5,\"Oslo\":3.5,\"Rome\":3.5,\"São Paulo\":9.5,\"Atlantis\":null,\"Kyoto\":4.5,\
             \"Lima\":3.5,\"New York\":7.5,\"Riga\":3.5,\"Zürich\":6.5},\"warmest\":9.5,\"unknown\":[\"Atlantis\"]}\n",
        )
        .stderr("warning: no weather for Atlantis\n")
        .run();
    server.satisfied(10);
}

#[test]
fn many_calls_of_an_inside_address_tells_the_option() {
    let (home, server) = (home("WEATHER_KEY", "weather&key=3f/a8+"), Server::start(weather));
    let input = json!({"base_url": server.url, "cities": ["Oslo"]}).to_string();
    let answer = barred(&home, "many_calls.py").args(["--allow-host", &server.url, "--input", &input]).answer();
    assert_says(&answer, 1, &["PrivateAddress: GET http://127.0.0.1:", "`um-host run --allow-private 127.0.0.1`"]);
    answer.never_says("weather&key");
    server.satisfied(0);
}
