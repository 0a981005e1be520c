//! All that a server may take a request for, as rules see it.

use std::borrow::Cow;

use http::request::Parts;

use super::overrides::{self, Target, targets};
use super::route::parse_origin;
use crate::allow::{AllowList, Verdict};
use crate::error::egress::EgressError;
use um_base::rule::{Method, Origin, Rule};

/// Where a request goes, and by which methods and to which paths a server there may take it: fields of the guest's can
/// name others than its own. A rule permits all of them or not the request.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) origin: Origin,
    methods: Vec<String>,
    paths: Vec<String>,
}

impl Asked {
    /// What a request with this head asks of `origin`.
    pub(crate) fn of(parts: &Parts, origin: &Origin) -> Self {
        let methods = overrides::methods(&parts.method, &parts.headers).into_iter().map(str::to_owned).collect();
        let paths =
            overrides::paths(origin, parts.uri.path(), &parts.headers).into_iter().map(Cow::into_owned).collect();
        Self { origin: origin.clone(), methods, paths }
    }

    pub(crate) fn is_within(&self, rule: &Rule) -> bool {
        let permits = |method: &str, path: &str| rule.permits(method, &self.origin, path);
        self.methods.iter().all(|method| self.paths.iter().all(|path| permits(method, path)))
    }

    pub(crate) fn is_within_any(&self, rules: &[Rule]) -> bool {
        rules.iter().any(|rule| self.is_within(rule))
    }

    pub(crate) fn keeps_to_methods(&self, rule: &Rule) -> bool {
        self.methods.iter().all(|method| rule.covers_method(method))
    }

    pub(crate) fn keeps_to_paths(&self, rule: &Rule) -> bool {
        self.paths.iter().all(|path| rule.covers_path(path))
    }

    /// The rule that permits just this origin, as a message suggests it.
    pub(crate) fn entry(&self) -> String {
        Rule::to(self.origin.clone()).to_string()
    }
}

/// Refuses what the policy does not permit, before anything is resolved: every method on every path that a server may
/// take the request for, and on every other address that it is about.
pub(crate) fn permit(allow: &AllowList, parts: &Parts, origin: &Origin) -> Result<(), EgressError> {
    let methods = overrides::methods(&parts.method, &parts.headers);
    let permit =
        |origin: &Origin, path: &str| methods.iter().try_for_each(|method| permit_one(allow, method, origin, path));
    permit(origin, parts.uri.path())?;
    targets(&parts.headers).into_iter().map(Target::read).try_for_each(|target| match target.origin {
        None => permit(origin, &target.path),
        Some((scheme, authority)) => permit(&parse_origin(Some(scheme), authority)?, &target.path),
    })
}

fn permit_one(allow: &AllowList, method: &str, origin: &Origin, path: &str) -> Result<(), EgressError> {
    let (host, rule) = (origin.host.clone(), || Rule::to(origin.clone()));
    match allow.verdict(method, origin, path) {
        Verdict::Permitted => Ok(()),
        Verdict::OtherMethod => {
            let rule = Method::parse(method).map_or_else(|_| rule(), |method| rule().by(method));
            Err(EgressError::MethodNotAllowed { host, entry: rule.to_string() })
        }
        Verdict::OtherPath => Err(EgressError::PathNotAllowed { host, entry: rule().to_string() }),
        Verdict::NotListed => Err(EgressError::NotAllowed { host, entry: rule().to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::{HeaderValue, Request};
    use http_body_util::Empty;

    use super::*;
    use crate::request::binding_guard::BindingGuard;
    use crate::request::placeholder::Placeholder;
    use crate::request::readings::readings;
    use crate::request::route::route;
    use crate::request::sealed::{Sealed, SealedSet};
    use um_base::Work;
    use um_base::rule::Placement;
    use um_secret::{Binding, SecretName, SecretValue};

    const VALUE: &str = "k7x!k7x!k7x!k7x!";

    fn secret() -> (SecretName, SecretValue) {
        (SecretName::parse("TOKEN").unwrap(), SecretValue::new(VALUE.to_owned()).unwrap())
    }

    fn request(method: &str, url: &str, field: (&str, &str), token: &str) -> (Request<Empty<Bytes>>, Origin) {
        let request = Request::builder().method(method).uri(url).header(field.0, field.1);
        let request = request.header("authorization", token).body(Empty::new()).unwrap();
        let (origin, _) = route(&request).unwrap();
        (request, origin)
    }

    /// Whether a request passes that has the value of a secret in it, which is bound to these places.
    fn passes_revealed(bindings: &[Binding], method: &str, url: &str, field: (&str, &str)) -> bool {
        let ((name, value), guard) = (secret(), BindingGuard::default());
        guard.hold(&name, &value, bindings);
        let (request, origin) = request(method, url, field, VALUE);
        let parts = request.into_parts().0;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(guard.check_head(&readings(&parts), &Asked::of(&parts, &origin), &Work::unlimited())).is_ok()
    }

    /// The same with its placeholder.
    fn passes_sealed(bindings: &[Binding], method: &str, url: &str, field: (&str, &str)) -> bool {
        let ((name, value), placeholder, bindings) = (secret(), Placeholder::new(), bindings.to_vec());
        let token = placeholder.to_string();
        let set = SealedSet::new([Arc::new(Sealed { name, placeholder, value, bindings })]);
        let (request, origin) = request(method, url, field, &token);
        let parts = request.into_parts().0;
        set.plan(&Asked::of(&parts, &origin), &parts, true).is_ok()
    }

    #[test]
    fn a_revealed_and_a_sealed_secret_go_to_the_same_places() {
        const NONE: (&str, &str) = ("x-note", "nothing");
        let one = &["GET,POST a.example/v1"][..];
        let two = &["GET a.example/v1", "DELETE a.example/v2", "http://b.example:8080"][..];
        for (rules, method, url, field, expected) in [
            (one, "GET", "https://a.example/v1", NONE, true),
            (one, "POST", "https://A.example.:443/v1/x?y=/../z", NONE, true),
            (one, "PUT", "https://a.example/v1", NONE, false),
            (one, "GET", "http://a.example/v1", NONE, false),
            (one, "GET", "https://a.example:8443/v1", NONE, false),
            (one, "GET", "https://b.example/v1", NONE, false),
            (one, "GET", "https://x.a.example/v1", NONE, false),
            (one, "GET", "https://a.example/v10", NONE, false),
            (one, "GET", "https://a.example/v1/..%2f", NONE, false),
            (one, "GET", "https://a.example/v1/%23", NONE, false),
            (one, "GET", "https://a.example/v1", ("x-http-method-override", "POST"), true),
            (one, "GET", "https://a.example/v1", ("x-http-method-override", "PUT"), false),
            (one, "GET", "https://a.example/v1", ("x-original-url", "/v1/y?z"), true),
            (one, "GET", "https://a.example/v1", ("x-original-url", "/v1#y"), false),
            (one, "GET", "https://a.example/v1", ("x-original-url", "/v1, /v2"), false),
            (one, "GET", "https://a.example/v1", ("destination", "https://a.example/v1/y"), true),
            (one, "GET", "https://a.example/v1", ("destination", "https://b.example/v1/y"), false),
            (two, "GET", "https://a.example/v1", NONE, true),
            (two, "DELETE", "https://a.example/v2", NONE, true),
            (two, "DELETE", "https://a.example/v1", NONE, false),
            (two, "PATCH", "http://b.example:8080/any/../where", NONE, true),
            // What one binding permits and what another one does come to nothing that both do.
            (two, "GET", "https://a.example/v1", ("x-http-method-override", "DELETE"), false),
            (two, "GET", "https://a.example/v1", ("x-original-url", "/v2"), false),
        ] {
            let bind = |rule: &&str| Binding::new(Rule::parse(rule).unwrap(), Placement::default()).unwrap();
            let bindings: Vec<Binding> = rules.iter().map(bind).collect();
            let passes = [passes_revealed, passes_sealed].map(|passes| passes(&bindings, method, url, field));
            assert_eq!(passes, [expected; 2], "{method} {url} with {field:?} and {rules:?}");
        }
    }

    /// Each binding for itself permits one of both readings of the request: once that was enough for a revealed secret.
    #[test]
    fn a_request_that_can_be_read_in_two_ways_needs_one_binding_for_both() {
        let bind = |rule: &str| Binding::new(Rule::parse(rule).unwrap(), Placement::default()).unwrap();
        let field = ("x-http-method-override", "DELETE");
        let ask = |bindings: &[Binding]| {
            [passes_revealed, passes_sealed].map(|passes| passes(bindings, "GET", "https://a.example/", field))
        };
        assert_eq!(ask(&[bind("GET a.example"), bind("DELETE a.example")]), [false; 2]);
        assert_eq!(ask(&[bind("GET,DELETE a.example")]), [true; 2]);
    }

    #[test]
    fn what_a_server_may_take_a_request_for_is_permitted_too_or_it_is_refused() {
        let list = |entries: &[&str]| entries.iter().map(|entry| entry.parse().unwrap()).collect::<AllowList>();
        let (narrow, wide) = (list(&["GET,POST a.example/v1"]), list(&["a.example"]));
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
            let ((origin, _), (parts, ())) = (route(&request).unwrap(), request.into_parts());
            let permits = |list| permit(list, &parts, &origin).is_ok();
            assert_eq!((permits(&narrow), permits(&wide)), (expected, true), "{field}");
        }
    }
}
