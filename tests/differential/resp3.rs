//! Replies of sorted sets and places in RESP3, where scores are doubles and elements pairs.

use crate::support::Kind::{RealRedis, Understudy};
use crate::support::*;

/// Scores that both write alike.
const LINES: &[&str] = &[
    "zadd z 1 a 2 b 3 c inf d -inf e",
    "zadd z incr 1 a",
    "zadd z nx incr 1 a",
    "zincrby z 2 b",
    "zrange z 0 -1",
    "zrange z 0 -1 withscores",
    "zrange z 0 -1 rev withscores",
    "zrange z -inf inf byscore withscores limit 1 2",
    "zrange z 9 10",
    "zrange none 0 1 withscores",
    "zrangebyscore z -inf inf withscores",
    "zrevrange z 0 1 withscores",
    "zrangebylex z - +",
    "zscore z a",
    "zscore z x",
    "zmscore z a x",
    "zmscore none a x",
    "zrank z a",
    "zrank z x",
    "zrandmember z 10 withscores",
    "zrandmember none",
    "zrandmember none 1 withscores",
    "zunion 2 z z withscores",
    "zunion 2 z z",
    "zinter 2 z z withscores",
    "zdiff 1 z withscores",
    "zdiff 2 z z",
    "zintercard 1 z",
    "zscan z 0",
    "zscan none 0",
    "zpopmin z",
    "zpopmax z 1",
    "zpopmin none",
    "zpopmin none 1",
    "zpopmin z 0",
    "bzpopmin z 0",
    "zmpop 1 z min",
    "zmpop 1 none min",
    "zmpop 1 z min count 5",
    "bzmpop 0.01 1 none min",
    "bzpopmin none 0.01",
    "geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
    "geopos g Palermo x",
    "geopos none x",
    "geohash g Palermo x",
    "geodist g Palermo Catania",
    "geodist g Palermo x",
    "geosearch g fromlonlat 15 37 byradius 200 km asc",
    "geosearch g fromlonlat 15 37 byradius 200 km asc withdist withcoord withhash",
    "georadius g 15 37 200 km withdist",
    "georadiusbymember g Palermo 200 km withcoord count 1",
    "geosearch none frommember x byradius 1 m",
];

#[test]
fn scores_and_places_are_shown_to_new_clients_as_by_redis() {
    let servers = [Understudy, RealRedis].map(|kind| Server::start(kind, &[]));
    let [mut ours, mut theirs] = servers.each_ref().map(|server| server.client().hello3());
    for line in LINES {
        assert_eq!(format!("{:?}", ours.run(line)), format!("{:?}", theirs.run(line)), "{line}");
    }
}
