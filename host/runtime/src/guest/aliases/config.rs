//! `wasi:config`, as its release candidate and its drafts have it: all of one shape, under several names.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower};

use super::ask::{Missing, Of};
use crate::tripwire::RunOver;

const INTERFACES: [&str; 4] = [
    "wasi:config/store@0.2.0-rc.1",
    "wasi:config/store@0.2.0-draft",
    "wasi:config/store@0.2.0-draft-2024-09-27",
    "wasi:config/runtime@0.2.0-draft",
];

/// Why a value was not had.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    /// By whoever keeps the values.
    #[component(name = "upstream")]
    Upstream(String),
    #[component(name = "io")]
    Io(String),
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Unavailable(_) => Self::Io(missing.to_string()),
            _ => Self::Upstream(missing.to_string()),
        }
    }
}

pub(super) fn add_to_linker<T: Send + 'static>(linker: &mut Linker<T>, of: Of<T>) -> wasmtime::Result<()> {
    for interface in INTERFACES {
        let mut instance = linker.instance(interface)?;
        instance.func_wrap_async("get", move |mut store: StoreContextMut<'_, T>, (key,): (String,)| {
            Box::new(async move {
                let asked = of(store.data_mut()).ask(&key).await.map_err(|_| RunOver)?;
                let answer: Result<Option<Arc<str>>, Error> = match asked {
                    Ok((_, value)) => Ok(Some(value)),
                    Err(missing) if missing.is_not_found() => Ok(None),
                    Err(missing) => Err(missing.into()),
                };
                Ok((answer,))
            })
        })?;
        instance.func_wrap_async("get-all", move |mut store: StoreContextMut<'_, T>, (): ()| {
            Box::new(async move {
                let asked = of(store.data_mut()).ask_all().await.map_err(|_| RunOver)?;
                let named = |(name, value): (_, Arc<str>)| (String::from(name), value);
                let answer: Result<Vec<(String, Arc<str>)>, Error> =
                    asked.map(|all| all.into_iter().map(named).collect()).map_err(Error::from);
                Ok((answer,))
            })
        })?;
    }
    Ok(())
}
