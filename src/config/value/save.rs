//! `save`: when the data set is saved by itself.

use super::{Line, Reason, Source, Value, c_integer};

/// A save is due when this many changes are this many seconds old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavePoint {
    pub seconds: u64,
    pub changes: u64,
}

impl SavePoint {
    fn parse(seconds: &[u8], changes: &[u8]) -> Option<Self> {
        let seconds = c_integer(seconds, 10).and_then(|number| u64::try_from(number).ok())?;
        let changes = c_integer(changes, 10).and_then(|number| u64::try_from(number).ok())?;
        (seconds >= 1).then_some(SavePoint { seconds, changes })
    }
}

impl Value for Vec<SavePoint> {
    type Rule = ();
    const SEVERAL_ARGUMENTS: bool = true;

    /// Pairs of seconds and changes; `""` for none. The lines of the files and the command line
    /// add up, but replace the default; an empty one takes back those before it.
    fn parse(&self, arguments: &[&[u8]], _: &(), source: Source) -> Result<Self, Reason> {
        let cleared = *arguments == [b""];
        let arguments = if cleared { &[] } else { arguments };
        let (pairs, rest) = arguments.as_chunks::<2>();
        let points: Option<Vec<_>> =
            pairs.iter().map(|[seconds, changes]| SavePoint::parse(seconds, changes)).collect();
        let Some(points) = points.filter(|_| rest.is_empty()) else {
            return Err("Invalid save parameters".into());
        };
        match source {
            Source::LaterLine if !cleared => Ok([self.as_slice(), &points].concat()),
            _ => Ok(points),
        }
    }

    fn text(&self, _: &()) -> Vec<u8> {
        let points: Vec<_> =
            self.iter().map(|point| format!("{} {}", point.seconds, point.changes)).collect();
        points.join(" ").into_bytes()
    }

    /// One line a point, or an empty one so that the default does not come back.
    fn lines(&self, _: &Self, _: &()) -> Vec<Line> {
        if self.is_empty() {
            return vec![Line { arguments: b"\"\"".to_vec(), forced: true }];
        }
        let line = |point: &SavePoint| Line {
            arguments: format!("{} {}", point.seconds, point.changes).into_bytes(),
            forced: true,
        };
        self.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULT: SavePoint = SavePoint { seconds: 3600, changes: 1 };

    fn parse(before: &[SavePoint], words: &[&str], source: Source) -> Result<String, Reason> {
        let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
        let points = before.to_vec().parse(&words, &(), source)?;
        Ok(String::from_utf8(points.text(&())).unwrap())
    }

    #[test]
    fn the_first_line_replaces_and_later_lines_add() {
        assert_eq!(parse(&[DEFAULT], &["900", "1"], Source::FirstLine).unwrap(), "900 1");
        assert_eq!(parse(&[DEFAULT], &["900", "1"], Source::LaterLine).unwrap(), "3600 1 900 1");
        assert_eq!(
            parse(&[DEFAULT], &["60", "0", "9", "9"], Source::ConfigSet).unwrap(),
            "60 0 9 9"
        );
    }

    #[test]
    fn an_empty_text_clears_all_points_from_anywhere() {
        for source in [Source::FirstLine, Source::LaterLine, Source::ConfigSet] {
            assert_eq!(parse(&[DEFAULT], &[""], source).unwrap(), "");
        }
    }

    #[test]
    fn odd_counts_zero_seconds_and_text_are_refused() {
        for words in [&["900"][..], &["0", "1"], &["1", "-1"], &["a", "1"], &["1", "1x"]] {
            let error = parse(&[], words, Source::ConfigSet).unwrap_err();
            assert_eq!(error, "Invalid save parameters", "{words:?}");
        }
    }
}
