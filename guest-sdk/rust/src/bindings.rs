//! What `wit/action.wit` says, as Rust.
//!
//! Its world `action` holds every import of its world `imports`, so that binding it once serves both kinds of action.
//! A program with a `main` carries only the imports that it uses; [`export!`](crate::export) adds the export.

wit_bindgen::generate!({
    path: "../../wit",
    world: "um:action/action",
    generate_all,
    pub_export_macro: true,
    export_macro_name: "export_run",
    default_bindings_module: "um_action::bindings",
});

/// `wasi:cli/exit`, which a program imports and the world of a typed action does not.
pub mod exit {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package um:sdk; world exit { import wasi:cli/exit@0.2.12; }",
        generate_all,
    });
}
