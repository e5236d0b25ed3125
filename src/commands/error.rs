//! Every error text that a client sees.

use std::borrow::Cow;

/// What a handler returns.
pub type Outcome = Result<(), CommandError>;

/// Why a command was refused. Its text begins with the code (`ERR`, `WRONGTYPE`, ...).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    Syntax,
    WrongType,
    /// Not an integer, or out of the range of 64 bits.
    NotInteger,
    NotFloat,
    OutOfRange,
    NoSuchKey,
    SameObject,
    /// An expire time that does not fit; the command is named in lower case.
    InvalidExpire(&'static str),
    StringTooLong,
    IncrementOverflow,
    DecrementOverflow,
    /// A sum of floats that is infinite or no number.
    NotFinite,
    OffsetOutOfRange,
    DbOutOfRange,
    ReadOnlyReplica,
    NoReplicas,
    MasterDown,
    Loading,
    Busy,
    NoAuth,
    WrongPass,
    /// `debug` or `module`: the settings keep it from this client.
    NotEnabled(&'static str),
    /// The user has no right to the channel.
    NoChannelPermission,
    /// The same of what was queued when it had one.
    LostChannelPermission,
    NoProto,
    Oom,
    Misconf,
    /// CLIENT UNBLOCK ERROR of another client.
    Unblocked,
    /// A master that somebody waited at has become a replica.
    RoleChanged,
    /// A new client is one more than `maxclients`.
    TooManyClients,
    /// A new client comes from outside of a machine that has no password.
    ProtectedMode,
    /// SHUTDOWN was given up.
    ShutdownFailed,
    /// The message, code included.
    Text(Cow<'static, str>),
    /// The message as bytes, code included: for texts that quote what the client sent.
    Bytes(Vec<u8>),
}

impl CommandError {
    /// An error whose text is a constant, code included.
    pub const fn text(text: &'static str) -> Self {
        CommandError::Text(Cow::Borrowed(text))
    }

    /// An error with a composed text, code included.
    pub fn owned(text: String) -> Self {
        CommandError::Text(Cow::Owned(text))
    }

    /// `ERR wrong number of arguments for '<name>' command`.
    pub fn wrong_arity(name: &str) -> Self {
        CommandError::owned(format!("ERR wrong number of arguments for '{name}' command"))
    }

    /// An error that quotes what the client sent, up to its first NUL, as C prints a string.
    pub fn quoting(before: &str, word: &[u8], after: &str) -> Self {
        let word = memchr::memchr(0, word).map_or(word, |nul| &word[..nul]);
        CommandError::Bytes([before.as_bytes(), word, after.as_bytes()].concat())
    }

    /// `ERR unknown subcommand ...` as Redis prints it, the word cut at 128 characters.
    pub fn unknown_subcommand(sub: &[u8], container: &str) -> Self {
        let after = format!("'. Try {} HELP.", container.to_ascii_uppercase());
        CommandError::quoting("ERR unknown subcommand '", &sub[..sub.len().min(128)], &after)
    }

    /// The same for commands whose subcommands are not declared.
    pub fn unknown_operation(sub: &[u8], container: &str) -> Self {
        let before = "ERR unknown subcommand or wrong number of arguments for '";
        let after = format!("'. Try {container} HELP.");
        CommandError::quoting(before, &sub[..sub.len().min(128)], &after)
    }

    /// The reply's text, without the leading `-` and without the line end.
    pub fn message(&self) -> Cow<'_, [u8]> {
        let text: Cow<'_, str> = match self {
            CommandError::Syntax => "ERR syntax error".into(),
            CommandError::WrongType => {
                "WRONGTYPE Operation against a key holding the wrong kind of value".into()
            }
            CommandError::NotInteger => "ERR value is not an integer or out of range".into(),
            CommandError::NotFloat => "ERR value is not a valid float".into(),
            CommandError::OutOfRange => "ERR index out of range".into(),
            CommandError::NoSuchKey => "ERR no such key".into(),
            CommandError::SameObject => "ERR source and destination objects are the same".into(),
            CommandError::InvalidExpire(name) => {
                format!("ERR invalid expire time in '{name}' command").into()
            }
            CommandError::StringTooLong => {
                "ERR string exceeds maximum allowed size (proto-max-bulk-len)".into()
            }
            CommandError::IncrementOverflow => {
                "ERR increment or decrement would overflow".into()
            }
            CommandError::DecrementOverflow => "ERR decrement would overflow".into(),
            CommandError::OffsetOutOfRange => "ERR offset is out of range".into(),
            CommandError::NotFinite => "ERR increment would produce NaN or Infinity".into(),
            CommandError::DbOutOfRange => "ERR DB index is out of range".into(),
            CommandError::ReadOnlyReplica => {
                "READONLY You can't write against a read only replica.".into()
            }
            CommandError::NoReplicas => "NOREPLICAS Not enough good replicas to write.".into(),
            CommandError::MasterDown => {
                "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
                    .into()
            }
            CommandError::Loading => "LOADING Redis is loading the dataset in memory".into(),
            CommandError::Busy => {
                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."
                    .into()
            }
            CommandError::NoAuth => "NOAUTH Authentication required.".into(),
            CommandError::WrongPass => {
                "WRONGPASS invalid username-password pair or user is disabled.".into()
            }
            CommandError::NoChannelPermission => {
                "NOPERM this user has no permissions to access one of the channels used as arguments"
                    .into()
            }
            CommandError::LostChannelPermission => "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to access one of the channels used as arguments".into(),
            CommandError::NotEnabled(what) => format!(
                "ERR {} command not allowed. If the enable-{what}-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
                what.to_ascii_uppercase()
            )
            .into(),
            CommandError::NoProto => "NOPROTO unsupported protocol version".into(),
            CommandError::Oom => "OOM command not allowed when used memory > 'maxmemory'.".into(),
            CommandError::Misconf => "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.".into(),
            CommandError::Unblocked => "UNBLOCKED client unblocked via CLIENT UNBLOCK".into(),
            CommandError::RoleChanged => "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)".into(),
            CommandError::TooManyClients => "ERR max number of clients reached".into(),
            CommandError::ProtectedMode => "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.".into(),
            CommandError::ShutdownFailed => "ERR Errors trying to SHUTDOWN. Check logs.".into(),
            CommandError::Text(text) => Cow::Borrowed(text.as_ref()),
            CommandError::Bytes(bytes) => return Cow::Borrowed(bytes.as_slice()),
        };
        match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn what_is_quoted_ends_at_a_nul() {
        let mut server = TestServer::new();
        server.run("SET k v");
        let cases: [(&[&[u8]], &str); 5] = [
            (
                &[b"NO\0SUCH", b"a\0b", b""],
                "unknown command 'NO', with args beginning with: 'a' '' ",
            ),
            (&[b"CLIENT", b"NO\0SUCH"], "unknown subcommand 'NO'. Try CLIENT HELP."),
            (&[b"EXPIRE", b"k", b"1", b"NO\0SUCH"], "Unsupported option NO"),
            (&[b"HELLO", b"3", b"NO\0SUCH"], "Syntax error in HELLO option 'NO'"),
            (&[b"CLIENT", b"KILL", b"TYPE", b"NO\0SUCH"], "Unknown client type 'NO'"),
        ];
        for (args, text) in cases {
            let reply = server.run_args(args);
            assert_eq!(String::from_utf8_lossy(&reply), format!("-ERR {text}\r\n"));
        }
    }
}
