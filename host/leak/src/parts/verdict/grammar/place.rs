//! Where something is: hosts, persons at hosts, files, resources, images; and kinds of media.

use crate::parts::verdict::digests::is_uuid;
use crate::parts::verdict::random::is_random;
use crate::parts::verdict::words;

pub(super) fn is_place(text: &str) -> bool {
    is_host(text) || is_person(text) || is_path(text) || is_arn(text) || is_image(text) || is_media_type(text)
}

/// RFC 1123, 2.1, with a port or a star or without. Its last label is letters.
pub(crate) fn is_host(text: &str) -> bool {
    let text = text.strip_prefix("tcp:").unwrap_or(text);
    let (host, port) = text.split_once([':', ',']).unwrap_or((text, ""));
    let host = host.strip_prefix("*.").or(host.strip_prefix('.')).unwrap_or(host);
    let host = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
    };
    let last = host.rsplit_once('.').map_or(host, |(_, last)| last);
    let is_domain = (2..=18).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_lowercase());
    let named = host.contains('.') || !port.is_empty() && words::are(host);
    named
        && is_domain
        && host.split('.').all(is_label)
        && port.len() <= 5
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !is_random(host)
}

/// `person@host`, with a name before it or in brackets, and `git@host:path`.
fn is_person(text: &str) -> bool {
    let schemes = ["mailto:", "sip:", "sips:", "xmpp:", "acct:"];
    let text = schemes.iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
    let text = text.split('?').next().unwrap_or(text);
    let (name, address) =
        text.rsplit_once('<').map_or(("", text), |(name, rest)| (name, rest.strip_suffix('>').unwrap_or(rest)));
    let Some((person, place)) = address.rsplit_once('@') else { return false };
    let (host, path) = place.split_once(':').unwrap_or((place, ""));
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-%".contains(&byte);
    let is_worded = name.trim().is_empty() || words::are(name.trim().trim_matches('"'));
    let is_place = is_host(host) && (path.is_empty() || is_segments(path));
    !person.is_empty() && person.bytes().all(is_letter) && !is_random(person) && is_worded && is_place
}

/// A path of files, of this system or another; several with `:` between; with a pattern for names.
pub(crate) fn is_path(text: &str) -> bool {
    let is_root = |text: &str| {
        ["/", "./", "../", "~/", "~", "$HOME", "%", "file:", "classpath:"].iter().any(|root| text.starts_with(root))
    };
    let on_drive = text.get(1..3) == Some(":\\") || text.starts_with("\\\\") || text.get(1..3) == Some(":/");
    if on_drive {
        return is_segments(&text[2..].replace('\\', "/"));
    }
    let mut parts = text.split(':');
    let rooted = is_root(text) && text.len() > 1;
    (rooted || is_file(text)) && parts.all(|part| part.is_empty() || is_segments(part))
}

/// A name of a file without a folder that begins it: what stands behind its last point is an ending.
fn is_file(text: &str) -> bool {
    #[rustfmt::skip]
    const ENDINGS: [&str; 52] = [
        "bak", "bin", "cer", "cfg", "cnf", "conf", "crt", "css", "csv", "db", "dll", "env", "exe", "gz", "hcl",
        "html", "ini", "ico", "jar", "jks", "jpg", "js", "json", "key", "keytab", "ldif", "lock", "log", "md", "p12",
        "pdf", "pem", "pfx", "php", "pid", "png", "properties", "py", "rb", "rs", "service", "sh", "so", "sock",
        "sql", "svg", "tar", "tf", "tfstate", "toml", "ts", "txt",
    ];
    #[rustfmt::skip]
    const MORE: [&str; 10] = [
        "webp", "war", "wasm", "woff2", "xls", "xlsx", "xml", "yaml", "yml", "zip",
    ];
    let ending = text.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&ending) || MORE.contains(&ending)
}

/// Names with `/` between, none of which is random; what stands for others too.
fn is_segments(text: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || !c.is_ascii() || "-_.+@~%$#=,*?{}[]() ".contains(c);
    text.split('/').all(|segment| segment.is_empty() || segment.chars().all(is_letter) && is_segment(segment))
}

/// The name of a file, what was computed of it, and its ending.
const LONGEST_NAMED: usize = 64;

fn is_segment(segment: &str) -> bool {
    // What stands for something, a version, a part that was computed: `main.0a03cd48.chunk.js`.
    let bare = segment
        .split(['.', '-', '_', '@', '=', ',', '%', '$', '#', '~', '{', '}', '(', ')', '[', ']', '*', '?', '+', ' '])
        .filter(|part| !part.is_empty());
    let is_short_hex =
        |part: &str| part.len() <= 12 && part.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    let (mut known, mut unknown) = (0, 0);
    bare.for_each(|part| *if is_short_hex(part) || words::are(part) { &mut known } else { &mut unknown } += 1);
    let is_named_by_content = unknown == 1 && known >= 2 && segment.len() <= LONGEST_NAMED;
    unknown == 0 || is_named_by_content || is_uuid(segment)
}

/// A resource of AWS, and what others name like it.
pub(super) fn is_arn(text: &str) -> bool {
    ["arn:", "urn:", "projects/", "did:"].iter().any(|start| text.starts_with(start))
        && !text.contains(char::is_whitespace)
        && text.contains([':', '/'])
}

/// `[host/]path[:tag][@sha256:…]`, also with `@` and the name or digest of a version, as actions and packages have it.
fn is_image(text: &str) -> bool {
    let (name, version) = text.split_once('@').filter(|(name, _)| !name.is_empty()).unwrap_or((text, ""));
    let version = version.strip_prefix("sha256:").unwrap_or(version);
    let is_computed = version.len() >= 7 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_version = version.is_empty() || is_computed || super::number::is_number(version) || words::are(version);
    let (path, tag) = name.rsplit_once(':').unwrap_or((name, ""));
    let is_tag = tag.is_empty() || words::are(tag) || super::number::is_number(tag) || tag.len() <= 12;
    let tells = !version.is_empty() || path.contains('/');
    let words = path.split('/').all(|segment| is_host(segment) || words::are(segment));
    tells && is_version && is_tag && words && !path.contains(char::is_whitespace)
}

/// RFC 6838, with parameters or without.
fn is_media_type(text: &str) -> bool {
    #[rustfmt::skip]
    const TYPES: [&str; 9] = [
        "application", "audio", "font", "image", "message", "model", "multipart", "text", "video",
    ];
    let kind = text.strip_prefix("data:").unwrap_or(text).split(';').next().unwrap_or(text).trim();
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b".+-*".contains(&byte);
    kind.split_once('/').is_some_and(|(kind, under)| TYPES.contains(&kind) && under.bytes().all(is_letter))
        && !is_random(text)
        && text.len() <= 120
}
