//! Where replies end in bytes that still come in: nothing of them is kept or looked into.

use memchr::memchr;

use super::decode::DecodeError;
use crate::base::number::parse_i64;

/// The longest line of a status, error or number, in bytes.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// Goes over replies in either protocol, each once, however they are cut.
#[derive(Debug, Default)]
pub struct Skimmer {
    /// Up to where all is gone over.
    at: usize,
    /// Parts that are still to come of the reply that has begun.
    missing: u64,
}

impl Skimmer {
    /// One past the end of the next reply in `bytes`, which have grown since the last call, if at
    /// all. `None`: the reply is not whole yet.
    ///
    /// # Errors
    /// No reply begins so.
    pub fn next_end(&mut self, bytes: &[u8]) -> Result<Option<usize>, DecodeError> {
        if self.missing == 0 {
            self.missing = 1;
        }
        while self.missing > 0 {
            let rest = bytes.get(self.at..).unwrap_or_default();
            let Some((length, parts)) = part(rest)? else { return Ok(None) };
            self.at += length;
            self.missing = (self.missing - 1).saturating_add(parts);
        }
        Ok(Some(self.at))
    }
}

/// The first part of `bytes`: how long it is, and how many parts follow that belong to it.
fn part(bytes: &[u8]) -> Result<Option<(usize, u64)>, DecodeError> {
    let Some(&kind) = bytes.first() else { return Ok(None) };
    let Some(end) = memchr(b'\n', bytes) else {
        return if bytes.len() > MAX_LINE_BYTES { Err(DecodeError::LineTooLong) } else { Ok(None) };
    };
    let line = bytes.get(1..end.saturating_sub(1)).unwrap_or_default();
    let line_length = end + 1;
    let number = || parse_i64(line).ok_or(DecodeError::BadNumber);
    let parts = |each: u64| number().map(|n| u64::try_from(n).unwrap_or(0).saturating_mul(each));
    match kind {
        b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => Ok(Some((line_length, 0))),
        b'*' | b'~' | b'>' => Ok(Some((line_length, parts(1)?))),
        b'%' => Ok(Some((line_length, parts(2)?))),
        // The value that it is about follows it.
        b'|' => Ok(Some((line_length, parts(2)?.saturating_add(1)))),
        b'$' | b'=' | b'!' => {
            let Ok(length) = usize::try_from(number()?) else { return Ok(Some((line_length, 0))) };
            let whole = line_length.saturating_add(length).saturating_add(2);
            Ok((whole <= bytes.len()).then_some((whole, 0)))
        }
        other => Err(DecodeError::UnknownType(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLIES: &[&[u8]] = &[
        b"+OK\r\n",
        b"-ERR no\r\n",
        b":12\r\n",
        b"$-1\r\n",
        b"$0\r\n\r\n",
        b"$6\r\na\r\nb\r\n\r\n",
        b"*-1\r\n",
        b"*0\r\n",
        b"*2\r\n*1\r\n:1\r\n$1\r\na\r\n",
        b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n_\r\n",
        b"|1\r\n+a\r\n:1\r\n~2\r\n#t\r\n,1.5\r\n",
        b"=7\r\ntxt:abc\r\n",
        b"(123\r\n",
        b"!5\r\nERR a\r\n",
    ];

    #[test]
    fn replies_are_told_apart_wherever_they_are_cut() {
        let all = REPLIES.concat();
        for step in 1..all.len() {
            let (mut skimmer, mut ends, mut come) = (Skimmer::default(), Vec::new(), 0);
            while come < all.len() {
                come = all.len().min(come + step);
                while let Some(end) = skimmer.next_end(&all[..come]).expect("replies") {
                    ends.push(end);
                    if end == come {
                        break;
                    }
                }
            }
            let lengths = REPLIES.iter().scan(0, |end, reply| {
                *end += reply.len();
                Some(*end)
            });
            assert_eq!(ends, lengths.collect::<Vec<_>>(), "{step} bytes at a time");
        }
    }

    #[test]
    fn what_is_no_reply_is_an_error() {
        for bytes in [&b"?\r\n"[..], b"$x\r\n", b"*1x\r\n", &[b'+'; MAX_LINE_BYTES + 1]] {
            assert!(Skimmer::default().next_end(bytes).is_err());
        }
        let huge = b"*9223372036854775807\r\n%9223372036854775807\r\n";
        assert_eq!(Skimmer::default().next_end(huge), Ok(None));
    }
}
