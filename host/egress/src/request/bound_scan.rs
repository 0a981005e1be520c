//! Looks through the body of a request for values that the run has in its hands and that belong elsewhere.

use bytes::Bytes;

use super::asked::Asked;
use super::bound::Bound;
use super::scan::Scan;
use crate::error::egress::EgressError;
use um_leak::{Found, Sieve};

/// The scan of one body.
pub(crate) struct BoundScan {
    bound: Bound,
    asked: Asked,
    /// One for each group of values that may not go there; what passes one goes through the next.
    sieves: Vec<Sieve>,
    /// How many groups there were when the last sieve was made.
    groups: usize,
}

impl BoundScan {
    /// For a request that asks for this.
    pub(crate) fn new(bound: Bound, asked: Asked) -> Self {
        Self { bound, asked, sieves: Vec::new(), groups: 0 }
    }
}

impl Scan for BoundScan {
    /// A value that was handed out while the body is under way has been noted before.
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use http::Request;
    use http_body::{Body, Frame};
    use http_body_util::BodyExt;

    use super::super::route::route;
    use super::super::scan::Scanned;
    use super::*;
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
        let (origin, _) = route(&asked).unwrap();
        let (parts, pieces) = asked.into_parts();
        let asked = bound.check_head(&parts, &origin).unwrap();
        let mut body = Scanned::new(pieces, BoundScan::new(bound.clone(), asked));
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
