//! What WASI says of files, as types. Streams, clocks and errors are those of the engine's crates.

wasmtime::component::bindgen!({
    path: "../../wit",
    inline: "
        package um:files;
        world files {
            import wasi:filesystem/types@0.2.12;
            import wasi:filesystem/preopens@0.2.12;
        }
    ",
    world: "um:files/files",
    imports: {
        // What may have to wait for a disk. Never `tracing` here: it would log the strings that pass.
        "wasi:filesystem/types.[method]descriptor.is-same-object": async | trappable,
        "wasi:filesystem/types.[method]descriptor.metadata-hash": async | trappable,
        "wasi:filesystem/types.[method]descriptor.metadata-hash-at": async | trappable,
        "wasi:filesystem/types.[method]descriptor.open-at": async | trappable,
        "wasi:filesystem/types.[method]descriptor.read": async | trappable,
        "wasi:filesystem/types.[method]descriptor.read-directory": async | trappable,
        "wasi:filesystem/types.[method]descriptor.readlink-at": async | trappable,
        "wasi:filesystem/types.[method]descriptor.stat": async | trappable,
        "wasi:filesystem/types.[method]descriptor.stat-at": async | trappable,
        "wasi:filesystem/types.[method]directory-entry-stream.read-directory-entry": async | trappable,
        default: trappable,
    },
    trappable_error_type: {
        "wasi:filesystem/types.error-code" => super::failure::Failure,
    },
    with: {
        "wasi:clocks": wasmtime_wasi::p2::bindings::clocks,
        "wasi:io": wasmtime_wasi::p2::bindings::io,
        "wasi:filesystem/types.descriptor": super::node::Node,
        "wasi:filesystem/types.directory-entry-stream": super::node::Listing,
    },
});

pub use wasi::filesystem;
