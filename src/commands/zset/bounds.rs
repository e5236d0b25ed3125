//! Ranges of elements, as commands name them: by place, by score, by member.

use std::ops::Range;

use super::edges::{MemberEdge, ScoreEdge};
use crate::commands::args;
use crate::commands::error::CommandError;
use crate::commands::range::span;
use crate::resp::request::Args;
use crate::store::value::zset::SortedSet;

/// By what a range is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Rank,
    Score,
    Member,
}

/// A range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds<'a> {
    /// From one place to another, both of them part of it; negative ones count from the end.
    Ranks(i64, i64),
    Scores(ScoreEdge, ScoreEdge),
    /// In a sorted set of one score.
    Members(MemberEdge<'a>, MemberEdge<'a>),
}

impl<'a> Bounds<'a> {
    /// Of the arguments that name its ends.
    ///
    /// # Errors
    /// One of them is none.
    pub fn parse(
        args: Args<'a>,
        (min, max): (usize, usize),
        by: By,
    ) -> Result<Bounds<'a>, CommandError> {
        match by {
            By::Rank => Ok(Bounds::Ranks(args::integer(args, min)?, args::integer(args, max)?)),
            By::Score => match (ScoreEdge::parse(args.get(min)), ScoreEdge::parse(args.get(max))) {
                (Some(min), Some(max)) => Ok(Bounds::Scores(min, max)),
                _ => Err(CommandError::MinOrMaxNotFloat),
            },
            By::Member => {
                match (MemberEdge::parse(args.get(min)), MemberEdge::parse(args.get(max))) {
                    (Some(min), Some(max)) => Ok(Bounds::Members(min, max)),
                    _ => Err(CommandError::MinOrMaxNotMember),
                }
            }
        }
    }

    /// The places of its elements. `from_last`: ranks count from the last element on.
    pub fn places(&self, zset: &SortedSet, from_last: bool) -> Range<usize> {
        let (start, end) = match *self {
            Bounds::Ranks(start, stop) => {
                let len = zset.len();
                let span = span(len, start, stop);
                return if from_last { len - span.end..len - span.start } else { span };
            }
            Bounds::Scores(min, max) => (
                zset.count_scores(|score| min.is_behind(score)),
                zset.count_scores(|score| max.reaches(score)),
            ),
            Bounds::Members(min, max) => (
                zset.count_members(|member| min.is_behind(member)),
                zset.count_members(|member| max.reaches(member)),
            ),
        };
        start..end.max(start)
    }
}
