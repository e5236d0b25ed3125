//! Places on Earth as Redis keeps them: a cell of 52 bits that is the score of a sorted set.
//!
//! ```text
//! bit 51 ...                                  ... bit 0
//! | lon 25 | lat 25 | lon 24 | lat 24 | ... | lon 0 | lat 0 |
//! ```
//! Each axis is cut into 2^26 equal steps, and the bits of both take turns, so that places whose
//! cells begin alike are near each other. A latitude ends where the Web Mercator map does.
//!
//! The results are compared with redis-server's to the last bit, so the order of the operations on
//! doubles matters here.

mod cell;
mod distance;
mod search;
#[cfg(test)]
mod tests;

pub use cell::{Cell, LATITUDE_LIMIT, LONGITUDE_LIMIT, Point};
pub use distance::metres;
pub use search::{Run, Search, Shape};
