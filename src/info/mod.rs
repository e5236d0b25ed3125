//! INFO: the fields that tell how the server is, each a row beside how it is read.
//!
//! A section is a file with its rows. To add a field, add its row at the place where it is to be
//! printed. Whatever shows the server's state (INFO, MEMORY STATS, a metrics page) reads these rows.

mod clients;
mod cluster;
mod commandstats;
mod cpu;
mod errorstats;
mod keyspace;
mod latencystats;
pub mod memory;
mod modules;
mod persistence;
mod replication;
mod server;
mod stats;
#[cfg(test)]
mod tests;
mod value;

use std::cell::OnceCell;

pub use self::memory::MemoryFacts;
pub use self::value::Value;
use crate::base::time::UnixMillis;
use crate::state::Server;
use crate::store::dataset::Dataset;
use crate::store::garbage::Garbage;
use crate::telemetry::process::{self, Cpu};
use crate::telemetry::stats::KeyspaceStats;

/// A part of INFO.
pub struct Section {
    /// What a client asks for, in lower case.
    pub name: &'static str,
    /// Another name that is asked for.
    pub alias: Option<&'static str>,
    /// What stands after the `#`.
    pub title: &'static str,
    /// Whether INFO shows it unasked.
    pub is_default: bool,
    pub rows: &'static [Row],
}

impl Section {
    const DEFAULT: Section =
        Section { name: "", alias: None, title: "", is_default: true, rows: &[] };

    /// Whether a client that asks for `name` means this one.
    fn is_called(&self, name: &[u8]) -> bool {
        let names = [Some(self.name), self.alias];
        names.iter().flatten().any(|own| own.as_bytes().eq_ignore_ascii_case(name))
    }
}

/// One field, or several whose names are found out.
pub enum Row {
    Field(&'static str, fn(&Facts<'_>) -> Value),
    /// Shown only when there is something to tell.
    Optional(&'static str, fn(&Facts<'_>) -> Option<Value>),
    Several(fn(&Facts<'_>, &mut dyn FnMut(&str, Value))),
}

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

/// The names of the commands that `Stats::calls` counts.
pub trait CommandNames {
    /// `config|get` of a subcommand.
    fn full_name(&self, row: usize) -> &str;
}

/// What the rows are read from.
pub struct Facts<'a> {
    pub server: &'a Server,
    pub dataset: &'a Dataset,
    pub keyspace: &'a KeyspaceStats,
    pub garbage: &'a Garbage,
    pub commands: &'a dyn CommandNames,
    /// Keys that clients of a writable replica have written to expire.
    pub own_keys: usize,
    pub now: UnixMillis,
    /// The same in microseconds.
    now_micros: i64,
    asked: Asked,
}

/// What is asked of the system, at most once.
#[derive(Default)]
struct Asked {
    memory: OnceCell<MemoryFacts>,
    cpu: OnceCell<Cpu>,
}

impl<'a> Facts<'a> {
    pub fn new(
        server: &'a Server,
        dataset: &'a Dataset,
        keyspace: &'a KeyspaceStats,
        garbage: &'a Garbage,
        commands: &'a dyn CommandNames,
        own_keys: usize,
        now_micros: i64,
    ) -> Facts<'a> {
        let (now, asked) = (now_micros / 1000, Asked::default());
        Facts { server, dataset, keyspace, garbage, commands, own_keys, now, now_micros, asked }
    }

    pub fn memory(&self) -> &MemoryFacts {
        self.asked.memory.get_or_init(|| MemoryFacts::of(self))
    }

    fn cpu(&self) -> &Cpu {
        self.asked.cpu.get_or_init(process::cpu)
    }
}

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
