//! How much memory there is for this process: that of the machine, or less where its control group says so.

use std::fs;
use std::path::Path;

/// What is presumed where nothing tells.
const PRESUMED: u64 = 1 << 30;

/// Where control groups are, for both of their versions, and what their limit is called.
const GROUPS: [(&str, &str); 2] =
    [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];

/// In bytes.
pub(super) fn memory() -> u64 {
    let read = |path: &Path| fs::read_to_string(path).ok();
    least(read).unwrap_or(PRESUMED)
}

/// The least of what the files say that `read` knows.
fn least(read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let machine = read(Path::new("/proc/meminfo")).as_deref().and_then(total);
    let own = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let groups = own.lines().filter_map(group).flat_map(|((root, file), path)| {
        // A limit of a group above holds as well. Inside of a container the path may be that outside: then its root counts.
        let path = Path::new(path.trim_start_matches('/'));
        path.ancestors().map(|at| Path::new(root).join(at).join(file)).collect::<Vec<_>>()
    });
    groups.filter_map(|file| read(&file)?.trim().parse().ok()).chain(machine).min()
}

/// What `/proc/meminfo` says of the machine.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// Where the limit stands of the group that a line of `/proc/self/cgroup` names, if it is one of memory.
fn group(line: &str) -> Option<((&'static str, &'static str), &str)> {
    let mut parts = line.splitn(3, ':');
    let (_, kinds, path) = (parts.next()?, parts.next()?, parts.next()?);
    match kinds {
        "" => Some((GROUPS[0], path)),
        kinds => kinds.split(',').any(|kind| kind == "memory").then_some((GROUPS[1], path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found on a machine of 8 GiB with these other files.
    fn found(files: &[(&str, &str)]) -> Option<u64> {
        let machine = ("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:         1000 kB\n");
        let files = [&[machine], files].concat();
        least(|path| {
            let (_, text) = files.iter().find(|(name, _)| Path::new(name) == path)?;
            Some((*text).to_owned())
        })
    }

    #[test]
    fn the_memory_is_that_of_the_machine_or_of_a_group_that_may_have_less() {
        const GIB: u64 = 1 << 30;
        let second = ("/proc/self/cgroup", "0::/system.slice/um.service\n");
        let first = ("/proc/self/cgroup", "5:cpu,memory:/jobs/1\n4:cpuset:/jobs\n");
        for (files, memory) in [
            (vec![], 8 * GIB),
            (vec![second], 8 * GIB),
            (vec![second, ("/sys/fs/cgroup/system.slice/um.service/memory.max", "max\n")], 8 * GIB),
            (vec![second, ("/sys/fs/cgroup/system.slice/um.service/memory.max", "2147483648\n")], 2 * GIB),
            (vec![second, ("/sys/fs/cgroup/system.slice/memory.max", "1073741824\n")], GIB),
            (vec![second, ("/sys/fs/cgroup/memory.max", "1073741824\n")], GIB),
            (vec![first, ("/sys/fs/cgroup/memory/jobs/1/memory.limit_in_bytes", "1073741824\n")], GIB),
            (vec![first, ("/sys/fs/cgroup/memory/jobs/1/memory.limit_in_bytes", "9223372036854771712\n")], 8 * GIB),
            (vec![first, ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n")], 2 * GIB),
        ] {
            assert_eq!(found(&files), Some(memory), "{files:?}");
        }
        assert_eq!(least(|_| None), None);
        assert!(memory() > 64 << 20, "this machine has some");
    }
}
