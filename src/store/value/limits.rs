//! Where collections change from one form to another, as the settings say.

use super::list::ListLimit;

/// The limits of all types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub list: ListLimit,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { list: ListLimit::new(-2) }
    }
}
