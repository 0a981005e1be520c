//! One line on stderr about what takes longer than a second, with the time that it has taken so far: `um-host: compiling
//! a.wasm (3 s)`.
//!
//! Guarantees: it is for whoever watches a terminal, and nothing goes elsewhere; it is taken back when what it tells of is
//! over and before anything else is said, and from the first byte that an action writes to a terminal it is told nothing
//! more; a terminal that was stopped, that another job has, or at which somebody is asked for a password, is left alone.

use std::fmt::Display;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::shown;
use crate::cli::terminal;

/// What takes less is not told; what takes more is told anew so often.
const SECOND: Duration = Duration::from_secs(1);
/// Columns where nobody knows them.
const WIDTH: usize = 80;

/// Held for no longer than a terminal that is ready takes: whoever waits for a reader holds a [`Way`].
static LINE: Mutex<Line> =
    Mutex::new(Line { tasks: Vec::new(), begun: 0, speakers: 0, is_drawn: false, is_silent: false });

/// What is under way. It is over when this is dropped.
#[must_use]
pub struct Progress(Option<Underway>);

struct Underway {
    id: u64,
    /// Ends the thread that draws.
    _end: Sender<()>,
}

/// Nothing is told while somebody has this and says something else.
#[must_use]
pub struct Way(());

/// The line of this process.
struct Line {
    /// What is under way; the last one is part of those before it, and is told.
    tasks: Vec<Task>,
    begun: u64,
    /// Those who say something else now.
    speakers: u32,
    is_drawn: bool,
    is_silent: bool,
}

struct Task {
    id: u64,
    what: String,
    since: Instant,
}

impl Progress {
    /// Tells from now on that this is under way.
    pub fn begin(what: impl Display) -> Self {
        let mut line = line();
        if line.is_silent || !terminal::can_redraw(&io::stderr()) {
            return Self(None);
        }
        line.begun += 1;
        let (id, (end, ended)) = (line.begun, mpsc::channel());
        // Where no more threads may begin nothing is told.
        let drawing = thread::Builder::new().spawn(move || {
            while ended.recv_timeout(SECOND) == Err(RecvTimeoutError::Timeout) {
                self::line().draw(id);
            }
        });
        if drawing.is_err() {
            return Self(None);
        }
        line.tasks.push(Task::new(id, what));
        Self(Some(Underway { id, _end: end }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some(Underway { id, .. }) = self.0 else { return };
        let mut line = line();
        line.tasks.retain(|task| task.id != id);
        line.take_back();
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        line().speakers -= 1;
    }
}

/// Does something, and tells that it is under way.
pub fn during<T>(what: impl Display, work: impl FnOnce() -> T) -> T {
    let _progress = Progress::begin(what);
    work()
}

/// Tells the next step of what is under way; gives whether anybody is told.
pub fn step(what: impl Display) -> bool {
    let mut line = line();
    line.take_back();
    match line.tasks.last_mut() {
        Some(task) => *task = Task::new(task.id, what),
        None => return false,
    }
    true
}

/// Takes the line back, for something to be said in its place.
pub fn make_way() -> Way {
    let mut line = line();
    line.take_back();
    line.speakers += 1;
    Way(())
}

/// Tells nothing more: an action writes to the terminal now, or reads from it.
pub fn silence() {
    let mut line = line();
    line.take_back();
    line.is_silent = true;
    line.tasks.clear();
}

fn line() -> MutexGuard<'static, Line> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    fn draw(&mut self, id: u64) {
        let is_due = |task: &&Task| task.id == id && self.speakers == 0 && task.since.elapsed() >= SECOND;
        let Some(task) = self.tasks.last().filter(is_due) else { return };
        let stderr = io::stderr();
        if terminal::is_free(&stderr) {
            let text = task.text(terminal::width(&stderr).unwrap_or(WIDTH));
            terminal::redraw(&stderr, &terminal::styled(&text, terminal::NAME, &stderr));
            self.is_drawn = true;
        }
    }

    fn take_back(&mut self) {
        if std::mem::take(&mut self.is_drawn) && terminal::is_free(io::stderr()) {
            terminal::redraw(io::stderr(), "");
        }
    }
}

impl Task {
    fn new(id: u64, what: impl Display) -> Self {
        Self { id, what: shown::line(&what.to_string()), since: Instant::now() }
    }

    /// In one line of a terminal that has so many columns: a longer one could not be taken back.
    fn text(&self, width: usize) -> String {
        let time = format!(" ({})", elapsed(self.since.elapsed()));
        let text = format!("um-host: {}", self.what);
        // In the last column some terminals begin the next line.
        let room = width.saturating_sub(1);
        match terminal::columns(&text) + time.len() <= room {
            true => text + &time,
            false => terminal::cut(&text, room.saturating_sub(time.len())) + terminal::cut(&time, room).as_str(),
        }
    }
}

/// `3 s`, `1 min 5 s`.
fn elapsed(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_has_one_line_with_its_time() {
        let task = |what: &str| Task { since: Instant::now() - 65 * SECOND, ..Task::new(1, what) };
        assert_eq!(task("compiling `a.wasm`").text(80), "um-host: compiling `a.wasm` (1 min 5 s)");
        for (what, width, text) in [
            ("compiling `a.wasm`", 30, "um-host: compili… (1 min 5 s)"),
            ("漢字漢字漢字漢字", 30, "um-host: 漢字漢… (1 min 5 s)"),
            ("a\u{1b}[2J\nb", 80, "um-host: a\\u{1b}[2J b (1 min 5 s)"),
        ] {
            let told = task(what).text(width);
            assert_eq!(told, text);
            assert!(terminal::columns(&told) < width);
        }
        for width in 0..30 {
            assert!(terminal::columns(&task("compiling").text(width)) <= width.saturating_sub(1));
        }
        assert_eq!([3, 59, 60].map(|seconds| elapsed(seconds * SECOND)), ["3 s", "59 s", "1 min 0 s"]);
    }
}
