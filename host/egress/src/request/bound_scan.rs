//! A request's body that is looked through on its way out for values that belong elsewhere.
//!
//! What leaves is known to belong to no form of them; the rest is held back. When a value is found the body ends in an
//! error, which breaks the request off: nobody can take what was sent for the whole.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;

use crate::error::egress::{EgressError, RequestFault};
use crate::request::asked::Asked;
use crate::request::bound::Bound;
use um_leak::{Found, Sieve};

/// The body of a request.
pub(crate) struct Screened {
    body: UnsyncBoxBody<Bytes, EgressError>,
    bound: Bound,
    asked: Asked,
    /// One for each group of values that may not go there; what passes one goes through the next.
    sieves: Vec<Sieve>,
    /// How many groups there were when the last sieve was made.
    groups: usize,
    ended: bool,
}

impl Screened {
    pub(crate) fn new<B>(body: B, bound: Bound, asked: Asked) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let body = body.map_err(|_| RequestFault::BodyAborted.into()).boxed_unsync();
        Self { body, bound, asked, sieves: Vec::new(), groups: 0, ended: false }
    }

    /// What of a piece may leave now. A value that was handed out while the body is under way has been noted before.
    fn pass(&mut self, piece: Bytes) -> Result<Bytes, EgressError> {
        // What a strict run has in its hands now may be anywhere in the rest, in whatever form.
        self.bound.check_reach(&self.asked)?;
        self.groups = self.bound.add_sieves(&self.asked, self.groups, &mut self.sieves);
        if self.sieves.is_empty() {
            return Ok(piece);
        }
        let mut current = piece;
        for sieve in &mut self.sieves {
            let mut passed = Vec::with_capacity(current.len() + sieve.held());
            sieve.pass(&current, &mut passed).map_err(|found| self.bound.refuse(&found, &self.asked))?;
            current = passed.into();
        }
        Ok(current)
    }

    /// What was held back, at the end of the body.
    fn rest(&mut self) -> Result<Bytes, EgressError> {
        let mut current = Vec::new();
        for sieve in &mut self.sieves {
            let mut passed = Vec::with_capacity(current.len() + sieve.held());
            let ended = sieve.pass(&current, &mut passed).and_then(|()| sieve.finish(&mut passed));
            ended.map_err(|found: Found| self.bound.refuse(&found, &self.asked))?;
            current = passed;
        }
        Ok(current.into())
    }

    fn held(&self) -> u64 {
        self.sieves.iter().map(|sieve| sieve.held() as u64).sum()
    }
}

impl Body for Screened {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame.into_data().ok(),
                Some(Err(error)) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => None,
            };
            let passed = match frame {
                Some(piece) => self.pass(piece),
                // Trailers are the last frame of a body, and none is sent.
                None => {
                    self.ended = true;
                    self.rest()
                }
            };
            match passed {
                Ok(passed) if passed.is_empty() => {}
                Ok(passed) => return Poll::Ready(Some(Ok(Frame::data(passed)))),
                Err(error) => {
                    self.ended = true;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || (self.body.is_end_stream() && self.held() == 0)
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, held) = (self.body.size_hint(), self.held());
        if self.ended {
            return SizeHint::with_exact(0);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(held));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;

    use http::Request;

    use super::*;
    use crate::request::head;
    use um_base::rule::{Placement, Rule};
    use um_secret::{Binding, SecretName, SecretValue};

    struct Pieces(VecDeque<&'static str>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(Bytes::from(piece)))))
        }
    }

    /// What goes out of a body of two pieces, to a host that nothing is bound to, if a bound value is handed out between
    /// them.
    async fn sent(strict: bool) -> Vec<Result<Bytes, EgressError>> {
        let bound = Bound::strict(strict);
        let pieces = Pieces(["begun before", "a value, transformed"].into());
        let asked = Request::post("https://other.example/").body(pieces).unwrap();
        let (origin, _) = head::route(&asked).unwrap();
        let mut body = bound.screen(asked, &origin).unwrap().into_body();
        let first = body.frame().await.unwrap();
        let binding = Binding::new(Rule::parse("api.example.com").unwrap(), Placement::default()).unwrap();
        let value = SecretValue::new("k7x!k7x!k7x!k7x!".to_owned()).unwrap();
        bound.hold(&SecretName::parse("TOKEN").unwrap(), &value, &[binding]);
        let mut sent = vec![first];
        while let Some(frame) = body.frame().await {
            sent.push(frame);
        }
        sent.into_iter().map(|frame| frame.map(|frame| frame.into_data().unwrap())).collect()
    }

    #[tokio::test]
    async fn a_strict_run_cannot_go_on_with_a_body_to_another_host_once_it_has_a_bound_value() {
        let sent = sent(true).await;
        assert!(matches!(&sent[..], [Ok(_), Err(EgressError::Strict { .. })]), "{sent:?}");
    }

    #[tokio::test]
    async fn any_other_run_can_go_on() {
        assert!(sent(false).await.into_iter().all(|sent| sent.is_ok()));
    }
}
