//! Places and distances, as arguments give them.

use crate::base::geo::{Cell, Point};
use crate::base::number::parse_f64;
use crate::commands::docs::Arg;
use crate::commands::error::CommandError;
use crate::resp::request::Args;
use crate::store::value::zset::SortedSet;

/// `M | KM | FT | MI`, of an argument.
pub const UNITS: Arg = Arg::one_of(
    "unit",
    &[Arg::word("m", "M"), Arg::word("km", "KM"), Arg::word("ft", "FT"), Arg::word("mi", "MI")],
);

/// How many metres a unit has.
///
/// # Errors
/// It is none.
pub fn parse_unit(word: &[u8]) -> Result<f64, CommandError> {
    let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
    match () {
        () if is(b"m") => Ok(1.0),
        () if is(b"km") => Ok(1000.0),
        () if is(b"ft") => Ok(0.3048),
        () if is(b"mi") => Ok(1609.34),
        () => Err(CommandError::UnknownUnit),
    }
}

/// The arguments `i` and the next one as longitude and latitude.
///
/// # Errors
/// They are no numbers, or no place.
pub fn parse_point(args: Args<'_>, i: usize) -> Result<Point, CommandError> {
    let degrees = |i| parse_f64(args.get(i)).ok_or(CommandError::NotFloat);
    let (longitude, latitude) = (degrees(i)?, degrees(i + 1)?);
    Point::new(longitude, latitude)
        .ok_or_else(|| CommandError::NoPlace(format!("{longitude:.6},{latitude:.6}")))
}

/// Where a member is.
pub fn point_of(zset: &SortedSet, member: &[u8]) -> Option<Point> {
    zset.score(member).map(|score| Cell::from_score(score).centre())
}
