//! Names that are made of a content or by chance, and say so themselves.

/// Digests that say so themselves: `sha256:…`, `sha384-…`, `SHA-256=…`.
pub(super) fn is_sum(text: &str) -> bool {
    const KINDS: [&str; 12] = [
        "md5", "sha1", "sha-1", "sha224", "sha256", "sha-256", "sha384", "sha-384", "sha512", "sha-512", "blake2b",
        "blake3",
    ];
    let is_one = |sum: &str| {
        KINDS.iter().any(|kind| {
            let (start, rest) = sum.split_at_checked(kind.len()).unwrap_or(("", ""));
            start.eq_ignore_ascii_case(kind) && rest.strip_prefix(['-', ':', '=']).is_some_and(is_digest_of_length)
        })
    };
    !text.is_empty() && text.split_whitespace().all(is_one)
}

fn is_digest_of_length(digest: &str) -> bool {
    is_hex(digest) && matches!(digest.len(), 32 | 40 | 56 | 64 | 96 | 128)
        || is_base64(digest) && matches!(digest.len(), 43 | 44 | 64 | 86 | 88)
}

/// 8-4-4-4-12 hexadecimal digits.
pub(super) fn is_uuid(text: &str) -> bool {
    let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let lengths = [8, 4, 4, 4, 12];
    text.len() == 36
        && text
            .split('-')
            .zip(lengths)
            .filter(|(part, length)| part.len() == *length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .count()
            == 5
}

pub(super) fn is_hex(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn is_base64(text: &str) -> bool {
    text.len() >= 16 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_\n\r".contains(&byte))
}
