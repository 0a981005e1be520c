//! `wasmcloud:secrets`: a handle first (`store`), the value for it when it is wanted (`reveal`).
//!
//! Getting the handle is the read: it alone can fail in words, so there the value is opened, recorded and made known to the
//! filter. A handle has the name in it and no value.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};

use super::ask::{Missing, Of};
use crate::tripwire::RunOver;
use um_secret::SecretName;

const VERSIONS: [&str; 2] = ["1.0.0", "0.1.0-draft"];

/// What a handle stands for.
struct Secret(SecretName);

/// Why there is no handle.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    /// By whoever keeps the values.
    #[component(name = "upstream")]
    Upstream(String),
    #[component(name = "io")]
    Io(String),
    #[component(name = "not-found")]
    NotFound,
}

/// A value; ours are text.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum Value {
    #[component(name = "string")]
    Text(Arc<str>),
    #[component(name = "bytes")]
    Bytes(Vec<u8>),
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        match missing {
            _ if missing.is_not_found() => Self::NotFound,
            Missing::Unavailable(_) => Self::Io(missing.to_string()),
            _ => Self::Upstream(missing.to_string()),
        }
    }
}

pub(super) fn add_to_linker<T: Send + 'static>(linker: &mut Linker<T>, of: Of<T>) -> wasmtime::Result<()> {
    for version in VERSIONS {
        add_store(linker, version, of)?;
        let mut reveal = linker.instance(&format!("wasmcloud:secrets/reveal@{version}"))?;
        reveal.func_wrap("reveal", move |mut store: StoreContextMut<'_, T>, (secret,): (Resource<Secret>,)| {
            let view = of(store.data_mut());
            let Secret(name) = view.table.get(&secret)?;
            // A handle is there for what was opened alone, and what was opened stays until the run is over.
            let value = view.secrets.got(name).ok_or(RunOver)?;
            Ok((Value::Text(value),))
        })?;
    }
    Ok(())
}

fn add_store<T: Send + 'static>(linker: &mut Linker<T>, version: &str, of: Of<T>) -> wasmtime::Result<()> {
    let mut instance = linker.instance(&format!("wasmcloud:secrets/store@{version}"))?;
    instance.resource("secret", ResourceType::host::<Secret>(), move |mut store: StoreContextMut<'_, T>, handle| {
        let handle = Resource::<Secret>::new_own(handle);
        of(store.data_mut()).table.delete(handle)?;
        Ok(())
    })?;
    instance.func_wrap_async("get", move |mut store: StoreContextMut<'_, T>, (key,): (String,)| {
        Box::new(async move {
            let mut view = of(store.data_mut());
            let answer: Result<Resource<Secret>, Error> = match view.ask(&key).await.map_err(|_| RunOver)? {
                Ok((name, _)) => Ok(view.table.push(Secret(name))?),
                Err(missing) => Err(missing.into()),
            };
            Ok((answer,))
        })
    })
}
