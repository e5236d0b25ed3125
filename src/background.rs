//! Plain threads for the work that nobody's command waits for: snapshots, loading, saving, freeing.
//!
//! They step back behind the thread that answers clients: on two busy cores it is the scheduler,
//! not the work, that makes clients wait.

use std::{io, thread};

use nix::libc;

/// How much less willing to run than the rest of the process: a third of its share when there is
/// not enough for all, so that a load goes on however busy the clients are.
const NICE_STEP: libc::c_int = 5;
/// The greatest there is.
const NICE_MAX: libc::c_int = 19;

/// Starts a thread, which ends when `run` does.
///
/// # Errors
/// The system gives no more threads.
pub fn start(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name(name.to_owned());
    let started = thread.spawn(move || {
        step_back();
        run();
    });
    started.map(drop)
}

/// On Linux 0 stands for the calling thread alone.
fn step_back() {
    // SAFETY: numbers in, a number out.
    let nice = unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
    let behind = (nice + NICE_STEP).min(NICE_MAX);
    // SAFETY: as above.
    if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, behind) } != 0 {
        log::debug!("A background thread keeps its priority: {}", io::Error::last_os_error());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn nice() -> libc::c_int {
        // SAFETY: as in `step_back`.
        unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) }
    }

    #[test]
    fn a_background_thread_steps_back_and_nobody_else_does() {
        let (sender, receiver) = channel();
        let before = nice();
        start("test", move || sender.send(nice()).expect("taken")).expect("a thread");
        let behind = receiver.recv().expect("its priority");
        assert_eq!(behind, (before + NICE_STEP).min(NICE_MAX));
        assert_eq!(nice(), before);
    }
}
