//! Files and the end of the process in trouble: disks that fill, saves that are called off,
//! shutdowns that wait, and servers that come back with what they had.

#[path = "../support/mod.rs"]
mod support;

mod base_files;
mod check_tools;
mod crashes;
mod disk_faults;
mod disks;
mod endings;
mod loading;
mod log_changes;
mod logs;
mod restarts;
mod restoring;
mod saves;
mod stream_log;
