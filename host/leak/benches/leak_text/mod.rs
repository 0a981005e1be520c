//! Secrets and texts of the bench `leak`, the same in every run.

use std::fmt::Write;

const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8] = b"0123456789abcdef";
const PRINTABLE: &[u8] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&()*+,-./:;<=>?@[]^_{|}~\"'\\ ";

/// SplitMix64 (Steele, Lea and Flood, 2014).
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(*self.pick(alphabet))).collect()
    }
}

/// What is kept in vaults: tokens with a prefix, keys in hexadecimal and base64, passwords, addresses with passwords.
pub fn secrets(number: usize, (least, most): (usize, usize), rng: &mut Rng) -> Vec<String> {
    (0..number).map(|_| secret(least + rng.below(most - least + 1), rng)).collect()
}

fn secret(length: usize, rng: &mut Rng) -> String {
    let (prefix, alphabet) = match rng.below(10) {
        0..3 => (*rng.pick(&["ghp_", "sk_live_", "xoxb-", "pat-", "AKIA"]), ALPHANUMERIC),
        3..5 => ("", HEX),
        5..7 => ("", BASE64),
        7 => ("postgres://app:", ALPHANUMERIC),
        _ => ("", PRINTABLE),
    };
    // Of a short one the prefix would be all.
    let prefix = if prefix.len() * 2 < length { prefix } else { "" };
    // White space at an end is a shape of its own, and no password has it.
    format!("{prefix}{}x", rng.text(alphabet, length - prefix.len() - 1)).replacen(' ', "_", 1)
}

/// A log as services write it: some 100 bytes a line.
pub fn log(bytes: usize, rng: &mut Rng) -> Vec<u8> {
    let mut text = String::with_capacity(bytes + 4096);
    let mut second = 0;
    while text.len() < bytes {
        second += rng.below(3);
        line(&mut text, second, rng).expect("text grows");
    }
    let mut text = text.into_bytes();
    text.truncate(bytes);
    text
}

fn line(text: &mut String, second: usize, rng: &mut Rng) -> std::fmt::Result {
    let (hour, minute, milli) = (second / 3600 % 24, second / 60 % 60, rng.below(1000));
    write!(text, "2026-11-23T{hour:02}:{minute:02}:{:02}.{milli:03}Z ", second % 60)?;
    match rng.below(100) {
        0..30 => {
            let path = rng.pick(&["/api/v1/contacts", "/health", "/static/app.js", "/api/v1/deals/search", "/login"]);
            let (a, b, size) = (rng.below(256), rng.below(256), rng.below(100_000));
            writeln!(
                text,
                "10.0.{a}.{b} - - \"GET {path}?page={} HTTP/1.1\" 200 {size} \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"",
                a * b
            )
        }
        30..55 => {
            let (id, trace, took) = (rng.text(HEX, 32), rng.text(HEX, 16), rng.below(900));
            writeln!(
                text,
                r#"{{"level":"info","msg":"request finished","id":"{id}","trace":"{trace}","ms":{took},"user":{{"id":{},"plan":"free"}}}}"#,
                took * 7
            )
        }
        55..70 => {
            let level = rng.pick(&["INFO", "DEBUG", "WARN"]);
            let what = rng.pick(&[
                "cache miss, fetched from the primary",
                "retrying in 250 ms after connection reset by peer",
                "scheduled job finished without changes",
                "queue depth is 14, oldest item waits 3 s",
            ]);
            writeln!(text, "{level} [worker-{}] {what} (attempt {} of 5)", rng.below(16), rng.below(5))
        }
        70..80 => {
            writeln!(text, "ERROR unhandled exception: KeyError('total')")?;
            for _ in 0..3 + rng.below(5) {
                let name = rng.pick(&["load_page", "parse_body", "<module>", "retry", "Session.request"]);
                writeln!(
                    text,
                    "  File \"/usr/lib/python3/site-packages/client/http.py\", line {}, in {name}",
                    rng.below(900)
                )?;
            }
            Ok(())
        }
        80..86 => writeln!(text, "sha256:{} layers/{}.tar verified", rng.text(HEX, 64), rng.below(40)),
        86..88 => {
            writeln!(text, "certificate\n-----BEGIN CERTIFICATE-----")?;
            for _ in 0..12 {
                writeln!(text, "{}", rng.text(BASE64, 64))?;
            }
            writeln!(text, "{}==\n-----END CERTIFICATE-----", rng.text(BASE64, 30))
        }
        88..92 => writeln!(
            text,
            "\x1b[32mok\x1b[0m \x1b[1mtest_{}\x1b[0m finished in {} ms",
            rng.text(ALPHANUMERIC, 8),
            rng.below(500)
        ),
        92..95 => writeln!(text, "Zażółć gęślą jaźń – ünïcödé 日本語 ключ λόγος {}", rng.below(1000)),
        95..98 => {
            writeln!(text, "redirect to /search?q=caf%C3%A9%20cr%C3%A8me%2Fbar%3D{}&lang=pl%2DPL", rng.below(1000))
        }
        _ => {
            writeln!(text, r#"{{"text":"\u0141\u00f3d\u017a \u2014 \u00e9t\u00e9 \"quoted\" \\ {}"}}"#, rng.below(1000))
        }
    }
}

pub type Worst = (&'static str, Vec<String>, Vec<u8>);

/// Secrets, and texts that look like them again and again.
pub fn worst(bytes: usize) -> Vec<Worst> {
    let mut rng = Rng::new(4);
    let fill = |piece: &mut dyn FnMut(&mut Vec<u8>)| {
        let mut text = Vec::with_capacity(bytes + 4096);
        while text.len() < bytes {
            piece(&mut text);
        }
        text.truncate(bytes);
        text
    };
    let mut cases: Vec<Worst> = Vec::new();

    let same: Vec<String> = (20..64).map(|length| format!("{}b", "a".repeat(length))).collect();
    cases.push((
        "`aaaa…` on `aaaa…b`, 44 secrets",
        same.clone(),
        fill(&mut |text| {
            let run = rng.below(100);
            text.extend(std::iter::repeat_n(b'a', run));
            text.push(b'b');
        }),
    ));
    cases.push(("`aaaa…` alone, 44 secrets", same, fill(&mut |text| text.push(b'a'))));
    let long = vec![format!("{}b", "a".repeat(4000))];
    cases.push(("`aaaa…` alone, a secret of 4,000 bytes", long, fill(&mut |text| text.push(b'a'))));
    let pairs: Vec<String> = (10..40).map(|length| format!("{}c", "ab".repeat(length))).collect();
    cases.push(("`abab…` alone, 30 secrets", pairs, fill(&mut |text| text.extend(b"ab"))));

    for number in [100, 1_000, 10_000] {
        let values = secrets(number, (20, 64), &mut rng);
        let all: Vec<Vec<u8>> = values.iter().flat_map(|value| um_leak::shapes(value)).collect();
        let name = |kind: usize| match (number, kind) {
            (100, 0) => "random pieces, 100 secrets",
            (100, 1) => "beginnings, 100 secrets",
            (100, _) => "first 8 bytes, 100 secrets",
            (1_000, 0) => "random pieces, 1,000 secrets",
            (1_000, 1) => "beginnings, 1,000 secrets",
            (1_000, _) => "first 8 bytes, 1,000 secrets",
            (_, 0) => "random pieces, 10,000 secrets",
            (_, 1) => "beginnings, 10,000 secrets",
            (_, _) => "first 8 bytes, 10,000 secrets",
        };
        cases.push((
            name(0),
            values.clone(),
            fill(&mut |text| {
                let shape = rng.pick(&all);
                let from = rng.below(shape.len());
                let to = from + rng.below(shape.len() - from);
                text.extend_from_slice(&shape[from..to]);
            }),
        ));
        cases.push((
            name(1),
            values.clone(),
            fill(&mut |text| {
                let shape = rng.pick(&all);
                text.extend_from_slice(&shape[..rng.below(shape.len())]);
            }),
        ));
        cases.push((name(2), values, fill(&mut |text| text.extend_from_slice(&rng.pick(&all)[..8]))));
    }

    let common = "sk_live_common_begin";
    let values: Vec<String> = (0..10_000).map(|_| format!("{common}{}", rng.text(ALPHANUMERIC, 20))).collect();
    cases.push((
        "one beginning of 20 bytes, 10,000 secrets",
        values.clone(),
        fill(&mut |text| text.extend_from_slice(common.as_bytes())),
    ));
    cases.push((
        "the same and one more byte",
        values,
        fill(&mut |text| {
            text.extend_from_slice(common.as_bytes());
            text.push(*rng.pick(ALPHANUMERIC));
        }),
    ));

    let cycle = rng.text(ALPHANUMERIC, 10_000);
    let twice = cycle.repeat(2);
    let values: Vec<String> = (0..10_000).map(|at| twice[at..at + 24].to_owned()).collect();
    cases.push((
        "every start begins a secret, 10,000 secrets",
        values,
        fill(&mut |text| text.extend_from_slice(cycle.as_bytes())),
    ));
    cases
}
