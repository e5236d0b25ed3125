//! How often each error was the answer.

use super::facts::Facts;
use super::row::{Row, Section};
use super::value::Value;

pub(super) const SECTION: Section = Section {
    name: "errorstats",
    title: "Errorstats",
    rows: &[Row::Several(errors)],
    ..Section::DEFAULT
};

fn errors(facts: &Facts<'_>, show: &mut dyn FnMut(&str, Value)) {
    for (code, count) in &facts.server.stats.errors {
        show(&format!("errorstat_{}", safe(code)), format!("count={count}").into());
    }
}

/// Characters that have a meaning in INFO's lines become underscores.
fn safe(code: &str) -> String {
    code.replace(['#', ':', '\n', '\r'], "_")
}
