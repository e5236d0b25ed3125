//! What is told of a command, by its row: everything but what carries it out.

use super::channel_spec::ChannelSpec;
use super::docs::Docs;
use super::key_spec::{KeyFlag, KeySpec};
use crate::pubsub::Kind;
use crate::resp::request::Args;

/// The facts of a command or subcommand.
#[derive(Clone, Copy)]
pub struct Facts {
    /// Lower case; of a subcommand its own word only (`"getname"`).
    pub name: &'static str,
    /// Number of arguments with the name: exact when positive, a minimum when negative.
    pub arity: i32,
    pub flags: Flags,
    /// ACL categories beyond those that the flags imply.
    pub categories: &'static [Category],
    /// Where the keys are among the arguments.
    pub keys: &'static [KeySpec],
    /// Where the channels are that a call needs a right to.
    pub channels: Option<ChannelSpec>,
    /// Hints for clients and proxies, as `COMMAND INFO` prints them.
    pub tips: &'static [&'static str],
    pub docs: Docs,
    /// Of HELP: what it prints.
    pub help: &'static [&'static str],
}

/// What follows from them.
impl Facts {
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

    /// The keys of one call in the order of its arguments' groups, each with what is done with it;
    /// without what only looks like a key.
    pub fn keys_in<'a>(
        &self,
        args: Args<'a>,
    ) -> impl Iterator<Item = (&'a [u8], &'static [KeyFlag])> + use<'a> {
        let specs = self.keys.iter().filter(|spec| !spec.flags.contains(&KeyFlag::NotKey));
        specs.flat_map(move |spec| {
            spec.positions(args).map(move |at| (args.get(at), spec.flags_in(args)))
        })
    }

    /// The channels of one call that it needs a right to, each with what it is.
    pub fn channels_in<'a>(
        &self,
        args: Args<'a>,
    ) -> impl Iterator<Item = (&'a [u8], Kind)> + use<'a> {
        let specs = self.channels.into_iter();
        specs.flat_map(move |spec| spec.names(args).map(move |name| (name, spec.kind)))
    }

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
    NoAsyncLoading,
    NoMulti,
    AllowBusy,
    NoMandatoryKeys,
    MovableKeys,
    // `COMMAND INFO` has no word for what follows.
    /// Only where `enable-debug-command` allows it.
    OfDebug,
    /// Only where `enable-module-command` allows it.
    OfModules,
    /// It may go to the replicas without being a write.
    MayReplicate,
    /// It acts on a transaction rather than joins it: MULTI does not queue it.
    ActsOnTransaction,
    /// It ends a transaction, so that one who is in it may call it however full the memory is.
    EndsTransaction,
    /// EXEC: what it is allowed to do is what the queued commands are.
    RunsTransaction,
    /// It says whom we follow.
    NamesMaster,
    /// In RESP2 a subscriber may call it.
    WhileSubscribed,
    /// It changes neither keys nor the state of the server or the connection. So do those on keys
    /// (`Write`, `ReadOnly`), as far as the state goes.
    ChangesNothing,
    /// Who asks by it whether all is well gets the error that writes get.
    TellsHealth,
    /// It is about the role of this server or about a connection of its own: nothing that a master
    /// could mean by its stream.
    NotInStream,
    /// It may be answered long after it has run, and is not called `Blocking` for that.
    AnsweredLater,
    /// It waits for others than this server, so that no transaction may hold it, though Redis's may.
    NotQueued,
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

    #[expect(clippy::indexing_slicing, reason = "runs when the rows are compiled")]
    pub const fn of(flags: &[Flag]) -> Flags {
        let mut bits = 0;
        let mut i = 0;
        while i < flags.len() {
            bits |= 1 << flags[i] as u32;
            i += 1;
        }
        Flags(bits)
    }

    pub const fn and(self, more: Flags) -> Flags {
        Flags(self.0 | more.0)
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
