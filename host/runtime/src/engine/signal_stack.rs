//! Wipes the stack on which this thread takes signals.
//!
//! A trap of a guest is a signal of the processor. For it the kernel saves all registers on that stack, and the vector
//! registers hold whatever was copied last, which may be a request with its token. The engine keeps the stack, 256 KiB,
//! until the thread ends, and wipes nothing.

use std::mem::MaybeUninit;
use std::ptr;

/// To be called after a trap, on the thread that the guest was on, before that thread does anything else.
#[expect(unsafe_code, reason = "only the C interface tells where the stack is")]
pub(crate) fn wipe() {
    let mut stack = MaybeUninit::<libc::stack_t>::zeroed();
    // SAFETY: this only asks, into a structure of ours for which zeros are a valid content.
    let stack = unsafe {
        if libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) != 0 {
            return;
        }
        stack.assume_init()
    };
    if stack.ss_flags & (libc::SS_DISABLE | libc::SS_ONSTACK) == 0 {
        // SAFETY: the kernel itself would write here at this thread's next signal, so it is mapped and writable; and no
        // signal is being taken on it now, so nobody uses it. One that arrives meanwhile is over before this goes on.
        unsafe { ptr::write_bytes(stack.ss_sp.cast::<u8>(), 0, stack.ss_size) };
    }
}
