//! `GEOPOS key [member ...]`, `GEOHASH key [member ...]`: where members are.

use super::reply;
use crate::base::geo::Cell;
use crate::commands::call::Call;
use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::{Arg, Group};
use crate::commands::error::Outcome;
use crate::commands::key_spec::{KeyFlag, KeySpec};
use crate::resp::reply::Reply;
use crate::store::value::zset::SortedSet;

pub const GEOPOS: Command = Command::new("geopos", -2, geopos)
    .flags(&[Flag::ReadOnly])
    .categories(&[Category::Geo])
    .keys(&[KeySpec::at(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .docs(Group::Geo, "3.2.0", "Returns longitude and latitude of members.")
    .complexity("O(N) where N is the number of members given")
    .arguments(&[Arg::KEY, Arg::string("member").multiple()]);

pub const GEOHASH: Command = GEOPOS.sibling("geohash", geohash).docs(
    Group::Geo,
    "3.2.0",
    "Returns the places of members as the texts of geohash.org.",
);

fn geopos(call: &mut Call<'_>) -> Outcome {
    each(call, |reply, cell| match cell {
        Some(cell) => reply::point(reply, cell.centre()),
        None => reply.null_array(),
    })
}

fn geohash(call: &mut Call<'_>) -> Outcome {
    each(call, |reply, cell| match cell {
        Some(cell) => reply.bulk(&cell.text()),
        None => reply.null(),
    })
}

fn each(call: &mut Call<'_>, put: fn(&mut Reply<'_>, Option<Cell>)) -> Outcome {
    let zset = call.keys.read::<SortedSet>(call.args.get(1))?;
    call.reply.array(call.args.len() - 2);
    for i in 2..call.args.len() {
        let score = zset.and_then(|zset| zset.score(call.args.get(i)));
        put(&mut call.reply, score.map(Cell::from_score));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::keyspace::testing::TestServer;

    #[test]
    fn places_are_told_in_degrees_and_as_geohashes() {
        let mut server = TestServer::new();
        let palermo = "\"13.36138933897018433\" \"38.11555639549629859\"";
        server.check(&[
            ("GEOADD g 13.361389 38.115556 Palermo 180 85.05112878 edge", "2"),
            (
                "GEOPOS g Palermo x edge",
                &format!("[[{palermo}] nil [\"180\" \"85.0511287799999991\"]]"),
            ),
            ("GEOHASH g Palermo x", "[\"sqc8b49rny0\" nil]"),
            ("GEOPOS none a b", "[nil nil]"),
            ("GEOHASH none a", "[nil]"),
            ("GEOPOS g", "[]"),
        ]);
        server.run("HELLO 3");
        server.check(&[("GEOPOS g Palermo", "[[,13.36138933897018433 ,38.11555639549629859]]")]);
    }
}
