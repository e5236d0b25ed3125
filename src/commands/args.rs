//! Arguments as numbers, with the error that Redis gives where one does not fit.

use crate::base::number::{parse_f64, parse_i64};
use crate::base::time::UnixMillis;
use crate::resp::request::Args;

use super::error::CommandError;

/// The `i`-th argument as an integer.
///
/// # Errors
/// It is none, or does not fit into 64 bits.
pub fn integer(args: Args<'_>, i: usize) -> Result<i64, CommandError> {
    parse_i64(args.get(i)).ok_or(CommandError::NotInteger)
}

/// The `i`-th argument as a number from 0 on.
///
/// # Errors
/// It is no such number.
pub fn natural(args: Args<'_>, i: usize) -> Result<usize, CommandError> {
    natural_or(args, i, CommandError::NotPositive)
}

/// [`natural`], with another error.
///
/// # Errors
/// It is no such number: `error`.
pub fn natural_or(args: Args<'_>, i: usize, error: CommandError) -> Result<usize, CommandError> {
    let number = parse_i64(args.get(i)).and_then(|number| usize::try_from(number).ok());
    number.ok_or(error)
}

/// The `i`-th argument as a number from 1 on.
///
/// # Errors
/// It is no such number: `error`.
pub fn count_or(args: Args<'_>, i: usize, error: CommandError) -> Result<usize, CommandError> {
    let number = parse_i64(args.get(i)).and_then(|number| usize::try_from(number).ok());
    number.filter(|&number| number > 0).ok_or(error)
}

/// The `i`-th argument as how many seconds a command waits at most: the time at which that is
/// over, `None` for 0, which is for ever.
///
/// # Errors
/// It is no number, negative, or further away than time goes.
pub fn deadline(
    args: Args<'_>,
    i: usize,
    now: UnixMillis,
) -> Result<Option<UnixMillis>, CommandError> {
    let seconds = parse_f64(args.get(i)).ok_or(CommandError::TimeoutNotFloat)?;
    if seconds < 0.0 {
        return Err(CommandError::TimeoutNegative);
    }
    let millis = (seconds * 1000.0).ceil();
    if millis == 0.0 {
        return Ok(None);
    }
    // A cast to an integer stops at the largest.
    let deadline = match millis < i64::MAX as f64 {
        true => now.checked_add(millis as i64),
        false => None,
    };
    deadline.map(Some).ok_or(CommandError::TimeoutOutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resp::request::OwnedCommand;

    fn deadline_of(text: &str) -> Result<Option<UnixMillis>, String> {
        let command = OwnedCommand::from_slices(&[text.as_bytes()]);
        deadline(command.args(), 0, 1000)
            .map_err(|error| String::from_utf8_lossy(&error.message()).into_owned())
    }

    #[test]
    fn a_deadline_is_so_many_seconds_away_in_whole_milliseconds() {
        assert_eq!(deadline_of("0"), Ok(None));
        assert_eq!(deadline_of("1.5"), Ok(Some(2500)));
        assert_eq!(deadline_of("0.0001"), Ok(Some(1001)));
        assert_eq!(deadline_of("9223372036854773.76"), Ok(Some(9_223_372_036_854_774_760)));
        for far in ["9223372036854776", "1e300", "inf"] {
            assert_eq!(deadline_of(far), Err("ERR timeout is out of range".to_owned()), "{far}");
        }
        assert_eq!(deadline_of("-1"), Err("ERR timeout is negative".to_owned()));
        for wrong in ["x", "", " 1", "nan"] {
            let text = "ERR timeout is not a float or out of range";
            assert_eq!(deadline_of(wrong), Err(text.to_owned()), "{wrong}");
        }
    }
}
