//! Registers of six bits side by side, the low bits first: four in three bytes.

use super::estimate::Histogram;
use super::hash::Observation;
use super::layout::{REGISTERS, Registers};

pub(super) const BYTES: usize = REGISTERS * 6 / 8;

/// The two bytes that a register may touch, and its place in them. The second may lie behind the
/// end; then the register has no part in it.
fn place(index: usize) -> (usize, u32) {
    (index * 6 / 8, (index * 6 % 8) as u32)
}

#[inline]
pub(super) fn get(bytes: &[u8], index: usize) -> u8 {
    let (at, shift) = place(index);
    let byte = |at: usize| u16::from(bytes.get(at).copied().unwrap_or(0));
    ((byte(at) | byte(at + 1) << 8) >> shift) as u8 & 63
}

/// Raises a register; `false` if it is as high already.
#[inline]
pub(super) fn raise(bytes: &mut [u8], seen: Observation) -> bool {
    let old = get(bytes, seen.index);
    if old >= seen.count {
        return false;
    }
    let (at, shift) = place(seen.index);
    let change = u16::from(old ^ seen.count) << shift;
    let [low, high] = change.to_le_bytes();
    bytes[at] ^= low;
    if high != 0 {
        bytes[at + 1] ^= high;
    }
    true
}

/// The four registers of three bytes.
#[inline(always)]
fn unpacked([a, b, c]: [u8; 3]) -> [u8; 4] {
    let word = u32::from_le_bytes([a, b, c, 0]);
    std::array::from_fn(|i| (word >> (6 * i)) as u8 & 63)
}

pub(super) fn histogram(bytes: &[u8]) -> Histogram {
    let mut registers = [0; REGISTERS];
    for (four, bytes) in registers.as_chunks_mut::<4>().0.iter_mut().zip(bytes.as_chunks::<3>().0) {
        *four = unpacked(*bytes);
    }
    Histogram::of(&registers)
}

pub(super) fn merge_into(bytes: &[u8], union: &mut Registers) {
    for (four, bytes) in union.as_chunks_mut::<4>().0.iter_mut().zip(bytes.as_chunks::<3>().0) {
        let here = unpacked(*bytes);
        *four = std::array::from_fn(|i| four[i].max(here[i]));
    }
}

/// Appends registers, each below 64.
pub(super) fn push(bytes: &mut Vec<u8>, registers: &Registers) {
    bytes.reserve_exact(BYTES);
    for four in registers.as_chunks::<4>().0 {
        let word = four.iter().rev().fold(0, |word, &register| word << 6 | u32::from(register));
        bytes.extend_from_slice(&word.to_le_bytes()[..3]);
    }
}
