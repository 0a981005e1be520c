//! What the head of a request says to whoever looks for a value in it, in every way that it could be read.

use http::request::Parts;
use zeroize::Zeroizing;

use um_base::percent::decode_lenient;

/// How often percent-encoding is undone: once by most servers, again behind a proxy that hands a URL on in a URL.
const DECODINGS: usize = 3;

/// All that the head of a request says, and what it says when percent-encoding is undone, with a NUL between each two.
/// Host and header names are in lower case by now: they are also read in upper case, as base32 is written.
pub(crate) fn readings(parts: &Parts) -> Zeroizing<Vec<u8>> {
    let Parts { method, uri, headers, .. } = parts;
    let mut readings = Zeroizing::new(Vec::with_capacity(1024));
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    add(&mut readings, method.as_str().as_bytes());
    add_folded(&mut readings, authority);
    add_decoded(&mut readings, uri.path_and_query().map_or("", |target| target.as_str()).as_bytes());
    for (name, value) in headers {
        add_folded(&mut readings, name.as_str());
        add_decoded(&mut readings, value.as_bytes());
    }
    readings
}

fn add(readings: &mut Zeroizing<Vec<u8>>, text: &[u8]) {
    readings.extend_from_slice(text);
    readings.push(0);
}

fn add_folded(readings: &mut Zeroizing<Vec<u8>>, text: &str) {
    add(readings, text.as_bytes());
    add(readings, text.to_ascii_uppercase().as_bytes());
}

fn add_decoded(readings: &mut Zeroizing<Vec<u8>>, text: &[u8]) {
    add(readings, text);
    add_undone(readings, text);
    if text.contains(&b'+') {
        let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
        let spaced = Zeroizing::new(spaced);
        add(readings, &spaced);
        add_undone(readings, &spaced);
    }
}

/// What a text says when percent-encoding is undone. Most have none, and are not copied.
fn add_undone(readings: &mut Zeroizing<Vec<u8>>, text: &[u8]) {
    let mut current = None;
    for _ in 0..DECODINGS {
        let written: &[u8] = current.as_deref().map_or(text, Vec::as_slice);
        if !written.contains(&b'%') {
            return;
        }
        let decoded = decode_lenient(written);
        if **decoded == *written {
            return;
        }
        add(readings, &decoded);
        current = Some(decoded);
    }
}
