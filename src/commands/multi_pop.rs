//! `numkeys key [key ...] end [COUNT count]`: what LMPOP, ZMPOP and those that wait take.

use std::ops::Range;

use super::args;
use super::error::CommandError;
use crate::resp::request::Args;

/// What is asked for. `E`: an end of a collection.
pub struct MultiPop<E> {
    /// The arguments that are keys.
    pub keys: Range<usize>,
    pub end: E,
    pub count: usize,
}

impl<E> MultiPop<E> {
    /// `count_at`: the argument that says how many keys there are.
    ///
    /// # Errors
    /// In the order of the arguments.
    pub fn parse(
        args: Args<'_>,
        count_at: usize,
        parse_end: fn(&[u8]) -> Result<E, CommandError>,
    ) -> Result<MultiPop<E>, CommandError> {
        let key_count = args::count_or(args, count_at, CommandError::KeyCountNotPositive)?;
        let keys = count_at + 1..(count_at + 1).saturating_add(key_count);
        if keys.end >= args.len() {
            return Err(CommandError::Syntax);
        }
        let end = parse_end(args.get(keys.end))?;
        let mut count = None;
        for at in (keys.end + 1..args.len()).step_by(2) {
            let is_count = args.get(at).eq_ignore_ascii_case(b"count");
            if count.is_some() || !is_count || at + 1 == args.len() {
                return Err(CommandError::Syntax);
            }
            count = Some(args::count_or(args, at + 1, CommandError::CountNotPositive)?);
        }
        Ok(MultiPop { keys, end, count: count.unwrap_or(1) })
    }
}
