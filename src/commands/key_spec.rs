//! Where the keys are among the arguments of a command, and what it does with each.

use crate::base::number::parse_i64;
use crate::resp::request::Args;

/// What a command does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFlag {
    /// Reads the value, or only its metadata.
    ReadOnly,
    /// Reads and writes.
    ReadWrite,
    /// Replaces without reading.
    Overwrite,
    /// Deletes.
    Remove,
    Access,
    Update,
    Insert,
    Delete,
    NotKey,
    Incomplete,
    VariableFlags,
}

impl KeyFlag {
    pub const NAMES: &'static [(KeyFlag, &'static str)] = &[
        (KeyFlag::ReadOnly, "RO"),
        (KeyFlag::ReadWrite, "RW"),
        (KeyFlag::Overwrite, "OW"),
        (KeyFlag::Remove, "RM"),
        (KeyFlag::Access, "access"),
        (KeyFlag::Update, "update"),
        (KeyFlag::Insert, "insert"),
        (KeyFlag::Delete, "delete"),
        (KeyFlag::NotKey, "not_key"),
        (KeyFlag::Incomplete, "incomplete"),
        (KeyFlag::VariableFlags, "variable_flags"),
    ];
}

/// Where keys begin.
#[derive(Clone, Copy, Debug)]
pub enum Begin {
    /// At this argument (the name is 0).
    Index(usize),
    /// After this word, searched from an argument on (from the end when negative).
    Keyword(&'static str, i32),
    Unknown,
}

/// How far keys go.
#[derive(Clone, Copy, Debug)]
pub enum Find {
    /// Up to `last` (counted from the first key; from the last argument when negative), every
    /// `step`-th; `limit` > 1: only the first 1/limit of the arguments.
    Range {
        last: i32,
        step: usize,
        limit: usize,
    },
    /// Argument `count_at` (from the beginning) holds how many, the first is at `first`.
    Count {
        count_at: usize,
        first: usize,
        step: usize,
    },
    Unknown,
}

/// One group of keys among the arguments of a command.
#[derive(Clone, Copy, Debug)]
pub struct KeySpec {
    pub flags: &'static [KeyFlag],
    pub begin: Begin,
    pub find: Find,
    pub notes: &'static str,
    /// What a call does with them, where that depends on its arguments (`VariableFlags`).
    pub flags_of: Option<fn(Args<'_>) -> &'static [KeyFlag]>,
    /// Which argument it is, if there is one, where `begin` and `find` cannot say it.
    pub found_by: Option<fn(Args<'_>) -> Option<usize>>,
}

/// Indexes of keys among arguments, in order.
#[derive(Clone, Copy, Debug)]
pub struct Positions {
    next: usize,
    step: usize,
    left: usize,
}

impl Iterator for Positions {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let index = self.next;
        self.next += self.step;
        Some(index)
    }
}

impl KeySpec {
    /// The key at one argument.
    pub const fn at(index: usize, flags: &'static [KeyFlag]) -> KeySpec {
        KeySpec::range(index, 0, 1, flags)
    }

    /// Keys from `first` to `last` (relative to the first, or to the end when negative).
    pub const fn range(first: usize, last: i32, step: usize, flags: &'static [KeyFlag]) -> KeySpec {
        KeySpec {
            flags,
            begin: Begin::Index(first),
            find: Find::Range { last, step, limit: 0 },
            notes: "",
            flags_of: None,
            found_by: None,
        }
    }

    /// As many keys as argument `count_at` says, right behind it.
    pub const fn counted(count_at: usize, flags: &'static [KeyFlag]) -> KeySpec {
        KeySpec {
            begin: Begin::Index(count_at),
            find: Find::Count { count_at: 0, first: 1, step: 1 },
            ..KeySpec::at(count_at, flags)
        }
    }

    /// The first half of the arguments behind a word, searched from an argument on.
    pub const fn half_behind(word: &'static str, from: i32, flags: &'static [KeyFlag]) -> KeySpec {
        KeySpec {
            begin: Begin::Keyword(word, from),
            find: Find::Range { last: -1, step: 1, limit: 2 },
            ..KeySpec::at(1, flags)
        }
    }

    /// What a call with these arguments does with the keys.
    pub fn flags_in(&self, args: Args<'_>) -> &'static [KeyFlag] {
        self.flags_of.map_or(self.flags, |flags_of| flags_of(args))
    }

    /// First and last argument and the step, when the place does not depend on the arguments.
    pub fn range_arguments(&self) -> Option<(i64, i64, i64)> {
        let (Begin::Index(first), Find::Range { last, step, .. }) = (self.begin, self.find) else {
            return None;
        };
        let first = first as i64;
        let last = if last >= 0 { first + i64::from(last) } else { i64::from(last) };
        Some((first, last, step as i64))
    }

    /// Whether a call with these arguments says where the keys are, all of which it has, or there are
    /// none to be found this way.
    pub fn applies_to(&self, args: Args<'_>) -> bool {
        // A word that is not there has no keys behind it.
        self.flags.contains(&KeyFlag::Incomplete)
            || matches!(self.begin, Begin::Keyword(..))
            || match self.find {
                Find::Count { .. } => self.counted_positions(args).is_some_and(|found| {
                    let last = found.left.checked_sub(1).and_then(|n| n.checked_mul(found.step));
                    last.and_then(|last| last.checked_add(found.next))
                        .is_some_and(|last| last < args.len())
                }),
                _ => self.find_positions(args).is_some(),
            }
    }

    /// Indexes of the keys in `args`; out of range ones are left out.
    pub fn positions(&self, args: Args<'_>) -> Positions {
        self.find_positions(args).unwrap_or(Positions { next: 0, step: 1, left: 0 })
    }

    fn find_positions(&self, args: Args<'_>) -> Option<Positions> {
        let argc = args.len();
        if let Some(found_by) = self.found_by {
            let found = found_by(args);
            let left = usize::from(found.is_some());
            return Some(Positions { next: found.unwrap_or(0), step: 1, left });
        }
        let begin = self.begin_index(args)?;
        let (next, step, count) = match self.find {
            Find::Range { last, step, limit } => {
                let last = if last >= 0 {
                    begin + last as usize
                } else {
                    let back = last.unsigned_abs() as usize;
                    let span = argc.saturating_sub(begin);
                    let span = if back == 1 && limit > 1 { span / limit } else { span };
                    (begin + span).checked_sub(back)?
                };
                let step = step.max(1);
                (begin, step, (last + 1).saturating_sub(begin).div_ceil(step))
            }
            Find::Count { .. } => {
                let Positions { next, step, left } = self.counted_positions(args)?;
                (next, step, left)
            }
            Find::Unknown => return None,
        };
        let there = argc.saturating_sub(next).div_ceil(step);
        Some(Positions { next, step, left: count.min(there) })
    }

    /// As many as the arguments say there are, whether they are there or not.
    fn counted_positions(&self, args: Args<'_>) -> Option<Positions> {
        let Find::Count { count_at, first, step } = self.find else { return None };
        let begin = self.begin_index(args)?;
        let at = begin + count_at;
        let count = parse_i64((at < args.len()).then(|| args.get(at))?)?;
        let left = usize::try_from(count).unwrap_or(0);
        Some(Positions { next: begin + first, step: step.max(1), left })
    }

    fn begin_index(&self, args: Args<'_>) -> Option<usize> {
        match self.begin {
            Begin::Index(index) => (index < args.len()).then_some(index),
            Begin::Keyword(word, from) => {
                let is_word = |&i: &usize| args.get(i).eq_ignore_ascii_case(word.as_bytes());
                let found = if from >= 0 {
                    (from as usize..args.len()).find(is_word)
                } else {
                    (1..args.len().saturating_sub(from.unsigned_abs() as usize - 1))
                        .rev()
                        .find(is_word)
                };
                found.map(|i| i + 1)
            }
            Begin::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedCommand;

    fn positions(spec: KeySpec, words: &str) -> Vec<usize> {
        let words: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
        spec.positions(OwnedCommand::from_slices(&words).args()).collect()
    }

    fn count(count_at: usize, first: usize, step: usize) -> KeySpec {
        let find = Find::Count { count_at, first, step };
        KeySpec { begin: Begin::Index(1), find, ..KeySpec::at(1, &[]) }
    }

    #[test]
    fn a_range_ends_where_the_arguments_do() {
        assert_eq!(positions(KeySpec::at(1, &[]), "get a"), [1]);
        assert_eq!(positions(KeySpec::at(2, &[]), "object freq"), []);
        assert_eq!(positions(KeySpec::range(1, -1, 2, &[]), "mset a 1 b 2"), [1, 3]);
        assert_eq!(positions(KeySpec::range(1, -2, 1, &[]), "blpop a b 0"), [1, 2]);
        assert_eq!(positions(KeySpec::range(1, -3, 1, &[]), "blpop 0"), []);
        let half = KeySpec::half_behind("STREAMS", 1, &[]);
        assert_eq!(positions(half, "xread streams a b 1 2"), [2, 3]);
        assert_eq!(positions(half, "xread a b 1 2"), []);
    }

    #[test]
    fn a_count_that_lies_finds_no_more_than_there_is() {
        assert_eq!(positions(count(0, 1, 1), "sintercard 2 a b limit 1"), [2, 3]);
        assert_eq!(positions(count(0, 1, 1), "sintercard 9223372036854775807 a b"), [2, 3]);
        assert_eq!(positions(count(0, 1, 2), "x 3 a 1 b"), [2, 4]);
        for words in ["sintercard -1 a", "sintercard x a", "sintercard", "sintercard 5"] {
            assert_eq!(positions(count(0, 1, 1), words), [], "{words}");
        }
        assert_eq!(positions(count(5, 1, 1), "sintercard 1 a"), []);
    }
}
