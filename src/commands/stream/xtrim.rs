//! `XTRIM key MAXLEN | MINID [= | ~] threshold [LIMIT count]`: deletes entries from the front; gives
//! how many.

use super::trimming;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::stream::Stream;

pub const XTRIM: Command = Command::new("xtrim", -4, xtrim)
    .flags(&[Flag::Write])
    .categories(&[Category::Stream])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .tips(&["nondeterministic_output"])
    .docs(
        Group::Stream,
        "5.0.0",
        "Deletes the first entries of a stream, down to a length or up to an ID.",
    )
    .complexity(
        "O(log N) where N is the number of blocks of the stream, and what is dropped besides",
    )
    .history(&[("6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option.")])
    .arguments(&[Arg::KEY, Arg::block("trim", trimming::ARGUMENTS)]);

fn xtrim(call: &mut Call<'_>) -> Outcome {
    let options = trimming::parse(call, false)?;
    let mut open = call.keys.open::<Stream>(call.args.get(1))?;
    let (Some(stream), Some(trimming)) = (open.get_mut(), &options.trimming) else {
        call.reply.int(0);
        return Ok(());
    };
    let (count, trimmed) = stream.trim(trimming.trim);
    let left = trimming.threshold_left(stream.log());
    match count {
        0 => drop(open),
        _ => open.lessened_by(count, "xtrim"),
    }
    trimming::discard(call, trimmed);
    if let Some(left) = left {
        let mut args: Vec<&[u8]> = call.args.iter().collect();
        trimming::rewrite(&mut args, trimming, &left);
        call.propagate_as(&args);
    }
    call.reply.int(count as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::keyspace::testing::TestServer;

    #[test]
    fn the_first_entries_go_exactly_or_by_whole_blocks() {
        let mut server =
            TestServer::with(Config::with(|config| config.types.stream_node_max_entries = 10));
        (1..=45).for_each(|i| drop(server.run(&format!("XADD s {i} f v"))));
        server.stream();
        server.check(&[
            ("XTRIM s MAXLEN ~ 40", "0"),
            ("XTRIM s MAXLEN ~ 34", "10"),
            ("XTRIM s MINID ~ 35 LIMIT 15", "10"),
            ("XTRIM s MINID 25", "4"),
            ("XTRIM s MINID 25", "0"),
            ("XTRIM s maxlen = 3", "18"),
            ("XTRIM missing MAXLEN 0", "0"),
            ("XTRIM s MAXLEN 0", "3"),
            ("EXISTS s", "1"),
        ]);
        let stream = [
            "XTRIM s MAXLEN = 35",
            "XTRIM s MINID = 21-0 LIMIT 15",
            "XTRIM s MINID 25",
            "XTRIM s maxlen = 3",
            "XTRIM s MAXLEN 0",
        ];
        assert_eq!(server.stream(), stream);
    }

    #[test]
    fn what_is_wrong_is_told() {
        let mut server = TestServer::new();
        server.run("SET k v");
        server.check(&[
            (
                "XTRIM k MAXLEN 5",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
            ("XTRIM k LIMIT 0", "-ERR syntax error, XTRIM must be called with a trimming strategy"),
            (
                "XTRIM k LIMIT 5",
                "-ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
            ),
            (
                "XTRIM k MAXLEN 5 LIMIT 0",
                "-ERR syntax error, LIMIT cannot be used without the special ~ option",
            ),
            ("XTRIM k MAXLEN ~", "-ERR value is not an integer or out of range"),
            ("XTRIM k MAXLEN 5 MAXLEN", "-ERR syntax error"),
            ("XTRIM k NOMKSTREAM MAXLEN 5", "-ERR syntax error"),
        ]);
    }
}
