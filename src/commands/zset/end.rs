//! The two ends of a sorted set, as commands name them.

use crate::commands::docs::Arg;
use crate::commands::error::CommandError;
use crate::store::value::zset::{End, SortedSet};

/// `MIN | MAX`, of an argument.
pub const MIN_OR_MAX: &[Arg] = &[Arg::word("min", "MIN"), Arg::word("max", "MAX")];

/// # Errors
/// A syntax error when it is neither `MIN` nor `MAX`.
pub fn parse(word: &[u8]) -> Result<End, CommandError> {
    if word.eq_ignore_ascii_case(b"min") {
        Ok(End::Min)
    } else if word.eq_ignore_ascii_case(b"max") {
        Ok(End::Max)
    } else {
        Err(CommandError::Syntax)
    }
}

/// The event that tells of an element taken from there.
pub fn pop_event(end: End) -> &'static str {
    match end {
        End::Min => "zpopmin",
        End::Max => "zpopmax",
    }
}

/// What takes elements from there, as replicas are told.
pub fn pop_command(end: End) -> &'static [u8] {
    match end {
        End::Min => b"ZPOPMIN",
        End::Max => b"ZPOPMAX",
    }
}

/// Takes up to `count` elements from one end, in the order in which they stood from there on.
pub fn pop_many(zset: &mut SortedSet, end: End, count: usize) -> Vec<(Vec<u8>, f64)> {
    let count = count.min(zset.len());
    let mut popped = Vec::with_capacity(count);
    while popped.len() < count
        && let Some(element) = zset.pop(end, |member, score| (member.to_vec(), score))
    {
        popped.push(element);
    }
    popped
}
