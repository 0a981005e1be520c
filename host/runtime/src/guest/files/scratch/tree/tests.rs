//! What a tree promises beside what the oracle asks.

use std::time::Duration;

use rustix::io::Errno;
use um_base::Work;

use super::handle::{Handle, NewTime, Opening};
use super::room::{NODES, PAGE_BYTES, Room};

const PAGE: u64 = PAGE_BYTES as u64;
const NEW: Opening = Opening { write: true, create: true, exclusive: false, truncate: false, directory: false };

fn tree(most: u64) -> Handle {
    Handle::root(Room::new(most, &Work::unlimited()))
}

#[test]
fn files_take_their_limit_and_no_byte_more_and_give_it_back() {
    let root = tree(4 * PAGE);
    let file = root.open("a", NEW).unwrap();
    assert_eq!(file.write(&[1; 4 * PAGE_BYTES], 0), Ok(4 * PAGE_BYTES));
    assert_eq!(file.append(&[1]), Err(Errno::NOSPC));
    let other = root.open("b", NEW).unwrap();
    assert_eq!(other.write(&[1], 0), Err(Errno::NOSPC));
    assert_eq!(other.stat().size, 0);
    assert_eq!((other.check_room(None), other.check_room(Some(0))), (Err(Errno::NOSPC), Err(Errno::NOSPC)));
    assert_eq!((file.check_room(None), file.check_room(Some(4 * PAGE - 1))), (Err(Errno::NOSPC), Ok(())));
    file.set_size(PAGE + 1).unwrap();
    assert_eq!(other.write(&[1; 3 * PAGE_BYTES], 0), Ok(2 * PAGE_BYTES), "as many as there is room for");
    root.unlink("a").unwrap();
    assert_eq!(other.append(&[1]), Err(Errno::NOSPC), "what is open takes room");
    assert_eq!(file.read(2, PAGE).unwrap(), [1]);
    drop(file);
    assert_eq!(other.append(&[1; 2 * PAGE_BYTES]), Ok(2 * PAGE_BYTES));
}

#[test]
fn what_lies_far_beyond_the_end_is_refused_before_anything_is_allocated() {
    let work = Work::new(1 << 20);
    let root = Handle::root(Room::new(1 << 40, &work));
    let file = root.open("a", NEW).unwrap();
    for offset in [1 << 40, (1 << 40) + 1, i64::MAX.cast_unsigned()] {
        assert_eq!(file.write(b"x", offset), Err(Errno::NOSPC), "{offset}");
    }
    assert_eq!(file.write(b"x", u64::MAX), Err(Errno::INVAL));
    assert_eq!(file.set_size((1 << 40) + 1), Err(Errno::NOSPC));
    assert_eq!(file.set_size(u64::MAX), Err(Errno::INVAL));
    assert_eq!(file.write(b"x", (1 << 40) - 1), Ok(1), "what was never written takes no room");
    assert_eq!(file.stat().size, 1 << 40);
    assert_eq!(file.read(u64::MAX, 1 << 30).unwrap(), vec![0; 64 * 1024]);
    assert!(work.peak() < 3 * PAGE, "{}", work.peak());
}

#[test]
fn a_run_that_has_no_memory_left_is_told_so_and_goes_on() {
    let work = Work::new(8 * PAGE);
    let root = Handle::root(Room::new(1 << 30, &work));
    let file = root.open("a", NEW).unwrap();
    assert_eq!(file.write(&vec![1; 1 << 20], 0), Ok(7 * PAGE_BYTES));
    assert_eq!(file.append(&[1; PAGE_BYTES]), Err(Errno::NOSPC));
    assert_eq!(work.over_because(), None);
    let elsewhere = work.try_hold(PAGE);
    assert!(elsewhere.is_none(), "it is the run's memory");
    root.unlink("a").unwrap();
    drop(file);
    drop(work.hold(8 * PAGE).unwrap());
    assert_eq!(work.over_because(), None);
}

#[test]
fn there_are_so_many_nodes_and_none_more_until_one_goes() {
    let root = tree(0);
    for number in 0..NODES {
        let name = number.to_string();
        match number % 2 {
            0 => drop(root.open(&name, NEW).unwrap()),
            _ => root.make_directory(&name).unwrap(),
        }
    }
    assert_eq!(root.open("more", NEW).err(), Some(Errno::NOSPC));
    assert_eq!(root.make_directory("more").err(), Some(Errno::NOSPC));
    let open = root.open("0", NEW).unwrap();
    root.unlink("0").unwrap();
    assert_eq!(root.open("more", NEW).err(), Some(Errno::NOSPC), "it is open");
    drop(open);
    drop(root.open("more", NEW).unwrap());
    root.rename("1", &root, "3").unwrap();
    root.make_directory("1").unwrap();
}

#[test]
fn no_path_leads_out_of_where_it_begins() {
    let root = tree(PAGE);
    root.make_directory("sub").unwrap();
    root.open("a", NEW).unwrap();
    let sub = root.open("sub", Opening::default()).unwrap();
    for path in ["/", "/a", "..", "../a", "sub/../..", "./sub/../../a"] {
        assert_eq!(root.open(path, NEW).err(), Some(Errno::PERM), "{path}");
        assert_eq!(root.stat_at(path).err(), Some(Errno::PERM), "{path}");
        assert_eq!(root.rename("a", &root, path).err(), Some(Errno::PERM), "{path}");
        assert_eq!(root.make_directory(path).err(), Some(Errno::PERM), "{path}");
    }
    assert_eq!(sub.stat_at("../a").err(), Some(Errno::PERM));
    assert_eq!(sub.rename(".", &root, "..").err(), Some(Errno::PERM));
    assert!(root.stat_at("sub/../a").is_ok());
    for (path, error) in [("", Errno::NOENT), ("a\0", Errno::INVAL), (&"x/".repeat(3000), Errno::NAMETOOLONG)] {
        assert_eq!(root.open(path, NEW).err(), Some(error));
    }
}

#[test]
fn a_directory_is_not_moved_into_itself_however_deep() {
    let root = tree(0);
    root.make_directory("a").unwrap();
    root.make_directory("a/b").unwrap();
    root.make_directory("a/b/c").unwrap();
    let deep = root.open("a/b/c", Opening::default()).unwrap();
    assert_eq!(root.rename("a", &deep, "d"), Err(Errno::INVAL));
    assert_eq!(root.rename("a/b", &root, "a"), Err(Errno::NOTEMPTY));
    root.rename("a/b/c", &root, "c").unwrap();
    root.rename("a", &deep, "d").unwrap();
    assert!(root.stat_at("c/d/b").is_ok());
    assert_eq!(root.rename("c", &tree(0), "x"), Err(Errno::XDEV));
}

#[test]
fn what_was_cut_off_is_wiped_and_does_not_come_back() {
    let file = tree(4 * PAGE).open("a", NEW).unwrap();
    file.write(b"hunter22-hunter22", PAGE - 8).unwrap();
    file.set_size(PAGE - 4).unwrap();
    file.set_size(2 * PAGE).unwrap();
    assert_eq!(file.read(32, PAGE - 8).unwrap(), [&b"hunt"[..], &[0; 28]].concat());
}

#[test]
fn times_are_those_of_the_last_change_or_as_they_are_set() {
    let root = tree(PAGE);
    let file = root.open("a", NEW).unwrap();
    let long_ago = NewTime::At(Duration::from_secs(5));
    file.set_times(long_ago, long_ago);
    root.set_times_at(".", NewTime::Kept, long_ago).unwrap();
    let times = |handle: &Handle| handle.stat().times;
    assert_eq!(times(&file).modified, Duration::from_secs(5));
    assert!(times(&file).changed > Duration::from_secs(5));
    file.append(b"x").unwrap();
    assert!(times(&file).modified > Duration::from_secs(5));
    assert_eq!(times(&file).accessed, Duration::from_secs(5));
    assert_eq!(times(&root).modified, Duration::from_secs(5));
    root.unlink("a").unwrap();
    assert!(times(&root).modified > Duration::from_secs(5));
    assert!(file.stat().is_removed);
}
