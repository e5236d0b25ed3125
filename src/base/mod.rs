//! Facts: small pure pieces that every other layer may use.

#![deny(clippy::indexing_slicing)]

pub mod arrivals;
#[allow(clippy::indexing_slicing, reason = "places are reckoned from bits and registers")]
pub mod bits;
pub mod crc64;
pub mod geo;
pub mod glob;
#[allow(clippy::indexing_slicing, reason = "places are reckoned from bits and registers")]
pub mod hyperloglog;
pub mod ids;
pub mod number;
pub mod offset;
pub mod random;
pub mod text;
pub mod time;
