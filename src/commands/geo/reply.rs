//! Distances and places as replies.

use crate::base::geo::Point;
use crate::base::number::format_f64_plain;
use crate::resp::reply::Reply;

/// A distance with four digits behind the point, as a bulk string in RESP3 too.
pub fn distance(reply: &mut Reply<'_>, distance: f64) {
    let parts = (distance * 10_000.0).round_ties_even() as i64;
    reply.bulk(format!("{}.{:04}", parts / 10_000, parts % 10_000).as_bytes());
}

/// Longitude and latitude, with 17 digits behind the point but for the zeros at their end.
pub fn point(reply: &mut Reply<'_>, point: Point) {
    reply.array(2);
    let mut text = Vec::new();
    for degrees in [point.longitude, point.latitude] {
        text.clear();
        format_f64_plain(degrees, &mut text);
        reply.double_text(&text);
    }
}
