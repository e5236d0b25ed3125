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
        }
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

    /// Indexes of the keys in `args`; out of range ones are left out.
    pub fn positions(&self, args: Args<'_>) -> Vec<usize> {
        let argc = args.len();
        let Some(begin) = self.begin_index(args) else { return Vec::new() };
        match self.find {
            Find::Range { last, step, limit } => {
                let last = if last >= 0 {
                    begin + last as usize
                } else {
                    let back = last.unsigned_abs() as usize;
                    let span = argc.saturating_sub(begin);
                    let span = if back == 1 && limit > 1 { span / limit } else { span };
                    match (begin + span).checked_sub(back) {
                        Some(last) => last,
                        None => return Vec::new(),
                    }
                };
                (begin..=last).step_by(step.max(1)).filter(|&i| i < argc).collect()
            }
            Find::Count { count_at, first, step } => {
                let at = begin + count_at;
                if at >= argc {
                    return Vec::new();
                }
                let Some(count) = parse_i64(args.get(at)) else {
                    return Vec::new();
                };
                let count = usize::try_from(count).unwrap_or(0).min(argc);
                (0..count).map(|i| begin + first + i * step).filter(|&i| i < argc).collect()
            }
            Find::Unknown => Vec::new(),
        }
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
