use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;
use crate::action::bounds::MAX_DEPTH;
use um_base::Work;

fn folder_with(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
    folder
}

fn take(folder: &Path) -> Result<Code, LoadError> {
    Code::take(folder, "main.py", None, &Work::unlimited())
}

fn files(code: &Code) -> Vec<&str> {
    let files = code.entries.iter().filter(|(_, entry)| matches!(entry, Entry::File(_)));
    files.map(|(path, _)| path.as_str()).collect()
}

fn bytes<'a>(code: &'a Code, path: &str) -> &'a [u8] {
    match code.entry(path) {
        Some(Entry::File(file)) => &file.bytes,
        _ => panic!("no file {path}"),
    }
}

#[test]
fn every_module_is_taken_and_nothing_else_is() {
    let folder = folder_with(&[
        "main.py",
        "a.pyc",
        "notes.txt",
        ".dotted.py",
        "lib/__init__.py",
        "lib/deep/words.py",
        "lib/deep/words.csv",
        "rows/a.csv",
        "lib/__pycache__/words.cpython-314.pyc",
        ".hidden/x.py",
        "venv/pyvenv.cfg",
        "venv/lib/x.py",
        "folder.py/x.txt",
    ]);
    let code = take(folder.path()).unwrap();
    assert_eq!(files(&code), [".dotted.py", "a.pyc", "lib/__init__.py", "lib/deep/words.py", "main.py"]);
    assert_eq!(bytes(&code, "lib/deep/words.py"), b"lib/deep/words.py");
    let names = |path: &str| match code.entry(path) {
        Some(Entry::Folder(folder)) => folder.names.iter().map(String::as_str).collect::<Vec<_>>(),
        _ => panic!("no folder {path}"),
    };
    assert_eq!(names(""), [".dotted.py", "a.pyc", "lib", "main.py"]);
    assert_eq!((names("lib"), names("lib/deep")), (vec!["__init__.py", "deep"], vec!["words.py"]));
    assert!(code.entry("rows").is_none() && code.entry("venv").is_none());
}

#[test]
fn a_script_in_a_virtual_environment_is_taken() {
    let folder = folder_with(&["main.py", "pyvenv.cfg", "lib/x.py"]);
    assert_eq!(files(&take(folder.path()).unwrap()), ["lib/x.py", "main.py"]);
}

#[test]
fn a_script_without_the_ending_is_taken_as_well() {
    let folder = folder_with(&["script", "lib/script", "words.py"]);
    let code = Code::take(folder.path(), "script", None, &Work::unlimited()).unwrap();
    assert_eq!(files(&code), ["script", "words.py"]);
}

#[test]
fn a_link_is_the_file_within_the_folder_that_it_leads_to_and_no_other() {
    let folder = folder_with(&["action/main.py", "action/lib/words.py", "action/text", "outside.py", "beside/x.py"]);
    let action = folder.path().join("action");
    for (link, target) in [
        ("lib/up.py", "../text"),
        ("words.py", "lib/words.py"),
        ("twice.py", "words.py"),
        ("out.py", "../outside.py"),
        ("gone.py", "absent.py"),
        ("loop.py", "loop.py"),
        ("folder.py", "lib"),
        ("linked", "lib"),
        ("beside", "../beside"),
        ("device.py", "/dev/zero"),
    ] {
        symlink(target, action.join(link)).unwrap();
    }
    mknodat(CWD, action.join("pipe.py"), FileType::Fifo, Mode::RUSR, 0).unwrap();
    symlink("pipe.py", action.join("piped.py")).unwrap();
    let code = take(&action).unwrap();
    assert_eq!(files(&code), ["lib/up.py", "lib/words.py", "main.py", "twice.py", "words.py"]);
    assert_eq!(
        (bytes(&code, "lib/up.py"), bytes(&code, "twice.py")),
        (&b"action/text"[..], &b"action/lib/words.py"[..])
    );
}

#[test]
fn a_link_does_not_lead_out_where_a_name_only_begins_like_the_folders() {
    let folder = folder_with(&["action/main.py", "action2/x.py"]);
    symlink("../action2/x.py", folder.path().join("action/x.py")).unwrap();
    assert_eq!(files(&take(&folder.path().join("action")).unwrap()), ["main.py"]);
}

#[test]
fn a_digest_tells_code_apart_and_nothing_else() {
    let digest = |files: &[&str], change: &dyn Fn(&Path)| {
        let folder = folder_with(files);
        change(folder.path());
        take(folder.path()).unwrap().digest().to_owned()
    };
    let one = digest(&["main.py", "words.py"], &|_| {});
    assert_eq!((one.len(), one.bytes().all(|byte| byte.is_ascii_hexdigit())), (64, true));
    assert_eq!(digest(&["main.py", "words.py", "notes.txt", "__pycache__/x.pyc", ".venv/x.py"], &|_| {}), one);
    assert_ne!(digest(&["main.py", "words.py"], &|folder| fs::write(folder.join("words.py"), "").unwrap()), one);
    assert_ne!(digest(&["main.py"], &|folder| fs::write(folder.join("word.py"), "words.py").unwrap()), one);
    assert_ne!(digest(&["main.py", "words.py", "more.py"], &|_| {}), one);
    let of = |main: &str| Code::of_files(main, [("a", "b"), ("b", "a")].map(|(n, b)| (n.into(), b.into())).into_iter());
    assert_ne!(of("a").unwrap().digest(), of("b").unwrap().digest());
}

#[test]
fn code_in_memory_has_the_digest_of_the_same_on_a_disk() {
    let folder = folder_with(&["main.py", "lib/words.py"]);
    let files = ["lib/words.py", "main.py"].map(|path| (path.to_owned(), path.as_bytes().to_vec()));
    let code = Code::of_files("main.py", files.into_iter()).unwrap();
    assert_eq!(code.digest(), take(folder.path()).unwrap().digest());
    assert!(matches!(code.entry("lib"), Some(Entry::Folder(_))));
}

#[test]
fn a_module_of_8_mib_is_taken_and_a_larger_one_refused_by_name() {
    let folder = folder_with(&["main.py"]);
    let large = fs::File::create(folder.path().join("large.py")).unwrap();
    large.set_len(MAX_FILE_BYTES).unwrap();
    assert_eq!(files(&take(folder.path()).unwrap()), ["large.py", "main.py"]);
    large.set_len(MAX_FILE_BYTES + 1).unwrap();
    let refused = take(folder.path()).err().unwrap();
    assert!(
        matches!(&refused, LoadError::ModuleTooLarge { path, bytes } if path.ends_with("large.py") && *bytes == MAX_FILE_BYTES + 1)
    );
    assert!(refused.to_string().contains("8388608"), "{refused}");
}

#[test]
fn modules_of_64_mib_are_taken_and_no_more() {
    let folder = folder_with(&[]);
    for number in 0..8 {
        let name = if number == 0 { "main.py".to_owned() } else { format!("{number}.py") };
        fs::File::create(folder.path().join(name)).unwrap().set_len(MAX_FILE_BYTES).unwrap();
    }
    assert_eq!(files(&take(folder.path()).unwrap()).len(), 8);
    fs::write(folder.path().join("more.py"), "x").unwrap();
    let refused = take(folder.path()).err().unwrap();
    assert!(matches!(&refused, LoadError::FolderTooLarge { bound: FolderBound::Bytes, .. }));
    assert!(refused.to_string().contains("more than 64 MiB"), "{refused}");
}

#[test]
fn so_many_modules_are_taken_and_no_more() {
    let memory = |number: usize| {
        let files = (0..number).map(|number| (format!("{number}.py"), Vec::new()));
        Code::of_files("0.py", files)
    };
    assert!(memory(MAX_FILES).is_ok());
    assert!(matches!(memory(MAX_FILES + 1), Err(LoadError::FolderTooLarge { bound: FolderBound::Files, .. })));
}

#[test]
fn directories_are_looked_into_so_deep_and_no_deeper() {
    let deep = |depth: usize| {
        let folder = folder_with(&["main.py"]);
        fs::create_dir_all(folder.path().join(vec!["d"; depth].join("/"))).unwrap();
        take(folder.path()).map(drop)
    };
    assert!(deep(MAX_DEPTH).is_ok());
    assert!(matches!(deep(MAX_DEPTH + 1), Err(LoadError::FolderTooLarge { bound: FolderBound::Depth, .. })));
}

#[test]
fn what_may_not_be_seen_is_not_taken() {
    let folder = folder_with(&["main.py", "key.py", "store/x.py", "lib/x.py", "lib/.y.py", ".z.py"]);
    symlink("main.py", folder.path().join("link.py")).unwrap();
    symlink("../main.py", folder.path().join("lib/link.py")).unwrap();
    let shown = |path: &Path| !path.ends_with("key.py") && !path.ends_with("store");
    let take = |main: &str| Code::take(folder.path(), main, Some(&shown), &Work::unlimited());
    assert_eq!(files(&take("main.py").unwrap()), ["lib/.y.py", "lib/x.py", "main.py"]);
    for hidden in [".z.py", "link.py", "key.py"] {
        assert!(matches!(take(hidden), Err(LoadError::NotShown { .. })), "{hidden}");
    }
}

#[test]
fn a_folder_that_is_gone_and_a_load_that_nobody_waits_for_are_errors() {
    let folder = folder_with(&["main.py"]);
    assert!(matches!(take(&folder.path().join("absent")), Err(LoadError::Unreadable { .. })));
    assert!(matches!(take(&folder.path().join("main.py")), Err(LoadError::Unreadable { .. })));
    let work = Work::unlimited();
    work.stop();
    assert!(matches!(Code::take(folder.path(), "main.py", None, &work), Err(LoadError::GivenUp)));
}

#[test]
fn what_may_not_be_read_is_left_out() {
    let folder = folder_with(&["main.py", "lib/x.py", "closed.py"]);
    for name in ["lib", "closed.py"] {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
    }
    let code = take(folder.path()).unwrap();
    // Root reads everything.
    let expected: &[&str] =
        if rustix::process::geteuid().is_root() { &["closed.py", "lib/x.py", "main.py"] } else { &["main.py"] };
    assert_eq!(files(&code), expected);
    fs::set_permissions(folder.path().join("lib"), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn names_in_memory_are_plain_and_there_once() {
    let of = |names: &[&str]| {
        let files: Vec<_> = names.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        Code::of_files("main.py", files.into_iter()).map(drop)
    };
    assert!(of(&["main.py", "a/b/c.py", "a/b.txt"]).is_ok());
    for name in ["", "/a.py", "a/", "a//b.py", "../a.py", "a/../b.py", "./a.py", "a\0.py", "main.py", "main.py/x.py"] {
        assert!(matches!(of(&["main.py", name]), Err(LoadError::FileName { .. })), "{name:?}");
    }
    assert!(matches!(of(&["other.py"]), Err(LoadError::NotFound { .. })));
}
