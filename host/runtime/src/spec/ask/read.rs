//! Reads an ask from JSON, key by key over tokens: no tree is made of a stranger's text.

use super::{Ask, AskError, MAX_ASK_BYTES, MAX_ITEMS, MAX_SECRETS};
use crate::limits::table::Limit;
use crate::policy::{PolicyFault, unknown_key};
use um_base::Work;
use um_base::json::{JsonError, Kind, Position, Token, tokens, unescape};
use um_base::rule::{HostName, Rule};
use um_secret::SecretName;

const KEYS: [&str; 9] =
    ["action", "input", "args", "env", "hosts", "private-hosts", "secrets", "strict-egress", "limits"];

/// A fault and where it begins, in bytes.
type Placed<T> = Result<T, (usize, PolicyFault)>;

pub(super) fn read(text: &str) -> Result<Ask, AskError> {
    if text.len() > MAX_ASK_BYTES {
        return Err(AskError::TooLong);
    }
    // What comes after reads parts of a text that is known to be JSON.
    tokens(text, &Work::unlimited()).try_for_each(|token| token.map(|_| ()))?;
    ask(Part { text, at: 0 }).map_err(|(at, fault)| {
        let Position { line, column } = Position::of(text, at);
        AskError::At { line, column, fault }
    })
}

fn ask(whole: Part<'_>) -> Placed<Ask> {
    let mut ask = Ask::default();
    for Member { key, name, value } in whole.members("an object", KEYS.len())? {
        match &*name {
            "action" => ask.action = value.string("a text")?,
            "input" => ask.input = Some(value.text.to_owned()),
            "args" => ask.args = value.texts("a list of texts", MAX_ITEMS)?.into_iter().map(|(_, text)| text).collect(),
            "env" => ask.env = value.pairs("an object of texts", MAX_ITEMS)?,
            "hosts" => ask.hosts = value.each("a list of hosts", MAX_ITEMS, Rule::parse)?,
            "private-hosts" => ask.private_hosts = value.each("a list of hosts", MAX_ITEMS, HostName::parse)?,
            "secrets" => {
                ask.secrets = Some(value.each("a list of names of secrets", MAX_SECRETS, SecretName::parse)?);
            }
            "strict-egress" => ask.strict_egress = value.boolean()?,
            "limits" => {
                for limit in value.members("an object of limits", Limit::ALL.len())? {
                    put_limit(&mut ask, limit)?;
                }
            }
            _ => return Err((key, unknown_key(&name, &KEYS))),
        }
    }
    Ok(ask)
}

fn put_limit(ask: &mut Ask, Member { key, name, value }: Member<'_>) -> Placed<()> {
    let names = Limit::ALL.map(Limit::name);
    if !names.contains(&&*name) {
        return Err((key, unknown_key(&name, &names)));
    }
    let amount = match value.text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => value.text.to_owned(),
        false => value.string("a whole number, or a text such as \"30s\" or \"64MiB\"")?,
    };
    ask.limits.set(&name, &amount).map_err(|error| (value.at, error.into()))
}

/// One value of a text, and where it begins there.
#[derive(Clone, Copy)]
struct Part<'a> {
    text: &'a str,
    at: usize,
}

/// A member of an object, and where its key begins.
struct Member<'a> {
    key: usize,
    name: String,
    value: Part<'a>,
}

impl<'a> Part<'a> {
    /// Each key once, at most so many of them.
    fn members(self, expected: &'static str, most: usize) -> Placed<Vec<Member<'a>>> {
        let mut members: Vec<Member<'a>> = Vec::new();
        let (mut key, mut from) = (None, 0);
        self.walk(expected, Kind::Object, |token| {
            match token.kind {
                Kind::Key => {
                    let name = self.decoded(&token);
                    if members.iter().any(|member| member.name == name) {
                        return Err(PolicyFault::Twice);
                    }
                    if members.len() == most {
                        return Err(PolicyFault::Many { most });
                    }
                    key = Some((self.at + token.span.start, name));
                }
                Kind::List | Kind::Object => from = token.span.start,
                _ => {
                    let start =
                        if matches!(token.kind, Kind::ListEnd | Kind::ObjectEnd) { from } else { token.span.start };
                    let value = Part { text: &self.text[start..token.span.end], at: self.at + start };
                    members.extend(key.take().map(|(key, name)| Member { key, name, value }));
                }
            }
            Ok(())
        })?;
        Ok(members)
    }

    fn pairs(self, expected: &'static str, most: usize) -> Placed<Vec<(String, String)>> {
        let members = self.members(expected, most)?;
        members.into_iter().map(|Member { name, value, .. }| Ok((name, value.string("a text")?))).collect()
    }

    /// The texts of a list, at most so many, and where each begins.
    fn texts(self, expected: &'static str, most: usize) -> Placed<Vec<(usize, String)>> {
        let mut texts = Vec::new();
        self.walk(expected, Kind::List, |token| {
            if token.kind != Kind::Text {
                return Err(PolicyFault::Type { expected });
            }
            if texts.len() == most {
                return Err(PolicyFault::Many { most });
            }
            texts.push((self.at + token.span.start, self.decoded(&token)));
            Ok(())
        })?;
        Ok(texts)
    }

    fn each<T, E: Into<PolicyFault>>(
        self,
        expected: &'static str,
        most: usize,
        parse: fn(&str) -> Result<T, E>,
    ) -> Placed<Vec<T>> {
        let parsed = |(at, text): (usize, String)| parse(&text).map_err(|fault| (at, fault.into()));
        self.texts(expected, most)?.into_iter().map(parsed).collect()
    }

    fn string(self, expected: &'static str) -> Placed<String> {
        match tokens(self.text, &Work::unlimited()).next() {
            Some(Ok(token)) if token.kind == Kind::Text => Ok(self.decoded(&token)),
            _ => Err((self.at, PolicyFault::Type { expected })),
        }
    }

    fn boolean(self) -> Placed<bool> {
        match self.text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err((self.at, PolicyFault::Type { expected: "true or false" })),
        }
    }

    /// Hands on what stands directly in a list or an object.
    fn walk(
        self,
        expected: &'static str,
        kind: Kind,
        mut direct: impl FnMut(Token) -> Result<(), PolicyFault>,
    ) -> Placed<()> {
        for token in tokens(self.text, &Work::unlimited()) {
            let token = token.map_err(|_: JsonError| (self.at, PolicyFault::Type { expected }))?;
            let at = self.at + token.span.start;
            match token.depth {
                0 if token.kind == kind || matches!(token.kind, Kind::ListEnd | Kind::ObjectEnd) => {}
                0 => return Err((at, PolicyFault::Type { expected })),
                1 => direct(token).map_err(|fault| (at, fault))?,
                _ => {}
            }
        }
        Ok(())
    }

    fn decoded(&self, token: &Token) -> String {
        let mut bytes = Vec::new();
        let mut rest = &self.text[token.inside()];
        while !rest.is_empty() {
            rest = unescape(rest, usize::MAX, &mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
