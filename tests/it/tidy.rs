//! The rules of the tree that a tool can hold: who may name whom, where each outside giant lives, who prints and exits.

mod hints;
mod imports;

use std::fs;
use std::path::{Path, PathBuf};

/// Which crates of ours a crate may name; cargo sees to it that a source names none that its manifest does not.
const DIRECTION: [(&str, &[&str]); 7] = [
    ("base", &[]),
    ("secret", &["base"]),
    ("leak", &["base", "secret"]),
    ("envelope", &["base", "secret"]),
    ("store", &["base", "secret", "envelope"]),
    ("egress", &["base", "secret", "leak"]),
    ("runtime", &["base", "secret", "leak", "egress"]),
];

/// Which crate may name an outside giant. The program is `cli` and `main.rs`.
const GIANTS: [(&str, &[&str]); 32] = [
    ("quick_xml", &["leak"]),
    ("saphyr_parser", &["leak"]),
    ("toml_parser", &["leak", "runtime"]),
    ("flate2", &["leak", "egress"]),
    ("icu_normalizer", &["leak"]),
    ("brotli_decompressor", &["egress"]),
    ("ruzstd", &["egress", "runtime"]),
    ("redb", &["store"]),
    ("aes_gcm_siv", &["envelope"]),
    ("aes", &["envelope"]),
    ("polyval", &["envelope"]),
    ("ctr", &["envelope"]),
    ("hkdf", &["envelope"]),
    ("hmac", &["envelope"]),
    ("subtle", &["envelope", "egress"]),
    ("hyper", &["egress"]),
    ("h2", &["egress"]),
    ("tokio_rustls", &["egress"]),
    ("rustls", &["egress"]),
    ("webpki_roots", &["egress"]),
    ("rustls_native_certs", &["egress"]),
    ("psl", &["base"]),
    ("wasmparser", &["runtime"]),
    ("wit_component", &["runtime"]),
    ("wasi_preview1_component_adapter_provider", &["runtime"]),
    ("wasmtime", &["runtime"]),
    ("wasmtime_wasi", &["runtime"]),
    ("wasmtime_wasi_http", &["runtime"]),
    ("cap_std", &["runtime"]),
    ("metrics", &["runtime"]),
    ("clap", &["cli", "main.rs"]),
    ("anyhow", &["cli", "main.rs"]),
];

/// What a message of the library must not hold, since it is of this program alone. An `--` begins an option.
const OF_THE_PROGRAM: [&str; 4] = ["--", "`um-host", "UM_HOST_", "XDG_"];

/// Messages with a part that looks like an option and is none of ours.
const NO_OPTIONS: [&str; 1] = ["-----BEGIN CERTIFICATE-----"];

/// Words that say nothing, or name another thing than what they stand in.
const BANNED: [&str; 7] = ["Manager", "Service", "Helper", "Utils", "Handler", "Processor", "Factory"];

/// What a visitor sees first.
const TOP: [&str; 10] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "examples",
    "guest-sdk",
    "host",
    "rust-toolchain.toml",
    "tests",
    "wit",
];

/// The most lines of README: what is longer is a page of `host/docs`.
const README_LINES: usize = 150;

#[test]
fn crates_name_only_those_below_them() {
    let offences = DIRECTION.iter().flat_map(|(name, allowed)| {
        let manifest = fs::read_to_string(root().join("host").join(name).join("Cargo.toml")).unwrap();
        let named = manifest.lines().filter_map(|line| line.strip_prefix("um-")?.split(['.', ' ']).next());
        let beyond = named.filter(|named| !allowed.contains(named));
        beyond.map(|named| format!("host/{name}/Cargo.toml: must not name um-{named}")).collect::<Vec<_>>()
    });
    assert_none(offences);
}

#[test]
fn every_crate_has_its_place_in_the_direction() {
    let crates = fs::read_dir(root().join("host")).unwrap().map(|entry| entry.unwrap());
    let crates = crates.filter(|entry| entry.path().join("Cargo.toml").is_file());
    let strangers = crates.map(|entry| entry.file_name().into_string().unwrap());
    assert_none(strangers.filter(|name| !DIRECTION.iter().any(|(known, _)| known == name)));
}

#[test]
fn the_library_never_names_the_binary() {
    let library = lines().filter(|line| !matches!(line.part.as_str(), "cli" | "main.rs"));
    assert_none(library.filter(|line| line.text.contains("crate::cli::")).map(|line| line.place));
}

/// An embedder's users have none of these: the program says what to do, in `cli/advice`.
#[test]
fn errors_of_the_library_name_nothing_of_the_program() {
    let library = sources().into_iter().filter(|(part, _)| !matches!(part.as_str(), "cli" | "main.rs"));
    let mut messages = 0;
    let mut offences = Vec::new();
    for (_, file) in library {
        let text = fs::read_to_string(&file).unwrap();
        for message in error_messages(&text) {
            messages += 1;
            if let Some(named) = OF_THE_PROGRAM.iter().find(|named| names(&message, named)) {
                offences.push(format!("{}: `{named}` in {message}", file.display()));
            }
        }
    }
    assert!(messages > 200, "{messages} messages were found");
    assert_none(offences.into_iter());
}

#[test]
fn what_is_of_the_program_is_found_in_messages() {
    let found = |text: &str| {
        let messages = error_messages(text);
        messages.iter().any(|message| OF_THE_PROGRAM.iter().any(|named| names(message, named)))
    };
    for wrong in [
        "#[error(\"give it with --key\")]",
        "#[error(\n    \"make one \\\n     with `um-host init`\",\n    path.display()\n)]",
        "#[error(\"set UM_HOST_KEY\")]",
        "#[error(\"a [b] c)] XDG_CACHE_HOME\")]",
    ] {
        assert!(found(wrong), "{wrong}");
    }
    for right in [
        "#[error(\"a - b -- c, written by a later um-host\")]",
        "#[error(\"it begins with -----BEGIN CERTIFICATE-----\")]",
        "#[error(transparent)]\n// --key",
    ] {
        assert!(!found(right), "{right}");
    }
}

#[test]
fn each_outside_giant_lives_in_one_folder() {
    let offences = lines().flat_map(|line| {
        let named = GIANTS
            .iter()
            .filter(|(giant, homes)| !homes.contains(&line.part.as_str()) && names_crate(&line.text, giant));
        named.map(|(giant, _)| format!("{}: `{giant}` is named outside its folder", line.place)).collect::<Vec<_>>()
    });
    assert_none(offences);
}

#[test]
fn only_the_ui_prints_and_only_main_exits() {
    let prints = |text: &str| ["print!(", "println!(", "dbg!("].iter().any(|call| text.contains(call));
    let offences = lines().filter(|line| {
        (prints(&line.text) && !line.place.contains("/cli/ui.rs"))
            || (line.text.contains("process::exit") && line.part != "main.rs")
    });
    assert_none(offences.map(|line| line.place));
}

#[test]
fn unsafe_stands_in_two_places() {
    let places = ["/runtime/src/engine/mapping.rs", "/runtime/src/engine/signal_stack.rs"];
    let offences = lines().filter(|line| {
        let unsafe_block = ["unsafe {", "unsafe fn", "unsafe impl"].iter().any(|word| line.text.contains(word));
        unsafe_block && !places.iter().any(|place| line.place.contains(place))
    });
    assert_none(offences.map(|line| line.place));
}

/// A thread of the pool that all runs share is had by a permit of the run, or by whoever no guest has a say in.
#[test]
fn threads_are_taken_in_one_place() {
    let offences = lines().filter(|line| {
        let takes = ["spawn_blocking", "block_in_place", "lookup_host"].iter().any(|call| line.text.contains(call));
        takes && !line.place.contains("/base/src/work/mod.rs")
    });
    assert_none(offences.map(|line| line.place));
}

#[test]
fn nothing_has_a_name_that_says_nothing() {
    let offences = lines().filter_map(|line| {
        let defines = ["struct ", "enum ", "trait ", "type "].iter().any(|keyword| line.text.contains(keyword));
        let word = BANNED.iter().find(|word| defines && line.text.contains(*word))?;
        Some(format!("{}: `{word}`", line.place))
    });
    assert_none(offences);
}

#[test]
fn nothing_is_left_unfinished() {
    let unfinished = ["todo!(", "unimplemented!(", "#[ignore", concat!("TO", "DO"), concat!("FIX", "ME")];
    let offences = lines().filter(|line| unfinished.iter().any(|mark| line.text.contains(mark)));
    assert_none(offences.map(|line| line.place));
}

#[test]
fn the_top_of_the_tree_has_no_strangers() {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let strangers = entries.filter(|name| !name.starts_with('.') && name != "target" && !TOP.contains(&name.as_str()));
    assert_none(strangers);
}

#[test]
fn readme_is_a_first_page() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines, and may have {README_LINES}");
}

#[test]
fn every_test_guest_has_a_test_that_names_it() {
    let tests: String =
        rust_files(&root().join("tests/it")).iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let guests = ["src/bin", "examples"].map(|folder| root().join("tests/guests").join(folder));
    let forgotten = guests.iter().flat_map(|folder| rust_files(folder)).filter(|file| {
        let name = file.file_stem().unwrap().to_str().unwrap();
        !tests.contains(&format!("\"{name}\""))
    });
    assert_none(forgotten.map(|file| file.display().to_string()));
}

#[test]
fn every_test_file_is_part_of_the_binary() {
    let forgotten = ["tests/it", "tests/store"].into_iter().flat_map(|folder| {
        let listed = fs::read_to_string(root().join(folder).join("main.rs")).unwrap();
        let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.filter(move |file| {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            file.extension().is_some_and(|ending| ending == "rs")
                && name != "main"
                && !listed.contains(&format!("mod {name};"))
        })
    });
    assert_none(forgotten.map(|file| file.display().to_string()));
}

#[test]
fn every_child_of_a_test_has_a_bound() {
    let starts = [".spawn()", ".output()"];
    // The first is the place that bounds them, the second tests it; the third calls cargo, also for other test targets.
    let places = ["support/bound.rs", "support/bound_tests.rs", "support/guests.rs", "tidy.rs"];
    let files =
        ["it", "egress", "leak", "store", "oracle"].map(|folder| rust_files(&root().join("tests").join(folder)));
    let offences = files.into_iter().flatten().filter(|file| {
        let text = fs::read_to_string(file).unwrap();
        !places.iter().any(|place| file.ends_with(place)) && starts.iter().any(|start| text.contains(start))
    });
    assert_none(offences.map(|file| format!("{}: use `Bounded`", file.display())));
}

/// What stands in each `#[error(…)]`.
fn error_messages(text: &str) -> Vec<String> {
    let attributes = text.split("#[error(").skip(1);
    attributes.map(|rest| rest[..end_of_attribute(rest)].to_owned()).collect()
}

/// Where an attribute ends: at the first `)]` that stands in no string.
fn end_of_attribute(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ')' if !quoted && text[at..].starts_with(")]") => return at,
            _ => {}
        }
    }
    text.len()
}

/// Whether a message has that in it; dashes are an option before a letter only.
fn names(message: &str, named: &str) -> bool {
    let message = NO_OPTIONS.iter().fold(message.to_owned(), |message, other| message.replace(other, ""));
    message.match_indices(named).any(|(at, _)| {
        let next = message[at + named.len()..].chars().next();
        named != "--" || next.is_some_and(|c| c.is_ascii_alphabetic())
    })
}

/// A line of the host's code that is no comment.
struct Line {
    /// `host/store/src/keyring.rs:12`.
    place: String,
    /// The crate; in `host/src` the module, or the file if it stands at the top.
    part: String,
    text: String,
}

fn lines() -> impl Iterator<Item = Line> {
    sources().into_iter().flat_map(|(part, file)| {
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        let text = fs::read_to_string(&file).unwrap();
        let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        let line = |(number, line): (usize, &str)| Line {
            place: format!("{name}:{}", number + 1),
            part: part.clone(),
            text: line.to_owned(),
        };
        numbered.map(line).collect::<Vec<_>>()
    })
}

/// Every file of the host's code, with its part.
fn sources() -> Vec<(String, PathBuf)> {
    let host = root().join("host");
    let crates = DIRECTION.iter().map(|(name, _)| (Some(*name), host.join(name).join("src")));
    let all = crates.chain([(None, host.join("src"))]);
    let sources = all.flat_map(|(name, source)| {
        let files = rust_files(&source);
        assert!(!files.is_empty(), "{} has no sources", source.display());
        files.into_iter().map(move |file| {
            let first = file.strip_prefix(&source).unwrap().components().next().unwrap();
            let part = name.unwrap_or_else(|| first.as_os_str().to_str().unwrap()).to_owned();
            (part, file)
        })
    });
    sources.collect()
}

/// Whether a line names a crate as the beginning of a path, and not as part of another word.
fn names_crate(text: &str, name: &str) -> bool {
    text.match_indices(&format!("{name}::"))
        .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn assert_none(offences: impl Iterator<Item = String>) {
    let offences: Vec<_> = offences.collect();
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}
