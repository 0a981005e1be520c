//! The ways to the store key: one for each master key that opens the keyring.

use super::header::Refusal;
use crate::context::{Kind, SealContext};
use crate::id::StoreId;
use crate::key::{Key, KeyId};
use crate::seal;
use crate::wire::{Malformed, Reader, Writer};

/// Most key slots: far above any use, far below any harm.
const MAX_SLOTS: usize = 64;

/// One way to the store key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slot {
    key: KeyId,
    /// The kind of source, `file` or `env`: a note for people.
    kind: String,
    /// How the master key is derived from what the source holds. Empty: the source holds the key itself.
    parameters: Vec<u8>,
    wrapped: Vec<u8>,
}

impl Slot {
    /// A slot that opens the store key with `master`.
    pub fn new(store: StoreId, master: &Key, kind: &str, store_key: &Key) -> Self {
        let context = SealContext::new(store, Kind::StoreKey);
        let wrapped = seal::seal(master, &context, store_key.expose());
        Self { key: master.id(), kind: kind.to_owned(), parameters: Vec::new(), wrapped }
    }
}

/// The store key, if one of the slots is for `master`.
pub(super) fn unwrap_store_key(store: StoreId, slots: &[Slot], master: &Key) -> Result<Key, Refusal> {
    let given = master.id();
    let context = SealContext::new(store, Kind::StoreKey);
    if let Some(slot) = slots.iter().find(|slot| slot.key == given) {
        return open_key(master, &context, &slot.wrapped);
    }
    // Only to tell a wrong key from an altered key id: what opens here is not used.
    if slots.iter().any(|slot| seal::open(master, &context, &slot.wrapped).is_ok()) {
        return Err(Refusal::Damaged("the keyring was altered"));
    }
    Err(Refusal::WrongKey(slots.iter().map(|slot| slot.key).collect()))
}

/// Opens a wrapped key that lies inside what has been authenticated: that it does not open means damage.
pub(super) fn open_key(under: &Key, context: &SealContext, wrapped: &[u8]) -> Result<Key, Refusal> {
    const BROKEN: Refusal = Refusal::Damaged("a key in the keyring does not open");
    let key = seal::open(under, context, wrapped).map_err(|_| BROKEN)?;
    Key::from_slice(&key).ok_or(BROKEN)
}

pub(super) fn write_slots(writer: &mut Writer, slots: &[Slot]) {
    writer.count(slots.len());
    for slot in slots {
        writer.raw(&slot.key.0).text(&slot.kind).bytes(&slot.parameters).bytes(&slot.wrapped);
    }
}

pub(super) fn read_slots(reader: &mut Reader) -> Result<Vec<Slot>, Malformed> {
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
