//! What `wit/action.wit` and the Python runner's private interface say, as types. WASI's own types are those of the
//! engine's crates, and of [`files`](super::files).

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "action",
    // Never `tracing` here: it would log the strings that pass.
    imports: { default: async | trappable },
    exports: { default: async },
    with: {
        "wasi:cli": wasmtime_wasi::p2::bindings::cli,
        "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        "wasi:filesystem": super::files::bindings::filesystem,
        "wasi:http": wasmtime_wasi_http::p2::bindings::http,
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:random": wasmtime_wasi::p2::bindings::random,
    },
});

/// What the host and the Python runner say to each other.
pub mod runner {
    wasmtime::component::bindgen!({
        path: ["../../wit", "../../guest-sdk/python/wit"],
        world: "um:runner/runner",
        imports: { default: async | trappable },
        exports: { default: async },
        with: {
            "um:action": super::um::action,
            "wasi:cli": wasmtime_wasi::p2::bindings::cli,
            "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
            "wasi:http": wasmtime_wasi_http::p2::bindings::http,
            "wasi:io": wasmtime_wasi::p2::bindings::io,
        },
    });
}
