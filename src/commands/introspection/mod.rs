//! `COMMAND`: what the server says of its own commands, derived from their rows.

mod docs;
mod getkeys;
mod help;
mod info;
mod list;

use crate::commands::command::{Category, Command, Flag};
use crate::commands::docs::Group;
use crate::commands::registry::Registry;
use crate::resp::reply::Reply;

pub const COMMANDS: &[Command] = &[COMMAND];

pub const COMMAND: Command = Command::new("command", -1, info::info)
    .flags(&[Flag::Loading, Flag::Stale])
    .categories(&[Category::Connection])
    .tips(&["nondeterministic_output_order"])
    .docs(Group::Server, "2.8.13", "Get array of Redis command details")
    .complexity("O(N) where N is the total number of Redis commands")
    .subcommands(&[
        docs::DOCS,
        getkeys::GETKEYS,
        getkeys::GETKEYSANDFLAGS,
        help::HELP,
        info::COUNT,
        info::INFO,
        list::LIST,
    ]);

/// Top-level commands in the order of their names.
fn by_name(registry: &Registry) -> Vec<usize> {
    let mut rows: Vec<_> = registry.iter().collect();
    rows.sort_unstable();
    rows.into_iter().map(|(_, row)| row).collect()
}

/// A set of words as simple strings.
fn write_words<'a>(reply: &mut Reply<'_>, words: impl Iterator<Item = &'a str>) {
    let words: Vec<_> = words.collect();
    reply.set(words.len());
    for word in words {
        reply.simple(word);
    }
}
