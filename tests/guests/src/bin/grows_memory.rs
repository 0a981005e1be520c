//! Grows its memory page by page until that is refused, says how far it came, and ends well: a refusal is no crash.

fn main() {
    #[cfg(target_arch = "wasm32")]
    {
        while core::arch::wasm32::memory_grow(0, 1) != usize::MAX {}
        println!("refused at {} pages", core::arch::wasm32::memory_size(0));
    }
}
