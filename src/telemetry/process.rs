//! What the system says about this process and its machine.

use std::fs;
use std::sync::OnceLock;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// CPU time in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CpuTime {
    pub system_micros: i64,
    pub user_micros: i64,
}

/// CPU time of all threads, of children that have ended, and of the thread that asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    pub all: CpuTime,
    pub children: CpuTime,
    pub this_thread: CpuTime,
}

/// The CPU time spent so far; zeros where the system does not tell.
pub fn cpu() -> Cpu {
    let of = |who| getrusage(who).map_or(CpuTime::default(), |usage| cpu_time(&usage));
    Cpu {
        all: of(UsageWho::RUSAGE_SELF),
        children: of(UsageWho::RUSAGE_CHILDREN),
        this_thread: of(UsageWho::RUSAGE_THREAD),
    }
}

fn cpu_time(usage: &Usage) -> CpuTime {
    let micros = |time: TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    CpuTime { system_micros: micros(usage.system_time()), user_micros: micros(usage.user_time()) }
}

/// The physical memory that the process takes, in bytes; 0 where the system does not tell.
pub fn resident_bytes() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * page_bytes()
}

fn page_bytes() -> usize {
    static PAGE_BYTES: OnceLock<usize> = OnceLock::new();
    *PAGE_BYTES.get_or_init(|| {
        let asked = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE);
        asked.ok().flatten().and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(4096)
    })
}

/// The machine's memory in bytes; 0 where the system does not tell.
pub fn machine_memory_bytes() -> usize {
    static BYTES: OnceLock<usize> = OnceLock::new();
    *BYTES.get_or_init(|| {
        let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let kilobytes = total.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok());
        kilobytes.unwrap_or(0usize) * 1024
    })
}

/// What the machine can still give, in bytes, and the control groups that we are in; `None` where
/// the system does not tell.
pub fn available_memory_bytes() -> Option<u64> {
    let read = |path: &str| fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").as_deref().and_then(available_in);
    let own = read("/proc/self/cgroup").as_deref().and_then(own_group);
    let groups = ["".to_owned(), own.unwrap_or_default()];
    let of_groups = groups.iter().filter_map(|group| {
        let file = |name: &str| read(&format!("/sys/fs/cgroup{group}/{name}"));
        left_in_group(&file("memory.max")?, &file("memory.current")?, &file("memory.stat")?)
    });
    machine.into_iter().chain(of_groups).min()
}

fn available_in(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The path of the group in the second version's one hierarchy.
fn own_group(cgroup: &str) -> Option<String> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
    (path != "/").then(|| path.to_owned())
}

/// What it caches of files can be had.
fn left_in_group(max: &str, current: &str, stat: &str) -> Option<u64> {
    let max: u64 = max.trim().parse().ok()?;
    let current: u64 = current.trim().parse().ok()?;
    let cached = stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
    let cached: u64 = cached.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0);
    Some(max.saturating_sub(current.saturating_sub(cached)))
}

/// System, release and machine, as `uname` says: `Linux 6.1.0 x86_64`.
pub fn system_name() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let read =
            |name: &str| fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
        let (system, release) = (read("ostype"), read("osrelease"));
        format!("{} {} {}", system.trim(), release.trim(), std::env::consts::ARCH)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_the_tightest_group_leaves() {
        assert_eq!(available_in("MemTotal: 9 kB\nMemAvailable:   12 kB\n"), Some(12 * 1024));
        assert_eq!(available_in("MemTotal: 9 kB\n"), None);
        assert_eq!(own_group("1:name=x:/a\n0::/b/c\n"), Some("/b/c".to_owned()));
        assert_eq!(own_group("0::/\n"), None);
        assert_eq!(left_in_group("max\n", "5\n", ""), None);
        assert_eq!(left_in_group("100\n", "70\n", "anon 60\ninactive_file 10\n"), Some(40));
        assert_eq!(left_in_group("100\n", "170\n", ""), Some(0));
        assert!(available_memory_bytes().is_none_or(|bytes| bytes > 0));
    }

    #[test]
    fn the_process_takes_memory_and_time() {
        assert!(resident_bytes() > 1 << 20);
        assert!(machine_memory_bytes() > resident_bytes());
        let busy = (0..20_000_000u64).fold(0, |sum: u64, n| sum.wrapping_mul(31).wrapping_add(n));
        assert_ne!(busy, 1);
        assert!(cpu().all.user_micros > 0);
    }

    #[test]
    fn the_system_has_a_name_of_three_words() {
        assert_eq!(system_name().split(' ').count(), 3, "{}", system_name());
    }
}
