//! What a run may do, once everybody who has a say in it has been heard.

use serde::Serialize;

use super::ask::Ask;
use crate::limits::table::{Limit, Limits};
use crate::limits::wishes::LimitWishes;
use crate::policy::PolicyFile;
use um_base::coded;
use um_base::rule::{HostName, Rule};
use um_secret::SecretName;

/// The most that anybody may grant: what whoever runs the host has set. By default there is no such bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ceiling {
    /// Of these hosts only what they permit.
    pub hosts: Option<Vec<Rule>>,
    /// No hosts at private addresses but these.
    pub private_hosts: Option<Vec<HostName>>,
    /// No secrets but these.
    pub secrets: Option<Vec<SecretName>>,
    /// Whether every run is held to what [`Ask::strict_egress`] asks for.
    pub strict_egress: bool,
    /// The most that each of these limits may be.
    pub limits: LimitWishes,
}

/// What a run may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Grant {
    hosts: Vec<Granted<Rule>>,
    private_hosts: Vec<Granted<HostName>>,
    /// These and no others; all of the workspace, without.
    secrets: Option<Vec<SecretName>>,
    strict_egress: bool,
    limits: Limits,
    /// What the workspace allows is known only when the run starts, and is held to it, too.
    #[serde(skip)]
    most: Option<Vec<Rule>>,
}

/// One thing that is granted, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Granted<T> {
    /// What is granted.
    pub entry: T,
    /// Who granted it.
    pub by: GrantedBy,
}

/// Who grants something; of several the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GrantedBy {
    /// What the workspace allows all its runs.
    Workspace,
    /// The file beside the action.
    Policy,
    /// Whoever starts the run.
    Ask,
}

/// Why nothing is granted: each names what whoever starts the run would have to say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "what each is stands in its message")]
pub enum GrantError {
    #[error(
        "the policy names the private host `{host}`, and whoever starts the run does not: a file alone cannot grant it"
    )]
    PrivateHost { host: HostName },
    #[error(
        "the policy sets the limit `{limit}` to {asked}, which is more than {usual}, and whoever starts the run does not: \
         a file alone cannot grant it"
    )]
    Raised { limit: Limit, asked: String, usual: String },
    #[error("the limit `{limit}` may be {most} at most, and {asked} is asked for")]
    Ceiling { limit: Limit, asked: String, most: String },
}

coded! { GrantError:
    Self::PrivateHost { .. } => Denied "grant-private-host",
    Self::Raised { .. } => Denied "grant-limit-raised",
    Self::Ceiling { .. } => Denied "grant-ceiling",
}

impl Grant {
    /// What comes of what the workspace allows, a policy and an ask, under a ceiling:
    ///
    /// - hosts and private hosts: those of any of the three, as far as the ceiling permits them
    /// - secrets: those that all name who name some
    /// - strict egress: if any says so
    /// - limits: those of the ask, else of the policy, else the default; a default above the ceiling is lowered to it
    ///
    /// # Errors
    /// [`GrantError`]: the policy alone names a private host, or a limit above its default; the ask or the policy names a
    /// limit above the ceiling.
    pub fn resolve(workspace: &[Rule], policy: &PolicyFile, ask: &Ask, ceiling: &Ceiling) -> Result<Self, GrantError> {
        let mut grant = Self {
            secrets: [&policy.secrets, &ask.secrets, &ceiling.secrets].into_iter().fold(None, narrowed),
            strict_egress: policy.strict_egress || ask.strict_egress || ceiling.strict_egress,
            limits: limits(policy, ask, ceiling)?,
            private_hosts: private_hosts(policy, ask, ceiling)?,
            most: ceiling.hosts.clone(),
            hosts: Vec::new(),
        };
        grant.add(workspace, GrantedBy::Workspace);
        grant.add(&policy.hosts, GrantedBy::Policy);
        grant.add(&ask.hosts, GrantedBy::Ask);
        Ok(grant)
    }

    /// Adds what the workspace allows, where that was not known before.
    pub(crate) fn allow_all_of(&mut self, workspace: &[Rule]) {
        self.add(workspace, GrantedBy::Workspace);
    }

    /// What the host gives each of its runs, where that is no more than this one may have.
    pub(crate) fn have_stack(&mut self, bytes: u64) {
        self.limits.stack = bytes;
    }

    fn add(&mut self, entries: &[Rule], by: GrantedBy) {
        for entry in entries {
            let permitted: Vec<Rule> = match &self.most {
                Some(most) => most.iter().filter_map(|most| entry.common(most)).collect(),
                None => vec![entry.clone()],
            };
            for entry in permitted {
                if self.hosts.iter().all(|granted| granted.entry != entry) {
                    self.hosts.push(Granted { entry, by });
                }
            }
        }
    }

    /// Where its requests may go, each entry with who granted it.
    pub fn hosts(&self) -> &[Granted<Rule>] {
        &self.hosts
    }

    /// Hosts whose addresses may be inside, each with who granted it.
    pub fn private_hosts(&self) -> &[Granted<HostName>] {
        &self.private_hosts
    }

    /// The secrets that it is narrowed to; nothing, where it may ask for all of its workspace.
    pub fn secrets(&self) -> Option<&[SecretName]> {
        self.secrets.as_deref()
    }

    /// Whether a run that has read a secret may call only hosts that its secrets are bound to.
    pub fn strict_egress(&self) -> bool {
        self.strict_egress
    }

    /// How much it may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// Those that both name, if both name some.
fn narrowed(named: Option<Vec<SecretName>>, others: &Option<Vec<SecretName>>) -> Option<Vec<SecretName>> {
    match (named, others) {
        (Some(named), Some(others)) => Some(named.into_iter().filter(|name| others.contains(name)).collect()),
        (named, others) => named.or_else(|| others.clone()),
    }
}

fn private_hosts(policy: &PolicyFile, ask: &Ask, ceiling: &Ceiling) -> Result<Vec<Granted<HostName>>, GrantError> {
    if let Some(host) = policy.private_hosts.iter().find(|host| !ask.private_hosts.contains(host)) {
        return Err(GrantError::PrivateHost { host: host.clone() });
    }
    let mut granted: Vec<Granted<HostName>> = Vec::new();
    for host in &ask.private_hosts {
        let permitted = ceiling.private_hosts.as_ref().is_none_or(|most| most.contains(host));
        if permitted && granted.iter().all(|granted| granted.entry != *host) {
            let by = if policy.private_hosts.contains(host) { GrantedBy::Policy } else { GrantedBy::Ask };
            granted.push(Granted { entry: host.clone(), by });
        }
    }
    Ok(granted)
}

fn limits(policy: &PolicyFile, ask: &Ask, ceiling: &Ceiling) -> Result<Limits, GrantError> {
    let usual = Limits::default();
    let mut limits = Limits::default();
    for limit in Limit::ALL {
        let most = ceiling.limits.amount(limit);
        let asked = match (ask.limits.amount(limit), policy.limits.amount(limit), usual.amount(limit)) {
            (Some(asked), ..) => Some(asked),
            (None, Some(asked), Some(usual)) if asked > usual => {
                return Err(GrantError::Raised { limit, asked: limit.show(asked), usual: limit.show(usual) });
            }
            (None, asked, _) => asked,
        };
        if let (Some(asked), Some(most)) = (asked, most)
            && asked > most
        {
            return Err(GrantError::Ceiling { limit, asked: limit.show(asked), most: limit.show(most) });
        }
        // Nobody asked for the default.
        let lowered = most.filter(|&most| usual.amount(limit).is_none_or(|usual| usual > most));
        if let Some(amount) = asked.or(lowered) {
            limits.put(limit, amount);
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn names(texts: &[&str]) -> Vec<SecretName> {
        texts.iter().map(|text| SecretName::parse(text).unwrap()).collect()
    }

    fn wishes(pairs: &[(&str, &str)]) -> LimitWishes {
        let mut wishes = LimitWishes::default();
        pairs.iter().for_each(|(name, value)| wishes.set(name, value).unwrap());
        wishes
    }

    /// Whether a host is reached for each of the sixteen ways in which workspace, policy, ask and ceiling name it.
    #[test]
    fn a_host_is_granted_by_any_of_three_and_never_above_the_ceiling() {
        for case in 0..16_u8 {
            let [workspace, policy, ask, ceiling] = [1, 2, 4, 8].map(|bit| case & bit != 0);
            let named = |named: bool| entries(if named { &["a.example/v1", "b.example"] } else { &[] });
            let policy_file = PolicyFile { hosts: named(policy), ..PolicyFile::default() };
            let wanted = Ask { hosts: named(ask), ..Ask::default() };
            let most = Ceiling { hosts: ceiling.then(|| entries(&["GET a.example"])), ..Ceiling::default() };
            let grant = Grant::resolve(&named(workspace), &policy_file, &wanted, &most).unwrap();
            let by = [(workspace, GrantedBy::Workspace), (policy, GrantedBy::Policy), (ask, GrantedBy::Ask)];
            let by = by.into_iter().find_map(|(named, by)| named.then_some(by));
            let granted: Vec<_> = grant.hosts.iter().map(|host| (host.entry.to_string(), host.by)).collect();
            let expected = match (by, ceiling) {
                (None, _) => Vec::new(),
                (Some(by), false) => vec![("a.example/v1".to_owned(), by), ("b.example".to_owned(), by)],
                (Some(by), true) => vec![("GET a.example/v1".to_owned(), by)],
            };
            assert_eq!(granted, expected, "{workspace} {policy} {ask} {ceiling}");

            let mut late = Grant::resolve(&[], &policy_file, &wanted, &most).unwrap();
            late.allow_all_of(&named(workspace));
            let entries = |grant: &Grant| grant.hosts.iter().map(|host| host.entry.clone()).collect::<Vec<_>>();
            assert_eq!(entries(&late), entries(&grant), "{workspace} {policy} {ask} {ceiling}");
        }
    }

    #[test]
    fn a_private_host_needs_the_word_of_whoever_starts_the_run() {
        let host = || "crm.corp".parse::<HostName>().unwrap();
        for (policy, ask, ceiling, expected) in [
            (false, false, None, Some(None)),
            (false, true, None, Some(Some(GrantedBy::Ask))),
            (true, true, None, Some(Some(GrantedBy::Policy))),
            (true, false, None, None),
            (true, false, Some(true), None),
            (true, true, Some(true), Some(Some(GrantedBy::Policy))),
            (true, true, Some(false), Some(None)),
            (false, true, Some(false), Some(None)),
        ] {
            let named = |named: bool| if named { vec![host()] } else { Vec::new() };
            let policy_file = PolicyFile { private_hosts: named(policy), ..PolicyFile::default() };
            let wanted = Ask { private_hosts: named(ask), ..Ask::default() };
            let most = Ceiling { private_hosts: ceiling.map(named), ..Ceiling::default() };
            let granted = Grant::resolve(&[], &policy_file, &wanted, &most);
            let granted = granted.map(|grant| grant.private_hosts.first().map(|host| host.by));
            assert_eq!(granted.as_ref().ok().copied(), expected, "{policy} {ask} {ceiling:?}");
            assert!(granted.is_ok() || granted == Err(GrantError::PrivateHost { host: host() }));
        }
    }

    #[test]
    fn secrets_are_those_that_all_name_who_name_some() {
        let said: [Option<&[&str]>; 4] = [None, Some(&[]), Some(&["A", "B"]), Some(&["B", "C"])];
        for policy in said {
            for ask in said {
                for ceiling in said {
                    let policy_file = PolicyFile { secrets: policy.map(names), ..PolicyFile::default() };
                    let wanted = Ask { secrets: ask.map(names), ..Ask::default() };
                    let most = Ceiling { secrets: ceiling.map(names), ..Ceiling::default() };
                    let grant = Grant::resolve(&[], &policy_file, &wanted, &most).unwrap();
                    for name in ["A", "B", "C", "D"] {
                        let expected = [policy, ask, ceiling].into_iter().flatten().all(|names| names.contains(&name));
                        let name = SecretName::parse(name).unwrap();
                        let granted = grant.secrets().is_none_or(|names| names.contains(&name));
                        assert_eq!(granted, expected, "{policy:?} {ask:?} {ceiling:?} {name}");
                    }
                }
            }
        }
    }

    #[test]
    fn egress_is_strict_if_any_says_so() {
        for case in 0..8_u8 {
            let [policy, ask, ceiling] = [1, 2, 4].map(|bit| case & bit != 0);
            let policy_file = PolicyFile { strict_egress: policy, ..PolicyFile::default() };
            let wanted = Ask { strict_egress: ask, ..Ask::default() };
            let most = Ceiling { strict_egress: ceiling, ..Ceiling::default() };
            let grant = Grant::resolve(&[], &policy_file, &wanted, &most).unwrap();
            assert_eq!(grant.strict_egress(), case > 0);
        }
    }

    /// The default is 100 calls.
    #[test]
    fn a_limit_is_what_the_ask_says_or_the_policy_and_only_the_ask_raises_it() {
        let raised = |asked: &str| {
            Err(GrantError::Raised { limit: Limit::HttpCalls, asked: asked.to_owned(), usual: "100".to_owned() })
        };
        let above = |asked: &str, most: &str| {
            Err(GrantError::Ceiling { limit: Limit::HttpCalls, asked: asked.to_owned(), most: most.to_owned() })
        };
        for (policy, ask, ceiling, expected) in [
            (None, None, None, Ok(100)),
            (Some("20"), None, None, Ok(20)),
            (Some("100"), None, None, Ok(100)),
            (Some("101"), None, None, raised("101")),
            (Some("101"), Some("101"), None, Ok(101)),
            (Some("101"), Some("5"), None, Ok(5)),
            (Some("20"), Some("50"), None, Ok(50)),
            (None, Some("500"), None, Ok(500)),
            (None, None, Some("50"), Ok(50)),
            (None, None, Some("500"), Ok(100)),
            (Some("20"), None, Some("50"), Ok(20)),
            (Some("80"), None, Some("50"), above("80", "50")),
            (None, Some("80"), Some("50"), above("80", "50")),
            (None, Some("50"), Some("50"), Ok(50)),
            (Some("80"), Some("30"), Some("50"), Ok(30)),
        ] {
            let named =
                |value: Option<&str>| wishes(&value.map(|value| ("http-calls", value)).into_iter().collect::<Vec<_>>());
            let policy_file = PolicyFile { limits: named(policy), ..PolicyFile::default() };
            let wanted = Ask { limits: named(ask), ..Ask::default() };
            let most = Ceiling { limits: named(ceiling), ..Ceiling::default() };
            let granted = Grant::resolve(&[], &policy_file, &wanted, &most).map(|grant| grant.limits().http_calls);
            assert_eq!(granted, expected, "{policy:?} {ask:?} {ceiling:?}");
        }
    }

    /// No limit is more than any.
    #[test]
    fn a_limit_that_is_none_by_default_may_be_set_by_a_policy_and_by_a_ceiling() {
        let policy_file = PolicyFile { limits: wishes(&[("cpu", "1h")]), ..PolicyFile::default() };
        let grant = Grant::resolve(&[], &policy_file, &Ask::default(), &Ceiling::default()).unwrap();
        assert_eq!(grant.limits().show(Limit::Cpu), "3600 s");
        let most = Ceiling { limits: wishes(&[("cpu", "5s")]), ..Ceiling::default() };
        let grant = Grant::resolve(&[], &PolicyFile::default(), &Ask::default(), &most).unwrap();
        assert_eq!(grant.limits().show(Limit::Cpu), "5 s");
    }
}
