//! One call of a guest: its memory, and the state that answers.

use wasmtime::{Caller, Extern, Memory};
use zeroize::Zeroizing;

use super::descriptors::Descriptors;
use super::errno::Errno;
use super::fault::{Answer, Fault};
use crate::guest::pipe::WRITE_BYTES;
use crate::guest::state::State;
use um_base::Work;

/// Most buffers that one call may name, as Linux has it.
const MAX_BUFFERS: u32 = 1024;
/// Longest path, in bytes.
const MAX_PATH_BYTES: u32 = 4096;
/// Bytes of one buffer's description: where it is, and how long.
const BUFFER: u32 = 8;

/// Where the guest has, or wants, so many bytes.
#[derive(Clone, Copy)]
pub(super) struct Buffer {
    at: u32,
    length: u32,
}

/// One call.
pub(super) struct Call<'a> {
    caller: Caller<'a, State>,
    memory: Memory,
}

impl<'a> Call<'a> {
    /// # Errors
    /// The guest shows no memory to answer into.
    pub fn of(mut caller: Caller<'a, State>) -> wasmtime::Result<Self> {
        let memory = match caller.data().descriptors.memory {
            Some(memory) => memory,
            None => {
                let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                    return Err(wasmtime::Error::msg("the module exports no memory"));
                };
                // One instance is all that a run has of a module.
                *caller.data_mut().descriptors.memory.insert(memory)
            }
        };
        Ok(Self { caller, memory })
    }

    pub fn state(&mut self) -> &mut State {
        self.caller.data_mut()
    }

    pub fn descriptors(&mut self) -> &mut Descriptors {
        &mut self.state().descriptors
    }

    pub fn work(&self) -> Work {
        self.caller.data().files.work().clone()
    }

    /// What stands in the guest's memory.
    pub fn bytes(&self, at: u32, length: u32) -> Answer<&[u8]> {
        let start = at as usize;
        let range = start..start.checked_add(length as usize).ok_or(Errno::Fault)?;
        self.memory.data(&self.caller).get(range).ok_or(Fault::Errno(Errno::Fault))
    }

    pub fn u32(&self, at: u32) -> Answer<u32> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    pub fn u64(&self, at: u32) -> Answer<u64> {
        Ok(u64::from_le_bytes(self.array(at)?))
    }

    fn array<const N: usize>(&self, at: u32) -> Answer<[u8; N]> {
        let length = u32::try_from(N).expect("numbers are short");
        Ok(self.bytes(at, length)?.try_into().expect("it has the length that was asked for"))
    }

    /// A path, which is text.
    pub fn path(&self, at: u32, length: u32) -> Answer<String> {
        if length > MAX_PATH_BYTES {
            return Err(Errno::NameTooLong.into());
        }
        let path = str::from_utf8(self.bytes(at, length)?).map_err(|_| Errno::IllegalSequence)?;
        // No system of ours takes one, and C ends there.
        if path.contains('\0') { Err(Errno::IllegalSequence.into()) } else { Ok(path.to_owned()) }
    }

    pub fn put(&mut self, at: u32, bytes: &[u8]) -> Answer {
        let start = at as usize;
        let memory = self.memory.data_mut(&mut self.caller);
        let range = start..start.checked_add(bytes.len()).ok_or(Errno::Fault)?;
        memory.get_mut(range).ok_or(Errno::Fault)?.copy_from_slice(bytes);
        Ok(())
    }

    pub fn put_u32(&mut self, at: u32, number: u32) -> Answer {
        self.put(at, &number.to_le_bytes())
    }

    pub fn put_u64(&mut self, at: u32, number: u64) -> Answer {
        self.put(at, &number.to_le_bytes())
    }

    /// How many bytes were moved, which are never more than one call moves.
    pub fn put_moved(&mut self, at: u32, bytes: usize) -> Answer {
        self.put_u32(at, u32::try_from(bytes).unwrap_or(u32::MAX))
    }

    /// The buffers that a call names, up to as many bytes as one call moves. All of them must lie in the guest's memory.
    pub fn buffers(&self, at: u32, count: u32) -> Answer<Vec<Buffer>> {
        if count > MAX_BUFFERS {
            return Err(Errno::Invalid.into());
        }
        let mut left = u32::try_from(WRITE_BYTES).unwrap_or(u32::MAX);
        let mut buffers = Vec::new();
        for index in 0..count {
            let place = at.checked_add(index * BUFFER).ok_or(Errno::Fault)?;
            let (start, length) = (self.u32(place)?, self.u32(place.checked_add(4).ok_or(Errno::Fault)?)?);
            self.bytes(start, length)?;
            let length = length.min(left);
            left -= length;
            buffers.push(Buffer { at: start, length });
        }
        Ok(buffers)
    }

    /// What stands in them, one after the other.
    pub fn gather(&self, buffers: &[Buffer]) -> Answer<Zeroizing<Vec<u8>>> {
        let mut gathered = Zeroizing::new(Vec::with_capacity(room(buffers)));
        for buffer in buffers {
            gathered.extend_from_slice(self.bytes(buffer.at, buffer.length)?);
        }
        Ok(gathered)
    }

    /// Fills them one after the other, as far as the bytes go.
    pub fn scatter(&mut self, buffers: &[Buffer], mut bytes: &[u8]) -> Answer {
        for buffer in buffers {
            let (now, later) = bytes.split_at(bytes.len().min(buffer.length as usize));
            self.put(buffer.at, now)?;
            bytes = later;
        }
        Ok(())
    }
}

/// How many bytes they hold.
pub(super) fn room(buffers: &[Buffer]) -> usize {
    buffers.iter().map(|buffer| buffer.length as usize).sum()
}
