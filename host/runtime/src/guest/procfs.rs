//! Where this machine shows its processes: what no guest may be given, nor a directory that holds it.

use std::path::Path;

/// Whether the directory is, lies in, or holds procfs, where a privileged host's own memory can be read as a file.
pub(crate) fn shows_processes(directory: &Path) -> bool {
    let Ok(directory) = directory.canonicalize() else { return false };
    let proc = Path::new("/proc");
    proc.starts_with(&directory) || directory.starts_with(proc) || is_procfs(&directory)
}

/// It may be mounted elsewhere as well.
fn is_procfs(directory: &Path) -> bool {
    const PROC_SUPER_MAGIC: rustix::fs::FsWord = 0x9fa0;
    rustix::fs::statfs(directory).is_ok_and(|file_system| file_system.f_type == PROC_SUPER_MAGIC)
}
