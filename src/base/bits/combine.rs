//! Bitwise operations on byte strings.

/// An operation of `BITOP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    And,
    Or,
    Xor,
    Not,
}

impl Operation {
    const NAMES: [(Operation, &'static [u8]); 4] = [
        (Operation::And, b"and"),
        (Operation::Or, b"or"),
        (Operation::Xor, b"xor"),
        (Operation::Not, b"not"),
    ];

    /// The operation of that name, in whatever case.
    pub fn named(word: &[u8]) -> Option<Operation> {
        let is_named = |(_, name): &&(_, &[u8])| word.eq_ignore_ascii_case(name);
        Operation::NAMES.iter().find(is_named).map(|(operation, _)| *operation)
    }

    /// Combines `into` with another string, which may be shorter: what it lacks is zeros. NOT has
    /// no second one.
    pub fn combine(self, into: &mut [u8], other: &[u8]) {
        let shared = into.len().min(other.len());
        let (both, alone) = into.split_at_mut(shared);
        let pairs = both.iter_mut().zip(other);
        match self {
            Operation::And => {
                pairs.for_each(|(byte, other)| *byte &= other);
                alone.fill(0);
            }
            Operation::Or => pairs.for_each(|(byte, other)| *byte |= other),
            Operation::Xor => pairs.for_each(|(byte, other)| *byte ^= other),
            Operation::Not => {}
        }
    }

    /// What NOT does to the only string; the others leave the first one as it is.
    pub fn begin(self, first: &mut [u8]) {
        if self == Operation::Not {
            first.iter_mut().for_each(|byte| *byte = !*byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn combined(operation: Operation, other: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0b1100; 40];
        operation.begin(&mut bytes);
        operation.combine(&mut bytes, other);
        bytes
    }

    #[test]
    fn a_shorter_string_is_one_that_ends_in_zeros() {
        for len in [0, 1, 8, 33, 40] {
            let other = vec![0b1010; len];
            let expected = |both: u8, alone: u8| [vec![both; len], vec![alone; 40 - len]].concat();
            assert_eq!(combined(Operation::And, &other), expected(0b1000, 0));
            assert_eq!(combined(Operation::Or, &other), expected(0b1110, 0b1100));
            assert_eq!(combined(Operation::Xor, &other), expected(0b0110, 0b1100));
        }
        assert_eq!(combined(Operation::Not, b""), [!0b1100; 40]);
    }

    #[test]
    fn operations_are_named_in_any_case() {
        assert_eq!(Operation::named(b"aNd"), Some(Operation::And));
        assert_eq!(Operation::named(b"NOT"), Some(Operation::Not));
        assert_eq!((Operation::named(b"andor"), Operation::named(b"")), (None, None));
    }
}
