//! Where collections change from one form to another, as the settings say.

use super::list::ListLimit;

/// The limits of all types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub list: ListLimit,
}
