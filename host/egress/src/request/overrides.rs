//! Fields that servers read in the place of a request's method or path, and those that name a second place that it is
//! about: all of them count as what it asks for.

use std::borrow::Cow;
use std::iter;

use http::{HeaderMap, Method};

use super::route::parse_origin;
use um_base::rule::Origin;

/// Fields that many servers read in the place of the method. What CGI makes of names has no hyphens.
const METHODS: [&str; 6] = [
    "x-envoy-original-method",
    "x-forwarded-method",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
];
/// Fields that some servers read in the place of the path or put before it, and those that name a second place that the
/// request is about: what it is copied or moved to or from (WebDAV, object stores).
const PATHS: [&str; 27] = [
    "destination",
    "x-amz-copy-source",
    "x-arr-original-url",
    "x-copy-from",
    "x-envoy-original-path",
    "x-forwarded-path",
    "x-forwarded-prefix",
    "x-forwarded-request-uri",
    "x-forwarded-uri",
    "x-forwarded-url",
    "x-goog-copy-source",
    "x-http-destinationurl",
    "x-ms-original-url",
    "x-ms-rename-source",
    "x-obs-copy-source",
    "x-original-path",
    "x-original-request-uri",
    "x-original-uri",
    "x-original-url",
    "x-oss-copy-source",
    "x-override-url",
    "x-proxy-url",
    "x-replaced-path",
    "x-request-uri",
    "x-rewrite-uri",
    "x-rewrite-url",
    "x-waws-unencoded-url",
];
/// Most of either that one request may have where methods or paths are restricted.
const OVERRIDES: usize = 3;

/// All methods that a server may take a request for.
pub(crate) fn methods<'a>(method: &'a Method, headers: &'a HeaderMap) -> Vec<&'a str> {
    with_fields(method.as_str(), headers, &METHODS)
}

/// All paths that a server may take a request to `own` for, or that it is about besides; behind some there is a query. An
/// address elsewhere is an empty text, which is no path.
pub(crate) fn paths<'a>(own: &Origin, path: &'a str, headers: &'a HeaderMap) -> Vec<Cow<'a, str>> {
    let is_own = |(scheme, authority)| parse_origin(Some(scheme), authority).is_ok_and(|origin| origin == *own);
    let targets = targets(headers).into_iter().map(Target::read).map(|target| match target.origin.is_none_or(is_own) {
        true => target.path,
        false => Cow::Borrowed(""),
    });
    iter::once(Cow::Borrowed(path)).chain(targets).collect()
}

/// The values of fields that name a path or an address. In one that is a list, each of them counts.
pub(crate) fn targets(headers: &HeaderMap) -> Vec<&str> {
    with_fields("", headers, &PATHS).into_iter().skip(1).flat_map(|text| text.split(',').map(str::trim)).collect()
}

/// Where a text in a field leads: to a path of the same origin, or to an address.
pub(crate) struct Target<'a> {
    /// Scheme and authority, if it has any.
    pub(crate) origin: Option<(&'a str, &'a str)>,
    pub(crate) path: Cow<'a, str>,
}

impl<'a> Target<'a> {
    /// Object stores begin a path without a slash too. An empty text, which is no path, stays one.
    pub(crate) fn read(text: &'a str) -> Self {
        // Some servers end a path there, and some do not: then it is none.
        let text = if text.contains('#') { "" } else { text };
        let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?', '#']))
        else {
            let path = match text {
                "" => Cow::Borrowed(""),
                text if text.starts_with('/') => Cow::Borrowed(text),
                text => Cow::Owned(format!("/{text}")),
            };
            return Self { origin: None, path };
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        let path = if path.starts_with('/') { Cow::Borrowed(path) } else { Cow::Owned(format!("/{path}")) };
        Self { origin: Some((scheme, authority)), path }
    }
}

/// The own method or path, and the values of fields of these names. A value that is no text, and one too many, is an empty
/// text, which is no method and no path.
fn with_fields<'a>(own: &'a str, headers: &'a HeaderMap, names: &[&'static str]) -> Vec<&'a str> {
    let is_read = |name: &str| name.starts_with(['x', 'd']) && names.contains(&&*name.replace('_', "-"));
    let values = headers.iter().filter(|(name, _)| is_read(name.as_str()));
    let texts = values.map(|(_, value)| value.to_str().unwrap_or_default());
    let bounded = texts.enumerate().map(|(number, text)| if number < OVERRIDES { text } else { "" });
    iter::once(own).chain(bounded.take(OVERRIDES + 1)).collect()
}
