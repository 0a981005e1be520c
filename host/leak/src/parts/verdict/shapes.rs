//! What issuers give out: how their keys begin, how long they are and of which letters. And what looks like a key and is
//! public by its purpose.
//!
//! A beginning alone is nothing: what stands behind has the length, and is no word.

mod shape;
mod table;

use super::digests::is_base64;
use super::random::most_random;
use shape::{Letters, Shape};
use table::{HASHES, PUBLIC, SHAPES};

/// What may be longer than this may be as long as it likes, and is read no further than it must.
const OPEN: usize = 200;

/// Whether a key, a token, a private key or the hash of a password stands anywhere in a text.
pub(super) fn is_known(text: &str) -> bool {
    has_private_key(text) || begins(text).any(is_key)
}

/// Whether a text names a thing as its issuer does: whoever knows no key can have nothing of it.
pub(super) fn is_name(text: &str) -> bool {
    PUBLIC.iter().any(|shape| shape.length(text).is_some_and(|length| shape.0.len() + length == text.len()))
}

/// Whether a text is the public half of a key, a certificate, or the proof of a domain.
pub(super) fn is_public(text: &str) -> bool {
    let framed = text.starts_with("-----BEGIN ") || text.starts_with(BASE64_OF_PEM);
    let of_ssh = SSH_KEYS.iter().any(|kind| text.split_once(kind).is_some_and(|(_, rest)| rest.starts_with(" AAAA")));
    (framed || of_ssh || is_bare_public(text) || text.starts_with("v=DKIM1") || text.contains("-verification="))
        && !is_known(text)
}

/// X.509 without its frame: a public key, or a certificate, which begins with its version.
fn is_bare_public(text: &str) -> bool {
    #[rustfmt::skip]
    const KEYS: [&str; 6] = [
        "MIGfMA0G", "MIIBIjANBg", "MIICIjANBg", "MFkwEwYHKoZIzj0", "MHYwEAYHKoZIzj0", "MCowBQYDK2V",
    ];
    let is_certificate = text.starts_with("MII")
        && text.get(6..8) == Some("CC")
        && text.get(..24).is_some_and(|start| start.contains("gAwIBAgI"));
    (is_certificate || KEYS.iter().any(|start| text.starts_with(start))) && is_base64(text)
}

#[rustfmt::skip]
const SSH_KEYS: [&str; 7] = [
    "ssh-rsa", "ssh-dss", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
];
/// `-----BEGIN ` in base64, but for the last letters, which the next word changes.
const BASE64_OF_PEM: &str = "LS0tLS1CRUdJTi";
/// In base64 behind that: `CERT`, `PUBLIC`, `TRUSTED`, `X509`, `RSA PUB`, `DH`.
const BASE64_OF_PUBLIC: [&str; 6] = ["BDRVJU", "BQVUJMSUM", "BUUlVTVEVE", "BYNTA5", "BSU0EgUFVC", "BESCBQ"];
/// Labels of PEM that frame what all may see.
#[rustfmt::skip]
const PUBLIC_LABELS: [&str; 9] = [
    "CERTIFICATE", "NEW CERTIFICATE REQUEST", "PGP PUBLIC KEY BLOCK", "PUBLIC KEY", "RSA PUBLIC KEY",
    "SSH2 PUBLIC KEY", "TRUSTED CERTIFICATE", "X509 CRL", "DH PARAMETERS",
];

/// PEM, as it is, in base64 or bare; files of PuTTY.
fn has_private_key(text: &str) -> bool {
    let is_public = |label: &str| {
        PUBLIC_LABELS.contains(&label) || label.starts_with("CERTIFICATE") || label.starts_with("EC PARAM")
    };
    let framed =
        text.split("-----BEGIN ").skip(1).any(|block| !is_public(block.split("-----").next().unwrap_or(block)));
    let in_base64 =
        text.split(BASE64_OF_PEM).skip(1).any(|rest| !BASE64_OF_PUBLIC.iter().any(|label| rest.starts_with(label)));
    // PKCS #8, #1 and #12 in base64 begin with a version, as no certificate does; then SEC 1, Ed25519 and OpenSSH.
    let versioned = text.starts_with("MII") && text.get(6..9) == Some("IBA");
    let others = ["MHcCAQEE", "MIGHAgEA", "MIGkAgEB", "MC4CAQAw", "b3BlbnNzaC1rZXktdjE"];
    let bare = text.len() >= 64 && (versioned || others.iter().any(|start| text.starts_with(start))) && is_base64(text);
    framed || in_base64 || bare || text.starts_with("PuTTY-User-Key-File-")
}

/// What follows each place where a word may begin.
fn begins(text: &str) -> impl Iterator<Item = &str> {
    let mut last = b' ';
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        let begins = !last.is_ascii_alphanumeric() && (byte.is_ascii_alphanumeric() || byte == b'$' || byte == b'{');
        last = byte;
        begins.then(|| &text[at..])
    })
}

fn is_key(rest: &str) -> bool {
    let known = SHAPES.iter().filter(|shape| shape.0.as_bytes()[0] == rest.as_bytes()[0]);
    known.into_iter().any(|shape| shape.length(rest).is_some_and(|length| !is_worded(&rest[shape.0.len()..][..length])))
        || is_jwt(rest)
        || is_bot(rest)
        || is_hash(rest)
}

fn is_hash(rest: &str) -> bool {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"',;".contains(byte);
    let length = |least: usize| rest.bytes().take(least).take_while(|byte| !ends(byte)).count();
    HASHES.iter().any(|(start, least)| rest.starts_with(start) && length(*least) == *least)
}

impl Shape {
    /// How long what stands behind the beginning is, if it is as long as that of a key.
    fn length(&self, text: &str) -> Option<usize> {
        let rest = text.strip_prefix(self.0)?.as_bytes();
        let bound = if *self.2.end() > OPEN { *self.2.start() } else { self.2.end() + 1 };
        let length = rest.iter().take(bound).take_while(|byte| self.1.has(**byte)).count();
        self.2.contains(&length).then_some(length)
    }
}

/// Whether the letters behind a beginning are those of words, or one letter again and again.
fn is_worded(letters: &str) -> bool {
    let mut seen = [false; 256];
    letters.bytes().for_each(|byte| seen[usize::from(byte)] = true);
    let few = seen.iter().filter(|seen| **seen).count() < 5;
    few || most_random(letters).0 <= 0 && !letters.bytes().any(|byte| byte.is_ascii_digit())
}

/// Of a JWT, and 40 letters of what is behind.
const LONGEST_HEADER: usize = 600;

/// RFC 7519: three parts or five, of which the first is `{"…` in base64.
fn is_jwt(rest: &str) -> bool {
    if !rest.starts_with("eyJ") {
        return false;
    }
    let letters = rest.bytes().take(LONGEST_HEADER).take_while(|byte| Letters::Dotted.has(*byte)).count();
    let mut parts = rest[..letters].split('.');
    let header = parts.next().is_some_and(|header| header.len() >= 16);
    header && parts.next().is_some_and(|claims| claims.starts_with("eyJ") || claims.len() > 40)
}

/// A bot of Telegram: its number, and 35 letters behind a colon. Of Discord: three parts, the first its number in base64.
fn is_bot(rest: &str) -> bool {
    let digits = rest.bytes().take(16).take_while(u8::is_ascii_digit).count();
    let key = Shape(":", Letters::Url, 34..=36);
    if (8..=12).contains(&digits)
        && key.length(&rest[digits..]).is_some_and(|length| !is_worded(&rest[digits + 1..][..length]))
    {
        return true;
    }
    let letters = rest.bytes().take(100).take_while(|byte| Letters::Dotted.has(*byte)).count();
    let mut parts = rest[..letters].split('.').map(str::len);
    let lengths = [parts.next(), parts.next(), parts.next(), parts.next()];
    let [Some(23..=28), Some(6..=7), Some(27..=40), None] = lengths else { return false };
    matches!(rest.as_bytes()[0], b'M' | b'N' | b'O') && !is_worded(&rest[..letters])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many letters of one kind that no word has.
    fn letters(of: Letters, length: usize) -> String {
        let some = "7kQ2mX9vL4pZ8rT1wB6nJ3hD5sF0gCyRxKtVqPzMbWdNcHfGjS";
        let fitting: Vec<char> = match of {
            Letters::Lower => some.to_ascii_lowercase().chars().collect(),
            Letters::Upper => some.to_ascii_uppercase().chars().collect(),
            Letters::Hex => "7f3a9c2e81b04d56".chars().collect(),
            Letters::Digits => "7392810465".chars().collect(),
            _ => some.chars().collect(),
        };
        fitting.iter().cycle().take(length).collect()
    }

    #[test]
    fn every_shape_is_found_wherever_it_stands_and_shorter_ones_are_not() {
        assert!(SHAPES.len() >= 80, "{}", SHAPES.len());
        for Shape(start, of, lengths) in &SHAPES {
            let key = format!("{start}{}", letters(*of, *lengths.start()));
            for text in [key.clone(), format!("see {key}, please"), format!("KEY=\"{key}\"")] {
                assert!(is_known(&text), "{text}");
            }
        }
        for Shape(start, of, lengths) in SHAPES.iter().filter(|shape| shape.0.len() > 3) {
            let short = format!("{start}{}", letters(*of, lengths.start() - 1));
            let own = |shape: &Shape| shape.length(&short).is_some();
            assert!(SHAPES.iter().filter(|shape| shape.0 == *start).all(|shape| !own(shape)), "{short}");
        }
    }

    #[test]
    fn words_that_begin_like_a_key_are_none() {
        for text in [
            "sk_live_mode",
            "ghp_repo_name",
            "sk_live_",
            "AKIA",
            "AKIAIOSFODNN",
            "xoxb-",
            "github_pat_rotation_policy",
            "hf_model_repository",
            "npm_config_registry",
            "npm_package_json_configuration_directory",
            "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx",
            "pypi-publish",
            "key-value-store",
            "SG.",
            "glpat-",
            "eyJ",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "sk-learn-contribution-guidelines",
            "rk_live_update",
            "dapi_documentation",
        ] {
            assert!(!is_known(text), "{text}");
        }
    }

    #[test]
    fn private_keys_are_known_in_any_frame_and_public_ones_are_public() {
        let body = "MIIBVgIBADANBgkqhkiG9w0BAQEFAASCAUAwggE8";
        for label in [
            "PRIVATE KEY",
            "RSA PRIVATE KEY",
            "OPENSSH PRIVATE KEY",
            "ENCRYPTED PRIVATE KEY",
            "PGP MESSAGE",
            "PGP PRIVATE KEY BLOCK",
        ] {
            assert!(is_known(&format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")), "{label}");
        }
        for label in ["CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST", "PGP PUBLIC KEY BLOCK"] {
            let text = format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
            assert!(is_public(&text) && !is_known(&text), "{label}");
        }
        assert!(is_public("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIp2xkNOVqUyTq deploy@host"));
        assert!(!is_public(
            "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nx"
        ));
    }
}
