//! A row: what is told of a command, and what carries it out. Dispatch, arity errors, key
//! extraction, ACL categories, `COMMAND` and its docs all derive from it.

use super::call::Call;
use super::channel_spec::ChannelSpec;
use super::docs::{Arg, Docs, Group};
use super::error::Outcome;
use super::facts::{Facts, Flags};
use super::key_spec::KeySpec;

pub use super::facts::{Category, Flag};

/// Carries a command out: reads `call.args`, changes `call.keys`, writes `call.reply`.
/// On `Err` nothing was changed, and the error becomes the reply.
pub type Handler = fn(&mut Call<'_>) -> Outcome;

/// A declared command or subcommand.
#[derive(Clone, Copy)]
pub struct Command {
    pub facts: Facts,
    pub handler: Handler,
    /// When not empty, the second argument names one of these.
    pub subcommands: &'static [Command],
}

impl Command {
    /// A row with nothing but these; the methods that follow say what else there is, and take the
    /// row and give it back, so that a constant is one chain of them. `handler`: see [`Handler`].
    pub const fn new(name: &'static str, arity: i32, handler: Handler) -> Command {
        let facts = Facts {
            name,
            arity,
            flags: Flags::NONE,
            categories: &[],
            keys: &[],
            channels: None,
            tips: &[],
            docs: Docs::NONE,
            help: &[],
        };
        Command { facts, handler, subcommands: &[] }
    }

    /// A command that does nothing without one of these words after its name.
    pub const fn container(name: &'static str, subcommands: &'static [Command]) -> Command {
        Command::new(name, -2, |_| Ok(()))
            .complexity("Depends on subcommand.")
            .subcommands(subcommands)
    }

    /// HELP of a container: these lines, between the usual first and last ones.
    pub const fn help(lines: &'static [&'static str]) -> Command {
        let help = Command::new("help", 2, |call| {
            let row = call.catalog.lookup(call.args);
            call.help(row.map_or(&[], |row| call.catalog.entry(row).facts.help));
            Ok(())
        });
        let help = help.flags(&[Flag::Loading, Flag::Stale]);
        Command { facts: Facts { help: lines, ..help.facts }, ..help }
    }

    /// A row that is as this one, but for its name and handler and what the chain says after.
    pub const fn sibling(self, name: &'static str, handler: Handler) -> Command {
        Command { facts: Facts { name, ..self.facts }, handler, ..self }
    }

    pub const fn arity(self, arity: i32) -> Command {
        Command { facts: Facts { arity, ..self.facts }, ..self }
    }

    pub const fn flags(self, flags: &[Flag]) -> Command {
        Command { facts: Facts { flags: Flags::of(flags), ..self.facts }, ..self }
    }

    /// These flags too.
    pub const fn and_flags(self, flags: &[Flag]) -> Command {
        let flags = self.facts.flags.and(Flags::of(flags));
        Command { facts: Facts { flags, ..self.facts }, ..self }
    }

    pub const fn categories(self, categories: &'static [Category]) -> Command {
        Command { facts: Facts { categories, ..self.facts }, ..self }
    }

    pub const fn keys(self, keys: &'static [KeySpec]) -> Command {
        Command { facts: Facts { keys, ..self.facts }, ..self }
    }

    pub const fn channels(self, channels: ChannelSpec) -> Command {
        Command { facts: Facts { channels: Some(channels), ..self.facts }, ..self }
    }

    pub const fn tips(self, tips: &'static [&'static str]) -> Command {
        Command { facts: Facts { tips, ..self.facts }, ..self }
    }

    pub const fn subcommands(self, subcommands: &'static [Command]) -> Command {
        Command { subcommands, ..self }
    }

    /// `since`: the version of Redis that brought the command.
    pub const fn docs(self, group: Group, since: &'static str, summary: &'static str) -> Command {
        self.with(Docs { group, since, summary, ..self.facts.docs })
    }

    /// What a call costs, when that is not O(1).
    pub const fn complexity(self, complexity: &'static str) -> Command {
        self.with(Docs { complexity, ..self.facts.docs })
    }

    /// `doc_flags`, such as `syscmd`.
    pub const fn doc_flags(self, flags: &'static [&'static str]) -> Command {
        self.with(Docs { flags, ..self.facts.docs })
    }

    pub const fn deprecated(self, since: &'static str, replaced_by: &'static str) -> Command {
        self.with(Docs { deprecated_since: since, replaced_by, ..self.facts.docs })
    }

    /// (version, what changed), oldest first.
    pub const fn history(self, history: &'static [(&'static str, &'static str)]) -> Command {
        self.with(Docs { history, ..self.facts.docs })
    }

    pub const fn arguments(self, arguments: &'static [Arg]) -> Command {
        self.with(Docs { arguments, ..self.facts.docs })
    }

    const fn with(self, docs: Docs) -> Command {
        Command { facts: Facts { docs, ..self.facts }, ..self }
    }
}
