//! Registers as runs of equal numbers.
//!
//! ```text
//! 00xxxxxx           x + 1 registers of 0                       up to 64
//! 01xxxxxx yyyyyyyy  (x << 8 | y) + 1 registers of 0            up to 16384
//! 1vvvvvxx           x + 1 registers of v + 1                   up to 4, and up to 32
//! ```
//! How runs are split and joined is part of the format here: the same elements in the same order
//! give the same bytes as on Redis.

use super::estimate::Histogram;
use super::hash::Observation;
use super::layout::{Corrupt, HEADER_BYTES, REGISTERS, Registers};

const SHORT_ZEROS_MAX: usize = 64;
const VALUE_MAX: u8 = 32;
const VALUE_RUN_MAX: usize = 4;
/// How many runs are looked at to join neighbours, beginning before the one that changed.
const JOIN_SCAN: usize = 5;

/// So many registers that hold `value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub value: u8,
    pub len: usize,
    /// How it is written: in two bytes, for zeros.
    pub is_long: bool,
}

impl Run {
    /// The run at the beginning of some bytes; `None` at the end, and if it is cut off.
    #[inline]
    fn first(bytes: &[u8]) -> Option<Run> {
        let &[byte, ref rest @ ..] = bytes else { return None };
        let low = usize::from(byte & 0x3f);
        match byte >> 6 {
            0 => Some(Run { value: 0, len: low + 1, is_long: false }),
            1 => {
                let len = (low << 8 | usize::from(*rest.first()?)) + 1;
                Some(Run { value: 0, len, is_long: true })
            }
            _ => Some(Run {
                value: (byte >> 2 & 0x1f) + 1,
                len: usize::from(byte & 3) + 1,
                is_long: false,
            }),
        }
    }

    fn bytes(self) -> usize {
        if self.is_long { 2 } else { 1 }
    }

    /// The shortest way to write a run. At most 16384 zeros, or 4 of 1 to 32.
    fn push(out: &mut Written, value: u8, len: usize) {
        match (value, len) {
            (_, 0) => {}
            (0, 1..=SHORT_ZEROS_MAX) => out.push((len - 1) as u8),
            (0, _) => {
                out.push(0x40 | ((len - 1) >> 8) as u8);
                out.push((len - 1) as u8);
            }
            _ => out.push(value_run(value, len)),
        }
    }
}

fn value_run(value: u8, len: usize) -> u8 {
    0x80 | (value - 1) << 2 | (len - 1) as u8
}

/// What takes the place of one run: at most zeros, a value and zeros again.
#[derive(Default)]
struct Written {
    bytes: [u8; 5],
    len: usize,
}

impl Written {
    fn push(&mut self, byte: u8) {
        self.bytes[self.len] = byte;
        self.len += 1;
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// The runs, up to the end or to one that is cut off.
pub(super) fn runs(mut bytes: &[u8]) -> impl Iterator<Item = Run> {
    std::iter::from_fn(move || {
        let run = Run::first(bytes)?;
        bytes = &bytes[run.bytes()..];
        Some(run)
    })
}

/// The registers of a run that is one byte, by that byte; 0 of one that is two.
const SHORT_LENS: [u8; 256] = {
    let mut lens = [0; 256];
    let mut byte = 0;
    while byte < lens.len() {
        lens[byte] = match byte >> 6 {
            0 => (byte & 0x3f) as u8 + 1,
            1 => 0,
            _ => (byte & 3) as u8 + 1,
        };
        byte += 1;
    }
    lens
};

/// Goes through all runs with the first register of each; they must add up to all registers.
#[inline]
fn each_run(bytes: &[u8], mut take: impl FnMut(usize, Run)) -> Result<(), Corrupt> {
    let (mut first, mut at) = (0, 0);
    while at < bytes.len() {
        let run = Run::first(&bytes[at..]).ok_or(Corrupt)?;
        if run.len > REGISTERS - first {
            return Err(Corrupt);
        }
        take(first, run);
        first += run.len;
        at += run.bytes();
    }
    if first == REGISTERS { Ok(()) } else { Err(Corrupt) }
}

pub(super) fn histogram(bytes: &[u8]) -> Result<Histogram, Corrupt> {
    let mut histogram = Histogram::EMPTY;
    each_run(bytes, |_, run| histogram.0[usize::from(run.value)] += run.len as u32)?;
    Ok(histogram)
}

pub(super) fn merge_into(bytes: &[u8], union: &mut Registers) -> Result<(), Corrupt> {
    each_run(bytes, |first, run| {
        if run.value > 0 {
            for register in &mut union[first..first + run.len] {
                *register = run.value.max(*register);
            }
        }
    })
}

/// Appends the run of a HyperLogLog to which nothing was added.
pub(super) fn push_empty(bytes: &mut Vec<u8>) {
    let mut written = Written::default();
    Run::push(&mut written, 0, REGISTERS);
    bytes.extend_from_slice(written.as_slice());
}

/// A register. What comes behind it is not looked at.
pub(super) fn get(bytes: &[u8], index: usize) -> Result<u8, Corrupt> {
    let (mut at, mut left) = (0, index);
    // Nearly all are one byte: the next place is known before this run is read.
    while let Some(&byte) = bytes.get(at) {
        let mut len = usize::from(SHORT_LENS[usize::from(byte)]);
        if len == 0 {
            len = Run::first(&bytes[at..]).ok_or(Corrupt)?.len;
            at += 1;
        }
        if left < len {
            return Ok(if byte >> 7 == 0 { 0 } else { (byte >> 2 & 0x1f) + 1 });
        }
        left -= len;
        at += 1;
    }
    Err(Corrupt)
}

/// Where the next search begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    at: usize,
    /// The register that the run there begins with.
    first: usize,
}

/// The run that a register is in.
struct Found {
    run: Run,
    place: Cursor,
    /// The run before it, and the one before that, as far as there are any.
    before: [Option<Cursor>; 2],
}

impl Cursor {
    /// Finds the run of a register, which is not before this place.
    #[inline]
    fn find(self, bytes: &[u8], index: usize) -> Result<Found, Corrupt> {
        let mut place = self;
        let mut before = [None; 2];
        loop {
            let run = bytes.get(place.at..).and_then(Run::first).ok_or(Corrupt)?;
            if index < place.first + run.len {
                return Ok(Found { run, place, before });
            }
            before = [Some(place), before[0]];
            place = Cursor { at: place.at + run.bytes(), first: place.first + run.len };
        }
    }
}

/// What came of raising a register.
pub(super) enum Raised {
    Yes,
    /// It is as high already.
    No,
    /// It cannot be written in runs, or not in few enough bytes.
    NeedsDense,
}

/// The runs of a HyperLogLog, to be changed.
pub(super) struct Runs<'a> {
    /// With the header.
    pub bytes: &'a mut Vec<u8>,
    /// How long `bytes` may become.
    pub max_bytes: usize,
}

impl Runs<'_> {
    /// Raises a register. `cursor` is at the beginning, or where it was left after a register
    /// before this one.
    pub(super) fn raise(
        self,
        cursor: &mut Cursor,
        Observation { index, count }: Observation,
    ) -> Result<Raised, Corrupt> {
        if count > VALUE_MAX {
            return Ok(Raised::NeedsDense);
        }
        let bytes = &self.bytes[HEADER_BYTES..];
        let mut found = cursor.find(bytes, index)?;
        if found.before[0].is_none() && cursor.at > 0 {
            // Runs were joined into the one at the cursor, and what is before it is not known.
            found = Cursor::default().find(bytes, index)?;
        }
        let Found { run, place, before } = found;
        if run.value >= count {
            return Ok(Raised::No);
        }
        let mut written = Written::default();
        Run::push(&mut written, run.value, index - place.first);
        written.push(value_run(count, 1));
        Run::push(&mut written, run.value, place.first + run.len - 1 - index);
        let grown = self.bytes.len() - run.bytes() + written.len;
        if written.len > run.bytes() && grown > self.max_bytes {
            return Ok(Raised::NeedsDense);
        }
        let at = HEADER_BYTES + place.at;
        self.bytes.splice(at..at + run.bytes(), written.as_slice().iter().copied());
        self.join(HEADER_BYTES + before[0].unwrap_or_default().at);
        // What is before the run before stays as it is, and where that begins.
        *cursor = before[1].unwrap_or(*cursor);
        Ok(Raised::Yes)
    }

    /// Joins neighbours that hold the same number, where one run has room for both.
    fn join(self, mut at: usize) {
        for _ in 0..JOIN_SCAN {
            let Some(run) = self.bytes.get(at..).and_then(Run::first) else { return };
            let next = self.bytes.get(at + 1..).and_then(Run::first);
            match next {
                Some(next)
                    if run.value > 0
                        && next.value == run.value
                        && run.len + next.len <= VALUE_RUN_MAX =>
                {
                    self.bytes[at + 1] = value_run(run.value, run.len + next.len);
                    self.bytes.remove(at);
                }
                _ => at += run.bytes(),
            }
        }
    }
}
