//! What is wrong with a response.

use std::fmt;

use um_base::coded;

/// Longest name that is told, in bytes.
const NAME: usize = 40;

/// How an answer breaks the rules of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum ProtocolFault {
    #[error("closed the connection before its response was complete")]
    Closed,
    #[error("sent a response that breaks the rules of HTTP")]
    Malformed,
    #[error("sent headers of more than 64 KiB or 100 lines")]
    HeadTooLarge,
    #[error("sent a body that breaks its own framing")]
    Framing,
    /// A stream of HTTP/2 was reset.
    #[error("broke its response off")]
    Reset,
    #[error("sent far more than its responses hold: announcements, framing or pings without end")]
    Noise,
    #[error("switched to another protocol without being asked")]
    Upgrade,
    /// From now on it is spoken.
    #[error("takes this request over HTTP/1.1 only, from now on")]
    Http1Required,
}

coded! { ProtocolFault:
    Self::Closed | Self::Reset => Unavailable "response-broken-off",
    Self::Malformed | Self::Framing | Self::Noise | Self::Upgrade => Unavailable "response-malformed",
    Self::HeadTooLarge => Unavailable "response-head-too-large",
    Self::Http1Required => Unavailable "http1-required",
}

/// Why an answer was refused. All of it that was not let out yet is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum ResponseFault {
    #[error(
        "compressed its response in a way that is not known here, or more than once; a sealed secret is bound to it"
    )]
    Encoding,
    #[error("answered in the charset `{0}`, in which a sealed secret that is bound to it would not be found")]
    Charset(CharsetName),
    #[error("sent a part of its response; a sealed secret is bound to it, which could be cut there")]
    Partial,
    #[error("sent a gzip file that holds a sealed secret which is bound to it")]
    Packed,
    #[error("sent a compressed response that is corrupt")]
    Corrupt,
    #[error("sent a compressed response that breaks off")]
    Truncated,
    #[error("sent a compressed response that grows too much")]
    TooLarge,
}

coded! { ResponseFault:
    Self::Encoding => Denied "response-encoding",
    Self::Charset(_) => Denied "response-charset",
    Self::Partial => Denied "response-partial",
    Self::Packed => Denied "response-packed",
    Self::Corrupt | Self::Truncated => Denied "response-corrupt",
    Self::TooLarge => Full "response-inflates",
}

/// The name of a charset as it may stand in a message: bounded, and without anything but letters, digits and `-_.:+()*`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CharsetName {
    bytes: [u8; NAME],
    length: usize,
}

impl CharsetName {
    pub(crate) fn new(name: &[u8]) -> Self {
        let mut told = Self { bytes: [b'?'; NAME], length: name.len().min(NAME) };
        for (told, &byte) in told.bytes.iter_mut().zip(name) {
            if byte.is_ascii_alphanumeric() || b"-_.:+()* ".contains(&byte) {
                *told = byte;
            }
        }
        told
    }
}

impl fmt::Display for CharsetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.bytes[..self.length]))
    }
}

impl fmt::Debug for CharsetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
