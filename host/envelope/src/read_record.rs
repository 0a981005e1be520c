//! What a run did with a value: the form of one record of the log of reads.

use jiff::Timestamp;
use um_secret::ActorRecord;
use zeroize::Zeroizing;

use super::id::Id;
use super::wire::{Malformed, Reader, Writer};

/// The kinds of records, by [`Use`].
const READ: u8 = 1;
const REFUSED: u8 = 2;
const SEALED: u8 = 3;
/// Added to the kind of a record that ends in who started the run; those of the first um-hosts do not.
const WITH_ACTOR: u8 = 0x80;

/// What a run did with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRecord {
    /// When, to the millisecond.
    pub at: Timestamp,
    /// The run that did it.
    pub run: Id,
    /// Who started the run, if that was written down.
    pub by: Option<ActorRecord>,
    /// Name and id.
    pub workspace: (String, Id),
    /// Name, id and version.
    pub secret: (String, Id, u64),
    /// What was done.
    pub what: Use,
}

/// What was done with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// It was handed out, or a placeholder for it.
    Read,
    /// Requests to a host were refused since it stood in them.
    Refused {
        /// Where they were to go.
        host: String,
        /// How many there were.
        count: u64,
    },
    /// It was put into requests to a host, which the run had a placeholder for: one record for all of them.
    Sealed {
        /// Where they went.
        host: String,
    },
}

impl ReadRecord {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(256);
        let kind = match self.what {
            Use::Read => READ,
            Use::Refused { .. } => REFUSED,
            Use::Sealed { .. } => SEALED,
        };
        let kind = if self.by.is_some() { kind | WITH_ACTOR } else { kind };
        writer.u8(kind).time(self.at).raw(&self.run).text(&self.workspace.0).raw(&self.workspace.1);
        writer.text(&self.secret.0).raw(&self.secret.1).u64(self.secret.2);
        match &self.what {
            Use::Read => &mut writer,
            Use::Refused { host, count } => writer.text(host).u64(*count),
            Use::Sealed { host } => writer.text(host),
        };
        if let Some(actor) = &self.by {
            writer.actor(actor);
        }
        writer.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8()?;
        let (at, run) = (reader.time()?, reader.id()?);
        let workspace = (reader.text()?.to_owned(), reader.id()?);
        let secret = (reader.text()?.to_owned(), reader.id()?, reader.u64()?);
        let what = match kind & !WITH_ACTOR {
            READ => Use::Read,
            REFUSED => Use::Refused { host: reader.text()?.to_owned(), count: reader.u64()? },
            SEALED => Use::Sealed { host: reader.text()?.to_owned() },
            _ => return Err(Malformed),
        };
        let by = if kind & WITH_ACTOR == 0 { None } else { Some(reader.actor()?) };
        reader.finish()?;
        Ok(Self { at, run, by, workspace, secret, what })
    }
}
