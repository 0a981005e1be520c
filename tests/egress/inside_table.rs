//! A table of private addresses, in every notation, by name and by rebinding: none is reached, by any way there is.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::{Response, Uri};
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use um_base::Work;
use um_base::rule::{HostName, Rule};
use um_egress::{Body, Client, EgressError, Proxy, RequestFault, Resolve};

use super::authority::{Authority, params};
use super::frames::{NO_ERROR, Wire};
use super::peer::{HELLO, Names, Peer, Run, read};

/// Two hosts of the internet, of which nothing is asked but by a proxy that is here.
const OUTSIDE: &str = "93.184.216.34";
const OUTSIDE6: &str = "2606:2800:220:1::1";

/// Addresses as a guest may write them.
const ADDRESSES: [&str; 62] = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "0.0.0.0",
    "0.0.0.1",
    "0.127.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "168.63.129.16",
    "169.254.170.2",
    "169.254.0.23",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "192.0.0.192",
    "198.18.0.1",
    "198.19.255.255",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::]",
    "[::0.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::FFFF:7F00:0001]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::ffff:0.0.0.0]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::7f00:1]",
    "[64:ff9b:1:ffff::8.8.8.8]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[febf::a9fe:a9fe]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[2001:2::1]",
    "[100::1]",
    "[5f00::1]",
    "[4000::1]",
];

/// Those that are this machine, by IPv4 and by IPv6.
const THIS_MACHINE: [&[&str]; 2] = [
    &["127.0.0.1", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]"],
    &["[::1]", "[::]", "[0000::0001]", "[::0.0.0.1]"],
];

/// What some resolver or parser takes for a private address, and is no host here.
#[rustfmt::skip]
const NO_HOSTS: [&str; 50] = [
    // fewer than four numbers, and trailing dots
    "127.1", "127.0.1", "127.65530", "10.1", "169.254.43518", "0", "1", "127.0.0.1.", "127.0.0.1..", "127..1", "127.1.",
    // decimal, hexadecimal, octal, and what is beyond 32 bits
    "2130706433", "2852039166", "4294967297", "18446744071562067969", "2130706433.",
    "0x7f000001", "0X7f000001", "0x7f.0.0.1", "0x7f.1", "0x0", "0x", "0xa9fea9fe", "0x7f000001.", "127.0.0.0x1",
    "017700000001", "0177.0.0.1", "0177.0.0.01", "00000177.0.0.1", "0251.0376.0251.0376", "127.0.0.01", "0x7f.0.01",
    "127.0.0.1.0x", "256.0.0.1", "127.0.0.1.1",
    // encoded, and what is no digit and no dot
    "127.0.0.1%2e", "%31%32%37.0.0.1", "127%2e0.0.1", "127.0.0.1%00", "127.0.0.1\\", "-127.0.0.1", "127.0.0.1-",
    "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "١٢٧.0.0.1", "loca\u{200b}lhost", "127.0.0.1\u{ad}",
    // IPv6
    "[::1%25lo]", "[127.0.0.1]",
];

/// Names that resolve to private addresses, and the one that is told.
#[rustfmt::skip]
const NAMES: [(&str, &[&str], &str); 27] = [
    ("localhost", &["127.0.0.1"], "127.0.0.1"),
    ("LOCALHOST", &["127.0.0.1"], "127.0.0.1"),
    ("localhost.", &["127.0.0.1"], "127.0.0.1"),
    ("a.localhost", &["::1"], "::1"),
    ("127.0.0.1.nip.test", &["127.0.0.1"], "127.0.0.1"),
    ("7f000001.rebind.test", &["127.0.0.1"], "127.0.0.1"),
    ("first.test", &["127.0.0.1", OUTSIDE], "127.0.0.1"),
    ("middle.test", &[OUTSIDE, "10.0.0.1", OUTSIDE6], "10.0.0.1"),
    ("last.test", &[OUTSIDE, OUTSIDE6, "::ffff:127.0.0.1"], "::ffff:127.0.0.1"),
    // behind those that would be tried
    ("ninth.test", &["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "1.1.1.6", "1.1.1.7", "1.1.1.8", "10.0.0.1"], "10.0.0.1"),
    ("v4-outside.test", &[OUTSIDE, "::1"], "::1"),
    ("v6-outside.test", &[OUTSIDE6, "192.168.0.1"], "192.168.0.1"),
    ("mapped.test", &["::ffff:a9fe:a9fe"], "::ffff:169.254.169.254"),
    ("compatible.test", &["::7f00:1"], "::127.0.0.1"),
    ("nat64.test", &["64:ff9b::7f00:1"], "64:ff9b::7f00:1"),
    ("local-nat64.test", &["64:ff9b:1::808:808"], "64:ff9b:1::808:808"),
    ("6to4.test", &["2002:a9fe:a9fe::1"], "2002:a9fe:a9fe::1"),
    ("link.test", &["fe80::1"], "fe80::1"),
    ("zero.test", &["0.0.0.0"], "0.0.0.0"),
    ("broadcast.test", &["255.255.255.255"], "255.255.255.255"),
    ("metadata.google.internal", &["169.254.169.254"], "169.254.169.254"),
    ("instance-data.ec2.internal", &["169.254.169.254"], "169.254.169.254"),
    ("metadata-v6.test", &["fd00:ec2::254"], "fd00:ec2::254"),
    ("metadata.tencentyun.com", &["169.254.0.23"], "169.254.0.23"),
    ("metadata.aliyun.test", &["100.100.100.200"], "100.100.100.200"),
    ("kubernetes.default.svc", &["10.96.0.1"], "10.96.0.1"),
    ("host.docker.internal", &["192.168.65.254"], "192.168.65.254"),
];

const _: () = assert!(ADDRESSES.len() + NO_HOSTS.len() + NAMES.len() >= 60);

/// Answers that change between two lookups: the first is harmless, the second inside.
const REBOUND: [&[&str]; 5] =
    [&["127.0.0.1"], &["::1"], &["169.254.169.254"], &[OUTSIDE, "10.0.0.1"], &["::ffff:127.0.0.1"]];

/// Takes every name for this machine.
#[derive(Default)]
struct Credulous(Mutex<Vec<String>>);

#[async_trait]
impl Resolve for Credulous {
    async fn resolve(&self, name: &str, _: &Work) -> io::Result<Vec<IpAddr>> {
        self.0.lock().unwrap().push(name.to_owned());
        Ok(vec!["127.0.0.1".parse().unwrap()])
    }
}

/// Whatever of this machine can be connected to, on one port; IPv6 only where the machine has it.
struct Machine(Peer, Option<Peer>);

impl Machine {
    async fn new() -> Self {
        let four = Peer::answering(HELLO).await;
        let six = Peer::beside(&four, "::1", HELLO).await.ok();
        Self(four, six)
    }

    fn url(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.0.port)
    }

    fn connections(&self) -> usize {
        self.0.connections() + self.1.as_ref().map_or(0, Peer::connections)
    }
}

/// A proxy that takes whatever address it is asked for to be this port of this machine.
async fn redirecting(port: u16) -> Peer {
    Peer::start(move |mut visit| async move {
        visit.read_request().await?;
        let mut there = TcpStream::connect(("127.0.0.1", port)).await?;
        visit.stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        copy_bidirectional(&mut visit.stream, &mut there).await.map(drop)
    })
    .await
}

fn client(resolver: Arc<dyn Resolve>, proxy: Option<&Peer>) -> Client {
    let client = Client::builder().resolver(resolver);
    let proxied = match proxy {
        Some(proxy) => client.proxy(Proxy::parse(&proxy.url("")).unwrap()),
        None => client,
    };
    proxied.build().unwrap()
}

fn address(result: Result<Response<Body>, EgressError>, what: &str) -> IpAddr {
    match result {
        Err(EgressError::Inside { address, .. }) => address,
        Err(error) => panic!("{what}: {error}"),
        Ok(_) => panic!("{what} was reached"),
    }
}

/// May reach `host` also inside.
fn lifted(run: Run, host: &str) -> Run {
    let policy = run.policy.clone().allow_private(HostName::parse(host).unwrap());
    Run { policy, ..run }
}

#[tokio::test]
async fn no_inside_address_is_reached_though_it_is_on_the_list() {
    let (machine, names) = (Machine::new().await, Names::new([]));
    let proxy = redirecting(machine.0.port).await;
    for through in [None, Some(&proxy)] {
        let client = client(names.clone(), through);
        for notation in ADDRESSES {
            for url in [machine.url(notation), machine.url(notation).replace("http:", "https:")] {
                let run = Run::outside(&[&url]).client(client.clone());
                address(run.fetch(&url).await, &url);
            }
        }
    }
    assert_eq!((machine.connections(), proxy.connections(), names.asked().len()), (0, 0, 0));
}

#[tokio::test]
async fn an_address_of_this_machine_is_reached_if_that_is_meant() {
    let machine = Machine::new().await;
    let peers = [Some(&machine.0), machine.1.as_ref()];
    for (notations, peer) in THIS_MACHINE.into_iter().zip(peers).filter_map(|(list, peer)| Some((list, peer?))) {
        for (number, notation) in notations.iter().enumerate() {
            let url = machine.url(notation);
            assert!(ADDRESSES.iter().any(|listed| listed == notation), "{notation}");
            let run = lifted(Run::outside(&[&url]), notation);
            assert_eq!(run.read(&url).await.unwrap().1, "hello", "{notation}");
            assert_eq!(peer.connections(), number + 1, "{notation}");
        }
    }
}

#[tokio::test]
async fn what_only_resolvers_take_for_an_address_is_no_host_and_never_resolved() {
    let (machine, resolver) = (Machine::new().await, Arc::new(Credulous::default()));
    let meant = machine.url("127.0.0.1");
    let run = lifted(Run::outside(&[&meant, &machine.url("plain.test")]), "127.0.0.1");
    let run = lifted(run, "plain.test").client(client(resolver.clone(), None));
    let mut asked = 0;
    for notation in NO_HOSTS {
        let url = machine.url(notation);
        assert!(Rule::parse(&url).is_err(), "{notation} can be put on the list");
        let Ok(uri) = url.parse::<Uri>() else { continue };
        asked += 1;
        let error = run.send(http::Request::get(uri).body(String::new()).unwrap()).await.unwrap_err();
        assert!(
            matches!(error, EgressError::Request(RequestFault::Host(_) | RequestFault::Port)),
            "{notation}: {error}"
        );
    }
    assert!(asked >= 35, "{asked} of them are a URL at all");
    assert_eq!((machine.connections(), resolver.0.lock().unwrap().len()), (0, 0));
    for host in ["127.0.0.1", "plain.test"] {
        assert_eq!(run.read(&machine.url(host)).await.unwrap().1, "hello");
    }
}

#[tokio::test]
async fn no_name_of_an_inside_address_is_reached() {
    let machine = Machine::new().await;
    let proxy = redirecting(machine.0.port).await;
    for through in [None, Some(&proxy)] {
        for (name, answer, told) in NAMES {
            let asked = HostName::parse(name).unwrap().to_string();
            let names = Names::new([(asked.as_str(), &[answer])]);
            let url = machine.url(name);
            let run = Run::outside(&[&url]).client(client(names.clone(), through));
            assert_eq!(address(run.fetch(&url).await, name), told.parse::<IpAddr>().unwrap(), "{name}");
            assert_eq!(names.asked(), [asked], "{name}");
        }
    }
    assert_eq!((machine.connections(), proxy.connections()), (0, 0));
}

#[tokio::test]
async fn a_name_of_this_machine_is_reached_if_that_is_meant() {
    let machine = Machine::new().await;
    let meant = |answer: &[&str]| answer == ["127.0.0.1"] || answer == ["0.0.0.0"];
    let mut reached = 0;
    for (name, answer, _) in NAMES.into_iter().filter(|(_, answer, _)| meant(answer)) {
        let asked = HostName::parse(name).unwrap().to_string();
        let names = Names::new([(asked.as_str(), &[answer])]);
        let run = lifted(Run::outside(&[&machine.url(name)]), name).client(client(names, None));
        assert_eq!(run.read(&machine.url(name)).await.unwrap().1, "hello", "{name}");
        reached += 1;
    }
    assert!(reached >= 5 && machine.connections() == reached, "{reached}");
}

/// DNS rebinding. The proxy stands for the internet: it is asked for the harmless address, and for no other.
#[tokio::test]
async fn an_answer_that_changes_is_checked_at_each_connection() {
    for second in REBOUND {
        let machine = Machine::new().await;
        let proxy = redirecting(machine.0.port).await;
        let names = Names::new([("rebound.test", &[&[OUTSIDE], second])]);
        let url = machine.url("rebound.test");
        let run = Run::outside(&[&url]).client(client(names.clone(), Some(&proxy)));
        for _ in 0..2 {
            assert_eq!(run.read(&url).await.unwrap().1, "hello", "the name is resolved once for a connection");
        }
        run.client.close_idle();
        for lookups in [2, 3] {
            address(run.fetch(&url).await, &format!("{second:?}"));
            assert_eq!(names.asked().len(), lookups, "{second:?}");
        }
        assert_eq!((machine.connections(), proxy.connections()), (1, 1), "{second:?}");
        assert!(proxy.requests()[0].starts_with(&format!("CONNECT {OUTSIDE}:{} ", machine.0.port)));
    }
}

/// Has not looked at the first request, which goes out once more.
async fn once_more(mut wire: Wire) -> io::Result<()> {
    let stream = wire.request().await?;
    match wire.number {
        0 => wire.go_away(0, NO_ERROR).await?,
        _ => wire.answer(stream, "hello").await?,
    }
    wire.closed().await;
    Ok(())
}

#[tokio::test]
async fn an_answer_that_changes_before_a_request_goes_out_once_more_is_checked_too() {
    for (second, arrives) in [(&[OUTSIDE6][..], true), (&["127.0.0.1"], false), (&[OUTSIDE, "::1"], false)] {
        let authority = Authority::new("ours");
        let acceptor = authority.acceptor(params("api.test"), &["h2"]);
        let peer = Peer::start(move |visit| {
            let acceptor = acceptor.clone();
            async move { once_more(Wire::open(&acceptor, visit.stream, visit.number, &[]).await?).await }
        })
        .await;
        let url = format!("https://api.test:{}/", peer.port);
        let proxy = redirecting(peer.port).await;
        let names = Names::new([("api.test", &[&[OUTSIDE], second])]);
        let trusting = authority.trusting(&names).proxy(Proxy::parse(&proxy.url("")).unwrap()).build().unwrap();
        let run = Run::outside(&[&url]).client(trusting);
        match run.fetch(&url).await {
            Ok(response) => assert!(arrives && read(response).await.unwrap().1 == "hello", "{second:?}"),
            refused => {
                address(refused, "again");
                assert!(!arrives, "{second:?}");
            }
        }
        assert_eq!(peer.connections(), if arrives { 2 } else { 1 }, "{second:?}");
    }
}

#[tokio::test]
async fn a_redirect_to_an_inside_address_is_not_followed_here_and_refused_to_a_guest_that_does() {
    let machine = Machine::new().await;
    let port = machine.0.port;
    for (status, location, entry) in [
        (301, format!("http://127.0.0.1:{port}/"), "127.0.0.1"),
        (302, format!("http://[::ffff:7f00:1]:{port}/"), "[::ffff:7f00:1]"),
        (303, format!("http://[::1]:{port}/"), "[::1]"),
        (307, "http://169.254.169.254/latest/meta-data/".to_owned(), "169.254.169.254"),
        (308, format!("http://localhost:{port}/"), "localhost"),
        (302, format!("http://LocalHost.:{port}/"), "localhost"),
        (302, format!("http://2130706433:{port}/"), ""),
        (302, format!("http://api.test@127.0.0.1:{port}/"), "127.0.0.1"),
    ] {
        let head = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let peer = Peer::answering(head).await;
        let names = Names::new([("api.test", &[&["127.0.0.1"]]), ("localhost", &[&["127.0.0.1"]])]);
        let first = format!("http://api.test:{}/", peer.port);
        // What it leads to is on the list: only its address, or how it is written, can be the reason.
        let entries = [&first, &format!("http://{entry}:{port}"), &format!("http://{entry}")];
        let listed = if entry.is_empty() { &entries[..1] } else { &entries };
        let listed: Vec<&str> = listed.iter().map(|entry| entry.as_str()).collect();
        let run = lifted(Run::outside(&listed), "api.test").client(client(names, None));
        let response = run.fetch(&first).await.unwrap();
        assert_eq!(response.status().as_u16(), status);
        let next = response.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!((peer.requests().len(), machine.connections()), (1, 0), "{location}");
        let error = run.fetch(&next).await.unwrap_err();
        let refused = match &error {
            EgressError::Inside { .. } => !entry.is_empty() && !location.contains('@'),
            EgressError::Request(RequestFault::Host(_)) => entry.is_empty(),
            EgressError::Request(RequestFault::UserInfo) => location.contains('@'),
            _ => false,
        };
        assert!(refused, "{location}: {error}");
    }
    assert_eq!(machine.connections(), 0);
}
