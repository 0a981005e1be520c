//! What the engine keeps for one run: the guest's view of the world, and nothing of any other run.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::documents::Documents;
use super::files::{Files, View, WithFiles};
use super::http::Http;
use super::memory::MemoryLimiter;
use super::outgoing::MAX_FIELD_BYTES;
use super::preview1::descriptors::Descriptors;
use super::script::Declaration;
use super::secrets::RunSecrets;
use crate::limits::table::Limits;
use crate::tripwire::Tripwire;

/// One run's state.
pub(crate) struct State {
    pub table: ResourceTable,
    pub wasi: WasiCtx,
    pub files: Files,
    pub http_ctx: WasiHttpCtx,
    pub http: Http,
    pub secrets: RunSecrets,
    pub documents: Documents,
    pub declaration: Declaration,
    pub memory: MemoryLimiter,
    pub descriptors: Descriptors,
    /// How much the guest may have open at once.
    pub resources: usize,
}

impl State {
    pub fn new(
        wasi: WasiCtx,
        files: Files,
        http: Http,
        secrets: RunSecrets,
        documents: Documents,
        declaration: Declaration,
        (limits, tripwire): (&Limits, Tripwire),
    ) -> Self {
        let mut table = ResourceTable::new();
        let resources = usize::try_from(limits.resources).unwrap_or(usize::MAX);
        table.set_max_capacity(resources);
        let mut http_ctx = WasiHttpCtx::new();
        http_ctx.set_field_size_limit(MAX_FIELD_BYTES);
        let (memory, descriptors) = (MemoryLimiter::new(limits, tripwire), Descriptors::default());
        Self { table, wasi, files, http_ctx, http, secrets, documents, declaration, memory, descriptors, resources }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.http, table: &mut self.table, ctx: &mut self.http_ctx }
    }
}

impl WithFiles for State {
    fn files(&mut self) -> View<'_> {
        View { files: &mut self.files, table: &mut self.table }
    }
}
