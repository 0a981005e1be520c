//! The services of the jobs. They take what a real one takes: the credential where it belongs, and signatures that are
//! right.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::python_scripts::calls::{hex, mac};
use crate::python_scripts::server::{Answer, Call, fields, header, json as answer, query, status};
use crate::support::bound::Bounded;
use crate::support::command::Home;

pub const TOKEN: &str = "k8Zr2Qw5Lx9vTz4f";

fn asked(call: &Call) -> String {
    format!("{} {}", call.method(), call.uri().path())
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(call.body()).unwrap()
}

fn with(code: u16, text: &str) -> Answer {
    let mut answer = status(code);
    *answer.body_mut() = text.to_owned().into();
    answer
}

#[track_caller]
fn bearer(call: &Call) {
    assert_eq!(header(call, "authorization"), format!("Bearer {TOKEN}"));
}

#[track_caller]
fn basic(call: &Call, user: &str) {
    assert_eq!(header(call, "authorization"), format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{TOKEN}"))));
}

pub fn slack(call: &Call) -> Answer {
    assert_eq!(asked(call), format!("POST /services/T00/B00/{TOKEN}"));
    assert_eq!(body(call), json!({ "text": "deployed 1.2" }));
    with(200, "ok")
}

/// 250 contacts. The second page is there at the second time.
pub fn hubspot() -> impl Fn(&Call) -> Answer {
    let seconds = AtomicUsize::new(0);
    move |call| {
        bearer(call);
        let query = query(call);
        let of = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!((asked(call).as_str(), of("properties")), ("GET /crm/v3/objects/contacts", Some("email")));
        let after: usize = of("after").map_or(0, |after| after.parse().unwrap());
        if after == 100 && seconds.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            let mut busy = status(429);
            busy.headers_mut().insert("retry-after", "0".parse().unwrap());
            return busy;
        }
        let until = 250.min(after + 100);
        let contact = |id: usize| json!({ "id": id, "properties": { "email": format!("{id}@example.com") } });
        let mut page = json!({ "results": (after..until).map(contact).collect::<Vec<_>>() });
        if until < 250 {
            page["paging"] = json!({ "next": { "after": until.to_string() } });
        }
        answer(&page)
    }
}

/// A service account, with a key in the home that openssl made.
pub struct Account {
    private: String,
    place: PathBuf,
}

impl Account {
    pub fn new(home: &Home) -> Self {
        let key = home.path("account.pem");
        openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &text(&key)]);
        openssl(&["pkey", "-in", &text(&key), "-pubout", "-out", &text(&home.path("account.pub"))]);
        Self { private: fs::read_to_string(key).unwrap(), place: home.directory().to_owned() }
    }

    /// As it is downloaded.
    pub fn file(&self, url: &str) -> String {
        let account = json!({
            "type": "service_account",
            "private_key_id": "4b1c",
            "private_key": self.private,
            "client_email": "robot@example.com",
            "token_uri": format!("{url}/token"),
        });
        format!("{account:#}")
    }

    /// Trades an assertion that is signed with the key, and appends rows for the token.
    pub fn service(&self) -> impl Fn(&Call) -> Answer + Send + Sync + use<> {
        let place = self.place.clone();
        move |call| {
            let asked = asked(call);
            if asked == "POST /token" {
                let form = fields(std::str::from_utf8(call.body()).unwrap());
                let (_, assertion) = form.iter().find(|(name, _)| name == "assertion").unwrap();
                let (signed, signature) = assertion.rsplit_once('.').unwrap();
                fs::write(place.join("signed"), signed).unwrap();
                fs::write(place.join("signature"), BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
                let [key, signature, signed] =
                    ["account.pub", "signature", "signed"].map(|name| text(&place.join(name)));
                openssl(&["dgst", "-sha256", "-verify", &key, "-signature", &signature, &signed]);
                return answer(&json!({ "access_token": TOKEN, "expires_in": 3600, "token_type": "Bearer" }));
            }
            bearer(call);
            match asked.as_str() {
                "GET /v4/spreadsheets/s1" => {
                    answer(&json!({ "properties": { "title": "Book" }, "sheets": [{ "properties": {
                    "sheetId": 0, "title": "Orders", "index": 0, "gridProperties": { "rowCount": 9, "columnCount": 2 }
                } }] }))
                }
                "POST /v4/spreadsheets/s1/values/%27Orders%27:append" => {
                    assert_eq!(body(call), json!({ "values": [["Zoë", 3]] }));
                    answer(&json!({ "updates": { "updatedRange": "Orders!A3:B3" } }))
                }
                other => panic!("nobody is asked for {other}"),
            }
        }
    }
}

fn text(path: &std::path::Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn openssl(arguments: &[&str]) {
    let ended = Command::new("openssl").args(arguments).finish().unwrap();
    assert!(ended.status.success(), "{arguments:?}: {ended:?}");
}

/// Takes requests whose signature, version 4, is made with the key, and refuses others.
pub fn s3(call: &Call) -> Answer {
    let told = header(call, "authorization").strip_prefix("AWS4-HMAC-SHA256 ").unwrap();
    let part = |name: &str| told.split(", ").find_map(|each| each.strip_prefix(name)?.strip_prefix('=')).unwrap();
    let scope = part("Credential").strip_prefix("AKIAEXAMPLE/").unwrap();
    let names = part("SignedHeaders");
    let signed: String = names.split(';').map(|name| format!("{name}:{}\n", header(call, name))).collect();
    let (path, hash) = (call.uri().path(), header(call, "x-amz-content-sha256"));
    let canonical =
        format!("{}\n{path}\n{}\n{signed}\n{names}\n{hash}", call.method(), call.uri().query().unwrap_or_default());
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", header(call, "x-amz-date"), hex(&Sha256::digest(canonical)));
    let key = scope.split('/').fold(format!("AWS4{TOKEN}").into_bytes(), |key, part| mac(&key, part));
    if part("Signature") != hex(&mac(&key, &to_sign)) {
        return with(403, "<Error><Code>SignatureDoesNotMatch</Code><Message>it is another</Message></Error>");
    }
    match asked(call).as_str() {
        "GET /reports/october.csv" => with(200, "name,total\nAda,12\nZoë,30\n"),
        "PUT /reports/october.txt" => {
            assert!(String::from_utf8_lossy(call.body()).contains("total 42\n"), "{call:?}");
            status(200)
        }
        other => panic!("nobody is asked for {other}"),
    }
}

pub fn photos(call: &Call) -> Answer {
    bearer(call);
    assert_eq!(asked(call), "POST /photos");
    let boundary = header(call, "content-type").strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8_lossy(call.body());
    let parts: Vec<_> = body.split(&format!("--{boundary}")).collect();
    assert_eq!((parts.len(), parts[0], parts[3]), (4, "", "--\r\n"));
    assert!(parts[1].contains("name=\"title\"\r\n\r\nZoë\r\n"), "{body}");
    assert!(parts[2].contains("name=\"photo\"; filename") && parts[2].contains("image/png"), "{body}");
    answer(&json!({ "id": "p7" }))
}

pub fn chat(call: &Call) -> Answer {
    bearer(call);
    assert_eq!(asked(call), "POST /v1/chat/completions");
    assert_eq!(body(call)["messages"][0]["content"], "Say hello to Zoë.");
    let piece = |text: &str| {
        let choice = json!({ "index": 0, "delta": { "content": text }, "finish_reason": null });
        let piece = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "small", "choices": [choice] });
        format!("data: {piece}\n\n")
    };
    let words: String = ["Hel", "lo, ", "Zoë!"].into_iter().map(piece).collect();
    let mut told = with(200, &(words + "data: [DONE]\n\n"));
    told.headers_mut().insert("content-type", "text/event-stream".parse().unwrap());
    told
}

pub fn graphql(call: &Call) -> Answer {
    bearer(call);
    let asked = body(call);
    assert!(asked["query"].as_str().unwrap().contains("orders(first: $first)"), "{asked}");
    assert_eq!(asked["variables"], json!({ "first": 2 }));
    answer(&json!({ "data": { "orders": [{ "name": "#1001", "total": 12 }, { "name": "#1002", "total": 30 }] } }))
}

pub fn mail(call: &Call) -> Answer {
    bearer(call);
    assert_eq!(asked(call), "POST /v3/mail/send");
    assert_eq!(body(call)["content"], json!([{ "type": "text/plain", "value": "Ada: 12.50\nZoë: 3.00" }]));
    status(202)
}

/// A feed, and the channel that it is told in, oldest first.
pub fn feed(call: &Call) -> Answer {
    match asked(call).as_str() {
        "GET /feed.xml" => {
            let item = |id: usize| {
                format!(
                    "<item><guid>urn:{id}</guid><title>No {id}</title><link>https://news.example/{id}</link></item>"
                )
            };
            let items: String = [3, 2, 1].into_iter().map(item).collect();
            with(200, &format!("<rss version=\"2.0\"><channel><title>News</title>{items}</channel></rss>"))
        }
        "POST /api/chat.postMessage" => {
            bearer(call);
            assert!(
                ["No 2 https://news.example/2", "No 3 https://news.example/3"]
                    .contains(&body(call)["text"].as_str().unwrap()),
                "{call:?}"
            );
            answer(&json!({ "ok": true }))
        }
        other => panic!("nobody is asked for {other}"),
    }
}

pub fn jira(call: &Call) -> Answer {
    basic(call, "ada@example.com");
    match asked(call).as_str() {
        "GET /rest/api/2/project/OPS" => answer(&json!({ "id": "1", "key": "OPS" })),
        "POST /rest/api/2/issue" => {
            assert_eq!(body(call)["fields"]["summary"], "Zoë's order");
            answer(&json!({ "id": "7", "key": "OPS-7" }))
        }
        "GET /rest/api/2/issue/OPS-7" => answer(&json!({ "id": "7", "key": "OPS-7", "fields": {} })),
        other => panic!("nobody is asked for {other}"),
    }
}

pub fn orders(call: &Call) -> Answer {
    bearer(call);
    assert_eq!(asked(call), "GET /orders");
    answer(&json!([{ "name": "Ada", "total": 12 }, { "name": "Zoë", "total": 30 }]))
}

pub fn invoices(call: &Call) -> Answer {
    basic(call, "api");
    match asked(call).as_str() {
        "GET /invoices" => answer(&json!(["a.txt", "b.txt"])),
        path => with(200, &format!("{path} says thank you")),
    }
}

/// A table that wants no more than twenty at once.
pub fn rows() -> impl Fn(&Call) -> Answer {
    let under_way = AtomicUsize::new(0);
    move |call| {
        let now = under_way.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(now <= 20, "{now} at once");
        bearer(call);
        assert_eq!(body(call), json!({ "checked": true }));
        let row: u64 = call.uri().path().strip_prefix("/rows/").unwrap().parse().unwrap();
        under_way.fetch_sub(1, Ordering::SeqCst);
        answer(&json!({ "row": row }))
    }
}

/// Takes events that are signed with the key, and refuses others.
pub fn signed(call: &Call) -> Answer {
    assert_eq!((asked(call).as_str(), &call.body()[..]), ("POST /hook", &b"{\"order\": 1042}"[..]));
    let signature = header(call, "x-signature").strip_prefix("sha256=").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(call.body());
    status(if signature == hex(&mac.finalize().into_bytes()) { 202 } else { 403 })
}
