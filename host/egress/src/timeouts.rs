//! How long a request may wait, and for what.

use std::time::Duration;

/// No wait is longer than this, whoever asks for it.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

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

/// The waits that whoever sends a request asks for. What is left open is as the [`Client`](super::Client) has it.
///
/// ```
/// use std::time::Duration;
/// use um_egress::{Timeouts, Waits};
///
/// let hour = Duration::from_secs(3600);
/// let waits = Waits { first_byte: Some(hour), at_most: Some(hour / 6), ..Waits::default() };
/// let settled = waits.or(Timeouts::default());
/// assert_eq!(settled, Timeouts { first_byte: hour / 6, ..Timeouts::default() });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// See [`Timeouts::connect`].
    pub connect: Option<Duration>,
    /// See [`Timeouts::first_byte`].
    pub first_byte: Option<Duration>,
    /// See [`Timeouts::between_bytes`].
    pub between_bytes: Option<Duration>,
    /// Bounds the waits for an answer, before it begins and between its pieces, whoever they come from.
    pub at_most: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        let thirty = Duration::from_secs(30);
        Self { connect: Duration::from_secs(10), first_byte: thirty, between_bytes: thirty }
    }
}

impl From<Timeouts> for Waits {
    fn from(timeouts: Timeouts) -> Self {
        let Timeouts { connect, first_byte, between_bytes } = timeouts;
        Self { connect: Some(connect), first_byte: Some(first_byte), between_bytes: Some(between_bytes), at_most: None }
    }
}

impl Waits {
    /// As long as is asked for, else as `defaults` say; never longer than the bound, or a day.
    #[must_use]
    pub fn or(self, defaults: Timeouts) -> Timeouts {
        let longest = self.at_most.map_or(LONGEST_WAIT, |at_most| at_most.min(LONGEST_WAIT));
        Timeouts {
            connect: self.connect.unwrap_or(defaults.connect).min(LONGEST_WAIT),
            first_byte: self.first_byte.unwrap_or(defaults.first_byte).min(longest),
            between_bytes: self.between_bytes.unwrap_or(defaults.between_bytes).min(longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn a_wait_is_as_long_as_it_was_asked_for_shorter_or_longer_than_the_default() {
        let asked = Waits { connect: Some(SECOND * 60), first_byte: Some(SECOND), ..Waits::default() };
        let settled = asked.or(Timeouts::default());
        let expected = Timeouts { connect: SECOND * 60, first_byte: SECOND, between_bytes: SECOND * 30 };
        assert_eq!(settled, expected);
        assert_eq!(Waits::default().or(Timeouts::default()), Timeouts::default());
    }

    #[test]
    fn waits_for_an_answer_are_bounded_whoever_they_come_from_and_none_is_longer_than_a_day() {
        let bounded = Waits { at_most: Some(SECOND * 5), ..Waits::default() };
        let five = Timeouts { first_byte: SECOND * 5, between_bytes: SECOND * 5, ..Timeouts::default() };
        assert_eq!(bounded.or(Timeouts::default()), five);
        assert_eq!(Waits { first_byte: Some(DAY), between_bytes: Some(SECOND * 6), ..bounded }.or(five), five);
        let endless = Waits::from(Timeouts { connect: DAY * 2, first_byte: Duration::MAX, between_bytes: DAY });
        assert_eq!(endless.or(five), Timeouts { connect: DAY, first_byte: DAY, between_bytes: DAY });
    }
}
