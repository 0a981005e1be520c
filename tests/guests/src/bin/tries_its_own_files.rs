//! Tries, by the calls of WASI themselves, what can be done with the files of a run's own in `/tmp`, and with those and the
//! directory that it is given together. Says how each ended.

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

use wasi::clocks::wall_clock::Datetime;
use wasi::filesystem::preopens::get_directories;
use wasi::filesystem::types::{
    Descriptor, DescriptorFlags as Flags, ErrorCode, NewTimestamp, OpenFlags as Open, PathFlags, filesystem_error_code,
};
use wasi::io::streams::StreamError;

const FOLLOW: PathFlags = PathFlags::SYMLINK_FOLLOW;

fn main() {
    let mut directories = get_directories();
    let (data, _) = directories.pop().expect("a directory is there");
    let (own, name) = directories.pop().expect("its own is there");
    println!("{name} {:?} {:?}", own.get_flags().unwrap(), own.get_type().unwrap());
    opens(&own);
    changes(&own);
    streams(&own);
    links_and_leaves(&own, &data);
    lists(&own);
}

fn opens(own: &Descriptor) {
    for (path, open, flags) in [
        ("a", Open::empty(), Flags::READ),
        ("a", Open::CREATE | Open::EXCLUSIVE, Flags::READ | Flags::WRITE),
        ("a", Open::CREATE | Open::EXCLUSIVE, Flags::READ | Flags::WRITE),
        ("a", Open::CREATE, Flags::READ),
        ("a", Open::TRUNCATE, Flags::WRITE | Flags::FILE_INTEGRITY_SYNC),
        ("a", Open::DIRECTORY, Flags::READ),
        ("a/", Open::empty(), Flags::READ),
        ("new/", Open::CREATE, Flags::WRITE),
        ("new", Open::DIRECTORY | Open::CREATE, Flags::READ),
        (".", Open::DIRECTORY, Flags::READ | Flags::MUTATE_DIRECTORY),
        (".", Open::empty(), Flags::WRITE),
    ] {
        say("open", own.open_at(FOLLOW, path, open, flags).map(|opened| opened.get_flags().unwrap()));
    }
}

fn changes(own: &Descriptor) {
    let file = own.open_at(FOLLOW, "a", Open::empty(), Flags::READ | Flags::WRITE).unwrap();
    let reader = own.open_at(FOLLOW, "a", Open::empty(), Flags::READ).unwrap();
    let writer = own.open_at(FOLLOW, "a", Open::empty(), Flags::WRITE).unwrap();
    say("write", file.write(b"abcdef", 2));
    say("read", reader.read(10, 0));
    say("write what is read", reader.write(b"x", 0));
    say("read what is written", writer.read(1, 0));
    say("cut what is read", reader.set_size(0));
    say("cut", writer.set_size(4));
    say("write far beyond", file.write(b"x", 1 << 40));
    say("write beyond all", file.write(b"x", u64::MAX));
    say("lengthen far beyond", file.set_size(1 << 40));
    say("write to a directory", own.write(b"x", 0));
    say("date", file.set_times(NewTimestamp::Timestamp(at(7)), NewTimestamp::NoChange));
    say("date at", own.set_times_at(FOLLOW, "a", NewTimestamp::NoChange, NewTimestamp::Timestamp(at(8))));
    let nonsense = Datetime { seconds: 0, nanoseconds: 1_000_000_000 };
    say("date nonsense", file.set_times(NewTimestamp::Timestamp(nonsense), NewTimestamp::Now));
    let stat = file.stat().unwrap();
    let seconds = |time: Option<Datetime>| time.unwrap().seconds;
    println!("{} {} {}", stat.size, seconds(stat.data_access_timestamp), seconds(stat.data_modification_timestamp));
    say("make", own.create_directory_at("sub"));
    say("make again", own.create_directory_at("sub/"));
    say("unlink a directory", own.unlink_file_at("sub"));
    say("remove a file", own.remove_directory_at("a"));
    let sub = own.open_at(FOLLOW, "sub", Open::DIRECTORY, Flags::READ).unwrap();
    say("rename", own.rename_at("a", &sub, "b"));
    say("remove what is full", own.remove_directory_at("sub"));
    say("rename into itself", own.rename_at("sub", &sub, "c"));
    println!("same: {}", file.is_same_object(&sub.open_at(FOLLOW, "b", Open::empty(), Flags::READ).unwrap()));
    say("unlink", sub.unlink_file_at("b"));
    say("read what has no name", file.read(10, 0));
    println!("links: {}", file.stat().unwrap().link_count);
    say("remove", own.remove_directory_at("sub"));
    say("make in what was removed", sub.create_directory_at("d"));
    say("sync", file.sync().and(own.sync_data()));
}

fn streams(own: &Descriptor) {
    let file = own.open_at(FOLLOW, "s", Open::CREATE, Flags::READ | Flags::WRITE).unwrap();
    let sink = file.write_via_stream(3).unwrap();
    for bytes in [&b"one"[..], b"two"] {
        sink.blocking_write_and_flush(bytes).unwrap();
    }
    file.append_via_stream().unwrap().blocking_write_and_flush(b"three").unwrap();
    let source = file.read_via_stream(2).unwrap();
    println!("streamed: {:?}", source.blocking_read(100).map(|bytes| String::from_utf8(bytes).unwrap()).unwrap());
    println!("at its end: {}", matches!(source.blocking_read(1), Err(StreamError::Closed)));
    file.append_via_stream().unwrap().blocking_write_and_flush(b"!").unwrap();
    println!("and later: {:?}", source.blocking_read(1).unwrap());
    say("stream too far", file.write_via_stream(1 << 40).map(drop));
    match file.write_via_stream((64 << 20) - 1).unwrap().blocking_write_and_flush(b"xx") {
        Err(StreamError::LastOperationFailed(error)) => println!("too far: {:?}", filesystem_error_code(&error)),
        other => println!("too far: {other:?}"),
    }
    let reader = own.open_at(FOLLOW, "s", Open::empty(), Flags::READ).unwrap();
    say("stream into what is read", reader.write_via_stream(0).map(drop));
    say("stream a directory", own.read_via_stream(0).map(drop));
}

fn links_and_leaves(own: &Descriptor, data: &Descriptor) {
    say("symlink", own.symlink_at("s", "link"));
    say("link", own.link_at(PathFlags::empty(), "s", own, "link"));
    say("where a file leads", own.readlink_at("s"));
    say("rename out", own.rename_at("s", data, "s"));
    say("rename in", data.rename_at("a.txt", own, "a.txt"));
    say("link in", data.link_at(PathFlags::empty(), "a.txt", own, "a.txt"));
    for path in ["..", "../etc", "/tmp/s", "/", "", "./../tmp/s", "a\0b"] {
        say(path, own.open_at(FOLLOW, path, Open::CREATE, Flags::WRITE).map(drop));
    }
    let long = "x".repeat(256);
    say("a long name", own.open_at(FOLLOW, &long, Open::CREATE, Flags::WRITE).map(drop));
    say("a name as long as may be", own.open_at(FOLLOW, &long[1..], Open::CREATE, Flags::WRITE).map(drop));
    say("unlink it", own.unlink_file_at(&long[1..]));
}

fn lists(own: &Descriptor) {
    own.create_directory_at("t").unwrap();
    let listing = own.read_directory().unwrap();
    while let Some(entry) = listing.read_directory_entry().unwrap() {
        println!("{:?} {}", entry.type_, entry.name);
        // What is not listed yet may go.
        say("remove", own.remove_directory_at("t"));
    }
}

fn at(seconds: u64) -> Datetime {
    Datetime { seconds, nanoseconds: 0 }
}

fn say<T: std::fmt::Debug>(what: &str, result: Result<T, ErrorCode>) {
    match result {
        Ok(done) => println!("{what:?}: {done:?}"),
        Err(code) => println!("{what:?}: {}", code.name()),
    }
}
