//! The memory of an entry: a counted pointer to one packed allocation. All of the entry's `unsafe`
//! code is here.
//!
//! ```text
//! offset 0   4        8            16            +8 (OBJECT_BYTES)
//! | holders | meta   | expires_at | object      | key len | key | value len | value |
//! |  u32    | lru<<8 | i64, if    | if kind is  | 1, 2, 4 | ... | 1 or 2, if| text, |
//! |         | |flags | EXPIRES    | an object's | bytes   |     | text      | or int|
//!
//! | holders | flags | key len | key | value len | value |     an element of a collection
//! ```
//!
//! Nothing is noted of an element's use, so the LRU clock's bytes are its key's; not if an expiry or
//! an object follows, which have to be aligned, or if the key is longer than 255 bytes.
//!
//! An integer takes as many bytes as it needs, little-endian. The allocation has exactly the size
//! class of its contents, so its layout is known from them ([`shape`]) and needs no field.
//!
//! Two rules make the safe interface sound. What is behind the pointer changes only through
//! `BlockMut`, which exists only while one holder is left and that one is borrowed mutably; the LRU
//! bits change at any time and are therefore atomic, with the flags beside them. The contents are
//! freed by the holder whose decrement reaches zero.

mod shape;

use std::alloc::{alloc, dealloc, handle_alloc_error};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) use self::shape::BlockValue;
use self::shape::{
    FLAG_EXPIRES, HEADER_BYTES, KIND_FIRST_OBJECT, KIND_INT, KIND_MASK, KIND_NOTHING,
    KIND_RAW_TEXT, KIND_TEXT, Shape, is_element, is_object, is_short, key_len_offset,
    key_len_width, object_kind, object_offset, value_len_width,
};
use crate::base::time::UnixMillis;
use crate::store::holders::Holders;
use crate::store::memory::prefetch;
use crate::store::value::{Object, ObjectMut, ObjectRef, ValueRef};

#[repr(C)]
struct Header {
    holders: Holders,
    /// The flags in the lower 8 bits; in the upper 24 the LRU or LFU clock, or what follows a short
    /// header and never changes.
    meta: AtomicU32,
}

/// So that the flags are the first byte of `meta`.
const _: () = assert!(cfg!(target_endian = "little"));

const _: () = assert!(size_of::<Header>() == HEADER_BYTES);

/// A counted pointer to a packed entry.
#[repr(transparent)]
pub(super) struct Block(NonNull<Header>);

// SAFETY: the contents are `Send + Sync` (bytes, and an `Object`, asserted below); they change only
// by the last holder, and the count and the LRU bits are atomic.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

const _: () = {
    const fn shareable<T: Send + Sync>() {}
    shareable::<Object>();
};

impl Block {
    /// A block with one holder. `lru`: what is noted of its use; nothing of an element of a
    /// collection.
    pub(super) fn new(
        key: &[u8],
        value: BlockValue<'_>,
        expires_at: Option<UnixMillis>,
        lru: Option<u32>,
    ) -> Block {
        let shape = Shape::of(key, &value, expires_at.is_some(), lru.is_none());
        let layout = shape.layout();
        // SAFETY: the layout is never of size zero.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else {
            handle_alloc_error(layout)
        };
        let header = start.cast::<Header>();
        let meta = AtomicU32::new(lru.unwrap_or(0) << 8);
        // SAFETY: all writes lie within the allocation: the shape computed its size from the same
        // offsets and lengths. The header, the expiry and the object are aligned to 8.
        unsafe {
            header.write(Header { holders: Holders::one(), meta });
            let mut block = Block(header);
            if let Some(at) = expires_at {
                start.add(HEADER_BYTES).cast::<UnixMillis>().write(at);
            }
            let key_len = start.add(shape.key_len_offset());
            match key_len_width(shape.flags) {
                1 => key_len.write(shape.key_len as u8),
                2 => key_len.cast::<u16>().write_unaligned(shape.key_len as u16),
                _ => key_len.cast::<u32>().write_unaligned(shape.key_len as u32),
            }
            let to = start.add(shape.key_offset()).as_ptr();
            ptr::copy_nonoverlapping(key.as_ptr(), to, key.len());
            block.write_value(shape, value);
            block
        }
    }

    /// Writes the flags, the value's length and the value. Does not drop an object that is there.
    ///
    /// # Safety
    /// The block has room for `shape`, its prefix is already as `shape` says, and nobody else
    /// holds it.
    unsafe fn write_value(&mut self, shape: Shape, value: BlockValue<'_>) {
        let start = self.start();
        // SAFETY: the caller vouches for the room and that nobody reads meanwhile.
        unsafe {
            let to = start.add(shape.value_offset());
            match value {
                BlockValue::Nothing => {}
                BlockValue::Int(number) => {
                    let bytes = number.to_le_bytes();
                    ptr::copy_nonoverlapping(bytes.as_ptr(), to, shape.value_len);
                }
                BlockValue::Text { bytes, .. } => {
                    let len = start.add(shape.value_len_offset());
                    match value_len_width(shape.flags) {
                        1 => len.write(bytes.len() as u8),
                        _ => len.cast::<u16>().write_unaligned(bytes.len() as u16),
                    }
                    ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
                }
                BlockValue::Object(object) => {
                    object.write(start.add(object_offset(shape.flags)));
                }
            }
        }
        let others = self.header().meta.load(Ordering::Relaxed) & !0xff;
        self.header().meta.store(others | u32::from(shape.flags), Ordering::Relaxed);
    }

    fn header(&self) -> &Header {
        // SAFETY: a holder keeps the allocation alive, and the header is only used atomically.
        unsafe { self.0.as_ref() }
    }

    fn start(&self) -> *mut u8 {
        self.0.as_ptr().cast()
    }

    fn flags(&self) -> u8 {
        self.header().meta.load(Ordering::Relaxed) as u8
    }

    #[inline]
    fn shape(&self) -> Shape {
        let flags = self.flags();
        let key_len = self.key_len(flags);
        let mut shape = Shape { flags, key_len, value_len: 0 };
        let kind = shape.kind();
        // SAFETY: the flags say which length field is there, and where.
        shape.value_len = unsafe {
            let len = self.start().add(shape.value_len_offset());
            match value_len_width(flags) {
                1 => usize::from(len.read()),
                2 => usize::from(len.cast::<u16>().read_unaligned()),
                _ if kind >= KIND_INT => usize::from(kind - KIND_INT) + 1,
                _ => 0,
            }
        };
        shape
    }

    #[inline]
    fn key_len(&self, flags: u8) -> usize {
        // SAFETY: the flags say how wide the length is and where it lies.
        unsafe {
            let len = self.start().add(key_len_offset(flags));
            match key_len_width(flags) {
                1 => usize::from(len.read()),
                2 => usize::from(len.cast::<u16>().read_unaligned()),
                _ => len.cast::<u32>().read_unaligned() as usize,
            }
        }
    }

    #[inline]
    pub(super) fn key(&self) -> &[u8] {
        let flags = self.flags();
        let key_len = self.key_len(flags);
        // SAFETY: that many bytes were written there when the block was made; they never change.
        unsafe {
            let key = self.start().add(key_len_offset(flags) + key_len_width(flags));
            slice::from_raw_parts(key, key_len)
        }
    }

    #[inline]
    pub(super) fn expires_at(&self) -> Option<UnixMillis> {
        if self.flags() & FLAG_EXPIRES == 0 {
            return None;
        }
        // SAFETY: the flag says that the field is there; it is aligned.
        Some(unsafe { self.start().add(HEADER_BYTES).cast::<UnixMillis>().read() })
    }

    #[inline]
    pub(super) fn value(&self) -> ValueRef<'_> {
        let shape = self.shape();
        // SAFETY: the flags say which value is there and where; it was written before they were.
        unsafe {
            let value = self.start().add(shape.value_offset());
            match shape.kind() {
                KIND_TEXT | KIND_RAW_TEXT => {
                    ValueRef::Str(slice::from_raw_parts(value, shape.value_len))
                }
                KIND_NOTHING => ValueRef::Str(&[]),
                KIND_FIRST_OBJECT..KIND_NOTHING => {
                    let place = self.start().add(object_offset(shape.flags));
                    ValueRef::Object(ObjectRef::at(object_kind(shape.flags), place))
                }
                _ => {
                    let mut bytes = [0; 8];
                    let unused = 8 - shape.value_len;
                    let to = bytes.as_mut_ptr().add(unused);
                    ptr::copy_nonoverlapping(value, to, shape.value_len);
                    ValueRef::Int(i64::from_le_bytes(bytes) >> (8 * unused))
                }
            }
        }
    }

    /// The value, if it is kept out of line.
    #[inline]
    pub(super) fn object(&self) -> Option<ObjectRef<'_>> {
        let flags = self.flags();
        // SAFETY: the flags say which object is there; it was written before they were.
        is_object(flags).then(|| unsafe {
            ObjectRef::at(object_kind(flags), self.start().add(object_offset(flags)))
        })
    }

    /// Whether the value is text that must not be called `embstr`.
    pub(super) fn is_raw_text(&self) -> bool {
        self.flags() & KIND_MASK == KIND_RAW_TEXT
    }

    /// Whether there is no value.
    pub(super) fn is_nothing(&self) -> bool {
        self.flags() & KIND_MASK == KIND_NOTHING
    }

    /// What is noted of its use; `None` of an element of a collection.
    pub(super) fn lru(&self) -> Option<u32> {
        let meta = self.header().meta.load(Ordering::Relaxed);
        (!is_element(meta as u8)).then_some(meta >> 8)
    }

    #[inline]
    pub(super) fn set_lru(&self, lru: u32) {
        // The flags change only while nobody else can reach the block, so not in between.
        let flags = self.flags();
        if !is_short(flags) {
            self.header().meta.store(lru << 8 | u32::from(flags), Ordering::Relaxed);
        }
    }

    #[inline]
    pub(super) fn allocated_bytes(&self) -> usize {
        self.shape().total_bytes()
    }

    /// The way to change the block, if this is its only holder.
    #[inline]
    pub(super) fn unique(&mut self) -> Option<BlockMut<'_>> {
        let unique = self.header().holders.is_one();
        unique.then_some(BlockMut(self))
    }

    /// Lets the processor fetch the block while other work is done.
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(self.start());
    }

    pub(super) fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }
}

impl Clone for Block {
    #[inline]
    fn clone(&self) -> Self {
        self.header().holders.add();
        Block(self.0)
    }
}

impl Drop for Block {
    #[inline]
    fn drop(&mut self) {
        if !self.header().holders.remove() {
            return;
        }
        let shape = self.shape();
        // SAFETY: this was the last holder; the layout is computed from the contents as at the
        // allocation, since changes in place keep the size class.
        unsafe {
            if is_object(shape.flags) {
                let place = self.start().add(object_offset(shape.flags));
                ObjectMut::at(object_kind(shape.flags), place).drop_in_place();
            }
            dealloc(self.start(), shape.layout());
        }
    }
}

/// The only holder of a block, borrowed mutably.
pub(super) struct BlockMut<'a>(&'a mut Block);

impl<'a> BlockMut<'a> {
    /// Replaces the value and the expiry where they lie; gives the value back if it does not fit
    /// the allocation's class or the fields before it would have to move.
    #[inline]
    pub(super) fn overwrite<'v>(
        &mut self,
        value: BlockValue<'v>,
        expires_at: Option<UnixMillis>,
    ) -> Result<(), BlockValue<'v>> {
        let old = self.0.shape();
        let new = old.with_value(&value);
        let expires = old.flags & FLAG_EXPIRES != 0;
        if expires != expires_at.is_some() || !old.can_become(new) {
            return Err(value);
        }
        if let Some(at) = expires_at {
            self.set_expiry_field(at);
        }
        // SAFETY: same class and prefix, so there is room. An object that is there is dropped
        // before another takes its place, and a borrowed value cannot lie in a block that is
        // borrowed mutably.
        unsafe {
            if is_object(old.flags) {
                let place = self.0.start().add(object_offset(old.flags));
                ObjectMut::at(object_kind(old.flags), place).drop_in_place();
            }
            self.0.write_value(new, value);
        }
        Ok(())
    }

    /// Changes the expiry of a block that has the field; `false` if it has none.
    pub(super) fn set_expiry_field(&mut self, at: UnixMillis) -> bool {
        let present = self.0.flags() & FLAG_EXPIRES != 0;
        if present {
            // SAFETY: the field is there and aligned; nobody else holds the block.
            unsafe { self.0.start().add(HEADER_BYTES).cast::<UnixMillis>().write(at) };
        }
        present
    }

    /// The object, if the value is one.
    #[inline]
    pub(super) fn into_object(self) -> Option<ObjectMut<'a>> {
        let BlockMut(block) = self;
        let flags = block.flags();
        if !is_object(flags) {
            return None;
        }
        // SAFETY: the flags say that it is there, and the borrow of the only holder lasts for 'a.
        Some(unsafe { ObjectMut::at(object_kind(flags), block.start().add(object_offset(flags))) })
    }

    /// The inline text, if the value is one.
    pub(super) fn into_text(self) -> Option<&'a mut [u8]> {
        let BlockMut(block) = self;
        let shape = block.shape();
        if !matches!(shape.kind(), KIND_TEXT | KIND_RAW_TEXT) {
            return None;
        }
        // SAFETY: the bytes were written, and the borrow of the only holder lasts for 'a.
        Some(unsafe {
            slice::from_raw_parts_mut(block.start().add(shape.value_offset()), shape.value_len)
        })
    }
}
