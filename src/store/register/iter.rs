//! Visiting every element of a register.

use super::block::{Block, Records};
use super::record::{key_of, value_of};
use crate::store::sequence;
use crate::store::tree;
use crate::store::value::ValueRef;

/// All elements with their values.
pub struct Iter<'a, const PAIRS: bool> {
    /// The rest of the block that is being visited.
    records: Records<'a>,
    blocks: sequence::Iter<'a, Block>,
    rest: tree::Iter<'a>,
}

impl<'a, const PAIRS: bool> Iter<'a, PAIRS> {
    pub(super) fn new(blocks: sequence::Iter<'a, Block>, rest: tree::Iter<'a>) -> Self {
        Iter { records: Records::NONE, blocks, rest }
    }
}

impl<'a, const PAIRS: bool> Iterator for Iter<'a, PAIRS> {
    type Item = (&'a [u8], ValueRef<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((_, record)) = self.records.next() {
                return Some((key_of::<PAIRS>(record), ValueRef::Str(value_of::<PAIRS>(record))));
            }
            match self.blocks.next() {
                Some(block) => self.records = block.iter(),
                None => {
                    let entry = self.rest.next()?;
                    return Some((entry.key(), entry.value()));
                }
            }
        }
    }
}
