//! Bits of byte strings. The first bit is the most significant one of the first byte.

mod combine;
mod count;
mod field;
mod find;

pub use combine::Operation;
pub use count::count_ones;
pub use field::{Field, FieldType, Fit, WINDOW_BYTES};
pub use find::find_bit;
