//! `#TS:<seconds>`: what follows in the file was written then. With `aof-timestamp-enabled`, so that
//! `redis-check-aof --truncate-to-timestamp` finds where to cut. Who loads the file passes over it.

use crate::base::number::{parse_i64, push_i64};

const START: &[u8] = b"#TS:";

/// Seconds since 1970, as an annotation says them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp {
    pub unix_seconds: i64,
}

impl Timestamp {
    /// Appends the line, with its end.
    pub fn push(self, out: &mut Vec<u8>) {
        out.extend_from_slice(START);
        push_i64(out, self.unix_seconds);
        out.extend_from_slice(b"\r\n");
    }

    /// Of an annotation, without its end. `None`: it is another, or says no number.
    pub fn parse(line: &[u8]) -> Option<Timestamp> {
        let unix_seconds = parse_i64(line.strip_prefix(START)?)?;
        Some(Timestamp { unix_seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for unix_seconds in [0, 1_700_000_000, -1, i64::MAX, i64::MIN] {
            let timestamp = Timestamp { unix_seconds };
            let mut line = b"before".to_vec();
            timestamp.push(&mut line);
            let line = line.strip_prefix(b"before").and_then(|line| line.strip_suffix(b"\r\n"));
            let line = line.expect("a line");
            assert_eq!(line, format!("#TS:{unix_seconds}").as_bytes());
            assert_eq!(Timestamp::parse(line), Some(timestamp));
        }
    }

    #[test]
    fn other_lines_say_no_time() {
        for line in ["", "#", "#TS", "#TS:", "#TS:x", "#TS:1 ", "#TS: 1", "#TS:1\r", "#ts:1"] {
            assert_eq!(Timestamp::parse(line.as_bytes()), None, "{line:?}");
        }
        for line in ["TS:1", "#STREAM:1", "#TS:9223372036854775808", "#TS:01", "*1"] {
            assert_eq!(Timestamp::parse(line.as_bytes()), None, "{line:?}");
        }
    }
}
