//! Facts: small pure pieces that every other layer may use.

pub mod ids;
pub mod number;
pub mod time;
