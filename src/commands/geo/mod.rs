//! Commands on places on Earth, which are members of a sorted set whose scores are their cells.

mod geoadd;
mod geodist;
mod geopos;
mod georadius;
mod geosearch;
mod options;
mod query;
mod reply;
mod unit;

use super::command::Command;

/// The family's rows.
pub const COMMANDS: &[Command] = &[
    geoadd::GEOADD,
    geopos::GEOPOS,
    geopos::GEOHASH,
    geodist::GEODIST,
    geosearch::GEOSEARCH,
    geosearch::GEOSEARCHSTORE,
    georadius::GEORADIUS,
    georadius::GEORADIUS_RO,
    georadius::GEORADIUSBYMEMBER,
    georadius::GEORADIUSBYMEMBER_RO,
];
