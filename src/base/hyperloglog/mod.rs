//! HyperLogLog, byte for byte as Redis keeps it in a string: an estimate of how many different
//! elements were added, with a standard error of 0.81 %.
//!
//! ```text
//! 0      4          5        8             16
//! | HYLL | encoding | unused | cardinality | registers ...
//!          0 dense    zeros    little-endian: the last estimate; its top bit: no longer true
//!          1 sparse
//! ```
//! A register is the longest run of zeros, plus 1, that was seen in the hashes that belong to it.
//! Dense registers are 16384 numbers of 6 bits; sparse ones are runs of equal numbers, as long as
//! they are few (`sparse`).
//!
//! The estimator is that of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog
//! sketches" (2017).

mod dense;
mod estimate;
mod hash;
mod layout;
mod selftest;
mod sketch;
mod sparse;
#[cfg(test)]
mod tests;

pub use estimate::Histogram;
pub use hash::{Observation, murmur64a};
pub use layout::{Corrupt, REGISTERS, Registers};
pub use selftest::self_test;
pub use sketch::{CACHE_AT, Draft, Encoding, View, cache, raise_dense};
pub use sparse::Run;
