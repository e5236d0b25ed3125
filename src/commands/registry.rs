//! All commands of this server by name.

use hashbrown::HashTable;

use super::command::Command;
use super::error::CommandError;
use crate::config::table::Rename;
use crate::info::CommandNames;
use crate::resp::request::Args;

/// Longest command name that is looked up; longer ones are unknown.
const NAME_BYTES_MAX: usize = 64;

/// A row in the registry: a command or a subcommand.
pub struct Row {
    pub command: &'static Command,
    /// `config|get` of a subcommand, else the name (as renamed by `rename-command`).
    pub full_name: &'static str,
    /// Index of the container of a subcommand.
    pub parent: Option<usize>,
    /// Indexes of the subcommands.
    pub children: Vec<usize>,
}

impl CommandNames for Registry {
    fn full_name(&self, row: usize) -> &str {
        self.rows[row].full_name
    }
}

/// Built once at start: the table and, beside it, `rename-command`.
pub struct Registry {
    rows: Vec<Row>,
    /// Names and the indexes of their rows. Every command is looked up here, so names are hashed
    /// and compared as they come, in any case.
    by_name: HashTable<(Vec<u8>, usize)>,
}

/// The same for a name in any case. Nobody but the operator chooses what is in the table.
fn hash_of(name: &[u8]) -> u64 {
    let mix = |hash: u64, &byte: &u8| {
        (hash.rotate_left(5) ^ u64::from(byte | 0x20)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    let hash = name.iter().fold(name.len() as u64, mix);
    hash ^ (hash >> 32)
}

impl Registry {
    /// The rows of all families, some under other names: (from, to), an empty `to` takes the
    /// command away.
    ///
    /// # Errors
    /// A name that is not there, or one taken twice; the text is for the log.
    pub fn new(families: &[&'static [Command]], renames: &[Rename]) -> Result<Registry, String> {
        let mut registry = Registry { rows: Vec::new(), by_name: HashTable::new() };
        for command in families.iter().flat_map(|family| family.iter()) {
            registry.add(command);
        }
        for rename in renames {
            registry.rename(&rename.from, &rename.to)?;
        }
        Ok(registry)
    }

    fn add(&mut self, command: &'static Command) {
        let index = self.rows.len();
        self.rows.push(Row {
            command,
            full_name: command.name,
            parent: None,
            children: Vec::new(),
        });
        debug_assert!(
            self.find(command.name.as_bytes()).is_none(),
            "two rows are named {}",
            command.name
        );
        self.insert(command.name.as_bytes(), index);
        for sub in command.subcommands {
            let full_name = String::leak(format!("{}|{}", command.name, sub.name));
            let child = self.rows.len();
            self.rows[index].children.push(child);
            self.rows.push(Row {
                command: sub,
                full_name,
                parent: Some(index),
                children: Vec::new(),
            });
        }
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), String> {
        let found =
            self.by_name.find_entry(hash_of(from), |(name, _)| name.eq_ignore_ascii_case(from));
        let Ok(entry) = found else {
            return Err("No such command in rename-command".to_owned());
        };
        let ((_, row), _) = entry.remove();
        if to.is_empty() {
            return Ok(());
        }
        if self.find(to).is_some() {
            return Err("Target command name already exists".to_owned());
        }
        self.insert(to, row);
        Ok(())
    }

    fn insert(&mut self, name: &[u8], row: usize) {
        let entry = (name.to_ascii_lowercase(), row);
        self.by_name.insert_unique(hash_of(name), entry, |(name, _)| hash_of(name));
    }

    pub fn row(&self, index: usize) -> &Row {
        &self.rows[index]
    }

    /// Number of rows, subcommands included: the length of a table that goes beside.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The index of a command by its name in any case.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        if name.len() > NAME_BYTES_MAX {
            return None;
        }
        let is_it = |(known, _): &(Vec<u8>, usize)| known.eq_ignore_ascii_case(name);
        self.by_name.find(hash_of(name), is_it).map(|&(_, row)| row)
    }

    /// The index of `config|get` and the like, or of a plain command.
    pub fn find_full(&self, name: &[u8]) -> Option<usize> {
        match name.iter().position(|&b| b == b'|') {
            None => self.find(name),
            Some(bar) => {
                let parent = self.find(&name[..bar])?;
                self.find_child(parent, &name[bar + 1..])
            }
        }
    }

    fn find_child(&self, parent: usize, name: &[u8]) -> Option<usize> {
        let mut children = self.rows[parent].children.iter().copied();
        children.find(|&i| self.rows[i].command.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// Top-level commands: (name, index), in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], usize)> {
        self.by_name.iter().map(|(name, index)| (name.as_slice(), *index))
    }

    /// The row that these words name, however many follow: a command, or a subcommand when the
    /// command has some and a second word is there.
    pub fn lookup(&self, args: Args<'_>) -> Option<usize> {
        let index = self.find(args.get(0))?;
        if self.rows[index].children.is_empty() || args.len() < 2 {
            return Some(index);
        }
        self.find_child(index, args.get(1))
    }

    /// The row that a call is for: the name and, of a container, its subcommand.
    ///
    /// # Errors
    /// Unknown command or subcommand, or a number of arguments that does not fit.
    pub fn resolve(&self, args: Args<'_>) -> Result<usize, Unresolved> {
        let unknown = |error| Unresolved { row: None, error };
        let name = args.get(0);
        let mut index = self.find(name).ok_or_else(|| unknown(unknown_command(args)))?;
        let row = &self.rows[index];
        if !row.children.is_empty() && args.len() > 1 {
            index = self.find_child(index, args.get(1)).ok_or_else(|| {
                unknown(CommandError::unknown_subcommand(args.get(1), row.full_name))
            })?;
        }
        let row = &self.rows[index];
        if !row.command.accepts(args.len()) {
            let error = CommandError::wrong_arity(row.full_name);
            return Err(Unresolved { row: Some(index), error });
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

/// `ERR unknown command 'x', with args beginning with: 'a' 'b' `, cut at 128 characters each way.
fn unknown_command(args: Args<'_>) -> CommandError {
    const SHOWN_BYTES_MAX: usize = 128;
    let name = printed(args.get(0), SHOWN_BYTES_MAX);
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(name);
    text.extend_from_slice(b"', with args beginning with: ");
    let mut shown = 0;
    for arg in args.iter().skip(1) {
        if shown >= SHOWN_BYTES_MAX {
            break;
        }
        let arg = printed(arg, SHOWN_BYTES_MAX - shown);
        text.push(b'\'');
        text.extend_from_slice(arg);
        text.extend_from_slice(b"' ");
        shown += arg.len() + 3;
    }
    // A reply is one line: what would break it becomes a space.
    for byte in &mut text {
        if *byte == b'\r' || *byte == b'\n' {
            *byte = b' ';
        }
    }
    CommandError::Bytes(text)
}

/// What C's `%.<max>s` prints: it ends at a NUL too.
fn printed(word: &[u8], max: usize) -> &[u8] {
    let word = &word[..word.len().min(max)];
    memchr::memchr(0, word).map_or(word, |nul| &word[..nul])
}
