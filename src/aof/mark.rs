//! `#STREAM:<replid>:<offset>:<second replid>:<until>`: what follows in the file is the stream of
//! that history from there on. Redis skips the line, as every annotation.
//!
//! One stands behind the `SELECT` with which each file begins, one wherever the history gets
//! another name, and one where a server opened the file anew.

use crate::base::ids::ReplId;
use crate::base::number::parse_i64;
use crate::base::offset::{self, Offset};

const START: &[u8] = b"#STREAM:";

/// A place in a history, and the name that its older part had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub id: ReplId,
    pub offset: Offset,
    /// The older name and up to where it holds.
    pub second: Option<(ReplId, Offset)>,
}

impl Mark {
    /// The line, with its end.
    pub fn line(&self) -> Vec<u8> {
        let (second, until) = self.second.unwrap_or((ReplId::NONE, -1));
        let text = |id: ReplId| String::from_utf8_lossy(id.as_bytes()).into_owned();
        let (id, second) = (text(self.id), text(second));
        format!("#STREAM:{id}:{}:{second}:{until}\r\n", self.offset).into_bytes()
    }

    /// Of an annotation, without its end. `None`: it is another, or nothing that we would write.
    pub fn parse(line: &[u8]) -> Option<Mark> {
        let mut words = line.strip_prefix(START)?.split(|&byte| byte == b':');
        let mut next = || words.next();
        let id = ReplId::from_bytes(next()?)?;
        let offset = parse_i64(next()?).and_then(offset::taken)?;
        let second = ReplId::from_bytes(next()?)?;
        let until = parse_i64(next()?)?;
        let second = match second == ReplId::NONE {
            true => None,
            false => Some((second, offset::taken(until).filter(|&until| until <= offset)?)),
        };
        next().is_none().then_some(Mark { id, offset, second })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: u8) -> ReplId {
        ReplId::from_bytes(&[digit; 40]).unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        for second in [None, Some((id(b'b'), 0)), Some((id(b'b'), 900))] {
            let mark = Mark { id: id(b'a'), offset: 900, second };
            let line = mark.line();
            assert_eq!(Mark::parse(line.strip_suffix(b"\r\n").unwrap()), Some(mark));
        }
    }

    #[test]
    fn what_nobody_would_write_is_no_mark() {
        let [a, b] = ["a", "b"].map(|digit| digit.repeat(40));
        for line in [
            "#TS:1700000000".to_owned(),
            "#STREAM:".to_owned(),
            format!("#STREAM:{a}:-1:{b}:0"),
            format!("#STREAM:{a}:{}:{b}:0", i64::MAX),
            format!("#STREAM:{a}:5:{b}:6"),
            format!("#STREAM:{a}:5:{b}:-1"),
            format!("#STREAM:{a}:5:{b}:5:5"),
            format!("#STREAM:{a}:5"),
            format!("#STREAM:{}:5:{b}:5", &a[1..]),
        ] {
            assert_eq!(Mark::parse(line.as_bytes()), None, "{line}");
        }
    }
}
