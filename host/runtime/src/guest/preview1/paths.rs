//! What lies below a directory, by its path.

use super::call::Call;
use super::descriptors::{Descriptor, OpenDirectory, OpenFile};
use super::errno::Errno;
use super::fault::Answer;
use super::files::{FLAGS, MAY_READ, MAY_WRITE, SYNCHRONOUS, Told, new_times};
use crate::guest::files::bindings::filesystem::types::{DescriptorFlags, OpenFlags};
use crate::guest::files::node::Opening;
use crate::guest::files::scratch::node as scratch;

/// How a path is opened, by the bits of its numbers.
const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;

/// Whether a link at the end of a path is followed.
fn follows(lookup: u32) -> bool {
    lookup & 1 != 0
}

/// A directory, for something in it to be changed, and the path of that.
fn changeable(call: &mut Call<'_>, fd: u32, at: u32, length: u32) -> Answer<(scratch::Directory, String)> {
    let path = call.path(at, length)?;
    Ok((call.descriptors().directory(fd)?.changeable()?, path))
}

pub(super) fn make_directory(call: &mut Call<'_>, fd: u32, at: u32, length: u32) -> Answer {
    let (directory, path) = changeable(call, fd, at, length)?;
    Ok(directory.make_directory(&path)?)
}

pub(super) fn remove_directory(call: &mut Call<'_>, fd: u32, at: u32, length: u32) -> Answer {
    let (directory, path) = changeable(call, fd, at, length)?;
    Ok(directory.remove_directory(&path)?)
}

pub(super) fn unlink(call: &mut Call<'_>, fd: u32, at: u32, length: u32) -> Answer {
    let (directory, path) = changeable(call, fd, at, length)?;
    Ok(directory.unlink(&path)?)
}

#[expect(clippy::too_many_arguments, reason = "WASI has so many")]
pub(super) fn set_times(
    call: &mut Call<'_>,
    fd: u32,
    _: u32,
    at: u32,
    length: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> Answer {
    let (accessed, modified) = new_times(accessed, modified, flags)?;
    let (directory, path) = changeable(call, fd, at, length)?;
    Ok(directory.set_times_at(&path, accessed, modified)?)
}

pub(super) fn rename(call: &mut Call<'_>, fd: u32, at: u32, length: u32, into: u32, to: u32, to_length: u32) -> Answer {
    let (from, to) = (call.path(at, length)?, call.path(to, to_length)?);
    let descriptors = call.descriptors();
    let (directory, into) = (descriptors.directory(fd)?, descriptors.directory(into)?);
    Ok(directory.rename(&from, into, &to)?)
}

/// There are no links but those that a disk has.
#[expect(clippy::too_many_arguments, reason = "WASI has so many")]
pub(super) fn link(
    call: &mut Call<'_>,
    fd: u32,
    _: u32,
    at: u32,
    length: u32,
    into: u32,
    to: u32,
    to_length: u32,
) -> Answer {
    call.path(at, length)?;
    call.path(to, to_length)?;
    call.descriptors().opened(fd)?;
    call.descriptors().opened(into)?;
    Err(Errno::NotPermitted.into())
}

pub(super) fn symlink(call: &mut Call<'_>, target: u32, target_length: u32, fd: u32, at: u32, length: u32) -> Answer {
    call.path(target, target_length)?;
    call.path(at, length)?;
    call.descriptors().opened(fd)?;
    Err(Errno::NotPermitted.into())
}

pub(super) async fn stat(call: &mut Call<'_>, fd: u32, lookup: u32, at: u32, length: u32, out: u32) -> Answer {
    let (path, work) = (call.path(at, length)?, call.work());
    let directory = call.descriptors().directory(fd)?;
    let told = Told::of(directory.stat_at(&work, path, follows(lookup)).await?);
    call.put(out, &told.bytes())
}

pub(super) async fn read_link(
    call: &mut Call<'_>,
    fd: u32,
    at: u32,
    length: u32,
    to: u32,
    room: u32,
    out: u32,
) -> Answer {
    let (path, work) = (call.path(at, length)?, call.work());
    let target = call.descriptors().directory(fd)?.read_link(&work, path).await?;
    // As readlink(2) does: what does not fit is left out.
    let fitting = &target.as_bytes()[..target.len().min(room as usize)];
    call.put(to, fitting)?;
    call.put_moved(out, fitting.len())
}

#[expect(clippy::too_many_arguments, reason = "WASI has so many")]
pub(super) async fn open(
    call: &mut Call<'_>,
    fd: u32,
    lookup: u32,
    at: u32,
    length: u32,
    opening: u32,
    base: u64,
    _: u64,
    flags: u32,
    out: u32,
) -> Answer {
    if flags & !FLAGS != 0 {
        return Err(Errno::Invalid.into());
    }
    let (path, work) = (call.path(at, length)?, call.work());
    let opening =
        Opening { follow: follows(lookup), flags: open_flags(opening)?, access: access(opening, base, flags) };
    let directory = call.descriptors().directory(fd)?;
    let node = directory.open(&work, path, opening).await?;
    let opened = match node.is_directory() {
        true => Descriptor::Directory(OpenDirectory { node, preopened: None, reading: None }),
        false => Descriptor::File(OpenFile { node, position: 0, flags }),
    };
    let opened = call.descriptors().add(opened)?;
    let told = call.put_u32(out, opened);
    if told.is_err() {
        // Nobody knows its number.
        call.descriptors().close(opened)?;
    }
    told
}

fn open_flags(opening: u32) -> Answer<OpenFlags> {
    let names = [
        (CREATE, OpenFlags::CREATE),
        (DIRECTORY, OpenFlags::DIRECTORY),
        (EXCLUSIVE, OpenFlags::EXCLUSIVE),
        (TRUNCATE, OpenFlags::TRUNCATE),
    ];
    if opening & !(CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE) != 0 {
        return Err(Errno::Invalid.into());
    }
    Ok(names.into_iter().filter(|(bit, _)| opening & bit != 0).fold(OpenFlags::empty(), |all, (_, flag)| all | flag))
}

/// What is asked for, by the rights that a guest wants. C libraries want all that there are of a directory, which nobody
/// writes to.
fn access(opening: u32, rights: u64, flags: u32) -> DescriptorFlags {
    let mut access = DescriptorFlags::empty();
    if rights & MAY_READ != 0 || opening & DIRECTORY != 0 {
        access |= DescriptorFlags::READ;
    }
    if rights & MAY_WRITE != 0 && opening & DIRECTORY == 0 {
        access |= DescriptorFlags::WRITE;
    }
    if flags & SYNCHRONOUS != 0 {
        access |= DescriptorFlags::REQUESTED_WRITE_SYNC;
    }
    access
}
