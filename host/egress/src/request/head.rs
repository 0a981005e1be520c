//! The request as it goes out: rebuilt from checked parts, so that nothing the guest wrote decides where it goes or
//! where it ends.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_CHARSET, ACCEPT_ENCODING, CONTENT_LENGTH, HOST};
use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version};
use http_body::Body;

use super::body::Upload;
use super::route::target;
use crate::error::egress::EgressError;
use crate::error::request::RequestFault;
use crate::fields::{HEAD_LIMIT, OURS, listed_in_connection, size};
use crate::meter::Meter;
use um_base::rule::{Origin, Scheme};

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

/// Makes the headers of a request to an origin whose answers are filtered: what the guest accepts does not matter, since we decompress. Nor may
/// it ask for a charset in which no value would be found, or for what differs from an earlier answer (RFC 3229, 10.5.3).
pub(crate) fn accept_what_can_be_filtered(headers: &mut HeaderMap) {
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.remove(ACCEPT_CHARSET);
    headers.remove("a-im");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_form_is_asked_for_in_which_a_value_would_not_be_found() {
        let mut headers = HeaderMap::new();
        for name in ["accept-encoding", "accept-charset", "a-im", "accept"] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static("any"));
        }
        accept_what_can_be_filtered(&mut headers);
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers["accept-encoding"], &headers["accept"]),
            (&HeaderValue::from_static("identity"), &HeaderValue::from_static("any"))
        );
    }
}
