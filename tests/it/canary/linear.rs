//! The linear memory of `contacts`, in Rust and in Python, at its end: with its token sealed no value is in it.
//!
//! The CRM holds its last answer back while the memory of the host, a process of its own, is searched. What of that is
//! linear memory shows in how the engine lays it out, and by a name that no one but the guest has ever spelled out: the
//! CRM sends it as JSON escapes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use um_base::rule::{HostName, Rule};
use um_host::Host;
use um_runtime::End;
use um_store::{KeySource, Store};

use super::forms::values;
use super::memory::{Mapping, Memory, Searched, search_mapping};
use super::process::{self, Process};
use super::search::{Needles, Searcher};
use crate::python_scripts::server::{Answer, Call, Server, header, json as page, query};
use crate::runs::cache;
use crate::support::command::Home;
use crate::support::guests::guest;
use crate::support::json::result;
use crate::support::python;
use crate::support::run::run_of;

const NAME: &str = "HUBSPOT_API_KEY";
/// Behind each linear memory lies what it could grow to, and nobody can read that.
const RESERVED: u64 = 1 << 30;
/// For a run that never gets as far as its last request.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the host is to run, and where the CRM is.
#[derive(Serialize, Deserialize)]
struct Order {
    data: PathBuf,
    key: PathBuf,
    cache: PathBuf,
    action: PathBuf,
    url: String,
}

/// Where the value and the name are found, inside linear memory and outside.
#[derive(Default)]
struct Found {
    inside: Vec<String>,
    outside: Vec<String>,
    /// Of linear memory.
    bytes: u64,
}

impl Found {
    fn value<'a>(&'a self, places: &'a [String]) -> Vec<&'a String> {
        places.iter().filter(|hit| hit.starts_with("value 0: ")).collect()
    }

    fn has_name(places: &[String]) -> bool {
        places.iter().any(|hit| hit.starts_with("value 1: raw in "))
    }
}

/// Serves a page with `name` at once, and the last one when it may. Tells when it is asked for that.
fn crm(call: &Call, token: &str, name: &str, asked: &Sender<()>, may_answer: &Mutex<Receiver<()>>) -> Answer {
    assert_eq!(header(call, "authorization"), format!("Bearer {token}"));
    let contact = json!({ "properties": {
        "firstname": "NAME", "lastname": "L", "email": "a@b", "company": "C", "createdate": "2026-01-01T00:00:00Z",
    } });
    if query(call).iter().any(|(field, _)| field == "after") {
        asked.send(()).unwrap();
        may_answer.lock().unwrap().recv().unwrap();
        return page(&json!({ "results": [contact] }));
    }
    let first = page(&json!({ "results": [contact], "paging": { "next": { "after": "1" } } }));
    let escaped: String = name.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect();
    first.map(|body| String::from_utf8(body.to_vec()).unwrap().replace("NAME", &escaped).into())
}

/// Runs `contacts` up to its last answer, searches it then, and has it end.
fn search(action: &Path, options: &[&str]) -> Found {
    let [[token, ..], [name, ..]] = [values(), values()];
    let ((asked, was_asked), (answer, may_answer)) = (channel(), channel());
    let may_answer = Mutex::new(may_answer);
    let needles = Needles::with_scraps(&[token.clone(), name.clone()]);
    let (home, its_token) = (Home::with_store(), token.clone());
    let server = Server::start(move |call| crm(call, &its_token, &name, &asked, &may_answer));
    let set = home.um_host(["secrets", "set", NAME, "--bind", &server.url]).args(options).stdin(token).answer();
    assert_eq!(set.status, 0, "{set:?}");
    let order = Order {
        data: home.data(),
        key: home.key_file(),
        cache: cache(),
        action: action.to_owned(),
        url: server.url.clone(),
    };
    // One arena, on the heap: others are small mappings in front of something reserved too.
    let mut host = Process::start_with("contacts", &order, &[("MALLOC_ARENA_MAX", "1")]);
    if was_asked.recv_timeout(PATIENCE).is_err() {
        panic!("the run ended before its last request: {}", host.ready::<String>());
    }
    let found = search_process(host.id(), &Searcher::new(needles));
    answer.send(()).unwrap();
    assert_eq!(host.ready::<String>(), r#"{"contacts":2,"pages":2,"companies":{"C":2}}"#);
    server.satisfied(2);
    found
}

fn search_process(process: u32, searcher: &Searcher) -> Found {
    let folder = PathBuf::from(format!("/proc/{process}"));
    let memory = Memory::open(process);
    let maps = fs::read_to_string(folder.join("maps")).unwrap();
    let mappings: Vec<Mapping<'_>> = maps.lines().map(Mapping::parse).collect();
    let mut found = Found::default();
    // From the end: what lies before something reserved, without a gap. Of two that touch, one is the image that the
    // memory began with: else the other may be anybody's, a thread's stack for one.
    let mut behind = None;
    for mapping in mappings.iter().rev() {
        if !mapping.readable {
            behind = (mapping.end - mapping.begin >= RESERVED).then_some((mapping.begin, true));
            continue;
        }
        let touches = |(begin, any)| begin == mapping.end && (any || mapping.is_file());
        let is_linear = mapping.writable && behind.is_some_and(touches);
        behind = is_linear.then_some((mapping.begin, mapping.is_file()));
        let mut searched = Searched::default();
        search_mapping(&memory, mapping, searcher, &mut searched);
        if is_linear {
            found.bytes += searched.bytes;
            found.inside.append(&mut searched.found);
        } else {
            found.outside.append(&mut searched.found);
        }
    }
    found
}

fn both() -> [PathBuf; 2] {
    python::install();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("examples");
    [guest("contacts"), examples.join("contacts-py")]
}

#[test]
fn a_sealed_value_is_not_in_the_linear_memory_of_contacts_at_its_end() {
    for action in both() {
        let found = search(&action, &["--in", "header:Authorization"]);
        let (has_name, value) = (Found::has_name, found.value(&found.inside));
        assert!(has_name(&found.inside), "{}: {} bytes", action.display(), found.bytes);
        assert!(!has_name(&found.outside), "{}: what is outside is inside, too", action.display());
        assert!(value.is_empty(), "{}: {value:#?}", action.display());
        // The host has it, and is searched by the same means.
        assert!(!found.value(&found.outside).is_empty(), "{}", action.display());
    }
}

#[test]
fn a_revealed_value_is_found_in_the_linear_memory_of_contacts_at_its_end() {
    for action in both() {
        let found = search(&action, &["--revealed"]);
        let value = found.value(&found.inside);
        assert!(Found::has_name(&found.inside), "{}: {} bytes", action.display(), found.bytes);
        assert!(value.iter().any(|hit| hit.starts_with("value 0: raw in ")), "{}: {value:#?}", action.display());
    }
}

/// Runs the action once, and tells what it returned.
pub fn be_contacts() {
    let order: Order = process::order();
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = threads.block_on(async {
        let store = Store::open(&order.data, Some(KeySource::File(order.key.clone()))).unwrap();
        let host = Host::builder().secrets(Arc::new(store)).cache_dir(&order.cache).build().unwrap();
        let action = host.load(&order.action).await.unwrap();
        let run = run_of(&host, &action).input(json!({ "base_url": order.url, "page_size": 1 }).to_string());
        let run = run.allow(Rule::parse(&order.url).unwrap());
        run.allow_private(HostName::parse("127.0.0.1").unwrap()).start().await.unwrap()
    });
    let summary = result(&outcome).filter(|_| outcome.end == End::Completed).map(|mut summary| {
        // It has the name that was searched for.
        summary.as_object_mut().unwrap().shift_remove("newest");
        summary.to_string()
    });
    process::ready(&summary.unwrap_or_else(|| format!("{:?}", outcome.end)));
}
