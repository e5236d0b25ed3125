//! How far a batch of the master's stream is.

use crate::resp::request::Batch;

/// A batch of the master's stream that is being applied.
pub(super) struct Applying {
    pub epoch: u64,
    pub batch: Box<Batch>,
    /// Index of the next command to run.
    pub next: usize,
    /// What is before this place of the batch's input was passed on or is held back.
    pub passed_to: usize,
    /// The link over which it came is lost: what its end leaves open is forgotten.
    pub is_last: bool,
}
