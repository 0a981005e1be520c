//! Ending a program with a status of its own.

use std::io::Write;

/// Ends the program with this status, which arrives as it is: [`std::process::exit`] turns every failure into 1.
///
/// Destructors do not run; what was printed is flushed.
///
/// ```no_run
/// # let contacts: Vec<String> = Vec::new();
/// if contacts.is_empty() {
///     eprintln!("no contacts: nothing to do");
///     um_action::exit(42);
/// }
/// ```
pub fn exit(status: u8) -> ! {
    // Nobody is left to tell when the stream is closed already.
    let _ = std::io::stdout().flush();
    crate::bindings::exit::wasi::cli::exit::exit_with_code(status);
    unreachable!("the host ends a program that exits")
}
