//! A data set in memory, with the calls that save and load it.

use std::fs::{self, File};
use std::path::Path;

use bytes::Bytes;
use understudy::rdb::RdbError;
use understudy::rdb::dialect::Dialect;
use understudy::rdb::load::{LoadOptions, LoadReport, load_into};
use understudy::rdb::output::WriteSink;
use understudy::rdb::save::{ReplicationPoint, SaveInfo, save};
use understudy::rdb::usage::UsageClock;
use understudy::store::dataset::Dataset;
use understudy::store::entry::Entry;
use understudy::store::value::Limits;
use understudy::store::value::NewValue;

use crate::support::Server;

pub const DATABASES: usize = 16;

/// A data set with short names for what the tests do with it.
pub struct Data(pub Dataset);

impl Data {
    pub fn empty() -> Data {
        Data(Dataset::new(DATABASES, 1))
    }

    pub fn add(&mut self, db: usize, key: &[u8], value: &[u8], expires_at: Option<i64>) {
        self.0[db].insert(Entry::new(key, NewValue::Str(value), expires_at));
    }

    /// Writes an RDB file.
    pub fn save(&self, path: &Path, info: &SaveInfo) {
        let file = File::create(path).expect("create the file");
        save(self.0.snapshot(), info, WriteSink(file)).expect("write the file");
    }

    /// Asserts that the server holds exactly this.
    #[track_caller]
    pub fn assert_equals(&self, server: &Server) {
        let mut client = server.client();
        for (index, db) in self.0.iter().enumerate() {
            client.ok(&format!("select {index}"));
            assert_eq!(client.run("dbsize"), db.len() as i64, "keys of database {index}");
            for entry in db.iter() {
                let (key, name) = (entry.key(), entry.key().escape_ascii());
                let value = client.cmd(&[b"get", key]);
                assert!(value.bytes() == text(entry), "value of {name} in database {index}");
                let expires_at = client.cmd(&[b"pexpiretime", key]);
                assert_eq!(expires_at, entry.expires_at().unwrap_or(-1), "expiry of {name}");
            }
        }
    }
}

pub fn text(entry: &Entry) -> Vec<u8> {
    let mut buffer = itoa::Buffer::new();
    entry.value().as_str(&mut buffer).expect("a string").to_whole().into_owned()
}

pub fn info() -> SaveInfo {
    SaveInfo {
        dialect: Dialect::Packed,
        server_version: "7.2.0".into(),
        created_unix_seconds: now() / 1000,
        used_memory_bytes: 1_000_000,
        replication: None::<ReplicationPoint>,
        aof_base: false,
        functions: Vec::<Bytes>::new(),
        compress: true,
        checksum: true,
        usage: None,
    }
}

pub fn load(path: &Path, drop_expired: bool) -> Result<(Data, LoadReport), RdbError> {
    let options = LoadOptions {
        limits: Limits::default(),
        now: now(),
        drop_expired,
        replace_duplicates: false,
        verify_checksum: true,
        usage: UsageClock::Lru { seconds: 0 },
    };
    let mut data = Data::empty();
    let file = File::open(path).expect("open the file");
    let report = load_into(&mut data.0, file, options, &mut ())?;
    assert_eq!(report.bytes, fs::metadata(path).expect("the file's size").len());
    Ok((data, report))
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("a clock after 1970").as_millis() as i64
}

/// Strings that Redis encodes in each of its ways, and those at the borders between them.
pub fn strings() -> Vec<Vec<u8>> {
    let numbers = [
        0,
        1,
        -1,
        127,
        128,
        -128,
        -129,
        32_767,
        32_768,
        -32_768,
        -32_769,
        i64::from(i32::MAX),
        i64::from(i32::MAX) + 1,
        i64::from(i32::MIN),
        i64::from(i32::MIN) - 1,
        i64::MAX,
        i64::MIN,
    ];
    let mut strings: Vec<Vec<u8>> =
        numbers.iter().map(|number| number.to_string().into_bytes()).collect();
    for text in ["", "-0", "007", "+5", " 5", "1e3", "9223372036854775808", "text", "\r\n\0\u{ff}"]
    {
        strings.push(text.as_bytes().to_vec());
    }
    for len in [20, 21, 44, 45, 63, 64, 1024, 1025, 16_383, 16_384, 70_000, 300_000] {
        strings.push(vec![b'a'; len]);
        strings.push((0..len).map(|i| (i / 11 % 60) as u8).collect());
        let mut mixed = len as u32;
        strings.push(
            std::iter::repeat_with(|| {
                mixed = mixed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (mixed >> 24) as u8
            })
            .take(len)
            .collect(),
        );
    }
    strings.push(b"long and easy to pack; ".repeat(200_000));
    strings
}

/// The strings as values and as keys, in several databases, some with an expiry.
pub fn sample() -> Data {
    let mut data = Data::empty();
    let later = now() + 3_600_000;
    for (n, string) in strings().iter().enumerate() {
        let expires_at = (n % 3 == 0).then_some(later + n as i64);
        data.add(0, format!("value:{n}").as_bytes(), string, expires_at);
        if string.len() < 100_000 {
            data.add(n % 4 * 5, string, b"of a key", None);
        }
    }
    data
}
