//! What lies in a directory, as many names as the guest has room for. A name's cookie is its number in the list, from 0.

use super::call::Call;
use super::fault::Answer;
use super::files::kind;
use super::reading::Reading;
use crate::guest::files::bindings::filesystem::types::DirectoryEntry;
use crate::guest::files::node::Directory;
use um_base::Work;

/// Bytes before a name.
const HEAD: usize = 24;

pub(super) async fn list(call: &mut Call<'_>, fd: u32, at: u32, length: u32, cookie: u64, out: u32) -> Answer {
    let work = call.work();
    // All of it must be the guest's before anything is read.
    call.bytes(at, length)?;
    // What it was read by before is free by then.
    let left = call.descriptors().opened(fd)?.reading.take();
    call.descriptors().check_room()?;
    let opened = call.descriptors().opened(fd)?;
    let directory = opened.node.clone().directory()?;
    let mut reading = Reading::at(cookie, left, &directory, &work).await?;
    let (mut used, mut cookie) = (0, cookie);
    while used < length {
        let Some(entry) = reading.entry(cookie, &work).await? else { break };
        // The guest's own number, which may be the last that there is.
        let next = cookie.saturating_add(1);
        let record = record(&directory, &entry, next, &work).await;
        let (room, whole) = ((length - used) as usize, record.len());
        call.put(at + used, &record[..whole.min(room)])?;
        if whole > room {
            // What was cut is asked for again, by the cookie of the one before.
            reading.put_back(entry);
            used = length;
            break;
        }
        cookie = next;
        used += u32::try_from(whole).unwrap_or(u32::MAX);
    }
    reading.goes_on(cookie);
    // At its end there is nothing to go on with.
    if used == length {
        call.descriptors().opened(fd)?.reading = Some(reading);
    }
    call.put_u32(out, used)
}

/// A name as WASI 0.1 lays it out, with the number of its file: 0, if that cannot be told.
async fn record(directory: &Directory, entry: &DirectoryEntry, next: u64, work: &Work) -> Vec<u8> {
    let found = match entry.name == ".." {
        // It is not the guest's to look at.
        true => None,
        false => directory.stat_at(work, entry.name.clone(), false).await.ok(),
    };
    let name = entry.name.as_bytes();
    let mut record = Vec::with_capacity(HEAD + name.len());
    record.extend_from_slice(&next.to_le_bytes());
    record.extend_from_slice(&found.map_or(0, |stat| stat.hash().lower).to_le_bytes());
    record.extend_from_slice(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes());
    record.extend_from_slice(&[kind(entry.type_), 0, 0, 0]);
    record.extend_from_slice(name);
    record
}
