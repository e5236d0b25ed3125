//! Which runs of scores may hold the places of a shape, and which of those places are in it.
//!
//! The shape's middle lies in a cell of such a size that this cell and its eight neighbours cover
//! the shape; those that the shape does not reach are left out. The order of the runs is the order
//! in which Redis answers where nobody asks to sort.

use std::f64::consts::FRAC_PI_2;

use super::Point;
use super::cell::Area;
use super::distance::{Origin, RADIUS_METRES, metres, metres_by_latitude, radians};

/// What is searched, in metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Circle { radius: f64 },
    Rectangle { width: f64, height: f64 },
}

#[derive(Clone, Copy, Debug)]
pub struct Search {
    middle: Point,
    shape: Shape,
    origin: Origin,
    reach: Reach,
}

/// Beyond this a place is not in the circle, which is told without a sine: most places that are
/// looked at are outside. It is a little further than the circle goes, for what rounding may do.
#[derive(Clone, Copy, Debug)]
struct Reach {
    /// North and south, in radians.
    up: f64,
    /// East and west: the square of the sine of half the difference, as far as a bound below it
    /// tells.
    aside: f64,
}

impl Reach {
    const SLACK: f64 = 1.0 + 1e-6;
    const EVERYWHERE: Reach = Reach { up: f64::INFINITY, aside: f64::INFINITY };

    fn of(origin: &Origin, shape: Shape) -> Reach {
        let Shape::Circle { radius } = shape else { return Reach::EVERYWHERE };
        // A metre more: near the middle nothing else is left of the slack.
        let up = (radius + 1.0) * Reach::SLACK / RADIUS_METRES;
        let latitude = radians(origin.point.latitude);
        let least_cosine = (latitude - up).cos().min((latitude + up).cos());
        if up >= FRAC_PI_2 || latitude.abs() + up >= FRAC_PI_2 {
            return Reach { up, ..Reach::EVERYWHERE };
        }
        let half_chord = (up / 2.0).sin();
        Reach { up, aside: half_chord * half_chord / (origin.cosine * least_cosine) * Reach::SLACK }
    }

    /// Whether a place is certainly beyond it.
    #[inline]
    fn is_before(&self, origin: &Origin, place: Point) -> bool {
        let north = radians(place.latitude - origin.point.latitude).abs();
        let half_east = radians(place.longitude - origin.point.longitude).abs() / 2.0;
        // Never above the sine up to a half turn; from there on it is none, and nothing is told.
        let sine = half_east - half_east * half_east * half_east / 6.0;
        north > self.up || half_east <= FRAC_PI_2 && sine * sine > self.aside
    }
}

/// Scores from the first, without the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub from: u64,
    pub to: u64,
}

/// East and north of the middle one, in cells, in the order of the search.
const NEIGHBOURS: [(i32, i32); 8] =
    [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];
/// Half of the equator, in metres of the Web Mercator map.
const MAP_EDGE: f64 = 20_037_726.37;

struct Bounds {
    west: f64,
    south: f64,
    east: f64,
    north: f64,
}

impl Search {
    pub fn new(middle: Point, shape: Shape) -> Search {
        let origin = Origin::new(middle);
        Search { middle, shape, origin, reach: Reach::of(&origin, shape) }
    }

    /// How far a place is from the middle, if it is within the shape.
    pub fn distance(&self, place: Point) -> Option<f64> {
        match self.shape {
            Shape::Circle { .. } if self.reach.is_before(&self.origin, place) => None,
            Shape::Circle { radius } => {
                Some(self.origin.metres(place)).filter(|far| *far <= radius)
            }
            Shape::Rectangle { width, height } => {
                let beside = Point { latitude: place.latitude, ..self.middle };
                let within = metres_by_latitude(place, self.middle) <= height / 2.0
                    && metres(place, beside) <= width / 2.0;
                within.then(|| self.origin.metres(place))
            }
        }
    }

    /// At most nine, none twice.
    pub fn runs(&self) -> impl Iterator<Item = Run> {
        let bounds = self.bounds();
        let mut level = self.level();
        if level > 1 && !Area::at(self.middle, level).neighbours_cover(&bounds) {
            level -= 1;
        }
        let area = Area::at(self.middle, level);
        let around = NEIGHBOURS.into_iter().filter(move |&(east, north)| {
            let useless = east < 0 && area.west() < bounds.west
                || east > 0 && area.east() > bounds.east
                || north < 0 && area.south() < bounds.south
                || north > 0 && area.north() > bounds.north;
            level < 2 || !useless
        });
        let mut last = None;
        let around = around.map(move |(east, north)| area.moved(east, north).run());
        let around = around.filter(move |run| last.replace(*run) != Some(*run));
        std::iter::once(area.run()).chain(around)
    }

    /// The rectangle of degrees around the shape, as Redis reckons it: its sides are as long as at
    /// the latitude of the edge that is nearer to the pole.
    fn bounds(&self) -> Bounds {
        let (width, height) = match self.shape {
            Shape::Circle { radius } => (radius, radius),
            Shape::Rectangle { width, height } => (width / 2.0, height / 2.0),
        };
        let Point { longitude, latitude } = self.middle;
        let up = degrees(height / RADIUS_METRES);
        let edge = if latitude < 0.0 { latitude - up } else { latitude + up };
        let aside = degrees(width / RADIUS_METRES / radians(edge).cos());
        Bounds {
            west: longitude - aside,
            south: latitude - up,
            east: longitude + aside,
            north: latitude + up,
        }
    }

    /// Of the cells that are about as large as the shape; larger ones near the poles, where a
    /// degree of longitude is short.
    fn level(&self) -> u32 {
        let mut reach = match self.shape {
            Shape::Circle { radius } => radius,
            Shape::Rectangle { width, height } => {
                ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt()
            }
        };
        let mut level = 1_i32;
        // A reach of nothing, or nearly so, would be doubled for a long time.
        while reach < MAP_EDGE && level < 40 {
            reach *= 2.0;
            level += 1;
        }
        let north = self.middle.latitude.abs();
        level -= 2 + i32::from(north > 66.0) + i32::from(north > 80.0);
        level.clamp(1, 26).unsigned_abs()
    }
}

impl Area {
    fn neighbours_cover(self, bounds: &Bounds) -> bool {
        self.moved(0, 1).north() >= bounds.north
            && self.moved(0, -1).south() <= bounds.south
            && self.moved(1, 0).east() >= bounds.east
            && self.moved(-1, 0).west() <= bounds.west
    }

    fn run(self) -> Run {
        Run { from: self.first().bits(), to: self.first().bits() + self.cells() }
    }
}

fn degrees(radians_: f64) -> f64 {
    radians_ / radians(1.0)
}
