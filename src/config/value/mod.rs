//! The types that a directive's value can have: each in its file, with how text becomes a value,
//! how `CONFIG GET` prints it and what `CONFIG REWRITE` writes.

pub mod bind;
pub mod buffer_limits;
pub mod choice;
pub mod keyspace_events;
pub mod number;
pub mod oom_score;
pub mod percentiles;
pub mod replicaof;
pub mod restore;
pub mod save;
pub mod shutdown;
pub mod text;
pub mod yes_no;

use std::borrow::Cow;

/// Why a value is refused, in the words that users of Redis know.
pub type Reason = Cow<'static, str>;

/// Where a value comes from. Only `save` cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The first line with this directive of all files and the command line.
    FirstLine,
    /// A later line: `save` adds to the points of the lines before.
    LaterLine,
    /// `CONFIG SET`.
    ConfigSet,
}

/// A line that `CONFIG REWRITE` writes for a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What follows the directive's name.
    pub arguments: Vec<u8>,
    /// Written even if the old file has no line for the directive.
    pub forced: bool,
}

/// A type of value.
pub trait Value: Clone + PartialEq + 'static {
    /// What the directive's row says about it beyond the type, such as a range.
    type Rule: Sync + 'static;

    /// Whether a line may give several arguments, or one with spaces in it.
    const SEVERAL_ARGUMENTS: bool = false;

    /// Makes the new value out of the arguments; `self` is the value so far. There is exactly one
    /// argument unless [`Self::SEVERAL_ARGUMENTS`].
    fn parse(&self, arguments: &[&[u8]], rule: &Self::Rule, source: Source)
    -> Result<Self, Reason>;

    /// The value as `CONFIG GET` prints it.
    fn text(&self, rule: &Self::Rule) -> Vec<u8>;

    /// The lines for `CONFIG REWRITE`. None: the old file's lines are blanked.
    fn lines(&self, default: &Self, rule: &Self::Rule) -> Vec<Line> {
        vec![Line { arguments: self.text(rule), forced: self != default }]
    }
}

/// Reads a number as C's `strtoll` in base 10 or 8 does, if that takes all of the text: leading
/// white space and `+` are fine, nothing at all is 0, what is too big becomes the biggest.
pub(crate) fn c_integer(text: &[u8], radix: u32) -> Option<i64> {
    let mut number = text;
    while let [b' ' | b'\t'..=b'\r', rest @ ..] = number {
        number = rest;
    }
    let (negative, digits) = match number {
        [] if text.is_empty() => return Some(0),
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for &byte in digits {
        let digit = i64::from(char::from(byte).to_digit(radix)?);
        let digit = if negative { -digit } else { digit };
        value = value.saturating_mul(i64::from(radix)).saturating_add(digit);
    }
    Some(value)
}
