//! `LPOS key element [RANK rank] [COUNT matches] [MAXLEN looked-at]`: a negative rank looks from the
//! end; a count of 0 means all.

use crate::commands::args;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::request::Args;
use crate::store::value::list::List;

pub const LPOS: Command = Command::new("lpos", -3, lpos)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::List])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::List, "6.0.6", "Returns where elements stand in a list that equal another.")
    .complexity("O(N) where N is the number of elements looked at")
    .arguments(&[
        Arg::KEY,
        Arg::string("element"),
        Arg::integer("rank").token("RANK").optional(),
        Arg::integer("num-matches").token("COUNT").optional(),
        Arg::integer("len").token("MAXLEN").optional(),
    ]);

struct Options {
    from_end: bool,
    /// Matches that are passed over.
    skipped: u64,
    /// Given with COUNT: the reply is an array of at most so many.
    most: Option<usize>,
    /// Elements that are looked at.
    looked_at: usize,
}

impl Options {
    fn parse(arguments: Args<'_>) -> Result<Options, CommandError> {
        let mut options =
            Options { from_end: false, skipped: 0, most: None, looked_at: usize::MAX };
        let mut i = 3;
        while i < arguments.len() {
            let word = arguments.get(i);
            if i + 1 >= arguments.len() {
                return Err(CommandError::Syntax);
            }
            if word.eq_ignore_ascii_case(b"rank") {
                let rank = args::integer(arguments, i + 1)?;
                if rank == 0 {
                    return Err(CommandError::RankZero);
                }
                let place = rank.checked_abs().ok_or(CommandError::NotMagnitude)?;
                (options.from_end, options.skipped) = (rank < 0, place.unsigned_abs() - 1);
            } else if word.eq_ignore_ascii_case(b"count") {
                options.most =
                    Some(match args::natural_or(arguments, i + 1, CommandError::CountNegative)? {
                        0 => usize::MAX,
                        count => count,
                    });
            } else if word.eq_ignore_ascii_case(b"maxlen") {
                options.looked_at =
                    match args::natural_or(arguments, i + 1, CommandError::MaxLenNegative)? {
                        0 => usize::MAX,
                        len => len,
                    };
            } else {
                return Err(CommandError::Syntax);
            }
            i += 2;
        }
        Ok(options)
    }
}

fn lpos(call: &mut Call<'_>) -> Outcome {
    let options = Options::parse(call.args)?;
    let Some(list) = call.keys.read::<List>(call.args.get(1))? else {
        match options.most {
            Some(_) => call.reply.empty_array(),
            None => call.reply.null(),
        }
        return Ok(());
    };
    let found = list
        .matches(call.args.get(2), options.from_end, options.looked_at)
        .skip(usize::try_from(options.skipped).unwrap_or(usize::MAX));
    let Some(most) = options.most else {
        let mut found = found;
        match found.next() {
            Some(index) => call.reply.int(index as i64),
            None => call.reply.null(),
        }
        return Ok(());
    };
    let begun = call.reply.begin_array();
    let mut count = 0;
    for index in found.take(most) {
        call.reply.int(index as i64);
        count += 1;
    }
    call.reply.end_array(begun, count);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn places_are_found_from_either_end() {
        let mut server = TestServer::new();
        server.check(&[
            ("RPUSH l a b c 1 2 3 c c", "8"),
            ("LPOS l c", "2"),
            ("LPOS l c RANK 2", "6"),
            ("LPOS l c RANK -1", "7"),
            ("LPOS l c RANK 4", "nil"),
            ("LPOS l c COUNT 2", "[2 6]"),
            ("LPOS l c COUNT 0", "[2 6 7]"),
            ("LPOS l c COUNT 0 RANK -2", "[6 2]"),
            ("LPOS l c COUNT 0 MAXLEN 7", "[2 6]"),
            ("LPOS l c COUNT 0 MAXLEN 2", "[]"),
            ("LPOS l c MAXLEN 2 RANK -1", "7"),
            ("LPOS l x", "nil"),
            ("LPOS l x COUNT 2", "[]"),
            ("LPOS missing x COUNT 2", "[]"),
            ("LPOS missing x", "nil"),
            ("LPOS l x COUNT -1", "-ERR COUNT can't be negative"),
            ("LPOS l x MAXLEN -1", "-ERR MAXLEN can't be negative"),
            ("LPOS l x MAXLEN", "-ERR syntax error"),
            ("LPOS l x FOO 1", "-ERR syntax error"),
            ("LPOS l x RANK x", "-ERR value is not an integer or out of range"),
            ("LPOS l x RANK -9223372036854775807", "nil"),
            (
                "LPOS l x RANK -9223372036854775808",
                "-ERR value is out of range, value must between \
                 -9223372036854775807 and 9223372036854775807",
            ),
        ]);
    }
}
