//! `GEORADIUS key longitude latitude radius unit [options]`, `GEORADIUSBYMEMBER key member radius
//! unit [options]`, and both of them that only read. What GEOSEARCH replaced.

use super::geosearch::{COUNT, ORDER, WITH_COORD, WITH_DIST, WITH_HASH};
use super::options::Kind;
use super::query::search;
use super::unit::UNITS;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::key_spec::{Begin, KeyFlag, KeySpec};

const COMPLEXITY: &str =
    "O(N+log(M)) where N is the number of members in the cells around the circle and M of all";
const STORE: Arg = Arg::key("key", 1).token("STORE").optional();
const STORE_DIST: Arg = Arg::key("key", 2).token("STOREDIST").optional();
const COUNT_SINCE_6_2: Arg = Arg::block(
    "count",
    &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").since("6.2.0").optional()],
)
.optional();

/// Those of GEORADIUS_RO, and two more.
const AROUND_PLACE: [Arg; 12] = [
    Arg::KEY,
    Arg::double("longitude"),
    Arg::double("latitude"),
    Arg::double("radius"),
    UNITS,
    WITH_COORD,
    WITH_DIST,
    WITH_HASH,
    COUNT_SINCE_6_2,
    ORDER,
    STORE,
    STORE_DIST,
];

/// Those of GEORADIUSBYMEMBER_RO, and two more.
const AROUND_MEMBER: [Arg; 11] = [
    Arg::KEY,
    Arg::string("member"),
    Arg::double("radius"),
    UNITS,
    WITH_COORD,
    WITH_DIST,
    WITH_HASH,
    COUNT,
    ORDER,
    STORE,
    STORE_DIST,
];

const SOURCE: KeySpec = KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access]);

/// A key behind a word, from an argument on.
const fn behind(word: &'static str, from: i32) -> KeySpec {
    let spec = KeySpec::at(0, &[KeyFlag::Overwrite, KeyFlag::Update]);
    KeySpec { begin: Begin::Keyword(word, from), ..spec }
}

const fn radius(by_member: bool, may_store: bool) -> Kind {
    Kind::Radius { by_member, may_store }
}

pub const GEORADIUS: Command =
    Command::new("georadius", -6, |call| search(call, radius(false, true)))
        .flags(&[Flag::Write, Flag::DenyOom])
        .categories(&[Category::Geo])
        .keys(&[SOURCE, behind("STORE", 6), behind("STOREDIST", 6)])
        .docs(Group::Geo, "3.2.0", "Returns or stores the members in a circle around a place.")
        .complexity(COMPLEXITY)
        .doc_flags(&["deprecated"])
        .deprecated("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")
        .history(&[
            ("6.2.0", "Added the `ANY` option for `COUNT`."),
            ("7.0.0", "Added support for uppercase unit names."),
        ])
        .arguments(&AROUND_PLACE);

pub const GEORADIUS_RO: Command = GEORADIUS
    .sibling("georadius_ro", |call| search(call, radius(false, false)))
    .flags(&[Flag::ReadOnly])
    .keys(&[SOURCE])
    .docs(Group::Geo, "3.2.10", "Returns the members in a circle around a place.")
    .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")
    .history(&[("6.2.0", "Added the `ANY` option for `COUNT`.")])
    .arguments(AROUND_PLACE.split_at(10).0);

pub const GEORADIUSBYMEMBER: Command = GEORADIUS
    .sibling("georadiusbymember", |call| search(call, radius(true, true)))
    .arity(-5)
    .keys(&[SOURCE, behind("STORE", 5), behind("STOREDIST", 5)])
    .docs(Group::Geo, "3.2.0", "Returns or stores the members in a circle around one of them.")
    .deprecated(
        "6.2.0",
        "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
    )
    .history(&[("7.0.0", "Added support for uppercase unit names.")])
    .arguments(&AROUND_MEMBER);

pub const GEORADIUSBYMEMBER_RO: Command = GEORADIUSBYMEMBER
    .sibling("georadiusbymember_ro", |call| search(call, radius(true, false)))
    .flags(&[Flag::ReadOnly])
    .keys(&[SOURCE])
    .docs(Group::Geo, "3.2.10", "Returns the members in a circle around one of them.")
    .deprecated("6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")
    .history(&[])
    .arguments(AROUND_MEMBER.split_at(9).0);

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn members_are_found_around_places_and_members() {
        let mut server = TestServer::new();
        server.check(&[
            ("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "2"),
            ("GEORADIUS g 15 37 200 km ASC", "[\"Catania\" \"Palermo\"]"),
            ("GEORADIUS_RO g 15 37 100 km WITHDIST", "[[\"Catania\" \"56.4413\"]]"),
            ("GEORADIUSBYMEMBER g Palermo 200 km DESC", "[\"Catania\" \"Palermo\"]"),
            ("GEORADIUSBYMEMBER_RO g Palermo 1 km", "[\"Palermo\"]"),
            ("GEORADIUSBYMEMBER none x 1 km", "[]"),
            ("GEORADIUSBYMEMBER none x 1 yd STORE d", "0"),
            ("GEORADIUSBYMEMBER g x 1 km", "-ERR could not decode requested zset member"),
            ("GEORADIUS g 15 37 200 km STORE d", "2"),
            ("GEORADIUS g 15 37 100 km STORE d STOREDIST e", "1"),
            ("ZCARD d", "2"),
            ("ZRANGE e 0 -1", "[\"Catania\"]"),
            ("GEORADIUS_RO g 15 37 200 km STORE d", "-ERR syntax error"),
            ("GEORADIUS g 15 37 200 km STORE", "-ERR syntax error"),
            (
                "GEORADIUS g 15 37 200 km STORE d WITHDIST",
                "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
            ),
            ("GEORADIUS g 15 37 1 m STORE d", "0"),
            ("EXISTS d", "0"),
        ]);
        assert_eq!(
            server.stream()[2..],
            [
                "GEORADIUS g 15 37 200 km STORE d",
                "GEORADIUS g 15 37 100 km STORE d STOREDIST e",
                "GEORADIUS g 15 37 1 m STORE d",
            ]
        );
    }
}
