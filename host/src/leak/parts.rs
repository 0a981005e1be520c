//! What of a value is looked for by itself: its lines, the strings in its JSON, the password in its URL.
//!
//! A part is never shorter than 8 bytes and never a word that stands in every log, but for the value itself. Keys of
//! JSON, names of users and the frames of PEM are not secret.
//!
//! Deliberately absent: parts of YAML, of cookies, of key-value lists without JSON.

use serde_json::Value;
use zeroize::Zeroizing;

use super::Form;
use super::percent::decode;
use crate::secret::{Masking, masking};

/// The shortest part or encoding that is looked for.
pub(super) const SHORTEST: usize = 8;
/// A longer text is looked for in pieces, so that what is held back is bounded.
const LONG: usize = 4096;
/// How long they are, and how much of one is in the next: whole values in any encoding lie under touching masks.
const PIECE: usize = 1024;
const OVERLAP: usize = 64;
/// Of so much text in lines, leaves and the like every form is looked for; of what is beyond, the common ones; and what
/// is beyond that only as it is.
const IN_EVERY_FORM: usize = 1024;
const IN_COMMON_FORMS: usize = 8 * 1024;
/// JSON in JSON, a URL in JSON.
const DEEPEST: usize = 3;

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

pub(super) struct Part {
    /// What it is called as it is.
    pub form: Form,
    pub text: Zeroizing<String>,
    pub extent: Extent,
}

/// In how many forms a part is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    AsItIs,
    /// As it is, with line breaks anywhere.
    AcrossLines,
    /// Those that are common; a long text has too many of the others.
    Common,
    Every,
}

/// The parts of a value, the value first.
pub(super) fn of(value: &str) -> Vec<Part> {
    let trimmed = value.trim();
    let mut parts = Parts::default();
    if value.len() <= LONG {
        let extent = if trimmed.len() < SHORTEST { Extent::Every } else { Extent::AsItIs };
        parts.add(Form::Raw, value, extent);
    }
    // White space around a value is no secret, and each form of the value holds that of what is inside.
    if trimmed.len() >= SHORTEST {
        let (form, extent) =
            if value.len() <= LONG { (Form::Trimmed, Extent::Every) } else { (Form::Raw, Extent::Common) };
        pieces(trimmed).for_each(|piece| parts.add(form, piece, extent));
        parts.add_inner(trimmed, 0);
    }
    parts.list
}

/// The value itself, or the pieces that it is looked for in.
pub(super) fn pieces(value: &str) -> impl Iterator<Item = &str> {
    let whole = if value.len() <= LONG { value } else { value.trim() };
    let mut rest = Some(whole);
    std::iter::from_fn(move || {
        let text = rest?;
        if text.len() <= LONG && whole.len() <= LONG || text.len() <= PIECE {
            rest = None;
            return Some(text);
        }
        rest = Some(&text[text.floor_char_boundary(PIECE - OVERLAP)..]);
        Some(&text[..text.floor_char_boundary(PIECE)])
    })
}

#[derive(Default)]
struct Parts {
    list: Vec<Part>,
    /// So much text was in parts of parts.
    inner: usize,
}

impl Parts {
    fn add(&mut self, form: Form, text: &str, extent: Extent) {
        self.list.push(Part { form, text: Zeroizing::new(text.to_owned()), extent });
    }

    /// A part of a part, if it is worth a search. Returns whether it is.
    fn add_part(&mut self, form: Form, text: &str) -> bool {
        if text.len() < SHORTEST || masking(text) != Masking::EveryForm {
            return false;
        }
        self.inner += text.len();
        let extent = if self.inner <= IN_EVERY_FORM {
            Extent::Every
        } else if self.inner <= IN_COMMON_FORMS {
            Extent::Common
        } else {
            Extent::AsItIs
        };
        pieces(text).for_each(|piece| self.add(form, piece, extent));
        true
    }

    fn add_inner(&mut self, text: &str, depth: usize) {
        self.add_lines(text);
        self.add_pem(text);
        self.add_url(text);
        if depth < DEEPEST
            && text.starts_with(['{', '[', '"'])
            && let Ok(value) = serde_json::from_str(text)
        {
            self.add_leaves(value, depth + 1);
        }
    }

    fn add_lines(&mut self, text: &str) {
        let lines: Vec<&str> = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() < 2 {
            return;
        }
        if text.len() <= LONG {
            // The second is found with any white space that has a line break.
            for (between, extent) in [(" ", Extent::AsItIs), ("", Extent::AcrossLines)] {
                let joined = Zeroizing::new(lines.join(between));
                if joined.len() >= SHORTEST {
                    self.add(Form::Joined, &joined, extent);
                }
            }
        }
        for line in lines.into_iter().filter(|line| !is_frame(line)) {
            self.add_part(Form::Line, line);
        }
    }

    /// RFC 7468: what stands between the frames, without its line breaks.
    fn add_pem(&mut self, text: &str) {
        for block in text.split("-----BEGIN ").skip(1) {
            let body =
                block.split_once("-----").and_then(|(_, rest)| rest.split_once("-----END ")).map(|(body, _)| body);
            let Some(body) = body else { continue };
            let mut joined = Zeroizing::new(String::with_capacity(body.len()));
            joined.extend(body.split_ascii_whitespace());
            if self.add_part(Form::Part, &joined) {
                pieces(&joined).for_each(|piece| self.add(Form::Part, piece, Extent::AcrossLines));
            }
        }
    }

    /// RFC 3986, 3.2.1: user and password, the password alone, and both as they are once decoded.
    fn add_url(&mut self, text: &str) {
        let Some(user_info) = user_info(text) else { return };
        let password = user_info.split_once(':').map(|(_, password)| password);
        for part in [Some(user_info), password].into_iter().flatten() {
            self.add_part(Form::Part, part);
            if part.contains('%')
                && let Some(decoded) = decode(part)
            {
                self.add_part(Form::Part, &decoded);
            }
        }
    }

    fn add_leaves(&mut self, value: Value, depth: usize) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                let text = Zeroizing::new(number.to_string());
                if text.bytes().filter(u8::is_ascii_digit).count() >= SHORTEST {
                    self.add_part(Form::Part, &text);
                }
            }
            Value::String(text) => {
                let text = Zeroizing::new(text);
                if self.add_part(Form::Part, text.trim()) {
                    self.add_inner(text.trim(), depth);
                }
            }
            Value::Array(values) => values.into_iter().for_each(|value| self.add_leaves(value, depth)),
            Value::Object(members) => members.into_iter().for_each(|(_, value)| self.add_leaves(value, depth)),
        }
    }
}

/// Whether a line frames PEM and tells nothing: its label has no other words than the usual ones.
fn is_frame(line: &str) -> bool {
    let label = line.strip_prefix("-----BEGIN ").or_else(|| line.strip_prefix("-----END "));
    let label = label.and_then(|label| label.strip_suffix("-----"));
    label.is_some_and(|label| label.split(' ').all(|word| FRAME_WORDS.contains(&word)))
}

fn user_info(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let named = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    (named && !scheme.is_empty()).then_some(user_info)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(value: &str, form: Form) -> Vec<String> {
        let parts = of(value).into_iter().filter(|part| part.form == form && part.extent != Extent::AcrossLines);
        parts.map(|part| part.text.to_string()).collect()
    }

    #[test]
    fn pieces_overlap_and_leave_nothing_out() {
        let value = "0123456789é".repeat(900);
        let pieces: Vec<&str> = pieces(&value).collect();
        assert!(pieces.iter().all(|piece| piece.len() <= PIECE));
        let start = |piece: &str| piece.as_ptr() as usize - value.as_ptr() as usize;
        for pair in pieces.windows(2) {
            let overlap = start(pair[0]) + pair[0].len() - start(pair[1]);
            assert!((OVERLAP..OVERLAP + 4).contains(&(overlap + 1)), "{overlap}");
        }
        let last = pieces.last().unwrap();
        assert_eq!((start(pieces[0]), start(last) + last.len()), (0, value.len()));
    }

    #[test]
    fn a_value_of_4_kib_is_one_piece() {
        assert_eq!(pieces(&"x".repeat(LONG)).count(), 1);
        assert_eq!(pieces(&"x".repeat(LONG + 1)).count(), 5);
    }

    #[test]
    fn leaves_of_json_are_parts_and_so_is_what_is_in_them() {
        let value = r#"{"user": "postgres-service", "n": [1234567, -12345678, 1.2345678e9, null],
            "url": "amqp://app:p%40ss-w0rd@host/x", "same": "changeme", "deep": "{\"key\": \"in the depth\"}"}"#;
        assert_eq!(
            texts(value, Form::Part),
            [
                "postgres-service",
                "-12345678",
                "1.2345678e+9",
                "amqp://app:p%40ss-w0rd@host/x",
                "app:p%40ss-w0rd",
                "app:p@ss-w0rd",
                "p%40ss-w0rd",
                "p@ss-w0rd",
                "{\"key\": \"in the depth\"}",
                "in the depth",
            ]
        );
    }

    #[test]
    fn the_frames_of_pem_are_no_parts() {
        let value = "-----BEGIN KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END KEY-----\n";
        assert_eq!(texts(value, Form::Line), ["MIIBVgIBADAN", "BgkqhkiG9w0B"]);
        assert_eq!(texts(value, Form::Part), ["MIIBVgIBADANBgkqhkiG9w0B"]);
        let value = "-----BEGIN k7x!k7x!-----\nMIIBVgIBADAN\n-----END k7x!k7x!-----";
        assert_eq!(texts(value, Form::Line), ["-----BEGIN k7x!k7x!-----", "MIIBVgIBADAN", "-----END k7x!k7x!-----"]);
    }

    #[test]
    fn of_many_parts_the_later_ones_are_looked_for_as_they_are() {
        let value: Vec<String> = (0..2000).map(|number| format!("part number {number}")).collect();
        let value = serde_json::to_string(&value).unwrap();
        let parts = of(&value);
        let every = parts.iter().filter(|part| part.form == Form::Part && part.extent != Extent::AsItIs).count();
        assert!((400..600).contains(&every), "{every}");
        assert_eq!(texts(&value, Form::Part).len(), 2000);
    }
}
