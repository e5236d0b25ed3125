//! The payload of `DUMP` and `RESTORE`: one value.
//!
//! ```text
//! type byte, value as in an RDB, version u16 little endian, crc64 of all before u64 little endian
//! ```

use std::io;

use bytes::Bytes;

use crate::base::crc64::Crc64;
use crate::store::value::{Limits, NewValue, ValueRef};

use super::error::RdbError;
use super::input::{INPUT_BUFFER_BYTES, Input};
use super::lzf::Compressor;
use super::opcode;
use super::output::{ChunkSink, Output};
use super::value::{self, Scratch};

const VERSION_BYTES: usize = 2;
const CHECKSUM_BYTES: usize = 8;
/// What a payload is expected to need; a longer one grows.
const EXPECTED_BYTES: usize = 256;

/// Why a payload was not restored. Redis answers one text to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreError {
    /// "DUMP payload version or checksum are wrong"
    VersionOrChecksum,
    /// "Bad data format": also for a value type that this server does not have.
    BadData,
}

/// Encodes a value; strings are compressed if `compress` is given.
pub fn dump(value: &ValueRef<'_>, compress: bool) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut out = Output::with_capacity(Whole(&mut payload), EXPECTED_BYTES);
    if compress && value.str_len().is_none_or(|len| len > value::string::PLAIN_MAX_BYTES) {
        out = out.compress(Compressor::new());
    }
    let code = value::type_code(value, out.dialect());
    out.chunk().push(code);
    let written = value::encode(value, &mut out).and_then(|()| out.finish().map(drop));
    debug_assert!(written.is_ok(), "memory takes every chunk");
    payload.extend_from_slice(&version_of(code).to_le_bytes());
    let checksum = Crc64::of(&payload);
    payload.extend_from_slice(&checksum.to_le_bytes());
    payload
}

/// The version of a payload: the oldest that has such a value.
fn version_of(code: u8) -> u16 {
    match code {
        0..=opcode::NEWEST_TYPE_OF_OLDEST_VERSION => opcode::VERSION_OLDEST_WRITTEN,
        _ => opcode::VERSION_WITH_FUNCTIONS,
    }
}

/// Why a payload was not restored, with the fault that its bytes have, for the log.
#[derive(Debug)]
pub struct Refusal {
    pub error: RestoreError,
    /// `None`: they were not looked at.
    pub fault: Option<RdbError>,
}

/// Decodes a payload and hands the value, which borrows from memory that goes afterwards, to
/// `with`. Bytes after the value are ignored, as Redis does.
pub fn restore<T>(
    payload: &[u8],
    limits: Limits,
    with: impl FnOnce(NewValue<'_>) -> T,
) -> Result<T, RestoreError> {
    restore_checked(payload, Footer::Checked, limits, with).map_err(|refusal| refusal.error)
}

/// Whether the version and checksum at a payload's end are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Footer {
    Checked,
    /// For tests that damage payloads; `DEBUG SET-SKIP-CHECKSUM-VALIDATION`.
    Passed,
}

/// As [`restore`], and tells what is wrong.
pub fn restore_checked<T>(
    payload: &[u8],
    footer: Footer,
    limits: Limits,
    with: impl FnOnce(NewValue<'_>) -> T,
) -> Result<T, Refusal> {
    let body = checked_body(payload, footer)
        .ok_or(Refusal { error: RestoreError::VersionOrChecksum, fault: None })?;
    let mut input = Input::with_capacity(body, body.len().min(INPUT_BUFFER_BYTES));
    input.skip_checksum();
    let mut scratch = Scratch::default();
    scratch.limits = limits;
    let value = input
        .byte()
        .and_then(|code| value::decode(code, b"", &mut input, &mut scratch))
        .map_err(|fault| Refusal { error: RestoreError::BadData, fault: Some(fault) })?;
    Ok(with(value))
}

/// The type byte and the value, if version and checksum are right.
fn checked_body(payload: &[u8], footer: Footer) -> Option<&[u8]> {
    let (rest, checksum) = payload.split_last_chunk::<CHECKSUM_BYTES>()?;
    let (body, version) = rest.split_last_chunk::<VERSION_BYTES>()?;
    if footer == Footer::Passed {
        return Some(body);
    }
    let known = u16::from_le_bytes(*version) <= opcode::VERSION_NEWEST_READ;
    (known && u64::from_le_bytes(*checksum) == Crc64::of(rest)).then_some(body)
}

/// All chunks in one piece.
struct Whole<'a>(&'a mut Vec<u8>);

impl ChunkSink for Whole<'_> {
    fn write_chunk(&mut self, chunk: Bytes) -> io::Result<()> {
        self.0.extend_from_slice(&chunk);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::big_string::WHOLE_MAX_BYTES;
    use crate::store::entry::Entry;

    fn restored(payload: &[u8]) -> Result<Entry, RestoreError> {
        restore(payload, Limits::default(), |value| Entry::new(b"key", value, None))
    }

    fn text(entry: &Entry) -> Vec<u8> {
        entry.value().as_str(&mut itoa::Buffer::new()).unwrap().to_whole().into_owned()
    }

    #[test]
    fn values_come_back() {
        let long = b"0123456789".repeat(50_000);
        for value in [&b""[..], b"v", b"-12", b"4294967296", &long[..1024], &long] {
            for compress in [false, true] {
                let entry = Entry::new(b"key", NewValue::Str(value), None);
                let payload = dump(&entry.value(), compress);
                assert_eq!(text(&restored(&payload).unwrap()), value);
            }
        }
    }

    /// Numbers from a generator do not compress; digits do.
    #[test]
    fn values_in_chunks_come_back() {
        let mut state = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(3 * WHOLE_MAX_BYTES + 7)
        .collect();
        let digits = b"0123456789".repeat(WHOLE_MAX_BYTES / 5);
        for value in [&noise[..], &digits] {
            for compress in [false, true] {
                let entry = Entry::new(b"key", NewValue::Str(value), None);
                let payload = dump(&entry.value(), compress);
                assert_eq!(payload.len() < value.len(), compress && value[0] == b'0');
                let restored = restored(&payload).unwrap();
                assert!(text(&restored) == value, "compressed: {compress}");
                assert_eq!(restored.memory_bytes(), entry.memory_bytes());
                let len = payload.len();
                assert!(matches!(restore_cut(&payload[..len / 2]), Err(RestoreError::BadData)));
            }
        }
    }

    /// Seals what is left of a payload.
    fn restore_cut(rest: &[u8]) -> Result<Entry, RestoreError> {
        let body = [rest, &opcode::VERSION_OLDEST_WRITTEN.to_le_bytes()].concat();
        restored(&[&body[..], &Crc64::of(&body).to_le_bytes()].concat())
    }

    #[test]
    fn the_bytes_are_those_of_redis_but_for_the_version() {
        let theirs = b"\x00\x01v\n\x00\x91\x08\xce\xb2\x198\x8a\xce";
        assert_eq!(text(&restored(theirs).unwrap()), b"v");
        let entry = Entry::new(b"key", NewValue::Str(b"v"), None);
        assert_eq!(dump(&entry.value(), true)[..5], *b"\x00\x01v\x09\x00");
    }

    #[test]
    fn a_changed_bit_or_a_lost_byte_is_refused() {
        let entry = Entry::new(b"key", NewValue::Str(b"some value"), None);
        let payload = dump(&entry.value(), true);
        for len in 0..payload.len() {
            assert_eq!(restored(&payload[..len]).unwrap_err(), RestoreError::VersionOrChecksum);
        }
        for bit in 0..payload.len() * 8 {
            let mut changed = payload.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(restored(&changed).unwrap_err(), RestoreError::VersionOrChecksum);
        }
    }

    #[test]
    fn a_footer_that_is_passed_over_is_not_looked_at_and_must_be_there() {
        let passed = |payload: &[u8]| {
            let entry = |value: NewValue<'_>| Entry::new(b"key", value, None);
            let refusal = restore_checked(payload, Footer::Passed, Limits::default(), entry);
            refusal.map(|entry| text(&entry)).map_err(|refusal| refusal.error)
        };
        assert_eq!(passed(b"\x00\x01v\xff\xff........"), Ok(b"v".to_vec()));
        assert_eq!(passed(b"\x00\x05v\xff\xff........"), Err(RestoreError::BadData));
        assert_eq!(passed(b"\x00\x01v......"), Err(RestoreError::VersionOrChecksum));
    }

    #[test]
    fn other_types_and_versions_from_the_future_are_refused() {
        let sealed = |body: &[u8]| [body, &Crc64::of(body).to_le_bytes()].concat();
        let refused = |body: &[u8]| restored(&sealed(body)).unwrap_err();
        assert_eq!(refused(b"\x00\x01v\x0d\x00"), RestoreError::VersionOrChecksum);
        assert_eq!(refused(b"\x01\x01v\x09\x00"), RestoreError::BadData);
        assert_eq!(refused(b"\x00\x05v\x09\x00"), RestoreError::BadData);
        assert_eq!(refused(b"\x09\x00"), RestoreError::BadData);
    }
}
