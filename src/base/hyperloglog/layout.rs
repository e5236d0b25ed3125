//! What stands where in a HyperLogLog, and how much there is of it.

/// The bits of a hash that choose the register.
pub(super) const INDEX_BITS: u32 = 14;
pub const REGISTERS: usize = 1 << INDEX_BITS;
/// The largest number that a register can come to hold.
pub(super) const MAX_COUNT: u8 = (64 - INDEX_BITS + 1) as u8;
pub(super) const HEADER_BYTES: usize = 16;
pub(super) const DENSE_BYTES: usize = HEADER_BYTES + REGISTERS_BYTES;
/// Dense registers, of 6 bits each.
pub(super) const REGISTERS_BYTES: usize = REGISTERS * 6 / 8;

pub(super) const MAGIC: &[u8; 4] = b"HYLL";
pub(super) const ENCODING_AT: usize = 4;
pub(super) const CARDINALITY_AT: usize = 8;
pub(super) const STALE_AT: usize = 15;
pub(super) const STALE: u8 = 0x80;

/// All registers, a byte each.
pub type Registers = [u8; REGISTERS];

/// The runs of a sparse one do not add up to all registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt;
