//! Numbers as text, by the rules of each place where Redis reads or writes one.

mod double;
mod fixed;
mod integer;
mod long_double;

pub use double::{
    format_f64_17g, format_f64_shortest, parse_f64, parse_f64_as_c, parse_f64_as_c_in_range,
};
pub use fixed::format_f64_plain;
pub use integer::{parse_i64, parse_u64, push_i64, push_u64};
pub use long_double::LongDouble;
