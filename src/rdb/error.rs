//! What can be wrong with an RDB file or a DUMP payload.

use std::{fmt, io};

use crate::base::ids::DbIndex;
use crate::base::text::system_text;

use super::opcode::ValueType;
use crate::store::packed::Malformed;
use crate::store::value::stream::StreamFault;

/// Why a read stopped, and where.
#[derive(Debug)]
pub struct RdbError {
    /// Bytes of the input consumed when the fault showed.
    pub offset: u64,
    /// The fault.
    pub kind: RdbErrorKind,
}

/// The faults. Their text is what Redis logs where Redis knows the fault.
#[derive(Debug)]
pub enum RdbErrorKind {
    /// The input ended in the middle.
    ShortRead,
    /// The input could not be read.
    Io(io::Error),
    /// The first five bytes are not `REDIS`.
    WrongSignature,
    /// A version that is no number from 1 to the newest known one.
    UnsupportedVersion(u16),
    /// The checksum that the file states and the one that its bytes have.
    WrongChecksum { stated: u64, computed: u64 },
    /// The key's value is of a type that this server does not have.
    UnsupportedType { key: Vec<u8>, value_type: &'static ValueType },
    /// A type byte or opcode that no Redis writes.
    UnknownType(u8),
    /// A byte where a length must stand that does not begin one.
    BadLength(u8),
    /// A string with a special encoding other than the four known ones.
    UnknownStringEncoding(u8),
    /// A compressed string that does not unpack to its stated length.
    BadCompression,
    /// Functions in the layout of a release candidate.
    PreReleaseFunctions,
    /// The data of a module is not laid out as it should be.
    BadModuleData,
    /// A module keeps data in the file, outside of the keys: passing over it would lose it.
    ModuleAux { module: String },
    /// The file selects a database that this server does not have.
    NoSuchDatabase { database: u64, databases: usize },
    /// A key, or an element sought by name, of so many bytes, for which no entry here has room.
    KeyTooLong(usize),
    /// The same key twice in one database.
    DuplicateKey { key: Vec<u8>, database: DbIndex },
    /// A collection without elements, which has no key.
    EmptyKey,
    /// What is said to be this is not. These three name type and layout: "Hash ziplist".
    BadValue(&'static str, Malformed),
    /// The same element twice in a collection, which has each once.
    Repeated(&'static str),
    /// A field or member without what belongs to it.
    HalfPair(&'static str),
    /// A node of a list with nothing in it.
    EmptyNode,
    /// The score of a sorted set's member is no number.
    BadScore,
    /// A stream that none can be.
    BadStream(StreamFault),
    /// A node of a list that is kept in a way that nobody knows.
    UnknownContainer(u64),
    /// The observer of the load asked to stop.
    Stopped,
}

impl RdbErrorKind {
    /// Adds the place.
    pub fn at(self, offset: u64) -> RdbError {
        RdbError { offset, kind: self }
    }
}

impl RdbError {
    /// The line of the log that says what and where.
    pub fn log_line(&self) -> String {
        format!("Internal error in RDB reading offset {} -> {self}", self.offset)
    }
}

impl fmt::Display for RdbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for RdbErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RdbErrorKind::*;
        match self {
            ShortRead => {
                f.write_str("Short read or OOM loading DB. Unrecoverable error, aborting now.")
            }
            Io(error) => write!(f, "I/O error reading the RDB: {}", system_text(error)),
            WrongSignature => f.write_str("Wrong signature trying to load DB from file"),
            UnsupportedVersion(version) => {
                write!(f, "Can't handle RDB format version {version}")
            }
            // Redis, too, calls what it computed the expected one.
            WrongChecksum { stated, computed } => write!(
                f,
                "Wrong RDB checksum expected: ({computed:x}) but got ({stated:x}). Aborting now."
            ),
            UnsupportedType { key, value_type } => write!(
                f,
                "Can't load key '{}': its value is a {} (RDB type {}, {}), which this server \
                 does not support yet",
                key.escape_ascii(),
                value_type.name,
                value_type.code,
                value_type.encoding,
            ),
            UnknownType(code) => write!(f, "Unknown RDB encoding type {code}"),
            KeyTooLong(bytes) => write!(f, "Can't load a key of {bytes} bytes"),
            BadLength(byte) => write!(f, "Unknown length encoding {byte} in the RDB"),
            UnknownStringEncoding(encoding) => {
                write!(f, "Unknown RDB string encoding type {encoding}")
            }
            BadCompression => f.write_str("Invalid LZF compressed string"),
            PreReleaseFunctions => f.write_str("Pre-release function format not supported."),
            EmptyKey | BadValue(..) | Repeated(_) | HalfPair(_) | BadScore | BadStream(_)
            | EmptyNode | UnknownContainer(_) => self.fmt_of_value(f),
            BadModuleData => f.write_str("Invalid module data in the RDB"),
            ModuleAux { module } => write!(
                f,
                "The RDB file contains AUX module data I can't load: no matching module \
                 '{module}'"
            ),
            NoSuchDatabase { databases, .. } => write!(
                f,
                "FATAL: Data file was created with a Redis server configured to handle more \
                 than {databases} databases. Exiting"
            ),
            DuplicateKey { key, database } => {
                write!(f, "RDB has duplicated key '{}' in DB {database}", key.escape_ascii())
            }
            Stopped => f.write_str("Loading was stopped"),
        }
    }
}

impl RdbErrorKind {
    /// What is wrong with a collection.
    fn fmt_of_value(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RdbErrorKind::*;
        match self {
            EmptyKey => f.write_str("A key without a value"),
            BadValue(what, fault) => write!(f, "{what} integrity check failed: {fault}"),
            Repeated(what) => {
                write!(f, "{what} with dup elements: integrity check failed")
            }
            HalfPair(what) => {
                write!(f, "{what} integrity check failed: an odd number of elements")
            }
            BadScore => f.write_str("A sorted set with a score that is no number in the RDB"),
            BadStream(StreamFault::RepeatedConsumer) => {
                f.write_str("Duplicate stream consumer detected")
            }
            BadStream(StreamFault::RepeatedGroup) => {
                f.write_str("Duplicated consumer group name loading a stream")
            }
            BadStream(StreamFault::PendingTwice(id)) => {
                write!(f, "Stream consumer PEL entry already has a consumer assigned: {id}")
            }
            BadStream(fault) => write!(f, "Stream listpack integrity check failed: {fault}"),
            EmptyNode => f.write_str("Quicklist integrity check failed: an empty node"),
            UnknownContainer(container) => {
                write!(f, "Unknown quicklist container {container} in the RDB")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for RdbError {}
