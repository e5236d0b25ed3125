//! `GEOADD key [NX | XX] [CH] longitude latitude member [...]`: ZADD of the places' cells, and that is
//! what replicas are told.

use super::unit::parse_point;
use crate::base::geo::Cell;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::{CommandError, Outcome};
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::commands::zset::{Options, add_all};

pub const GEOADD: Command = Command::new("geoadd", -5, geoadd)
    .flags(&[Flag::Write, Flag::DenyOom])
    .categories(&[Category::Geo])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .docs(Group::Geo, "3.2.0", "Adds members with their places to a sorted set.")
    .complexity("O(M*log(N)) where M is the number of members given and N of those there")
    .history(&[("6.2.0", "Added the `CH`, `NX` and `XX` options.")])
    .arguments(&[
        Arg::KEY,
        Arg::one_of("condition", &[Arg::word("nx", "NX"), Arg::word("xx", "XX")])
            .since("6.2.0")
            .optional(),
        Arg::word("change", "CH").since("6.2.0").optional(),
        Arg::block(
            "longitude_latitude_member",
            &[Arg::double("longitude"), Arg::double("latitude"), Arg::string("member")],
        )
        .multiple(),
    ]);

const STRIDE: usize = 3;

fn geoadd(call: &mut Call<'_>) -> Outcome {
    let args = call.args;
    let (mut options, mut first) = (Options::default(), 2);
    while first < args.len() {
        let is = |name: &[u8]| args.get(first).eq_ignore_ascii_case(name);
        match () {
            () if is(b"nx") => options.nx = true,
            () if is(b"xx") => options.xx = true,
            () if is(b"ch") => options.ch = true,
            () => break,
        }
        first += 1;
    }
    if !(args.len() - first).is_multiple_of(STRIDE) || (options.nx && options.xx) {
        return Err(CommandError::Syntax);
    }
    let places = (first..args.len()).step_by(STRIDE);
    let cells = places.clone().map(|i| Ok(Cell::of(parse_point(args, i)?)));
    let cells = cells.collect::<Result<Vec<Cell>, CommandError>>()?;
    if cells.is_empty() {
        return Err(CommandError::Syntax);
    }
    let members = places.map(|i| args.get(i + 2));
    let scored = cells.iter().map(|cell| cell.score()).zip(members.clone());
    add_all(call, options, scored)?;
    let scores: Vec<String> = cells.iter().map(|cell| cell.bits().to_string()).collect();
    let mut told = vec![&b"zadd"[..]];
    told.extend((1..first).map(|i| args.get(i)));
    told.extend(scores.iter().map(String::as_bytes).zip(members).flat_map(|(s, m)| [s, m]));
    call.propagate_as(&told);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn places_are_added_and_replicas_told_of_their_scores() {
        let mut server = TestServer::new();
        server.check(&[
            ("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "2"),
            ("ZSCORE g Palermo", "\"3479099956230698\""),
            ("GEOADD g NX 0 0 Palermo", "0"),
            ("GEOADD g xx CH 0 0 Palermo 1 1 Rome", "1"),
            ("ZRANGE g 0 -1", "[\"Palermo\" \"Catania\"]"),
        ]);
        assert_eq!(
            server.stream()[1..],
            [
                "zadd g 3479099956230698 Palermo 3479447370796909 Catania",
                "zadd g xx CH 3377699720527872 Palermo 3377822707026402 Rome",
            ]
        );
        assert_eq!(server.events(&["GEOADD g 5 5 x"]), ["zadd g"]);
    }

    #[test]
    fn what_is_no_place_is_refused_and_nothing_added() {
        let mut server = TestServer::new();
        server.check(&[
            ("GEOADD g 1 2 a 3 4", "-ERR syntax error"),
            ("GEOADD g NX XX 1 2 a", "-ERR syntax error"),
            ("GEOADD g ch ch ch", "-ERR syntax error"),
            ("GEOADD g 1 2 a x 4 b", "-ERR value is not a valid float"),
            (
                "GEOADD g 1 2 a 181 4.5 b",
                "-ERR invalid longitude,latitude pair 181.000000,4.500000",
            ),
            ("GEOADD g inf 0 a", "-ERR invalid longitude,latitude pair inf,0.000000"),
            ("EXISTS g", "0"),
            ("SET s v", "OK"),
            (
                "GEOADD s 1 1 a",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
        ]);
    }
}
