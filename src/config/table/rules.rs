//! Rules that rows have in common.

use crate::config::value::number::NumberRule;
use crate::config::value::text::TextRule;

pub(super) const INT: i128 = i32::MAX as i128;
pub(super) const LONG: i128 = i64::MAX as i128;
pub(super) const ANY: TextRule = TextRule::ANY;
pub(super) const PORT: NumberRule = number(0, u16::MAX as i128);
/// How many, or how long.
pub(super) const COUNT: NumberRule = number(0, LONG);
/// How much memory.
pub(super) const BYTES: NumberRule = memory(0, LONG);

pub(super) const fn number(min: i128, max: i128) -> NumberRule {
    NumberRule::decimal(min, max)
}

pub(super) const fn memory(min: i128, max: i128) -> NumberRule {
    NumberRule::memory(min, max)
}
