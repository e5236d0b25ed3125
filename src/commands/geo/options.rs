//! The options of searches, read in the order in which they are given.

use super::unit::{parse_point, parse_unit, point_of};
use crate::base::geo::{Point, Shape};
use crate::base::number::parse_f64;
use crate::commands::args;
use crate::commands::error::CommandError;
use crate::resp::request::Args;
use crate::store::value::zset::SortedSet;

/// What a command is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// GEORADIUS and its like: the place, radius and unit are the first arguments.
    Radius { by_member: bool, may_store: bool },
    /// GEOSEARCH.
    Search,
    /// GEOSEARCHSTORE: the first key is where to.
    SearchStore,
}

impl Kind {
    /// The argument that is the sorted set.
    pub fn source(self) -> usize {
        if self == Kind::SearchStore { 2 } else { 1 }
    }

    fn is_search(self) -> bool {
        !matches!(self, Kind::Radius { .. })
    }
}

/// Where results are stored.
#[derive(Clone, Copy)]
pub struct Destination {
    /// The argument.
    pub key: usize,
    /// The scores are distances.
    pub distances: bool,
}

/// What a search is asked for.
#[derive(Default)]
pub struct Options {
    /// `None` of a member of a sorted set that is not there.
    pub middle: Option<Point>,
    pub shape: Option<Shape>,
    /// Of a unit, in metres.
    pub unit: f64,
    pub with_distance: bool,
    pub with_hash: bool,
    pub with_point: bool,
    /// The nearest first, or the farthest.
    pub sort: Option<Sort>,
    /// How many at most; 0: all.
    pub count: usize,
    /// Any of them: the search ends when they are found.
    pub any: bool,
    pub store: Option<Destination>,
    from_member: bool,
    from_point: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Nearest,
    Farthest,
}

impl Options {
    /// # Errors
    /// In the order of Redis.
    pub fn parse(
        args: Args<'_>,
        kind: Kind,
        zset: Option<&SortedSet>,
    ) -> Result<Options, CommandError> {
        let mut options = Options { unit: 1.0, ..Options::default() };
        let first = match kind {
            Kind::Radius { by_member: false, .. } => {
                options.middle = Some(parse_point(args, 2)?);
                options.circle(args, 4)?;
                6
            }
            Kind::Radius { by_member: true, .. } => {
                if let Some(zset) = zset {
                    options.middle = Some(middle(zset, args.get(2))?);
                    options.circle(args, 3)?;
                }
                5
            }
            Kind::Search => 2,
            Kind::SearchStore => {
                options.store = Some(Destination { key: 1, distances: false });
                3
            }
        };
        let mut at = first;
        while at < args.len() {
            at += options.take(args, at, kind, zset)?;
        }
        options.check(args, kind)?;
        Ok(options)
    }

    /// Takes the option at an argument; gives how many arguments it has.
    fn take(
        &mut self,
        args: Args<'_>,
        at: usize,
        kind: Kind,
        zset: Option<&SortedSet>,
    ) -> Result<usize, CommandError> {
        let after = args.len() - at - 1;
        let is = |name: &[u8]| args.get(at).eq_ignore_ascii_case(name);
        let may_store = matches!(kind, Kind::Radius { may_store: true, .. });
        match () {
            () if is(b"withdist") => self.with_distance = true,
            () if is(b"withhash") => self.with_hash = true,
            () if is(b"withcoord") => self.with_point = true,
            () if is(b"any") => self.any = true,
            () if is(b"asc") => self.sort = Some(Sort::Nearest),
            () if is(b"desc") => self.sort = Some(Sort::Farthest),
            () if is(b"count") && after >= 1 => {
                let count = args::integer(args, at + 1)?;
                self.count = usize::try_from(count).unwrap_or(0);
                return if count > 0 { Ok(2) } else { Err(CommandError::CountNotAboveZero) };
            }
            () if may_store && after >= 1 && (is(b"store") || is(b"storedist")) => {
                self.store = Some(Destination { key: at + 1, distances: is(b"storedist") });
                return Ok(2);
            }
            () if kind == Kind::SearchStore && is(b"storedist") => {
                self.store = Some(Destination { key: 1, distances: true });
            }
            () if kind.is_search() => return self.take_shape(args, at, zset),
            () => return Err(CommandError::Syntax),
        }
        Ok(1)
    }

    /// Where a search begins, and how far it goes.
    fn take_shape(
        &mut self,
        args: Args<'_>,
        at: usize,
        zset: Option<&SortedSet>,
    ) -> Result<usize, CommandError> {
        let after = args.len() - at - 1;
        let is = |name: &[u8]| args.get(at).eq_ignore_ascii_case(name);
        let is_box = matches!(self.shape, Some(Shape::Rectangle { .. }));
        let is_circle = matches!(self.shape, Some(Shape::Circle { .. }));
        match () {
            () if is(b"frommember") && after >= 1 && !self.from_point => {
                if let Some(zset) = zset {
                    self.middle = Some(middle(zset, args.get(at + 1))?);
                }
                self.from_member = true;
                Ok(2)
            }
            () if is(b"fromlonlat") && after >= 2 && !self.from_member => {
                self.middle = Some(parse_point(args, at + 1)?);
                self.from_point = true;
                Ok(3)
            }
            () if is(b"byradius") && after >= 2 && !is_box => {
                self.circle(args, at + 1)?;
                Ok(3)
            }
            () if is(b"bybox") && after >= 3 && !is_circle => {
                self.rectangle(args, at + 1)?;
                Ok(4)
            }
            () => Err(CommandError::Syntax),
        }
    }

    /// Radius and unit.
    fn circle(&mut self, args: Args<'_>, i: usize) -> Result<(), CommandError> {
        let radius = parse_f64(args.get(i)).ok_or(CommandError::RadiusNotNumber)?;
        if radius < 0.0 {
            return Err(CommandError::RadiusNegative);
        }
        self.unit = parse_unit(args.get(i + 1))?;
        self.shape = Some(Shape::Circle { radius: radius * self.unit });
        Ok(())
    }

    /// Width, height and unit.
    fn rectangle(&mut self, args: Args<'_>, i: usize) -> Result<(), CommandError> {
        let width = parse_f64(args.get(i)).ok_or(CommandError::WidthNotNumber)?;
        let height = parse_f64(args.get(i + 1)).ok_or(CommandError::HeightNotNumber)?;
        if width < 0.0 || height < 0.0 {
            return Err(CommandError::BoxNegative);
        }
        self.unit = parse_unit(args.get(i + 2))?;
        let (width, height) = (width * self.unit, height * self.unit);
        self.shape = Some(Shape::Rectangle { width, height });
        Ok(())
    }

    fn check(&self, args: Args<'_>, kind: Kind) -> Result<(), CommandError> {
        if self.store.is_some() && (self.with_distance || self.with_hash || self.with_point) {
            return Err(CommandError::StoreWithDetails(match kind.is_search() {
                true => "GEOSEARCHSTORE",
                false => "STORE option in GEORADIUS",
            }));
        }
        if kind.is_search() && !self.from_member && !self.from_point {
            return Err(CommandError::NoMiddle(args.get(0).to_vec()));
        }
        if kind.is_search() && self.shape.is_none() {
            return Err(CommandError::NoShape(args.get(0).to_vec()));
        }
        match self.any && self.count == 0 {
            true => Err(CommandError::AnyWithoutCount),
            false => Ok(()),
        }
    }
}

fn middle(zset: &SortedSet, member: &[u8]) -> Result<Point, CommandError> {
    point_of(zset, member).ok_or(CommandError::NoSuchMember)
}
