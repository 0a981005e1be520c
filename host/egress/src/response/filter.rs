//! The bodies of responses of origins that sealed secrets are bound to, on their way to the guest: decompressed, with
//! placeholders for values, in their trailers too.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::response::Parts;
use http_body::{Body, Frame};

use super::charset::Declarations;
use super::decode::{Coding, Decoder};
use super::head::{filter_fields, is_part};
use super::packed::Packed;
use super::sealed_search::matcher::{Matcher, Reflections};
use crate::error::egress::EgressError;
use crate::error::response::ResponseFault;
use um_base::rule::HostName;
use um_secret::apart;

/// How many compressed bytes are taken at once, so that what they make fits memory.
const PIECE: usize = 4 * 1024;

/// What one body passes through.
pub(crate) struct Filter {
    host: HostName,
    decoder: Decoder,
    /// What it says of its charset, on its way to the matcher.
    declarations: Declarations,
    reflections: Reflections,
    /// Until the end.
    matcher: Option<Matcher>,
    packed: Packed,
    /// What is left of the last piece.
    rest: Bytes,
    ready: VecDeque<Frame<Bytes>>,
}

/// Filters the head of an answer of `host`, and takes away what no longer is true of its body. The reason phrase is
/// dropped. What comes back with it filters the body.
///
/// # Errors
/// [`ResponseFault::Encoding`] if the body could not be read, [`ResponseFault::Charset`] if no value would be found in it,
/// [`ResponseFault::Partial`] if it is not the whole.
pub(crate) fn filter_response(
    mut parts: Parts,
    host: &HostName,
    reflections: &Reflections,
) -> Result<(Parts, Filter), ResponseFault> {
    if is_part(&parts) {
        return Err(ResponseFault::Partial);
    }
    let coding = Coding::of(&parts.headers)?;
    parts.headers.remove(CONTENT_ENCODING);
    let declarations = Declarations::of(&parts.headers, reflections)?;
    parts.extensions.clear();
    parts.headers = apart(|| filter_fields(&parts.headers, reflections));
    Ok((parts, Filter::new(host.clone(), Decoder::new(coding), declarations, reflections.clone())))
}

impl Filter {
    fn new(host: HostName, decoder: Decoder, declarations: Declarations, reflections: Reflections) -> Self {
        let (matcher, packed) = (Some(reflections.matcher()), Packed::new(&reflections));
        Self { host, decoder, declarations, reflections, matcher, packed, rest: Bytes::new(), ready: VecDeque::new() }
    }

    /// The next frame of what `body` comes to. After an error there is none.
    pub(crate) fn poll_frame<B>(
        &mut self,
        body: &mut B,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>>
    where
        B: Body<Data = Bytes, Error = EgressError> + Unpin,
    {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Poll::Ready(Some(Ok(frame)));
            }
            if self.matcher.is_none() {
                return Poll::Ready(None);
            }
            let taken = if self.rest.is_empty() {
                match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                    // Others get their turn between pieces that hold nothing, of which there may be no end.
                    Some(Ok(frame)) if frame.data_ref().is_some_and(Bytes::is_empty) => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Some(Ok(frame)) => self.take_frame(frame),
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
            if let Err(fault) = taken {
                self.matcher = None;
                self.ready.clear();
                return Poll::Ready(Some(Err(EgressError::Reflected { host: self.host.clone(), fault })));
            }
        }
    }

    /// Whether nothing more comes.
    pub(crate) fn is_over(&self) -> bool {
        self.matcher.is_none() && self.ready.is_empty()
    }

    fn take_frame(&mut self, frame: Frame<Bytes>) -> Result<(), ResponseFault> {
        match frame.into_data() {
            Ok(piece) => self.rest = piece,
            Err(frame) => {
                apart(|| self.end())?;
                let trailers = frame.into_trailers().unwrap_or_default();
                let trailers = apart(|| filter_fields(&trailers, &self.reflections));
                self.ready.push_back(Frame::trailers(trailers));
            }
        }
        Ok(())
    }

    /// Takes as much of the last piece as fits memory, and makes it ready.
    fn take_piece(&mut self) -> Result<(), ResponseFault> {
        let length = if self.decoder.is_identity() { self.rest.len() } else { self.rest.len().min(PIECE) };
        let piece = self.rest.split_to(length);
        let Some(matcher) = &mut self.matcher else { return Ok(()) };
        let mut out = Vec::with_capacity(piece.len());
        let mut decoded = Vec::new();
        let text = if self.decoder.is_identity() {
            &piece[..]
        } else {
            self.decoder.write(&piece, &mut decoded)?;
            &decoded
        };
        self.declarations.take(text)?;
        matcher.write(text, &mut out);
        self.make_ready(out)
    }

    /// Lets out what was held back; the end may not be one.
    fn end(&mut self) -> Result<(), ResponseFault> {
        let Some(mut matcher) = self.matcher.take() else { return Ok(()) };
        let (mut decoded, mut out) = (Vec::new(), Vec::new());
        self.decoder.finish(&mut decoded)?;
        self.declarations.take(&decoded)?;
        self.declarations.end()?;
        matcher.write(&decoded, &mut out);
        matcher.finish(&mut out);
        self.make_ready(out)?;
        let mut rest = Vec::new();
        self.packed.finish(&mut rest)?;
        self.push(rest);
        Ok(())
    }

    fn make_ready(&mut self, out: Vec<u8>) -> Result<(), ResponseFault> {
        let mut passed = Vec::new();
        self.packed.write(out, &mut passed)?;
        self.push(passed);
        Ok(())
    }

    fn push(&mut self, out: Vec<u8>) {
        if !out.is_empty() {
            self.ready.push_back(Frame::data(out.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use http::{HeaderMap, Response};

    use super::super::sealed_search::matcher::Reflection;
    use super::*;
    use crate::error::response::ProtocolFault;

    const TOKEN: &str = "ghp_16C7e42F292c-6912E7710c838347Ae178B4a";

    /// A body of these frames, and then its end or an error.
    struct Frames(VecDeque<Result<Frame<Bytes>, EgressError>>);

    impl Body for Frames {
        type Data = Bytes;
        type Error = EgressError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
            Poll::Ready(self.0.pop_front())
        }
    }

    /// What comes through a filter, frame by frame, until there is nothing more.
    async fn filtered(
        frames: impl IntoIterator<Item = Result<Frame<Bytes>, EgressError>>,
    ) -> Vec<Result<Frame<Bytes>, EgressError>> {
        let reflections = Reflections::new([Reflection { value: TOKEN, replacement: "***".to_owned() }]);
        let (parts, ()) = Response::new(()).into_parts();
        let (_, mut filter) = filter_response(parts, &host(), &reflections).unwrap();
        let (mut body, mut seen) = (Frames(frames.into_iter().collect()), Vec::new());
        while let Some(frame) = poll_fn(|cx| filter.poll_frame(&mut body, cx)).await {
            seen.push(frame);
        }
        assert!(filter.is_over());
        seen
    }

    fn data(text: &str) -> Result<Frame<Bytes>, EgressError> {
        Ok(Frame::data(Bytes::copy_from_slice(text.as_bytes())))
    }

    #[tokio::test]
    async fn a_value_is_found_over_pieces_and_in_trailers() {
        let trailers: HeaderMap = [("x-note".parse().unwrap(), TOKEN.parse().unwrap())].into_iter().collect();
        let seen = filtered([data(&TOKEN[..9]), data(""), data(&TOKEN[9..]), Ok(Frame::trailers(trailers))]).await;
        let [Ok(body), Ok(trailers)] = &seen[..] else { panic!("{seen:?}") };
        assert_eq!(body.data_ref().unwrap(), "***");
        assert_eq!(trailers.trailers_ref().unwrap()["x-note"], "***");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_does_not_let_out_what_was_held_back() {
        let broken = Err(EgressError::Protocol { host: host(), fault: ProtocolFault::Closed });
        let seen = filtered([data(&TOKEN[..40]), broken]).await;
        assert!(matches!(&seen[..], [Err(EgressError::Protocol { .. })]), "{seen:?}");
    }

    fn host() -> HostName {
        HostName::parse("a.example").unwrap()
    }

    fn is_refused(status: u16, fields: &[(&str, &str)]) -> bool {
        let value = Reflection { value: "k7x!k7x!k7x!k7x!", replacement: "***".to_owned() };
        let response = fields
            .iter()
            .fold(Response::builder().status(status), |response, (name, value)| response.header(*name, *value));
        let (parts, ()) = response.body(()).unwrap().into_parts();
        filter_response(parts, &host(), &Reflections::new([value])).is_err()
    }

    #[test]
    fn a_head_without_a_value_loses_what_measures_its_body_too() {
        let value = || Reflection { value: "k7x!k7x!k7x!k7x!", replacement: "***".to_owned() };
        for cookie in ["b=2", "k7x!k7x!k7x!k7x!"] {
            let response = Response::builder()
                .header("content-length", "41")
                .header("etag", "\"29-x\"")
                .header("x-amz-checksum-crc32", "x")
                .header("content-encoding", "identity")
                .header("content-range", "items 0-24/3573")
                .header("last-modified", "x")
                .header("set-cookie", "a=1")
                .header("set-cookie", cookie);
            let (parts, ()) = response.body(()).unwrap().into_parts();
            let (parts, _) = filter_response(parts, &host(), &Reflections::new([value()])).ok().unwrap();
            let mut names: Vec<_> = parts.headers.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            assert_eq!(names, ["last-modified", "set-cookie", "set-cookie"], "{cookie}");
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
}
