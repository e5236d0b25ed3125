//! How many elements a command wants by chance: `count` of HRANDFIELD, SRANDMEMBER and ZRANDMEMBER.

use std::cell::Cell;
use std::vec;

use super::error::CommandError;
use crate::base::number::parse_i64;
use crate::base::random::Random;
use crate::resp::reply::Reply;
use crate::resp::request::Args;

/// A reply with more repeated elements would take all memory: Redis begins it and dies. One that is
/// bounded ends by itself.
const MAX_REPEATED: usize = 1 << 28;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// So many, all of them different, or as many as there are.
    Different(usize),
    /// So many, each by itself.
    Any(usize),
}

impl Choice {
    /// The `i`-th argument: different ones from 0 on, any below.
    ///
    /// # Errors
    /// It is no integer, or one whose magnitude does not fit.
    pub fn parse(args: Args<'_>, i: usize) -> Result<Choice, CommandError> {
        let count = parse_i64(args.get(i)).ok_or(CommandError::NotInteger)?;
        let magnitude = count.checked_abs().ok_or(CommandError::NotMagnitude)? as usize;
        Ok(if count < 0 { Choice::Any(magnitude) } else { Choice::Different(magnitude) })
    }

    /// # Errors
    /// Twice as many cannot be counted: elements with their values.
    pub fn must_fit_twice(self) -> Result<(), CommandError> {
        let (Choice::Different(count) | Choice::Any(count)) = self;
        if count > i64::MAX as usize / 2 { Err(CommandError::TooMany) } else { Ok(()) }
    }

    /// How many that is of `len` elements.
    ///
    /// # Errors
    /// More than a reply can hold.
    pub fn count(self, len: usize, reply: &Reply<'_>) -> Result<usize, CommandError> {
        match self {
            Choice::Different(count) => Ok(count.min(len)),
            Choice::Any(_) if len == 0 => Ok(0),
            Choice::Any(count) if count > MAX_REPEATED && !reply.is_bounded() => {
                Err(CommandError::TooMany)
            }
            Choice::Any(count) => Ok(count),
        }
    }

    /// Whether it is each of `len` elements once.
    pub fn is_all(self, len: usize) -> bool {
        matches!(self, Choice::Different(count) if count >= len)
    }

    /// Their places among `len` elements, until `is_lost`.
    pub fn places<'a>(
        self,
        len: usize,
        random: &'a mut Random,
        is_lost: &'a Cell<bool>,
    ) -> impl Iterator<Item = u64> + 'a {
        self.all_places(len, random).take_while(|_| !is_lost.get())
    }

    fn all_places(self, len: usize, random: &mut Random) -> Places<'_> {
        let len = len as u64;
        match self {
            Choice::Different(count) => {
                Places::Different(random.different(count as u64, len).into_iter())
            }
            Choice::Any(_) if len == 0 => Places::Different(Vec::new().into_iter()),
            Choice::Any(left) => Places::Any { left, len, random },
        }
    }
}

/// Places by chance.
enum Places<'a> {
    Different(vec::IntoIter<u64>),
    Any { left: usize, len: u64, random: &'a mut Random },
}

impl Iterator for Places<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        match self {
            Places::Different(places) => places.next(),
            Places::Any { left, len, random } => {
                *left = left.checked_sub(1)?;
                Some(random.below(*len))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::reply::Protocol;

    #[test]
    fn choices_are_as_many_as_were_asked_for_or_are_there() {
        let mut random = Random::from_seed(5);
        let mut places =
            |choice: Choice, len| choice.all_places(len, &mut random).collect::<Vec<_>>();
        assert_eq!(places(Choice::Different(5), 3).len(), 3);
        assert_eq!(places(Choice::Any(5), 3).len(), 5);
        assert_eq!(places(Choice::Any(5), 0), []);
        assert_eq!(places(Choice::Different(0), 3), []);
        assert!(places(Choice::Any(500), 3).iter().all(|place| *place < 3));
        assert!(Choice::Different(3).is_all(3) && !Choice::Any(3).is_all(3));
        let (mut out, mut bounded_out) = Default::default();
        let reply = Reply::new(&mut out, Protocol::Resp2);
        let bounded = Reply::new(&mut bounded_out, Protocol::Resp2).within(Some(1000));
        assert_eq!(Choice::Any(usize::MAX).count(0, &reply), Ok(0));
        assert_eq!(Choice::Any(usize::MAX).count(1, &reply), Err(CommandError::TooMany));
        assert_eq!(Choice::Any(usize::MAX).count(1, &bounded), Ok(usize::MAX));
        assert_eq!(Choice::Different(usize::MAX).count(1, &reply), Ok(1));
    }
}
