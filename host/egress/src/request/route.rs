//! Where a request goes, read once: everybody behind this sees the same origin and the same target.

use http::uri::PathAndQuery;
use http::{Request, Uri};

use crate::error::request::RequestFault;
use um_base::rule::{HostName, Origin, Scheme, parse_port, split_port};

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

fn origin(uri: &Uri) -> Result<Origin, RequestFault> {
    parse_origin(uri.scheme_str(), uri.authority().map_or("", |authority| authority.as_str()))
}

pub(crate) fn parse_origin(scheme: Option<&str>, authority: &str) -> Result<Origin, RequestFault> {
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
pub(crate) fn target(uri: &Uri) -> Result<PathAndQuery, RequestFault> {
    let written = uri.path_and_query().map_or("/", |target| target.as_str());
    match (uri.path_and_query(), written.bytes().next()) {
        (Some(target), Some(b'/')) if written.len() > 1 => Ok(target.clone()),
        (_, Some(b'/')) => Ok(PathAndQuery::from_static("/")),
        (_, Some(b'?')) => format!("/{written}").try_into().map_err(|_| RequestFault::Path),
        _ => Err(RequestFault::Path),
    }
}
