//! Two servers, a workspace whose secrets are bound to one of them, and guests that may call both.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::BodyExt;

use super::echo::Echo;
use crate::allow::AllowList;
use crate::budget::Budget;
use crate::client::Client;
use crate::error::egress::EgressError;
use crate::meter::Meter;
use crate::policy::Policy;
use crate::request::placeholder::spotted;
use crate::response::body::Body;
use crate::response::decode::{Coding, Decoder};
use crate::seals::Seals;
use crate::timeouts::Waits;
use crate::wire::resolve::Resolve;
use um_base::Work;
use um_base::rule::{HostName, Placement, Rule};
use um_secret::{
    Actor, Binding, Door, Entry, Exposure, Misdirected, OpenError, ReadLog, Reader, RunId, SealedUse, SecretName,
    SecretValue, SettleError, Snapshot, WorkspaceName,
};

pub(crate) const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";
const KEY: &str = "key-16C7e42F292c_6912.7710c8";
const FIELD: &str = "field-16C7e42F292c_6912.7710c8";
const NARROW: &str = "narrow_16C7e42F292c6912E7710c8";
const BOTH: &str = "both_16C7e42F292c6912E7710c8383";
const SECURE: &str = "secure_16C7e42F292c6912E7710c8383";
const OTHER: &str = "other_16C7e42F292c6912E7710c8383";
const VALUES: [&str; 7] = [TOKEN, KEY, FIELD, NARROW, BOTH, SECURE, OTHER];

/// Names that lead to this machine, as all do.
const HOSTS: [&str; 5] = ["api.test", "*.api.test", "evil.test", "api.test.evil.test", "example.test"];

pub(crate) struct World {
    home: Echo,
    away: Echo,
    names: Arc<Names>,
}

/// One run's side.
pub(crate) struct Guest {
    client: Client,
    policy: Policy,
    meter: Arc<Meter>,
    /// Where the secrets are bound to, and where not.
    pub home: u16,
    pub away: u16,
    pub token: String,
    pub key: String,
    pub field: String,
    pub narrow: String,
    pub both: String,
    pub secure: String,
}

/// What a guest gets of an answer, decompressed if it is compressed.
#[derive(Debug)]
pub(crate) struct Seen {
    pub status: u16,
    /// Fields and trailers.
    pub head: String,
    pub body: String,
}

/// A body of these pieces, and trailers. Its length is not known beforehand.
#[derive(Clone, Default)]
pub(crate) struct Pieces {
    pub data: VecDeque<Bytes>,
    pub trailers: Option<HeaderMap>,
}

impl World {
    pub async fn new() -> Self {
        Self { home: Echo::start().await, away: Echo::start().await, names: Arc::default() }
    }

    /// A run that has read all secrets but `OTHER`.
    pub async fn guest(&self) -> Guest {
        let (vault, reader) = (Arc::new(Vault::new(self.home.port)), reader());
        let guest = self.stranger(Seals::new(vault.clone(), reader.clone()));
        let mut texts = Vec::new();
        for name in ["TOKEN", "KEY", "FIELD", "NARROW", "BOTH", "SECURE"] {
            let entry = vault.entries.iter().find(|entry| entry.name.as_str() == name).unwrap();
            let value = vault.open(&entry.name, &reader).await.unwrap();
            texts.push(guest.policy.seals().seal(entry, value).unwrap().to_string());
        }
        let [token, key, field, narrow, both, secure] = texts.try_into().unwrap();
        Guest { token, key, field, narrow, both, secure, ..guest }
    }

    /// A run that has read nothing.
    pub fn idle(&self) -> Guest {
        self.stranger(Seals::new(Arc::new(Vault::new(self.home.port)), reader()))
    }

    /// A run that has the token itself, of a workspace that knows of nothing sealed: what it gets shows that an attempt
    /// is one.
    pub fn unguarded(&self) -> Guest {
        Guest { token: TOKEN.to_owned(), ..self.stranger(Seals::default()) }
    }

    fn stranger(&self, seals: Seals) -> Guest {
        let ports = [self.home.port, self.away.port];
        let entries = HOSTS.iter().flat_map(|host| ports.map(|port| format!("http://{host}:{port}")));
        let allow: AllowList = entries.map(|entry| Rule::parse(&entry).unwrap()).collect();
        let policy = Policy::new(allow).sealed(seals);
        let client = Client::builder().resolver(self.names.clone()).build().unwrap();
        let [home, away] = ports;
        let [token, key, field, narrow, both, secure] = [(); 6].map(|()| String::new());
        let meter = Arc::new(Meter::new(Budget::default()));
        Guest { client, policy, meter, home, away, token, key, field, narrow, both, secure }
    }

    /// What servers and resolver have got since the last call.
    pub fn take(&self) -> String {
        let names = std::mem::take(&mut *self.names.0.lock().unwrap());
        format!("{}\n{}\n{}", names.join("\n"), self.home.take(), self.away.take())
    }
}

/// Whether a value stands in it, or anything made of a placeholder.
pub(crate) fn is_spilled(text: &str) -> bool {
    text.lines().any(|line| spotted(line.as_bytes())) || VALUES.iter().any(|value| text.contains(value))
}

impl Guest {
    pub async fn send(&self, request: Request<Pieces>) -> Result<Seen, EgressError> {
        let host = HostName::parse(request.uri().host().unwrap()).unwrap();
        let (workspace, policy) = (WorkspaceName::parse("default").unwrap(), self.policy.clone().allow_private(host));
        let sent = self.client.send(&workspace, &policy, &self.meter, request, Waits::default());
        seen(sent.await?).await
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://api.test:{}{path}", self.home)
    }

    /// With the secret where it belongs.
    pub fn bearer(&self, url: &str) -> Request<Pieces> {
        request("GET", url, &[("authorization", &format!("Bearer {}", self.token))], "")
    }

    pub fn usage(&self) -> crate::meter::Usage {
        self.meter.usage()
    }
}

pub(crate) fn request(method: &str, url: &str, fields: &[(&str, &str)], body: &str) -> Request<Pieces> {
    let request = Request::builder().method(method).uri(url);
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Pieces::of(body, 7)).unwrap()
}

async fn seen(response: Response<Body>) -> Result<Seen, EgressError> {
    let (parts, body) = response.into_parts();
    let collected = body.collect().await?;
    let fields = parts.headers.iter().chain(collected.trailers().into_iter().flatten());
    let head = fields.map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))).collect();
    let body = unpacked(&parts.headers, collected.to_bytes().to_vec());
    Ok(Seen { status: parts.status.as_u16(), head, body: String::from_utf8_lossy(&body).into_owned() })
}

/// As a guest would unpack it: as often as it can, whatever its compression is called.
fn unpacked(fields: &HeaderMap, body: Vec<u8>) -> Vec<u8> {
    let Some(name) = fields.get(http::header::CONTENT_ENCODING) else { return body };
    let coding = match name.to_str().unwrap() {
        "br" => Coding::Brotli,
        "zstd" => Coding::Zstd,
        "deflate" => Coding::Deflate,
        _ => Coding::Gzip,
    };
    let mut packed = body;
    loop {
        let (mut decoder, mut out) = (Decoder::new(coding), Vec::new());
        match decoder.write(&packed, &mut out).and_then(|()| decoder.finish(&mut out)) {
            Ok(()) if !out.is_empty() => packed = out,
            _ => return packed,
        }
    }
}

impl Seen {
    /// Whether a guest that knows what it looks for finds the token in it.
    pub fn holds_token(&self) -> bool {
        let text = format!("{}{}", self.head, self.body).replace(['\r', '\n', ' ', '\0'], "");
        let decoded = STANDARD.decode(self.body.replace(['\r', '\n'], "")).unwrap_or_default();
        let again = STANDARD.decode(&decoded).unwrap_or_default();
        let hex: String = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
        let forms = [TOKEN.to_owned(), TOKEN.to_lowercase(), TOKEN.to_uppercase(), TOKEN.chars().rev().collect(), hex];
        let encoded = STANDARD.encode(TOKEN);
        let shifted = self.body.split_once('+').and_then(|(_, rest)| rest.split_once('-')).unwrap_or_default().0;
        let shifted = base64::engine::general_purpose::STANDARD_NO_PAD.decode(shifted).unwrap_or_default();
        forms.iter().any(|form| text.contains(form))
            || text.contains(encoded.trim_end_matches('='))
            || text.replace("%5F", "_").replace("%2D", "-").contains(TOKEN)
            || [decoded, again, shifted]
                .iter()
                .any(|bytes| String::from_utf8_lossy(bytes).replace('\0', "").contains(TOKEN))
    }
}

impl Pieces {
    pub fn of(text: &str, cut: usize) -> Self {
        Self { data: text.as_bytes().chunks(cut).map(Bytes::copy_from_slice).collect(), trailers: None }
    }
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let data = self.data.pop_front().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }
}

/// Knows every name, and keeps what it was asked.
#[derive(Default)]
struct Names(Mutex<Vec<String>>);

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, name: &str, _: &Work) -> io::Result<Vec<IpAddr>> {
        self.0.lock().unwrap().push(name.to_owned());
        Ok(vec![IpAddr::from([127, 0, 0, 1])])
    }
}

/// The secrets, all sealed.
struct Vault {
    workspace: WorkspaceName,
    entries: Vec<Entry>,
}

impl Vault {
    fn new(port: u16) -> Self {
        let bind = |rule: String, placement| Binding::new(Rule::parse(&rule).unwrap(), placement).unwrap();
        let binding = |placement| bind(format!("http://api.test:{port}"), placement);
        let header = |name: &str| binding(Placement::Header(name.to_owned()));
        let query = || binding(Placement::Query("api_key".to_owned()));
        let narrow = bind(format!("POST http://api.test:{port}/v1"), Placement::Header("X-Narrow".to_owned()));
        let secure = bind(format!("api.test:{port}"), Placement::Header("X-Secure".to_owned()));
        let entry = |name: &str, bindings: Vec<Binding>| Entry {
            version: 1,
            name: SecretName::parse(name).unwrap(),
            description: String::new(),
            exposure: Exposure::Sealed,
            bindings,
            expires: None,
            parts: Arc::default(),
        };
        let entries = vec![
            entry("TOKEN", vec![header("Authorization")]),
            entry("KEY", vec![query()]),
            entry("FIELD", vec![binding(Placement::Body("token".to_owned()))]),
            entry("NARROW", vec![narrow]),
            entry("BOTH", vec![header("X-Both"), query()]),
            entry("SECURE", vec![secure]),
            entry("OTHER", vec![header("X-Other")]),
        ];
        Self { workspace: WorkspaceName::parse("default").unwrap(), entries }
    }
}

#[async_trait]
impl Snapshot for Vault {
    fn workspace(&self) -> &WorkspaceName {
        &self.workspace
    }

    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    async fn peek(&self, name: &SecretName) -> Result<SecretValue, OpenError> {
        let number = self.entries.iter().position(|entry| entry.name == *name).ok_or(OpenError::NotFound)?;
        Ok(SecretValue::new(VALUES[number].to_owned()).ok().unwrap())
    }
}

/// Nobody looks at what is recorded here.
#[async_trait]
impl ReadLog for Vault {
    async fn record_read(&self, _name: &SecretName, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn record_refusals(&self, _refused: &[Misdirected], _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn record_sealed(&self, _used: &SealedUse, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }

    async fn settle(&self, _by: &Reader) -> Result<(), SettleError> {
        Ok(())
    }
}

fn reader() -> Reader {
    Reader::new(RunId::new(), Actor::local(Door::Library))
}
