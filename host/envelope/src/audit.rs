//! The log of changes: rows in the same transaction as the change, sealed, each chained to the one before.
//!
//! Where the chain ends stands in META and in the keyring: a row cut off, altered or put in does not fit. Rows hold
//! names and versions, never values or hashes of them.

use jiff::Timestamp;
use um_secret::{Actor, ActorRecord, AuditEntry, RunId};

use super::context::{Kind, SealContext};
use super::derive::Authenticator;
use super::id::{Id, StoreId};
use super::key::AuditKey;
use super::seal;
use super::segment::SegmentHead;
use super::wire::{Malformed, Reader, Writer};

/// The first had no details, and the second knew of the actor no more than an id.
const FIRST_FORMAT: u8 = 1;
const SECOND_FORMAT: u8 = 2;
const FORMAT: u8 = 3;
const CHAIN_PURPOSE: &str = "um-host audit chain";

/// Where the chain of audit rows ends. That of a log without rows is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditHead {
    /// How many rows there are.
    pub count: u64,
    pub(crate) head: Authenticator,
}

/// What was done in one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// As the command is called, for example `secrets set`.
    pub verb: String,
    /// Name and id of the workspace.
    pub workspace: Option<(String, Id)>,
    /// Name, id and version of the secret.
    pub secret: Option<(String, Id, u64)>,
    /// What else there is to say: what was allowed, or where the secret may go now. Never a value.
    pub details: String,
}

/// One change, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    at: Timestamp,
    by: ActorRecord,
    /// The run in which it was done, if it was in one.
    run: Option<Id>,
    note: Note,
    /// Where the segments of read records ended when this was written.
    pub reads: Vec<SegmentHead>,
}

impl AuditHead {
    /// Where the chain ends after one more row.
    #[must_use]
    pub fn extend(&self, key: &AuditKey, sealed: &[u8]) -> Self {
        let head = key.key.authenticate(CHAIN_PURPOSE, &[&self.head, &self.count.to_le_bytes(), sealed]);
        Self { count: self.count + 1, head }
    }
}

impl AuditRow {
    /// What `by` did at that time, to the millisecond.
    pub fn new(at: Timestamp, by: &Actor, note: Note, reads: Vec<SegmentHead>) -> Self {
        let (run, by) = (by.run().map(|run| *run.as_bytes()), ActorRecord::from(by));
        Self { at, by, run, note, reads }
    }

    /// The row as those see it who look at the log.
    pub fn entry(self, number: u64) -> AuditEntry {
        let Note { verb, workspace, secret, details } = self.note;
        let (secret, version) = secret.map(|(name, _, version)| (name, version)).unzip();
        let mut entry = AuditEntry::new(number, self.at, self.by, verb);
        entry.run = self.run.map(RunId::from_bytes);
        entry.workspace = workspace.map(|(name, _)| name);
        (entry.secret, entry.version, entry.details) = (secret, version, details);
        entry
    }

    /// The row as it is stored at the end of the chain, and where the chain ends then.
    pub fn seal(&self, key: &AuditKey, chain: &AuditHead) -> (Vec<u8>, AuditHead) {
        let sealed = seal::seal(&key.key, &context(key.store, chain.count), &self.encode());
        let next = chain.extend(key, &sealed);
        (sealed, next)
    }

    /// Opens the row that is number `sequence`, counted from 0.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn open(key: &AuditKey, sequence: u64, sealed: &[u8]) -> Result<Self, Malformed> {
        let plain = seal::open(&key.key, &context(key.store, sequence), sealed)?;
        Self::decode(&plain)
    }

    fn encode(&self) -> zeroize::Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(256 + 64 * self.reads.len());
        writer.u8(FORMAT).time(self.at).actor(&self.by).u8(u8::from(self.run.is_some()));
        if let Some(run) = &self.run {
            writer.raw(run);
        }
        let Note { verb, workspace, secret, details } = &self.note;
        writer.text(verb).u8(u8::from(workspace.is_some()));
        if let Some((name, id)) = workspace {
            writer.text(name).raw(id);
        }
        writer.u8(u8::from(secret.is_some()));
        if let Some((name, id, version)) = secret {
            writer.text(name).raw(id).u64(*version);
        }
        writer.text(details).count(self.reads.len());
        for head in &self.reads {
            writer.raw(&head.segment).u64(head.records).u64(head.length).raw(&head.mac);
        }
        writer.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let format = reader.u8()?;
        if !(FIRST_FORMAT..=FORMAT).contains(&format) {
            return Err(Malformed);
        }
        let at = reader.time()?;
        let (by, run) = match format {
            FIRST_FORMAT | SECOND_FORMAT => (ActorRecord::of_account(reader.text()?.to_owned()), None),
            _ => (reader.actor()?, if reader.present()? { Some(reader.id()?) } else { None }),
        };
        let verb = reader.text()?.to_owned();
        let workspace = if reader.present()? { Some((reader.text()?.to_owned(), reader.id()?)) } else { None };
        let secret =
            if reader.present()? { Some((reader.text()?.to_owned(), reader.id()?, reader.u64()?)) } else { None };
        let details = if format > FIRST_FORMAT { reader.text()?.to_owned() } else { String::new() };
        let mut reads = Vec::new();
        for _ in 0..reader.count(64)? {
            let (segment, records, length) = (reader.id()?, reader.u64()?, reader.u64()?);
            reads.push(SegmentHead { segment, records, length, mac: reader.authenticator()? });
        }
        reader.finish()?;
        Ok(Self { at, by, run, note: Note { verb, workspace, secret, details }, reads })
    }
}

fn context(store: StoreId, sequence: u64) -> SealContext {
    SealContext { version: sequence, ..SealContext::new(store, Kind::AuditRow) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use um_secret::{ActorKind, Door};

    fn row() -> AuditRow {
        let by = Actor::new("token:7", ActorKind::Token, Door::Api).unwrap().on_behalf_of("ada").unwrap();
        let by = by.in_run(RunId::from_bytes([5; 16]));
        let secret = Some(("TOKEN".to_owned(), [2; 16], 3));
        let (verb, workspace) = ("secrets set".to_owned(), Some(("default".to_owned(), [1; 16])));
        let heads = vec![SegmentHead { segment: [3; 16], records: 4, length: 500, mac: [6; 32] }];
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        AuditRow::new(at, &by, Note { verb, workspace, secret, details: "sealed".to_owned() }, heads)
    }

    /// The same as earlier versions wrote it.
    fn as_an_earlier_format(row: &AuditRow, format: u8) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.u8(format).time(row.at).text("uid:1000").text(&row.note.verb);
        writer.u8(1).text("default").raw(&[1; 16]).u8(1).text("TOKEN").raw(&[2; 16]).u64(3);
        if format > FIRST_FORMAT {
            writer.text("sealed");
        }
        writer.count(1).raw(&[3; 16]).u64(4).u64(500).raw(&[6; 32]);
        writer.finish().to_vec()
    }

    #[test]
    fn a_row_comes_back_as_it_was_written_and_is_told_with_who_did_it() {
        let row = row();
        assert_eq!(AuditRow::decode(&row.encode()), Ok(row.clone()));
        let entry = row.entry(9);
        assert_eq!((entry.number, entry.verb.as_str(), entry.details.as_str()), (9, "secrets set", "sealed"));
        assert_eq!((entry.secret.as_deref(), entry.version), (Some("TOKEN"), Some(3)));
        assert_eq!(entry.run, Some(RunId::from_bytes([5; 16])));
        assert_eq!((entry.by.door.as_str(), entry.by.on_behalf_of.as_deref()), ("api", Some("ada")));
    }

    #[test]
    fn rows_of_earlier_formats_are_read_with_what_they_say() {
        for (format, details) in [(FIRST_FORMAT, ""), (SECOND_FORMAT, "sealed")] {
            let new = row();
            let old = AuditRow::decode(&as_an_earlier_format(&new, format)).unwrap();
            let by = ActorRecord::of_account("uid:1000".to_owned());
            assert_eq!(old, AuditRow { by, run: None, note: Note { details: details.to_owned(), ..new.note }, ..new });
        }
    }

    #[test]
    fn a_row_of_a_later_format_or_that_is_cut_short_is_malformed() {
        let mut bytes = row().encode().to_vec();
        for end in 0..bytes.len() {
            assert_eq!(AuditRow::decode(&bytes[..end]), Err(Malformed), "cut at {end}");
        }
        for format in [0, FORMAT + 1] {
            bytes[0] = format;
            assert_eq!(AuditRow::decode(&bytes), Err(Malformed));
        }
    }
}
