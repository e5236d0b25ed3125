//! What `COMMAND DOCS` tells of a command: constants beside each row.

/// The version of ours in which a command is new that Redis does not have.
pub const OUR_FIRST: &str = "0.1.0";

/// The documentation of a row.
#[derive(Clone, Copy)]
pub struct Docs {
    pub summary: &'static str,
    /// The version of Redis that brought the command.
    pub since: &'static str,
    pub group: Group,
    pub complexity: &'static str,
    /// `doc_flags`, such as `deprecated` or `syscmd`.
    pub flags: &'static [&'static str],
    pub deprecated_since: &'static str,
    pub replaced_by: &'static str,
    /// (version, what changed).
    pub history: &'static [(&'static str, &'static str)],
    pub arguments: &'static [Arg],
}

impl Docs {
    /// What a row has that says nothing.
    pub const NONE: Docs = Docs {
        summary: "",
        since: "",
        group: Group::Generic,
        complexity: "O(1)",
        flags: &[],
        deprecated_since: "",
        replaced_by: "",
        history: &[],
        arguments: &[],
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Generic,
    String,
    List,
    Set,
    SortedSet,
    Hash,
    PubSub,
    Transactions,
    Connection,
    Server,
    Scripting,
    HyperLogLog,
    Cluster,
    Sentinel,
    Geo,
    Stream,
    Bitmap,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Group::Generic => "generic",
            Group::String => "string",
            Group::List => "list",
            Group::Set => "set",
            Group::SortedSet => "sorted-set",
            Group::Hash => "hash",
            Group::PubSub => "pubsub",
            Group::Transactions => "transactions",
            Group::Connection => "connection",
            Group::Server => "server",
            Group::Scripting => "scripting",
            Group::HyperLogLog => "hyperloglog",
            Group::Cluster => "cluster",
            Group::Sentinel => "sentinel",
            Group::Geo => "geo",
            Group::Stream => "stream",
            Group::Bitmap => "bitmap",
        }
    }
}

/// One documented argument.
#[derive(Clone, Copy)]
pub struct Arg {
    pub name: &'static str,
    pub kind: ArgKind,
    /// The word that comes before the value; of a pure token the word itself.
    pub token: &'static str,
    pub since: &'static str,
    pub deprecated_since: &'static str,
    pub optional: bool,
    pub multiple: bool,
    pub multiple_token: bool,
    /// The part inside, of `OneOf` and `Block`.
    pub inner: &'static [Arg],
    /// Index of the key specification, of `Key`; of a `Pattern` of keys, else 0.
    pub key_spec: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    String,
    Integer,
    Double,
    Key,
    Pattern,
    UnixTime,
    PureToken,
    OneOf,
    Block,
}

impl ArgKind {
    pub fn name(self) -> &'static str {
        match self {
            ArgKind::String => "string",
            ArgKind::Integer => "integer",
            ArgKind::Double => "double",
            ArgKind::Key => "key",
            ArgKind::Pattern => "pattern",
            ArgKind::UnixTime => "unix-time",
            ArgKind::PureToken => "pure-token",
            ArgKind::OneOf => "oneof",
            ArgKind::Block => "block",
        }
    }
}

impl Arg {
    /// The one key of a command.
    pub const KEY: Arg = Arg::key("key", 0);
    /// What most commands with several keys take.
    pub const KEYS: Arg = Arg::KEY.multiple();

    const fn of(name: &'static str, kind: ArgKind) -> Arg {
        Arg {
            name,
            kind,
            token: "",
            since: "",
            deprecated_since: "",
            optional: false,
            multiple: false,
            multiple_token: false,
            inner: &[],
            key_spec: 0,
        }
    }
    pub const fn string(name: &'static str) -> Arg {
        Arg::of(name, ArgKind::String)
    }
    pub const fn integer(name: &'static str) -> Arg {
        Arg::of(name, ArgKind::Integer)
    }
    pub const fn double(name: &'static str) -> Arg {
        Arg::of(name, ArgKind::Double)
    }
    pub const fn pattern(name: &'static str) -> Arg {
        Arg::of(name, ArgKind::Pattern)
    }
    pub const fn unix_time(name: &'static str) -> Arg {
        Arg::of(name, ArgKind::UnixTime)
    }
    pub const fn key(name: &'static str, key_spec: usize) -> Arg {
        Arg { key_spec, ..Arg::of(name, ArgKind::Key) }
    }
    /// A word that stands alone.
    pub const fn word(name: &'static str, token: &'static str) -> Arg {
        Arg { token, ..Arg::of(name, ArgKind::PureToken) }
    }
    pub const fn one_of(name: &'static str, inner: &'static [Arg]) -> Arg {
        Arg { inner, ..Arg::of(name, ArgKind::OneOf) }
    }
    pub const fn block(name: &'static str, inner: &'static [Arg]) -> Arg {
        Arg { inner, ..Arg::of(name, ArgKind::Block) }
    }
    pub const fn token(self, token: &'static str) -> Arg {
        Arg { token, ..self }
    }
    pub const fn since(self, since: &'static str) -> Arg {
        Arg { since, ..self }
    }
    pub const fn deprecated(self, deprecated_since: &'static str) -> Arg {
        Arg { deprecated_since, ..self }
    }
    pub const fn optional(self) -> Arg {
        Arg { optional: true, ..self }
    }
    pub const fn multiple(self) -> Arg {
        Arg { multiple: true, ..self }
    }
    pub const fn multiple_token(self) -> Arg {
        Arg { multiple: true, multiple_token: true, ..self }
    }
}
