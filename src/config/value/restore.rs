//! `appendfile-restore-to`: a place in the append-only log.

use super::Reason;

/// Where the log is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestorePoint {
    /// At this offset of the stream, or before the transaction that it is in.
    Offset(i64),
    /// With the last of what was written in this second since 1970, as `#TS:` lines say.
    Second(i64),
}

impl RestorePoint {
    /// `<offset>` or `@<seconds>`.
    pub fn parse(text: &str) -> Option<RestorePoint> {
        let number = |digits: &str| digits.parse::<i64>().ok().filter(|&number| number >= 0);
        match text.strip_prefix('@') {
            Some(seconds) => number(seconds).map(RestorePoint::Second),
            None => number(text).map(RestorePoint::Offset),
        }
    }
}

/// Empty: all of the log.
pub fn restore_point(text: &[u8]) -> Result<(), Reason> {
    let is_point = |text| RestorePoint::parse(text).is_some();
    match text.is_empty() || std::str::from_utf8(text).is_ok_and(is_point) {
        true => Ok(()),
        false => Err("argument must be an offset of the stream, or @ and a unix time".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_or_a_time_is_a_point() {
        assert_eq!(RestorePoint::parse("0"), Some(RestorePoint::Offset(0)));
        assert_eq!(RestorePoint::parse("@1700000000"), Some(RestorePoint::Second(1_700_000_000)));
        for bad in ["", "@", "-1", "@-1", "x", "1 ", "99999999999999999999"] {
            assert_eq!(RestorePoint::parse(bad), None, "{bad:?}");
        }
        assert!(restore_point(b"").is_ok() && restore_point(b"7").is_ok());
        assert!(restore_point(b"yesterday").is_err() && restore_point(b"\xff").is_err());
    }
}
