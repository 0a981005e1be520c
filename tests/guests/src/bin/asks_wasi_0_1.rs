//! Asks WASI 0.1 by its own calls, which no library softens, and says what each answered. Only for toolchains of WASI 0.1.

#[cfg(target_env = "p1")]
mod asks {
    use std::collections::BTreeSet;

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        fn args_get(pointers: usize, texts: usize) -> u32;
        fn clock_time_get(clock: u32, precision: u64, out: usize) -> u32;
        fn fd_close(fd: u32) -> u32;
        fn fd_fdstat_get(fd: u32, out: usize) -> u32;
        fn fd_fdstat_set_flags(fd: u32, flags: u32) -> u32;
        fn fd_filestat_get(fd: u32, out: usize) -> u32;
        fn fd_pread(fd: u32, buffers: usize, count: u32, offset: u64, out: usize) -> u32;
        fn fd_prestat_dir_name(fd: u32, at: usize, length: u32) -> u32;
        fn fd_pwrite(fd: u32, buffers: usize, count: u32, offset: u64, out: usize) -> u32;
        fn fd_read(fd: u32, buffers: usize, count: u32, out: usize) -> u32;
        fn fd_readdir(fd: u32, at: usize, length: u32, cookie: u64, out: usize) -> u32;
        fn fd_renumber(from: u32, to: u32) -> u32;
        fn fd_seek(fd: u32, by: i64, whence: u32, out: usize) -> u32;
        fn fd_tell(fd: u32, out: usize) -> u32;
        fn fd_write(fd: u32, buffers: usize, count: u32, out: usize) -> u32;
        fn path_open(
            fd: u32,
            lookup: u32,
            at: usize,
            length: u32,
            opening: u32,
            base: u64,
            inheriting: u64,
            flags: u32,
            out: usize,
        ) -> u32;
        fn path_create_directory(fd: u32, at: usize, length: u32) -> u32;
        fn path_rename(fd: u32, at: usize, length: u32, into: u32, to: usize, to_length: u32) -> u32;
        fn path_unlink_file(fd: u32, at: usize, length: u32) -> u32;
        fn poll_oneoff(subscriptions: usize, events: usize, count: u32, out: usize) -> u32;
        fn random_get(at: usize, length: u32) -> u32;
        fn sock_shutdown(fd: u32, how: u32) -> u32;
    }

    const OWN: u32 = 3;
    const READ: u64 = 1 << 1;
    const WRITE: u64 = 1 << 6;
    const OUTSIDE: usize = 0xffff_fff0;

    pub fn main() {
        pointers();
        descriptors();
        positions();
        lists();
        paths();
        polls();
        too_many();
    }

    fn at<T: ?Sized>(place: &T) -> usize {
        (&raw const *place).cast::<u8>() as usize
    }

    fn open(path: &str, opening: u32, rights: u64, flags: u32) -> Result<u32, u32> {
        let fd = 0_u32;
        let length = path.len() as u32;
        match unsafe { path_open(OWN, 0, at(path), length, opening, rights, 0, flags, at(&fd)) } {
            0 => Ok(read(&fd)),
            errno => Err(errno),
        }
    }

    /// Somebody else wrote it.
    fn read<T: Copy>(place: &T) -> T {
        unsafe { std::ptr::read_volatile(place) }
    }

    fn write(fd: u32, text: &str) -> (u32, u32) {
        let (buffer, written) = ([at(text) as u32, text.len() as u32], 0_u32);
        (unsafe { fd_write(fd, at(&buffer), 1, at(&written)) }, read(&written))
    }

    /// What lies outside of the guest's memory, at its edge or beyond: 21 is `fault`.
    fn pointers() {
        let size = core::arch::wasm32::memory_size(0) * 65536;
        let (out, far, edge) = (0_u64, [OUTSIDE as u32, 64], [size as u32 - 4, 8]);
        let whole = [size as u32 - 4, 4];
        unsafe {
            println!("args {} {}", args_get(OUTSIDE, 0), args_get(size - 2, 0));
            println!("clock {} {}", clock_time_get(1, 0, OUTSIDE), clock_time_get(1, 0, size - 7));
            println!("random {} {}", random_get(size - 8, 9), random_get(size - 8, 8));
            println!("write {} {}", fd_write(1, at(&far), 1, at(&out)), fd_write(1, at(&edge), 1, at(&out)));
            println!("write from {} {}", fd_write(1, OUTSIDE, 1, at(&out)), fd_write(1, size - 4, 1, at(&out)));
            println!("read {} {}", fd_read(0, at(&far), 1, at(&out)), fd_read(0, at(&whole), 1, OUTSIDE));
            println!("many {}", fd_write(1, at(&whole), u32::MAX, at(&out)));
            println!("stat {} {}", fd_filestat_get(OWN, size - 63), fd_fdstat_get(OWN, size - 23));
            println!("name {} {}", fd_prestat_dir_name(OWN, OUTSIDE, 4), fd_prestat_dir_name(OWN, at(&out), 3));
            println!("list {}", fd_readdir(OWN, size - 8, 16, 0, at(&out)));
            println!("path {} {}", path_create_directory(OWN, OUTSIDE, 8), path_create_directory(OWN, 1, u32::MAX));
            println!("poll {} {}", poll_oneoff(OUTSIDE, at(&out), 1, at(&out)), poll_oneoff(0, 0, 0, at(&out)));
        }
    }

    /// 8 is `badf`, 57 `notsock`, 70 `spipe`.
    fn descriptors() {
        let (buffer, out) = ([0_u32, 0], 0_u64);
        unsafe {
            for fd in [99, u32::MAX] {
                let calls = [
                    fd_write(fd, at(&buffer), 0, at(&out)),
                    fd_read(fd, at(&buffer), 0, at(&out)),
                    fd_seek(fd, 0, 1, at(&out)),
                    fd_tell(fd, at(&out)),
                    fd_close(fd),
                    fd_filestat_get(fd, at(&[0_u64; 8])),
                    fd_readdir(fd, at(&out), 8, 0, at(&out)),
                    path_create_directory(fd, at("x"), 1),
                    sock_shutdown(fd, 0),
                    fd_renumber(fd, 1),
                    fd_renumber(1, fd),
                ];
                println!("{calls:?}");
            }
            let wrong = [
                fd_write(0, at(&buffer), 1, at(&out)),
                fd_read(1, at(&buffer), 1, at(&out)),
                fd_write(OWN, at(&buffer), 1, at(&out)),
                fd_read(OWN, at(&buffer), 1, at(&out)),
                fd_seek(1, 0, 1, at(&out)),
                fd_tell(0, at(&out)),
                fd_readdir(1, at(&out), 8, 0, at(&out)),
                sock_shutdown(1, 0),
                path_create_directory(1, at("x"), 1),
            ];
            println!("{wrong:?}");
        }
    }

    /// Reads and writes go on where the last one ended, or where they are told.
    fn positions() {
        let file = open("file", 1, READ | WRITE, 0).unwrap();
        println!("{:?} {:?}", write(file, "0123"), write(file, "4567"));
        let (mut text, out, place) = ([0_u8; 16], 0_u32, 0_u64);
        let first = [at(&text) as u32, 3];
        let two = [at(&text) as u32, 2, at(&text) as u32 + 8, 8];
        unsafe {
            println!("tell {} {}", fd_tell(file, at(&place)), read(&place));
            println!("pread {} {}", fd_pread(file, at(&first), 1, 6, at(&out)), read(&out));
            println!("seek {} {}", fd_seek(file, -5, 2, at(&place)), read(&place));
            println!("read {} {}", fd_read(file, at(&two), 2, at(&out)), read(&out));
            println!("{:?} {:?}", &text[..2], &text[8..12]);
            println!("end {} {}", fd_read(file, at(&first), 1, at(&out)), read(&out));
            println!("before {} {}", fd_seek(file, -9, 1, at(&place)), fd_seek(file, 0, 7, at(&place)));
            println!("beyond {} {}", fd_seek(file, 12, 0, at(&place)), fd_seek(file, i64::MAX, 1, at(&place)));
            text[..3].copy_from_slice(b"abc");
            println!("pwrite {} {}", fd_pwrite(file, at(&first), 1, 1, at(&out)), read(&out));
            println!("append {} {:?}", fd_fdstat_set_flags(file, 1), write(file, "!"));
            println!("tell {} {}", fd_tell(file, at(&place)), read(&place));
            println!("pwrite appends {} {}", fd_pwrite(file, at(&first), 1, 0, at(&out)), read(&out));
            println!("flags {}", fd_fdstat_set_flags(file, 2));
            println!("close {} {}", fd_close(file), fd_close(file));
        }
        println!("{:?}", std::fs::read_to_string("/tmp/file"));
        println!("not to be written {:?}", open("file", 0, READ, 0).map(|fd| write(fd, "x")));
        println!("appending {:?}", open("file", 0, WRITE, 1).map(|fd| write(fd, "?")));
        println!("{:?}", std::fs::read_to_string("/tmp/file"));
    }

    /// Whatever room a guest has for names, it gets each of them once.
    fn lists() {
        std::fs::create_dir("/tmp/many").unwrap();
        for index in 0..40 {
            std::fs::write(format!("/tmp/many/{}", "n".repeat(index + 1)), "").unwrap();
        }
        let directory = open("many", 2, READ, 0).unwrap();
        let all = listed(directory, 4096);
        println!("{} names, . and .. {}", all.len(), all[0] == "." && all[1] == "..");
        for room in [24 + 40, 24 + 41, 100, 129, 1000] {
            assert_eq!(listed(directory, room), all, "{room}");
        }
        println!("without room {:?} and beyond the end {:?}", piece(directory, 0, 0), piece(directory, 64, 1000));
        print!("behind the last cookie {:?}", piece(directory, 64, u64::MAX));
        std::fs::write("/tmp/many/z", "").unwrap();
        println!(" and one more {:?}", piece(directory, 25, u64::MAX).map(|bytes| bytes.len()));
    }

    fn listed(directory: u32, room: usize) -> Vec<String> {
        let (mut names, mut cookie) = (Vec::new(), 0);
        loop {
            let bytes = piece(directory, room, cookie).unwrap();
            let mut rest = &bytes[..];
            while rest.len() >= 24 {
                let length = u32::from_le_bytes(rest[16..20].try_into().unwrap()) as usize;
                let Some(name) = rest.get(24..24 + length) else { break };
                cookie = u64::from_le_bytes(rest[..8].try_into().unwrap());
                names.push(String::from_utf8(name.to_vec()).unwrap());
                rest = &rest[24 + length..];
            }
            if bytes.len() < room {
                let once: BTreeSet<_> = names.iter().collect();
                assert_eq!(once.len(), names.len());
                return names;
            }
        }
    }

    fn piece(directory: u32, room: usize, cookie: u64) -> Result<Vec<u8>, u32> {
        let (mut bytes, used) = (vec![0; room], 0_u32);
        match unsafe { fd_readdir(directory, at(&bytes[..]), room as u32, cookie, at(&used)) } {
            0 => {
                bytes.truncate(read(&used) as usize);
                Ok(bytes)
            }
            errno => Err(errno),
        }
    }

    fn paths() {
        let long = "x/".repeat(4000);
        for (path, opening, rights) in [
            ("none", 0, READ),
            ("../file", 0, READ),
            ("/etc/passwd", 0, READ),
            ("file", 2, READ),
            ("file", 16, READ),
            ("a\0b", 1, WRITE),
            (&long, 0, READ),
        ] {
            print!("{:?} ", open(path, opening, rights, 0).map(drop));
        }
        println!();
        let bytes = [0xff_u8, 0xfe];
        let out = 0_u32;
        unsafe {
            println!("not text {}", path_open(OWN, 0, at(&bytes), 2, 1, WRITE, 0, 0, at(&out)));
            println!("rename {}", path_rename(OWN, at("file"), 4, OWN, at("moved"), 5));
            println!("unlink {} {}", path_unlink_file(OWN, at("moved"), 5), path_unlink_file(OWN, at("moved"), 5));
            // Where its number goes is not the guest's: it is closed again.
            println!("lost {}", path_open(OWN, 0, at("lost"), 4, 1, WRITE, 0, 0, OUTSIDE));
        }
        println!("next {:?}", open("lost", 0, READ, 0).map(|fd| fd == open("lost", 0, READ, 0).unwrap() - 1));
    }

    /// What is waited for, and what has come of it.
    fn polls() {
        let subscription = |name: u64, kind: u8, what: u32, time: u64, flags: u16| {
            let mut bytes = [0_u8; 48];
            bytes[..8].copy_from_slice(&name.to_le_bytes());
            bytes[8] = kind;
            bytes[16..20].copy_from_slice(&what.to_le_bytes());
            bytes[24..32].copy_from_slice(&time.to_le_bytes());
            bytes[40..42].copy_from_slice(&flags.to_le_bytes());
            bytes
        };
        let poll = |subscriptions: &[[u8; 48]]| {
            let (events, count) = ([[0_u8; 32]; 8], 0_u32);
            let errno = unsafe { poll_oneoff(at(subscriptions), at(&events), subscriptions.len() as u32, at(&count)) };
            let told = events[..read(&count) as usize].iter().map(|event| {
                let event = read(event);
                (event[0], u16::from_le_bytes([event[8], event[9]]), event[10])
            });
            println!("{errno} {:?}", told.collect::<Vec<_>>());
        };
        poll(&[subscription(1, 0, 1, 1_000_000, 0)]);
        poll(&[subscription(1, 0, 1, 3_600_000_000_000, 0), subscription(2, 0, 0, 0, 0)]);
        // Long ago, by the clock.
        poll(&[subscription(3, 0, 0, 1, 1), subscription(4, 0, 1, u64::MAX, 0)]);
        poll(&[subscription(5, 2, 1, 0, 0)]);
        poll(&[subscription(6, 1, 0, 0, 0), subscription(7, 0, 1, 3_600_000_000_000, 0)]);
        poll(&[subscription(8, 1, 99, 0, 0), subscription(9, 2, 0, 0, 0), subscription(10, 0, 7, 0, 0)]);
        poll(&[subscription(11, 9, 0, 0, 0)]);
    }

    /// 33 is `mfile`.
    fn too_many() {
        let mut opened = 0;
        let errno = loop {
            match open("lost", 0, READ, 0) {
                Ok(_) => opened += 1,
                Err(errno) => break errno,
            }
        };
        println!("{errno} {}", (400..500).contains(&opened));
        println!("and after one is closed {:?}", (unsafe { fd_close(400) }, open("lost", 0, READ, 0)));
        let closed: u32 = (490..500).map(|fd| unsafe { fd_close(fd) }).sum();
        let begun = (0..).map(|_| open("many", 2, READ, 0).and_then(|fd| piece(fd, 100, 0)));
        println!("{closed}, of directories that are read half of them {}", begun.take_while(Result::is_ok).count());
    }
}

fn main() {
    #[cfg(target_env = "p1")]
    asks::main();
}
