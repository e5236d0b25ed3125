//! All commands of this server: from the words of a call to what carries it out.

use super::catalog::Catalog;
use super::command::{Command, Flag, Handler};
use super::error::CommandError;
use super::facts::Flags;
use crate::config::table::Rename;
use crate::resp::request::Args;

/// What dispatch needs of a command, in half a cache line; what is told of it is in the catalog, under the same index.
#[derive(Clone, Copy)]
pub struct Row {
    pub handler: Handler,
    pub flags: Flags,
    /// As in [`Facts`](super::facts::Facts).
    arity: i16,
    /// The second argument names a subcommand.
    is_container: bool,
    /// `config|get` of a subcommand.
    pub full_name: &'static str,
}

impl Row {
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.has(flag)
    }

    /// Whether a call with this many arguments (the name counted) fits the arity.
    fn accepts(&self, argc: usize) -> bool {
        let wanted = usize::from(self.arity.unsigned_abs());
        if self.arity >= 0 { argc == wanted } else { argc >= wanted }
    }
}

/// Built once at start: the families' rows and, beside them, `rename-command`.
pub struct Registry {
    pub catalog: Catalog,
    rows: Vec<Row>,
}

impl Registry {
    /// The rows of all families, some under other names: (from, to), an empty `to` takes the
    /// command away.
    ///
    /// # Errors
    /// A name that is not there, or one taken twice; the text is for the log.
    pub fn new(families: &[&'static [Command]], renames: &[Rename]) -> Result<Registry, String> {
        let mut catalog = Catalog::default();
        let mut rows = Vec::new();
        for command in families.iter().flat_map(|family| family.iter()) {
            let subcommands = command.subcommands.iter().map(|command| &command.facts);
            let indexes = catalog.add(&command.facts, subcommands);
            let commands = std::iter::once(command).chain(command.subcommands);
            let row = |(index, command): (usize, &Command)| Row {
                handler: command.handler,
                flags: command.facts.flags,
                arity: command.facts.arity as i16,
                is_container: !command.subcommands.is_empty(),
                full_name: catalog.entry(index).full_name,
            };
            rows.extend(indexes.zip(commands).map(row));
        }
        for rename in renames {
            catalog.rename(&rename.from, &rename.to)?;
        }
        Ok(Registry { catalog, rows })
    }

    /// In the order of the catalog.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    #[expect(clippy::indexing_slicing, reason = "indexes come from `resolve` and the catalog")]
    pub fn row(&self, index: usize) -> &Row {
        &self.rows[index]
    }

    /// The row that a call is for: the name and, of a container, its subcommand.
    ///
    /// # Errors
    /// Unknown command or subcommand, or a number of arguments that does not fit.
    pub fn resolve(&self, args: Args<'_>) -> Result<usize, Box<Unresolved>> {
        let unknown = |error| Box::new(Unresolved { row: None, error });
        let found = self.catalog.find(args.get(0));
        let mut index = found.ok_or_else(|| unknown(CommandError::unknown_command(args)))?;
        let mut row = self.row(index);
        if row.is_container && args.len() > 1 {
            let word = args.get(1);
            index = self
                .catalog
                .find_child(index, word)
                .ok_or_else(|| unknown(CommandError::unknown_subcommand(word, row.full_name)))?;
            row = self.row(index);
        }
        if !row.accepts(args.len()) {
            let error = CommandError::WrongArity(row.full_name);
            return Err(Box::new(Unresolved { row: Some(index), error }));
        }
        Ok(index)
    }
}

/// Why a call is for no row.
#[derive(Debug)]
pub struct Unresolved {
    /// The row whose arity the call does not fit: it counts the rejection.
    pub row: Option<usize>,
    pub error: CommandError,
}
