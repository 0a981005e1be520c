use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError};

use super::file::READ_BYTES;
use super::*;

/// Paths below `folder`, whether or not they lead somewhere.
const PATHS: [&str; 30] = [
    "a.txt",
    "sub",
    "sub/b.txt",
    "sub/",
    "a.txt/",
    ".",
    "",
    "./a.txt",
    "sub/../a.txt",
    "..",
    "../outside",
    "sub/../../outside",
    "/etc",
    "absent",
    "absent/x",
    "a.txt/x",
    "link",
    "linked/b.txt",
    "out",
    "absolute",
    "loop",
    "dangling",
    "pipe",
    "socket",
    "to-pipe",
    "a\0b",
    "linked",
    "linked/",
    "linked/.",
    "a.txt/.",
];

fn tree() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("folder");
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::write(home.path().join("outside"), "not yours").unwrap();
    fs::write(folder.join("a.txt"), "abc").unwrap();
    fs::write(folder.join("sub/b.txt"), vec![b'b'; 200_000]).unwrap();
    for (target, link) in [
        ("a.txt", "link"),
        ("sub", "linked"),
        ("../outside", "out"),
        ("/etc", "absolute"),
        ("loop", "loop"),
        ("absent", "dangling"),
        ("pipe", "to-pipe"),
    ] {
        symlink(target, folder.join(link)).unwrap();
    }
    mknodat(CWD, folder.join("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    UnixListener::bind(folder.join("socket")).unwrap();
    home
}

/// The same directory, asked from memory first or not at all.
fn both(folder: &Path) -> [Directory; 2] {
    let Node::Directory(directory) = Node::mounted(folder).unwrap() else { panic!("it is a directory") };
    [true, false].map(|is_local| Directory { is_local, ..directory.clone() })
}

fn told<T: std::fmt::Debug>(result: Result<T, Failure>) -> String {
    format!("{result:?}")
}

#[tokio::test]
async fn what_is_in_memory_is_told_as_the_disk_tells_it() {
    let home = tree();
    let (work, [fast, slow]) = (Work::unlimited(), both(&home.path().join("folder")));
    for path in PATHS {
        for follow in [true, false] {
            let mut answers = Vec::new();
            for directory in [&fast, &slow] {
                let path = || path.to_owned();
                let opened = directory.open(&work, path(), follow).await;
                let stat = directory.stat_at(&work, path(), follow).await;
                answers.push((
                    told(opened.map(|node| matches!(node, Node::Directory(_)))),
                    told(stat.map(|stat| (stat.hash().lower, format!("{:?}", stat.told().type_)))),
                    told(directory.read_link(&work, path()).await),
                ));
            }
            assert_eq!(answers[0], answers[1], "`{path}`, links followed: {follow}");
        }
    }
}

#[tokio::test]
async fn nothing_outside_is_found_by_either_way() {
    let home = tree();
    for directory in both(&home.path().join("folder")) {
        for path in ["..", "../outside", "sub/../../outside", "/etc", "out", "absolute"] {
            let found = directory.open(&Work::unlimited(), path.to_owned(), true).await;
            assert!(matches!(found, Err(Failure::Code(ErrorCode::NotPermitted))), "{path}");
        }
    }
}

#[tokio::test]
async fn a_stream_gives_the_bytes_of_its_file_in_pieces_and_ends() {
    let home = tree();
    let work = Work::unlimited();
    for directory in both(&home.path().join("folder")) {
        let Ok(node) = directory.open(&work, "sub/b.txt".to_owned(), true).await else { panic!("it is there") };
        let file = File { is_local: directory.is_local, ..node.file().unwrap().clone() };
        let mut stream = file.clone().stream(work.clone(), 10);
        assert!(stream.read(0).unwrap().is_empty());
        let mut bytes = stream.blocking_read(usize::MAX).await.unwrap().len();
        assert_eq!(bytes, READ_BYTES);
        loop {
            // As a guest does that never asks whether there is something.
            match stream.read(1_000) {
                Ok(chunk) if chunk.is_empty() => tokio::task::yield_now().await,
                Ok(chunk) => bytes += chunk.len(),
                Err(StreamError::Closed) => break,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(bytes, 200_000 - 10);
        let mut beyond = file.stream(work.clone(), u64::MAX);
        assert!(matches!(beyond.blocking_read(1).await, Err(StreamError::LastOperationFailed(_))));
    }
}

#[tokio::test]
async fn whoever_waits_for_a_disk_is_told_when_the_run_is_over() {
    let home = tree();
    let (work, [_, slow]) = (Work::unlimited(), both(&home.path().join("folder")));
    work.stop();
    assert!(matches!(slow.open(&work, "a.txt".to_owned(), true).await, Err(Failure::Trap(_))));
    assert!(matches!(slow.list(&work, None).await, Err(Failure::Trap(_))));
}

#[tokio::test]
async fn what_a_guest_has_not_taken_counts_as_the_runs() {
    let home = tree();
    for directory in both(&home.path().join("folder")) {
        let work = Work::new(READ_BYTES as u64 + 1_000);
        let Ok(node) = directory.open(&work, "sub/b.txt".to_owned(), true).await else { panic!("it is there") };
        let mut first = node.file().unwrap().clone().stream(work.clone(), 0);
        first.ready().await;
        assert_eq!(first.read(1_000).unwrap().len(), 1_000);
        let Ok(mut listing) = directory.list(&work, None).await else { panic!("there is room for the names") };
        while let Ok(Some(_)) = listing.next(&work).await {}
        let mut second = node.file().unwrap().clone().stream(work.clone(), 0);
        second.ready().await;
        assert!(matches!(second.read(1), Err(StreamError::Trap(_))), "there is no room for a second one");
        assert_eq!(work.over_because(), Some(um_base::Over::Memory));
    }
}
