//! How long a request may wait, and for what.

use std::time::Duration;

/// The longest waits of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Resolving the name, connecting and the TLS handshake together. Default 10 s.
    pub connect: Duration,
    /// From the last byte of the request that was taken to the head of the response. Default 30 s.
    pub first_byte: Duration,
    /// Between two pieces of the response's body. Default 30 s.
    pub between_bytes: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let thirty = Duration::from_secs(30);
        Self { connect: Duration::from_secs(10), first_byte: thirty, between_bytes: thirty }
    }
}

impl Timeouts {
    /// The shorter of each pair: what a guest asks for never lengthens a wait.
    #[must_use]
    pub fn shortened_to(self, asked: Self) -> Self {
        Self {
            connect: self.connect.min(asked.connect),
            first_byte: self.first_byte.min(asked.first_byte),
            between_bytes: self.between_bytes.min(asked.between_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_can_shorten_a_wait_and_never_lengthen_one() {
        let ours = Timeouts::default();
        let asked = Timeouts { connect: Duration::MAX, first_byte: Duration::from_secs(1), ..ours };
        let expected = Timeouts { first_byte: Duration::from_secs(1), ..ours };
        assert_eq!(ours.shortened_to(asked), expected);
    }
}
