//! Every error text that a client sees; but for what breaks the protocol
//! ([`ProtocolError`](crate::resp::limits::ProtocolError)) and for why a setting is refused
//! ([`SetError`](crate::config::set::SetError)).

use std::borrow::Cow;

use crate::resp::request::Args;

/// What a handler returns.
pub type Outcome = Result<(), CommandError>;

/// Most of a word that is quoted, in bytes.
const QUOTED_BYTES_MAX: usize = 128;

/// Makes [`CommandError`] of rows: a name, the fact that the error quotes, and the text.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident $(($fact:ident: $type:ty))? = $text:expr;)*) => {
        /// Why a command was refused. Its text begins with the code (`ERR`, `WRONGTYPE`, ...).
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum CommandError {
            $($(#[$doc])* $name $(($type))?,)*
        }

        impl CommandError {
            /// The reply's text, without the leading `-` and without the line end.
            pub fn message(&self) -> Cow<'_, [u8]> {
                match self {
                    $(CommandError::$name $(($fact))? => Text::from($text).0,)*
                }
            }
        }
    };
}

errors! {
    // --- of arguments ---------------------------------------------------------------------------

    Syntax = "ERR syntax error";
    WrongArity(name: &'static str) = format!("ERR wrong number of arguments for '{name}' command");
    /// Not an integer, or out of the range of 64 bits.
    NotInteger = "ERR value is not an integer or out of range";
    /// Not an integer of 32 bits.
    NotInt32 = "ERR value is out of range, value must between -2147483648 and 2147483647";
    NotFloat = "ERR value is not a valid float";
    NotPositive = "ERR value is out of range, must be positive";
    /// Of a count that may be negative: its magnitude must fit.
    NotMagnitude = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
    /// A number of elements that is too large to be doubled.
    TooMany = "ERR value is out of range";
    StreamId = "ERR Invalid stream ID specified as stream command argument";
    StreamIdZero = "ERR The ID specified in XADD must be greater than 0-0";
    StreamIdNotAbove = "ERR The ID specified in XADD is equal or smaller than the target stream top item";
    StreamExhausted = "ERR The stream has exhausted the last possible ID, unable to add more items";
    StreamEntryTooLarge = "ERR Elements are too large to be stored";
    IntervalStart = "ERR invalid start ID for the interval";
    IntervalEnd = "ERR invalid end ID for the interval";
    TrimTwice = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible";
    TrimLengthNegative = "ERR The MAXLEN argument must be >= 0.";
    TrimLimitNegative = "ERR The LIMIT argument must be >= 0.";
    TrimLimitAlone = "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy";
    TrimLimitExact = "ERR syntax error, LIMIT cannot be used without the special ~ option";
    TrimWithoutStrategy = "ERR syntax error, XTRIM must be called with a trimming strategy";
    /// A key and a group.
    NoKeyOrGroup(names: (Vec<u8>, Vec<u8>)) =
        quote_both("NOGROUP No such key '", names, "' or consumer group '", "'");
    /// The same.
    NoKeyOrGroupToRead(names: (Vec<u8>, Vec<u8>)) = quote_both(
        "NOGROUP No such key '",
        names,
        "' or consumer group '",
        "' in XREADGROUP with GROUP option"
    );
    /// A group and a key.
    NoGroup(names: (Vec<u8>, Vec<u8>)) =
        quote_both("NOGROUP No such consumer group '", names, "' for key name '", "'");
    GroupExists = "BUSYGROUP Consumer Group name already exists";
    GroupWithoutKey =
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.";
    EntriesReadNegative = "ERR value for ENTRIESREAD must be positive or -1";
    UnbalancedStreams =
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.";
    GroupInXread =
        "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.";
    NoackInXread =
        "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.";
    MissingGroup = "ERR Missing GROUP option for XREADGROUP";
    LastIdInXreadgroup =
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.";
    NewIdInXread =
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.";
    /// XCLAIM or XAUTOCLAIM.
    InvalidMinIdle(name: &'static str) =
        format!("ERR Invalid min-idle-time argument for {name}");
    InvalidClaimOption(name: &'static str) =
        format!("ERR Invalid {name} option argument for XCLAIM");
    UnknownClaimOption(word: Vec<u8>) = quote("ERR Unrecognized XCLAIM option '", word, "'");
    ClaimCountNotPositive = "ERR COUNT must be > 0";
    EntriesAddedNegative = "ERR entries_added must be positive";
    LastIdBelowDeleted = "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id";
    LastIdBelowTop = "ERR The ID specified in XSETID is smaller than the target stream top item";
    EntriesAddedBelowLength = "ERR The entries_added specified in XSETID is smaller than the target stream length";
    TooManyKeys = "ERR Number of keys can't be greater than number of args";
    LimitNegative = "ERR LIMIT can't be negative";
    NotZeroOrOne = "ERR value is out of range, value must between 0 and 1";
    OutOfRange = "ERR index out of range";
    OffsetOutOfRange = "ERR offset is out of range";
    DbOutOfRange = "ERR DB index is out of range";
    TimeoutNotInteger = "ERR timeout is not an integer or out of range";
    TimeoutNotFloat = "ERR timeout is not a float or out of range";
    TimeoutNegative = "ERR timeout is negative";
    TimeoutOutOfRange = "ERR timeout is out of range";
    KeyCountNotPositive = "ERR numkeys should be greater than 0";
    CountNotPositive = "ERR count should be greater than 0";
    CountNegative = "ERR COUNT can't be negative";
    MaxLenNegative = "ERR MAXLEN can't be negative";
    NotSortable = "ERR One or more scores can't be converted into double";
    RankZero =
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list";
    InvalidCursor = "ERR invalid cursor";
    UnsupportedOption(word: Vec<u8>) = quote("ERR Unsupported option ", word, "");

    // --- of keys and values ---------------------------------------------------------------------

    NoSuchKey = "ERR no such key";
    WrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
    SameObject = "ERR source and destination objects are the same";
    BusyKey = "BUSYKEY Target key name already exists.";
    /// An expire time that does not fit; the command is named in lower case.
    InvalidExpire(name: &'static str) = format!("ERR invalid expire time in '{name}' command");
    InvalidTtl = "ERR Invalid TTL value, must be >= 0";
    InvalidIdleTime = "ERR Invalid IDLETIME value, must be >= 0";
    InvalidFrequency = "ERR Invalid FREQ value, must be >= 0 and <= 255";
    NxWithOthers = "ERR NX and XX, GT or LT options at the same time are not compatible";
    GtWithLt = "ERR GT and LT options at the same time are not compatible";
    IdleTimeNotTracked =
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    FrequencyNotTracked =
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";
    PayloadNotChecked = "ERR DUMP payload version or checksum are wrong";
    BadData = "ERR Bad data format";
    InvalidFirstDb = "ERR invalid first DB index";
    InvalidSecondDb = "ERR invalid second DB index";
    StringTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    IncrementOverflow = "ERR increment or decrement would overflow";
    DecrementOverflow = "ERR decrement would overflow";
    FieldNotInteger = "ERR hash value is not an integer";
    FieldNotFloat = "ERR hash value is not a float";
    IncrementNotFinite = "ERR value is NaN or Infinity";
    XxWithNx = "ERR XX and NX options at the same time are not compatible";
    GtLtWithNx = "ERR GT, LT, and/or NX options at the same time are not compatible";
    IncrOfOne = "ERR INCR option supports a single increment-element pair";
    ScoreNotANumber = "ERR resulting score is not a number (NaN)";
    MinOrMaxNotFloat = "ERR min or max is not a float";
    MinOrMaxNotMember = "ERR min or max not valid string range item";
    LimitByRank =
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX";
    ScoresByMember =
        "ERR syntax error, WITHSCORES not supported in combination with BYLEX";
    NoInputKey(name: &'static str) =
        format!("ERR at least 1 input key is needed for '{name}' command");
    WeightNotFloat = "ERR weight value is not a float";
    /// Degrees that are no place on the map.
    NoPlace(pair: String) = format!("ERR invalid longitude,latitude pair {pair}");
    UnknownUnit = "ERR unsupported unit provided. please use M, KM, FT, MI";
    RadiusNotNumber = "ERR need numeric radius";
    RadiusNegative = "ERR radius cannot be negative";
    WidthNotNumber = "ERR need numeric width";
    HeightNotNumber = "ERR need numeric height";
    BoxNegative = "ERR height or width cannot be negative";
    NoSuchMember = "ERR could not decode requested zset member";
    CountNotAboveZero = "ERR COUNT must be > 0";
    AnyWithoutCount = "ERR the ANY argument requires COUNT argument";
    StoreWithDetails(what: &'static str) =
        format!("ERR {what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    NoMiddle(name: Vec<u8>) =
        quote("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ", name, "");
    NoShape(name: Vec<u8>) =
        quote("ERR exactly one of BYRADIUS and BYBOX can be specified for ", name, "");
    /// A sum of floats that is infinite or no number.
    NotFinite = "ERR increment would produce NaN or Infinity";
    LcsLenWithIdx = "ERR If you want both the length and indexes, please just use IDX.";
    LcsWrongType = "ERR The specified keys must contain string values";
    LcsTooLong = "ERR String too long for LCS";
    LcsOverLimit = "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len";
    LcsNoMemory = "ERR Insufficient memory, failed allocating transient memory for LCS";

    BitOffset = "ERR bit offset is not an integer or out of range";
    BitNotZeroOrOne = "ERR bit is not an integer or out of range";
    BitposBit = "ERR The bit argument must be 1 or 0.";
    BitopNot = "ERR BITOP NOT must be called with a single source key.";
    FieldType =
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
    FieldOverflow = "ERR Invalid OVERFLOW type specified";
    FieldsReadOnly = "ERR BITFIELD_RO only supports the GET subcommand";
    NotHyperLogLog = "WRONGTYPE Key is not a valid HyperLogLog string value.";
    CorruptHyperLogLog = "INVALIDOBJ Corrupted HLL object detected";
    HyperLogLogNotSparse = "ERR HLL encoding is not sparse";
    NoSpecifiedKey = "ERR The specified key does not exist";
    UnknownPfdebug(word: Vec<u8>) = quote("ERR Unknown PFDEBUG subcommand '", word, "'");
    SelfTestFailed(what: String) = format!("TESTFAILED {what}");

    // --- of admission ---------------------------------------------------------------------------

    /// `debug` or `module`: the settings keep it from this client.
    NotEnabled(what: &'static str) = format!(
        "ERR {} command not allowed. If the enable-{what}-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.",
        what.to_ascii_uppercase()
    );
    NoAuth = "NOAUTH Authentication required.";
    WrongPass = "WRONGPASS invalid username-password pair or user is disabled.";
    /// The user has no right to the channel.
    NoChannelPermission =
        "NOPERM this user has no permissions to access one of the channels used as arguments";
    /// The same of what was queued when it had one.
    LostChannelPermission =
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to access one of the channels used as arguments";
    NotInTransaction = "ERR Command not allowed inside a transaction";
    NotInStream = "ERR Command not allowed in a replication stream";
    Oom = "OOM command not allowed when used memory > 'maxmemory'.";
    Misconf =
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.";
    /// The append-only log cannot be written.
    LogFails(reason: String) = format!("MISCONF Errors writing to the AOF file: {reason}");
    NoReplicas = "NOREPLICAS Not enough good replicas to write.";
    ReadOnlyReplica = "READONLY You can't write against a read only replica.";
    NotWhileSubscribed(name: &'static str) =
        format!("ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
    MasterDown = "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    Loading = "LOADING Redis is loading the dataset in memory";
    Busy = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    ReplicaTouchesKeys = "ERR Replica can't interact with the keyspace";

    // --- of connections -------------------------------------------------------------------------

    /// A new client is one more than `maxclients`.
    TooManyClients = "ERR max number of clients reached";
    /// A new client comes from outside of a machine that has no password.
    ProtectedMode =
        "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.";
    NoProto = "NOPROTO unsupported protocol version";
    ProtocolNotInteger = "ERR Protocol version is not an integer or out of range";
    HelloWithoutAuth =
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time";
    UnknownHelloOption(word: Vec<u8>) = quote("ERR Syntax error in HELLO option '", word, "'");
    /// AUTH with a password alone, and there is none.
    NoPassword =
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?";
    ResetOfReplica = "ERR can only reset normal client connections";
    InvalidClientId = "ERR Invalid client ID";
    InvalidClientName = "ERR Client names cannot contain spaces, newlines or special characters.";
    UnknownAttribute(name: Vec<u8>) = quote("ERR Unrecognized option '", name, "'");
    InvalidAttribute(name: Vec<u8>) =
        quote("ERR ", name, " cannot contain spaces, newlines or special characters.");
    UnknownClientType(word: Vec<u8>) = quote("ERR Unknown client type '", word, "'");
    NoSuchClient = "ERR No such client";
    NoSuchUser(user: Vec<u8>) = quote("ERR No such user '", user, "'");
    InvalidKillId = "ERR client-id should be greater than 0";
    InvalidMaxAge = "ERR maxage is not an integer or out of range";
    InvalidPauseMode = "ERR CLIENT PAUSE mode must be WRITE or ALL";
    InvalidUnblockReason = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR";
    /// `replica-forward-writes`: nothing was sent.
    NotForwarded(reason: String) = format!("MASTERDOWN The write was not forwarded to MASTER: {reason}");
    ForwardLost(reason: String) =
        format!("MASTERDOWN Link with MASTER lost, the forwarded write may be applied or not: {reason}");
    /// A forwarder knows it by its first words.
    CameBack = "READONLY CAMEBACK The write was forwarded by this server.";
    /// So is this one.
    ForwardedToReplica =
        "READONLY SETTLED The write was forwarded to a replica that does not forward it (replica-forward-writes).";
    WatchedWhileForwarding =
        "READONLY What is watched on a replica does not guard a transaction on its master.";
    NotToBeForwarded =
        "READONLY A transaction that writes is forwarded only if it has nothing but commands on keys.";
    /// `repl-ack-quorum`, CLIENT QUORUM.
    NoQuorum =
        "NOQUORUM The write is applied here, but not confirmed by as many replicas as it was to be.";
    /// CLIENT UNBLOCK ERROR of another client.
    Unblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    /// A master that somebody waited at has become a replica.
    RoleChanged =
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
    NoTracking = "ERR client side caching is not supported yet";
    CachingWithoutTracking =
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled";
    ShardSubscribeInTransaction = "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client";
    MonitorInTransaction = "ERR MONITOR isn't allowed for DENY BLOCKING client";

    // --- of transactions ------------------------------------------------------------------------

    NestedMulti = "ERR MULTI calls can not be nested";
    ExecWithoutMulti = "ERR EXEC without MULTI";
    DiscardWithoutMulti = "ERR DISCARD without MULTI";
    WatchInsideMulti = "ERR WATCH inside MULTI is not allowed";
    ExecAborted = "EXECABORT Transaction discarded because of previous errors.";

    // --- of MIGRATE -----------------------------------------------------------------------------

    MigrateKeyBesideKeys =
        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string";
    TargetNotConnected = "IOERR error or timeout connecting to the client";
    TargetTakesNothing = "IOERR error or timeout writing to target instance";
    TargetSaysNothing = "IOERR error or timeout reading to target instance";
    TargetError(text: String) = format!("ERR Target instance replied with error: {text}");
    /// The keys were changed by what does not wait for them: the master's stream, FLUSHALL.
    ChangedWhileMigrated =
        "ERR Keys have changed while they were migrated: the target has them as they were before.";

    // --- of replication -------------------------------------------------------------------------

    WaitOnReplica =
        "ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.";
    WaitaofOnReplica =
        "ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are not propagated.";
    WaitaofWithoutLog =
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";
    InvalidMasterPort = "ERR Invalid master port";
    SyncWhileFailingOver = "NOMASTERLINK Can't SYNC while failing over";
    SyncWithoutMasterLink = "NOMASTERLINK Can't SYNC while not connected with my master";
    SyncWithPendingOutput = "ERR SYNC and PSYNC are invalid with pending output";
    FilteredWithoutEof = "ERR Filtered replica requires EOF capability";
    ReplicaofWhileFailingOver = "ERR REPLICAOF not allowed while failing over.";
    FailoverTimeout = "ERR FAILOVER timeout must be greater than 0";
    FailoverUnderWay = "ERR FAILOVER already in progress.";
    NoFailoverUnderWay = "ERR No failover in progress.";
    FailoverOnReplica = "ERR FAILOVER is not valid when server is a replica.";
    FailoverWithoutReplicas = "ERR FAILOVER requires connected replicas.";
    FailoverForceAlone =
        "ERR FAILOVER with force option requires both a timeout and target HOST and IP.";
    FailoverTargetUnknown = "ERR FAILOVER target HOST and PORT is not a replica.";
    FailoverTargetOffline = "ERR FAILOVER target replica is not online.";
    /// By PSYNC.
    HandOverToMaster = "ERR PSYNC FAILOVER can't be sent to a master.";
    /// A master that hands over knows it by its first words.
    HandOverPassedOn =
        "ERR PSYNC FAILOVER was obeyed before, and this server has handed over since.";
    HandOverOfOtherHistory = "ERR PSYNC FAILOVER replid must match my replid.";
    HandOverToOlderFile = "ERR PSYNC FAILOVER asks for what my file does not have.";
    UnknownReplconf(word: Vec<u8>) = quote("ERR Unrecognized REPLCONF option: ", word, "");
    AddressTooLong(bytes: usize) =
        format!("ERR REPLCONF ip-address provided by replica instance is too long: {bytes} bytes");
    UnsupportedFilter(word: Vec<u8>) = quote("ERR Unsupported rdb-filter-only option: ", word, "");

    // --- of the server --------------------------------------------------------------------------

    NoCluster = "ERR This instance has cluster support disabled";
    NoModules = "ERR this server does not load modules";
    NoSuchModule = "ERR Error unloading module: no such module with that name";
    NoConfigFile = "ERR The server is running without a config file";
    ConfigNotWritten(reason: String) = format!("ERR Rewriting config file: {reason}");
    SaveInProgress = "ERR Background save already in progress";
    RewriteInProgress = "ERR Background append only file rewriting already in progress";
    SaveWhileRewriting =
        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.";
    /// A save failed; the log says why.
    NotSaved = "ERR";
    BackupName = "ERR The name of a backup is that of a new folder in the working directory";
    BackupWithoutLog = "ERR BACKUP copies the append-only log, which is not on";
    NoShutdown = "ERR No shutdown in progress.";
    /// SHUTDOWN was given up.
    ShutdownFailed = "ERR Errors trying to SHUTDOWN. Check logs.";
    InvalidCommand = "ERR Invalid command specified";
    CommandWithoutKeys = "ERR The command has no key arguments";
    InvalidArgumentCount = "ERR Invalid number of arguments specified for command";
    InvalidArguments = "ERR Invalid arguments specified for command";
    InvalidLogCount = "ERR count should be greater than or equal to -1";
    UnknownLogType = "ERR type should be one of the following: slow, large-request, large-reply";
    NoSamples(event: String) = format!("ERR No samples available for event '{event}'");
    PurgeFailed = "ERR Error purging dirty pages";

    // --- of DEBUG -------------------------------------------------------------------------------

    UnknownReloadOption = "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.";
    NotLoaded = "ERR Error trying to load the RDB dump";
    RestartFailed = "ERR failed to restart the server. Check server logs.";
    ForcedRewriteFailed(reason: String) = format!("ERR CONFIG-REWRITE-FORCE-ALL failed: {reason}");
    DatabaseOutOfRange = "ERR Out of range database";
    NotSds = "ERR Not an sds encoded string.";
    NotListpack = "ERR Not a listpack encoded object.";
    NotQuicklist = "ERR Not a quicklist encoded object.";
    NotHashTable =
        "ERR The value stored at the specified key is not represented using an hash table";
    NoClientEviction = "ERR maxmemory-clients is disabled.";
    UnknownProtocolType =
        "ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false";
    NeedsResp3 = "ERR RESP2 is not supported by this command";

    // --- composed -------------------------------------------------------------------------------

    /// The text as it is, code included.
    Given(text: Vec<u8>) = &text[..];
}

impl CommandError {
    /// `ERR unknown subcommand ...` as Redis prints it.
    pub fn unknown_subcommand(sub: &[u8], container: &str) -> Self {
        let after = format!("'. Try {} HELP.", container.to_ascii_uppercase());
        CommandError::Given(quote("ERR unknown subcommand '", cut(sub), &after))
    }

    /// The same for commands whose subcommands are not declared.
    pub fn unknown_operation(sub: &[u8], container: &str) -> Self {
        let before = "ERR unknown subcommand or wrong number of arguments for '";
        let after = format!("'. Try {container} HELP.");
        CommandError::Given(quote(before, cut(sub), &after))
    }

    /// An EXEC that may not run drops its queue.
    pub fn exec_refused(error: &CommandError) -> Self {
        let message = error.message();
        let reason = message.strip_prefix(b"ERR ").unwrap_or(&message);
        CommandError::Given([b"EXECABORT Transaction discarded because of: ", reason].concat())
    }

    /// `ERR unknown command 'x', with args beginning with: 'a' 'b' `, cut at 128 characters each way.
    pub fn unknown_command(args: Args<'_>) -> CommandError {
        let name = printed(args.get(0), QUOTED_BYTES_MAX);
        let mut text = b"ERR unknown command '".to_vec();
        text.extend_from_slice(name);
        text.extend_from_slice(b"', with args beginning with: ");
        let mut shown = 0;
        for arg in args.iter().skip(1) {
            if shown >= QUOTED_BYTES_MAX {
                break;
            }
            let arg = printed(arg, QUOTED_BYTES_MAX - shown);
            text.push(b'\'');
            text.extend_from_slice(arg);
            text.extend_from_slice(b"' ");
            shown += arg.len() + 3;
        }
        // A reply is one line: what would break it becomes a space.
        for byte in &mut text {
            if *byte == b'\r' || *byte == b'\n' {
                *byte = b' ';
            }
        }
        CommandError::Given(text)
    }
}

/// A text in whatever form it comes.
struct Text<'a>(Cow<'a, [u8]>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(Cow::Borrowed(text.as_bytes()))
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(text: &'a [u8]) -> Self {
        Text(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Text(Cow::Owned(text.into_bytes()))
    }
}

impl From<Vec<u8>> for Text<'_> {
    fn from(text: Vec<u8>) -> Self {
        Text(Cow::Owned(text))
    }
}

/// A text that quotes what the client sent.
fn quote(before: &str, word: &[u8], after: &str) -> Vec<u8> {
    [before.as_bytes(), printed(word, usize::MAX), after.as_bytes()].concat()
}

/// [`quote`] of two words.
fn quote_both(
    before: &str,
    (one, other): &(Vec<u8>, Vec<u8>),
    between: &str,
    after: &str,
) -> Vec<u8> {
    [quote(before, one, between), quote("", other, after)].concat()
}

fn cut(word: &[u8]) -> &[u8] {
    word.get(..QUOTED_BYTES_MAX).unwrap_or(word)
}

/// What C's `%.<max>s` prints: it ends at a NUL too.
fn printed(word: &[u8], max: usize) -> &[u8] {
    let word = word.get(..max).unwrap_or(word);
    word.split(|&byte| byte == 0).next().unwrap_or_default()
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
