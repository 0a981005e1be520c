//! What calls that have returned leave on a thread's stack: pieces of values among it, spilled from registers.

use std::mem::MaybeUninit;

use zeroize::Zeroize;

/// More than what is done apart reaches into the stack.
const APART_KIB: usize = 32;
/// In words, so that each write is one of its own and yet there are not too many: this stands beside every value that is
/// sealed or opened, and beside every run.
const WORDS_OF_A_KIB: usize = 1024 / size_of::<u64>();

/// Does work that handles values, and writes over what it has left on the stack. For work in the middle of a task, which
/// may go on in another thread: then nobody comes back to this one's stack.
pub fn apart<T>(work: impl FnOnce() -> T) -> T {
    let done = below(work);
    wipe_stack::<APART_KIB>();
    done
}

/// In a frame of its own, so that all that it spills is below that of the caller.
#[inline(never)]
fn below<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// Writes over so many KiB of the stack.
#[inline(never)]
pub fn wipe_stack<const KIB: usize>() {
    let mut left = [const { [const { MaybeUninit::<u64>::uninit() }; WORDS_OF_A_KIB] }; KIB];
    left.as_flattened_mut().zeroize();
    std::hint::black_box(&left);
}
