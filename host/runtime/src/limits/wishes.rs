//! Limits that somebody asks for.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::table::{Limit, Limits, Unit};
use super::text::LimitError;

/// Limits that somebody names; the others stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitWishes(BTreeMap<Limit, u64>);

impl LimitWishes {
    /// Names a limit by the text of an option. Named again, the later one counts.
    ///
    /// # Errors
    /// [`LimitError`]: an unknown name, a value that does not parse, or zero.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), LimitError> {
        let limit = Limit::named(name)?;
        self.0.insert(limit, limit.read(value)?);
        Ok(())
    }

    /// What is asked for, in the limit's unit: milliseconds, bytes or a number.
    pub fn amount(&self, limit: Limit) -> Option<u64> {
        self.0.get(&limit).copied()
    }

    /// Whether none is named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// All of them, as they stand there.
impl From<&Limits> for LimitWishes {
    fn from(limits: &Limits) -> Self {
        let named = |limit| limits.amount(limit).map(|amount| (limit, amount));
        Self(Limit::ALL.into_iter().filter_map(named).collect())
    }
}

/// By name, each as it can be read again.
impl Serialize for LimitWishes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = |(limit, amount): (&Limit, &u64)| match limit.unit() {
            Unit::Time => (limit.name(), format!("{amount}ms")),
            Unit::Size | Unit::Count => (limit.name(), amount.to_string()),
        };
        serializer.collect_map(self.0.iter().map(written))
    }
}
