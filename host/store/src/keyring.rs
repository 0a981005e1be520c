//! The keyring: every key that opens something, wrapped, in one small file that can be replaced and wiped.
//!
//! ```text
//! header, 100 bytes   magic 16 · format 4 · length of the file 4 · store id 16 · generation 8 · pending 1 · zeros 19
//!                     · HMAC 32 under the store key, over the rest of the header and the body
//! body                slots [key id, kind of source, KDF parameters, store key wrapped under that master key]
//!                     · audit key wrapped under the store key · audit head · workspaces [id, label, epoch, wrapped key]
//!                     · the pending change: new audit head, workspaces touched [old entry or none, new entry or none]
//! ```
//! A workspace that a pending change touches stands there alone, until the change is settled to one side.
//!
//! Nothing of the body is believed before the HMAC fits, but for the slots, which authenticate themselves.

use std::collections::BTreeMap;

use super::id::{Id, StoreId};
use super::key::KeyId;
use super::seal::{self, Authenticator, Key, Kind, Place};
use super::wire::{Malformed, Reader, Writer};

/// Length of the header, in bytes.
pub(super) const HEADER: usize = 100;
/// Largest keyring, in bytes.
pub(super) const MAX_KEYRING: usize = 1 << 20;
pub(super) const MAGIC: &[u8; 16] = b"um-host keyring\n";
const FORMAT: u32 = 1;
const MAC_AT: usize = HEADER - 32;
const MAC_PURPOSE: &str = "um-host keyring";
/// Most key slots and longest parameters of one: far above any use, far below any harm.
const MAX_SLOTS: usize = 64;

/// One way to the store key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub key: KeyId,
    /// The kind of source, `file` or `env`: a note for people.
    pub kind: String,
    /// How the master key is derived from what the source holds. Empty: the source holds the key itself.
    pub parameters: Vec<u8>,
    pub wrapped: Vec<u8>,
}

/// One workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub id: Id,
    /// Name and time of creation, sealed under the store key.
    pub label: Vec<u8>,
    pub epoch: u64,
    /// The workspace key, wrapped under the store key.
    pub key: Vec<u8>,
}

/// Where the chain of audit rows ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct AuditHead {
    pub count: u64,
    pub head: Authenticator,
}

/// A workspace before and after the pending change; absent where it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Touched {
    pub old: Option<Member>,
    pub new: Option<Member>,
}

/// The one change that may be under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub audit: AuditHead,
    pub touched: Vec<Touched>,
}

/// Which side of a pending change counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keyring {
    pub store: StoreId,
    /// The number of committed changes; a pending one is not counted.
    pub generation: u64,
    pub slots: Vec<Slot>,
    pub audit_key: Vec<u8>,
    pub audit: AuditHead,
    pub workspaces: BTreeMap<Id, Member>,
    pub pending: Option<Pending>,
}

/// The keys that a master key opens.
#[derive(Clone)]
pub(super) struct Keys {
    pub store: Key,
    pub audit: Key,
}

/// Why a keyring was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    WrongKey(Vec<KeyId>),
    Damaged(&'static str),
    TooNew { found: u32, known: u32 },
}

impl From<Malformed> for Refusal {
    fn from(_: Malformed) -> Self {
        Self::Damaged("the keyring has no valid form")
    }
}

impl Keyring {
    /// Reads a keyring that the master key opens, and checks all of it.
    pub fn open(bytes: &[u8], master: &Key) -> Result<(Self, Keys), Refusal> {
        let header = Header::parse(bytes)?;
        let mut reader = Reader::new(&bytes[HEADER..]);
        let slots = read_slots(&mut reader)?;
        let store_key = unwrap_store_key(header.store, &slots, master)?;
        if !seal::same(&authenticate(&store_key, bytes), &bytes[MAC_AT..HEADER]) {
            return Err(Refusal::Damaged("the keyring was altered"));
        }
        let keyring = read_body(&header, slots, &mut reader)?;
        reader.finish()?;
        let place = Place::new(header.store, Kind::AuditKey);
        let audit = open_key(&store_key, &place, &keyring.audit_key)?;
        Ok((keyring, Keys { store: store_key, audit }))
    }

    /// The bytes of the file, authenticated under the store key. May be more than [`MAX_KEYRING`]: then it must not
    /// be written.
    pub fn encode(&self, store_key: &Key) -> Vec<u8> {
        let mut writer = Writer::with_capacity(4096);
        writer.raw(MAGIC).u32(FORMAT).u32(0).raw(&self.store.0).u64(self.generation);
        writer.u8(u8::from(self.pending.is_some())).raw(&[0; HEADER - 49]);
        write_slots(&mut writer, &self.slots);
        writer.bytes(&self.audit_key);
        write_audit(&mut writer, &self.audit);
        writer.count(self.workspaces.len());
        self.workspaces.values().for_each(|member| write_member(&mut writer, member));
        if let Some(pending) = &self.pending {
            write_pending(&mut writer, pending);
        }
        // All secret parts are wrapped: these bytes may lie about.
        let mut bytes = writer.finish().to_vec();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        bytes[20..24].copy_from_slice(&length.to_le_bytes());
        let mac = authenticate(store_key, &bytes);
        bytes[MAC_AT..HEADER].copy_from_slice(&mac);
        bytes
    }

    /// Ends the pending change, if there is one, on the given side.
    pub fn settle(&mut self, side: Side) {
        let Some(pending) = self.pending.take() else { return };
        if side == Side::New {
            self.generation += 1;
            self.audit = pending.audit;
        }
        for Touched { old, new } in pending.touched {
            let kept = if side == Side::New { new } else { old };
            if let Some(member) = kept {
                self.workspaces.insert(member.id, member);
            }
        }
    }

    /// Begins a change: the workspaces that it touches leave the list until it is settled.
    pub fn begin(&mut self, audit: AuditHead, new: Vec<Member>) {
        let touched = new
            .into_iter()
            .map(|member| Touched { old: self.workspaces.remove(&member.id), new: Some(member) })
            .collect();
        self.pending = Some(Pending { audit, touched });
    }
}

impl Slot {
    /// A slot that opens the store key with `master`.
    pub fn new(store: StoreId, master: &Key, kind: &str, store_key: &Key) -> Self {
        let place = Place::new(store, Kind::StoreKey);
        let wrapped = seal::seal(master, &place, store_key.expose());
        Self { key: KeyId(master.fingerprint()), kind: kind.to_owned(), parameters: Vec::new(), wrapped }
    }
}

/// Opens a wrapped key that lies inside what has been authenticated: that it does not open means damage.
pub(super) fn open_key(under: &Key, place: &Place, wrapped: &[u8]) -> Result<Key, Refusal> {
    const BROKEN: Refusal = Refusal::Damaged("a key in the keyring does not open");
    let key = seal::open(under, place, wrapped).map_err(|_| BROKEN)?;
    Key::from_slice(&key).ok_or(BROKEN)
}

/// The first 100 bytes.
pub(super) struct Header {
    pub store: StoreId,
    pub generation: u64,
    pending: bool,
}

impl Header {
    /// The generation in the first bytes of a keyring.
    pub fn generation(bytes: &[u8; HEADER]) -> u64 {
        const AT: usize = 16 + 4 + 4 + 16;
        bytes[AT..].first_chunk().map_or(0, |generation| u64::from_le_bytes(*generation))
    }

    /// Reads the header of a whole keyring. It is not authenticated yet.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() < HEADER || bytes.len() > MAX_KEYRING {
            return Err(Refusal::Damaged("the keyring has no valid length"));
        }
        let mut reader = Reader::new(bytes);
        if reader.raw(MAGIC.len())? != MAGIC {
            return Err(Refusal::Damaged("the keyring is no keyring"));
        }
        let format = reader.u32()?;
        if format == 0 {
            return Err(Refusal::Damaged("the keyring has no valid form"));
        }
        if format > FORMAT {
            return Err(Refusal::TooNew { found: format, known: FORMAT });
        }
        if u64::from(reader.u32()?) != bytes.len() as u64 {
            return Err(Refusal::Damaged("the keyring has no valid length"));
        }
        let (store, generation, pending) = (StoreId(reader.id()?), reader.u64()?, reader.present()?);
        Ok(Self { store, generation, pending })
    }
}

fn authenticate(store_key: &Key, bytes: &[u8]) -> Authenticator {
    store_key.authenticate(MAC_PURPOSE, &[&bytes[..MAC_AT], &bytes[HEADER..]])
}

fn unwrap_store_key(store: StoreId, slots: &[Slot], master: &Key) -> Result<Key, Refusal> {
    let given = KeyId(master.fingerprint());
    let place = Place::new(store, Kind::StoreKey);
    if let Some(slot) = slots.iter().find(|slot| slot.key == given) {
        return open_key(master, &place, &slot.wrapped);
    }
    // Only to tell a wrong key from an altered key id: what opens here is not used.
    if slots.iter().any(|slot| seal::open(master, &place, &slot.wrapped).is_ok()) {
        return Err(Refusal::Damaged("the keyring was altered"));
    }
    Err(Refusal::WrongKey(slots.iter().map(|slot| slot.key).collect()))
}

fn read_body(header: &Header, slots: Vec<Slot>, reader: &mut Reader) -> Result<Keyring, Refusal> {
    let audit_key = reader.bytes()?.to_vec();
    let audit = read_audit(reader)?;
    let mut workspaces = BTreeMap::new();
    for _ in 0..reader.count(32)? {
        let member = read_member(reader)?;
        if workspaces.insert(member.id, member).is_some() {
            return Err(Malformed.into());
        }
    }
    let pending = if header.pending { Some(read_pending(reader)?) } else { None };
    let (store, generation) = (header.store, header.generation);
    Ok(Keyring { store, generation, slots, audit_key, audit, workspaces, pending })
}

fn write_slots(writer: &mut Writer, slots: &[Slot]) {
    writer.count(slots.len());
    for slot in slots {
        writer.raw(&slot.key.0).text(&slot.kind).bytes(&slot.parameters).bytes(&slot.wrapped);
    }
}

fn read_slots(reader: &mut Reader) -> Result<Vec<Slot>, Malformed> {
    let count = reader.count(20)?;
    if count == 0 || count > MAX_SLOTS {
        return Err(Malformed);
    }
    (0..count)
        .map(|_| {
            let key = KeyId(reader.raw(8)?.try_into().map_err(|_| Malformed)?);
            let (kind, parameters) = (reader.text()?.to_owned(), reader.bytes()?.to_vec());
            Ok(Slot { key, kind, parameters, wrapped: reader.bytes()?.to_vec() })
        })
        .collect()
}

fn write_audit(writer: &mut Writer, audit: &AuditHead) {
    writer.u64(audit.count).raw(&audit.head);
}

fn read_audit(reader: &mut Reader) -> Result<AuditHead, Malformed> {
    Ok(AuditHead { count: reader.u64()?, head: reader.authenticator()? })
}

fn write_member(writer: &mut Writer, member: &Member) {
    writer.raw(&member.id).bytes(&member.label).u64(member.epoch).bytes(&member.key);
}

fn read_member(reader: &mut Reader) -> Result<Member, Malformed> {
    let (id, label) = (reader.id()?, reader.bytes()?.to_vec());
    Ok(Member { id, label, epoch: reader.u64()?, key: reader.bytes()?.to_vec() })
}

fn write_pending(writer: &mut Writer, pending: &Pending) {
    write_audit(writer, &pending.audit);
    writer.count(pending.touched.len());
    for side in pending.touched.iter().flat_map(|touched| [&touched.old, &touched.new]) {
        writer.u8(u8::from(side.is_some()));
        if let Some(member) = side {
            write_member(writer, member);
        }
    }
}

fn read_pending(reader: &mut Reader) -> Result<Pending, Malformed> {
    let audit = read_audit(reader)?;
    let count = reader.count(2)?;
    let mut side = || if reader.present()? { read_member(reader).map(Some) } else { Ok(None) };
    let touched = (0..count).map(|_| Ok(Touched { old: side()?, new: side()? })).collect::<Result<_, Malformed>>()?;
    Ok(Pending { audit, touched })
}
