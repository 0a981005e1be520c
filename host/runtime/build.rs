//! Builds nothing: tells cargo that a file which is added to the Python SDK is a change, as one that is edited is anyway.

fn main() {
    for directory in [
        "../../guest-sdk/python/um_action",
        "../../guest-sdk/python/um_runner",
        "../../guest-sdk/python/wit",
        "../../wit",
    ] {
        println!("cargo::rerun-if-changed={directory}");
    }
}
