//! `daemonize`: on in the background.

use std::fs::OpenOptions;
use std::io;

use nix::unistd::{ForkResult, dup2_stderr, dup2_stdin, dup2_stdout, fork, setsid};

/// Goes on as a child in a session of its own, without terminal or standard streams; the parent
/// exits. To be called before there are other threads.
///
/// # Errors
/// The system's.
pub fn detach() -> io::Result<()> {
    // SAFETY: a child of a process with one thread may do everything. Threads are started later
    // only, by `server::run`.
    match unsafe { fork() }? {
        ForkResult::Parent { .. } => std::process::exit(0),
        ForkResult::Child => {}
    }
    setsid()?;
    let null = OpenOptions::new().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    dup2_stderr(&null)?;
    Ok(())
}
