//! What a descriptor is, and what becomes of it.

use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;

use super::call::Call;
use super::descriptors::{Descriptor, Descriptors};
use super::errno::Errno;
use super::fault::Answer;
use crate::guest::files::bindings::filesystem::types::{DescriptorFlags, DescriptorType, NewTimestamp};
use crate::guest::files::stat::Stat;

/// Kinds of what is open, by their numbers.
const UNKNOWN: u8 = 0;
const CHARACTER_DEVICE: u8 = 2;
const DIRECTORY: u8 = 3;
const REGULAR_FILE: u8 = 4;

/// Rights, by their bits.
pub(super) const MAY_READ: u64 = 1 << 1;
pub(super) const MAY_WRITE: u64 = 1 << 6;
const MAY_POLL: u64 = 1 << 27;
/// All that can be asked of a file: what is refused is refused where it is tried.
const OF_FILES: u64 = 0b1_1111_1111
    | 1 << 21 // fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times
    | 1 << 22
    | 1 << 23
    | MAY_POLL;
/// `fd_fdstat_set_flags`, `fd_sync`, `fd_advise`, all of paths, `fd_readdir`, and what concerns its own times.
const OF_DIRECTORIES: u64 = 1 << 3
    | 1 << 4
    | 1 << 7
    | 0b11_1111_1111 << 9
    | 1 << 18
    | 1 << 20
    | 1 << 21
    | 1 << 23
    | 1 << 24
    | 1 << 25
    | 1 << 26;

/// Ways to write to a file, by their bits.
pub(super) const APPEND: u32 = 1;
const NONBLOCK: u32 = 4;
/// That what is written is on the disk at once.
pub(super) const SYNCHRONOUS: u32 = 2 | 8 | 16;
pub(super) const FLAGS: u32 = APPEND | NONBLOCK | SYNCHRONOUS;

pub(super) fn advise(call: &mut Call<'_>, fd: u32, _: u64, _: u64, advice: u32) -> Answer {
    call.descriptors().file(fd)?;
    // The kernel knows by itself how it is read.
    if advice > 5 { Err(Errno::Invalid.into()) } else { Ok(()) }
}

pub(super) fn allocate(call: &mut Call<'_>, fd: u32, _: u64, _: u64) -> Answer {
    call.descriptors().file(fd)?;
    Err(Errno::NotSupported.into())
}

pub(super) fn close(call: &mut Call<'_>, fd: u32) -> Answer {
    call.descriptors().close(fd)
}

/// Nothing is written to a disk.
pub(super) fn sync(call: &mut Call<'_>, fd: u32) -> Answer {
    match call.descriptors().get(fd)? {
        Descriptor::File(_) | Descriptor::Directory(_) => Ok(()),
        Descriptor::Input { .. } | Descriptor::Output(_) => Err(Errno::Invalid.into()),
    }
}

pub(super) fn flags(call: &mut Call<'_>, fd: u32, out: u32) -> Answer {
    let (kind, flags, base, inheriting) = match call.descriptors().get(fd)? {
        Descriptor::Input { is_terminal: true, .. } => (CHARACTER_DEVICE, 0, MAY_READ | MAY_POLL, 0),
        Descriptor::Input { .. } => (UNKNOWN, 0, MAY_READ | MAY_POLL, 0),
        Descriptor::Output(_) => (UNKNOWN, 0, MAY_WRITE | MAY_POLL, 0),
        Descriptor::Directory(_) => (DIRECTORY, 0, OF_DIRECTORIES, OF_DIRECTORIES | OF_FILES),
        Descriptor::File(file) => {
            let access = file.node.flags();
            let mut rights = OF_FILES;
            if !access.contains(DescriptorFlags::READ) {
                rights &= !MAY_READ;
            }
            if !access.contains(DescriptorFlags::WRITE) {
                rights &= !MAY_WRITE;
            }
            (REGULAR_FILE, file.flags, rights, 0)
        }
    };
    let mut told = [0; 24];
    told[0] = kind;
    told[2..4].copy_from_slice(&(flags as u16).to_le_bytes());
    told[8..16].copy_from_slice(&base.to_le_bytes());
    told[16..].copy_from_slice(&inheriting.to_le_bytes());
    call.put(out, &told)
}

pub(super) fn set_flags(call: &mut Call<'_>, fd: u32, flags: u32) -> Answer {
    if flags & !(APPEND | NONBLOCK) != 0 {
        return Err(Errno::Invalid.into());
    }
    match call.descriptors().get(fd)? {
        Descriptor::File(file) => {
            file.flags = file.flags & SYNCHRONOUS | flags;
            Ok(())
        }
        // A guest waits for what is to come, or is told by `poll_oneoff`.
        _ if flags == 0 => Ok(()),
        _ => Err(Errno::NotSupported.into()),
    }
}

/// Taking rights away from oneself holds off nobody else.
pub(super) fn set_rights(call: &mut Call<'_>, fd: u32, _: u64, _: u64) -> Answer {
    call.descriptors().get(fd)?;
    Err(Errno::NotSupported.into())
}

pub(super) async fn stat(call: &mut Call<'_>, fd: u32, out: u32) -> Answer {
    let work = call.work();
    let node = match call.descriptors().get(fd)? {
        Descriptor::File(file) => file.node.clone(),
        Descriptor::Directory(directory) => directory.node.clone(),
        Descriptor::Input { is_terminal, .. } => {
            let kind = if *is_terminal { CHARACTER_DEVICE } else { UNKNOWN };
            return call.put(out, &Told { kind, ..Told::default() }.bytes());
        }
        Descriptor::Output(_) => return call.put(out, &Told::default().bytes()),
    };
    let told = Told::of(node.stat(&work).await?);
    call.put(out, &told.bytes())
}

pub(super) fn set_size(call: &mut Call<'_>, fd: u32, size: u64) -> Answer {
    Ok(call.descriptors().file(fd)?.file()?.changeable()?.set_size(size)?)
}

pub(super) fn set_times(call: &mut Call<'_>, fd: u32, accessed: u64, modified: u64, flags: u32) -> Answer {
    let (accessed, modified) = new_times(accessed, modified, flags)?;
    let node = match call.descriptors().get(fd)? {
        Descriptor::File(file) => &file.node,
        Descriptor::Directory(directory) => &directory.node,
        Descriptor::Input { .. } | Descriptor::Output(_) => return Err(Errno::BadDescriptor.into()),
    };
    Ok(node.changeable()?.set_times(accessed, modified)?)
}

pub(super) fn preopened(call: &mut Call<'_>, fd: u32, out: u32) -> Answer {
    let length = preopened_as(call.descriptors(), fd)?.len();
    let mut told = [0; 8];
    told[4..].copy_from_slice(&u32::try_from(length).map_err(|_| Errno::Overflow)?.to_le_bytes());
    call.put(out, &told)
}

pub(super) fn preopened_name(call: &mut Call<'_>, fd: u32, at: u32, length: u32) -> Answer {
    let name = preopened_as(call.descriptors(), fd)?.to_owned();
    match name.len() > length as usize {
        true => Err(Errno::NameTooLong.into()),
        false => call.put(at, name.as_bytes()),
    }
}

fn preopened_as(descriptors: &mut Descriptors, fd: u32) -> Answer<&str> {
    match descriptors.get(fd)? {
        Descriptor::Directory(directory) => Ok(directory.preopened.as_deref().ok_or(Errno::BadDescriptor)?),
        _ => Err(Errno::BadDescriptor.into()),
    }
}

pub(super) fn renumber(call: &mut Call<'_>, from: u32, to: u32) -> Answer {
    call.descriptors().renumber(from, to)
}

pub(super) fn socket(call: &mut Call<'_>, fd: u32, _: u32, _: u32) -> Answer {
    no_socket(call, fd)
}

pub(super) fn receive(call: &mut Call<'_>, fd: u32, _: u32, _: u32, _: u32, _: u32, _: u32) -> Answer {
    no_socket(call, fd)
}

pub(super) fn send(call: &mut Call<'_>, fd: u32, _: u32, _: u32, _: u32, _: u32) -> Answer {
    no_socket(call, fd)
}

pub(super) fn shutdown(call: &mut Call<'_>, fd: u32, _: u32) -> Answer {
    no_socket(call, fd)
}

/// Nothing that is open is one.
fn no_socket(call: &mut Call<'_>, fd: u32) -> Answer {
    call.descriptors().get(fd)?;
    Err(Errno::NotSocket.into())
}

/// The times that a call sets, by its flags.
pub(super) fn new_times(accessed: u64, modified: u64, flags: u32) -> Answer<(NewTimestamp, NewTimestamp)> {
    let time = |at: u64, flags: u32| {
        Ok(match flags & 0b11 {
            0 => NewTimestamp::NoChange,
            1 => NewTimestamp::Timestamp(Datetime {
                seconds: at / 1_000_000_000,
                nanoseconds: (at % 1_000_000_000) as u32,
            }),
            2 => NewTimestamp::Now,
            _ => return Err(Errno::Invalid),
        })
    };
    if flags > 0b1111 {
        return Err(Errno::Invalid.into());
    }
    Ok((time(accessed, flags)?, time(modified, flags >> 2)?))
}

/// What is told of a file.
#[derive(Default)]
pub(super) struct Told {
    number: u64,
    kind: u8,
    links: u64,
    size: u64,
    /// When it was read, written, and changed, in nanoseconds since 1970.
    times: [u64; 3],
}

impl Told {
    pub fn of(stat: Stat) -> Self {
        let (number, kind, told) = (stat.hash().lower, kind(stat.kind), stat.told());
        let times = [told.data_access_timestamp, told.data_modification_timestamp, told.status_change_timestamp];
        Self { number, kind, links: told.link_count, size: told.size, times: times.map(nanoseconds) }
    }

    pub fn bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        let mut put = |at: usize, number: u64| bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
        // All are on one device: their numbers are taken from the machine's devices, too.
        put(0, 1);
        put(8, self.number);
        put(16, self.kind.into());
        put(24, self.links);
        put(32, self.size);
        for (index, time) in self.times.into_iter().enumerate() {
            put(40 + 8 * index, time);
        }
        bytes
    }
}

pub(super) fn kind(kind: DescriptorType) -> u8 {
    match kind {
        DescriptorType::BlockDevice => 1,
        DescriptorType::CharacterDevice => CHARACTER_DEVICE,
        DescriptorType::Directory => DIRECTORY,
        DescriptorType::RegularFile => REGULAR_FILE,
        DescriptorType::Socket => 6,
        DescriptorType::SymbolicLink => 7,
        DescriptorType::Fifo | DescriptorType::Unknown => UNKNOWN,
    }
}

/// 0, for a time that is not known.
fn nanoseconds(time: Option<Datetime>) -> u64 {
    let since = |time: Datetime| time.seconds.checked_mul(1_000_000_000)?.checked_add(time.nanoseconds.into());
    time.and_then(since).unwrap_or(0)
}
