//! Where a request has placeholders, whether they may be there, and how the values get there.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use crate::error::request::{MAX_FILLED_BODY_BYTES, SealedFault, Site};
use crate::request::asked::Asked;
use crate::request::fill::body;
use crate::request::fill::body::Language;
use crate::request::fill::form;
use crate::request::fill::header;
use crate::request::fill::header::Shape;
use crate::request::placeholder::spotted;
use crate::request::sealed::{Sealed, SealedSet};
use um_base::rule::{Origin, Placement};
use um_secret::{Binding, MAX_SEALED_BYTES, SecretName};

/// Fields that ask for parts of an answer. Apache reads the third as the first, Azure the last.
const RANGES: [&str; 4] = ["range", "if-range", "request-range", "x-ms-range"];
/// Longest path and query that the `http` crate holds, in bytes.
const MAX_TARGET_BYTES: usize = 65_534;

/// What is to be done to a request that may go out.
#[derive(Debug)]
pub struct Plan {
    run: SealedSet,
    headers: Vec<Slot>,
    target: Vec<Arc<Sealed>>,
    language: Option<Language>,
    /// Secrets that may go into the body, and into which field.
    fillable: Vec<(Arc<Sealed>, String)>,
    /// Those that did.
    in_body: Vec<Arc<Sealed>>,
}

/// A header's value that a secret goes into.
#[derive(Debug)]
struct Slot {
    name: HeaderName,
    original: HeaderValue,
    shape: Shape,
    sealed: Arc<Sealed>,
}

/// What is to be done with a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyPlan {
    /// It streams, and is watched.
    Watch,
    /// It is read to its end, 1 MiB at most, before anything is resolved, and
    /// given to [`Plan::fill_body`].
    Hold {
        /// In bytes; a longer one is [`SealedFault::BodyTooLong`].
        at_most: usize,
    },
}

impl SealedSet {
    /// Decides about a request, as the guest made it, that goes `to` there. `is_watched` says whether any sealed secret of the
    /// workspace is bound to that origin. Nothing of the request is changed, and no value is looked at.
    ///
    /// # Errors
    /// [`SealedFault`] with the rule that the request breaks.
    pub(crate) fn plan(&self, to: &Origin, parts: &Parts, is_watched: bool) -> Result<Plan, SealedFault> {
        if is_watched {
            self.check_watched(parts)?;
        }
        let asked = Asked::of(parts, to);
        let mut plan = Plan {
            run: self.clone(),
            headers: Vec::new(),
            target: Vec::new(),
            language: Language::of(&parts.headers),
            fillable: self.fillable(&asked),
            in_body: Vec::new(),
        };
        let is_suspect = is_suspect(parts);
        if is_suspect {
            self.check_elsewhere(parts)?;
            self.place_query(&asked, parts, &mut plan)?;
        }
        self.place_headers(&asked, parts, is_suspect, &mut plan)?;
        Ok(plan)
    }

    /// What a server could be asked for that the filter of its answers does not see as a whole.
    fn check_watched(&self, parts: &Parts) -> Result<(), SealedFault> {
        let method = parts.method.as_str();
        let echoes = ["CONNECT", "TRACE", "TRACK"].iter().any(|refused| method.eq_ignore_ascii_case(refused));
        if echoes {
            return Err(SealedFault::Method);
        }
        let ranged = RANGES.iter().any(|name| parts.headers.contains_key(*name));
        if ranged {
            return Err(SealedFault::Range);
        }
        Ok(())
    }

    /// The parts of a request that no placeholder may stand in.
    fn check_elsewhere(&self, parts: &Parts) -> Result<(), SealedFault> {
        let authority = parts.uri.authority().map_or("", |authority| authority.as_str());
        let names = parts.headers.keys().map(|name| (Site::HeaderName, name.as_str()));
        let sites = [(Site::Method, parts.method.as_str()), (Site::Host, authority), (Site::Path, parts.uri.path())];
        let offence = sites.into_iter().chain(names).find(|(_, text)| spotted(text.as_bytes()));
        match offence {
            Some((site, text)) => Err(SealedFault::Site { site, name: self.named_in(text.as_bytes()) }),
            None => Ok(()),
        }
    }

    fn place_query(&self, asked: &Asked, parts: &Parts, plan: &mut Plan) -> Result<(), SealedFault> {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let mut rest = query.to_vec();
        for field in form::fields(query).into_iter().rev() {
            let sealed = self.known(&query[field.place.clone()], Site::Query)?;
            let here = Placement::Query(String::from_utf8_lossy(&field.name).into_owned());
            self.check(sealed, asked, &here)?;
            plan.use_once(sealed)?;
            if form::count(query, &field.name) > 1 {
                return Err(SealedFault::FieldTwice { name: sealed.name.clone() });
            }
            plan.target.push(sealed.clone());
            // Whatever the lengths of the values are: the guest could tell them from this.
            let room = plan.target.len() * 3 * MAX_SEALED_BYTES;
            if parts.uri.path_and_query().map_or(0, |target| target.as_str().len()) + room > MAX_TARGET_BYTES {
                return Err(SealedFault::TargetTooLong);
            }
            rest.drain(field.place);
        }
        self.check_rest(&rest, Site::Query)
    }

    fn place_headers(
        &self,
        asked: &Asked,
        parts: &Parts,
        is_suspect: bool,
        plan: &mut Plan,
    ) -> Result<(), SealedFault> {
        for (name, value) in &parts.headers {
            match header::find(value.as_bytes()) {
                Some((text, shape)) => {
                    let sealed = self.known(&text, Site::Header)?;
                    self.check(sealed, asked, &Placement::Header(name.as_str().to_owned()))?;
                    plan.use_once(sealed)?;
                    plan.add(name, value, shape, sealed);
                }
                None if is_suspect => self.check_rest(value.as_bytes(), Site::Header)?,
                None => {}
            }
        }
        Ok(())
    }

    /// The secret whose placeholder `text` is.
    fn known(&self, text: &[u8], site: Site) -> Result<&Arc<Sealed>, SealedFault> {
        self.of(text).ok_or(SealedFault::Unknown(site))
    }

    /// The first secret whose placeholder stands in `text` as it is.
    pub(crate) fn named_in(&self, text: &[u8]) -> Option<SecretName> {
        let stands =
            |sealed: &&Arc<Sealed>| memchr::memmem::find(text, sealed.placeholder.as_str().as_bytes()).is_some();
        self.iter().find(stands).map(|sealed| sealed.name.clone())
    }

    /// That nothing made of a placeholder is left in `text`.
    fn check_rest(&self, text: &[u8], site: Site) -> Result<(), SealedFault> {
        if !spotted(text) {
            return Ok(());
        }
        Err(self.named_in(text).map_or(SealedFault::Unknown(site), |name| SealedFault::NotWhole { name }))
    }

    /// That the secret may go into this field of this request.
    fn check(&self, sealed: &Sealed, asked: &Asked, here: &Placement) -> Result<(), SealedFault> {
        let name = || sealed.name.clone();
        let mut bindings: Vec<&Binding> = sealed.bindings.iter().collect();
        bindings.retain(|binding| binding.rule().covers(&asked.origin));
        bindings.first().ok_or_else(|| SealedFault::OtherOrigin { name: name() })?;
        bindings.retain(|binding| asked.keeps_to_methods(binding.rule()));
        bindings.first().ok_or_else(|| SealedFault::OtherMethod { name: name() })?;
        bindings.retain(|binding| asked.keeps_to_paths(binding.rule()));
        let Some(first) = bindings.first() else { return Err(SealedFault::OtherPath { name: name() }) };
        if bindings.iter().any(|binding| binding.placement().check().is_err()) {
            return Err(SealedFault::DeniedField { name: name() });
        }
        if bindings.iter().any(|binding| is_same(binding.placement(), here)) {
            return Ok(());
        }
        Err(SealedFault::OtherField { name: name(), expected: first.placement().clone() })
    }

    fn fillable(&self, asked: &Asked) -> Vec<(Arc<Sealed>, String)> {
        let bound = |binding: &&Binding| asked.is_within(binding.rule());
        let fields = |sealed: &Arc<Sealed>| {
            let placements = sealed.bindings.iter().filter(bound).map(Binding::placement);
            let names =
                placements.filter(|placement| placement.check().is_ok()).filter_map(|placement| match placement {
                    Placement::Body(name) => Some((sealed.clone(), name.clone())),
                    _ => None,
                });
            names.collect::<Vec<_>>()
        };
        self.iter().flat_map(fields).collect()
    }
}

impl Plan {
    pub fn body(&self) -> BodyPlan {
        match self.language {
            Some(_) if !self.fillable.is_empty() => BodyPlan::Hold { at_most: MAX_FILLED_BODY_BYTES },
            _ => BodyPlan::Watch,
        }
    }

    /// The body as it goes out: the values in the place of their placeholders, all other bytes as they are. For
    /// [`BodyPlan::Hold`]. What it measures is not what the guest or the meter may learn: count `body`.
    ///
    /// # Errors
    /// [`SealedFault`] if a placeholder stands anywhere else in it, or twice in the request.
    pub fn fill_body(&mut self, body: &Bytes) -> Result<Bytes, SealedFault> {
        if body.len() > MAX_FILLED_BODY_BYTES {
            return Err(SealedFault::BodyTooLong);
        }
        let Some(language) = self.language else { return Err(SealedFault::Site { site: Site::Body, name: None }) };
        let unused = |(sealed, _): &&(Arc<Sealed>, String)| !self.uses(sealed);
        let fillable: Vec<_> = self.fillable.iter().filter(unused).cloned().collect();
        let (filled, used) = body::fill(body, language, &fillable, &self.run)?;
        self.in_body = used;
        Ok(filled)
    }

    /// Puts the values into the rebuilt request. The last thing that happens to it, after every size was checked.
    pub fn fill(&self, headers: &mut HeaderMap, uri: &mut Uri) {
        for Slot { name, original, shape, sealed } in &self.headers {
            let mut values = match headers.entry(name) {
                http::header::Entry::Occupied(values) => values,
                http::header::Entry::Vacant(_) => continue,
            };
            if let Some(value) = values.iter_mut().find(|value| *value == original) {
                *value = header::fill(original, *shape, sealed);
            }
        }
        for sealed in &self.target {
            let Some(target) = uri.path_and_query() else { continue };
            let encoded = form::encoded(sealed.value.expose());
            let filled = header::replaced(target.as_str().as_bytes(), sealed.placeholder.as_str(), &encoded);
            let filled =
                PathAndQuery::try_from(&filled[..]).expect("an encoded value is fit for a query, and there is room");
            *uri = Uri::from(filled);
        }
    }

    /// The secrets whose values go out, for the audit: those of a held body once it is filled.
    pub fn filled(&self) -> impl Iterator<Item = &Arc<Sealed>> {
        self.headers.iter().map(|slot| &slot.sealed).chain(&self.target).chain(&self.in_body)
    }

    fn uses(&self, sealed: &Arc<Sealed>) -> bool {
        self.filled().any(|used| Arc::ptr_eq(used, sealed))
    }

    fn use_once(&self, sealed: &Arc<Sealed>) -> Result<(), SealedFault> {
        if self.uses(sealed) { Err(SealedFault::Twice { name: sealed.name.clone() }) } else { Ok(()) }
    }

    fn add(&mut self, name: &HeaderName, original: &HeaderValue, shape: Shape, sealed: &Arc<Sealed>) {
        self.headers.push(Slot { name: name.clone(), original: original.clone(), shape, sealed: sealed.clone() });
    }
}

/// Whether anything made of a placeholder stands in a request's head: most have nothing, and all of a head is looked
/// through in little more time than one of its fields.
fn is_suspect(parts: &Parts) -> bool {
    let Parts { method, uri, headers, .. } = parts;
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let target = uri.path_and_query().map_or("", |target| target.as_str());
    let fields = headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
    let mut head = Vec::with_capacity(1024);
    for text in [method.as_str(), authority, target].map(str::as_bytes).into_iter().chain(fields) {
        head.extend_from_slice(text);
        // No form and no escape reaches over it.
        head.extend_from_slice(b"\0\0");
    }
    spotted(&head)
}

fn is_same(bound: &Placement, here: &Placement) -> bool {
    match (bound, here) {
        (Placement::Header(bound), Placement::Header(here)) => bound.eq_ignore_ascii_case(here),
        _ => bound == here,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::request::placeholder::Placeholder;
    use um_base::rule::Rule;
    use um_secret::SecretValue;

    fn place(set: &SealedSet, request: Request<()>) -> Result<(Plan, Parts), SealedFault> {
        let rule = Rule::parse("api.example.com").unwrap();
        let (parts, ()) = request.into_parts();
        let plan = set.plan(rule.origin().unwrap(), &parts, true)?;
        Ok((plan, parts))
    }

    #[test]
    fn older_names_of_range_are_refused_where_a_sealed_secret_is_bound() {
        for (name, expected) in [("request-range", true), ("x-ms-range", true), ("x-range-of-dates", false)] {
            let request = Request::get("https://api.example.com/").header(name, "bytes=1-2").body(()).unwrap();
            let refused = place(&SealedSet::default(), request).is_err_and(|fault| fault == SealedFault::Range);
            assert_eq!(refused, expected, "{name}");
        }
    }

    #[test]
    fn a_field_that_servers_read_as_the_method_or_the_path_keeps_to_the_binding_too() {
        let rule = Rule::parse("GET,POST api.example.com/v1").unwrap();
        let binding = Binding::new(rule, Placement::Header("authorization".to_owned())).unwrap();
        let value = SecretValue::new("k7x!k7x!k7x!k7x!".to_owned()).unwrap();
        let name = SecretName::parse("TOKEN").unwrap();
        let sealed = Arc::new(Sealed { name, placeholder: Placeholder::new(), value, bindings: vec![binding] });
        let text = sealed.placeholder.to_string();
        let set = SealedSet::new([sealed]);
        for (field, value, expected) in [
            ("x-http-method-override", "GET", true),
            ("x-http-method-override", "DELETE", false),
            ("X-HTTP-Method", "delete", false),
            ("x-method-override", "PATCH", false),
            ("x-original-url", "/v1/contacts?page=2", true),
            ("x-original-url", "/admin", false),
            ("x-rewrite-url", "/v1/../admin", false),
            ("x-rewrite-url", "https://api.example.com/v1", true),
            ("x-rewrite-url", "https://api.example.com/admin", false),
            ("x-rewrite-url", "https://api.example.com", false),
            ("destination", "https://api.example.com/v1/y", true),
            ("destination", "https://other.example/v1/y", false),
            ("x-forwarded-prefix", "/v1", true),
            ("x-forwarded-prefix", "/admin", false),
        ] {
            let request = Request::post("https://api.example.com/v1/x").header(field, value);
            let request = request.header("authorization", &text).body(()).unwrap();
            assert_eq!(place(&set, request).is_ok(), expected, "{field}: {value}");
        }
    }

    /// Whether a request goes through whose query has so many placeholders of the longest values, and `length` bytes
    /// besides.
    fn with_long_values(count: usize, length: usize) -> Result<(), SealedFault> {
        let sealed = |number: usize| {
            let placement = Placement::Query(format!("k{number}"));
            let binding = Binding::new(Rule::parse("api.example.com").unwrap(), placement).unwrap();
            let name = SecretName::parse(&format!("K{number}")).unwrap();
            let value = SecretValue::new("/".repeat(MAX_SEALED_BYTES)).unwrap();
            Arc::new(Sealed { name, placeholder: Placeholder::new(), value, bindings: vec![binding] })
        };
        let set = SealedSet::new((0..count).map(sealed));
        let fields: String =
            set.iter().enumerate().map(|(number, sealed)| format!("&k{number}={}", sealed.placeholder)).collect();
        let url = format!("https://api.example.com/?x={}{fields}", "x".repeat(length));
        let (plan, mut parts) = place(&set, Request::get(url).body(()).unwrap())?;
        plan.fill(&mut parts.headers, &mut parts.uri);
        Ok(())
    }

    #[test]
    fn a_url_has_room_for_the_values_of_all_placeholders_in_it_or_is_refused() {
        assert_eq!(with_long_values(1, 50_000), Ok(()));
        assert_eq!(with_long_values(4, 10_000), Ok(()));
        assert_eq!(with_long_values(2, 50_000), Err(SealedFault::TargetTooLong));
        assert_eq!(with_long_values(6, 10_000), Err(SealedFault::TargetTooLong));
    }
}
