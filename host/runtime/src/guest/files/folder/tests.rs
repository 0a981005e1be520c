use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;
use crate::action::code::take::Judge;
use crate::action::script::Script;
use um_base::Work;

fn folder_with(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        write(folder.path(), file, file);
    }
    folder
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn taken(folder: &Path) -> Arc<Code> {
    let Ok(code) = Script::open(folder).unwrap().code(None, &Work::unlimited()) else { panic!("it is readable") };
    code
}

fn shown(folder: &Path) -> Folder {
    Folder::new(taken(folder), Some(Live::open_at(folder, None).unwrap()))
}

/// What a guest reads there, or why not.
async fn read(folder: &Folder, path: &str) -> Result<String, ErrorCode> {
    let work = Work::unlimited();
    let bytes = match folder.open(&work, path.to_owned(), true).await {
        Ok(node) => match node.file() {
            Ok(file) => file.read(&work, 100, 0).await,
            Err(failure) => Err(failure),
        },
        Err(failure) => Err(failure),
    };
    match bytes {
        Ok(bytes) => Ok(String::from_utf8(bytes).unwrap()),
        Err(Failure::Code(code)) => Err(code),
        Err(Failure::Trap(trap)) => panic!("{trap}"),
    }
}

async fn list(folder: &Folder) -> Vec<String> {
    let work = Work::unlimited();
    let Ok(mut listing) = folder.list(&work).await else { panic!("it can be listed") };
    let mut names = Vec::new();
    while let Ok(Some(entry)) = listing.next(&work).await {
        let end = if entry.type_ == DescriptorType::Directory { "/" } else { "" };
        names.push(format!("{}{end}", entry.name));
    }
    names.sort();
    names
}

async fn kind(folder: &Folder, path: &str) -> Option<DescriptorType> {
    folder.stat_at(&Work::unlimited(), path.to_owned(), true).await.ok().map(|stat| stat.kind)
}

#[tokio::test]
async fn code_is_what_was_taken_and_the_rest_is_what_is_there_now() {
    let home = folder_with(&["main.py", "lib/words.py", "lib/rows.csv", "data/a.csv", "gone.py", "gone/x.py"]);
    let folder = shown(home.path());
    for file in ["main.py", "lib/words.py", "lib/rows.csv", "new.py", "new.pyc", "new/x.py", "lib/new.txt", "data/x.py"]
    {
        write(home.path(), file, "new");
    }
    fs::remove_file(home.path().join("gone.py")).unwrap();
    fs::remove_dir_all(home.path().join("gone")).unwrap();
    for (path, text) in [
        ("main.py", Ok("main.py")),
        ("./lib/words.py", Ok("lib/words.py")),
        ("lib//words.py", Ok("lib/words.py")),
        ("data/../lib/words.py", Ok("lib/words.py")),
        ("lib/../main.py", Ok("main.py")),
        ("gone.py", Ok("gone.py")),
        ("gone/x.py", Ok("gone/x.py")),
        ("lib/rows.csv", Ok("new")),
        ("lib/new.txt", Ok("new")),
        ("data/a.csv", Ok("data/a.csv")),
        ("new.py", Err(ErrorCode::NoEntry)),
        ("new.pyc", Err(ErrorCode::NoEntry)),
        ("new/x.py", Err(ErrorCode::NoEntry)),
        ("data/x.py", Err(ErrorCode::NoEntry)),
        ("lib", Err(ErrorCode::BadDescriptor)),
        ("main.py/", Err(ErrorCode::NotDirectory)),
        ("main.py/x", Err(ErrorCode::NotDirectory)),
        ("main.py/../main.py", Err(ErrorCode::NotDirectory)),
        ("../main.py", Err(ErrorCode::NotPermitted)),
        ("lib/../../main.py", Err(ErrorCode::NotPermitted)),
        ("/main.py", Err(ErrorCode::NotPermitted)),
        ("", Err(ErrorCode::NoEntry)),
    ] {
        assert_eq!(read(&folder, path).await, text.map(str::to_owned), "{path}");
    }
    assert_eq!(list(&folder).await, ["data/", "gone.py", "gone/", "lib/", "main.py", "new/"]);
}

#[tokio::test]
async fn the_directories_below_are_as_the_folder_is() {
    let home = folder_with(&["main.py", "lib/words.py", "lib/rows.csv", "data/a.csv", "data/deep/b.csv"]);
    let folder = shown(home.path());
    write(home.path(), "lib/words.py", "new");
    write(home.path(), "lib/new.py", "new");
    write(home.path(), "data/new.py", "new");
    write(home.path(), "data/deep/new.py", "new");
    let work = Work::unlimited();
    let below = async |path: &str| match folder.open(&work, path.to_owned(), true).await {
        Ok(Node::Folder(below)) => below,
        _ => panic!("{path} is a directory"),
    };
    let (lib, data) = (below("lib").await, below("data").await);
    assert_eq!(list(&lib).await, ["rows.csv", "words.py"]);
    assert_eq!(list(&data).await, ["a.csv", "deep/"]);
    assert_eq!(read(&lib, "words.py").await.as_deref(), Ok("lib/words.py"));
    for (below, path, code) in [
        (&lib, "new.py", ErrorCode::NoEntry),
        (&lib, "../main.py", ErrorCode::NotPermitted),
        (&data, "new.py", ErrorCode::NoEntry),
        (&data, "deep/new.py", ErrorCode::NoEntry),
        (&data, "../main.py", ErrorCode::NotPermitted),
    ] {
        assert_eq!(read(below, path).await, Err(code), "{path}");
    }
    assert_eq!(list(&below(".").await).await, list(&folder).await);
}

/// A way around what was taken: a path whose words lead elsewhere than the disk does, since a directory in it is a link.
#[tokio::test]
async fn no_link_leads_to_code_that_was_not_taken() {
    let home = folder_with(&["main.py", "a/b/c/x.txt", "a/b/words.py"]);
    let folder = shown(home.path());
    for (link, target) in [("late", "a/b"), ("deep", "a/b/c"), ("late.py", "main.py"), ("text", "a/b/words.py")] {
        symlink(target, home.path().join(link)).unwrap();
    }
    write(home.path(), "a/b/words.py", "new");
    write(home.path(), "a/new.py", "new");
    for path in
        ["late/words.py", "late/../new.py", "deep/../../new.py", "late.py", "late/./words.py", "deep/../words.py"]
    {
        assert_eq!(read(&folder, path).await, Err(ErrorCode::NoEntry), "{path}");
        assert_eq!(kind(&folder, path).await, None, "{path}");
    }
    // By a name that is no code it is a file like any other.
    assert_eq!(read(&folder, "text").await.as_deref(), Ok("new"));
    assert_eq!(read(&folder, "late/c/x.txt").await.as_deref(), Ok("a/b/c/x.txt"));
}

#[tokio::test]
async fn what_is_told_of_code_is_the_same_after_it_has_changed() {
    let home = folder_with(&["main.py", "lib/words.py"]);
    let folder = shown(home.path());
    let work = Work::unlimited();
    let told = async |path: &str| match folder.stat_at(&work, path.to_owned(), true).await {
        Ok(stat) => format!("{:?}", stat.told()),
        Err(_) => panic!("{path} is there"),
    };
    let before = [told("main.py").await, told("lib").await, told(".").await];
    assert!(before[0].contains("size: 7"), "{}", before[0]);
    write(home.path(), "main.py", "longer than it was");
    write(home.path(), "lib/more.py", "");
    assert_eq!([told("main.py").await, told("lib").await, told(".").await], before);
}

#[tokio::test]
async fn code_without_a_disk_is_all_there_is() {
    let files = [("main.py", "1"), ("lib/words.py", "2"), ("lib/rows.csv", "3")];
    let script = Script::of_files("main.py", files).unwrap();
    let Ok(code) = script.code(None, &Work::unlimited()) else { panic!("it is there") };
    let folder = Folder::new(code, None);
    assert_eq!(list(&folder).await, ["lib/", "main.py"]);
    assert_eq!(read(&folder, "lib/rows.csv").await.as_deref(), Ok("3"));
    for path in ["absent.py", "lib/absent", "../main.py", "/main.py"] {
        assert_eq!(read(&folder, path).await, Err(ErrorCode::NoEntry), "{path}");
    }
    assert_eq!(kind(&folder, "lib").await, Some(DescriptorType::Directory));
    assert_eq!(kind(&folder, "lib/words.py/").await, None);
}

#[tokio::test]
async fn a_home_is_shown_without_what_no_run_may_see() {
    let files = ["main.py", "notes.txt", "key.txt", "lib/x.py", "lib/a.txt", "store/rows", ".config/k", ".env"];
    let home = folder_with(&files);
    symlink("notes.txt", home.path().join("link.txt")).unwrap();
    symlink("store", home.path().join("linked")).unwrap();
    symlink("../notes.txt", home.path().join("lib/up.txt")).unwrap();
    let judge = |path: &Path| !path.ends_with("key.txt") && !path.ends_with("store");
    let judge: Arc<Judge> = Arc::new(judge);
    let script = Script::open(home.path()).unwrap();
    let Ok(code) = script.code(Some(&*judge), &Work::unlimited()) else { panic!("it is readable") };
    let folder = Folder::new(code, Some(Live::open_at(home.path(), Some(judge)).unwrap()));
    assert_eq!(list(&folder).await, ["lib/", "main.py", "notes.txt"]);
    for (path, text) in [
        ("notes.txt", Ok("notes.txt")),
        ("./notes.txt", Ok("notes.txt")),
        ("lib/a.txt", Ok("lib/a.txt")),
        ("lib/x.py", Ok("lib/x.py")),
        ("key.txt", Err(ErrorCode::NoEntry)),
        ("link.txt", Err(ErrorCode::NoEntry)),
        ("linked/rows", Err(ErrorCode::NoEntry)),
        ("store/rows", Err(ErrorCode::NoEntry)),
        (".env", Err(ErrorCode::NoEntry)),
        ("./.env", Err(ErrorCode::NoEntry)),
        (".config/k", Err(ErrorCode::NoEntry)),
        ("lib/../key.txt", Err(ErrorCode::NotPermitted)),
        ("lib/../.env", Err(ErrorCode::NotPermitted)),
        ("lib/up.txt", Err(ErrorCode::NotPermitted)),
        ("notes.txt/x", Err(ErrorCode::NotDirectory)),
        ("notes.txt/", Err(ErrorCode::NotDirectory)),
        ("../x", Err(ErrorCode::NotPermitted)),
        ("/etc/passwd", Err(ErrorCode::NotPermitted)),
    ] {
        assert_eq!(read(&folder, path).await, text.map(str::to_owned), "{path}");
        assert_eq!(kind(&folder, path).await.is_some(), text.is_ok(), "{path}");
    }
}
