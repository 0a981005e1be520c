//! Does what each of its arguments says, `WAY NAME URL`, and prints what came of it: puts a secret into a request in that
//! way, calls the URL without one (`none`), or only reads the secret (`read`).

use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use um_action::{http, secrets};

fn main() {
    for argument in std::env::args().skip(1) {
        let words: Vec<&str> = argument.split(' ').collect();
        let [way, name, url] = words[..] else { panic!("WAY NAME URL") };
        match act(way, name, url) {
            Ok(said) => println!("{way}: {said}"),
            Err(error) => println!("{way}: {error}"),
        }
    }
}

fn act(way: &str, name: &str, url: &str) -> Result<String, Box<dyn std::error::Error>> {
    let request = match way {
        "read" => return Ok(format!("{} bytes", secrets::get(name)?.len())),
        "none" => http::get(url),
        "late" => http::post(url).body_from(Late { name: name.to_owned(), pieces: 0 }),
        way => with_secret(way, &secrets::get(name)?, url),
    };
    Ok(format!("status {}", request.send()?.status()))
}

fn with_secret(way: &str, value: &str, url: &str) -> http::Request {
    match way {
        "header" => http::get(url).bearer(value),
        "basic" => http::get(url).basic("user", value),
        "header-name" => http::get(url).header(&format!("x-{value}"), "1"),
        "query" => http::get(url).query("key", value),
        "path" => http::get(&format!("{url}/{value}")),
        "method" => http::request(value, url),
        "body" => http::post(url).body(format!("token={value}")),
        "json" => http::post(url).json(&serde_json::json!({ "token": value })),
        "base64" => http::post(url).body(BASE64_STANDARD.encode(value)),
        "pieces" => http::post(url).body_from(Bytes(value.as_bytes().to_vec())),
        other => panic!("{other} is no way"),
    }
}

/// One byte at a time.
struct Bytes(Vec<u8>);

impl Read for Bytes {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.is_empty() {
            return Ok(0);
        }
        buffer[0] = self.0.remove(0);
        Ok(1)
    }
}

/// Asks for the secret when the request has begun.
struct Late {
    name: String,
    pieces: usize,
}

impl Read for Late {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.pieces += 1;
        let piece = match self.pieces {
            1 => "before the secret is read ".repeat(100),
            2 => secrets::get(&self.name).expect("the secret is there").to_string(),
            _ => return Ok(0),
        };
        buffer[..piece.len()].copy_from_slice(piece.as_bytes());
        Ok(piece.len())
    }
}
