//! The memory of a program that embeds the library: after the runs and `Host::forget()` no value is left in it.
//!
//! The host is a process of its own, and so are the service that it calls and whoever searches its memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use serde::{Deserialize, Serialize};
use um_base::rule::{HostName, Rule};
use um_egress::Client;
use um_host::{Host, Limits};
use um_runtime::{Action, Output};
use um_store::{KeySource, Store};

use super::forms::{forms, values};
use super::peer::Listening;
use super::process::{self, Process};
use super::search::{Needles, Searcher};
use crate::runs::{cache, workspace};
use crate::support::command::Home;
use crate::support::guests::guest;
use crate::support::run::{Run, run_of};

const NAME: &str = "HUBSPOT_API_KEY";
/// The first value once more, for the peer alone.
const SEALED: &str = "SEALED_KEY";
/// One for each value.
const WORKSPACES: [&str; 3] = ["default", "second", "third"];
/// How often each action runs in each workspace.
const ROUNDS: usize = 4;
const PAGE: u64 = 4096;
const PIECE: usize = 1 << 20;

/// Actions that put a secret out in some way, and whether they send it somewhere.
const ACTIONS: [(&str, bool); 14] = [
    ("prints_a_secret", false),
    ("prints_a_secret_byte_by_byte", false),
    ("prints_a_secret_in_every_form", false),
    ("panics_with_a_secret", false),
    ("panics_in_a_typed_action", false),
    ("returns_a_secret", false),
    ("fails_with_a_secret", false),
    ("traps_inside_a_secret", false),
    ("traps_with_a_secret_in_a_register", false),
    ("loops_inside_a_secret", false),
    ("leaks_into_documents", false),
    ("fills_its_own_files", false),
    ("contacts", true),
    ("sends_a_secret", true),
];

/// One that is given a placeholder, and has the service say back what came in its place.
const WITH_SEALED: (&str, bool) = ("shows_echoes_of_secrets", true);

/// What the host is to do. It is told where the secrets are, and no value.
#[derive(Serialize, Deserialize)]
struct HostOrder {
    data: PathBuf,
    key: PathBuf,
    cache: PathBuf,
    documents: PathBuf,
    actions: BTreeMap<String, PathBuf>,
    peer: Listening,
    then: Then,
}

#[derive(Serialize, Deserialize)]
enum Then {
    /// Forgets, when all runs are over.
    Forget,
    /// Has a run under way that has got its secret.
    StayInside,
    /// Runs nothing and keeps the content of a file.
    Keep(PathBuf),
}

#[derive(Serialize, Deserialize)]
struct SearchOrder {
    process: u32,
    needles: Needles,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Searched {
    pub bytes: u64,
    mappings: usize,
    pub found: Vec<String>,
}

/// Secrets in a store, the service, and a host in a process of its own.
struct Scene {
    values: [String; 3],
    home: Home,
    _peer: Process,
    host: Process,
}

impl Scene {
    fn new(then: Then) -> Self {
        let (values, home) = (values(), Home::with_store());
        for (value, workspace) in values.iter().zip(WORKSPACES) {
            if workspace != "default" {
                assert_eq!(home.um_host(["workspaces", "create", workspace]).answer().status, 0);
            }
            // A newline at the end is part of the value; stdin would lose it.
            let stored = home.um_host(["secrets", "set", NAME, "--workspace", workspace]).stdin(value.clone() + "\n");
            assert_eq!(stored.answer().status, 0);
        }
        if let Then::Keep(path) = &then {
            fs::write(path, every_form(&values)).unwrap();
        }
        let mut peer = Process::start("peer", &());
        let listening: Listening = peer.ready();
        let hosts = ["--bind", &listening.http, "--bind", &listening.https];
        let sealed = home.um_host(["secrets", "set", SEALED]).args(hosts).stdin(values[0].clone()).answer();
        assert_eq!(sealed.status, 0, "{sealed:?}");
        let order = HostOrder {
            data: home.data(),
            key: home.key_file(),
            cache: cache(),
            documents: home.path("documents"),
            actions: ACTIONS.iter().chain([&WITH_SEALED]).map(|(name, _)| ((*name).to_owned(), guest(name))).collect(),
            peer: listening,
            then,
        };
        let mut host = Process::start("host", &order);
        let () = host.ready();
        Self { values, home, _peer: peer, host }
    }

    fn search(&self) -> Searched {
        let order = SearchOrder { process: self.host.id(), needles: Needles::with_scraps(&self.values) };
        Process::start("searcher", &order).ready()
    }
}

#[test]
fn no_value_is_left_in_the_memory_of_a_host_that_has_forgotten() {
    let scene = Scene::new(Then::Forget);
    let searched = scene.search();
    assert!(searched.bytes > 10 << 20, "{searched:?}");
    assert!(searched.found.is_empty(), "{:#?}", searched.found);

    let searcher = Searcher::new(Needles::of(&scene.values));
    assert!(scene.home.path("documents").read_dir().unwrap().count() > 10);
    for directory in [scene.home.path("."), cache()] {
        assert!(searcher.search_directory(&directory).is_empty());
    }
    for file in ["cmdline", "environ"] {
        assert!(searcher.search(&fs::read(format!("/proc/{}/{file}", scene.host.id())).unwrap()).is_empty());
    }
}

#[test]
fn the_value_of_a_run_under_way_is_found_in_memory() {
    let found = Scene::new(Then::StayInside).search().found;
    assert!(found.iter().any(|hit| hit.starts_with("value 0: raw in ")), "{found:#?}");
}

#[test]
fn a_value_kept_in_memory_is_found_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let scene = Scene::new(Then::Keep(folder.path().join("planted")));
    let found = scene.search().found;
    for (number, value) in scene.values.iter().enumerate() {
        for form in forms(value) {
            let begin = format!("value {number}: {} in ", form.name);
            assert!(found.iter().any(|hit| hit.starts_with(&begin)), "{begin}");
        }
    }
}

fn every_form(values: &[String]) -> Vec<u8> {
    let forms = values.iter().flat_map(|value| forms(value)).map(|form| form.bytes);
    forms.collect::<Vec<_>>().join(&0)
}

/// Runs everything that there is, as an embedding program does, and stays.
pub fn be_a_host() {
    let order: HostOrder = process::order();
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = Client::builder().root_certificate(order.peer.authority.clone()).build().unwrap();
    let store = Store::open(&order.data, Some(KeySource::File(order.key.clone()))).unwrap();
    let host = Host::builder().secrets(Arc::new(store)).cache_dir(&order.cache).client(client).build().unwrap();
    let kept = match &order.then {
        Then::Forget => {
            threads.block_on(run_all(&host, &order));
            host.forget();
            Vec::new()
        }
        Then::StayInside => {
            threads.block_on(get_inside(&host, &order));
            Vec::new()
        }
        Then::Keep(path) => fs::read(path).unwrap(),
    };
    process::ready(&());
    process::stay();
    drop((kept, host));
}

/// Every action in every workspace, several times, all that are of one round at once.
async fn run_all(host: &Host, order: &HostOrder) {
    fs::create_dir(&order.documents).unwrap();
    for round in 0..ROUNDS {
        let mut runs = tokio::task::JoinSet::new();
        for (name, sends) in ACTIONS.into_iter().chain([WITH_SEALED]) {
            let action = host.load(&order.actions[name]).await.unwrap();
            let workspaces = if name == WITH_SEALED.0 { &WORKSPACES[..1] } else { &WORKSPACES };
            for &workspace in workspaces {
                let documents = order.documents.join(format!("{name}-{workspace}-{round}"));
                let run = prepare(host, &action, name, workspace).documents(documents);
                let run = if sends { send(run, name, &order.peer, round) } else { run };
                runs.spawn(async move { (name, workspace, run.start().await.unwrap()) });
            }
        }
        while let Some(ended) = runs.join_next().await {
            let (name, workspace, outcome) = ended.unwrap();
            assert_eq!(outcome.secrets.len(), 1, "{name} in {workspace}: {outcome:?}");
            let sent = ["contacts", "sends_a_secret", WITH_SEALED.0].contains(&name);
            // A token of several lines is no header, so the action fails before it calls.
            assert!(!sent || workspace != "default" || outcome.completed(), "{name} in {workspace}: {outcome:?}");
        }
    }
}

fn prepare(host: &Host, action: &Action, name: &str, within: &str) -> Run {
    let mut limits = Limits::default();
    if name == "loops_inside_a_secret" {
        limits.set("wall", "300ms").unwrap();
    }
    run_of(host, action).workspace(workspace(within)).limits(limits)
}

/// In the clear and over TLS by turns.
fn send(run: Run, name: &str, peer: &Listening, round: usize) -> Run {
    let url = if round.is_multiple_of(2) { &peer.http } else { &peer.https };
    let run = run.allow(Rule::parse(url).unwrap()).allow_private(HostName::parse("127.0.0.1").unwrap());
    match name {
        "contacts" => run.input(serde_json::json!({ "base_url": url }).to_string()),
        "shows_echoes_of_secrets" => {
            run.args(["bearer", "basic", "text"].map(|way| format!("{way} {SEALED} {url}/echo")))
        }
        _ => run.args([format!("{url}/echo")]),
    }
}

/// Comes back when a run that never ends has got its secret.
async fn get_inside(host: &Host, order: &HostOrder) {
    let name = "loops_inside_a_secret";
    let action = host.load(&order.actions[name]).await.unwrap();
    let (sender, receiver) = channel();
    let run = run_of(host, &action).stdout(Output::Writer(Box::new(Told(sender))));
    tokio::spawn(run.start());
    tokio::task::spawn_blocking(move || receiver.recv().unwrap()).await.unwrap();
}

/// Tells that something was written.
struct Told(Sender<()>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.send(()).map_err(std::io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Searches the memory of another process.
pub fn be_a_searcher() {
    let order: SearchOrder = process::order();
    let searcher = Searcher::new(order.needles);
    let folder = PathBuf::from(format!("/proc/{}", order.process));
    let mut searched = Searched::default();
    let memory = Memory::open(order.process);
    for line in fs::read_to_string(folder.join("maps")).unwrap().lines() {
        let mapping = Mapping::parse(line);
        if mapping.readable {
            searched.mappings += 1;
            search_mapping(&memory, &mapping, &searcher, &mut searched);
        }
    }
    process::ready(&searched);
}

/// A line of `/proc/PID/maps`.
pub struct Mapping<'a> {
    line: &'a str,
    pub begin: u64,
    pub end: u64,
    pub readable: bool,
    pub writable: bool,
}

impl<'a> Mapping<'a> {
    pub fn parse(line: &'a str) -> Self {
        let (range, rest) = line.split_once(' ').unwrap();
        let (begin, end) = range.split_once('-').unwrap();
        let address = |text| u64::from_str_radix(text, 16).unwrap();
        let (readable, writable) = (rest.starts_with('r'), rest[1..].starts_with('w'));
        Self { line, begin: address(begin), end: address(end), readable, writable }
    }

    pub fn is_file(&self) -> bool {
        self.line.contains('/')
    }
}

/// The memory of another process.
pub struct Memory {
    bytes: File,
    /// Eight bytes for each page that it might have.
    pages: File,
}

impl Memory {
    pub fn open(process: u32) -> Self {
        let open = |name| File::open(format!("/proc/{process}/{name}")).unwrap();
        Self { bytes: open("mem"), pages: open("pagemap") }
    }

    /// Where the next pages are that have ever been written, one behind the other: of 100 GB that are set aside for tables
    /// few have. The others must not even be read: the kernel would put a page of zeros there.
    fn next_pages(&self, mut at: u64, end: u64) -> Option<Range<u64>> {
        let mut entries = [0; 64 * 1024];
        while at < end {
            let read = self.pages.read_at(&mut entries, at / PAGE * 8).unwrap();
            assert!(read >= 8, "the kernel tells which pages there are");
            // In memory, or swapped out.
            let is_there = |entry: &[u8; 8]| u64::from_le_bytes(*entry) >> 62 != 0;
            let pages = entries[..read].as_chunks().0;
            let absent = pages.iter().take_while(|entry| !is_there(entry)).count();
            let there = pages[absent..].iter().take_while(|entry| is_there(entry)).count();
            let begin = at + absent as u64 * PAGE;
            at = begin + there as u64 * PAGE;
            if there > 0 && begin < end {
                return Some(begin..at.min(end));
            }
        }
        None
    }
}

/// Piece by piece, each with the beginning of the next: a needle may lie across.
pub fn search_mapping(memory: &Memory, mapping: &Mapping, searcher: &Searcher, searched: &mut Searched) {
    let mut bytes = vec![0; PIECE + searcher.longest()];
    let mut at = mapping.begin;
    let next = |at| match mapping.is_file() {
        true => (at < mapping.end).then_some(at..mapping.end),
        false => memory.next_pages(at, mapping.end),
    };
    while let Some(pages) = next(at) {
        at = pages.start;
        let length = bytes.len().min(usize::try_from(pages.end - at).unwrap());
        // What the kernel keeps to itself, such as [vvar], cannot be read by anybody.
        let Ok(read) = memory.bytes.read_at(&mut bytes[..length], at) else { return };
        for hit in searcher.search(&bytes[..read]).iter().filter(|hit| hit.at < PIECE) {
            let around = &bytes[hit.at.saturating_sub(64)..read.min(hit.at + 128)];
            let (name, line, around) = (hit.name, mapping.line, around.escape_ascii());
            searched.found.push(format!("{name} in {line} at {:x}: {around}", at + hit.at as u64));
        }
        searched.bytes += read.min(PIECE) as u64;
        at = pages.end.min(at + PIECE as u64);
    }
}
