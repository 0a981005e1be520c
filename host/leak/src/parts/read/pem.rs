//! PEM: what stands between its frames. The frames tell nothing.

use zeroize::Zeroizing;

use super::path::Path;
use super::setting::Setting;

/// Words of PEM labels: RFC 7468, and those of OpenSSL, OpenSSH and OpenPGP.
const FRAME_WORDS: [&str; 26] = [
    "ANY",
    "ATTRIBUTE",
    "BLOCK",
    "CERTIFICATE",
    "CMS",
    "CRL",
    "DH",
    "DSA",
    "EC",
    "ENCRYPTED",
    "KEY",
    "MESSAGE",
    "NEW",
    "OPENSSH",
    "PARAMETERS",
    "PGP",
    "PKCS7",
    "PRIVATE",
    "PUBLIC",
    "REQUEST",
    "RSA",
    "SIGNATURE",
    "SIGNED",
    "SSH2",
    "TRUSTED",
    "X509",
];

/// RFC 7468: what stands between the frames, without its line breaks. Returns whether it is there.
pub(super) fn read(text: &str, at: &Path, found: &mut Vec<Setting>) -> bool {
    let before = found.len();
    for block in text.split("-----BEGIN ").skip(1) {
        let body = block.split_once("-----").and_then(|(_, rest)| rest.split_once("-----END ")).map(|(body, _)| body);
        // What is still escaped is looked at once it is not.
        let Some(body) = body.filter(|body| !body.contains('\\')) else { continue };
        let mut joined = Zeroizing::new(String::with_capacity(body.len()));
        joined.extend(body.split_ascii_whitespace());
        found.push(Setting::new(at.place("pem"), &joined).certain().whole());
    }
    found.len() > before
}

/// Whether a line frames PEM and tells nothing: its label has no other words than the usual ones.
pub(super) fn is_frame(line: &str) -> bool {
    let label = line.strip_prefix("-----BEGIN ").or_else(|| line.strip_prefix("-----END "));
    let label = label.and_then(|label| label.strip_suffix("-----"));
    label.is_some_and(|label| label.split(' ').all(|word| FRAME_WORDS.contains(&word)))
}
