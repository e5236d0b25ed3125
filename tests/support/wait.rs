//! Waiting for conditions, never for durations.

use std::time::{Duration, Instant};

/// How long a condition may take that normally holds within a second or two: long enough for a
/// busy machine, since nobody waits it out unless the test fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(10);

/// Returns as soon as `condition` holds; panics naming `what` when `deadline` has passed.
#[track_caller]
pub fn wait_until(deadline: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    wait_for(deadline, what, || if condition() { Ok(()) } else { Err("not yet".into()) })
}

/// Returns the first `Ok`; panics naming `what` and the last complaint when `deadline` has
/// passed.
#[track_caller]
pub fn wait_for<T>(
    deadline: Duration,
    what: &str,
    mut probe: impl FnMut() -> Result<T, String>,
) -> T {
    let started = Instant::now();
    loop {
        match probe() {
            Ok(value) => return value,
            Err(complaint) if started.elapsed() >= deadline => {
                panic!("waited {deadline:?} for {what}: {complaint}")
            }
            Err(_) => std::thread::sleep(POLL),
        }
    }
}

/// Whether `condition` came to hold within `deadline`, for callers with more to say than a panic.
pub fn comes_true(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() >= deadline {
            return false;
        }
        std::thread::sleep(POLL);
    }
    true
}
