//! What the leak filter costs: gigabytes a second of the whole streaming filter, beside memcpy and matchers in use.
//!
//! `cargo bench -p um-leak --bench leak`, with `-- --quick` for a run of a minute or so, and with the names of tables
//! (`filter`, `writes`, `others`, `worst`, `guard`) for those alone. Figures are processor time of the one
//! thread that works; the rows of a table are measured in turns, so that they share whatever else the machine does, and
//! each figure is the median of its turns.

#![expect(clippy::print_stdout, reason = "it prints its figures")]

mod leak_text;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Duration;

use aho_corasick::{AhoCorasick, MatchKind};
use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder};
use leak_text::{Rng, log, secrets};
use rustix::time::{ClockId, clock_gettime};
use um_base::Work;
use um_leak::{Filter, Ready, Stream, shapes};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const LENGTHS: [(usize, usize); 2] = [(20, 64), (8, 19)];
const NUMBERS: [usize; 4] = [5, 100, 1_000, 10_000];

/// How much is measured.
struct Extent {
    turns: usize,
    text: usize,
    /// Matchers in use get a part of the text that takes them about as long.
    part: usize,
    /// The most secrets that they are built for; 10,000 take them minutes and gigabytes.
    most_for_others: usize,
}

const FULL: Extent = Extent { turns: 5, text: 256 * MIB, part: 32 * MIB, most_for_others: 1_000 };
const QUICK: Extent = Extent { turns: 3, text: 32 * MIB, part: 4 * MIB, most_for_others: 100 };

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let extent = if asked.iter().any(|argument| argument == "--quick") { QUICK } else { FULL };
    let tables: Vec<&String> = asked.iter().filter(|argument| !argument.starts_with("--")).collect();
    let wants = |table: &str| tables.is_empty() || tables.iter().any(|asked| *asked == table);
    let clean = log(extent.text, &mut Rng::new(1));
    if wants("filter") {
        filter_table(&clean, &extent);
    }
    if wants("writes") {
        writes_table(&clean, &extent);
    }
    if wants("others") {
        others_table(&clean, &extent);
    }
    if wants("worst") {
        worst_table(&extent);
    }
    if wants("guard") {
        guard_table();
    }
}

fn filter_table(clean: &[u8], extent: &Extent) {
    let mut table = Table::new("GB/s, 64 KiB writes", &["clean", "sparse", "masks"]);
    let mut copied = Row::new("memcpy".to_owned(), 2);
    let mut rows = Vec::new();
    for (lengths, number) in sets() {
        let values = secrets(number, lengths, &mut Rng::new(2));
        let sparse = planted(clean, &values);
        rows.push((Row::new(set_name(lengths, number), 2), guarding(&values), sparse, 0));
    }
    for _ in 0..extent.turns {
        copied.add(0, clean.len(), || copy(clean));
        for (row, filter, sparse, masks) in &mut rows {
            row.add(0, clean.len(), || redact(filter, clean, 64 * KIB));
            let before = leaks(filter);
            row.add(1, sparse.len(), || redact(filter, sparse, 64 * KIB));
            *masks = leaks(filter) - before;
        }
    }
    table.row(&copied, "");
    rows.iter().for_each(|(row, _, _, masks)| table.row(row, &masks.to_string()));
    table.print();
}

fn writes_table(clean: &[u8], extent: &Extent) {
    const SIZES: [(&str, usize); 4] = [("8 KiB", 8 * KIB), ("1 KiB", KIB), ("100 B", 100), ("10 B", 10)];
    let text = &clean[..extent.part];
    let mut table = Table::new("GB/s, clean, writes of", &SIZES.map(|(name, _)| name));
    let filters = sets().map(|(lengths, number)| {
        let values = secrets(number, lengths, &mut Rng::new(2));
        (Row::new(set_name(lengths, number), SIZES.len()), guarding(&values))
    });
    let mut filters: Vec<(Row, Filter)> = filters.collect();
    for _ in 0..extent.turns {
        for (row, filter) in &mut filters {
            for (column, (_, size)) in SIZES.iter().enumerate() {
                row.add(column, text.len(), || redact(filter, text, *size));
            }
        }
    }
    filters.iter().for_each(|(row, _)| table.row(row, ""));
    table.print();
}

/// The same text and the same shapes, whole and without a copy: what these matchers find is only counted.
fn others_table(clean: &[u8], extent: &Extent) {
    const KINDS: [&str; 4] =
        ["daachorse overlapping", "daachorse longest", "aho-corasick overlapping", "aho-corasick longest"];
    let text = &clean[..extent.part];
    let mut table = Table::new("GB/s, clean, in memory", &KINDS);
    for (lengths, number) in sets().filter(|(_, number)| *number <= extent.most_for_others) {
        let values = secrets(number, lengths, &mut Rng::new(2));
        let mut patterns: Vec<Vec<u8>> = values.iter().flat_map(|value| shapes(value)).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let mut row = Row::new(format!("{}, {} shapes", set_name(lengths, number), patterns.len()), KINDS.len());
        let overlapping: DoubleArrayAhoCorasick<u32> = DoubleArrayAhoCorasick::new(&patterns).expect("it builds");
        let longest: DoubleArrayAhoCorasick<u32> = DoubleArrayAhoCorasickBuilder::new()
            .match_kind(daachorse::MatchKind::LeftmostLongest)
            .build(&patterns)
            .expect("it builds");
        let standard = AhoCorasick::new(&patterns).expect("it builds");
        let leftmost =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&patterns).expect("it builds");
        for _ in 0..extent.turns {
            row.add(0, text.len(), || black_box(overlapping.find_overlapping_iter(text).count()));
            row.add(1, text.len(), || black_box(longest.leftmost_find_iter(text).count()));
            row.add(2, text.len(), || black_box(standard.find_overlapping_iter(text).count()));
            row.add(3, text.len(), || black_box(leftmost.find_iter(text).count()));
        }
        table.row(&row, "");
    }
    table.print();
}

/// Texts made to be slow, each with the secrets that it is slow for.
fn worst_table(extent: &Extent) {
    let size = extent.part / 2;
    let mut table = Table::new("MB/s, 64 KiB writes", &["MB/s"]);
    let mut rows: Vec<(Row, Filter, Vec<u8>)> = leak_text::worst(size)
        .into_iter()
        .map(|(name, values, text)| (Row::new(name.to_owned(), 1), guarding(&values), text))
        .collect();
    for _ in 0..extent.turns {
        for (row, filter, text) in &mut rows {
            // A thousandth of the time: megabytes where the other tables have gigabytes.
            row.add(0, text.len() * 1_000, || redact(filter, text, 64 * KIB));
        }
    }
    rows.iter().for_each(|(row, _, _)| table.row(row, ""));
    table.print();
}

/// What it costs to guard so many values, and one more.
fn guard_table() {
    println!(
        "\n| guarding | shapes | guarded | ready | one more | memory when guarded | when ready |\n|---|---|---|---|---|---|---|"
    );
    for (lengths, number) in sets() {
        let mut values = secrets(number + 100, lengths, &mut Rng::new(2));
        let more = values.split_off(number);
        let count: usize = values.iter().map(|value| shapes(value).len()).sum();
        let before = resident();
        let filter = Filter::new();
        let guarded = time(|| guard_all(&filter, &values)).as_secs_f64() * 1e3;
        let waiting = (resident() - before) as f64 / MIB as f64;
        let made = time(|| _ = ready(&filter)).as_secs_f64() * 1e3;
        let memory = (resident() - before) as f64 / MIB as f64;
        let one_more = |value: &String| {
            filter.guard("MORE", value);
            ready(&filter);
        };
        let mut each: Vec<Duration> = more.iter().map(|value| time(|| one_more(value))).collect();
        each.sort_unstable();
        let one = each[each.len() / 2].as_secs_f64() * 1e6;
        let most = each[each.len() - 1].as_secs_f64() * 1e6;
        let name = set_name(lengths, number);
        println!(
            "| {name} | {count} | {guarded:.1} ms | {made:.1} ms | {one:.0} µs (at most {most:.0}) | {waiting:.1} MiB | {memory:.1} MiB |"
        );
    }
}

fn sets() -> impl Iterator<Item = ((usize, usize), usize)> {
    LENGTHS.into_iter().flat_map(|lengths| NUMBERS.map(|number| (lengths, number)))
}

fn set_name((least, most): (usize, usize), number: usize) -> String {
    format!("{number} secrets of {least}-{most} bytes")
}

fn guarding(values: &[String]) -> Filter {
    let filter = Filter::new();
    guard_all(&filter, values);
    ready(&filter);
    filter
}

fn guard_all(filter: &Filter, values: &[String]) {
    for (number, value) in values.iter().enumerate() {
        filter.guard(&format!("SECRET_{number}"), value);
    }
}

fn ready(filter: &Filter) -> Ready<'_> {
    filter.if_ready().unwrap_or_else(|| filter.ready_here(&Work::unlimited()).expect("nothing ends it"))
}

/// One shape in every 64 KiB.
fn planted(clean: &[u8], values: &[String]) -> Vec<u8> {
    let mut text = clean.to_vec();
    let mut rng = Rng::new(3);
    for block in text.chunks_exact_mut(64 * KIB) {
        let shapes = shapes(rng.pick::<String>(values));
        let shape = rng.pick(&shapes);
        let at = rng.below(block.len() - shape.len());
        block[at..at + shape.len()].copy_from_slice(shape);
    }
    text
}

fn redact(filter: &Filter, text: &[u8], write: usize) {
    let mut out = Vec::with_capacity(2 * write);
    let mut redactor = filter.stream(Stream::Stdout);
    for bytes in text.chunks(write) {
        redactor.write(ready(filter), bytes, &mut out);
        black_box(&out);
        out.clear();
    }
    redactor.finish(ready(filter), &mut out);
    black_box(&out);
}

fn copy(text: &[u8]) {
    let mut out = Vec::with_capacity(128 * KIB);
    for bytes in text.chunks(64 * KIB) {
        out.extend_from_slice(bytes);
        black_box(&out);
        out.clear();
    }
}

fn leaks(filter: &Filter) -> u64 {
    filter.report().iter().map(|leak| leak.count).sum()
}

/// Processor time of this thread.
fn time(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let begun = now();
    work();
    now() - begun
}

/// Bytes of memory that this process has, by /proc.
fn resident() -> i64 {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let pages: i64 = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("the second is a number");
    pages * 4096
}

/// Figures in GB/s, each measured several times.
struct Row {
    name: String,
    columns: Vec<Vec<f64>>,
}

impl Row {
    fn new(name: String, columns: usize) -> Self {
        Self { name, columns: vec![Vec::new(); columns] }
    }

    fn add<T>(&mut self, column: usize, bytes: usize, work: impl FnOnce() -> T) {
        let took = time(|| drop(black_box(work())));
        self.columns[column].push(bytes as f64 / took.as_secs_f64() / 1e9);
    }
}

/// Printed as Markdown, to be pasted into BENCHMARKS.md.
struct Table(String);

impl Table {
    fn new(title: &str, columns: &[&str]) -> Self {
        Self(format!("\n| {title} | {} |\n|---{}|\n", columns.join(" | "), "|---".repeat(columns.len())))
    }

    fn row(&mut self, row: &Row, last: &str) {
        write!(self.0, "| {} ", row.name).expect("text grows");
        for column in &row.columns {
            let mut column = column.clone();
            column.sort_unstable_by(f64::total_cmp);
            let Some(median) = column.get(column.len() / 2).copied() else {
                self.0 += "| ";
                continue;
            };
            let places = if median < 0.0995 {
                3
            } else if median < 99.5 {
                2
            } else {
                0
            };
            write!(self.0, "| {median:.places$} ").expect("text grows");
        }
        self.0 += &if last.is_empty() { "|\n".to_owned() } else { format!("| {last} |\n") };
    }

    fn print(&self) {
        println!("{}", self.0);
    }
}
