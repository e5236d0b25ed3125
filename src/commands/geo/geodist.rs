//! `GEODIST key member1 member2 [M | KM | FT | MI]`

use super::reply;
use super::unit::{UNITS, parse_unit, point_of};
use crate::base::geo::metres;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::store::value::zset::SortedSet;

pub const GEODIST: Command = Command::new("geodist", -4, geodist)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Geo])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Geo, "3.2.0", "Returns how far two members are from each other.")
    .arguments(&[Arg::KEY, Arg::string("member1"), Arg::string("member2"), UNITS.optional()]);

fn geodist(call: &mut Call<'_>) -> Outcome {
    let unit = match call.argc() {
        4 => 1.0,
        5 => parse_unit(call.arg(4))?,
        _ => return Err(CommandError::Syntax),
    };
    let zset = call.keys.read::<SortedSet>(call.args.get(1))?;
    let point = |i| zset.and_then(|zset| point_of(zset, call.args.get(i)));
    match (point(2), point(3)) {
        (Some(from), Some(to)) => reply::distance(&mut call.reply, metres(from, to) / unit),
        _ => call.reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn distances_are_told_in_every_unit() {
        let mut server = TestServer::new();
        server.check(&[
            ("GEOADD g 13.361389 38.115556 a 15.087269 37.502669 b", "2"),
            ("GEODIST g a b", "\"166274.1516\""),
            ("GEODIST g a b KM", "\"166.2742\""),
            ("GEODIST g a b mi", "\"103.3182\""),
            ("GEODIST g a b ft", "\"545518.8700\""),
            ("GEODIST g a a", "\"0.0000\""),
            ("GEODIST g a x", "nil"),
            ("GEODIST none a b", "nil"),
            ("GEODIST g a b yd", "-ERR unsupported unit provided. please use M, KM, FT, MI"),
            ("GEODIST g a b m x", "-ERR syntax error"),
        ]);
        server.run("HELLO 3");
        server.check(&[("GEODIST g a b", "\"166274.1516\"")]);
    }
}
