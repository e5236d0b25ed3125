//! Where collections change from one form to another, as the settings say.

use super::hash::HashLimit;
use super::list::ListLimit;
use super::set::SetLimit;
use super::stream::StreamLimit;
use super::zset::SortedSetLimit;

/// The limits of all types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub list: ListLimit,
    pub hash: HashLimit,
    pub set: SetLimit,
    pub zset: SortedSetLimit,
    pub stream: StreamLimit,
}
