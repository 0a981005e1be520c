//! Looks for keys of um-host itself in a request: no action is given one on purpose, and no host is to get one.
//!
//! Guarantees: nothing is resolved or sent of a request that has one in its head, in any way that a head can be read; one
//! that has it in its body is broken off before its first byte.
//!
//! Deliberately absent: a key in base64 or another encoding.

use std::sync::LazyLock;

use super::scan::Scan;
use crate::error::egress::EgressError;
use bytes::Bytes;
use um_base::rule::HostName;
use um_leak::{Filter, Ready, Sieve, Stream, holds_key, may_hold_key};

/// Guards nothing, and so finds keys alone.
static KEYS: LazyLock<Filter> = LazyLock::new(Filter::new);

fn keys() -> Ready<'static> {
    KEYS.if_ready().expect("nothing is added to it")
}

/// Refuses a request to `host` with a key in its head, of which these are the readings.
pub(crate) fn check_head(head: &[u8], host: &HostName) -> Result<(), EgressError> {
    match holds_key(head) {
        true => Err(EgressError::Key { host: host.clone() }),
        false => Ok(()),
    }
}

/// The scan of one body, which goes to `host`.
pub(crate) struct KeyScan {
    host: HostName,
    sieve: Sieve,
}

impl KeyScan {
    pub(crate) fn new(host: HostName) -> Self {
        let sieve = KEYS.sieve(Stream::Request(host.to_string()));
        Self { host, sieve }
    }

    fn refusal(&self) -> EgressError {
        EgressError::Key { host: self.host.clone() }
    }
}

impl Scan for KeyScan {
    fn pass(&mut self, piece: Bytes) -> Result<Bytes, EgressError> {
        // Most often it passes as it is, without a copy.
        if self.sieve.held() == 0 && !may_hold_key(&piece) {
            return Ok(piece);
        }
        let mut passed = Vec::with_capacity(self.sieve.held() + piece.len());
        self.sieve.pass(keys(), &piece, &mut passed).map_err(|_| self.refusal())?;
        Ok(passed.into())
    }

    fn rest(&mut self) -> Result<Bytes, EgressError> {
        let mut passed = Vec::new();
        self.sieve.finish(keys(), &mut passed).map_err(|_| self.refusal())?;
        Ok(passed.into())
    }

    fn held(&self) -> u64 {
        self.sieve.held() as u64
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::request::readings::readings;

    const KEY: &str = "um-host-key-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8qG-Q";

    fn host() -> HostName {
        HostName::parse("a.example").unwrap()
    }

    #[test]
    fn a_key_in_a_head_is_found_however_it_is_written() {
        let head = |path: &str, header: &str| {
            let request = Request::get(format!("https://a.example{path}")).header("x-token", header).body(()).unwrap();
            check_head(&readings(&request.into_parts().0), &host())
        };
        let encoded: String = KEY.bytes().map(|byte| format!("%{byte:02x}")).collect();
        for (path, header) in [
            (format!("/{KEY}"), "x".to_owned()),
            (format!("/?key={KEY}&a=b"), "x".to_owned()),
            (format!("/?key={encoded}"), "x".to_owned()),
            ("/".to_owned(), format!("Bearer {KEY}")),
        ] {
            let refused = head(&path, &header).unwrap_err();
            assert!(matches!(refused, EgressError::Key { .. }) && !refused.to_string().contains(KEY), "{refused}");
        }
        assert!(head("/um-host-key-", &format!("Bearer {}", &KEY[1..])).is_ok());
    }

    #[test]
    fn a_body_with_a_key_is_broken_off_before_its_first_byte_and_any_other_passes() {
        let mistyped = KEY.replace("AAEC", "AAED");
        for (text, is_key) in [(KEY, true), (&*mistyped, false), ("no key, but um-host-k", false)] {
            let body = format!("before {text} after").into_bytes();
            for cut in 1..=body.len() {
                let (mut scan, mut out) = (KeyScan::new(host()), Vec::new());
                let mut pieces = body.chunks(cut).map(|piece| scan.pass(Bytes::copy_from_slice(piece)));
                let ended = pieces.try_for_each(|passed| passed.map(|passed| out.extend_from_slice(&passed)));
                let ended = ended.and_then(|()| scan.rest().map(|rest| out.extend_from_slice(&rest)));
                assert_eq!(ended.is_err(), is_key, "{text} in pieces of {cut}");
                assert!(
                    if is_key { b"before ".starts_with(&out[..]) } else { out == body },
                    "{text} in pieces of {cut}"
                );
            }
        }
    }
}
