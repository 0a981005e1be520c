//! Reads and writes: of the standard streams in their order, of files where the guest stands in them.

use wasmtime_wasi::p2::{InputStream, OutputStream, StreamError};

use super::call::{Call, room};
use super::descriptors::{Descriptor, OpenFile};
use super::errno::Errno;
use super::fault::Answer;
use super::files::APPEND;
use um_base::Work;

pub(super) async fn read(call: &mut Call<'_>, fd: u32, buffers: u32, count: u32, out: u32) -> Answer {
    let buffers = call.buffers(buffers, count)?;
    let (wanted, work) = (room(&buffers), call.work());
    let bytes = match call.descriptors().get(fd)? {
        Descriptor::Input { stream, .. } => receive(stream.as_mut(), wanted).await?,
        Descriptor::File(file) => {
            let bytes = file.file()?.read(&work, wanted as u64, file.position).await?;
            file.position = file.position.saturating_add(bytes.len() as u64);
            bytes
        }
        // POSIX reads no directories, and says so by this number.
        Descriptor::Directory(_) => return Err(Errno::IsDirectory.into()),
        Descriptor::Output(_) => return Err(Errno::BadDescriptor.into()),
    };
    call.scatter(&buffers, &bytes)?;
    call.put_moved(out, bytes.len())
}

pub(super) async fn read_at(call: &mut Call<'_>, fd: u32, buffers: u32, count: u32, offset: u64, out: u32) -> Answer {
    let buffers = call.buffers(buffers, count)?;
    let work = call.work();
    seekable(call, fd)?;
    let file = call.descriptors().file(fd)?.file()?;
    let bytes = file.read(&work, room(&buffers) as u64, offset).await?;
    call.scatter(&buffers, &bytes)?;
    call.put_moved(out, bytes.len())
}

pub(super) async fn write(call: &mut Call<'_>, fd: u32, buffers: u32, count: u32, out: u32) -> Answer {
    let buffers = call.buffers(buffers, count)?;
    let bytes = call.gather(&buffers)?;
    let work = call.work();
    let written = match call.descriptors().get(fd)? {
        Descriptor::Output(stream) => send(stream.as_mut(), &bytes).await?,
        Descriptor::File(file) => {
            let sink = file.file()?.changeable()?;
            let place = if file.flags & APPEND != 0 { size(file, &work).await? } else { file.position };
            let written = sink.write(&bytes, place)?;
            file.position = place.saturating_add(written as u64);
            written
        }
        Descriptor::Input { .. } | Descriptor::Directory(_) => return Err(Errno::BadDescriptor.into()),
    };
    call.put_moved(out, written)
}

pub(super) async fn write_at(call: &mut Call<'_>, fd: u32, buffers: u32, count: u32, offset: u64, out: u32) -> Answer {
    let buffers = call.buffers(buffers, count)?;
    let bytes = call.gather(&buffers)?;
    seekable(call, fd)?;
    let work = call.work();
    let file = call.descriptors().file(fd)?;
    let sink = file.file()?.changeable()?;
    // As Linux does: an appending file grows, wherever its guest would write.
    let place = if file.flags & APPEND != 0 { size(file, &work).await? } else { offset };
    let written = sink.write(&bytes, place)?;
    call.put_moved(out, written)
}

pub(super) async fn seek(call: &mut Call<'_>, fd: u32, by: i64, whence: u32, out: u32) -> Answer {
    let work = call.work();
    seekable(call, fd)?;
    let file = call.descriptors().file(fd)?;
    let from = match whence {
        0 => 0,
        1 => file.position,
        2 => size(file, &work).await?,
        _ => return Err(Errno::Invalid.into()),
    };
    let position = from.checked_add_signed(by).ok_or(Errno::Invalid)?;
    file.position = position;
    call.put_u64(out, position)
}

pub(super) fn tell(call: &mut Call<'_>, fd: u32, out: u32) -> Answer {
    seekable(call, fd)?;
    let position = call.descriptors().file(fd)?.position;
    call.put_u64(out, position)
}

pub(super) async fn size(file: &OpenFile, work: &Work) -> Answer<u64> {
    Ok(file.node.stat(work).await?.told().size)
}

/// The standard streams have no places in them.
fn seekable(call: &mut Call<'_>, fd: u32) -> Answer {
    match call.descriptors().get(fd)? {
        Descriptor::Input { .. } | Descriptor::Output(_) => Err(Errno::InvalidSeek.into()),
        Descriptor::File(_) | Descriptor::Directory(_) => Ok(()),
    }
}

/// Some bytes of a stream, none at its end.
async fn receive(stream: &mut dyn InputStream, wanted: usize) -> Answer<Vec<u8>> {
    loop {
        match stream.read(wanted) {
            Ok(bytes) if bytes.is_empty() && wanted > 0 => stream.ready().await,
            Ok(bytes) => return Ok(bytes.to_vec()),
            Err(StreamError::Closed) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes all of it, as soon as there is room.
async fn send(stream: &mut dyn OutputStream, bytes: &[u8]) -> Answer<usize> {
    let mut left = bytes;
    while !left.is_empty() {
        let room = stream.write_ready().await?;
        let (now, later) = left.split_at(room.min(left.len()));
        stream.write(now.to_vec().into())?;
        left = later;
    }
    Ok(bytes.len())
}
