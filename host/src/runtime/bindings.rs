//! What `wit/action.wit` says, as types. WASI's own types are those of the engine's crates.

wasmtime::component::bindgen!({
    path: "../wit",
    world: "action",
    // Never `tracing` here: it would log the strings that pass.
    imports: { default: async | trappable },
    exports: { default: async },
    with: {
        "wasi:cli": wasmtime_wasi::p2::bindings::cli,
        "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        "wasi:filesystem": wasmtime_wasi::p2::bindings::filesystem,
        "wasi:http": wasmtime_wasi_http::p2::bindings::http,
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:random": wasmtime_wasi::p2::bindings::random,
    },
});
