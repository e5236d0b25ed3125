//! How many keys each database has.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;

pub(super) const SECTION: Section = Section {
    name: "keyspace",
    title: "Keyspace",
    rows: &[Row::Several(databases)],
    ..Section::DEFAULT
};

fn databases(facts: &Facts<'_>, show: &mut dyn FnMut(&str, Value)) {
    let filled = facts.dataset.iter().enumerate().filter(|(_, database)| !database.is_empty());
    for (index, database) in filled {
        let (keys, expires) = (database.len(), database.expires_len());
        let average_ttl = database.average_ttl(facts.now);
        let line = format!("keys={keys},expires={expires},avg_ttl={average_ttl}");
        show(&format!("db{index}"), line.into());
    }
}
