//! A HyperLogLog that is read, made or changed.

use super::dense;
use super::hash::Observation;
use super::layout::{
    CARDINALITY_AT, Corrupt, DENSE_BYTES, ENCODING_AT, HEADER_BYTES, MAGIC, REGISTERS, Registers,
    STALE, STALE_AT,
};
use super::sparse::{self, Cursor, Run};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Dense,
    Sparse,
}

impl Encoding {
    fn of(byte: u8) -> Option<Encoding> {
        match byte {
            0 => Some(Encoding::Dense),
            1 => Some(Encoding::Sparse),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Encoding::Dense => "dense",
            Encoding::Sparse => "sparse",
        }
    }
}

/// One that is read. Its header is sound, what follows need not be.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
}

impl<'a> View<'a> {
    /// `None` if it is no HyperLogLog.
    pub fn of(bytes: &'a [u8]) -> Option<View<'a>> {
        let (header, _) = bytes.split_first_chunk::<HEADER_BYTES>()?;
        let encoding = Encoding::of(header[ENCODING_AT])?;
        let fits = encoding == Encoding::Sparse || bytes.len() == DENSE_BYTES;
        (header.starts_with(MAGIC) && fits).then_some(View { bytes, encoding })
    }

    pub fn encoding(self) -> Encoding {
        self.encoding
    }

    fn registers(self) -> &'a [u8] {
        &self.bytes[HEADER_BYTES..]
    }

    /// The estimate that is kept in it, if nothing was added since.
    pub fn cached_cardinality(self) -> Option<u64> {
        let is_stale = self.bytes[STALE_AT] & STALE != 0;
        let (_, rest) = self.bytes.split_at(CARDINALITY_AT);
        rest.first_chunk().filter(|_| !is_stale).map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// The estimate, by its registers.
    ///
    /// # Errors
    /// It is sparse and corrupt.
    pub fn cardinality(self) -> Result<u64, Corrupt> {
        let histogram = match self.encoding {
            Encoding::Dense => dense::histogram(self.registers()),
            Encoding::Sparse => sparse::histogram(self.registers())?,
        };
        Ok(histogram.cardinality())
    }

    /// Whether an observation is no news to it.
    ///
    /// # Errors
    /// It is sparse, and has no such register.
    pub fn knows(self, seen: Observation) -> Result<bool, Corrupt> {
        let register = match self.encoding {
            Encoding::Dense => dense::get(self.registers(), seen.index),
            Encoding::Sparse => sparse::get(self.registers(), seen.index)?,
        };
        Ok(register >= seen.count)
    }

    /// Raises each register of `union` to the one here.
    ///
    /// # Errors
    /// It is sparse and corrupt. Some registers may be raised all the same.
    pub fn merge_into(self, union: &mut Registers) -> Result<(), Corrupt> {
        match self.encoding {
            Encoding::Dense => dense::merge_into(self.registers(), union),
            Encoding::Sparse => sparse::merge_into(self.registers(), union)?,
        }
        Ok(())
    }

    /// The runs of a sparse one, up to where they make no sense; `None` of a dense one.
    pub fn runs(self) -> Option<impl Iterator<Item = Run>> {
        (self.encoding == Encoding::Sparse).then(|| sparse::runs(self.registers()))
    }
}

/// What is kept as estimate, to be written at [`CACHE_AT`].
pub fn cache(cardinality: u64) -> [u8; 8] {
    cardinality.to_le_bytes()
}

/// Where the estimate stands.
pub const CACHE_AT: usize = CARDINALITY_AT;

/// Raises a register of a dense one that lies elsewhere, and says that its estimate is no longer
/// true; `false`, and nothing is changed, if it is as high already.
pub fn raise_dense(bytes: &mut [u8], seen: Observation) -> bool {
    debug_assert_eq!(bytes.len(), DENSE_BYTES, "a dense one");
    let is_news = dense::raise(&mut bytes[HEADER_BYTES..], seen);
    if is_news {
        bytes[STALE_AT] |= STALE;
    }
    is_news
}

/// One that is made or changed, in memory of its own.
#[derive(Clone, Debug)]
pub struct Draft {
    pub(super) bytes: Vec<u8>,
    encoding: Encoding,
    /// The length in bytes, with the header, beyond which it becomes dense.
    sparse_max_bytes: usize,
}

impl Draft {
    /// Nothing was added yet.
    pub fn empty(sparse_max_bytes: usize) -> Draft {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[ENCODING_AT] = 1;
        sparse::push_empty(&mut bytes);
        Draft { bytes, encoding: Encoding::Sparse, sparse_max_bytes }
    }

    pub fn of(view: View<'_>, sparse_max_bytes: usize) -> Draft {
        // An observation adds three bytes at most.
        let mut bytes = Vec::with_capacity(view.bytes.len() + 3);
        bytes.extend_from_slice(view.bytes);
        Draft { bytes, encoding: view.encoding, sparse_max_bytes }
    }

    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Says that the estimate that is kept is no longer true.
    pub fn forget_cardinality(&mut self) {
        self.bytes[STALE_AT] |= STALE;
    }

    /// Raises a register; `false` if it is as high already.
    ///
    /// # Errors
    /// It is sparse and corrupt; it was not changed.
    pub fn raise(&mut self, seen: Observation) -> Result<bool, Corrupt> {
        self.raise_from(&mut Cursor::default(), seen)
    }

    fn raise_from(&mut self, cursor: &mut Cursor, seen: Observation) -> Result<bool, Corrupt> {
        if self.encoding == Encoding::Sparse {
            let runs = sparse::Runs { bytes: &mut self.bytes, max_bytes: self.sparse_max_bytes };
            match runs.raise(cursor, seen)? {
                sparse::Raised::Yes => {
                    self.forget_cardinality();
                    return Ok(true);
                }
                sparse::Raised::No => return Ok(false),
                sparse::Raised::NeedsDense => self.make_dense()?,
            }
        }
        Ok(raise_dense(&mut self.bytes, seen))
    }

    /// Makes it dense, if it is not yet; the estimate stays.
    ///
    /// # Errors
    /// It is corrupt; it was not changed.
    pub fn make_dense(&mut self) -> Result<(), Corrupt> {
        if self.encoding == Encoding::Sparse {
            let mut registers = [0; REGISTERS];
            sparse::merge_into(&self.bytes[HEADER_BYTES..], &mut registers)?;
            self.set_dense(&registers);
        }
        Ok(())
    }

    /// Raises each register to the one of `union`, which has no lower ones.
    ///
    /// # Errors
    /// It is sparse and corrupt; it may have been changed.
    pub fn raise_to(&mut self, union: &Registers) -> Result<(), Corrupt> {
        let mut cursor = Cursor::default();
        for (index, &count) in union.iter().enumerate() {
            if self.encoding == Encoding::Dense {
                self.set_dense(union);
                break;
            }
            if count > 0 {
                self.raise_from(&mut cursor, Observation { index, count })?;
            }
        }
        self.forget_cardinality();
        Ok(())
    }

    fn set_dense(&mut self, registers: &Registers) {
        self.bytes.truncate(HEADER_BYTES);
        self.bytes[ENCODING_AT] = 0;
        self.encoding = Encoding::Dense;
        dense::push(&mut self.bytes, registers);
    }
}
