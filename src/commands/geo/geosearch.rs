//! `GEOSEARCH key FROMMEMBER member | FROMLONLAT longitude latitude
//! BYRADIUS radius unit | BYBOX width height unit [ASC | DESC] [COUNT count [ANY]] [WITHCOORD]
//! [WITHDIST] [WITHHASH]`, `GEOSEARCHSTORE destination source ... [STOREDIST]`

use super::options::Kind;
use super::query::search;
use super::unit::UNITS;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::key_spec::{KeyFlag, KeySpec};

const COMPLEXITY: &str =
    "O(N+log(M)) where N is the number of members in the cells around the shape and M of all";
const FROM: Arg = Arg::one_of(
    "from",
    &[
        Arg::string("member").token("FROMMEMBER"),
        Arg::block("longitude_latitude", &[Arg::double("longitude"), Arg::double("latitude")])
            .token("FROMLONLAT"),
    ],
);
const BY: Arg = Arg::one_of(
    "by",
    &[
        Arg::block("circle", &[Arg::double("radius").token("BYRADIUS"), UNITS]),
        Arg::block("box", &[Arg::double("width").token("BYBOX"), Arg::double("height"), UNITS]),
    ],
);
pub const ORDER: Arg =
    Arg::one_of("order", &[Arg::word("asc", "ASC"), Arg::word("desc", "DESC")]).optional();
pub const COUNT: Arg = Arg::block(
    "count",
    &[Arg::integer("count").token("COUNT"), Arg::word("any", "ANY").optional()],
)
.optional();
pub const WITH_COORD: Arg = Arg::word("withcoord", "WITHCOORD").optional();
pub const WITH_DIST: Arg = Arg::word("withdist", "WITHDIST").optional();
pub const WITH_HASH: Arg = Arg::word("withhash", "WITHHASH").optional();

pub const GEOSEARCH: Command = Command::new("geosearch", -7, |call| search(call, Kind::Search))
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Geo])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Geo, "6.2.0", "Returns the members in a circle or rectangle.")
    .complexity(COMPLEXITY)
    .history(&[("7.0.0", "Added support for uppercase unit names.")])
    .arguments(&[Arg::KEY, FROM, BY, ORDER, COUNT, WITH_COORD, WITH_DIST, WITH_HASH]);

pub const GEOSEARCHSTORE: Command =
    Command::new("geosearchstore", -8, |call| search(call, Kind::SearchStore))
        .flags(&[Flag::Write, Flag::DenyOom])
        .categories(&[Category::Geo])
        .keys(&[
            KeySpec::at(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
            KeySpec::at(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        ])
        .docs(Group::Geo, "6.2.0", "Stores the members in a circle or rectangle in a key.")
        .complexity(COMPLEXITY)
        .history(&[("7.0.0", "Added support for uppercase unit names.")])
        .arguments(&[
            Arg::key("destination", 0),
            Arg::key("source", 1),
            FROM,
            BY,
            ORDER,
            COUNT,
            Arg::word("storedist", "STOREDIST").optional(),
        ]);

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    fn sicily() -> TestServer {
        let mut server = TestServer::new();
        server.check(&[
            ("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", "2"),
            ("GEOADD g 12.758489 38.788135 edge1 17.241510 38.788135 edge2", "2"),
            ("SET s v", "OK"),
        ]);
        server.stream();
        server
    }

    #[test]
    fn members_are_found_in_circles_and_rectangles() {
        let mut server = sicily();
        server.check(&[
            ("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC", "[\"Catania\" \"Palermo\"]"),
            (
                "GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km DESC COUNT 3 WITHDIST",
                "[[\"edge1\" \"279.7405\"] [\"edge2\" \"279.7403\"] [\"Palermo\" \"190.4424\"]]",
            ),
            (
                "GEOSEARCH g frommember Catania byradius 1 m withhash withcoord",
                "[[\"Catania\" 3479447370796909 [\"15.08726745843887329\" \"37.50266842333162032\"]]]",
            ),
            ("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 999 km COUNT 1", "[\"Catania\"]"),
            ("GEOSEARCH g FROMLONLAT 0 0 BYRADIUS 1 m", "[]"),
            ("GEOSEARCH none FROMMEMBER x BYRADIUS 1 m", "[]"),
        ]);
        let any = server.run("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 999 km COUNT 2 ANY");
        assert_eq!(any.split(' ').count(), 2);
    }

    #[test]
    fn what_is_found_is_stored() {
        let mut server = sicily();
        server.check(&[
            ("GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km", "2"),
            ("ZSCORE d Palermo", "\"3479099956230698\""),
            ("GEOSEARCHSTORE d g FROMMEMBER Catania BYRADIUS 200 km STOREDIST COUNT 2", "2"),
            ("ZRANGE d 0 0 WITHSCORES", "[\"Catania\" \"0\"]"),
            ("GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 200 km", "0"),
            ("EXISTS d", "0"),
        ]);
        let events = server.events(&[
            "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km",
            "GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m",
        ]);
        assert_eq!(events, ["geosearchstore d", "del d"]);
        let stream = server.stream();
        assert_eq!(stream[0], "GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km");
    }

    #[test]
    fn arguments_are_checked_in_the_order_of_redis() {
        let mut server = sicily();
        let syntax = "-ERR syntax error";
        let steps = [
            (
                "GEOSEARCH s FROMLONLAT 15 37 BYRADIUS x km",
                "-WRONGTYPE Operation against a key holding the wrong kind of value",
            ),
            (
                "GEOSEARCH g FROMMEMBER x BYRADIUS 1 m",
                "-ERR could not decode requested zset member",
            ),
            ("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS x km", "-ERR need numeric radius"),
            ("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS -1 km", "-ERR radius cannot be negative"),
            ("GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 x km", "-ERR need numeric height"),
            ("GEOSEARCH g FROMLONLAT 15 37 BYBOX x 1 km", "-ERR need numeric width"),
            (
                "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 -1 km",
                "-ERR height or width cannot be negative",
            ),
            (
                "GEOSEARCH g FROMLONLAT 15 37 BYBOX 1 1 yd",
                "-ERR unsupported unit provided. please use M, KM, FT, MI",
            ),
            ("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m BYBOX 1 1 m", syntax),
            ("GEOSEARCH g FROMLONLAT 15 37 FROMMEMBER x", syntax),
            ("GEOSEARCH g FROMLONLAT 15 37 STORE d", syntax),
            ("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m COUNT 0", "-ERR COUNT must be > 0"),
            (
                "GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m ANY",
                "-ERR the ANY argument requires COUNT argument",
            ),
            (
                "geosearch g BYRADIUS 1 m ASC ASC",
                "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch",
            ),
            (
                "GEOSEARCHSTORE d g FROMLONLAT 1 1 ASC ASC",
                "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCHSTORE",
            ),
            (
                "GEOSEARCHSTORE d g FROMLONLAT 1 1 BYRADIUS 1 m WITHDIST",
                "-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
            ),
        ];
        server.check(&steps);
        assert!(server.stream().is_empty());
    }
}
