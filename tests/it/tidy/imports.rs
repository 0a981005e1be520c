//! What a file of a crate takes from its siblings: from where it is defined, and never in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::{DIRECTION, assert_none, root, rust_files};

/// Files that are in circles by their nature, and why. What they take is not counted.
const KNOTS: [(&str, &str); 2] = [
    (
        "runtime/src/guest/files/bindings.rs",
        "WASI's types are made with ours in their places, and ours answer with them",
    ),
    ("runtime/src/guest/files/node.rs", "a folder is one of the nodes, and what is opened in a folder is a node"),
];

#[test]
fn siblings_are_imported_from_where_they_are_defined() {
    assert_none(
        crates().into_iter().flat_map(|(name, sources)| {
            sources.detours().into_iter().map(move |detour| format!("host/{name}/{detour}"))
        }),
    );
}

#[test]
fn no_files_import_each_other() {
    let mut knots = Vec::from(KNOTS.map(|(file, _)| file));
    let offences = crates().into_iter().flat_map(|(folder, mut sources)| {
        for Source { file, taken } in sources.0.values_mut() {
            let file = format!("{folder}/{file}");
            if let Some(at) = knots.iter().position(|knot| *knot == file) {
                knots.remove(at);
                taken.clear();
            }
        }
        sources.circles().into_iter().map(move |files| format!("host/{folder}: {}", files.join(", ")))
    });
    assert_none(offences.collect::<Vec<_>>().into_iter());
    assert_eq!(knots, [""; 0], "no such files");
}

#[test]
fn what_is_taken_by_a_detour_is_found() {
    let facade =
        ("room/mod.rs", "mod word;\npub use word::Word;\npub(crate) use word::{self, Kind as Sort};\nuse std::fmt;");
    let word = ("room/word.rs", "pub struct Word;\npub enum Kind {}");
    let detours = |file, text| Sources::new([("lib.rs", "mod room;"), facade, word, (file, text)]).detours();
    for wrong in [
        "use super::Word;",
        "use crate::room::Word;",
        "use super::{fmt, Word};",
        "use super::{\n    word,\n    Sort,\n};",
        "pub use std::fmt;\nuse crate::{room::{Word as Other}};",
        "fn word() -> super::Word {}",
        "fn word() -> Option<crate::room::Word> {}",
    ] {
        assert_eq!(detours("room/phrase.rs", wrong).len(), 1, "{wrong}");
        assert_eq!(detours("room/phrase/mod.rs", wrong).len(), 1, "{wrong}");
    }
    for right in [
        "use super::word::Word;\nuse crate::room::word::Kind;",
        "use super::fmt;",
        "// use super::Word;\n/// [`Word`](super::Word)",
        "pub use super::Word;",
        "use other::Word;\nuse super::Wordless;",
        "#[cfg(test)]\nmod tests {\n    use super::Word;",
        "pub(in crate::room) struct Phrase;\nmacro_rules! word { () => { $crate::room::Word } }",
    ] {
        assert_eq!(detours("room/phrase.rs", right), [""; 0], "{right}");
    }
}

#[test]
fn circles_are_found() {
    let circles = |texts: [(&'static str, &'static str); 3]| Sources::new(texts).circles();
    let root = ("lib.rs", "mod a;\nmod b;\npub use a::A;");
    let a = ("a.rs", "use super::b::B;");
    assert_eq!(circles([root, a, ("b.rs", "use crate::a::A;")]), [["a.rs", "b.rs"]]);
    assert_eq!(circles([root, a, ("b/mod.rs", "fn b() { super::a::a() }")]), [["a.rs", "b/mod.rs"]]);
    assert_eq!(circles([root, a, ("b.rs", "use crate::C;\nuse std::a::A;")]), [[""; 0]; 0]);
    assert_eq!(circles([("lib.rs", "mod a;\nuse a::A;"), a, ("b.rs", "use crate::C;")]), [["a.rs", "b.rs", "lib.rs"]]);
}

/// Each crate by its folder in `host`; the program's is `src` itself.
fn crates() -> Vec<(String, Sources)> {
    let folders = DIRECTION.iter().map(|(name, _)| format!("{name}/src")).chain(["src".to_owned()]);
    folders
        .map(|folder| {
            let source = root().join("host").join(&folder);
            let texts = rust_files(&source).into_iter().map(|file| {
                let name = file.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
                (name, fs::read_to_string(file).unwrap())
            });
            (folder, Sources::new(texts))
        })
        .collect()
}

/// The files of one crate, by the paths of their modules.
struct Sources(BTreeMap<Vec<String>, Source>);

struct Source {
    file: String,
    taken: Vec<Taken>,
}

/// A path to something of another module, and what it is called here.
struct Taken {
    path: Vec<String>,
    name: String,
    /// Whether it is only handed on.
    exported: bool,
}

impl Sources {
    fn new<T: Into<String>>(files: impl IntoIterator<Item = (T, T)>) -> Self {
        let sources = files.into_iter().map(|(file, text)| {
            let file = file.into();
            let mut module: Vec<_> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            module.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
            (module, Source { file, taken: taken(&text.into()) })
        });
        // The library comes first, and the program's own file has nothing that anybody takes.
        let mut all = BTreeMap::new();
        sources.for_each(|(module, source)| _ = all.entry(module).or_insert(source));
        Self(all)
    }

    /// Where names are taken from a module that has them from elsewhere in the crate.
    fn detours(&self) -> Vec<String> {
        let mut detours = Vec::new();
        for (from, source) in &self.0 {
            for taken in source.taken.iter().filter(|taken| !taken.exported) {
                let Some((module, rest)) = self.resolve(from, &taken.path) else { continue };
                let handed_on = |other: &&Taken| rest.first() == Some(&other.name) && module != *from;
                let origin = self.0[&module].taken.iter().find(handed_on);
                if origin.is_some_and(|origin| self.resolve(&module, &origin.path).is_some()) {
                    detours.push(format!("{}: {}", source.file, taken.path.join("::")));
                }
            }
        }
        detours
    }

    /// Files of which each leads to each by what it takes.
    fn circles(&self) -> Vec<Vec<String>> {
        let leads_to: BTreeMap<_, _> = self.0.keys().map(|module| (module, self.reached_from(module))).collect();
        let circles = self.0.keys().map(|module| {
            let others = leads_to[module].iter().filter(|other| leads_to[*other].contains(module));
            others.map(|other| self.0[other].file.clone()).collect::<BTreeSet<_>>()
        });
        let circles: BTreeSet<_> = circles.filter(|files| files.len() > 1).collect();
        circles.into_iter().map(|files| files.into_iter().collect()).collect()
    }

    fn reached_from(&self, module: &[String]) -> BTreeSet<Vec<String>> {
        let (mut reached, mut open) = (BTreeSet::new(), vec![module.to_owned()]);
        while let Some(module) = open.pop() {
            let taken = self.0[&module].taken.iter().filter(|taken| !taken.exported);
            let next = taken.filter_map(|taken| Some(self.resolve(&module, &taken.path)?.0));
            open.extend(next.filter(|next| *next != module && reached.insert(next.clone())));
        }
        reached
    }

    /// The module that a path leads to, and what it names there; nothing, where that is another crate's.
    fn resolve<'a>(&self, from: &[String], path: &'a [String]) -> Option<(Vec<String>, &'a [String])> {
        let up = path.iter().take_while(|part| *part == "super").count();
        let (mut module, mut rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (from.to_vec(), &path[1..]),
            _ => (from[..from.len().checked_sub(up)?].to_vec(), &path[up..]),
        };
        let named = module.len();
        while let Some((next, after)) = rest.split_first() {
            module.push(next.clone());
            if !self.0.contains_key(&module) {
                module.pop();
                break;
            }
            rest = after;
        }
        let is_ours = up > 0 || ["crate", "self"].contains(&path[0].as_str()) || module.len() > named;
        is_ours.then_some((module, rest))
    }
}

/// What a file takes by `use`, and by paths from the root or upwards in the midst of it; its tests may take anything.
fn taken(text: &str) -> Vec<Taken> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: Vec<_> = text.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
    let (mut taken, mut other, mut lines) = (Vec::new(), String::new(), code.into_iter());
    while let Some(line) = lines.next() {
        let import = match line.strip_prefix("pub") {
            Some(rest) => rest.split_once("use ").filter(|(scope, _)| scope.trim().is_empty() || scope.ends_with(") ")),
            None => line.strip_prefix("use ").map(|import| ("", import)),
        };
        let Some((_, import)) = import else {
            other += &format!("{line}\n");
            continue;
        };
        let mut import = import.to_owned();
        while !import.contains(';') {
            import += lines.next().unwrap_or(";");
        }
        taken.extend(flat(import.trim_end_matches(';')).iter().map(|path| Taken::new(path, line.starts_with("pub"))));
    }
    for start in ["crate::", "super::"] {
        let begins = |at: usize| !other[..at].ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c));
        let places = other.match_indices(start).filter(|(at, _)| begins(*at) && !other[..*at].ends_with("(in "));
        let paths = places.map(|(at, _)| {
            let end = other[at..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
            &other[at..end.map_or(other.len(), |end| at + end)]
        });
        taken.extend(paths.map(|path| Taken::new(path, false)));
    }
    taken
}

/// Each path of an import: `a::{b, c::{d}}` has two.
fn flat(import: &str) -> Vec<String> {
    let Some((before, inner)) = import.split_once('{') else { return vec![import.trim().to_owned()] };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(c),
        }
        depth += i32::from(c == '{') - i32::from(c == '}');
    }
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| flat(&part)).map(|part| format!("{}{part}", before.trim())).collect()
}

impl Taken {
    fn new(path: &str, exported: bool) -> Self {
        let (path, name) = path.split_once(" as ").map_or((path, None), |(path, name)| (path, Some(name)));
        let mut path: Vec<_> = path.split("::").map(|part| part.trim().to_owned()).collect();
        path.retain(|part| !part.is_empty() && part != "*");
        // Inside of braces it is the module itself.
        path.pop_if(|last| last == "self");
        let name = name.map(|name| name.trim().to_owned()).or_else(|| path.last().cloned()).unwrap_or_default();
        Self { path, name, exported }
    }
}
