//! Shows the figures: a table for people, an object for programs.

use serde::Serialize;
use um_runtime::Action;
use um_runtime::action::Kind;

use super::args::Bounds;
use super::measure::Speed;
use super::memory::Memory;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::show::Table;
use crate::cli::ui::Ui;

/// What was measured of one subject.
#[derive(Serialize)]
pub struct Figures {
    pub one_at_a_time: Speed,
    pub at_once: Speed,
    pub memory: Memory,
}

pub struct Report<'a> {
    /// The action as it was named.
    pub named: &'a str,
    pub action: &'a Action,
    pub cores: usize,
    pub bounds: Bounds,
    pub own: Figures,
    /// Of the engine alone; or why there are none.
    pub beside: Option<Figures>,
    pub missing: Option<String>,
}

#[derive(Serialize)]
struct Object<'a> {
    action: &'a str,
    digest: &'a str,
    kind: Kind,
    cores: usize,
    seconds: f64,
    um_host: &'a Figures,
    engine_alone: Option<&'a Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    engine_alone_missing: Option<&'a str>,
}

impl Report<'_> {
    pub fn tell(&self, ui: Ui) -> Result<Exit, Failure> {
        if ui.json {
            ui.object(&Object {
                action: self.named,
                digest: self.action.digest(),
                kind: self.action.kind(),
                cores: self.cores,
                seconds: self.bounds.time.as_secs_f64(),
                um_host: &self.own,
                engine_alone: self.beside.as_ref(),
                engine_alone_missing: self.missing.as_deref(),
            })?;
            return Ok(Exit::Success);
        }
        ui.table(&self.table())?;
        if let Some(why) = &self.missing {
            ui.say(format!("nothing stands beside it: {why}"));
        }
        Ok(Exit::Success)
    }

    fn table(&self) -> Table<4> {
        let row = |what: String, shown: fn(f64) -> String, of: fn(&Figures) -> f64| {
            let (own, beside) = (of(&self.own), self.beside.as_ref().map(of));
            let ratio = beside.filter(|beside| *beside > 0.0).map(|beside| format!("{:.2}", own / beside));
            [what, shown(own), beside.map_or_else(nothing, shown), ratio.unwrap_or_else(nothing)]
        };
        let at_once = format!("{} at once", self.cores);
        let rows = [
            row("starts per second, one at a time".to_owned(), count, |of| of.one_at_a_time.per_second),
            row("  median of a run".to_owned(), time, |of| of.one_at_a_time.p50_us),
            row("  99 of 100 within".to_owned(), time, |of| of.one_at_a_time.p99_us),
            row(format!("starts per second, {at_once}"), count, |of| of.at_once.per_second),
            row("  median of a run".to_owned(), time, |of| of.at_once.p50_us),
            row("  99 of 100 within".to_owned(), time, |of| of.at_once.p99_us),
            row("memory of an instance".to_owned(), memory, |of| of.memory.bytes_each as f64),
        ];
        Table::new(["FIGURE", "UM-HOST", "ENGINE ALONE", "RATIO"], rows.into_iter())
    }
}

fn nothing() -> String {
    "-".to_owned()
}

fn count(count: f64) -> String {
    match count {
        ..100.0 => format!("{count:.1}"),
        _ => format!("{count:.0}"),
    }
}

fn time(microseconds: f64) -> String {
    match microseconds {
        ..1e3 => format!("{microseconds:.0} µs"),
        ..1e6 => format!("{:.2} ms", microseconds / 1e3),
        _ => format!("{:.2} s", microseconds / 1e6),
    }
}

fn memory(bytes: f64) -> String {
    match bytes / 1024.0 {
        kibibytes @ ..10_000.0 => format!("{kibibytes:.0} KiB"),
        kibibytes => format!("{:.1} MiB", kibibytes / 1024.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_the_unit_that_fits_them() {
        assert_eq!([12.34, 99.96, 43_210.6].map(count), ["12.3", "100.0", "43211"]);
        assert_eq!([23.4, 1234.0, 2_345_678.0].map(time), ["23 µs", "1.23 ms", "2.35 s"]);
        assert_eq!([0.0, 65_536.0, 104_857_600.0].map(memory), ["0 KiB", "64 KiB", "100.0 MiB"]);
    }
}
