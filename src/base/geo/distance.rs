//! How far two points are from each other on a ball.

use super::Point;

/// Of the ball that Redis takes for the Earth.
pub(super) const RADIUS_METRES: f64 = 6_372_797.560_856;
const RADIANS_A_DEGREE: f64 = std::f64::consts::PI / 180.0;

/// Along the great circle, by the haversine formula; two points on one meridian by their latitudes
/// alone, as Redis does since 7.0.
pub fn metres(from: Point, to: Point) -> f64 {
    Origin::new(from).metres(to)
}

/// A point from which many distances are measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) point: Point,
    /// Of its latitude.
    pub(super) cosine: f64,
}

impl Origin {
    pub(super) fn new(point: Point) -> Origin {
        Origin { point, cosine: radians(point.latitude).cos() }
    }

    pub(super) fn metres(&self, to: Point) -> f64 {
        let (lon1, lon2) = (radians(self.point.longitude), radians(to.longitude));
        let (lat1, lat2) = (radians(self.point.latitude), radians(to.latitude));
        let east = ((lon2 - lon1) / 2.0).sin();
        if east == 0.0 {
            return metres_by_latitude(self.point, to);
        }
        let north = ((lat2 - lat1) / 2.0).sin();
        let half_chord = north * north + self.cosine * lat2.cos() * east * east;
        2.0 * RADIUS_METRES * half_chord.sqrt().asin()
    }
}

/// North or south alone.
pub(super) fn metres_by_latitude(from: Point, to: Point) -> f64 {
    RADIUS_METRES * (radians(to.latitude) - radians(from.latitude)).abs()
}

pub(super) fn radians(degrees: f64) -> f64 {
    degrees * RADIANS_A_DEGREE
}
