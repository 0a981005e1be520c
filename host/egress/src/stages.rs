//! The way of a request, with a type for each step of it. Each comes of the one before and of nothing else, so what
//! stands here is held by the compiler: nothing is resolved, counted or sent that has not passed all that comes before.
//! `client` goes through them.
//!
//! 1. [`Routed`]: where it goes is read once, and the head is not too long to be looked through.
//! 2. [`Permitted`]: the allow-list permits it, however a server could read it.
//! 3. [`Planned`]: placeholders of sealed secrets stand in it, as the guest made it, only where their values go.
//! 4. [`Screened`]: no key of um-host stands in its head, and no value that is bound elsewhere. Its body is looked through as it streams, below
//!    what counts it and holds it to its declared length.
//! 5. [`Metered`]: it is rebuilt from parts, within the limits for heads, and counts as a call.
//! 6. [`Ready`]: a body that a value goes into has been held, and the value is in; the values that the answer is held
//!    against are open; there is a connection; and what goes out of sealed values is on record.
//! 7. [`Sent`]: the head of its response has come. Sealed values were put into its head last, behind every check of its
//!    size, and the answer is looked through as it arrives, below what counts its bytes.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Request, Response};
use http_body::Body as HttpBody;

use crate::error::egress::EgressError;
use crate::exchange::{Answered, Exchange, Failure};
use crate::meter::Meter;
use crate::policy::Policy;
use crate::request::asked::{Asked, permit};
use crate::request::binding_scan::BindingScan;
use crate::request::body::Upload;
use crate::request::buffered::hold;
use crate::request::head::{accept_what_can_be_filtered, check_size, rebuild};
use crate::request::key_scan::{KeyScan, check_head};
use crate::request::placeholder_scan::PlaceholderScan;
use crate::request::plan::{BodyPlan, Plan};
use crate::request::readings::readings;
use crate::request::route::{route, settle};
use crate::request::scan::Scanned;
use crate::response::body::Body;
use crate::seals::Seals;
use crate::timeouts::Timeouts;
use crate::wire::connections::Connections;
use crate::wire::lease::Lease;
use crate::wire::pool::PoolKey;
use um_base::Work;
use um_base::rule::Origin;
use um_secret::WorkspaceName;

/// A request with the place that it goes to.
pub(crate) struct Routed<B> {
    parts: Parts,
    body: B,
    origin: Origin,
    target: PathAndQuery,
}

/// A request that the run's policy permits.
pub(crate) struct Permitted<'a, B> {
    routed: Routed<B>,
    asked: Asked,
    policy: &'a Policy,
}

/// A request with what is to be done to it for sealed secrets.
pub(crate) struct Planned<'a, B> {
    permitted: Permitted<'a, B>,
    plan: Plan,
    /// Whether its answer is held against sealed values.
    is_watched: bool,
}

/// What the body of a request is looked through for, in this order.
type Scans = (KeyScan, (BindingScan, Option<PlaceholderScan>));

/// A request whose body is looked through as it goes out.
pub(crate) struct Screened {
    routed: Routed<Scanned<Scans>>,
    plan: Plan,
    seals: Seals,
    is_watched: bool,
    /// Whether its host may be at a private address.
    lifted: bool,
}

/// A request as it goes out, but for sealed values.
pub(crate) struct Metered {
    request: Request<Upload>,
    origin: Origin,
    plan: Plan,
    seals: Seals,
    lifted: bool,
    meter: Arc<Meter>,
}

/// A request that goes out next, on a connection of its own.
pub(crate) struct Ready {
    request: Request<Upload>,
    exchange: Exchange,
    lease: Lease,
    key: PoolKey,
    connections: Connections,
}

/// A request that was answered.
pub(crate) struct Sent {
    exchange: Exchange,
    answered: Answered,
}

impl<B> Routed<B> {
    pub(crate) fn of(mut request: Request<B>) -> Result<Self, EgressError> {
        let (origin, target) = route(&request)?;
        settle(&mut request, &target);
        check_size(request.method(), request.headers(), &target)?;
        let (parts, body) = request.into_parts();
        Ok(Self { parts, body, origin, target })
    }

    pub(crate) fn permit(self, policy: &Policy) -> Result<Permitted<'_, B>, EgressError> {
        permit(policy.allow(), &self.parts, &self.origin)?;
        let asked = Asked::of(&self.parts, &self.origin);
        Ok(Permitted { routed: self, asked, policy })
    }
}

impl<'a, B> Permitted<'a, B> {
    /// A placeholder that is on its way to a place that its secret is not bound to counts as the value would.
    pub(crate) fn plan(self) -> Result<Planned<'a, B>, EgressError> {
        let Routed { parts, origin, .. } = &self.routed;
        let is_watched = self.policy.seals().watches(origin);
        let planned = self.policy.seals().set().plan(&self.asked, parts, is_watched);
        let plan = planned.map_err(|fault| {
            let host = origin.host.clone();
            fault.misdirected().into_iter().for_each(|secret| self.policy.values().count(secret, &host));
            EgressError::Sealed { host, fault }
        })?;
        Ok(Planned { permitted: self, plan, is_watched })
    }
}

impl<B> Planned<'_, B>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
{
    /// Placeholders are not looked for in bodies of workspaces without sealed secrets: nothing there makes any. Nor in
    /// one that is held: it is looked at when all of it is there.
    pub(crate) async fn screen(self, work: &Work) -> Result<Screened, EgressError> {
        let Self { permitted: Permitted { routed, asked, policy }, plan, is_watched } = self;
        let Routed { parts, body, origin, target } = routed;
        let head = readings(&parts);
        check_head(&head, &origin.host)?;
        policy.values().check_head(&head, &asked, work).await?;
        let streams = !policy.seals().is_empty() && plan.body() == BodyPlan::Watch;
        let placeholders = streams.then(|| PlaceholderScan::new(origin.host.clone()));
        let bindings = BindingScan::new(policy.values().clone(), asked, work.clone());
        let body = Scanned::new(body, (KeyScan::new(origin.host.clone()), (bindings, placeholders)));
        let (seals, lifted) = (policy.seals().clone(), policy.lifts(&origin.host));
        Ok(Screened { routed: Routed { parts, body, origin, target }, plan, seals, is_watched, lifted })
    }
}

impl Screened {
    pub(crate) fn meter(self, meter: &Arc<Meter>) -> Result<Metered, EgressError> {
        let Self { routed: Routed { parts, body, origin, target }, plan, seals, is_watched, lifted } = self;
        let mut request = rebuild(Request::from_parts(parts, body), &origin, target, meter)?;
        if is_watched {
            accept_what_can_be_filtered(request.headers_mut());
        }
        meter.call(&origin.host)?;
        Ok(Metered { request, origin, plan, seals, lifted, meter: meter.clone() })
    }
}

impl Metered {
    pub(crate) async fn ready(
        self,
        connections: Connections,
        workspace: WorkspaceName,
        timeouts: Timeouts,
    ) -> Result<Ready, EgressError> {
        let Self { request, origin, mut plan, seals, lifted, meter } = self;
        let (host, work) = (origin.host.clone(), meter.work());
        let (request, held) = hold(request, &mut plan, &host, work, timeouts.first_byte).await?;
        let reflections = seals.reflections(&origin, work).await?;
        let permit = Arc::new(meter.connection(&host, timeouts.connect).await?);
        let key = PoolKey { workspace, origin, lifted };
        let lease = connections.lease(&key, timeouts.connect, work).await?;
        // The last thing before it goes out.
        seals.note(&plan, &host).await?;
        let exchange = Exchange { host, meter, timeouts, plan, reflections, permit, _held: held };
        Ok(Ready { request, exchange, lease, key, connections })
    }
}

impl Ready {
    /// Where nothing of the request was written, or the server says that it has not looked at it or wants HTTP/1.1 for
    /// it, it goes out on a fresh connection, once; any other request of which something was written is never sent again.
    pub(crate) async fn send(self) -> Result<Sent, EgressError> {
        let Self { request, exchange, lease, key, connections } = self;
        let note = |failure: &Failure| {
            if failure.is_for_http1() {
                connections.keep_to_http1(&key);
            }
        };
        let answered = match exchange.run(lease, request).await.inspect_err(note) {
            Err(Failure::Untouched(request, _)) => {
                let lease = connections.dial(&key, exchange.timeouts.connect, exchange.meter.work()).await?;
                exchange.run(lease, *request).await.inspect_err(note)?
            }
            ended => ended?,
        };
        Ok(Sent { exchange, answered })
    }
}

impl Sent {
    /// What the guest gets of the response.
    pub(crate) fn response(self) -> Result<Response<Body>, EgressError> {
        self.exchange.receive(self.answered)
    }
}
