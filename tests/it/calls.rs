//! What calls leave behind in a run that makes very many of them: nothing.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use um_base::rule::{HostName, Rule};
use um_runtime::{Blame, End, Limit, Limits, Output};

use crate::python_scripts::scripts;
use crate::runs::{host, text};
use crate::support::guests::guest;
use crate::support::peer::HELLO;
use crate::support::python;
use crate::support::run::{Outcome, Run, run_of};

/// How much larger the process may be after the last 500 calls of a kind than after the first, in KiB.
const GROWTH: u64 = 1024;

/// Servers that kinds of calls take turns with: a kind that leaves its connections half done uses up a port for each, and
/// there are some 28,000 of them for one server.
const SERVERS: usize = 6;

/// A server that keeps nothing of what it was sent. Gives its URL.
pub async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(BufReader::new(stream)));
        }
    });
    url
}

async fn serve(mut stream: BufReader<TcpStream>) -> io::Result<()> {
    static LARGE: LazyLock<String> =
        LazyLock::new(|| format!("HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n{}", "x".repeat(20_000)));
    loop {
        let path = request(&mut stream).await?;
        let answer = match path.as_str() {
            "/hello" => HELLO,
            "/moved" => "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n",
            "/large" => &LARGE,
            "/trailers" => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n",
            "/broken" => return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await,
            _ => return stream.read_to_end(&mut Vec::new()).await.map(drop),
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// Reads one request and gives its path.
async fn request(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let (mut path, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        match line.strip_prefix("content-length: ") {
            Some(number) => length = number.parse().unwrap(),
            None if path.is_empty() => path = line.split(' ').nth(1).unwrap_or("/").to_owned(),
            None if line.is_empty() => break,
            None => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(path)
}

/// The lines that a guest says, each with the memory of this process at that moment, in KiB.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<(String, u64)>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut said = self.0.lock().unwrap();
        for line in text(bytes).lines().filter(|line| !line.is_empty()) {
            said.push((line.to_owned(), resident()));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

pub fn entry(url: &str) -> Rule {
    Rule::parse(&format!("GET,POST {url}")).unwrap()
}

async fn outcome(name: &str, url: &str, configure: impl FnOnce(Run) -> Run) -> Outcome {
    started(guest(name), url, configure).await
}

async fn started(action: PathBuf, url: &str, configure: impl FnOnce(Run) -> Run) -> Outcome {
    let host = host();
    let action = host.load(action).await.unwrap();
    let mut limits = Limits::default();
    for (limit, value) in [("http-calls", "1000000"), ("http-bytes-in", "100GiB"), ("wall", "1h")] {
        limits.set(limit, value).unwrap();
    }
    let run =
        run_of(&host, &action).allow(entry(url)).allow_private(HostName::parse("127.0.0.1").unwrap()).limits(limits);
    configure(run).start().await.unwrap()
}

/// How many calls of each kind are made, and whether this process is there for them alone, as in `./tests/deep`: then its
/// memory tells something.
fn calls() -> (String, bool) {
    std::env::var("UM_HOST_CALLS").map_or_else(|_| ("1500".to_owned(), false), |count| (count, true))
}

async fn assert_nothing_is_left(action: PathBuf) {
    let ((count, alone), said) = (calls(), Said::default());
    let mut urls = Vec::new();
    for _ in 0..SERVERS {
        urls.push(server().await);
    }
    let output = Output::Writer(Box::new(said.clone()));
    let arguments = [urls.join(","), count.clone()];
    let run = |run: Run| urls.iter().fold(run, |run, url| run.allow(entry(url))).args(arguments).stdout(output);
    let ended = started(action, &urls[0], run).await;
    assert_eq!(ended.end, End::Completed, "{}", text(&ended.stderr));
    let said = said.0.lock().unwrap();
    let kinds: Vec<_> = said.iter().filter(|(line, _)| line.ends_with(": 500")).collect();
    assert_eq!(kinds.len(), 12, "{said:?}");
    for (first, begun) in kinds.into_iter().filter(|_| alone) {
        let kind = first.trim_end_matches("500");
        let (_, ended) = said.iter().rfind(|(line, _)| line.starts_with(kind)).unwrap();
        let words = format!("{kind} {begun} KiB after 500 calls, {ended} KiB after {count}");
        println!("{words}");
        assert!(*ended <= begun + GROWTH, "{words}");
    }
}

/// Every call with a time-out left the options that it was made with among the run's resources, of which there may be
/// 500: call 494 trapped, and the action was blamed.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_can_make_any_number_of_calls_of_any_kind() {
    assert_nothing_is_left(guest("calls_in_every_way")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_can_make_any_number_of_calls_of_any_kind() {
    python::install();
    assert_nothing_is_left(scripts().join("calls_in_every_way.py")).await;
}

#[tokio::test]
async fn a_run_that_holds_too_many_answers_is_told_what_to_let_go_of() {
    let url = server().await;
    let hello = format!("{url}/hello");
    let mut limits = Limits::default();
    limits.set("http-connections", "1000").unwrap();
    limits.set("http-calls", "1000").unwrap();
    let hold = async |count: &str| {
        outcome("holds_answers", &url, |run| run.args([&hello, count]).limits(limits.clone())).await
    };
    let some = hold("100").await;
    assert_eq!((&some.end, text(&some.stdout)), (&End::Completed, "100 answers\n"));
    let many = hold("600").await;
    assert_eq!(many.blame, Some(Blame::Guest));
    assert_eq!(many.end, End::Limit { limit: Limit::Resources, allowed: "500".to_owned() });
}

#[tokio::test]
async fn header_fields_that_are_too_large_are_an_error_that_the_guest_can_read() {
    let url = server().await;
    let few = outcome("sends_many_fields", &url, |run| run.args(["20"])).await;
    assert_eq!(text(&few.stdout), "from-list: Ok(())\nappend: Ok(())\nset: Ok(())\none more: Ok(())\n");
    assert!(few.refused.is_empty(), "{:?}", few.refused);
    let many = outcome("sends_many_fields", &url, |run| run.args(["70"])).await;
    assert_eq!(many.end, End::Completed, "{}", text(&many.stderr));
    let refused = "Err(HeaderError::Forbidden)";
    let said = format!("from-list: {refused}\nappend: {refused}\nset: {refused}\none more: Ok(())\n");
    assert_eq!(text(&many.stdout), said);
    assert!(many.refused.iter().any(|reason| reason.message.contains("more than 64 KiB")), "{:?}", many.refused);
}

#[tokio::test]
async fn the_rust_sdk_says_that_headers_are_too_large() {
    let url = server().await;
    let hello = format!("{url}/hello");
    for (length, expected) in [("60000", "200"), ("66000", "a header or body is over the limit of 65280 bytes")] {
        let sent = outcome("sends_many_fields", &url, |run| run.args([&hello, length])).await;
        assert!(text(&sent.stdout).trim_end().ends_with(expected), "{}", text(&sent.stdout));
    }
}
