//! Packed collections: a few elements in one allocation, in the bytes that Redis has for them, so
//! that files and payloads are written and read as they stand.
//!
//! `buffer` is the counted memory behind them and holds all unsafe code; `listpack` a sequence of
//! strings and integers; `encoding` how one element stands there; `check` what hostile bytes have
//! to pass.

mod buffer;
mod check;
mod encoding;
pub mod listpack;

pub use self::buffer::Buffer;
pub use self::encoding::{Element, Sought, element_bytes};
pub use self::listpack::{Listpack, Place};
