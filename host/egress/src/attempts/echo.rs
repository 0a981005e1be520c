//! A server that keeps what it is sent and says it back, in whichever way the path asks for.

use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::response::decode::Coding;
use crate::response::decode::tests::compressed;

/// A server on 127.0.0.1.
pub(crate) struct Echo {
    pub port: u16,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    requests: Mutex<Vec<String>>,
    /// The last credential that came.
    credential: Mutex<String>,
}

/// An answer, piece by piece as it is written.
struct Answer {
    status: &'static str,
    fields: String,
    body: Vec<u8>,
    /// Size of the chunks; in one piece with its length if 0.
    chunk: usize,
    trailers: String,
}

impl Echo {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept = Arc::<Kept>::default();
        let echo = Self { port, kept: kept.clone() };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, kept.clone()));
            }
        });
        echo
    }

    /// What has come since the last call, also of requests that broke off.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.kept.requests.lock().unwrap()).join("\n")
    }
}

async fn serve(mut stream: TcpStream, kept: Arc<Kept>) -> io::Result<()> {
    while let Some(request) = read(&mut stream, &kept).await {
        let path = request.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
        if let Some(credential) = request.split("\r\nauthorization: Bearer ").nth(1) {
            *kept.credential.lock().unwrap() = credential.lines().next().unwrap_or_default().to_owned();
        }
        let credential = kept.credential.lock().unwrap().clone();
        let answer = answer(path.rsplit('/').next().unwrap_or_default(), &request, &credential);
        write(&mut stream, answer, request.starts_with("HEAD ")).await?;
    }
    Ok(())
}

/// A request with all of its body; `None` if there is no more.
async fn read(stream: &mut TcpStream, kept: &Kept) -> Option<String> {
    let mut text = String::new();
    while !is_whole(&text) {
        match stream.read_u8().await {
            Ok(byte) => text.push(char::from(byte)),
            Err(_) => {
                kept.requests.lock().unwrap().push(without_chunks(&text));
                return None;
            }
        }
    }
    let text = without_chunks(&text);
    kept.requests.lock().unwrap().push(text.clone());
    Some(text)
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    if head.contains("\r\ntransfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    let length = head.split("\r\ncontent-length: ").nth(1).and_then(|rest| rest.lines().next());
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// The request with its body in one piece, as far as it has come.
fn without_chunks(text: &str) -> String {
    let Some((head, mut rest)) = text.split_once("\r\n\r\n").filter(|(head, _)| head.contains("chunked")) else {
        return text.to_owned();
    };
    let mut body = String::new();
    while let Some((size, data)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap().min(data.len());
        body += &data[..size];
        rest = data[size..].trim_start_matches("\r\n");
    }
    format!("{head}\r\n\r\n{body}")
}

fn answer(way: &str, request: &str, credential: &str) -> Answer {
    let plain = |body: String| Answer {
        status: "200 OK",
        fields: String::new(),
        body: body.into_bytes(),
        chunk: 0,
        trailers: String::new(),
    };
    let said = || plain(request.to_owned());
    let field = |field: String| Answer { fields: field + "\r\n", ..plain("nothing".to_owned()) };
    let packed = |coding: Coding, name: &str| Answer {
        fields: format!("Content-Encoding: {name}\r\n"),
        body: compressed(coding, &[filler().as_bytes(), request.as_bytes()].concat()),
        ..said()
    };
    match way {
        "utf-32" => Answer {
            fields: "Content-Type: text/plain; charset=utf-32\r\n".to_owned(),
            body: request.bytes().flat_map(|byte| [byte, 0, 0, 0]).collect(),
            ..said()
        },
        "utf-16le" => Answer {
            fields: "Content-Type: text/plain; charset=utf-16\r\n".to_owned(),
            body: [0xff, 0xfe].into_iter().chain(request.bytes().flat_map(|byte| [byte, 0])).collect(),
            ..said()
        },
        "utf-16be" => Answer {
            fields: "Content-Type: text/plain; charset=UTF-16BE\r\n".to_owned(),
            body: [0xfe, 0xff].into_iter().chain(request.bytes().flat_map(|byte| [0, byte])).collect(),
            ..said()
        },
        "utf-7" => {
            let units: Vec<u8> = credential.bytes().flat_map(|byte| [0, byte]).collect();
            plain(format!("<meta charset=utf-7>+{}-", STANDARD.encode(units).trim_end_matches('=')))
        }
        "stored" => plain(credential.to_owned()),
        "base64" => plain(STANDARD.encode(request)),
        "base64-twice" => plain(STANDARD.encode(STANDARD.encode(request))),
        "lines" => {
            let lines = STANDARD.encode(request);
            plain(lines.as_bytes().chunks(20).map(|line| String::from_utf8_lossy(line) + "\r\n").collect())
        }
        "basic" => plain(STANDARD.encode(format!("user:{credential}"))),
        "hex" => plain(request.bytes().map(|byte| format!("{byte:02x}")).collect()),
        "percent" => plain(request.replace('_', "%5F").replace('-', "%2D")),
        "upper" => plain(request.to_uppercase()),
        "lower" => plain(request.to_lowercase()),
        "reversed" => plain(request.chars().rev().collect()),
        "json" => plain(serde_json::json!({ "request": request }).to_string()),
        "twice" => plain(format!("{credential}{credential}")),
        "gzip" => packed(Coding::Gzip, "gzip"),
        "deflate" => packed(Coding::Deflate, "deflate"),
        "br" => packed(Coding::Brotli, "br"),
        "zstd" => packed(Coding::Zstd, "zstd"),
        "x-gzip" => packed(Coding::Gzip, "x-gzip"),
        "packed-twice" => Answer {
            body: compressed(Coding::Gzip, &packed(Coding::Gzip, "").body),
            ..packed(Coding::Gzip, "gzip, gzip")
        },
        "packed-oddly" => packed(Coding::Gzip, "compress"),
        "bomb" => Answer { body: compressed(Coding::Gzip, &vec![b'a'; 8 << 20]), ..packed(Coding::Gzip, "gzip") },
        "trickled" => Answer { chunk: 1, ..said() },
        "gzip-trickled" => Answer { chunk: 1, ..packed(Coding::Gzip, "gzip") },
        "pieces" => Answer { chunk: 30, ..said() },
        "header" => field(format!("X-Echo: Bearer {credential}")),
        "header-base64" => field(format!("X-Echo: {}", STANDARD.encode(credential))),
        "header-name" => field(format!("{credential}: x")),
        "cookie" => field(format!("Set-Cookie: session={credential}; Secure")),
        "location" => Answer { status: "302 Found", ..field(format!("Location: http://evil.test/?{credential}")) },
        "link" => field(format!("Link: <http://evil.test/?{}>; rel=next", credential.replace('-', "%2D"))),
        "trailers" => Answer { chunk: 30, trailers: format!("X-Echo: {credential}\r\n"), ..plain("body".to_owned()) },
        "part" => {
            let asked = request.split("\r\nrange: bytes=").nth(1).and_then(|rest| rest.lines().next());
            let (from, to) = asked.and_then(|range| range.split_once('-')).unwrap_or(("0", "9"));
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            let part = credential[from.min(credential.len())..(to + 1).min(credential.len())].to_owned();
            Answer { status: "206 Partial Content", ..plain(part) }
        }
        _ => said(),
    }
}

/// Many digits, behind which no coding leaves a text as it is.
fn filler() -> String {
    (0..5000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 12).to_string()).collect()
}

async fn write(stream: &mut TcpStream, answer: Answer, bodiless: bool) -> io::Result<()> {
    let Answer { status, fields, body, chunk, trailers } = answer;
    let framing = match chunk {
        0 => format!("Content-Length: {}", body.len()),
        _ => "Transfer-Encoding: chunked".to_owned(),
    };
    stream.write_all(format!("HTTP/1.1 {status}\r\n{fields}{framing}\r\n\r\n").as_bytes()).await?;
    if bodiless {
        return Ok(());
    }
    if chunk == 0 {
        return stream.write_all(&body).await;
    }
    for piece in body.chunks(chunk) {
        let head = format!("{:x}\r\n", piece.len());
        stream.write_all(&[head.as_bytes(), piece, b"\r\n"].concat()).await?;
        tokio::task::yield_now().await;
    }
    stream.write_all(format!("0\r\n{trailers}\r\n").as_bytes()).await
}
