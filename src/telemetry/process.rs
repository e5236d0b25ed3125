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
