//! The index of a workspace: what each secret is called, what is known about it, and the key of its value.
//!
//! It is sealed as a whole under the workspace's key, which is new at every change: so what it lists exists, what it
//! does not list does not exist, and no older index opens.

use std::collections::BTreeMap;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::id::Id;
use super::seal::Key;
use super::view::SecretSummary;
use super::wire::{Malformed, Reader, Writer};
use crate::secret::{Binding, Entry, Exposure, Masking, SecretName, Unmaskable};

/// The first had no list of hosts behind the secrets.
const FIRST_FORMAT: u8 = 1;
const FORMAT: u8 = 2;
/// Most secrets of one workspace.
pub(super) const MAX_SECRETS: usize = 10_000;
/// Most bytes of one workspace: values, names and descriptions.
pub(super) const MAX_BYTES: u64 = 16 << 20;
/// Most hosts that one workspace allows, and most bytes of one as it is written.
pub(super) const MAX_ALLOWED: usize = 1_000;
pub(super) const MAX_ALLOWED_BYTES: usize = 2_048;
/// A current value and the one before it.
const MAX_HELD: usize = 2;

/// What there is of one workspace.
#[derive(Default)]
pub(super) struct Index {
    /// Its secrets, by name.
    pub secrets: BTreeMap<SecretName, Listed>,
    /// The hosts that every run of it may call, as they are written, in the order in which they came.
    pub allowed: Vec<String>,
}

/// One secret.
pub(super) struct Listed {
    pub description: String,
    /// New whenever a secret of this name is created: rows of a deleted namesake never fit.
    pub id: Id,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub exposure: Exposure,
    pub bindings: Vec<Binding>,
    pub expires: Option<Timestamp>,
    pub masking: Masking,
    pub current: Held,
    /// Kept where the secret was set with its previous value to stay.
    pub previous: Option<Held>,
}

/// One value that is kept: where it lies and the key to it.
pub(super) struct Held {
    pub version: u64,
    /// Of the value, in bytes.
    pub length: u32,
    pub key: Key,
}

impl Listed {
    pub fn held(&self) -> impl Iterator<Item = &Held> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    fn bytes(&self, name: &SecretName) -> u64 {
        let values: u64 = self.held().map(|held| u64::from(held.length)).sum();
        (name.as_str().len() + self.description.len()) as u64 + values
    }

    pub fn summary(&self, name: &SecretName) -> SecretSummary {
        SecretSummary {
            name: name.clone(),
            description: self.description.clone(),
            version: self.current.version,
            created: self.created,
            updated: self.updated,
            exposure: self.exposure,
            bindings: self.bindings.clone(),
            expires: self.expires,
            masking: self.masking,
        }
    }

    pub fn entry(&self, name: &SecretName) -> Entry {
        Entry {
            name: name.clone(),
            version: self.current.version,
            description: self.description.clone(),
            exposure: self.exposure,
            bindings: self.bindings.clone(),
            expires: self.expires,
        }
    }
}

impl Index {
    /// What counts towards [`MAX_BYTES`].
    pub fn bytes(&self) -> u64 {
        self.secrets.iter().map(|(name, listed)| listed.bytes(name)).sum()
    }

    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(64 + 256 * self.secrets.len());
        writer.u8(FORMAT).count(self.secrets.len());
        for (name, listed) in &self.secrets {
            write_listed(&mut writer, name, listed);
        }
        writer.count(self.allowed.len());
        for entry in &self.allowed {
            writer.text(entry);
        }
        writer.finish()
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let format = reader.u8()?;
        if !(FIRST_FORMAT..=FORMAT).contains(&format) {
            return Err(Malformed);
        }
        let mut index = Self::default();
        for _ in 0..reader.count(64)? {
            let (name, listed) = read_listed(&mut reader)?;
            index.secrets.insert(name, listed);
        }
        if format > FIRST_FORMAT {
            for _ in 0..reader.count(4)? {
                index.allowed.push(reader.text()?.to_owned());
            }
        }
        reader.finish()?;
        Ok(index)
    }
}

fn write_listed(writer: &mut Writer, name: &SecretName, listed: &Listed) {
    writer.text(name.as_str()).text(&listed.description).raw(&listed.id).time(listed.created).time(listed.updated);
    writer.u8(match listed.exposure {
        Exposure::Revealed => 0,
        Exposure::Sealed => 1,
    });
    // One byte, which in stores of the first version said whether there was a binding.
    writer.u8(u8::try_from(listed.bindings.len()).expect("bindings are checked before they are listed"));
    for binding in &listed.bindings {
        writer.bytes(&serde_json::to_vec(binding).expect("a binding is plain text and numbers"));
    }
    writer.u8(u8::from(listed.expires.is_some()));
    if let Some(expires) = listed.expires {
        writer.time(expires);
    }
    writer.u8(masking_code(listed.masking));
    writer.count(listed.held().count());
    for held in listed.held() {
        writer.u64(held.version).u32(held.length).raw(held.key.expose());
    }
}

fn read_listed(reader: &mut Reader) -> Result<(SecretName, Listed), Malformed> {
    let name = SecretName::parse(reader.text()?).map_err(|_| Malformed)?;
    let (description, id) = (reader.text()?.to_owned(), reader.id()?);
    let (created, updated) = (reader.time()?, reader.time()?);
    let exposure = match reader.u8()? {
        0 => Exposure::Revealed,
        1 => Exposure::Sealed,
        _ => return Err(Malformed),
    };
    let mut bindings = Vec::new();
    for _ in 0..reader.u8()? {
        bindings.push(serde_json::from_slice(reader.bytes()?).map_err(|_| Malformed)?);
    }
    let expires = if reader.present()? { Some(reader.time()?) } else { None };
    let masking = masking_of(reader.u8()?)?;
    let held = reader.count(44)?;
    if held == 0 || held > MAX_HELD {
        return Err(Malformed);
    }
    let current = read_held(reader)?;
    let previous = if held == MAX_HELD { Some(read_held(reader)?) } else { None };
    let listed = Listed { description, id, created, updated, exposure, bindings, expires, masking, current, previous };
    Ok((name, listed))
}

fn read_held(reader: &mut Reader) -> Result<Held, Malformed> {
    let (version, length) = (reader.u64()?, reader.u32()?);
    Ok(Held { version, length, key: Key::from_slice(reader.raw(32)?).ok_or(Malformed)? })
}

fn masking_code(masking: Masking) -> u8 {
    match masking {
        Masking::EveryForm => 0,
        Masking::RawOnly => 1,
        Masking::Nothing(Unmaskable::TooShort) => 2,
        Masking::Nothing(Unmaskable::TooCommon) => 3,
    }
}

fn masking_of(code: u8) -> Result<Masking, Malformed> {
    match code {
        0 => Ok(Masking::EveryForm),
        1 => Ok(Masking::RawOnly),
        2 => Ok(Masking::Nothing(Unmaskable::TooShort)),
        3 => Ok(Masking::Nothing(Unmaskable::TooCommon)),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rule::{Placement, Rule};
    use crate::store::wire::now;

    fn index(bindings: usize, allowed: &[&str]) -> Index {
        let rule = |number| Rule::parse(&format!("GET host-{number}.example/v1")).unwrap();
        let binding = |number| Binding::new(rule(number), Placement::Query("key".to_owned())).unwrap();
        let listed = Listed {
            description: "CRM".to_owned(),
            id: [7; 16],
            created: now(),
            updated: now(),
            exposure: Exposure::Sealed,
            bindings: (0..bindings).map(binding).collect(),
            expires: None,
            masking: Masking::EveryForm,
            current: Held { version: 1, length: 16, key: Key::random() },
            previous: None,
        };
        let allowed = allowed.iter().map(|entry| (*entry).to_owned()).collect();
        Index { secrets: [(SecretName::parse("TOKEN").unwrap(), listed)].into(), allowed }
    }

    /// The same as the first version wrote it: without the hosts at the end.
    fn as_the_first_format(index: &Index) -> Vec<u8> {
        let mut bytes = index.encode().to_vec();
        bytes[0] = FIRST_FORMAT;
        bytes.truncate(bytes.len() - 4);
        bytes
    }

    #[test]
    fn bindings_and_allowed_hosts_come_back_as_they_were_written() {
        for (bindings, allowed) in [(0, &[][..]), (1, &["a.example"]), (16, &["a.example", "GET b.example"])] {
            let written = index(bindings, allowed);
            let read = Index::decode(&written.encode()).unwrap();
            assert_eq!(read.allowed, allowed);
            let listed = |index: &Index| index.secrets.values().next().unwrap().bindings.clone();
            assert_eq!(listed(&read), listed(&written));
            assert_eq!(listed(&read).len(), bindings);
        }
    }

    #[test]
    fn an_index_of_the_first_format_has_no_binding_or_one() {
        for bindings in [0, 1] {
            let read = Index::decode(&as_the_first_format(&index(bindings, &[]))).unwrap();
            assert_eq!(read.secrets.values().next().unwrap().bindings.len(), bindings);
            assert!(read.allowed.is_empty());
        }
    }

    /// The check of bindings that were set was looser than the grammar of rules. Whoever has such a one is told that it is
    /// damaged: a secret that is bound to nothing any more would go anywhere.
    #[test]
    fn an_index_with_a_binding_that_is_no_rule_is_malformed() {
        let bytes = index(2, &[]).encode().to_vec();
        let changed = |host: &str| {
            let (from, to) = (b"host-1.example", host.as_bytes());
            let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
            [&bytes[..at], to, &bytes[at + from.len()..]].concat()
        };
        assert!(Index::decode(&changed("host-2.example")).is_ok());
        // Of the same length, which stands before it.
        for host in ["::::::::::::::", "host..-example", "-ost-1.example", "*.st-1.example", "127.0.0.000001"] {
            assert!(Index::decode(&changed(host)).is_err(), "{host}");
        }
    }

    #[test]
    fn an_index_of_a_later_format_or_with_something_left_over_is_malformed() {
        let mut bytes = index(1, &["a.example"]).encode().to_vec();
        bytes[0] = FORMAT + 1;
        assert!(Index::decode(&bytes).is_err());
        bytes[0] = FORMAT;
        assert!(Index::decode(&bytes).is_ok());
        bytes.push(0);
        assert!(Index::decode(&bytes).is_err());
        bytes[0] = FIRST_FORMAT;
        assert!(Index::decode(&bytes).is_err());
    }
}
