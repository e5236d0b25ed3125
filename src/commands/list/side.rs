//! The two ends of a list, as commands name them.

use crate::commands::docs::Arg;
use crate::commands::error::CommandError;
use crate::store::value::list::{List, Side};

/// `LEFT | RIGHT`, of an argument.
pub const LEFT_OR_RIGHT: &[Arg] = &[Arg::word("left", "LEFT"), Arg::word("right", "RIGHT")];

/// # Errors
/// A syntax error when it is neither `LEFT` nor `RIGHT`.
pub fn parse(word: &[u8]) -> Result<Side, CommandError> {
    if word.eq_ignore_ascii_case(b"left") {
        Ok(Side::Left)
    } else if word.eq_ignore_ascii_case(b"right") {
        Ok(Side::Right)
    } else {
        Err(CommandError::Syntax)
    }
}

/// The event that tells of an element added there.
pub fn push_event(side: Side) -> &'static str {
    match side {
        Side::Left => "lpush",
        Side::Right => "rpush",
    }
}

/// The event that tells of an element taken from there; also the command that takes one.
pub fn pop_event(side: Side) -> &'static str {
    match side {
        Side::Left => "lpop",
        Side::Right => "rpop",
    }
}

/// What takes elements from there, as replicas are told.
pub fn pop_command(side: Side) -> &'static [u8] {
    match side {
        Side::Left => b"LPOP",
        Side::Right => b"RPOP",
    }
}

/// Takes up to `count` elements from one end, in the order in which they stood from there on.
pub fn pop_many(list: &mut List, side: Side, count: usize) -> Vec<Vec<u8>> {
    let count = count.min(list.len());
    let mut popped = Vec::with_capacity(count);
    while popped.len() < count {
        match list.pop(side, |element| element.to_vec()) {
            Some(element) => popped.push(element),
            None => break,
        }
    }
    popped
}
