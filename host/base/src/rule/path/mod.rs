//! Whether a path lies under a prefix, for every server that may read it.
//!
//! Servers disagree about `..`, `%2e`, `%2f`, `%3f`, `\`, `;`, double encoding, and characters that they fold into these
//! ([`folded`]). A path that any of them could read as another one has no plain reading here, and then lies under no
//! prefix at all.

mod folded;

use std::mem;

use crate::percent::decode_strict;

/// What a path begins with, by whole segments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathPrefix {
    written: String,
    /// As [`plain`] gives it.
    plain: String,
}

impl PathPrefix {
    /// Reads a prefix; `None` if it is none or servers could disagree about what it means.
    pub fn parse(written: &str) -> Option<Self> {
        let plain = plain(written).filter(|_| !written.contains(char::is_whitespace))?;
        Some(Self { written: written.to_owned(), plain })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// Whether a path, which may have a query, lies under it for every server. A fragment is never sent: some servers end
    /// the path at its mark, and some do not, so a path with one is none.
    pub fn covers(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or_default();
        plain(path).is_some_and(|path| is_under(&path, &self.plain))
    }
}

impl PathPrefix {
    /// Whether every path that lies under this one lies under the other, too.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        is_under(&self.plain, &other.plain)
    }
}

/// The path with its percent-encoding undone once; `None` if servers could disagree about what it means.
///
/// What it has of `%` after that is encoded twice, and so refused: nothing hides under a second layer.
fn plain(path: &str) -> Option<String> {
    let decoded = String::from_utf8(mem::take(&mut *decode_strict(path.as_bytes())?)).ok()?;
    let slashes = |text: &str| text.bytes().filter(|&byte| byte == b'/').count();
    let disputed = |c: char| c.is_control() || matches!(c, '%' | '\\' | '?' | '#') || folded::is_folded(c);
    let unambiguous = slashes(&decoded) == slashes(path) && !decoded.contains(disputed);
    (decoded.starts_with('/') && unambiguous && !decoded.split('/').any(is_dots)).then_some(decoded)
}

/// Whether `path` is `prefix` or continues it after a slash. Both as [`plain`] gives them.
///
/// A prefix that ends in a slash matches what is under it, and not itself without the slash.
fn is_under(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
}

/// `.` and `..`, also with a parameter behind, which Tomcat drops before it resolves dots, or with spaces and dots, which
/// Windows drops. Other spaces than U+0020 are that one to whoever normalizes.
fn is_dots(segment: &str) -> bool {
    let name = segment.split(';').next().unwrap_or_default();
    name.contains('.') && name.trim_matches(|c: char| c == '.' || c.is_whitespace()).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_at_the_border_of_a_segment() {
        for (path, prefix, expected) in [
            ("/crm/v3", "/crm/v3", true),
            ("/crm/v3/", "/crm/v3", true),
            ("/crm/v3/objects/contacts", "/crm/v3", true),
            ("/crm/v3//objects", "/crm/v3", true),
            ("/crm/v30", "/crm/v3", false),
            ("/crm/v3.json", "/crm/v3", false),
            ("/crm", "/crm/v3", false),
            ("/CRM/v3", "/crm/v3", false),
            ("//crm/v3", "/crm/v3", false),
            ("/crm/v3/x", "/crm/v3/", true),
            ("/crm/v3", "/crm/v3/", false),
            ("/%63rm/v3/x", "/crm/v3", true),
            ("/a%20b/c", "/a%20b", true),
            ("/crm/v3/..x/.well-known/a.b/x..", "/crm/v3", true),
            ("/crm/v3/a;v=1/b", "/crm/v3", true),
            ("/crm/v3/caf%C3%A9/%E4%B8%AD%E6%96%87/%F0%9F%8E%89", "/crm/v3", true),
            ("/crm/v3/a%20b%2Cc%40d%3Ae%2Bf", "/crm/v3", true),
        ] {
            let (path, prefix) = (plain(path).unwrap(), plain(prefix).unwrap());
            assert_eq!(is_under(&path, &prefix), expected, "{path} under {prefix}");
        }
    }

    #[test]
    fn a_path_that_servers_could_read_differently_has_no_plain_reading() {
        for path in [
            "/v3/..",
            "/v3/..%20/x",
            "/v3/.../x",
            "/v3/%20../x",
            "/v3/..%C2%A0/x",
            "/v3/..%E3%80%80/x",
            "/v3/x%3fy",
            "/v3/x%3F/../y",
            "/v3/%23/x",
            // In UTF-8, as a guest may also write it without percent signs: NFKC, best fit, nothing.
            "/v3/%EF%B9%92%EF%B9%92/x",
            "/v3/\u{fe52}\u{fe52}/x",
            "/v3/..%EF%B9%A8admin",
            "/v3/..%E2%88%95admin",
            "/v3/..%E2%81%84admin",
            "/v3/..%C2%A5admin",
            "/v3/..%E2%82%A9admin",
            "/v3/.%C2%AD./admin",
            "/v3/.%E2%80%8B./admin",
            "/v3/.\u{200b}./admin",
            "/v3/%EF%BC%85%32%65/x",
            "/v3/..%EF%BC%9B/x",
            // Encoded twice.
            "/v3/%25EF%25B9%2592/x",
            "/v3/%2525",
            // UTF-8 that is longer than it need be, cut, or of halves (CESU-8); Latin-1; Shift JIS.
            "/v3/..%c0%afadmin",
            "/v3/%e0%80%ae%e0%80%ae/x",
            "/v3/..%f0%80%80%afadmin",
            "/v3/%ed%a0%80%ed%b0%80",
            "/v3/%e2%80",
            "/v3/%e9",
            "/v3/%83%5c",
            "/v3/%EF%BC%8E%EF%BC%8E/x",
            "/v3/%E2%80%A5/x",
            "/v3/x%EF%BC%8Fy",
            "/v3/../admin",
            "/v3/./x",
            "/..",
            "/v3/%2e%2e/admin",
            "/v3/%2E./admin",
            "/v3/.%2e/admin",
            "/v3/%2e/x",
            "/v3/..%2fadmin",
            "/v3/x%2Fy",
            "/v3/..%5cadmin",
            "/v3/..\\admin",
            "/v3/x\\y",
            "/v3/%252e%252e/admin",
            "/v3/%25252e/x",
            "/v3/100%25",
            "/v3/..;/admin",
            "/v3/..;x=1/admin",
            "/v3/.;/x",
            "/v3/%2e%2e;/x",
            "/v3/..%3b/x",
            "/v3/%00",
            "/v3/x%0d%0ay",
            "/v3/%c0%ae%c0%ae/x",
            "/v3/%u002e%u002e/x",
            "/v3/%",
            "/v3/%2",
            "/v3/%zz",
            "/v3/%+2",
            "/v3/\u{7f}",
            "/v3/%7f",
            "v3",
            "",
            "*",
            "http://other.example/v3",
            "%2fv3",
        ] {
            assert_eq!(plain(path), None, "{path}");
        }
    }
}
