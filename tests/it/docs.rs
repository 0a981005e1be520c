//! README and the pages of `host/docs`, followed as a reader follows them.
//!
//! Each page is one session in a fresh home, with `um-host` on the path and this repository as `~/um-host`.
//! - In a block of `console` the lines that begin with `$ ` are commands; one that ends with `\` goes on in the next.
//!   The lines below are all that it prints, on both streams. `...` is anything within a line, and by itself any lines.
//! - A comment behind a command can end with what its prompt is told (`type VALUE`) or how it ends (`status 1`).
//! - A block of `python`, `rust` or `toml` is a file, and its first line is a comment with the name.
//! - `rust,no_run` is a doc test of the library. `text` is what nobody tries.

mod page;
mod session;

use std::fs;

use page::{Block, blocks, steps};

/// Pages with commands. Each has a test below.
const PAGES: [&str; 6] = [
    "README.md",
    "host/docs/leak-filter.md",
    "host/docs/network.md",
    "host/docs/operating.md",
    "host/docs/python.md",
    "host/docs/secrets.md",
];

/// Blocks of `text` on all pages: what needs the network or a machine of its own, or builds the whole engine.
const UNTRIED: usize = 8;

#[test]
fn readme_is_true() {
    follow(PAGES[0]);
}

#[test]
fn the_page_on_the_leak_filter_is_true() {
    follow(PAGES[1]);
}

#[test]
fn the_page_on_the_network_is_true() {
    follow(PAGES[2]);
}

#[test]
fn the_page_on_operating_is_true() {
    follow(PAGES[3]);
}

#[test]
fn the_page_on_python_is_true() {
    follow(PAGES[4]);
}

#[test]
fn the_page_on_secrets_is_true() {
    follow(PAGES[5]);
}

#[test]
fn every_page_with_a_command_is_followed() {
    for page in pages() {
        let typed = blocks_of(&page).iter().any(|block| block.language == "console");
        assert_eq!(typed, PAGES.contains(&page.as_str()), "{page}: it has commands, or PAGES has it");
    }
}

#[test]
fn every_block_is_tried_but_for_a_few() {
    let mut untried = 0;
    for page in pages() {
        for block in blocks_of(&page) {
            let tried = matches!(block.language.as_str(), "console" | "rust,no_run") || block.file().is_some();
            assert!(tried || block.language == "text", "{page}:{}: nothing tries this block", block.line);
            untried += usize::from(!tried);
        }
    }
    assert!(untried <= UNTRIED, "{untried} blocks of `text`: make them `console`");
}

/// A block by indentation would be seen by readers and by no test.
#[test]
fn no_block_is_made_by_indentation() {
    for page in pages() {
        let text = read(&page);
        let mut fenced = false;
        let mut blank = true;
        for (number, line) in text.lines().enumerate() {
            fenced ^= line.starts_with("```");
            assert!(fenced || !blank || !line.starts_with("    "), "{page}:{}: use a fence", number + 1);
            blank = line.is_empty();
        }
    }
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    for page in pages() {
        for link in links(&read(&page)).filter(|link| !link.starts_with("https://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = session::root().join(&page).parent().unwrap().to_owned();
            let target = if file.is_empty() { session::root().join(&page) } else { folder.join(file) };
            assert!(target.exists(), "{page}: {link}");
            let found =
                heading.is_empty() || headings(&fs::read_to_string(target).unwrap()).any(|name| name == heading);
            assert!(found, "{page}: {link}: there is no such heading");
        }
    }
}

#[test]
fn a_page_that_is_wrong_fails() {
    let page = "\
```console
$ echo one
one
$ echo two
three
$ (exit 3)
$ (exit 3) # ends with status 3
$ cat # type four
...
$ echo five; echo six
...
six
$ um-host secrets list --data-dir ~/nowhere # ends with status 125
...
$ echo seven
```
";
    let complaints = session::follow(&steps(&blocks(page)));
    let lines: Vec<&str> = complaints.iter().map(|complaint| complaint.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["line 4", "line 6", "line 15"], "{complaints:#?}");
}

#[test]
fn dots_are_anything_in_a_line_or_any_lines() {
    let fits =
        |got: &str, expected: &str| page::fits(&got.lines().collect::<Vec<_>>(), &expected.lines().collect::<Vec<_>>());
    for (got, expected) in [
        ("", ""),
        ("", "..."),
        ("a\nb\nc", "a\n...\nc"),
        ("a\nc", "a\n...\nc"),
        ("made k_12 in é/x", "made k_... in .../x"),
        ("ab", "a...b"),
        ("  ...<2 lines>...", "  ...<2 lines>..."),
    ] {
        assert!(fits(got, expected), "{got:?} {expected:?}");
    }
    for (got, expected) in [
        ("a", ""),
        ("", "a"),
        ("a\nb", "a"),
        ("a\nb", "a..."),
        ("ab", "a...c"),
        ("a\nb\nc", "a\n...\nb"),
        ("a", "a...a"),
    ] {
        assert!(!fits(got, expected), "{got:?} {expected:?}");
    }
}

#[track_caller]
fn follow(page: &str) {
    let complaints = session::follow(&steps(&blocks_of(page)));
    assert!(complaints.is_empty(), "{page}\n{}", complaints.join("\n"));
}

fn blocks_of(page: &str) -> Vec<Block> {
    blocks(&read(page))
}

/// README, and whatever lies in `host/docs`.
fn pages() -> Vec<String> {
    let entries = fs::read_dir(session::root().join("host/docs")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    ["README.md".to_owned()].into_iter().chain(names.map(|name| format!("host/docs/{name}"))).collect()
}

fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).map(|rest| rest.split_once(')').expect("a link ends").0)
}

/// The headings of a page as links name them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let titles = text.lines().filter_map(|line| line.strip_prefix('#')).map(|rest| rest.trim_start_matches('#').trim());
    titles.map(|title| {
        let kept = title.to_lowercase().replace(' ', "-");
        kept.chars().filter(|letter| letter.is_alphanumeric() || *letter == '-').collect()
    })
}

fn read(page: &str) -> String {
    fs::read_to_string(session::root().join(page)).unwrap_or_else(|error| panic!("{page}: {error}"))
}
