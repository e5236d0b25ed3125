//! An RDB as a stream of items, decoded one at a time.

use std::io::Read;

use crate::base::time::UnixMillis;
use crate::store::value::{Limits, NewValue};

use super::error::{RdbError, RdbErrorKind};
use super::input::Input;
use super::value::{self, Scratch};
use super::{length, opcode};

/// One key of an RDB, borrowed from the reader until its next item.
#[derive(Debug)]
pub struct Record<'a> {
    pub key: &'a [u8],
    pub value: NewValue<'a>,
    /// Milliseconds since 1970; may be past.
    pub expires_at: Option<UnixMillis>,
    /// Seconds since the key was used, when the file was written.
    pub idle_seconds: Option<u64>,
    /// The key's LFU counter.
    pub frequency: Option<u8>,
}

/// What an RDB consists of.
#[derive(Debug)]
pub enum Item<'a> {
    /// A fact about the file.
    Aux { name: &'a [u8], value: &'a [u8] },
    /// The records that follow belong to this database.
    SelectDb(u64),
    /// How many keys, and keys with an expiry, the database is said to hold: a hint.
    ResizeDb { keys: u64, expires: u64 },
    /// The code of a library of functions.
    Function(&'a [u8]),
    /// Data of a module, passed over.
    ModuleAux { module: String },
    /// A key.
    Record(Record<'a>),
    /// The end. `checked` is whether the file has a checksum and it was compared.
    End { checked: bool },
}

/// Decodes the RDB that an `io::Read` gives.
///
/// Reads ahead of what it decodes: a source that goes on after the RDB either ends where the RDB
/// does, or what was read of it is had back through [`Reader::into_rest`].
pub struct Reader<R> {
    input: Input<R>,
    version: u16,
    verify: bool,
    key: Vec<u8>,
    text: Vec<u8>,
    scratch: Scratch,
}

/// What opcodes said of the key that follows them.
#[derive(Default)]
struct Attributes {
    expires_at: Option<UnixMillis>,
    idle_seconds: Option<u64>,
    frequency: Option<u8>,
}

impl<R: Read> Reader<R> {
    /// Reads signature and version. `verify` is whether the checksum is compared at the end
    /// (`rdbchecksum`).
    pub fn new(source: R, verify: bool) -> Result<Self, RdbError> {
        let mut input = Input::new(source);
        let version = read_header(&mut input)?;
        let verify = verify && version >= opcode::VERSION_WITH_CHECKSUM;
        if !verify {
            input.skip_checksum();
        }
        Ok(Reader {
            input,
            version,
            verify,
            key: Vec::new(),
            text: Vec::new(),
            scratch: Scratch::default(),
        })
    }

    /// Collections are made in these forms.
    pub fn make_in(&mut self, limits: Limits) {
        self.scratch.limits = limits;
    }

    /// The key that was last met.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The version in the header.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// The bytes decoded so far.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }

    /// An error at this place.
    pub fn error(&self, kind: RdbErrorKind) -> RdbError {
        self.input.error(kind)
    }

    /// What was read and not decoded, and the source.
    pub fn into_rest(self) -> (Vec<u8>, R) {
        self.input.into_rest()
    }

    /// Decodes the next item. After [`Item::End`] or an error there is nothing more to ask for.
    // Not an iterator: an item borrows from the reader.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Item<'_>, RdbError> {
        let mut attributes = Attributes::default();
        loop {
            let code = self.input.byte()?;
            match code {
                opcode::EXPIRETIME_MS => {
                    attributes.expires_at = Some(i64::from_le_bytes(self.input.array()?));
                }
                opcode::EXPIRETIME => {
                    let seconds = i32::from_le_bytes(self.input.array()?);
                    attributes.expires_at = Some(i64::from(seconds) * 1000);
                }
                opcode::FREQ => attributes.frequency = Some(self.input.byte()?),
                opcode::IDLE => {
                    attributes.idle_seconds = Some(length::read_plain(&mut self.input)?);
                }
                opcode::SLOT_INFO => {
                    for _ in 0..3 {
                        length::read_plain(&mut self.input)?;
                    }
                }
                opcode::FUNCTION_PRE_GA..=opcode::MODULE_AUX
                | opcode::FUNCTION2
                | opcode::AUX
                | opcode::RESIZEDB
                | opcode::SELECTDB
                | opcode::EOF => return self.other_item(code),
                _ => return self.record(code, attributes),
            }
        }
    }

    #[inline]
    fn record(&mut self, code: u8, attributes: Attributes) -> Result<Item<'_>, RdbError> {
        if self.scratch.note.is_some() && !value::takes_note(code) {
            self.scratch.note = None;
        }
        value::string::decode_text(&mut self.input, &mut self.scratch, &mut self.key)?;
        Ok(Item::Record(Record {
            value: value::decode(code, &self.key, &mut self.input, &mut self.scratch)?,
            key: &self.key,
            expires_at: attributes.expires_at,
            idle_seconds: attributes.idle_seconds,
            frequency: attributes.frequency,
        }))
    }

    /// What is not a key.
    #[cold]
    fn other_item(&mut self, code: u8) -> Result<Item<'_>, RdbError> {
        let input = &mut self.input;
        Ok(match code {
            opcode::AUX => {
                value::string::decode_text(input, &mut self.scratch, &mut self.key)?;
                value::string::decode_text(input, &mut self.scratch, &mut self.text)?;
                if self.key == opcode::AUX_STREAM.as_bytes() {
                    self.scratch.note = Some(self.text.clone());
                }
                Item::Aux { name: &self.key, value: &self.text }
            }
            opcode::SELECTDB => Item::SelectDb(length::read_plain(input)?),
            opcode::RESIZEDB => Item::ResizeDb {
                keys: length::read_plain(input)?,
                expires: length::read_plain(input)?,
            },
            opcode::FUNCTION2 => {
                value::string::decode_text(input, &mut self.scratch, &mut self.text)?;
                Item::Function(&self.text)
            }
            opcode::FUNCTION_PRE_GA => {
                return Err(input.error(RdbErrorKind::PreReleaseFunctions));
            }
            opcode::MODULE_AUX => Item::ModuleAux { module: skip_module_aux(input)? },
            _ => self.end()?,
        })
    }

    fn end(&mut self) -> Result<Item<'_>, RdbError> {
        if self.version < opcode::VERSION_WITH_CHECKSUM {
            return Ok(Item::End { checked: false });
        }
        let computed = self.input.checksum().filter(|_| self.verify);
        let stated = u64::from_le_bytes(self.input.array()?);
        match computed {
            Some(computed) if stated != 0 && stated != computed => {
                Err(self.error(RdbErrorKind::WrongChecksum { stated, computed }))
            }
            _ => Ok(Item::End { checked: computed.is_some() && stated != 0 }),
        }
    }
}

fn read_header<R: Read>(input: &mut Input<R>) -> Result<u16, RdbError> {
    let header: [u8; 9] = input.array()?;
    let Some(digits) = header.strip_prefix(b"REDIS") else {
        return Err(input.error(RdbErrorKind::WrongSignature));
    };
    let digits =
        str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let version = digits.and_then(|text| text.parse().ok()).unwrap_or(0);
    if version == 0 || version > opcode::VERSION_NEWEST_READ {
        return Err(input.error(RdbErrorKind::UnsupportedVersion(version)));
    }
    Ok(version)
}

/// Passes over what a module kept outside of the keys; gives the module's name.
///
/// ```text
/// module-id  UINT when  (SINT len | UINT len | FLOAT 4 bytes | DOUBLE 8 bytes | STRING s)*  EOF
/// ```
fn skip_module_aux<R: Read>(input: &mut Input<R>) -> Result<String, RdbError> {
    let module = module_name(length::read_plain(input)?);
    if length::read_plain(input)? != opcode::MODULE_UINT {
        return Err(input.error(RdbErrorKind::BadModuleData));
    }
    length::read_plain(input)?;
    loop {
        match length::read_plain(input)? {
            opcode::MODULE_EOF => return Ok(module),
            opcode::MODULE_SINT | opcode::MODULE_UINT => drop(length::read_plain(input)?),
            opcode::MODULE_FLOAT => input.skip(4)?,
            opcode::MODULE_DOUBLE => input.skip(8)?,
            opcode::MODULE_STRING => value::string::skip(input)?,
            _ => return Err(input.error(RdbErrorKind::BadModuleData)),
        }
    }
}

/// The nine characters in the upper 54 bits of a module's ID, six bits each.
#[expect(clippy::indexing_slicing, reason = "six bits are below 64")]
fn module_name(id: u64) -> String {
    const CHARACTERS: &[u8; 64] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (1..=9).map(|nth| char::from(CHARACTERS[(id >> (64 - 6 * nth) & 63) as usize])).collect()
}

impl Record<'_> {
    /// Whether the key is logically gone: strictly after its time, as in Redis.
    pub fn is_expired(&self, now: UnixMillis) -> bool {
        self.expires_at.is_some_and(|at| at < now)
    }
}

#[cfg(test)]
mod tests;
