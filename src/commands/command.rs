//! One row per command. Dispatch, arity errors, key extraction, ACL categories, `COMMAND`
//! and its docs all derive from the row.

use super::call::Call;
use super::docs::Docs;
use super::error::Outcome;
use crate::resp::request::Args;

/// Carries a command out: reads `call.args`, changes `call.keys`, writes `call.reply`.
/// On `Err` nothing was changed, and the error becomes the reply.
pub type Handler = fn(&mut Call<'_>) -> Outcome;

/// A declared command or subcommand.
pub struct Command {
    /// Lower case; of a subcommand its own word only (`"getname"`).
    pub name: &'static str,
    /// Number of arguments with the name: exact when positive, a minimum when negative.
    pub arity: i32,
    pub flags: Flags,
    /// ACL categories beyond those that the flags imply.
    pub categories: &'static [Category],
    /// Where the keys are among the arguments.
    pub keys: &'static [KeySpec],
    /// Hints for clients and proxies, as `COMMAND INFO` prints them.
    pub tips: &'static [&'static str],
    pub handler: Handler,
    pub docs: Docs,
    /// When not empty, the second argument names one of these.
    pub subcommands: &'static [Command],
}

impl Command {
    /// What a row that does not say otherwise has.
    pub const DEFAULT: Command = Command {
        name: "",
        arity: 1,
        flags: Flags::NONE,
        categories: &[],
        keys: &[],
        tips: &[],
        handler: |_| Ok(()),
        docs: Docs::DEFAULT,
        subcommands: &[],
    };

    /// Whether a call with this many arguments (the name counted) fits the arity.
    pub fn accepts(&self, argc: usize) -> bool {
        let wanted = self.arity.unsigned_abs() as usize;
        if self.arity >= 0 { argc == wanted } else { argc >= wanted }
    }

    pub fn has(&self, flag: Flag) -> bool {
        self.flags.has(flag)
    }

    /// The keys as older clients know them: first and last argument and the step, as far as one
    /// range covers the key specifications; zeros when there is none. A negative `last` counts
    /// from the end.
    pub fn legacy_range(&self) -> (i64, i64, i64) {
        self.legacy_keys().0.unwrap_or((0, 0, 0))
    }

    /// Whether the range does not cover all keys.
    pub fn has_movable_keys(&self) -> bool {
        self.has(Flag::MovableKeys) || !self.legacy_keys().1
    }

    /// The range, and whether it covers everything. Several specifications make one range when
    /// they follow one another without a gap.
    fn legacy_keys(&self) -> (Option<(i64, i64, i64)>, bool) {
        let mut is_complete = !self.keys.iter().any(|s| s.flags.contains(&KeyFlag::Incomplete));
        if let [only] = self.keys {
            let range = only.range_arguments();
            return (range, is_complete && range.is_some());
        }
        let mut whole: Option<(i64, i64, i64)> = None;
        for spec in self.keys {
            match (spec.range_arguments(), whole) {
                (Some(range @ (_, _, 1)), None) => whole = Some(range),
                (Some((first, last, 1)), Some((whole_first, whole_last, _)))
                    if first == whole_last + 1 =>
                {
                    whole = Some((whole_first, last, 1));
                }
                _ => is_complete = false,
            }
        }
        (whole, is_complete)
    }

    /// Indexes of the key arguments of one call, in order.
    pub fn key_positions(&self, args: Args<'_>) -> Vec<usize> {
        self.keys.iter().flat_map(|spec| spec.positions(args)).collect()
    }
}

/// What a command is allowed to do, and when it may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Flag {
    Write,
    ReadOnly,
    DenyOom,
    Admin,
    PubSub,
    NoScript,
    Blocking,
    Loading,
    Stale,
    SkipMonitor,
    SkipSlowlog,
    Asking,
    Fast,
    NoAuth,
    /// It may go to the replicas without being a write. `COMMAND INFO` has no word for it.
    MayReplicate,
    NoAsyncLoading,
    NoMulti,
    AllowBusy,
    NoMandatoryKeys,
    MovableKeys,
    /// Only where `enable-debug-command` allows it. `COMMAND INFO` has no word for it.
    Protected,
}

impl Flag {
    /// Every flag with the word `COMMAND INFO` has for it, in the order Redis prints them.
    pub const NAMES: &'static [(Flag, &'static str)] = &[
        (Flag::Write, "write"),
        (Flag::ReadOnly, "readonly"),
        (Flag::DenyOom, "denyoom"),
        (Flag::Admin, "admin"),
        (Flag::PubSub, "pubsub"),
        (Flag::NoScript, "noscript"),
        (Flag::Blocking, "blocking"),
        (Flag::Loading, "loading"),
        (Flag::Stale, "stale"),
        (Flag::SkipMonitor, "skip_monitor"),
        (Flag::SkipSlowlog, "skip_slowlog"),
        (Flag::Asking, "asking"),
        (Flag::Fast, "fast"),
        (Flag::NoAuth, "no_auth"),
        (Flag::NoAsyncLoading, "no_async_loading"),
        (Flag::NoMulti, "no_multi"),
        (Flag::MovableKeys, "movablekeys"),
        (Flag::AllowBusy, "allow_busy"),
        (Flag::NoMandatoryKeys, "no_mandatory_keys"),
    ];
}

/// A set of [`Flag`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    pub const NONE: Flags = Flags(0);

    pub const fn of(flags: &[Flag]) -> Flags {
        let mut bits = 0;
        let mut i = 0;
        while i < flags.len() {
            bits |= 1 << flags[i] as u32;
            i += 1;
        }
        Flags(bits)
    }

    pub const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u32) != 0
    }
}

/// ACL categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    Keyspace,
    Read,
    Write,
    Set,
    SortedSet,
    List,
    Hash,
    String,
    Bitmap,
    HyperLogLog,
    Geo,
    Stream,
    PubSub,
    Admin,
    Fast,
    Slow,
    Blocking,
    Dangerous,
    Connection,
    Transaction,
    Scripting,
}

impl Category {
    /// In the order Redis lists them.
    pub const ALL: &'static [(Category, &'static str)] = &[
        (Category::Keyspace, "keyspace"),
        (Category::Read, "read"),
        (Category::Write, "write"),
        (Category::Set, "set"),
        (Category::SortedSet, "sortedset"),
        (Category::List, "list"),
        (Category::Hash, "hash"),
        (Category::String, "string"),
        (Category::Bitmap, "bitmap"),
        (Category::HyperLogLog, "hyperloglog"),
        (Category::Geo, "geo"),
        (Category::Stream, "stream"),
        (Category::PubSub, "pubsub"),
        (Category::Admin, "admin"),
        (Category::Fast, "fast"),
        (Category::Slow, "slow"),
        (Category::Blocking, "blocking"),
        (Category::Dangerous, "dangerous"),
        (Category::Connection, "connection"),
        (Category::Transaction, "transaction"),
        (Category::Scripting, "scripting"),
    ];
}

impl Command {
    /// Whether the command is in an ACL category: the row's own, and those the flags imply.
    pub fn in_category(&self, category: Category) -> bool {
        let implied = match category {
            Category::Write => self.has(Flag::Write),
            Category::Read => {
                self.has(Flag::ReadOnly) && !self.categories.contains(&Category::Scripting)
            }
            Category::Admin => self.has(Flag::Admin),
            Category::Dangerous => self.has(Flag::Admin),
            Category::PubSub => self.has(Flag::PubSub),
            Category::Fast => self.has(Flag::Fast),
            Category::Slow => !self.has(Flag::Fast),
            Category::Blocking => self.has(Flag::Blocking),
            _ => false,
        };
        implied || self.categories.contains(&category)
    }
}

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
    fn range_arguments(&self) -> Option<(i64, i64, i64)> {
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
                let Some(count) = crate::base::number::parse_i64(args.get(at)) else {
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
