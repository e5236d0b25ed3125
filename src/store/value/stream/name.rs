//! The name of a group or consumer, shared by all that refer to it.

use std::ops::Deref;
use std::sync::Arc;

use crate::store::memory::size_class;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Arc<[u8]>);

impl Name {
    /// What it takes, wherever it is referred to.
    pub(super) fn memory_bytes(&self) -> usize {
        size_class(2 * size_of::<usize>() + self.0.len())
    }
}

impl From<&[u8]> for Name {
    fn from(name: &[u8]) -> Name {
        Name(name.into())
    }
}

impl Deref for Name {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
