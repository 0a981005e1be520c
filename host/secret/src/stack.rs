//! What calls that have returned leave on a thread's stack: pieces of values among it, spilled from registers.

use zeroize::Zeroize;

/// More than what is done apart reaches into the stack.
const WIPED_BYTES: usize = 32 * 1024;

/// Does work that handles values, and writes over what it has left on the stack. For work in the middle of a task, which
/// may go on in another thread: then nobody comes back to this one's stack.
pub fn apart<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    // In words: each write is one of its own, and this stands beside every value that is sealed or opened.
    wipe::<u64, { WIPED_BYTES / size_of::<u64>() }>();
    done
}

/// In a frame of its own, so that all that it spills is below that of the caller.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Writes over so many bytes of the stack.
pub fn wipe_stack<const BYTES: usize>() {
    wipe::<u8, BYTES>();
}

#[inline(never)]
fn wipe<T: Copy + Default + Zeroize, const COUNT: usize>() {
    let mut left = [T::default(); COUNT];
    left.zeroize();
    std::hint::black_box(&left);
}
