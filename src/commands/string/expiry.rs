//! `EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds`, of SET and GETEX.

use crate::base::number::parse_i64;
use crate::base::time::UnixMillis;
use crate::commands::error::CommandError;
use crate::resp::request::Args;

/// The word that says how the number after it is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryKind {
    Ex,
    Px,
    Exat,
    Pxat,
}

impl ExpiryKind {
    /// The kind that a word names, in any case.
    pub fn from_word(word: &[u8]) -> Option<ExpiryKind> {
        const WORDS: [(&str, ExpiryKind); 4] = [
            ("ex", ExpiryKind::Ex),
            ("px", ExpiryKind::Px),
            ("exat", ExpiryKind::Exat),
            ("pxat", ExpiryKind::Pxat),
        ];
        WORDS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes())).map(|w| w.1)
    }

    /// Whether the number counts from 1970, not from now.
    pub fn is_absolute(self) -> bool {
        matches!(self, ExpiryKind::Exat | ExpiryKind::Pxat)
    }

    /// Milliseconds in the unit of the number.
    fn unit_millis(self) -> i64 {
        match self {
            ExpiryKind::Ex | ExpiryKind::Exat => 1000,
            ExpiryKind::Px | ExpiryKind::Pxat => 1,
        }
    }
}

/// An expiry as a client wrote it; its number is read when the command is known to apply.
#[derive(Clone, Copy, Debug)]
pub struct ExpiryArg<'a> {
    pub kind: ExpiryKind,
    pub number: &'a [u8],
}

impl<'a> ExpiryArg<'a> {
    /// Reads the word at `i` and the number after it. `None`: that word is none of these, there
    /// is no number, or `before` is of another kind, since only the same may be repeated.
    pub fn at(args: Args<'a>, i: usize, before: Option<ExpiryArg<'a>>) -> Option<ExpiryArg<'a>> {
        let kind = ExpiryKind::from_word(args.get(i))?;
        if i + 1 == args.len() || before.is_some_and(|before| before.kind != kind) {
            return None;
        }
        Some(ExpiryArg { kind, number: args.get(i + 1) })
    }

    /// The point in time that is meant. `command` is for the text of the error.
    ///
    /// # Errors
    /// Not an integer, not positive, or beyond the range of milliseconds in 64 bits.
    pub fn deadline(
        self,
        now: UnixMillis,
        command: &'static str,
    ) -> Result<UnixMillis, CommandError> {
        let number = parse_i64(self.number).ok_or(CommandError::NotInteger)?;
        let from = if self.kind.is_absolute() { 0 } else { now };
        Some(number)
            .filter(|&number| number > 0)
            .and_then(|number| number.checked_mul(self.kind.unit_millis()))
            .and_then(|millis| millis.checked_add(from))
            .ok_or(CommandError::InvalidExpire(command))
    }
}
