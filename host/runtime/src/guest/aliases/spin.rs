//! `fermyon:spin/variables`: a variable of a Spin application is the secret of its name.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower};

use super::ask::{Missing, Of};
use crate::tripwire::RunOver;

/// Why a variable was not had.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum Error {
    #[component(name = "invalid-name")]
    InvalidName(String),
    #[component(name = "undefined")]
    Undefined(String),
    /// By whoever keeps the values.
    #[component(name = "provider")]
    Provider(String),
    #[component(name = "other")]
    Other(String),
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        let text = missing.to_string();
        match missing {
            Missing::NoName => Self::InvalidName(text),
            _ if missing.is_not_found() => Self::Undefined(text),
            Missing::Refused(_) => Self::Other(text),
            Missing::Expired(_) | Missing::Unavailable(_) => Self::Provider(text),
        }
    }
}

pub(super) fn add_to_linker<T: Send + 'static>(linker: &mut Linker<T>, of: Of<T>) -> wasmtime::Result<()> {
    let mut instance = linker.instance("fermyon:spin/variables@2.0.0")?;
    instance.func_wrap_async("get", move |mut store: StoreContextMut<'_, T>, (name,): (String,)| {
        Box::new(async move {
            let asked = of(store.data_mut()).ask(&name).await.map_err(|_| RunOver)?;
            let answer: Result<Arc<str>, Error> = asked.map(|(_, value)| value).map_err(Error::from);
            Ok((answer,))
        })
    })
}
