//! The index of a workspace: what each secret is called, what is known about it, and the key of its value.
//!
//! It is sealed as a whole under the workspace's key, which is new at every change: so what it lists exists, what it
//! does not list does not exist, and no older index opens.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use um_secret::{Binding, Entry, Exposure, Masking, Parts, SecretName, SecretSummary, Unmaskable};
use zeroize::Zeroizing;

use super::fields::{Fields, Unread};
use super::id::Id;
use super::key::Key;
use super::parts::{self, PARTS};
use super::wire::{Malformed, Reader, Writer};

/// The first had no list of hosts behind the secrets, and the second no optional fields.
const FIRST_FORMAT: u8 = 1;
const SECOND_FORMAT: u8 = 2;
/// The present format of an index. All earlier ones are read.
pub const INDEX_FORMAT: u8 = 3;
/// Most bytes of optional fields: of one secret, with what is known of its parts, and of the workspace.
const MAX_SECRET_FIELDS: usize = 48 << 10;
const MAX_WORKSPACE_FIELDS: usize = 1 << 20;
/// A current value and the one before it.
const MAX_HELD: usize = 2;

/// What there is of one workspace.
#[derive(Default)]
pub struct Index {
    /// Its secrets, by name.
    pub secrets: BTreeMap<SecretName, Listed>,
    /// The hosts that every run of it may call, as they are written, in the order in which they came.
    pub allowed: Vec<String>,
    /// What a later um-host has written down about it.
    pub fields: Fields,
}

/// One secret.
pub struct Listed {
    /// What it is for, in the owner's words.
    pub description: String,
    /// New whenever a secret of this name is created: rows of a deleted namesake never fit.
    pub id: Id,
    /// When a secret of this name was first set.
    pub created: Timestamp,
    /// When its value or its description was last changed.
    pub updated: Timestamp,
    /// Whether runs see its value.
    pub exposure: Exposure,
    /// Where its value may go, at most 16.
    pub bindings: Vec<Binding>,
    /// From when on it is not handed out.
    pub expires: Option<Timestamp>,
    /// What of it is masked in outputs.
    pub masking: Masking,
    /// The value that runs get.
    pub current: Held,
    /// Kept where the secret was set with its previous value to stay.
    pub previous: Option<Held>,
    /// What is known of the parts of the current value.
    pub parts: Arc<Parts>,
    /// What a later um-host has written down about it.
    pub fields: Fields,
}

/// One value that is kept: where it lies and the key to it.
pub struct Held {
    /// Counted from 1, and never given again under one id.
    pub version: u64,
    /// Of the value, in bytes.
    pub length: u32,
    /// The data key, which is this value's alone.
    pub key: Key,
}

impl Listed {
    /// Its values, the current one first.
    pub fn held(&self) -> impl Iterator<Item = &Held> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    fn bytes(&self, name: &SecretName) -> u64 {
        let values: u64 = self.held().map(|held| u64::from(held.length)).sum();
        (name.as_str().len() + self.description.len() + self.all_fields().bytes()) as u64 + values
    }

    fn all_fields(&self) -> Fields {
        let parts = parts::write(self.current.version, &self.parts);
        self.fields.clone().with(PARTS, parts::are_critical(&self.parts), parts)
    }

    /// What those are told who manage secrets.
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
            parts: Arc::clone(&self.parts),
        }
    }

    /// What runs are told.
    pub fn entry(&self, name: &SecretName) -> Entry {
        Entry {
            name: name.clone(),
            version: self.current.version,
            description: self.description.clone(),
            exposure: self.exposure,
            bindings: self.bindings.clone(),
            expires: self.expires,
            parts: Arc::clone(&self.parts),
        }
    }
}

impl Index {
    /// What counts towards [`MAX_WORKSPACE_BYTES`](um_secret::MAX_WORKSPACE_BYTES).
    pub fn bytes(&self) -> u64 {
        let secrets: u64 = self.secrets.iter().map(|(name, listed)| listed.bytes(name)).sum();
        secrets + self.fields.bytes() as u64
    }

    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(64 + 256 * self.secrets.len());
        writer.u8(INDEX_FORMAT).count(self.secrets.len());
        for (name, listed) in &self.secrets {
            write_listed(&mut writer, name, listed);
        }
        writer.count(self.allowed.len());
        for entry in &self.allowed {
            writer.text(entry);
        }
        self.fields.write(&mut writer);
        writer.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Unread> {
        let mut reader = Reader::new(bytes);
        let format = reader.u8()?;
        match format {
            FIRST_FORMAT..=INDEX_FORMAT => {}
            later if later > INDEX_FORMAT => return Err(Unread::Later(later)),
            _ => return Err(Unread::Malformed),
        }
        let mut index = Self::default();
        for _ in 0..reader.count(64)? {
            let (name, listed) = read_listed(&mut reader, format)?;
            index.secrets.insert(name, listed);
        }
        if format > FIRST_FORMAT {
            for _ in 0..reader.count(4)? {
                index.allowed.push(reader.text()?.to_owned());
            }
        }
        index.fields = read_fields(&mut reader, format, MAX_WORKSPACE_FIELDS, &[])?;
        reader.finish()?;
        Ok(index)
    }
}

fn read_fields(reader: &mut Reader, format: u8, most: usize, known: &[u16]) -> Result<Fields, Unread> {
    if format > SECOND_FORMAT { Fields::read(reader, most, known) } else { Ok(Fields::default()) }
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
    listed.all_fields().write(writer);
}

fn read_listed(reader: &mut Reader, format: u8) -> Result<(SecretName, Listed), Unread> {
    let name = SecretName::parse(reader.text()?).map_err(|_| Malformed)?;
    let (description, id) = (reader.text()?.to_owned(), reader.id()?);
    let (created, updated) = (reader.time()?, reader.time()?);
    let exposure = match reader.u8()? {
        0 => Exposure::Revealed,
        1 => Exposure::Sealed,
        _ => return Err(Unread::Malformed),
    };
    let mut bindings = Vec::new();
    for _ in 0..reader.u8()? {
        bindings.push(serde_json::from_slice(reader.bytes()?).map_err(|_| Malformed)?);
    }
    let expires = if reader.present()? { Some(reader.time()?) } else { None };
    let masking = masking_of(reader.u8()?)?;
    let held = reader.count(44)?;
    if held == 0 || held > MAX_HELD {
        return Err(Unread::Malformed);
    }
    let current = read_held(reader)?;
    let previous = if held == MAX_HELD { Some(read_held(reader)?) } else { None };
    let mut fields = read_fields(reader, format, MAX_SECRET_FIELDS, &[PARTS])?;
    let parts = match fields.take(PARTS) {
        Some((is_critical, bytes)) => parts::read(current.version, &bytes, is_critical)?,
        None => Parts::default(),
    };
    let parts = Arc::new(parts);
    Ok((
        name,
        Listed {
            description,
            id,
            created,
            updated,
            exposure,
            bindings,
            expires,
            masking,
            current,
            previous,
            parts,
            fields,
        },
    ))
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
mod tests;
