use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::Barrier;
use std::thread;

use rustix::fs::Gid;

use super::super::document::{Document, sha256};
use super::manifest::MANIFEST;
use super::unnamed::Private;
use super::*;
use um_base::Over;

fn open(path: &Path) -> Result<DirectorySink, DocumentsError> {
    DirectorySink::open(path, RunId::new(), None, &Work::unlimited()).map_err(|error| match error {
        CheckError::Documents(error) => error,
        CheckError::Over(over) => panic!("{over}"),
    })
}

/// As where the file system has no files without a name.
fn open_elsewhere(path: &Path, cache: &Path) -> DirectorySink {
    let sink = open(path).unwrap();
    let private = Private::open(Some(cache), &sink.run).unwrap();
    DirectorySink { unnamed: Unnamed::Elsewhere(private), ..sink }
}

fn passed(sink: &mut DirectorySink, name: &str, text: &str) -> Passed {
    let mut content = sink.create(name).unwrap();
    content.write_all(text.as_bytes()).unwrap();
    let digest = sha256(&mut content, &Work::unlimited()).unwrap();
    Passed { document: Document::new(name.to_owned(), text.len() as u64, digest), content }
}

fn commit(mut sink: DirectorySink, documents: &[(&str, &str)]) -> Result<Receipt, DocumentsError> {
    let passed = documents.iter().map(|(name, text)| passed(&mut sink, name, text)).collect();
    Box::new(sink).commit(passed)
}

fn publish(path: &Path, documents: &[(&str, &str)]) -> Result<Receipt, DocumentsError> {
    commit(open(path)?, documents)
}

/// All files below a directory, without the manifest.
fn files(path: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut left = vec![path.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let inner = entry.unwrap().path();
            match inner.is_dir() {
                true => left.push(inner),
                false => {
                    let name = inner.strip_prefix(path).unwrap().display().to_string();
                    found.insert(name, fs::read_to_string(inner).unwrap());
                }
            }
        }
    }
    found.remove(MANIFEST);
    found
}

fn expected(documents: &[(&str, &str)]) -> BTreeMap<String, String> {
    documents.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn entries(path: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const OLD: [(&str, &str); 2] = [("a.txt", "old"), ("2025/b.txt", "older")];
const NEW: [(&str, &str); 3] = [("a.txt", "new"), ("2026/10/b.txt", "newer"), ("2026/c.txt", "newest")];

#[test]
fn a_target_must_be_absent_empty_or_of_an_earlier_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(open(&path("absent")).is_ok());
    fs::create_dir(path("empty")).unwrap();
    assert!(open(&path("empty")).is_ok());
    publish(&path("old"), &OLD).unwrap();
    assert!(open(&path("old")).is_ok());
    fs::write(path("file"), "").unwrap();
    symlink(path("nowhere"), path("dangling")).unwrap();
    assert!(matches!(open(&path("file")), Err(DocumentsError::NotADirectory { .. })));
    assert!(matches!(open(folder.path()), Err(DocumentsError::Foreign { .. })));
    assert!(matches!(open(&path("absent/below")), Err(DocumentsError::Prepare { .. })));
    assert!(matches!(open(&path("dangling")), Err(DocumentsError::Prepare { .. })));
    assert!(matches!(open(Path::new("/")), Err(DocumentsError::Prepare { .. })));
    assert!(matches!(open(Path::new("/proc/documents")), Err(DocumentsError::Prepare { .. })));
    assert_eq!(entries(folder.path()), ["dangling", "empty", "file", "old"]);
}

#[test]
fn documents_have_no_name_before_they_are_published_and_stand_in_their_directories_then() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let mut sink = open(&target).unwrap();
    let documents: Vec<_> = NEW.iter().map(|(name, text)| passed(&mut sink, name, text)).collect();
    assert_eq!(entries(folder.path()), [""; 0]);
    assert!(documents.iter().all(|passed| passed.content.metadata().unwrap().nlink() == 0));
    let receipt = Box::new(sink).commit(documents).unwrap();
    assert_eq!(files(&target), expected(&NEW));
    assert_eq!(entries(folder.path()), ["out"]);
    assert_eq!(receipt.documents[1].name, "2026/10/b.txt");
    assert_eq!(receipt.documents[1].path.as_deref(), Some(&*target.join("2026/10/b.txt")));
}

#[test]
fn documents_replace_those_of_an_earlier_run_and_leave_nothing_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    fs::create_dir(&target).unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o711)).unwrap();
    for documents in [&OLD[..], &NEW[..], &OLD[..1]] {
        publish(&target, documents).unwrap();
        assert_eq!(files(&target), expected(documents));
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o7777, 0o711);
        assert_eq!(entries(folder.path()), ["out"]);
    }
    assert!(!target.join("2026").exists() && !target.join("2025").exists());
}

/// A directory that a group shares became one of the process's own group with the first run, and was closed to it.
#[test]
fn a_directory_keeps_its_group_and_to_root_its_owner_too() {
    let own = rustix::process::getegid();
    let (owner, group) = match rustix::process::geteuid().is_root() {
        true => (Some(4321), Some(1234)),
        // One of this user's others; who has none cannot try.
        false => (None, rustix::process::getgroups().unwrap().into_iter().find(|group| *group != own).map(Gid::as_raw)),
    };
    let Some(group) = group else { return };
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    fs::create_dir(&target).unwrap();
    std::os::unix::fs::chown(&target, owner, Some(group)).unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o2770)).unwrap();
    let access = || {
        let found = fs::metadata(&target).unwrap();
        (found.uid(), found.gid(), found.permissions().mode() & 0o7777)
    };
    let before = access();
    assert_eq!((before.1, before.2), (group, 0o2770));
    for documents in [&OLD[..], &NEW[..]] {
        publish(&target, documents).unwrap();
        assert_eq!((files(&target), access()), (expected(documents), before));
        assert_eq!(entries(folder.path()), ["out"]);
    }
}

#[test]
fn where_there_are_no_files_without_a_name_documents_are_copied_in() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let target = folder.path().join("out");
    for documents in [&OLD[..], &NEW[..]] {
        let mut sink = open_elsewhere(&target, cache.path());
        let before = entries(folder.path());
        let passed = documents.iter().map(|(name, text)| passed(&mut sink, name, text)).collect();
        assert_eq!(entries(folder.path()), before);
        assert_eq!(entries(&cache.path().join("documents")), [""; 0]);
        Box::new(sink).commit(passed).unwrap();
        assert_eq!(files(&target), expected(documents));
        assert_eq!(entries(folder.path()), ["out"]);
    }
}

#[test]
fn what_no_run_has_published_or_somebody_has_changed_is_refused_by_name_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    publish(&target, &OLD).unwrap();
    fs::write(target.join("thesis.txt"), "years of work").unwrap();
    let refusal = publish(&target, &NEW).unwrap_err();
    assert!(matches!(&refusal, DocumentsError::Foreign { name, .. } if name == "thesis.txt"), "{refusal}");
    fs::remove_file(target.join("thesis.txt")).unwrap();
    fs::write(target.join("2025/b.txt"), "noted").unwrap();
    let refusal = publish(&target, &NEW).unwrap_err();
    assert!(matches!(&refusal, DocumentsError::Changed { name, .. } if name == "2025/b.txt"), "{refusal}");
    assert_eq!(files(&target), expected(&[OLD[0], ("2025/b.txt", "noted")]));
    assert_eq!(entries(folder.path()), ["out"]);
}

/// The action may run for a minute: what somebody writes meanwhile counts as much.
#[test]
fn what_was_put_there_while_the_action_ran_is_refused_too() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    for (before, there) in [(None, "absent"), (Some(&[][..]), "empty"), (Some(&OLD[..]), "published")] {
        let _ = fs::remove_dir_all(&target);
        match before {
            Some([]) => fs::create_dir(&target).unwrap(),
            Some(documents) => _ = publish(&target, documents).unwrap(),
            None => {}
        }
        let sink = open(&target).unwrap();
        fs::create_dir_all(&target).unwrap();
        fs::write(target.join("thesis.txt"), "years of work").unwrap();
        let refusal = commit(sink, &NEW).unwrap_err();
        assert!(matches!(refusal, DocumentsError::Publish { .. }), "{there}: {refusal}");
        assert!(refusal.to_string().contains("`thesis.txt`"), "{there}: {refusal}");
        assert_eq!(fs::read_to_string(target.join("thesis.txt")).unwrap(), "years of work", "{there}");
        assert!(!target.join("2026").exists(), "{there}");
        assert_eq!(entries(folder.path()), ["out"], "{there}");
    }
}

/// Whoever may write beside the target put another directory in the place of what the run had written: that was
/// published, and what a link led to was opened to all.
#[test]
fn what_is_put_in_the_place_of_the_container_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let victim = folder.path().join("victim");
    fs::create_dir(&victim).unwrap();
    fs::set_permissions(&victim, Permissions::from_mode(0o700)).unwrap();
    let (target, moved) = (folder.path().join("out"), folder.path().join("moved"));
    for link in [true, false] {
        let mut sink = open(&target).unwrap();
        let mut documents = vec![passed(&mut sink, "a.txt", "new")];
        let container = Container::make(&sink.parent, &sink.name, &sink.run).unwrap();
        let planted = folder.path().join(format!(".out.um-host-{}", sink.run));
        fs::rename(&planted, &moved).unwrap();
        match link {
            true => symlink(&victim, &planted).unwrap(),
            false => fs::create_dir(&planted).unwrap(),
        }
        sink.put_together(&container, &mut documents).unwrap();
        assert!(sink.place(&container).unwrap().is_none());
        drop(container);
        assert_eq!(files(&target), expected(&[("a.txt", "new")]));
        assert_eq!(fs::metadata(&victim).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(planted.symlink_metadata().is_ok(), "what is not ours is left");
        fs::remove_file(&planted).or_else(|_| fs::remove_dir(&planted)).unwrap();
        fs::remove_dir(&moved).unwrap();
        fs::remove_dir_all(&target).unwrap();
    }
}

#[test]
fn of_runs_that_publish_to_one_target_at_once_each_is_there_whole() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    let (rounds, runs) = (20, 4);
    for round in 0..rounds {
        let start = Barrier::new(runs);
        let texts: Vec<String> = (0..runs).map(|run| format!("{round} {run}")).collect();
        thread::scope(|scope| {
            for text in &texts {
                let (target, start) = (&target, &start);
                scope.spawn(move || {
                    let sink = open(target).unwrap();
                    start.wait();
                    commit(sink, &[("a.txt", text), ("b/c.txt", text)]).unwrap();
                });
            }
        });
        let found = files(&target);
        assert_eq!(found.len(), 2);
        assert_eq!(found["a.txt"], found["b/c.txt"]);
        assert!(texts.contains(&found["a.txt"]));
        assert_eq!(entries(folder.path()), ["out"]);
    }
}

/// The exchange has happened when it is found that somebody has written into what comes back.
#[test]
fn what_was_changed_in_the_moment_of_the_exchange_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    publish(&target, &OLD).unwrap();
    let mut sink = open(&target).unwrap();
    let mut documents = vec![passed(&mut sink, "a.txt", "new")];
    let container = Container::make(&sink.parent, &sink.name, &sink.run).unwrap();
    sink.put_together(&container, &mut documents).unwrap();
    fs::write(target.join("late.txt"), "years of work").unwrap();
    // As after a look at the target that found all as it was.
    let refusal = sink.exchange(&container).err().unwrap();
    assert!(refusal.to_string().contains("late.txt"), "{refusal}");
    drop(container);
    assert_eq!(files(&target), expected(&[OLD[0], OLD[1], ("late.txt", "years of work")]));
    assert_eq!(entries(folder.path()), ["out"]);
}

#[test]
fn a_run_that_is_over_is_not_kept_by_what_stands_in_the_target() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    publish(&target, &OLD).unwrap();
    let work = Work::unlimited();
    work.stop();
    let ended = DirectorySink::open(&target, RunId::new(), None, &work).err().unwrap();
    assert!(matches!(ended, CheckError::Over(Over::Stopped)));
}

#[test]
fn what_is_left_beside_the_target_is_removed_by_the_next_run_there() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(format!(".other.um-host-{}", RunId::new()));
    fs::create_dir_all(left.join(UNFINISHED)).unwrap();
    fs::write(left.join(UNFINISHED).join("a.txt"), "").unwrap();
    fs::set_permissions(&left, Permissions::from_mode(0o700)).unwrap();
    drop(open(&folder.path().join("out")).unwrap());
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[test]
fn a_name_that_the_file_system_takes_for_another_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out");
    // As "A.txt" and "a.txt" are one where case does not count.
    let refusal = publish(&target, &[("a.txt", "one"), ("a.txt", "two")]).unwrap_err();
    let DocumentsError::Write { name, source } = &refusal else { panic!("{refusal}") };
    assert!(name == "a.txt" && source.to_string().contains("another document"), "{refusal}");
    assert_eq!(entries(folder.path()), [""; 0]);
}

#[test]
fn a_large_document_is_linked_and_not_copied() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = open(&folder.path().join("out")).unwrap();
    let mut content = sink.create("a.bin").unwrap();
    content.write_all(&[7; 1 << 20]).unwrap();
    content.rewind().unwrap();
    let inode = content.metadata().unwrap().ino();
    let document = Document::new("a.bin".to_owned(), 1 << 20, "0".repeat(64));
    Box::new(sink).commit(vec![Passed { document, content }]).unwrap();
    let mut published = File::open(folder.path().join("out/a.bin")).unwrap();
    assert_eq!(published.metadata().unwrap().ino(), inode);
    let mut read = Vec::new();
    published.read_to_end(&mut read).unwrap();
    assert_eq!(read, [7; 1 << 20]);
}

#[test]
fn errors_of_a_file_system_are_told_with_their_cause() {
    let folder = tempfile::tempdir().unwrap();
    let sink = open(&folder.path().join("out")).unwrap();
    for (errno, unknown) in
        [(Errno::INVAL, true), (Errno::NOSYS, true), (Errno::OPNOTSUPP, true), (Errno::XDEV, true), (Errno::IO, false)]
    {
        let told = sink.not_exchanged(errno);
        assert_eq!(matches!(told, DocumentsError::NoExchange { .. }), unknown, "{told}");
        assert!(told.to_string().contains(&io::Error::from(errno).to_string()), "{told}");
    }
}
