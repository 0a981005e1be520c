//! Keys from keys, by HKDF-SHA256 (RFC 5869), and authenticators, by HMAC-SHA256 (RFC 2104).

use aes_gcm_siv::KeyInit;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A message authentication code by HMAC-SHA256.
pub(crate) type Authenticator = [u8; 32];

/// Extracts with the salt and expands with the purpose; gives at most 64 bytes.
pub(crate) fn expand(secret: &[u8], salt: Option<&[u8]>, purpose: &[u8], out: &mut [u8]) {
    Hkdf::<Sha256>::new(salt, secret).expand(purpose, out).expect("at most 64 bytes are asked for");
}

/// Authenticates the parts, each with its length, under a key derived for `purpose` alone.
pub(crate) fn authenticate(secret: &[u8], purpose: &str, parts: &[&[u8]]) -> Authenticator {
    let mut derived = Zeroizing::new([0; 32]);
    expand(secret, None, purpose.as_bytes(), derived.as_mut());
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&derived[..]).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Compares two authenticators without telling by its time where they differ.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
