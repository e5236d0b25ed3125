//! One row per command. Dispatch, arity errors, key extraction, ACL categories, `COMMAND`
//! and its docs all derive from the row.

use super::call::Call;
use super::docs::{Arg, Docs, Group};
use super::error::Outcome;
use super::key_spec::{KeyFlag, KeySpec};
use crate::resp::request::Args;

/// Carries a command out: reads `call.args`, changes `call.keys`, writes `call.reply`.
/// On `Err` nothing was changed, and the error becomes the reply.
pub type Handler = fn(&mut Call<'_>) -> Outcome;

/// A declared command or subcommand.
#[derive(Clone, Copy)]
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
    /// Of HELP: what it prints.
    pub help: &'static [&'static str],
}

impl Command {
    /// A row with nothing but these; the methods that follow say what else there is, and take the
    /// row and give it back, so that a constant is one chain of them. `handler`: see [`Handler`].
    pub const fn new(name: &'static str, arity: i32, handler: Handler) -> Command {
        Command {
            name,
            arity,
            flags: Flags::NONE,
            categories: &[],
            keys: &[],
            tips: &[],
            handler,
            docs: Docs::NONE,
            subcommands: &[],
            help: &[],
        }
    }

    /// A command that does nothing without one of these words after its name.
    pub const fn container(name: &'static str, subcommands: &'static [Command]) -> Command {
        Command::new(name, -2, |_| Ok(()))
            .complexity("Depends on subcommand.")
            .subcommands(subcommands)
    }

    /// HELP of a container: these lines, between the usual first and last ones.
    pub const fn help(lines: &'static [&'static str]) -> Command {
        let help = Command::new("help", 2, |call| {
            let row = call.registry.lookup(call.args);
            call.help(row.map_or(&[], |row| call.registry.row(row).command.help));
            Ok(())
        });
        Command { help: lines, ..help.flags(&[Flag::Loading, Flag::Stale]) }
    }

    /// A row that is as this one, but for its name and handler and what the chain says after.
    pub const fn sibling(self, name: &'static str, handler: Handler) -> Command {
        Command { name, handler, ..self }
    }

    pub const fn flags(self, flags: &[Flag]) -> Command {
        Command { flags: Flags::of(flags), ..self }
    }

    pub const fn categories(self, categories: &'static [Category]) -> Command {
        Command { categories, ..self }
    }

    pub const fn keys(self, keys: &'static [KeySpec]) -> Command {
        Command { keys, ..self }
    }

    pub const fn tips(self, tips: &'static [&'static str]) -> Command {
        Command { tips, ..self }
    }

    pub const fn subcommands(self, subcommands: &'static [Command]) -> Command {
        Command { subcommands, ..self }
    }

    /// `since`: the version of Redis that brought the command.
    pub const fn docs(self, group: Group, since: &'static str, summary: &'static str) -> Command {
        Command { docs: Docs { group, since, summary, ..self.docs }, ..self }
    }

    /// What a call costs, when that is not O(1).
    pub const fn complexity(self, complexity: &'static str) -> Command {
        Command { docs: Docs { complexity, ..self.docs }, ..self }
    }

    /// `doc_flags`, such as `syscmd`.
    pub const fn doc_flags(self, flags: &'static [&'static str]) -> Command {
        Command { docs: Docs { flags, ..self.docs }, ..self }
    }

    pub const fn deprecated(self, since: &'static str, replaced_by: &'static str) -> Command {
        let docs = Docs { deprecated_since: since, replaced_by, ..self.docs };
        Command { docs, ..self }
    }

    /// (version, what changed), oldest first.
    pub const fn history(self, history: &'static [(&'static str, &'static str)]) -> Command {
        Command { docs: Docs { history, ..self.docs }, ..self }
    }

    pub const fn arguments(self, arguments: &'static [Arg]) -> Command {
        Command { docs: Docs { arguments, ..self.docs }, ..self }
    }
}

/// What follows from a row.
impl Command {
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
