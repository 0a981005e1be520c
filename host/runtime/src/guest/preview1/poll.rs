//! Waiting for the first of several things: a time, something to read, room to write.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::call::Call;
use super::descriptors::{Descriptor, Descriptors};
use super::errno::Errno;
use super::fault::{Answer, Fault};
use super::{process, streams};

/// Most that one call waits for.
const MAX_SUBSCRIPTIONS: u32 = 4096;
/// Longest time that is waited for, some thirty years: what is later comes no sooner than a run's end.
const FOR_EVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
/// Bytes of what is waited for, and of what has come.
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;
/// What is waited for, by its number.
const CLOCK: u8 = 0;
const READ: u8 = 1;
const WRITE: u8 = 2;

struct Subscription {
    /// What the guest knows it by.
    name: u64,
    kind: u8,
    wanted: Wanted,
}

enum Wanted {
    /// So long from now on.
    Time(Duration),
    Descriptor(u32),
    /// It cannot be waited for.
    Nothing(Errno),
}

pub(super) async fn poll(call: &mut Call<'_>, subscriptions: u32, events: u32, count: u32, out: u32) -> Answer {
    if count == 0 || count > MAX_SUBSCRIPTIONS {
        return Err(Errno::Invalid.into());
    }
    let begun = Instant::now();
    let mut wanted = Vec::new();
    for index in 0..count {
        wanted.push(read(call, subscriptions.checked_add(index * SUBSCRIPTION).ok_or(Errno::Fault)?)?);
    }
    let ready = wait(call, &wanted, begun).await?;
    let passed = begun.elapsed();
    let mut told = 0;
    for subscription in &wanted {
        let event = match subscription.wanted {
            Wanted::Time(after) if after <= passed => event(subscription, None, 0),
            Wanted::Nothing(errno) => event(subscription, Some(errno), 0),
            Wanted::Descriptor(fd) => match ready.get(&fd) {
                Some(&bytes) => event(subscription, None, bytes),
                None => continue,
            },
            Wanted::Time(_) => continue,
        };
        call.put(events.checked_add(told * EVENT).ok_or(Errno::Fault)?, &event)?;
        told += 1;
    }
    call.put_u32(out, told)
}

fn read(call: &mut Call<'_>, at: u32) -> Answer<Subscription> {
    // Fields behind it lie in the guest's memory if the last one does.
    let field = |offset: u32| at.checked_add(offset).ok_or(Errno::Fault);
    let (name, kind) = (call.u64(at)?, call.bytes(field(8)?, 1)?[0]);
    let wanted = match kind {
        CLOCK => {
            let (clock, time) = (call.u32(field(16)?)?, call.u64(field(24)?)?);
            let is_absolute = call.u32(field(40)?)? & 1 != 0;
            match process::now(call, clock) {
                Ok(now) if is_absolute => Wanted::Time(Duration::from_nanos(time.saturating_sub(now))),
                Ok(_) => Wanted::Time(Duration::from_nanos(time)),
                Err(Fault::Errno(errno)) => Wanted::Nothing(errno),
                Err(trap) => return Err(trap),
            }
        }
        READ | WRITE => {
            let fd = call.u32(field(16)?)?;
            match call.descriptors().get(fd) {
                Ok(descriptor) if suits(descriptor, kind) => Wanted::Descriptor(fd),
                _ => Wanted::Nothing(Errno::BadDescriptor),
            }
        }
        _ => return Err(Errno::Invalid.into()),
    };
    Ok(Subscription { name, kind, wanted })
}

fn suits(descriptor: &Descriptor, kind: u8) -> bool {
    match descriptor {
        Descriptor::Input { .. } => kind == READ,
        Descriptor::Output(_) => kind == WRITE,
        Descriptor::File(_) => true,
        Descriptor::Directory(_) => false,
    }
}

/// Waits until something has come, and tells of which descriptors, with the bytes that can be read or written.
async fn wait(call: &mut Call<'_>, wanted: &[Subscription], begun: Instant) -> Answer<BTreeMap<u32, u64>> {
    let work = call.work();
    let (mut ready, mut first, mut is_answered) = (BTreeMap::new(), None, false);
    for subscription in wanted {
        match subscription.wanted {
            Wanted::Time(after) => first = Some(first.map_or(after, |first: Duration| first.min(after))),
            Wanted::Nothing(_) => is_answered = true,
            Wanted::Descriptor(fd) => {
                if let Descriptor::File(file) = call.descriptors().get(fd)? {
                    let left = streams::size(file, &work).await?.saturating_sub(file.position);
                    ready.insert(fd, left);
                }
            }
        }
    }
    is_answered |= !ready.is_empty() || first.is_some_and(|first| first.is_zero());
    let fds: Vec<u32> = wanted.iter().filter_map(Subscription::descriptor).collect();
    for fd in first_ready(call.descriptors(), &fds, is_answered, first.map(|first| begun + first.min(FOR_EVER))).await {
        ready.entry(fd).or_insert(1);
    }
    Ok(ready)
}

/// Ends when a stream is ready.
type Ready<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The streams among these that are ready, when the first is or the time has come; those that are at once, if nothing is to
/// be waited for.
async fn first_ready(descriptors: &mut Descriptors, fds: &[u32], at_once: bool, until: Option<Instant>) -> Vec<u32> {
    let mut streams: Vec<(u32, Ready<'_>)> = descriptors
        .all()
        .filter(|(fd, _)| fds.contains(fd))
        .filter_map(|(fd, descriptor)| match descriptor {
            Descriptor::Input { stream, .. } => Some((fd, stream.ready())),
            Descriptor::Output(stream) => Some((fd, stream.ready())),
            _ => None,
        })
        .collect();
    let mut time = until.map(|until| Box::pin(sleep_until(until)));
    poll_fn(|context| {
        let ready =
            streams.iter_mut().filter_map(|(fd, stream)| stream.as_mut().poll(context).is_ready().then_some(*fd));
        let ready: Vec<u32> = ready.collect();
        let is_time = time.as_mut().is_some_and(|time| time.as_mut().poll(context).is_ready());
        if at_once || is_time || !ready.is_empty() { Poll::Ready(ready) } else { Poll::Pending }
    })
    .await
}

impl Subscription {
    fn descriptor(&self) -> Option<u32> {
        match self.wanted {
            Wanted::Descriptor(fd) => Some(fd),
            _ => None,
        }
    }
}

fn event(subscription: &Subscription, errno: Option<Errno>, bytes: u64) -> [u8; EVENT as usize] {
    let mut event = [0; EVENT as usize];
    event[..8].copy_from_slice(&subscription.name.to_le_bytes());
    let errno = errno.map_or(0, Errno::number);
    event[8..10].copy_from_slice(&(errno as u16).to_le_bytes());
    event[10] = subscription.kind;
    event[16..24].copy_from_slice(&bytes.to_le_bytes());
    event
}
