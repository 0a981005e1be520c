//! The request as it goes out: rebuilt from checked parts, so that nothing the guest wrote decides where it goes or
//! where it ends.

use std::borrow::Cow;
use std::iter;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use http_body::Body;

use crate::allow::Verdict;
use crate::error::egress::{EgressError, RequestFault};
use crate::meter::Meter;
use crate::policy::Policy;
use crate::request::body::Upload;
use um_base::rule::{self, HostName, Origin, Rule, Scheme, parse_port, split_port};

/// Longest head of a request or response, in bytes.
pub(crate) const HEAD_LIMIT: usize = 64 * 1024;
/// Most header lines of a response.
pub(crate) const HEADER_LINES: usize = 100;

/// Fields about one connection and not the request (RFC 9110, 7.6.1), and those that only we may set.
const OURS: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

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

/// Where `request` goes and what it asks for there.
pub(crate) fn route<B>(request: &Request<B>) -> Result<(Origin, PathAndQuery), RequestFault> {
    let method = request.method().as_str();
    if ["CONNECT", "TRACE"].iter().any(|refused| method.eq_ignore_ascii_case(refused)) {
        return Err(RequestFault::Method);
    }
    Ok((origin(request.uri())?, target(request.uri())?))
}

/// Gives a request the target that it will be sent with, so that everybody reads the same from here on. Its host stays as
/// the guest wrote it.
pub(crate) fn settle<B>(request: &mut Request<B>, target: &PathAndQuery) {
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(target.clone());
    *request.uri_mut() = Uri::from_parts(parts).expect("the target of an address is another one");
}

/// All methods that a server may take a request for.
pub(crate) fn methods<'a>(method: &'a Method, headers: &'a HeaderMap) -> Vec<&'a str> {
    with_fields(method.as_str(), headers, &METHODS)
}

/// All paths that a server may take a request to `own` for, or that it is about besides; behind some there is a query. An
/// address elsewhere is an empty text, which is no path.
pub(crate) fn paths<'a>(own: &Origin, path: &'a str, headers: &'a HeaderMap) -> Vec<Cow<'a, str>> {
    let is_own = |(scheme, authority)| parse_origin(Some(scheme), authority).is_ok_and(|origin| origin == *own);
    let places = places(headers).into_iter().map(Place::read).map(|place| match place.origin.is_none_or(is_own) {
        true => place.path,
        false => Cow::Borrowed(""),
    });
    iter::once(Cow::Borrowed(path)).chain(places).collect()
}

/// The values of fields that name a path or an address. In one that is a list, each of them counts.
fn places(headers: &HeaderMap) -> Vec<&str> {
    with_fields("", headers, &PATHS).into_iter().skip(1).flat_map(|text| text.split(',').map(str::trim)).collect()
}

/// Where a text in a field leads: to a path of the same origin, or to an address.
struct Place<'a> {
    /// Scheme and authority, if it has any.
    origin: Option<(&'a str, &'a str)>,
    path: Cow<'a, str>,
}

impl<'a> Place<'a> {
    /// Object stores begin a path without a slash too. An empty text, which is no path, stays one.
    fn read(text: &'a str) -> Self {
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

/// Refuses what the policy does not permit, before anything is resolved: every method on every path that a server may
/// take the request for, and on every other address that it is about.
pub(crate) fn permit(
    policy: &Policy,
    method: &Method,
    headers: &HeaderMap,
    origin: &Origin,
    target: &PathAndQuery,
) -> Result<(), EgressError> {
    let methods = methods(method, headers);
    let permit =
        |origin: &Origin, path: &str| methods.iter().try_for_each(|method| permit_one(policy, method, origin, path));
    permit(origin, target.path())?;
    places(headers).into_iter().map(Place::read).try_for_each(|place| match place.origin {
        None => permit(origin, &place.path),
        Some((scheme, authority)) => permit(&parse_origin(Some(scheme), authority)?, &place.path),
    })
}

fn permit_one(policy: &Policy, method: &str, origin: &Origin, path: &str) -> Result<(), EgressError> {
    let (host, rule) = (origin.host.clone(), || Rule::to(origin.clone()));
    match policy.allow().verdict(method, origin, path) {
        Verdict::Permitted => Ok(()),
        Verdict::OtherMethod => {
            let rule = rule::Method::parse(method).map_or_else(|_| rule(), |method| rule().by(method));
            Err(EgressError::MethodNotAllowed { host, entry: rule.to_string() })
        }
        Verdict::OtherPath => Err(EgressError::PathNotAllowed { host, entry: rule().to_string() }),
        Verdict::NotListed => Err(EgressError::NotAllowed { host, entry: rule().to_string() }),
    }
}

/// The request that hyper sends: origin form, our `Host`, our framing, none of the guest's extensions.
///
/// The length of a body is what the body itself knows, else what the guest declared, to which [`Upload`] holds it.
/// With neither it is sent in chunks; but a GET or HEAD that declares no length has no body.
pub(crate) fn rebuild<B>(
    request: Request<B>,
    origin: &Origin,
    target: PathAndQuery,
    meter: &Arc<Meter>,
) -> Result<Request<Upload>, RequestFault>
where
    B: Body<Data = Bytes, Error = EgressError> + Send + 'static,
{
    let (parts, body) = request.into_parts();
    let length = match body.size_hint().exact() {
        Some(exact) => Some(exact),
        None => declared_length(&parts.headers)?,
    };
    let mut headers = HeaderMap::with_capacity(parts.headers.len() + 2);
    headers.insert(HOST, host_header(origin));
    append_own(&mut headers, &parts.headers);
    if let Some(length) = length.filter(|&length| length > 0 || expects_body(&parts.method)) {
        headers.insert(CONTENT_LENGTH, length.into());
    }
    check_size(&parts.method, &headers, &target)?;
    let upload = Upload::new(body, length, origin.host.clone(), meter.clone());
    let mut rebuilt = Request::new(upload);
    *rebuilt.method_mut() = parts.method;
    *rebuilt.uri_mut() = Uri::from(target);
    *rebuilt.version_mut() = Version::HTTP_11;
    *rebuilt.headers_mut() = headers;
    Ok(rebuilt)
}

/// Puts the authority where the protocol has it: into `Host`, or into `:authority` (RFC 9113, 8.3.1).
///
/// On HTTP/2 no field is remembered to compress later ones (RFC 7541, 7.1.3): any of them may hold a secret, which would
/// stay in memory as long as the connection.
pub(crate) fn shape(request: &mut Request<Upload>, origin: &Origin, http2: bool) {
    let target = target(request.uri()).unwrap_or(PathAndQuery::from_static("/"));
    if http2 {
        request.headers_mut().remove(HOST);
        request.headers_mut().values_mut().for_each(|value| value.set_sensitive(true));
        *request.version_mut() = Version::HTTP_2;
        *request.uri_mut() = absolute(origin, target);
    } else {
        request.headers_mut().entry(HOST).or_insert_with(|| host_header(origin));
        *request.version_mut() = Version::HTTP_11;
        *request.uri_mut() = Uri::from(target);
    }
}

/// Whether a response's head keeps to the limits. hyper holds HTTP/1.1 to them, but not HTTP/2.
pub(crate) fn fits(headers: &HeaderMap) -> bool {
    headers.len() <= HEADER_LINES && size(headers) <= HEAD_LIMIT
}

/// Removes the fields of a response that are about its connection: its body arrives without its framing.
pub(crate) fn strip_connection_fields(headers: &mut HeaderMap) {
    let listed = listed_in_connection(headers);
    let length = headers.remove(CONTENT_LENGTH).filter(|_| !headers.contains_key(TRANSFER_ENCODING));
    for name in OURS.iter().copied().filter(|name| *name != "host") {
        headers.remove(name);
    }
    for name in listed {
        headers.remove(name);
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length);
    }
}

fn host_header(origin: &Origin) -> HeaderValue {
    HeaderValue::try_from(origin.authority()).expect("hosts and ports are visible ASCII")
}

fn absolute(origin: &Origin, target: PathAndQuery) -> Uri {
    let authority = Authority::try_from(origin.authority()).expect("hosts and ports are an authority");
    let mut parts = Uri::from(target).into_parts();
    parts.scheme = Some(match origin.scheme {
        Scheme::Http => http::uri::Scheme::HTTP,
        Scheme::Https => http::uri::Scheme::HTTPS,
    });
    parts.authority = Some(authority);
    Uri::from_parts(parts).expect("scheme, authority and path are all there")
}

fn origin(uri: &Uri) -> Result<Origin, RequestFault> {
    parse_origin(uri.scheme_str(), uri.authority().map_or("", |authority| authority.as_str()))
}

fn parse_origin(scheme: Option<&str>, authority: &str) -> Result<Origin, RequestFault> {
    let scheme = match scheme {
        Some(text) if text.eq_ignore_ascii_case("https") => Scheme::Https,
        Some(text) if text.eq_ignore_ascii_case("http") => Scheme::Http,
        Some(_) => return Err(RequestFault::Scheme),
        None => return Err(RequestFault::NoScheme),
    };
    if authority.contains('@') {
        return Err(RequestFault::UserInfo);
    }
    let (host, port) = split_port(authority);
    let port = match port {
        Some(port) => parse_port(port).ok_or(RequestFault::Port)?,
        None => scheme.default_port(),
    };
    Ok(Origin { scheme, host: HostName::parse(host)?, port })
}

/// Only origin form: a target such as `http://other.example/` would be read by a proxy or a lenient server as the place
/// to go (GHSA-5qpp-g3j2-8frx). An empty path is sent as a slash (RFC 9112, 3.2.1): hyper would write none.
fn target(uri: &Uri) -> Result<PathAndQuery, RequestFault> {
    let written = uri.path_and_query().map_or("/", |target| target.as_str());
    match (uri.path_and_query(), written.bytes().next()) {
        (Some(target), Some(b'/')) if written.len() > 1 => Ok(target.clone()),
        (_, Some(b'/')) => Ok(PathAndQuery::from_static("/")),
        (_, Some(b'?')) => format!("/{written}").try_into().map_err(|_| RequestFault::Path),
        _ => Err(RequestFault::Path),
    }
}

/// Copies the guest's fields except those that are ours.
fn append_own(headers: &mut HeaderMap, from: &HeaderMap) {
    let listed = listed_in_connection(from);
    let ours = |name: &HeaderName| {
        OURS.contains(&name.as_str()) || name.as_str().starts_with("proxy-") || listed.contains(name)
    };
    for (name, value) in from.iter().filter(|(name, _)| !ours(name)) {
        headers.append(name, value.clone());
    }
}

/// The fields that `Connection` names are about the connection too.
fn listed_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

/// Several equal values are one (RFC 9110, 8.6); anything else would be read differently by different servers.
fn declared_length(headers: &HeaderMap) -> Result<Option<u64>, RequestFault> {
    let mut length = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        let text = value.to_str().map_err(|_| RequestFault::ContentLength)?;
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u64>().ok().filter(|_| digits).ok_or(RequestFault::ContentLength)?;
        if length.replace(number).is_some_and(|earlier| earlier != number) {
            return Err(RequestFault::ContentLength);
        }
    }
    Ok(length)
}

/// Methods whose requests have a length even when it is 0 (RFC 9110, 8.6).
fn expects_body(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PUT | Method::PATCH)
}

/// Before a head is looked through, so that nobody pays for a long one; and once more as it goes out.
pub(crate) fn check_size(method: &Method, headers: &HeaderMap, target: &PathAndQuery) -> Result<(), RequestFault> {
    let fits = size(headers) + method.as_str().len() + target.as_str().len() <= HEAD_LIMIT;
    if fits { Ok(()) } else { Err(RequestFault::HeadTooLarge(HEAD_LIMIT)) }
}

/// In bytes, as lines of HTTP/1.1.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_may_take_a_request_for_is_permitted_too_or_it_is_refused() {
        let policy = |entries: &[&str]| Policy::new(entries.iter().map(|entry| entry.parse().unwrap()).collect());
        let (narrow, wide) = (policy(&["GET,POST a.example/v1"]), policy(&["a.example"]));
        for (field, value, expected) in [
            ("x-http-method-override", "GET", true),
            ("x-http-method-override", "DELETE", false),
            ("x_http_method_override", "DELETE", false),
            ("x-rewrite_uri", "/admin", false),
            ("x-http-method", "\u{e9}", false),
            ("x-original-url", "/v1/x?a=/..", true),
            ("x-rewrite-url", "/v2", false),
            ("x-other", "DELETE", true),
        ] {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            let request = Request::post("https://a.example/v1/y").header(field, value).body(()).unwrap();
            let (origin, target) = route(&request).unwrap();
            let permits = |policy| permit(policy, request.method(), request.headers(), &origin, &target).is_ok();
            assert_eq!((permits(&narrow), permits(&wide)), (expected, true), "{field}");
        }
    }
}
