//! INFO: the fields that tell how the server is, each a row beside how it is read.
//!
//! A section is a file with its rows. To add a field, add its row at the place where it is to be
//! printed. Whatever shows the server's state (INFO, MEMORY STATS, a metrics page) reads these rows.

mod clients;
mod cluster;
mod commandstats;
mod cpu;
mod errorstats;
mod facts;
mod keyspace;
mod latencystats;
mod memory;
mod memory_facts;
mod modules;
mod persistence;
mod replication;
mod row;
mod server;
mod stats;
#[cfg(test)]
mod tests;
mod value;

pub use self::facts::{CommandNames, Facts};
pub use self::memory_facts::{Excess, MemoryFacts, replica_bytes};
pub use self::row::{Row, Section};
pub use self::value::Value;

/// All sections in the order in which they are printed.
pub const SECTIONS: &[Section] = &[
    server::SECTION,
    clients::SECTION,
    memory::SECTION,
    persistence::SECTION,
    stats::SECTION,
    replication::SECTION,
    cpu::SECTION,
    modules::SECTION,
    commandstats::SECTION,
    errorstats::SECTION,
    latencystats::SECTION,
    cluster::SECTION,
    keyspace::SECTION,
];

/// Which sections are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    wanted: Vec<bool>,
}

impl Selection {
    /// By the arguments of INFO: none, names of sections, `default`, `all`, `everything`.
    /// Unknown names ask for nothing.
    pub fn of<'a>(names: impl Iterator<Item = &'a [u8]>) -> Selection {
        let mut wanted = vec![false; SECTIONS.len()];
        let mut is_named = false;
        for name in names {
            is_named = true;
            let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
            for (wanted, section) in wanted.iter_mut().zip(SECTIONS) {
                *wanted |= section.is_called(name)
                    || is("all")
                    || is("everything")
                    || is("default") && section.is_default;
            }
        }
        if !is_named {
            wanted = SECTIONS.iter().map(|section| section.is_default).collect();
        }
        Selection { wanted }
    }

    /// The sections in their order.
    pub fn sections(&self) -> impl Iterator<Item = &'static Section> {
        SECTIONS.iter().zip(&self.wanted).filter(|(_, wanted)| **wanted).map(|(section, _)| section)
    }
}

/// The text of INFO.
pub fn render(facts: &Facts<'_>, selection: &Selection) -> String {
    // Memory is measured before there is a text, which would count.
    if selection.sections().any(|section| section.title == memory::SECTION.title) {
        facts.memory();
    }
    let mut text = String::with_capacity(6000);
    for section in selection.sections() {
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        text.push_str("# ");
        text.push_str(section.title);
        text.push_str("\r\n");
        read(facts, section, &mut |name, value| {
            text.push_str(name);
            text.push(':');
            value.push_to(&mut text);
            text.push_str("\r\n");
        });
    }
    text
}

/// Hands each field of a section with its value to `show`, in order.
pub fn read(facts: &Facts<'_>, section: &Section, show: &mut dyn FnMut(&str, Value)) {
    for row in section.rows {
        match row {
            Row::Field(name, value) => show(name, value(facts)),
            Row::Optional(name, value) => {
                if let Some(value) = value(facts) {
                    show(name, value);
                }
            }
            Row::Several(fields) => fields(facts, show),
        }
    }
}
