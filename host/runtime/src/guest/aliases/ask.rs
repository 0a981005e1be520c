//! Asking by a key: the secret that it is, or why there is none.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::ResourceTable;

use super::key::names;
use crate::guest::bindings::um::action::secrets::Error;
use crate::guest::refusals::Refusals;
use crate::guest::secrets::RunSecrets;
use crate::outcome::refusal::KeyRefused;
use um_base::Over;
use um_secret::SecretName;

/// What of a run answers, for the time of a call.
pub(crate) struct View<'a> {
    pub secrets: &'a mut RunSecrets,
    pub refusals: &'a Refusals,
    pub table: &'a mut ResourceTable,
}

/// Where it is in the state of a run.
pub(super) type Of<T> = fn(&mut T) -> View<'_>;

/// Why there is no value. Its text is for people, and has the key that the guest asked by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// The key could be no secret's.
    NoName,
    Refused(KeyRefused),
    Expired(SecretName),
    Unavailable(SecretName),
}

impl Missing {
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NoName | Self::Refused(KeyRefused::NotFound { .. }))
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName => f.write_str("no secret can have this name: one has letters, digits and underscores"),
            Self::Refused(refused) => refused.fmt(f),
            Self::Expired(name) => write!(f, "the secret {name} is past its expiry date"),
            Self::Unavailable(name) => write!(f, "the secret {name} could not be opened, or its read not recorded"),
        }
    }
}

impl View<'_> {
    /// The secret that a key is, with its value or placeholder.
    ///
    /// # Errors
    /// [`Over`]: the run is.
    pub(super) async fn ask(&mut self, key: &str) -> Result<Result<(SecretName, Arc<str>), Missing>, Over> {
        let names = names(key);
        let Some(name) = self.secrets.meant(&names).cloned() else {
            // Counts like any other.
            let _ = self.secrets.get(key).await?;
            return Ok(Err(Missing::NoName));
        };
        let error = match self.secrets.get(name.as_str()).await? {
            Ok(value) => return Ok(Ok((name, value))),
            Err(error) => error,
        };
        let key = key.to_owned();
        let refused = match error {
            Error::Expired => return Ok(Err(Missing::Expired(name))),
            Error::Unavailable => return Ok(Err(Missing::Unavailable(name))),
            Error::NotFound => KeyRefused::NotFound { key, name },
            Error::Denied => KeyRefused::Denied { key, name },
        };
        self.refusals.keep_key(&refused).await;
        Ok(Err(Missing::Refused(refused)))
    }

    /// All that the run was narrowed to, under their own names.
    ///
    /// # Errors
    /// [`Over`]: the run is.
    pub(super) async fn ask_all(&mut self) -> Result<Result<Vec<(SecretName, Arc<str>)>, Missing>, Over> {
        let Some(names) = self.secrets.narrowed() else {
            self.refusals.keep_key(&KeyRefused::All).await;
            return Ok(Err(Missing::Refused(KeyRefused::All)));
        };
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            match self.ask(name.as_str()).await? {
                Ok(found) => all.push(found),
                Err(missing) => return Ok(Err(missing)),
            }
        }
        Ok(Ok(all))
    }
}
