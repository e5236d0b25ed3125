//! Choices: one word out of a few.

use super::{Reason, Source, Value};

/// A type whose values have names.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every name in the order in which Redis lists them. A value's first name is the one printed.
    const NAMES: &'static [(&'static str, Self)];

    /// The value's name.
    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, value)| *value == self).map_or("unknown", |(name, _)| name)
    }

    /// The value of a name, in any case.
    fn from_name(name: &[u8]) -> Option<Self> {
        let row = Self::NAMES.iter().find(|row| row.0.as_bytes().eq_ignore_ascii_case(name));
        row.map(|(_, value)| *value)
    }
}

/// Taken, but of later versions than the one whose complaints these are.
const LATER_NAMES: &[&str] = &["flush-before-load"];

/// The complaint about a word that is none of the names.
pub(super) fn not_one_of(names: impl Iterator<Item = &'static str>) -> Reason {
    let names: Vec<_> = names.filter(|name| !LATER_NAMES.contains(name)).collect();
    format!("argument(s) must be one of the following: {}", names.join(", ")).into()
}

macro_rules! choices {
    ($($(#[$doc:meta])* $type:ident { $($variant:ident = $first:literal $(| $more:literal)*),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type { $($variant),+ }

        impl Choice for $type {
            const NAMES: &'static [(&'static str, Self)] =
                &[$(($first, Self::$variant), $(($more, Self::$variant),)*)+];
        }

        impl Value for $type {
            type Rule = ();

            fn parse(&self, arguments: &[&[u8]], _: &(), _: Source) -> Result<Self, Reason> {
                arguments
                    .first()
                    .and_then(|word| Self::from_name(word))
                    .ok_or_else(|| not_one_of(Self::NAMES.iter().map(|row| row.0)))
            }

            fn text(&self, _: &()) -> Vec<u8> {
                self.name().as_bytes().to_vec()
            }
        }
    )+};
}

choices! {
    /// What to delete when memory is full.
    MaxmemoryPolicy {
        VolatileLru = "volatile-lru",
        VolatileLfu = "volatile-lfu",
        VolatileRandom = "volatile-random",
        VolatileTtl = "volatile-ttl",
        AllkeysLru = "allkeys-lru",
        AllkeysLfu = "allkeys-lfu",
        AllkeysRandom = "allkeys-random",
        NoEviction = "noeviction",
    }

    /// The sender that syslog is told.
    SyslogFacility {
        User = "user",
        Local0 = "local0",
        Local1 = "local1",
        Local2 = "local2",
        Local3 = "local3",
        Local4 = "local4",
        Local5 = "local5",
        Local6 = "local6",
        Local7 = "local7",
    }

    /// The least important messages that are logged.
    LogLevel { Debug = "debug", Verbose = "verbose", Notice = "notice", Warning = "warning" }

    /// How a line of the log is written.
    LogFormat { Legacy = "legacy", Logfmt = "logfmt", Json = "json" }

    /// How a line of the log says when it was written.
    LogTimestampFormat { Legacy = "legacy", Iso8601 = "iso8601", Milliseconds = "milliseconds" }

    /// Who supervises the process and wants to be told that it is up.
    Supervised { Upstart = "upstart", Systemd = "systemd", Auto = "auto", No = "no" }

    /// When what was appended to the log is forced to disk.
    AppendFsync { Everysec = "everysec", Always = "always", No = "no" }

    /// How a replica loads what its master streams.
    DisklessLoad {
        Disabled = "disabled",
        OnEmptyDb = "on-empty-db",
        Swapdb = "swapdb",
        FlushBeforeLoad = "flush-before-load",
    }

    /// Whether TLS clients must show a certificate.
    TlsAuthClients { No = "no", Yes = "yes", Optional = "optional" }

    /// Whether the kernel is told whom to kill first, and against which base.
    OomScoreAdj { No = "no", Relative = "yes" | "relative", Absolute = "absolute" }

    /// The channels that a new user may use.
    AclPubsubDefault { AllChannels = "allchannels", ResetChannels = "resetchannels" }

    /// Whose RESTORE payloads and RDB files are checked in depth.
    SanitizeDumpPayload { No = "no", Yes = "yes", Clients = "clients" }

    /// Who may do something dangerous: nobody, everybody, or connections from this machine.
    Protected { No = "no", Yes = "yes", Local = "local" }

    /// How cluster nodes are named to clients.
    EndpointType { Ip = "ip", Hostname = "hostname", UnknownEndpoint = "unknown-endpoint" }

    /// Which RDB files are loaded.
    RdbVersionCheck { Strict = "strict", Relaxed = "relaxed" }

    /// What follows an error in the replication stream or the append-only file.
    PropagationError { Ignore = "ignore", Panic = "panic", PanicOnReplicas = "panic-on-replicas" }
}

impl Protected {
    /// Whether a client may do it; `local` says if its connection comes from this machine.
    pub fn allows(self, local: bool) -> bool {
        self == Protected::Yes || (self == Protected::Local && local)
    }
}
