//! Threads that end by themselves, and modules that are only imported. The scripts check themselves what they get.

use super::{assert_says, barred};
use crate::support::command::Home;
use crate::support::python;

#[track_caller]
fn is_content(script: &str) {
    let home = Home::new();
    let answer = barred(&home, script).answer();
    assert_says(&answer, 0, &[]);
    assert_eq!(answer.stdout, "\"done\"\n", "{answer:?}");
}

#[test]
fn threads_and_pools_do_at_once_what_they_are_given() {
    is_content("threads");
}

#[test]
fn what_only_other_systems_have_can_be_imported_and_says_what_to_do() {
    is_content("absent_modules.py");
}

/// Such a wait trapped the whole run, without a word on where.
#[test]
fn a_lock_that_can_never_come_is_an_error_with_its_line() {
    let home = Home::new();
    let script = home.write("stuck.py", "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n");
    let answer = python::run(&home, &script).answer();
    assert_says(&answer, 1, &["line 4, in <module>", "`MainThread` waits for a lock that it holds itself"]);
}

#[test]
fn a_thread_that_fails_is_told_and_the_script_goes_on() {
    let home = Home::new();
    let text = "import threading\nthreading.Thread(target=int, args='x').start()\nprint('on')\n";
    let answer = python::run(&home, &home.write("fails.py", text)).answer();
    assert_says(&answer, 0, &["Exception in thread Thread-1 (int):", "ValueError: invalid literal"]);
    assert_eq!(answer.stdout, "on\n");
}
