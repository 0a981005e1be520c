//! What audit rows and read records say, as they are read back.

use serde::Serialize;

use super::Actor;

/// Who did something, as a record tells it: an [`Actor`] in words, so that what a later um-host wrote down can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct RecordedActor {
    pub id: String,
    /// `None` in records of the time before it was written down; so for the others.
    pub kind: Option<String>,
    pub door: Option<String>,
    pub on_behalf_of: Option<String>,
}

impl RecordedActor {
    /// Of a record that has nothing but the id.
    pub(crate) fn by_id(id: String) -> Self {
        Self { id, kind: None, door: None, on_behalf_of: None }
    }
}

impl From<&Actor> for RecordedActor {
    fn from(actor: &Actor) -> Self {
        Self {
            id: actor.id().to_owned(),
            kind: Some(actor.kind().name().to_owned()),
            door: Some(actor.door().name().to_owned()),
            on_behalf_of: actor.acts_for().map(str::to_owned),
        }
    }
}
