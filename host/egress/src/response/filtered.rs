//! Answers of origins that sealed secrets are bound to, on their way to the guest.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{ACCEPT_CHARSET, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, response};
use http_body::{Body, Frame};

use crate::error::sealed::ResponseFault;
use crate::guards::{Guard, Guards};
use crate::response::charset::Declarations;
use crate::response::decode::{Coding, Decoder};
use crate::response::sealed_search::matcher::{Matcher, Reflections};
use um_secret::apart;

/// How many compressed bytes are taken at once, so that what they make fits memory.
const PIECE: usize = 4 * 1024;
/// Fields that tell how long the body was, or a hash of it, with the value in it. Who knows the rest of the body could
/// try guesses of the value against a hash, and with no server to count them. Many servers make `ETag` of length and
/// hash, and nothing tells those from others; so a guest has none to ask again with, and gets each answer anew.
const MEASURES: [&str; 10] = [
    "content-digest",
    "content-length",
    "content-md5",
    "content-range",
    "digest",
    "etag",
    "repr-digest",
    "x-goog-hash",
    "x-ms-blob-content-md5",
    "x-ms-content-crc64",
];
/// How the names of more such fields begin.
const MEASURED_BY: &str = "x-amz-checksum-";

/// The body of an answer: decompressed, with placeholders for values, in its trailers too.
pub struct Filtered<B> {
    body: B,
    decoder: Decoder,
    /// What it says of its charset, on its way to the matcher.
    declarations: Declarations,
    reflections: Reflections,
    /// Until the end.
    matcher: Option<Matcher>,
    /// What is left of the last piece.
    rest: Bytes,
    ready: VecDeque<Frame<Bytes>>,
    guards: Guards,
}

/// Makes the headers of a request to such an origin: what the guest accepts does not matter, since we decompress. Nor may
/// it ask for a charset in which no value would be found, or for what differs from an earlier answer (RFC 3229, 10.5.3).
pub fn prepare(headers: &mut HeaderMap) {
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.remove(ACCEPT_CHARSET);
    headers.remove("a-im");
}

/// Holds the head of an answer, as it arrived, to what can be looked through: a body that is compressed for its transfer
/// would pass as it is, since nobody undoes that.
///
/// # Errors
/// [`ResponseFault::Encoding`] if its transfer is encoded in any way but chunked.
pub fn check_transfer(headers: &HeaderMap) -> Result<(), ResponseFault> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")) {
        true => Ok(()),
        false => Err(ResponseFault::Encoding),
    }
}

/// Filters the head of an answer, and takes away what no longer is true of its body. The reason phrase is dropped.
///
/// # Errors
/// [`ResponseFault::Encoding`] if the body could not be read, [`ResponseFault::Charset`] if no value would be found in it,
/// [`ResponseFault::Partial`] if it is not the whole.
pub fn filter_head<B>(
    mut parts: response::Parts,
    body: B,
    reflections: &Reflections,
) -> Result<(response::Parts, Filtered<B>), ResponseFault> {
    let guards = reflections.guards();
    if is_part(&parts) && guards.holds(Guard::Range) {
        return Err(ResponseFault::Partial);
    }
    let coding = if guards.holds(Guard::Decode) { Coding::of(&parts.headers)? } else { Coding::Identity };
    if guards.holds(Guard::Decode) {
        parts.headers.remove(CONTENT_ENCODING);
    }
    let declarations = Declarations::of(&parts.headers, reflections)?;
    parts.extensions.clear();
    parts.headers = apart(|| filter_fields(&parts.headers, reflections));
    let filtered = Filtered {
        body,
        decoder: Decoder::new(coding, guards),
        declarations,
        reflections: reflections.clone(),
        matcher: Some(reflections.matcher()),
        rest: Bytes::new(),
        ready: VecDeque::new(),
        guards,
    };
    Ok((parts, filtered))
}

/// Whether the body is some bytes of another (RFC 9110, 15.3.7), or what differs from one (RFC 3229), in which a value
/// may be cut. Services that give lists in pages say 206 too, with the unit that they count in.
fn is_part(parts: &response::Parts) -> bool {
    let values = |name: HeaderName| parts.headers.get_all(name).into_iter().map(|value| value.as_bytes());
    let begins = |value: &[u8], with: &str| value.to_ascii_lowercase().starts_with(with.as_bytes());
    let in_pages = values(CONTENT_RANGE).next().is_some()
        && !values(CONTENT_RANGE).any(|value| begins(value, "bytes"))
        && !values(CONTENT_TYPE)
            .any(|value| begins(value, "multipart/byteranges") || begins(value, "multipart/x-byteranges"));
    let in_bytes = values(CONTENT_RANGE).any(|value| begins(value, "bytes"));
    let differs = parts.status == StatusCode::IM_USED;
    differs || parts.status.is_success() && in_bytes || parts.status == StatusCode::PARTIAL_CONTENT && !in_pages
}

fn filter_fields(fields: &HeaderMap, reflections: &Reflections) -> HeaderMap {
    if !reflections.guards().holds(Guard::Head) {
        return fields.clone();
    }
    let kept = || fields.iter().filter(|(name, _)| !is_measure(name));
    if !reflections.stand_in(kept().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()])) {
        return kept().map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    let mut filtered = HeaderMap::with_capacity(fields.len());
    for (name, value) in kept() {
        let name = match reflections.replace(name.as_str().as_bytes()) {
            Some(replaced) => HeaderName::from_bytes(&replaced).unwrap_or(HeaderName::from_static("um-sealed")),
            None => name.clone(),
        };
        let value = match reflections.replace(value.as_bytes()) {
            Some(replaced) => HeaderValue::from_bytes(&replaced).unwrap_or(HeaderValue::from_static("***")),
            None => value.clone(),
        };
        filtered.append(name, value);
    }
    filtered
}

fn is_measure(name: &HeaderName) -> bool {
    MEASURES.contains(&name.as_str()) || name.as_str().starts_with(MEASURED_BY)
}

impl<B> Filtered<B> {
    /// Takes as much of the last piece as fits memory, and makes it ready.
    fn take_piece(&mut self) -> Result<(), ResponseFault> {
        let length = if self.decoder.is_identity() { self.rest.len() } else { self.rest.len().min(PIECE) };
        let piece = self.rest.split_to(length);
        let Some(matcher) = &mut self.matcher else { return Ok(()) };
        let mut out = Vec::with_capacity(piece.len());
        if self.decoder.is_identity() {
            self.declarations.take(&piece)?;
            filter(self.guards, matcher, &piece, &mut out, &self.reflections);
        } else {
            let mut decoded = Vec::new();
            self.decoder.write(&piece, &mut decoded)?;
            self.declarations.take(&decoded)?;
            filter(self.guards, matcher, &decoded, &mut out, &self.reflections);
        }
        self.make_ready(out);
        Ok(())
    }

    /// Lets out what was held back; the end may not be one.
    fn end(&mut self) -> Result<(), ResponseFault> {
        let Some(mut matcher) = self.matcher.take() else { return Ok(()) };
        let (mut decoded, mut out) = (Vec::new(), Vec::new());
        self.decoder.finish(&mut decoded)?;
        self.declarations.take(&decoded)?;
        self.declarations.end()?;
        filter(self.guards, &mut matcher, &decoded, &mut out, &self.reflections);
        matcher.finish(&mut out);
        self.make_ready(out);
        Ok(())
    }

    fn make_ready(&mut self, out: Vec<u8>) {
        if !out.is_empty() {
            self.ready.push_back(Frame::data(out.into()));
        }
    }
}

fn filter(guards: Guards, matcher: &mut Matcher, bytes: &[u8], out: &mut Vec<u8>, reflections: &Reflections) {
    if !guards.holds(Guard::Reflected) {
        out.extend_from_slice(bytes);
        return;
    }
    matcher.write(bytes, out);
    if !guards.holds(Guard::Held) {
        std::mem::replace(matcher, reflections.matcher()).finish(out);
    }
}

impl<B> Body for Filtered<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: From<ResponseFault>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if self.matcher.is_none() {
                return Poll::Ready(None);
            }
            let outcome = if self.rest.is_empty() {
                match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                    Some(Ok(frame)) => match frame.into_data() {
                        // Others get their turn between pieces that hold nothing, of which there may be no end.
                        Ok(piece) if piece.is_empty() => {
                            context.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                        Ok(piece) => {
                            self.rest = piece;
                            Ok(())
                        }
                        Err(frame) => {
                            let ended = apart(|| self.end());
                            let trailers = frame.into_trailers().unwrap_or_default();
                            let trailers = apart(|| filter_fields(&trailers, &self.reflections));
                            self.ready.push_back(Frame::trailers(trailers));
                            ended
                        }
                    },
                    // What was held back may be a value's beginning.
                    Some(Err(error)) => {
                        self.matcher = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                    None => apart(|| self.end()),
                }
            } else {
                apart(|| self.take_piece())
            };
            if let Err(fault) = outcome {
                self.matcher = None;
                self.ready.clear();
                return Poll::Ready(Some(Err(fault.into())));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.matcher.is_none() && self.ready.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use http::Response;
    use http_body_util::Empty;

    use super::*;
    use crate::response::sealed_search::matcher::Reflection;

    fn is_refused(status: u16, fields: &[(&str, &str)]) -> bool {
        let value = Reflection { value: "k7x!k7x!k7x!k7x!", replacement: "***".to_owned() };
        let response = fields
            .iter()
            .fold(Response::builder().status(status), |response, (name, value)| response.header(*name, *value));
        let (parts, body) = response.body(Empty::<Bytes>::new()).unwrap().into_parts();
        filter_head(parts, body, &Reflections::new([value])).is_err()
    }

    #[test]
    fn a_head_without_a_value_loses_what_measures_its_body_too() {
        let value = || Reflection { value: "k7x!k7x!k7x!k7x!", replacement: "***".to_owned() };
        for cookie in ["b=2", "k7x!k7x!k7x!k7x!"] {
            let response = Response::builder()
                .header("content-length", "41")
                .header("etag", "\"29-x\"")
                .header("x-amz-checksum-crc32", "x")
                .header("set-cookie", "a=1")
                .header("set-cookie", cookie);
            let (parts, body) = response.body(Empty::<Bytes>::new()).unwrap().into_parts();
            let (parts, _) = filter_head(parts, body, &Reflections::new([value()])).ok().unwrap();
            let names: Vec<_> = parts.headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["set-cookie", "set-cookie"], "{cookie}");
        }
    }

    #[test]
    fn parts_of_an_answer_are_refused_even_if_nobody_was_seen_to_ask_for_them() {
        for (status, name, value, expected) in [
            (206, "content-range", "bytes 10-12/400", true),
            (206, "content-range", "Bytes 10-12/*", true),
            (200, "content-range", "bytes 0-9/99", true),
            (226, "im", "vcdiff", true),
            (206, "content-type", "multipart/byteranges; boundary=x", true),
            (206, "content-type", "multipart/x-byteranges; boundary=x", true),
            (206, "content-type", "text/plain", true),
            (206, "content-range", "0-24/3573", false),
            (206, "content-range", "items 0-24/3573", false),
            (200, "content-type", "multipart/mixed; boundary=x", false),
            (416, "content-range", "bytes */400", false),
        ] {
            assert_eq!(is_refused(status, &[(name, value)]), expected, "{status} {name}: {value}");
        }
    }

    #[test]
    fn no_form_is_asked_for_in_which_a_value_would_not_be_found() {
        let mut headers = HeaderMap::new();
        for name in ["accept-encoding", "accept-charset", "a-im", "accept"] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("any"));
        }
        prepare(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers["accept-encoding"], &headers["accept"]),
            (&HeaderValue::from_static("identity"), &HeaderValue::from_static("any"))
        );
    }
}
