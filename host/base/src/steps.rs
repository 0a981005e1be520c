//! The gaps in which a crash test kills the process.
//!
//! In builds with debug assertions, `UM_HOST_STEPS=RFD,WFD` names two inherited pipes: at each step what is under way
//! writes the step's name and a line break to WFD and goes on when it has read one byte from RFD. Elsewhere a step is
//! nothing.

/// Says that a step has been done, and waits for leave to do the next.
#[cfg(debug_assertions)]
pub fn step(name: &'static str) {
    seam::announce(name);
}

#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn step(_name: &'static str) {}

#[cfg(debug_assertions)]
mod seam {
    use std::fs::{File, OpenOptions};
    use std::io::{Read, Write};
    use std::sync::{Mutex, OnceLock};

    static PIPES: OnceLock<Option<Mutex<(File, File)>>> = OnceLock::new();

    pub fn announce(name: &str) {
        let Some(pipes) = PIPES.get_or_init(open) else { return };
        let Ok(mut pipes) = pipes.lock() else { return };
        let (leave, report) = &mut *pipes;
        // A test that has gone away leaves nobody to wait for.
        if writeln!(report, "{name}").is_ok() {
            let _ = leave.read(&mut [0]);
        }
    }

    /// The descriptors are opened anew through /proc: taking them over by number would need `unsafe`.
    fn open() -> Option<Mutex<(File, File)>> {
        let variable = std::env::var("UM_HOST_STEPS").ok()?;
        let (leave, report) = variable.split_once(',')?;
        let path = |number: &str| number.parse::<u32>().ok().map(|number| format!("/proc/self/fd/{number}"));
        let leave = File::open(path(leave)?).ok()?;
        let report = OpenOptions::new().write(true).open(path(report)?).ok()?;
        Some(Mutex::new((leave, report)))
    }
}
