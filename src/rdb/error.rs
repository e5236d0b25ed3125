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
    /// What is said to be this is not.
    BadValue(&'static str, Malformed),
    /// The same element twice in a collection of this type, which has each once.
    Repeated(&'static str),
    /// A field or member of this type without what belongs to it.
    HalfPair(&'static str),
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
            EmptyKey => f.write_str("A key without a value"),
            BadValue(what, fault) => write!(f, "Invalid {what} in the RDB: {fault}"),
            Repeated(what) => write!(f, "A {what} with an element twice in the RDB"),
            HalfPair(what) => write!(f, "A {what} of an odd number of elements in the RDB"),
            BadScore => f.write_str("A sorted set with a score that is no number in the RDB"),
            BadStream(fault) => write!(f, "Invalid stream in the RDB: {fault}"),
            UnknownContainer(container) => {
                write!(f, "Unknown quicklist container {container} in the RDB")
            }
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

impl std::error::Error for RdbError {}
