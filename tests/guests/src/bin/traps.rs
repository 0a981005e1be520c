//! Executes `unreachable`, without a word.

fn main() {
    println!("before");
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
}
