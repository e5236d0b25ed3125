//! Where everything lies in a block, as its flags and lengths say.

use std::alloc::Layout;

use crate::base::time::UnixMillis;
use crate::store::memory::size_class;
use crate::store::value::{OBJECT_BYTES, Object};

pub(super) const KIND_MASK: u8 = 0b0000_1111;
pub(super) const KIND_TEXT: u8 = 0;
pub(super) const KIND_RAW_TEXT: u8 = 1;
/// Kinds 2 to 6, with [`FLAG_MORE_KINDS`] or not, are the types of values out of line, as their
/// table has them.
pub(super) const KIND_FIRST_OBJECT: u8 = 2;
/// No value: a member of a set.
pub(super) const KIND_NOTHING: u8 = 7;
/// Kinds 8 to 15 are integers of 1 to 8 bytes.
pub(super) const KIND_INT: u8 = 8;
pub(super) const FLAG_EXPIRES: u8 = 0b0001_0000;
/// How wide the length of the key is: see [`key_len_width`].
const KEY_LEN_MASK: u8 = 0b0110_0000;
const KEY_LEN_SHIFT: u32 = 5;
/// The length of the key takes one byte, and this is an element of a collection.
const KEY_OF_ELEMENT: u8 = KEY_LEN_MASK;
/// Of text: its length takes two bytes.
const FLAG_LONG_TEXT: u8 = 0b1000_0000;
/// Of a value out of line: a part of its kind.
const FLAG_MORE_KINDS: u8 = FLAG_LONG_TEXT;

/// The holders, the flags and the LRU clock.
pub(super) const HEADER_BYTES: usize = 8;
/// The holders and the flags.
const SHORT_HEADER_BYTES: usize = 5;
const EXPIRY_BYTES: usize = size_of::<UnixMillis>();
const ALIGN: usize = 8;
const _: () = assert!(OBJECT_BYTES <= ALIGN);

/// A value on its way into a block. Text is at most 64 KiB.
pub(in crate::store::entry) enum BlockValue<'a> {
    Nothing,
    Int(i64),
    Text { bytes: &'a [u8], raw: bool },
    Object(Object),
}

/// Where everything lies in a block: derived from its flags and lengths, or from the contents to be.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) flags: u8,
    pub(super) key_len: usize,
    /// Of text or of an integer; else 0.
    pub(super) value_len: usize,
}

impl Shape {
    pub(super) fn of(key: &[u8], value: &BlockValue<'_>, expires: bool, is_element: bool) -> Shape {
        let key_flags = match key.len() {
            0..=0xff if is_element => KEY_OF_ELEMENT,
            0..=0xff => 0,
            0x100..=0xffff => 1 << KEY_LEN_SHIFT,
            len => {
                assert!(len <= u32::MAX as usize, "key of {len} bytes");
                2 << KEY_LEN_SHIFT
            }
        };
        let flags = key_flags | if expires { FLAG_EXPIRES } else { 0 };
        Shape { flags, key_len: key.len(), value_len: 0 }.with_value(value)
    }

    /// The shape of the same block with another value.
    #[inline]
    pub(super) fn with_value(self, value: &BlockValue<'_>) -> Shape {
        let (value_flags, value_len) = match value {
            BlockValue::Nothing => (KIND_NOTHING, 0),
            BlockValue::Int(number) => {
                let width = int_width(*number);
                (KIND_INT + (width as u8 - 1), width)
            }
            BlockValue::Text { bytes, raw } => {
                let kind = if *raw { KIND_RAW_TEXT } else { KIND_TEXT };
                let long = if bytes.len() > 0xff { FLAG_LONG_TEXT } else { 0 };
                assert!(bytes.len() <= 0xffff, "inline text of {} bytes", bytes.len());
                (kind | long, bytes.len())
            }
            BlockValue::Object(object) => (object.kind(), 0),
        };
        let flags = (self.flags & !(KIND_MASK | FLAG_LONG_TEXT)) | value_flags;
        Shape { flags, key_len: self.key_len, value_len }
    }

    #[inline]
    pub(super) fn kind(self) -> u8 {
        self.flags & KIND_MASK
    }

    #[inline]
    pub(super) fn key_len_offset(self) -> usize {
        key_len_offset(self.flags)
    }

    #[inline]
    pub(super) fn key_offset(self) -> usize {
        self.key_len_offset() + key_len_width(self.flags)
    }

    #[inline]
    pub(super) fn value_len_offset(self) -> usize {
        self.key_offset() + self.key_len
    }

    #[inline]
    pub(super) fn value_offset(self) -> usize {
        self.value_len_offset() + value_len_width(self.flags)
    }

    #[inline]
    pub(super) fn total_bytes(self) -> usize {
        size_class(self.value_offset() + self.value_len)
    }

    #[expect(
        clippy::expect_used,
        reason = "the size was computed from lengths of what is in memory"
    )]
    pub(super) fn layout(self) -> Layout {
        Layout::from_size_align(self.total_bytes(), ALIGN).expect("an entry fits the address space")
    }

    /// Whether a value of the new shape can be written over one of this shape: everything before
    /// the value stays where it is, and so does the size class.
    #[inline]
    pub(super) fn can_become(self, new: Shape) -> bool {
        if self.flags == new.flags && self.value_len == new.value_len {
            return true;
        }
        let object_stays = is_object(self.flags) == is_object(new.flags);
        object_stays && self.total_bytes() == new.total_bytes()
    }
}

/// Whether the value is out of line.
#[inline]
pub(super) fn is_object(flags: u8) -> bool {
    (KIND_FIRST_OBJECT..KIND_NOTHING).contains(&(flags & KIND_MASK))
}

/// The kind of a value out of line.
#[inline]
pub(super) fn object_kind(flags: u8) -> u8 {
    flags & (KIND_MASK | FLAG_MORE_KINDS)
}

/// Whether this is known to be an element of a collection; not of one whose key is long.
#[inline]
pub(super) fn is_element(flags: u8) -> bool {
    flags & KEY_LEN_MASK == KEY_OF_ELEMENT
}

/// Whether the header ends before the LRU clock: of an element, unless something follows that is
/// aligned.
#[inline]
pub(super) fn is_short(flags: u8) -> bool {
    is_element(flags) && flags & FLAG_EXPIRES == 0 && !is_object(flags)
}

#[inline]
pub(super) fn key_len_offset(flags: u8) -> usize {
    let expiry = if flags & FLAG_EXPIRES != 0 { EXPIRY_BYTES } else { 0 };
    let object = if is_object(flags) { OBJECT_BYTES } else { 0 };
    let header = if is_short(flags) { SHORT_HEADER_BYTES } else { HEADER_BYTES };
    header + expiry + object
}

/// 1, 2 or 4 bytes.
#[inline]
pub(super) fn key_len_width(flags: u8) -> usize {
    const WIDTHS: [usize; 4] = [1, 2, 4, 1];
    WIDTHS[usize::from((flags & KEY_LEN_MASK) >> KEY_LEN_SHIFT)]
}

#[inline]
pub(super) fn value_len_width(flags: u8) -> usize {
    match (flags & KIND_MASK, flags & FLAG_LONG_TEXT) {
        (KIND_TEXT | KIND_RAW_TEXT, 0) => 1,
        (KIND_TEXT | KIND_RAW_TEXT, _) => 2,
        _ => 0,
    }
}

#[inline]
pub(super) fn object_offset(flags: u8) -> usize {
    if flags & FLAG_EXPIRES != 0 { HEADER_BYTES + EXPIRY_BYTES } else { HEADER_BYTES }
}

/// How many bytes hold `number` in two's complement: 1 to 8.
fn int_width(number: i64) -> usize {
    let magnitude_bits = 64 - (number ^ (number >> 63)).leading_zeros() as usize;
    magnitude_bits / 8 + 1
}
