//! The bytes of a keyring.
//!
//! ```text
//! header, 100 bytes   magic 16 · format 4 · length of the file 4 · store id 16 · generation 8 · pending 1 · zeros 19
//!                     · HMAC 32 under the store key, over the rest of the header and the body
//! body                slots [key id, kind of source, KDF parameters, store key wrapped under that master key]
//!                     · audit key wrapped under the store key · audit head · workspaces [id, label, epoch, wrapped key]
//!                     · the pending change: new audit head, workspaces touched [old entry or none, new entry or none]
//! ```
//! Numbers are little-endian; texts and bytes have their length before them, lists their count.

use std::collections::BTreeMap;

use super::change::{Keyring, Pending, Touched, WorkspaceEntry};
use super::header::{FORMAT, Header, KEYRING_HEADER, MAC_AT, MAGIC, Refusal};
use super::slot::{Slot, open_key, read_slots, unwrap_store_key, write_slots};
use crate::audit::AuditHead;
use crate::context::{Kind, SealContext};
use crate::derive::{Authenticator, same};
use crate::key::{AuditKey, Key, Keys};
use crate::wire::{Malformed, Reader, Writer};

const MAC_PURPOSE: &str = "um-host keyring";

impl Keyring {
    /// Reads a keyring that the master key opens, and checks all of it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn open(bytes: &[u8], master: &Key) -> Result<(Self, Keys), Refusal> {
        let header = Header::parse(bytes)?;
        let mut reader = Reader::new(&bytes[KEYRING_HEADER..]);
        let slots = read_slots(&mut reader)?;
        let store_key = unwrap_store_key(header.store, &slots, master)?;
        if !same(&authenticate(&store_key, bytes), &bytes[MAC_AT..KEYRING_HEADER]) {
            return Err(Refusal::Damaged("the keyring was altered"));
        }
        let keyring = read_body(&header, slots, &mut reader)?;
        reader.finish()?;
        let store = header.store;
        let audit = open_key(&store_key, &SealContext::new(store, Kind::AuditKey), &keyring.audit_key)?;
        Ok((keyring, Keys { store, key: store_key, audit: AuditKey { store, key: audit } }))
    }

    /// The bytes of the file, authenticated under the store key. May be more than
    /// [`MAX_KEYRING`](crate::MAX_KEYRING): then it must not be written.
    pub fn encode(&self, keys: &Keys) -> Vec<u8> {
        let mut writer = Writer::with_capacity(4096);
        writer.raw(MAGIC).u32(FORMAT).u32(0).raw(self.store.as_bytes()).u64(self.generation);
        writer.u8(u8::from(self.pending.is_some())).raw(&[0; KEYRING_HEADER - 49]);
        write_slots(&mut writer, &self.slots);
        writer.bytes(&self.audit_key);
        write_audit(&mut writer, &self.audit);
        writer.count(self.workspaces.len());
        self.workspaces.values().for_each(|entry| write_entry(&mut writer, entry));
        if let Some(pending) = &self.pending {
            write_pending(&mut writer, pending);
        }
        // All secret parts are wrapped: these bytes may lie about.
        let mut bytes = writer.finish().to_vec();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        bytes[20..24].copy_from_slice(&length.to_le_bytes());
        let mac = authenticate(&keys.key, &bytes);
        bytes[MAC_AT..KEYRING_HEADER].copy_from_slice(&mac);
        bytes
    }
}

fn authenticate(store_key: &Key, bytes: &[u8]) -> Authenticator {
    store_key.authenticate(MAC_PURPOSE, &[&bytes[..MAC_AT], &bytes[KEYRING_HEADER..]])
}

fn read_body(header: &Header, slots: Vec<Slot>, reader: &mut Reader) -> Result<Keyring, Refusal> {
    let audit_key = reader.bytes()?.to_vec();
    let audit = read_audit(reader)?;
    let mut workspaces = BTreeMap::new();
    for _ in 0..reader.count(32)? {
        let entry = read_entry(reader)?;
        if workspaces.insert(entry.id, entry).is_some() {
            return Err(Malformed.into());
        }
    }
    let pending = if header.pending { Some(read_pending(reader)?) } else { None };
    let (store, generation) = (header.store, header.generation);
    Ok(Keyring { store, generation, slots, audit_key, audit, workspaces, pending })
}

fn write_audit(writer: &mut Writer, audit: &AuditHead) {
    writer.u64(audit.count).raw(&audit.head);
}

fn read_audit(reader: &mut Reader) -> Result<AuditHead, Malformed> {
    Ok(AuditHead { count: reader.u64()?, head: reader.authenticator()? })
}

fn write_entry(writer: &mut Writer, entry: &WorkspaceEntry) {
    writer.raw(&entry.id).bytes(&entry.label).u64(entry.epoch).bytes(&entry.key);
}

fn read_entry(reader: &mut Reader) -> Result<WorkspaceEntry, Malformed> {
    let (id, label) = (reader.id()?, reader.bytes()?.to_vec());
    Ok(WorkspaceEntry { id, label, epoch: reader.u64()?, key: reader.bytes()?.to_vec() })
}

fn write_pending(writer: &mut Writer, pending: &Pending) {
    write_audit(writer, &pending.audit);
    writer.count(pending.touched.len());
    for side in pending.touched.iter().flat_map(|touched| [&touched.old, &touched.new]) {
        writer.u8(u8::from(side.is_some()));
        if let Some(entry) = side {
            write_entry(writer, entry);
        }
    }
}

fn read_pending(reader: &mut Reader) -> Result<Pending, Malformed> {
    let audit = read_audit(reader)?;
    let count = reader.count(2)?;
    let mut side = || if reader.present()? { read_entry(reader).map(Some) } else { Ok(None) };
    let touched = (0..count).map(|_| Ok(Touched { old: side()?, new: side()? })).collect::<Result<_, Malformed>>()?;
    Ok(Pending { audit, touched })
}
