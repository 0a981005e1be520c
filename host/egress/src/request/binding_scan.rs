//! Looks through the body of a request for values that the run has in its hands and that belong elsewhere.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::asked::Asked;
use super::binding_guard::{BindingGuard, over};
use super::scan::Scan;
use crate::error::egress::EgressError;
use um_base::{Over, Work};
use um_leak::{Filter, Found, Sieve};

/// Forms on their way to be made.
type Making = Pin<Box<dyn Future<Output = Result<(), Over>> + Send>>;

/// The scan of one body.
pub(crate) struct BindingScan {
    guard: BindingGuard,
    asked: Asked,
    work: Work,
    /// One for each group of values that may not go there; what passes one goes through the next.
    sieves: Vec<Sieve>,
    /// How many groups there were when the last sieve was made.
    groups: usize,
    making: Option<Making>,
}

impl BindingScan {
    /// For a request that asks for this.
    pub(crate) fn new(guard: BindingGuard, asked: Asked, work: Work) -> Self {
        Self { guard, asked, work, sieves: Vec::new(), groups: 0, making: None }
    }

    fn add_sieves(&mut self) {
        self.groups = self.guard.add_sieves(&self.asked, self.groups, &mut self.sieves);
    }

    /// Makes what has to be, on another thread.
    fn making(&self) -> Option<Making> {
        let filters = self.sieves.iter().map(Sieve::filter).filter(|filter| filter.if_ready().is_none());
        let (filters, work): (Vec<Filter>, _) = (filters.cloned().collect(), self.work.clone());
        if filters.is_empty() {
            return None;
        }
        Some(Box::pin(async move { Filter::all_ready(filters.iter(), &work).await }))
    }
}

impl Scan for BindingScan {
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        if self.making.is_none() {
            self.add_sieves();
            self.making = self.making();
        }
        if let Some(making) = &mut self.making {
            let made = ready!(making.as_mut().poll(cx));
            self.making = None;
            made.map_err(over)?;
        }
        Poll::Ready(Ok(()))
    }

    /// A value that was handed out while the body is under way has been noted before.
    fn pass(&mut self, piece: Bytes) -> Result<Bytes, EgressError> {
        // What a strict run has in its hands now may be anywhere in the rest, in whatever form.
        self.guard.check_reach(&self.asked)?;
        self.add_sieves();
        if self.sieves.is_empty() {
            return Ok(piece);
        }
        let mut current = piece;
        for sieve in &mut self.sieves {
            let filter = sieve.filter().clone();
            let ready = filter.ready_here(&self.work).map_err(over)?;
            let mut passed = Vec::with_capacity(current.len() + sieve.held());
            sieve.pass(ready, &current, &mut passed).map_err(|found| self.guard.refuse(&found, &self.asked))?;
            current = passed.into();
        }
        self.sieves.iter_mut().for_each(Sieve::count);
        Ok(current)
    }

    fn rest(&mut self) -> Result<Bytes, EgressError> {
        let mut current = Vec::new();
        for sieve in &mut self.sieves {
            let filter = sieve.filter().clone();
            let ready = filter.ready_here(&self.work).map_err(over)?;
            let mut passed = Vec::with_capacity(current.len() + sieve.held());
            let ended = sieve.pass(ready, &current, &mut passed).and_then(|()| sieve.finish(ready, &mut passed));
            ended.map_err(|found: Found| self.guard.refuse(&found, &self.asked))?;
            current = passed;
        }
        self.sieves.iter_mut().for_each(Sieve::count);
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

    use http::Request;
    use http_body::{Body, Frame};
    use http_body_util::BodyExt;

    use super::super::route::route;
    use super::super::scan::Scanned;
    use super::*;
    use crate::request::readings::readings;
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
        let guard = BindingGuard::strict(strict);
        let pieces = Pieces(["begun before", "a value, transformed"].into());
        let asked = Request::post("https://other.example/").body(pieces).unwrap();
        let (origin, _) = route(&asked).unwrap();
        let (parts, pieces) = asked.into_parts();
        let asked = Asked::of(&parts, &origin);
        let work = Work::unlimited();
        guard.check_head(&readings(&parts), &asked, &work).await.unwrap();
        let mut body = Scanned::new(pieces, BindingScan::new(guard.clone(), asked, work));
        let first = body.frame().await.unwrap();
        let binding = Binding::new(Rule::parse("api.example.com").unwrap(), Placement::default()).unwrap();
        let value = SecretValue::new("k7x!k7x!k7x!k7x!".to_owned()).unwrap();
        guard.hold(&SecretName::parse("TOKEN").unwrap(), &value, &[binding]);
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
