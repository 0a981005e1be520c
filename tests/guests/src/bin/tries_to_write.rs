//! Tries by the calls of WASI themselves, past what a standard library allows, to get something by which the directory
//! that it is given can be changed or left; then reads a file in every way there is. Says how each ended.

wit_bindgen::generate!({
    path: "../../wit",
    inline: "
        package test:guest;
        world guest {
            import wasi:filesystem/types@0.2.12;
            import wasi:filesystem/preopens@0.2.12;
        }
    ",
    world: "test:guest/guest",
    generate_all,
});

use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{
    Descriptor, DescriptorFlags as Flags, ErrorCode, NewTimestamp, OpenFlags as Open, PathFlags,
};

const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;

fn main() {
    let (directory, name) = get_directories().pop().expect("a directory is there");
    println!("{name} {:?} {:?}", directory.get_flags().unwrap(), directory.get_type().unwrap());
    opens(&directory);
    changes(&directory);
    leaves(&directory);
    reads(&directory);
}

fn opens(directory: &Descriptor) {
    for (path, open, flags) in [
        ("a.txt", Open::empty(), Flags::WRITE),
        ("a.txt", Open::empty(), Flags::READ | Flags::WRITE),
        ("a.txt", Open::TRUNCATE, Flags::READ),
        ("new.txt", Open::CREATE, Flags::READ),
        ("new.txt", Open::CREATE | Open::EXCLUSIVE, Flags::WRITE),
        ("sub", Open::DIRECTORY, Flags::READ | Flags::MUTATE_DIRECTORY),
        ("sub", Open::DIRECTORY | Open::CREATE, Flags::READ),
        ("a.txt", Open::empty(), Flags::READ | Flags::FILE_INTEGRITY_SYNC),
        ("a.txt", Open::DIRECTORY, Flags::READ),
        ("sub", Open::DIRECTORY, Flags::READ),
        ("a.txt", Open::empty(), Flags::empty()),
        ("link", Open::empty(), Flags::READ),
    ] {
        say("open", directory.open_at(FOLLOW, path, open, flags).map(|opened| opened.get_flags().unwrap()));
    }
    say("open a link itself", directory.open_at(PathFlags::empty(), "link", Open::empty(), Flags::READ).map(drop));
}

fn changes(directory: &Descriptor) {
    let file = directory.open_at(FOLLOW, "a.txt", Open::empty(), Flags::READ).unwrap();
    say("write", file.write(b"x", 0));
    say("write to a directory", directory.write(b"x", 0));
    say("write a stream", file.write_via_stream(0).map(drop));
    say("append", file.append_via_stream().map(drop));
    say("truncate", file.set_size(0));
    say("date", file.set_times(NewTimestamp::Now, NewTimestamp::Now));
    say("date at", directory.set_times_at(FOLLOW, "a.txt", NewTimestamp::Now, NewTimestamp::Now));
    say("make", directory.create_directory_at("new"));
    say("link", directory.link_at(PathFlags::empty(), "a.txt", directory, "new"));
    say("rename", directory.rename_at("a.txt", directory, "new"));
    say("rename into a file", directory.rename_at("a.txt", &file, "new"));
    say("symlink", directory.symlink_at("a.txt", "new"));
    say("unlink", directory.unlink_file_at("a.txt"));
    say("remove", directory.remove_directory_at("sub"));
    say("sync", file.sync().and(directory.sync_data()));
}

fn leaves(directory: &Descriptor) {
    let sub = directory.open_at(FOLLOW, "sub", Open::DIRECTORY, Flags::READ).unwrap();
    for path in ["..", "../outside", "sub/../../outside", "/etc/passwd", "out", "absolute", "", "a.txt/", "a\0b"] {
        say(path, directory.open_at(FOLLOW, path, Open::empty(), Flags::READ).map(drop));
    }
    say("from below", sub.open_at(FOLLOW, "../a.txt", Open::empty(), Flags::READ).map(drop));
    say("stat outside", directory.stat_at(FOLLOW, "out").map(drop));
    say("where a link leads", directory.readlink_at("link"));
    say("where an absolute link leads", directory.readlink_at("absolute"));
    say("where a file leads", directory.readlink_at("a.txt"));
}

fn reads(directory: &Descriptor) {
    let file = directory.open_at(FOLLOW, "a.txt", Open::empty(), Flags::READ).unwrap();
    let again = directory.open_at(FOLLOW, "link", Open::empty(), Flags::READ).unwrap();
    say("read", file.read(3, 1));
    say("read at its end", file.read(u64::MAX, 6));
    say("read far beyond", file.read(1, u64::MAX).map(drop));
    say("read a directory", directory.read(1, 0).map(drop));
    say("stream a directory", directory.read_via_stream(0).map(drop));
    let large = directory.open_at(FOLLOW, "large", Open::empty(), Flags::READ).unwrap();
    say("read all at once", large.read(u64::MAX, 0).map(|(bytes, end)| (bytes.len(), end)));
    let (stream, mut streamed) = (large.read_via_stream(5).unwrap(), 0);
    while let Ok(bytes) = stream.blocking_read(1 << 20) {
        streamed += bytes.len();
    }
    println!("streamed: {streamed}");
    let stat = file.stat().unwrap();
    println!("size: {}, links: {}, known: {}", stat.size, stat.link_count, stat.status_change_timestamp.is_some());
    let hash = |descriptor: &Descriptor| descriptor.metadata_hash().map(|hash| (hash.lower, hash.upper)).unwrap();
    let at = directory.metadata_hash_at(FOLLOW, "a.txt").map(|hash| (hash.lower, hash.upper)).unwrap();
    println!("same: {} {}", file.is_same_object(&again), hash(&file) == hash(&again) && hash(&file) == at);
    println!("different: {} {}", file.is_same_object(&large), hash(&file) == hash(&large));
}

fn say<T: std::fmt::Debug>(what: &str, result: Result<T, ErrorCode>) {
    match result {
        Ok(done) => println!("{what:?}: {done:?}"),
        Err(code) => println!("{what:?}: {}", code.name()),
    }
}
