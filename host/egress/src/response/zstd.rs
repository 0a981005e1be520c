//! Frames of zstd (RFC 8878) as they arrive. The decoder that we use reads from a whole block, so blocks are gathered here.

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::error::response::ResponseFault;

/// Largest window of zstd, in bytes (RFC 9659).
const MAX_WINDOW_BYTES: u64 = 8 * 1024 * 1024;
/// Longest block of zstd, in bytes (RFC 8878, 3.1.1.2.4).
const MAX_BLOCK_BYTES: usize = 128 * 1024;
/// Longest head of a frame of zstd, in bytes (RFC 8878, 3.1.1.1).
const MAX_FRAME_HEAD: usize = 18;

/// Told how much has been decoded by now; says whether that is too much.
pub(crate) type Check<'a> = &'a mut dyn FnMut(usize) -> Result<(), ResponseFault>;

/// Decodes frames, one after the other, block by block.
pub(crate) struct Zstd {
    decoder: FrameDecoder,
    /// What has come of the next head or block.
    held: Vec<u8>,
    in_frame: bool,
    /// Whether a frame ends in a checksum (RFC 8878, 3.1.1.1.1).
    has_checksum: bool,
}

impl Default for Zstd {
    fn default() -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW_BYTES);
        Self { decoder, held: Vec::new(), in_frame: false, has_checksum: false }
    }
}

impl Zstd {
    pub(crate) fn write(&mut self, bytes: &[u8], out: &mut Vec<u8>, check: Check<'_>) -> Result<(), ResponseFault> {
        self.held.extend_from_slice(bytes);
        while let Some(length) = if self.in_frame { self.block_length()? } else { self.head_length()? } {
            let piece: Vec<u8> = self.held.drain(..length).collect();
            if self.in_frame {
                self.decode(&piece, out)?;
                check(out.len())?;
            } else {
                self.has_checksum = piece[4] & 4 != 0;
                self.decoder.reset(&piece[..]).map_err(|_| ResponseFault::Corrupt)?;
                self.in_frame = true;
            }
        }
        Ok(())
    }

    pub(crate) fn is_between_frames(&self) -> bool {
        self.held.is_empty() && !self.in_frame
    }

    fn decode(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<(), ResponseFault> {
        let decoded = self.decoder.decode_blocks(block, BlockDecodingStrategy::UptoBlocks(1));
        let is_last = decoded.map_err(|_| ResponseFault::Corrupt)?;
        out.extend(self.decoder.collect().unwrap_or_default());
        if is_last {
            self.in_frame = false;
            let sent = self.decoder.get_checksum_from_data();
            if sent.is_some() && sent != self.decoder.get_calculated_checksum() {
                return Err(ResponseFault::Corrupt);
            }
        }
        Ok(())
    }

    /// Length of the next frame's head, once it is all there.
    fn head_length(&self) -> Result<Option<usize>, ResponseFault> {
        let Some((magic, rest)) = self.held.split_at_checked(4) else { return Ok(None) };
        if magic != [0x28, 0xb5, 0x2f, 0xfd] {
            return Err(ResponseFault::Corrupt);
        }
        let Some(&descriptor) = rest.first() else { return Ok(None) };
        let single = usize::from(descriptor >> 5 & 1);
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let size = [single, 2, 4, 8][usize::from(descriptor >> 6)];
        let length = 5 + (1 - single) + dictionary + size;
        debug_assert!(length <= MAX_FRAME_HEAD);
        Ok((self.held.len() >= length).then_some(length))
    }

    /// Length of the next block with what ends its frame, once it is all there.
    fn block_length(&self) -> Result<Option<usize>, ResponseFault> {
        let Some(&[low, middle, high]) = self.held.first_chunk::<3>() else { return Ok(None) };
        let head = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
        let (is_last, kind, size) = (head & 1 == 1, head >> 1 & 3, head >> 3);
        if size > MAX_BLOCK_BYTES {
            return Err(ResponseFault::Corrupt);
        }
        let content = if kind == 1 { 1 } else { size };
        let checksum = if is_last && self.has_checksum { 4 } else { 0 };
        let length = 3 + content + checksum;
        Ok((self.held.len() >= length).then_some(length))
    }
}
