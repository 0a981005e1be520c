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
mod tests {
    use super::*;
    use um_base::rule::{Placement, Rule};
    use um_secret::{Part, Verdict, Word};

    fn index(bindings: usize, allowed: &[&str]) -> Index {
        let rule = |number| Rule::parse(&format!("GET host-{number}.example/v1")).unwrap();
        let binding = |number| Binding::new(rule(number), Placement::Query("key".to_owned())).unwrap();
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let listed = Listed {
            description: "CRM".to_owned(),
            id: [7; 16],
            created: at,
            updated: at,
            exposure: Exposure::Sealed,
            bindings: (0..bindings).map(binding).collect(),
            expires: None,
            masking: Masking::EveryForm,
            current: Held { version: 1, length: 16, key: Key::random() },
            previous: None,
            parts: Arc::default(),
            fields: Fields::of([(7, b"of a secret")]),
        };
        let allowed = allowed.iter().map(|entry| (*entry).to_owned()).collect();
        let fields = Fields::of([(1, b"of the workspace"), (2, b"")]);
        Index { secrets: [(SecretName::parse("TOKEN").unwrap(), listed)].into(), allowed, fields }
    }

    /// The same as earlier versions wrote it: without optional fields, the first without the hosts at the end, too.
    fn as_an_earlier_format(index: &mut Index, format: u8) -> Vec<u8> {
        index.fields = Fields::default();
        index.secrets.values_mut().for_each(|listed| listed.fields = Fields::default());
        let mut bytes = index.encode().to_vec();
        bytes[0] = format;
        bytes.truncate(bytes.len() - 4);
        // The secret's own, in front of the hosts.
        let hosts: usize = 4 + index.allowed.iter().map(|entry| 4 + entry.len()).sum::<usize>();
        let end = bytes.len() - hosts;
        bytes.drain(end - 4..end);
        if format == FIRST_FORMAT {
            bytes.truncate(bytes.len() - 4);
        }
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
            let read = Index::decode(&as_an_earlier_format(&mut index(bindings, &[]), FIRST_FORMAT)).unwrap();
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
    fn an_index_of_the_second_format_has_hosts_and_no_optional_fields() {
        let read = Index::decode(&as_an_earlier_format(&mut index(1, &["a.example"]), SECOND_FORMAT)).unwrap();
        assert_eq!((read.allowed.as_slice(), &read.fields), (&["a.example".to_owned()][..], &Fields::default()));
        assert_eq!(read.secrets.values().next().unwrap().fields, Fields::default());
    }

    #[test]
    fn optional_fields_that_are_not_known_are_written_again_as_they_were() {
        let bytes = index(2, &["a.example"]).encode();
        let again = Index::decode(&bytes).unwrap();
        assert_eq!(again.fields, Fields::of([(1, b"of the workspace"), (2, b"")]));
        assert_eq!(again.secrets.values().next().unwrap().fields, Fields::of([(7, b"of a secret")]));
        assert_eq!(*again.encode(), *bytes);
    }

    #[test]
    fn a_critical_field_of_the_workspace_or_of_a_secret_is_refused() {
        let mut of_workspace = index(0, &[]);
        of_workspace.fields = Fields::of([(0x8005, b"")]);
        assert_eq!(Index::decode(&of_workspace.encode()).err(), Some(Unread::Critical(5)));
        let mut of_secret = index(0, &[]);
        of_secret.secrets.values_mut().next().unwrap().fields = Fields::of([(0x8006, b"")]);
        assert_eq!(Index::decode(&of_secret.encode()).err(), Some(Unread::Critical(6)));
    }

    fn with_parts(words: [Option<Word>; 2]) -> Index {
        let part = |(path, word): (&str, _)| Part { path: path.to_owned(), verdict: Verdict::Doubtful, word };
        let parts = Parts { rules: 1, list: ["a", "b"].into_iter().zip(words).map(part).collect() };
        let mut index = index(1, &["a.example"]);
        index.secrets.values_mut().next().unwrap().parts = Arc::new(parts);
        index
    }

    #[test]
    fn parts_come_back_beside_fields_that_are_not_known() {
        let parts = |index: &Index| Arc::clone(&index.secrets.values().next().unwrap().parts);
        for words in [[None, None], [None, Some(Word::Leave)], [Some(Word::Guard), Some(Word::Leave)]] {
            let written = with_parts(words);
            let read = Index::decode(&written.encode()).unwrap();
            assert_eq!((parts(&read), read.bytes()), (parts(&written), written.bytes()));
            let (name, listed) = read.secrets.iter().next().unwrap();
            assert_eq!(listed.fields, Fields::of([(7, b"of a secret")]));
            assert_eq!((&listed.summary(name).parts, &listed.entry(name).parts), (&listed.parts, &listed.parts));
        }
        let without = index(1, &["a.example"]);
        assert_eq!(with_parts([None; 2]).bytes(), without.bytes() + 6 + 16 + 2 * 6, "they count");
        assert_eq!(parts(&Index::decode(&without.encode()).unwrap()), Arc::default(), "as in stores of before");
    }

    /// An um-host that does not know what parts are must not open a workspace where the owner guards one.
    #[test]
    fn parts_are_critical_where_the_owner_guards_one() {
        let field = |words| {
            let index = with_parts(words);
            let fields = index.secrets.values().next().unwrap().all_fields();
            let mut writer = Writer::default();
            fields.write(&mut writer);
            Fields::read(&mut Reader::new(&writer.finish()), MAX_SECRET_FIELDS, &[]).err()
        };
        assert_eq!(field([None, Some(Word::Leave)]), None);
        assert_eq!(field([Some(Word::Guard), None]), Some(Unread::Critical(PARTS)));
    }

    #[test]
    fn an_index_with_damaged_parts_is_malformed() {
        let bytes = with_parts([Some(Word::Guard), None]).encode().to_vec();
        let at = bytes.windows(6).position(|window| window == b"\x11\x01\0\0\0a").unwrap();
        assert!(Index::decode(&bytes).is_ok());
        for damaged in [0x13, 0x31, 0x01] {
            let mut bytes = bytes.clone();
            bytes[at] = damaged;
            assert_eq!(Index::decode(&bytes).err(), Some(Unread::Malformed), "{damaged:#x}");
        }
    }

    #[test]
    fn optional_fields_are_bounded_and_count_towards_what_a_workspace_holds() {
        let with = |secret: usize, workspace: usize| {
            let (secret, workspace) = (vec![0; secret - 6], vec![0; workspace - 6]);
            let mut index = index(0, &[]);
            index.fields = Fields::of([(1, &workspace)]);
            index.secrets.values_mut().next().unwrap().fields = Fields::of([(2, &secret)]);
            index
        };
        let fullest = with(MAX_SECRET_FIELDS, MAX_WORKSPACE_FIELDS);
        assert!(Index::decode(&fullest.encode()).is_ok());
        assert_eq!(fullest.bytes(), (5 + 3 + 16 + MAX_SECRET_FIELDS + MAX_WORKSPACE_FIELDS) as u64);
        for over in [with(MAX_SECRET_FIELDS + 1, 100), with(100, MAX_WORKSPACE_FIELDS + 1)] {
            assert_eq!(Index::decode(&over.encode()).err(), Some(Unread::Malformed));
        }
    }

    #[test]
    fn an_index_of_a_later_format_is_told_from_one_with_something_left_over() {
        let mut bytes = index(1, &["a.example"]).encode().to_vec();
        bytes[0] = INDEX_FORMAT + 1;
        assert_eq!(Index::decode(&bytes).err(), Some(Unread::Later(INDEX_FORMAT + 1)));
        bytes[0] = INDEX_FORMAT;
        assert!(Index::decode(&bytes).is_ok());
        bytes.push(0);
        for format in [0, FIRST_FORMAT, SECOND_FORMAT, INDEX_FORMAT] {
            bytes[0] = format;
            assert_eq!(Index::decode(&bytes).err(), Some(Unread::Malformed), "{format}");
        }
    }
}
