//! `wasi:http` as guests import it: the engine's, but for what would end a run, or a call, without need or word.
//!
//! - A call costs nothing that stays: the engine reads the options that a guest hands over with a request and leaves
//!   them among the run's resources, one for each call with a time-out.
//! - A set of header fields that is too large is an error that the guest can read; the engine would trap.
//! - That a body broke off for a time-out can be read as well; the engine knows no code of a body's error.
//!
//! Deliberately absent: closing what the guest itself holds open (answers, bodies, streams). Those are its own, and too
//! many of them end the run with words that say so.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler;
use wasmtime_wasi_http::p2::bindings::http::types::{self, HostFields};
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::p2::{HeaderResult, HttpResult};
use wasmtime_wasi_http::{Error, FieldMap, FieldMapError, WasiHttpCtxView, WasiHttpView};

use super::refusals::Refusals;
use crate::outcome::refusal::FieldsTooLarge;

const SENDING: &str = "wasi:http/outgoing-handler@0.2.12";
const TYPES: &str = "wasi:http/types@0.2.12";

/// Largest set of header fields, in bytes as the engine counts them.
pub(crate) const MAX_FIELD_BYTES: usize = 64 * 1024;

/// What answers to a guest are made of, beside what the engine keeps for them.
pub(crate) struct Told<'a> {
    pub table: &'a ResourceTable,
    pub refusals: &'a Refusals,
}

/// Links `wasi:http`.
pub(crate) fn add_to_linker<T: WasiHttpView + 'static>(
    linker: &mut Linker<T>,
    told: fn(&T) -> Told<'_>,
) -> wasmtime::Result<()> {
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    linker.instance(SENDING)?.func_wrap("handle", |mut store: StoreContextMut<'_, T>, (request, options)| {
        let answer = handle(&mut store.data_mut().http(), request, options);
        Ok((answer.map(Ok).or_else(|error| error.downcast().map(Err))?,))
    })?;
    add_fields(linker, told)?;
    linker.instance(TYPES)?.func_wrap(
        "http-error-code",
        move |store: StoreContextMut<'_, T>, (error,): (Resource<types::IoError>,)| {
            let Told { table, refusals } = told(store.data());
            Ok((code(table.get(&error)?, refusals),))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

fn handle(
    view: &mut WasiHttpCtxView<'_>,
    request: Resource<HostOutgoingRequest>,
    options: Option<Resource<types::RequestOptions>>,
) -> HttpResult<Resource<HostFutureIncomingResponse>> {
    let handed = options.as_ref().map(|options| Resource::<types::RequestOptions>::new_own(options.rep()));
    // No path is the empty one.
    view.table.get_mut(&request)?.path_with_query.get_or_insert_with(|| "/".to_owned());
    let answer = outgoing_handler::Host::handle(view, request, options);
    // Handed over is handed over, whatever became of the request.
    handed.map_or(Ok(()), |options| view.table.delete(options).map(drop))?;
    answer
}

/// The functions that make a set of fields larger.
fn add_fields<T: WasiHttpView + 'static>(linker: &mut Linker<T>, told: fn(&T) -> Told<'_>) -> wasmtime::Result<()> {
    let mut interface = linker.instance(TYPES)?;
    interface.func_wrap(
        "[static]fields.from-list",
        move |mut store: StoreContextMut<'_, T>, (entries,): (Vec<(String, Vec<u8>)>,)| {
            let made = HostFields::from_list(&mut store.data_mut().http(), entries);
            Ok((readable(told(store.data()).refusals, made)?,))
        },
    )?;
    interface.func_wrap(
        "[method]fields.set",
        move |mut store: StoreContextMut<'_, T>, (fields, name, values): (Resource<FieldMap>, String, Vec<Vec<u8>>)| {
            let set = HostFields::set(&mut store.data_mut().http(), fields, name, values);
            Ok((readable(told(store.data()).refusals, set)?,))
        },
    )?;
    interface.func_wrap(
        "[method]fields.append",
        move |mut store: StoreContextMut<'_, T>, (fields, name, value): (Resource<FieldMap>, String, Vec<u8>)| {
            let appended = HostFields::append(&mut store.data_mut().http(), fields, name, value);
            Ok((readable(told(store.data()).refusals, appended)?,))
        },
    )
}

/// What the guest gets of an attempt. WASI 0.2 has no word for "too large": the fields may not be set, and why stands in
/// the outcome.
fn readable<T>(refusals: &Refusals, attempt: HeaderResult<T>) -> wasmtime::Result<Result<T, types::HeaderError>> {
    let error = match attempt {
        Ok(done) => return Ok(Ok(done)),
        Err(error) => error,
    };
    let trap = match error.downcast() {
        Ok(error) => return Ok(Err(error)),
        Err(trap) => trap,
    };
    match trap.downcast_ref::<FieldMapError>() {
        Some(FieldMapError::TooManyFields | FieldMapError::TotalSizeTooBig) => {
            refusals.keep_fact(&FieldsTooLarge { limit: MAX_FIELD_BYTES });
            Ok(Err(types::HeaderError::Forbidden))
        }
        _ => Err(trap),
    }
}

/// The code of what broke a stream. Others than these are told by their words.
fn code(error: &types::IoError, refusals: &Refusals) -> Option<types::ErrorCode> {
    match error.downcast_ref::<Error>() {
        Some(Error::ConnectionReadTimeout) => Some(types::ErrorCode::ConnectionReadTimeout),
        // The guest can ask what these words mean.
        Some(Error::InternalError(Some(words))) if refusals.timed_out(words) => {
            Some(types::ErrorCode::InternalError(Some(words.clone())))
        }
        _ => error.downcast_ref().cloned(),
    }
}
