//! Searching, and what is done with what was found.

use super::options::{Kind, Options, Sort};
use super::reply;
use crate::base::geo::{Cell, Point, Search};
use crate::commands::call::Call;
use crate::commands::destination::store;
use crate::commands::elements::ReplyElements;
use crate::commands::error::Outcome;
use crate::resp::reply::Reply;
use crate::state::limits;
use crate::store::packed::Element;
use crate::store::value::zset::{Builder, SortedSet};

/// A member in the shape.
struct Found<'a> {
    member: Element<'a>,
    score: f64,
    point: Point,
    metres: f64,
}

/// Runs a search.
pub fn search(call: &mut Call<'_>, kind: Kind) -> Outcome {
    let args = call.args;
    let zset = call.keys.read::<SortedSet>(args.get(kind.source()))?;
    let options = Options::parse(args, kind, zset)?;
    let found = zset.map(|zset| find(zset, &options)).unwrap_or_default();
    let Some(destination) = options.store else {
        call.reply.array(found.len());
        found.iter().for_each(|found| answer(&mut call.reply, found, &options));
        return Ok(());
    };
    let (mut result, mut digits) = (Builder::new(), itoa::Buffer::new());
    for found in &found {
        let distance = found.metres / options.unit;
        let score = if destination.distances { distance } else { found.score };
        result.push(found.member.text(&mut digits), score);
    }
    let result = result.finish(limits(&call.server.config).zset);
    let event = match kind {
        Kind::Radius { .. } => "georadiusstore",
        Kind::Search | Kind::SearchStore => "geosearchstore",
    };
    call.reply.int(result.len() as i64);
    store(call, args.get(destination.key), result, event);
    Ok(())
}

/// As many as are wanted, in the order that is wanted; else in that of the search.
fn find<'a>(zset: &'a SortedSet, options: &Options) -> Vec<Found<'a>> {
    let (Some(middle), Some(shape)) = (options.middle, options.shape) else { return Vec::new() };
    let search = Search::new(middle, shape);
    let enough = if options.any { options.count } else { usize::MAX };
    let elements = search.runs().flat_map(|run| {
        let first = zset.count_scores(|score| score < run.from as f64);
        let end = zset.count_scores(|score| score < run.to as f64);
        zset.range(first..end, false)
    });
    let found = elements.filter_map(|(member, score)| {
        let point = Cell::from_score(score).centre();
        search.distance(point).map(|metres| Found { member, score, point, metres })
    });
    let mut found: Vec<Found<'a>> = found.take(enough).collect();
    let nearest_of_some = (options.count > 0 && !options.any).then_some(Sort::Nearest);
    match options.sort.or(nearest_of_some) {
        Some(Sort::Nearest) => found.sort_by(|one, other| one.metres.total_cmp(&other.metres)),
        Some(Sort::Farthest) => found.sort_by(|one, other| other.metres.total_cmp(&one.metres)),
        None => {}
    }
    if options.count > 0 {
        found.truncate(options.count);
    }
    found
}

fn answer(reply: &mut Reply<'_>, found: &Found<'_>, options: &Options) {
    let Options { with_distance, with_hash, with_point, unit, .. } = *options;
    let details = [with_distance, with_hash, with_point].into_iter().filter(|is| *is).count();
    if details > 0 {
        reply.array(1 + details);
    }
    reply.element(found.member);
    if with_distance {
        reply::distance(reply, found.metres / unit);
    }
    if with_hash {
        reply.int(found.score as i64);
    }
    if with_point {
        reply::point(reply, found.point);
    }
}
