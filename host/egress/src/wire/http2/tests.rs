use http::Request;
use http_body_util::{BodyExt, Empty};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;
use crate::budget::Budget;
use crate::meter::Meter;
use um_base::rule::HostName;

/// Whether a connection's task ends within `patience`, over a stream whose other end stays open.
async fn ends(idle_since: Option<Instant>, keep: Duration, patience: Duration) -> bool {
    let (near, mut far) = duplex(64 * 1024);
    let tasks = Tasks(Arc::new(Mutex::new(Some(JoinSet::new()))));
    let stream = HyperStream::new(Box::new(near), &Wire::alone());
    let (_sender, connection) = http2::Builder::new(tasks.clone()).handshake(stream).await.unwrap();
    let usage = Arc::new(Usage::new());
    usage.lock().idle_since = idle_since;
    tokio::spawn(drive(connection, usage, tasks, keep));
    timeout(patience, far.read_to_end(&mut Vec::new())).await.is_ok()
}

#[tokio::test]
async fn a_connection_closes_when_it_has_been_idle_for_too_long_and_not_while_it_is_in_use() {
    let (short, long) = (Duration::from_millis(20), Duration::from_secs(60));
    assert!(ends(Some(Instant::now()), short, long).await);
    assert!(!ends(None, short, short * 5).await);
    assert!(!ends(Some(Instant::now()), long, short * 5).await);
}

#[test]
fn streams_are_bounded_by_both_sides_and_a_retired_connection_takes_none() {
    let usage = Usage::new();
    assert_eq!((0..40).filter(|_| usage.begin()).count(), STREAMS);
    usage.end(false);
    usage.lock().allowed = 31;
    assert!(!usage.begin());
    usage.lock().allowed = 1000;
    assert!(usage.begin() && !usage.begin());
    usage.end(true);
    assert!(!usage.begin());
}

#[test]
fn a_connection_is_idle_when_its_last_stream_has_ended() {
    let (usage, keep) = (Usage::new(), Duration::from_secs(30));
    usage.begin();
    usage.begin();
    usage.end(false);
    assert!(usage.lock().idle_since.is_none() && usage.left(keep) == keep);
    usage.end(false);
    assert!(usage.lock().idle_since.is_some() && usage.left(Duration::ZERO).is_zero());
}

/// Settings that say nothing, the acknowledgement of ours, and an answer to the first request without a body.
const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
const SETTINGS_ACK: [u8; 9] = [0, 0, 0, 4, 1, 0, 0, 0, 0];
const NO_CONTENT: [u8; 10] = [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x89];
const PING: u8 = 6;

/// A server that answers nothing until it was pinged `pings` times. Says how often that was when it is hung up on.
async fn serve(mut stream: DuplexStream, pings: usize, pongs: bool) -> usize {
    stream.write_all(&[SETTINGS, SETTINGS_ACK].concat()).await.unwrap();
    stream.read_exact(&mut [0; 24]).await.unwrap();
    let (mut head, mut pinged) = ([0; 9], 0);
    while stream.read_exact(&mut head).await.is_ok() {
        let mut payload = vec![0; usize::from(head[2])];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] != PING {
            continue;
        }
        pinged += 1;
        if pongs {
            stream.write_all(&[&[0, 0, 8, PING, 1, 0, 0, 0, 0], &payload[..]].concat()).await.unwrap();
        }
        if pinged == pings {
            stream.write_all(&NO_CONTENT).await.unwrap();
        }
    }
    pinged
}

fn upload() -> Upload {
    let body = Empty::new().map_err(|never| match never {});
    Upload::new(body, None, HostName::parse("a.example").unwrap(), Arc::new(Meter::new(Budget::default())))
}

#[tokio::test]
async fn a_server_that_is_gone_without_a_word_is_noticed_and_one_that_only_takes_its_time_is_waited_for() {
    let (short, long) = (Duration::from_millis(20), Duration::from_secs(60));
    for (pongs, patience) in [(true, long), (false, short)] {
        let (near, far) = duplex(64 * 1024);
        let server = tokio::spawn(serve(far, 5, pongs));
        let connection = Connection::asking(Box::new(near), short, patience).await.unwrap();
        let slot = connection.slot().unwrap();
        let request = Request::get("https://a.example/").body(upload()).unwrap();
        let answer = timeout(Duration::from_secs(10), slot.sender().try_send_request(request)).await;
        match answer.expect("one of both comes to an end") {
            Ok(response) => assert!(pongs && response.status() == 204),
            Err(refused) => {
                assert!(!pongs && refused.error().is_timeout(), "{:?}", refused.error());
                assert!(connection.is_over() && connection.slot().is_none());
            }
        }
        drop((slot, connection));
        assert_eq!(server.await.unwrap(), if pongs { 5 } else { 1 });
    }
}

#[tokio::test]
async fn a_connection_that_nobody_waits_for_is_not_asked() {
    let (near, far) = duplex(64 * 1024);
    let server = tokio::spawn(serve(far, 5, true));
    let connection =
        Connection::asking(Box::new(near), Duration::from_millis(5), Duration::from_secs(60)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(connection);
    assert_eq!(server.await.unwrap(), 0);
}
