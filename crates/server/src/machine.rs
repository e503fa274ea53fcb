//! What the machine has: memory, and room on the disk.

use std::path::Path;

/// Bytes that there are; `None` where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Memory of the machine, or of the control group that the process is in where that has less.
    pub memory: Option<u64>,
    /// Disk space for a directory: the free space, or its share of that, and what the directory takes already.
    pub disk: Option<u64>,
}

impl Machine {
    /// Looks at the machine and at the disk on which a directory is, which need not exist yet, and which so many stores
    /// share. Blocks.
    pub fn look(directory: &Path, stores: u64) -> Self {
        Machine { memory: memory(), disk: disk(directory, stores) }
    }
}

/// Bytes that are free on the disk of a directory for one of so many stores, and those that lie in the directory already.
/// Blocks.
pub fn disk(directory: &Path, stores: u64) -> Option<u64> {
    free(directory).map(|free| (free / stores.max(1)).saturating_add(held(directory)))
}

/// Limits of control groups, versions 2 and 1; "max" is no number and no limit.
const GROUP_LIMITS: [&str; 2] = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

fn memory() -> Option<u64> {
    let meminfo = std::fs::read_to_string("/proc/meminfo").ok()?;
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let read = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limits = GROUP_LIMITS.iter().filter_map(|path| read(path));
    Some(limits.fold(kibibytes * 1024, u64::min))
}

#[cfg(unix)]
fn free(directory: &Path) -> Option<u64> {
    let directory = std::path::absolute(directory).ok()?;
    let there = directory.ancestors().find(|directory| directory.exists())?;
    let disk = rustix::fs::statvfs(there).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

fn held(directory: &Path) -> u64 {
    let Ok(files) = std::fs::read_dir(directory) else { return 0 };
    files
        .filter_map(|file| file.ok()?.metadata().ok())
        .filter(|meta| meta.is_file())
        .map(|meta| meta.len())
        .sum()
}

/// Lowers the priority of the calling thread, for work that can wait: where there are fewer processors than threads that
/// work, it gets a tenth of what others get at a `nice` value of 10, and all that they leave.
pub fn yield_to_others(nice: i32) {
    #[cfg(target_os = "linux")]
    {
        // On Linux this is about the thread, not the process. It works as well without.
        let _ = rustix::process::setpriority_process(None, nice);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = nice;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn memory_and_room_are_found_also_for_a_directory_that_is_not_there_yet() {
        let directory = tempfile::tempdir().unwrap();
        let machine = Machine::look(&directory.path().join("not/yet"), 1);
        assert!(machine.memory.is_some_and(|bytes| bytes > 64 << 20), "{machine:?}");
        assert!(machine.disk.is_some(), "{machine:?}");
        std::fs::write(directory.path().join("x"), [0; 1000]).unwrap();
        assert_eq!(held(directory.path()), 1000);
        assert_eq!(held(&directory.path().join("not/yet")), 0);
    }
}
