//! Points and spans of time with their unit in the name.

/// A wall-clock time in milliseconds since 1970-01-01 UTC. The unit of every expiry.
pub type UnixMillis = i64;

/// What the system's other clock is, which only goes forward: the one of `std::time::Instant`.
pub const MONOTONIC_CLOCK: &str = "POSIX clock_gettime";

/// The wall clock, read once a batch and handed down: layers 1 to 3 never read it themselves.
pub trait Clock {
    /// Milliseconds since 1970-01-01 UTC.
    fn unix_millis(&self) -> UnixMillis;
}
