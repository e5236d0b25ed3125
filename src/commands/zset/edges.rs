//! The ends of ranges of scores and of members, as commands give them.

use crate::base::number::parse_f64_as_c;

/// One end of a range of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreEdge {
    pub score: f64,
    /// It is not part of the range.
    pub is_open: bool,
}

impl ScoreEdge {
    /// `None`: it is no score.
    pub fn parse(text: &[u8]) -> Option<ScoreEdge> {
        let (is_open, text) = match text {
            [b'(', rest @ ..] => (true, rest),
            text => (false, text),
        };
        Some(ScoreEdge { score: parse_f64_as_c(text)?, is_open })
    }

    /// Whether a score is before all that begins here.
    pub fn is_behind(self, score: f64) -> bool {
        if self.is_open { score <= self.score } else { score < self.score }
    }

    /// Whether a score is not behind all that ends here.
    pub fn reaches(self, score: f64) -> bool {
        if self.is_open { score < self.score } else { score <= self.score }
    }
}

/// One end of a range of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberEdge<'a> {
    Lowest,
    Highest,
    /// It is part of the range.
    Closed(&'a [u8]),
    /// It is not.
    Open(&'a [u8]),
}

impl<'a> MemberEdge<'a> {
    /// `None`: it is no such edge.
    pub fn parse(text: &'a [u8]) -> Option<MemberEdge<'a>> {
        Some(match text {
            b"-" => MemberEdge::Lowest,
            b"+" => MemberEdge::Highest,
            [b'[', member @ ..] => MemberEdge::Closed(member),
            [b'(', member @ ..] => MemberEdge::Open(member),
            _ => return None,
        })
    }

    /// Whether a member is before all that begins here.
    pub fn is_behind(self, member: &[u8]) -> bool {
        match self {
            MemberEdge::Lowest => false,
            MemberEdge::Highest => true,
            MemberEdge::Closed(edge) => member < edge,
            MemberEdge::Open(edge) => member <= edge,
        }
    }

    /// Whether a member is not behind all that ends here.
    pub fn reaches(self, member: &[u8]) -> bool {
        match self {
            MemberEdge::Lowest => false,
            MemberEdge::Highest => true,
            MemberEdge::Closed(edge) => member <= edge,
            MemberEdge::Open(edge) => member < edge,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_open_or_closed() {
        let score = |text: &str| ScoreEdge::parse(text.as_bytes());
        assert_eq!(score("(1.5"), Some(ScoreEdge { score: 1.5, is_open: true }));
        assert_eq!(score("-inf").map(|edge| edge.score), Some(f64::NEG_INFINITY));
        assert_eq!(score("(+inf").map(|edge| edge.score), Some(f64::INFINITY));
        for wrong in ["x", "((1", "1x", "nan", "(nan", "[1"] {
            assert_eq!(score(wrong), None, "{wrong}");
        }
        let member = |text: &'static str| MemberEdge::parse(text.as_bytes());
        assert_eq!(member("(a"), Some(MemberEdge::Open(b"a")));
        assert_eq!(member("["), Some(MemberEdge::Closed(b"")));
        for wrong in ["", "a", "-a", "+a", "--"] {
            assert_eq!(member(wrong), None, "{wrong}");
        }
    }
}
