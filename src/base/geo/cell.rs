//! From a point to its cell and back, and the text of a cell.

/// Degrees east and west.
pub const LONGITUDE_LIMIT: f64 = 180.0;
/// Degrees north and south, where the Web Mercator map ends (EPSG:900913).
pub const LATITUDE_LIMIT: f64 = 85.051_128_78;

/// Bits of each axis.
const STEPS: u32 = 26;
const CELLS: f64 = (1_u64 << STEPS) as f64;
/// The digits of a geohash text, as geohash.org has them: no a, i, l, o.
const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// Characters of a geohash text. The last has only two bits left, and Redis prints it as 0.
pub const TEXT_LENGTH: usize = 11;

/// Degrees. Within the limits when made by [`Point::new`] or [`Cell::centre`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub longitude: f64,
    pub latitude: f64,
}

impl Point {
    /// None outside of what a cell can tell, and for what is not a number.
    pub fn new(longitude: f64, latitude: f64) -> Option<Self> {
        let within = longitude.abs() <= LONGITUDE_LIMIT && latitude.abs() <= LATITUDE_LIMIT;
        within.then_some(Self { longitude, latitude })
    }
}

/// A rectangle of 2^-26 of each axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell(u64);

impl Cell {
    pub fn of(point: Point) -> Self {
        Self::within(point, LATITUDE_LIMIT)
    }

    /// The cell that a score stands for: its whole part. A score that is no cell (a client may have
    /// put it there with ZADD) gives some cell, whose middle is still within the limits.
    pub fn from_score(score: f64) -> Self {
        Self(score as u64)
    }

    /// Exact, since a double holds 53 bits.
    pub fn score(self) -> f64 {
        self.0 as f64
    }

    pub fn bits(self) -> u64 {
        self.0
    }

    /// The point in the middle.
    pub fn centre(self) -> Point {
        Point {
            longitude: middle(gather(self.0 >> 1), LONGITUDE_LIMIT),
            latitude: middle(gather(self.0), LATITUDE_LIMIT),
        }
    }

    /// The geohash of the middle as geohash.org writes it, where latitudes go to the poles.
    pub fn text(self) -> [u8; TEXT_LENGTH] {
        let bits = Self::within(self.centre(), 90.0).0;
        let mut text = [b'0'; TEXT_LENGTH];
        for (place, digit) in text.iter_mut().take(TEXT_LENGTH - 1).enumerate() {
            let index = (bits >> (2 * STEPS as usize - 5 * (place + 1))) & 31;
            *digit = DIGITS.get(index as usize).copied().unwrap_or(b'0');
        }
        text
    }

    fn within(point: Point, latitude_limit: f64) -> Self {
        let latitude = step(point.latitude, latitude_limit);
        let longitude = step(point.longitude, LONGITUDE_LIMIT);
        Self(spread(latitude) | spread(longitude) << 1)
    }
}

/// All cells that share the first bits of both axes: a rectangle of 2^-level of each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    longitude: u32,
    latitude: u32,
    level: u32,
}

impl Area {
    /// The one around a point.
    pub(super) fn at(point: Point, level: u32) -> Self {
        let part = |degrees: f64, limit: f64| (degrees + limit) / (limit + limit);
        let steps = (1_u64 << level) as f64;
        Self {
            longitude: (part(point.longitude, LONGITUDE_LIMIT) * steps) as u32,
            latitude: (part(point.latitude, LATITUDE_LIMIT) * steps) as u32,
            level,
        }
    }

    /// So many areas further east and north; beyond the end of an axis is its begin.
    pub(super) fn moved(self, east: i32, north: i32) -> Self {
        let step = |at: u32, by: i32| match by {
            0 => at,
            by => at.wrapping_add_signed(by) & ((1 << self.level) - 1),
        };
        Self { longitude: step(self.longitude, east), latitude: step(self.latitude, north), ..self }
    }

    /// The lowest of its cells.
    pub(super) fn first(self) -> Cell {
        let bits = spread(self.latitude) | spread(self.longitude) << 1;
        Cell(bits << (2 * (STEPS - self.level)))
    }

    /// How many cells it has.
    pub(super) fn cells(self) -> u64 {
        1 << (2 * (STEPS - self.level))
    }

    pub(super) fn west(self) -> f64 {
        self.edge(self.longitude, 0.0, LONGITUDE_LIMIT)
    }

    pub(super) fn east(self) -> f64 {
        self.edge(self.longitude, 1.0, LONGITUDE_LIMIT)
    }

    pub(super) fn south(self) -> f64 {
        self.edge(self.latitude, 0.0, LATITUDE_LIMIT)
    }

    pub(super) fn north(self) -> f64 {
        self.edge(self.latitude, 1.0, LATITUDE_LIMIT)
    }

    fn edge(self, step: u32, end: f64, limit: f64) -> f64 {
        -limit + (f64::from(step) + end) / (1_u64 << self.level) as f64 * (limit + limit)
    }
}

/// Which step of an axis that goes from `-limit` to `limit`. Its very end is step 2^26, one more than
/// an axis has: its bit is kept, as in Redis.
fn step(degrees: f64, limit: f64) -> u32 {
    let part = (degrees + limit) / (limit + limit);
    (part * CELLS) as u32
}

/// The middle of a step, in degrees.
fn middle(step: u32, limit: f64) -> f64 {
    let length = limit + limit;
    let low = -limit + f64::from(step) / CELLS * length;
    let high = -limit + (f64::from(step) + 1.0) / CELLS * length;
    ((low + high) / 2.0).clamp(-limit, limit)
}

/// Each bit goes to twice its place.
fn spread(bits: u32) -> u64 {
    let mut x = u64::from(bits);
    x = (x | x << 16) & 0x0000_ffff_0000_ffff;
    x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
    x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    x = (x | x << 2) & 0x3333_3333_3333_3333;
    (x | x << 1) & 0x5555_5555_5555_5555
}

/// The bits at even places, side by side: what `spread` undoes.
fn gather(bits: u64) -> u32 {
    let mut x = bits & 0x5555_5555_5555_5555;
    x = (x | x >> 1) & 0x3333_3333_3333_3333;
    x = (x | x >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    x = (x | x >> 4) & 0x00ff_00ff_00ff_00ff;
    x = (x | x >> 8) & 0x0000_ffff_0000_ffff;
    (x | x >> 16) as u32
}
