//! Bytes in: a buffer over an `io::Read` that counts and sums what is consumed.

#![expect(
    clippy::indexing_slicing,
    reason = "all places are within summed <= at <= end <= buf.len(), whatever the bytes say"
)]

use std::io::{ErrorKind, Read};

use crate::base::crc64::Crc64;

use super::error::{RdbError, RdbErrorKind};

/// What an input reads at once, and the longest run that it hands out without copying.
pub const INPUT_BUFFER_BYTES: usize = 128 * 1024;
/// A string whose length is only claimed gets memory in steps: this much, then as much again as
/// has arrived.
const STEP_BYTES: usize = 1024 * 1024;

/// A reader's place in its input.
///
/// ```text
/// buf: | summed | consumed, not summed | arrived, not consumed | free |
///      0        summed                 at                      end
/// ```
pub struct Input<R> {
    source: R,
    buf: Box<[u8]>,
    /// `summed <= at <= end <= buf.len()`.
    summed: usize,
    at: usize,
    end: usize,
    /// The bytes consumed before `buf[0]`.
    before: u64,
    /// Of all bytes before `summed`; `None` when nobody will ask.
    crc: Option<Crc64>,
}

impl<R: Read> Input<R> {
    /// An input for a file or stream.
    pub fn new(source: R) -> Self {
        Input::with_capacity(source, INPUT_BUFFER_BYTES)
    }

    /// An input that holds `capacity` bytes at a time, 16 at least.
    pub fn with_capacity(source: R, capacity: usize) -> Self {
        Input {
            source,
            buf: vec![0; capacity.max(16)].into_boxed_slice(),
            summed: 0,
            at: 0,
            end: 0,
            before: 0,
            crc: Some(Crc64::new()),
        }
    }

    /// Stops computing the checksum.
    pub fn skip_checksum(&mut self) {
        self.crc = None;
    }

    /// The bytes consumed so far.
    pub fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    /// The checksum of the bytes consumed so far; `None` when switched off.
    pub fn checksum(&mut self) -> Option<u64> {
        self.sum_consumed();
        self.crc.as_ref().map(Crc64::value)
    }

    /// An error at this place.
    #[cold]
    pub fn error(&self, kind: RdbErrorKind) -> RdbError {
        kind.at(self.offset())
    }

    /// The next byte.
    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8, RdbError> {
        if self.at == self.end {
            self.fill(1)?;
        }
        let byte = self.buf[self.at];
        self.at += 1;
        Ok(byte)
    }

    /// The next `N` bytes, 16 at most.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], RdbError> {
        const { assert!(N <= 16) };
        self.fill(N)?;
        let mut array = [0; N];
        array.copy_from_slice(&self.buf[self.at..self.at + N]);
        self.at += N;
        Ok(array)
    }

    /// The next `len` bytes where they lie, or in `spill` when they are longer than the buffer.
    #[inline(always)]
    pub fn bytes<'a>(&'a mut self, len: u64, spill: &'a mut Vec<u8>) -> Result<&'a [u8], RdbError> {
        if len <= self.buf.len() as u64 {
            let len = len as usize;
            self.fill(len)?;
            self.at += len;
            return Ok(&self.buf[self.at - len..self.at]);
        }
        *spill = self.owned(len)?;
        Ok(spill)
    }

    /// The next `len` bytes in memory of their own. Takes no more of it than has arrived, and
    /// one step, whatever `len` claims.
    pub fn owned(&mut self, len: u64) -> Result<Vec<u8>, RdbError> {
        let len = usize::try_from(len).map_err(|_| self.error(RdbErrorKind::ShortRead))?;
        let buffered = len.min(self.end - self.at);
        let mut out = Vec::new();
        self.reserve(&mut out, buffered.max(len.min(STEP_BYTES)))?;
        out.extend_from_slice(&self.buf[self.at..self.at + buffered]);
        self.at += buffered;
        if out.len() < len {
            self.sum_consumed();
            self.read_around_buffer(len, &mut out)?;
        }
        Ok(out)
    }

    /// Passes over the next `len` bytes.
    pub fn skip(&mut self, mut len: u64) -> Result<(), RdbError> {
        while len > 0 {
            self.fill(1)?;
            let step = len.min((self.end - self.at) as u64);
            self.at += step as usize;
            len -= step;
        }
        Ok(())
    }

    /// What has arrived and was not consumed, and the source that it came from.
    pub fn into_rest(self) -> (Vec<u8>, R) {
        (self.buf[self.at..self.end].to_vec(), self.source)
    }

    /// Reads straight into `out` until it holds `len` bytes; the buffer is empty.
    fn read_around_buffer(&mut self, len: usize, out: &mut Vec<u8>) -> Result<(), RdbError> {
        while out.len() < len {
            let from = out.len();
            let step = (len - from).min(from.max(STEP_BYTES));
            self.reserve(out, step)?;
            out.resize(from + step, 0);
            let mut filled = from;
            while filled < out.len() {
                let n = read_some(&mut self.source, &mut out[filled..])
                    .map_err(|kind| self.error(kind))?;
                self.before += n as u64;
                filled += n;
            }
            if let Some(crc) = &mut self.crc {
                crc.update(&out[from..]);
            }
        }
        Ok(())
    }

    fn reserve(&self, out: &mut Vec<u8>, bytes: usize) -> Result<(), RdbError> {
        out.try_reserve_exact(bytes).map_err(|_| self.error(RdbErrorKind::ShortRead))
    }

    /// Makes sure that `len` bytes, which the buffer can hold, lie there.
    #[inline(always)]
    fn fill(&mut self, len: usize) -> Result<(), RdbError> {
        if self.end - self.at >= len {
            return Ok(());
        }
        self.fill_from_source(len)
    }

    #[cold]
    fn fill_from_source(&mut self, len: usize) -> Result<(), RdbError> {
        self.sum_consumed();
        self.buf.copy_within(self.at..self.end, 0);
        self.before += self.at as u64;
        self.end -= self.at;
        (self.summed, self.at) = (0, 0);
        while self.end < len {
            self.end += read_some(&mut self.source, &mut self.buf[self.end..])
                .map_err(|kind| kind.at(self.before))?;
        }
        Ok(())
    }

    fn sum_consumed(&mut self) {
        if let Some(crc) = &mut self.crc {
            crc.update(&self.buf[self.summed..self.at]);
        }
        self.summed = self.at;
    }
}

/// Reads one byte at least.
fn read_some(source: &mut impl Read, buf: &mut [u8]) -> Result<usize, RdbErrorKind> {
    loop {
        match source.read(buf) {
            Ok(0) => return Err(RdbErrorKind::ShortRead),
            Ok(n) => return Ok(n),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(RdbErrorKind::ShortRead);
            }
            Err(error) => return Err(RdbErrorKind::Io(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one, two, ... seven bytes at a time.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            self.1 = self.1 % 7 + 1;
            let n = self.1.min(buf.len()).min(self.0.len());
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn text(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * 31 % 251) as u8).collect()
    }

    #[test]
    fn every_way_to_consume_is_counted_and_summed() {
        let text = text(3000);
        let mut input = Input::with_capacity(Dribble(&text, 0), 64);
        let mut spill = Vec::new();
        assert_eq!(input.byte().unwrap(), text[0]);
        assert_eq!(input.array::<9>().unwrap(), text[1..10]);
        assert_eq!(input.bytes(64, &mut spill).unwrap(), &text[10..74]);
        assert_eq!(input.bytes(65, &mut spill).unwrap(), &text[74..139]);
        assert_eq!(input.owned(1000).unwrap(), &text[139..1139]);
        input.skip(861).unwrap();
        assert_eq!(input.offset(), 2000);
        assert_eq!(input.checksum(), Some(Crc64::of(&text[..2000])));
        assert_eq!(input.owned(1000).unwrap(), &text[2000..]);
        assert_eq!(input.checksum(), Some(Crc64::of(&text)));
        assert!(matches!(input.byte().unwrap_err().kind, RdbErrorKind::ShortRead));
    }

    #[test]
    fn a_claimed_length_takes_no_more_memory_than_arrived_and_a_step() {
        let arrived = text(5 * STEP_BYTES);
        let mut input = Input::new(&arrived[..]);
        let mut taken = Vec::new();
        let error = input.read_around_buffer(1 << 40, &mut taken).unwrap_err();
        assert!(matches!(error.kind, RdbErrorKind::ShortRead));
        assert_eq!(error.offset, arrived.len() as u64);
        assert!(taken.capacity() <= 2 * arrived.len() + STEP_BYTES);
        assert!(Input::new(&arrived[..]).owned(u64::MAX).is_err());
    }

    #[test]
    fn the_rest_goes_on_where_the_reader_stopped() {
        let text = text(100);
        let mut input = Input::with_capacity(&text[..], 32);
        input.skip(40).unwrap();
        let (mut rest, mut source) = input.into_rest();
        source.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, &text[40..]);
    }
}
