//! The keys of the data set as a command sees them: the one way to them.
//!
//! ```text
//! read::<T>   a value of a type, to answer with          counted as hit or miss, and as a use
//! look        whatever is there, to tell something of    counted
//! peek        whatever is there                          not counted
//! open::<T>   the key's place, to change what is there   a use
//! delete, flush, swap                                    without looking
//! ```
//!
//! Each door descends the tree once, judges expiry on the entry that it found, and answers
//! WRONGTYPE. What is changed through one is announced once, to all [`KeyObservers`].

mod databases;
mod expiry;
mod key_type;
mod observers;
mod open;
mod read;
#[cfg(test)]
mod tests;
mod uses;
mod view;

pub use crate::store::event::EventClass;
pub use expiry::ExpiryRule;
pub use key_type::{Any, KeyType, Str};
pub use observers::KeyObservers;
pub use open::Open;
pub use uses::Uses;
pub use view::Keys;
